/* Breadth-first search, level by level, by one or many threads. */
#include "search.h"
#include "values.h"

int why(search *s)
{
	if (s->no_memory)
		return NO_MEMORY;
	return s->found >= s->most_states ? TOO_MANY : PAUSED;
}

/* May there be steps that were put off for ever? */
static int puts_off(const search *s)
{
	return s->m->sets && s->looked < s->kept;
}

/* Go on until the deadline, or until something is known. */
int dsmc_run(search *s, double seconds)
{
	s->deadline = seconds_now() + seconds;
	s->stop = 0;
	while (frontier(s) || puts_off(s)) {
		s->loaded.count = 0;
		if (!frontier(s)) {
			int event = find_ignored(s);
			if (event != PAUSED || s->ended || seconds_now() > s->deadline)
				return event;
			continue;
		}
		expand_level(s);
		if (s->stop || s->no_memory || s->ended)
			return why(s);
		int event = next_level(s);
		if (event != PAUSED)
			return event;
	}
	return FINISHED;
}

/* ---- beginning and end */

static void measure(search *s)
{
	const model *m = s->m;
	s->alone = m->packed <= 1 && !m->boxes;
	s->word_nodes = m->packed - (m->packed && (m->bits - 1) % 64 < 32);
	s->width[0] = m->words;
	for (s->levels = 1; s->width[s->levels - 1] > 2; s->levels++)
		s->width[s->levels] = (s->width[s->levels - 1] + 1) / 2;
}

static u64 *mapped(u64 room)
{
#ifdef __TINYC__
	void *p = mmap(NULL, room * sizeof(u64), 3, 0x4022, -1, 0);
	return p != (void *)-1 ? p : NULL;
#else
	void *p = mmap(NULL, room * sizeof(u64), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p != MAP_FAILED ? p : NULL;
#endif
}

u64 *reserve(u64 *room)
{
	u64 wanted = *room, *p;
	while (!(p = mapped(*room)) && *room > 1 << 20)
		*room /= 2;
	if (!p || *room == wanted)
		return p;
	munmap(p, *room * sizeof(u64)); /* the process has little room for addresses: others need some, too */
	return mapped(*room /= 4);
}

void dsmc_close(search *s);

static int open_workers(search *s, u32 threads)
{
	u32 before = s->threads;
	worker *all = realloc(s->workers, threads * sizeof(worker));
	if (!all)
		return 0;
	s->workers = all;
	for (u32 i = before; i < threads; i++) {
		memset(&all[i], 0, sizeof(worker));
		s->threads = i + 1;
		if (!open_worker(&all[i], s))
			return 0;
	}
	return 1;
}

/* Go on with a search that perhaps another compiler's code began, with so many threads. */
int dsmc_adopt(search *s, u32 threads)
{
	threads = THREADS ? (threads > MOST_THREADS ? MOST_THREADS : threads) : 1;
	for (u32 i = 0; i < s->threads; i++)
		adopt_worker(&s->workers[i]);
#if THREADS
	pthread_mutex_init(LOCK(s), NULL);
	pthread_cond_init(TURN(s), NULL);
#endif
	s->active = 1;
	table_spare(&s->set, BATCH * threads);
	table_spare(&s->nodes, BATCH * threads);
	return threads <= s->threads || open_workers(s, threads);
}

/* Whether the keys of states are fingerprints, if they are not smaller anyhow. */
search *dsmc_open(const model *m, u32 threads, const u64 *wanted, u64 most_states, u32 hashed)
{
	search *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->m = m;
	s->most_states = most_states;
	measure(s);
	s->hashed = hashed && !s->alone;
	u32 words = m->properties / 64 + 1, spare = BATCH * threads;
	s->wanted = malloc(words * sizeof(u64));
	copy(s->wanted, wanted, words);
	s->level = calloc(m->properties + 1, sizeof(u32));
	s->kind = calloc(m->properties + 1, sizeof(u32));
	for (u32 p = 0; p < m->properties; p++)
		s->kind[p] = NOT;
	s->nodes_room = s->states.room = 1ull << 32;
	s->pairs = reserve(&s->nodes_room);
	s->states.at = reserve(&s->states.room);
	u32 bits = !s->alone ? 64 : m->bits < 8 ? 8 : m->bits;
	if (s->pairs && s->states.at && table_open(&s->set, 1 << 12, bits, 0, spare)
	    && table_open(&s->nodes, 1 << 10, 64, 1, spare)
	    && dsmc_adopt(s, threads))
		return s;
	dsmc_close(s);
	return NULL;
}

/* Who answers for the observers of histories. */
void dsmc_observers(search *s, asked ask)
{
	s->ask = ask;
	for (u32 i = 0; i < s->threads; i++)
		s->workers[i].c.memory->ask = ask;
}

/* Whom to ask, where one state takes longer than the deadline, whether the search is over. */
void dsmc_ask(search *s, over is_over)
{
	s->is_over = is_over;
}

static void find_initial(worker *w)
{
	const model *m = w->s->m;
	m->initial(&w->c);
	find_keys(w);
	if (w->c.failed)
		w->flags[STEP][m->error >> 6] |= 1ull << (m->error & 63);
	look_outside(w);
	flush(w);
}

/* The states that the search starts from. If these are not all, no level is begun. */
int dsmc_begin(search *s)
{
	worker *w = &s->workers[0];
	w->others = w->puts = 1;
	lend_room(s);
	if (AGAIN(&w->back))
		return why(s);
	find_initial(w);
	w->puts = 0;
	gather(s);
	tell_found(w);
	s->initial = s->found;
	int event = next_level(s);
	return s->no_memory ? NO_MEMORY : event;
}

void dsmc_close(search *s)
{
	close_ignored(s);
	for (u32 i = 0; s->workers && i < s->threads; i++)
		if (s->workers[i].s)
			close_worker(&s->workers[i], s);
	table_close(&s->set);
	table_close(&s->nodes);
	if (s->pairs)
		munmap(s->pairs, s->nodes_room * sizeof(u64));
	if (s->states.at)
		munmap(s->states.at, s->states.room * sizeof(u64));
	list_free(&s->level_at);
	list_free(&s->unit_at);
	list_free(&s->told);
	list_free(&s->loaded);
	list_free(&s->stack);
	for (u32 p = 0; s->way && p < s->m->properties; p++)
		list_free(&s->way[p]);
	free(s->way);
	free(s->nothing);
	free(s->wanted);
	free(s->level);
	free(s->kind);
	free(s->workers);
	free(s);
}
