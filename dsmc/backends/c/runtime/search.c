/* Breadth-first search, level by level, by one or many threads. */
#include "search.h"
#include "values.h"

/* ---- lists */

int list_reserve(list *l, u64 count)
{
	if (count <= l->room)
		return 1;
	if (l->lent)
		return 0;
	u64 room = count + l->room / 2 + 64;
	u64 *at = realloc(l->at, room * sizeof(u64));
	if (!at)
		return 0;
	l->at = at;
	l->room = room;
	return 1;
}

int list_add(list *l, u64 v)
{
	if (!list_reserve(l, l->count + 1))
		return 0;
	l->at[l->count++] = v;
	return 1;
}

void list_free(list *l)
{
	if (!l->lent)
		free(l->at);
	memset(l, 0, sizeof *l);
}

/* ---- what generated code calls */

/* Not inlined: where gcc sees both, it takes a difference of old pointers for a use after free. */
__attribute__((noinline)) static int longer(u64 **at, u64 count)
{
	u64 *made = realloc(*at, count * sizeof(u64));
	*at = made ? made : *at;
	return made != NULL;
}

static void more_successors(ctx *c)
{
	worker *w = (worker *)c;
	u64 words = w->s->m->words, used = (u64)(c->out - w->out);
	if (longer(&w->out, 2 * w->room * words) && longer(&w->keys, 2 * w->room)
	    && longer(&w->orbit, 2 * w->room)) {
		w->room *= 2;
	} else {
		STORE(&w->s->no_memory, 1);
		used = 0; /* they are written over: this level does not count */
	}
	c->out = w->out + used;
	c->end = w->out + (w->room - 1) * words;
}

static void *more_heap(ctx *c, u64 bytes)
{
	worker *w = (worker *)c;
	if (bytes > CHUNK / 4) {
		void *own = malloc(bytes);
		list_add(&w->large, WORD(own));
		return own;
	}
	if (++w->chunk_at >= w->chunks) {
		w->chunk = realloc(w->chunk, (w->chunks + 1) * sizeof(char *));
		w->chunk[w->chunks++] = malloc(CHUNK);
	}
	c->heap = w->chunk[w->chunk_at];
	c->heap_end = c->heap + CHUNK;
	void *found = c->heap;
	c->heap += bytes;
	return found;
}

static void more_choices(ctx *c)
{
	c->room *= 2;
	c->choice = realloc(c->choice, 2 * c->room * sizeof(u32));
}

static void found_beyond(ctx *c, const u64 *state)
{
	worker *w = (worker *)c;
	if (!list_reserve(&w->outside, w->outside.count + w->s->m->words)) {
		STORE(&w->s->no_memory, 1);
		return;
	}
	for (u32 i = 0; i < w->s->m->words; i++)
		list_add(&w->outside, state[i]);
}

void reset_room(worker *w)
{
	w->c.out = w->out;
	w->c.end = w->out + (w->room - 1) * w->s->m->words;
	w->begun = w->folded = 0;
	w->chunk_at = 0;
	w->c.heap = w->chunk[0];
	w->c.heap_end = w->c.heap + CHUNK;
	while (w->large.count)
		free((void *)BOX(w->large.at[--w->large.count]));
}

/* ---- a level */

int must_stop(search *s)
{
	if (LOAD(&s->stop) || LOAD(&s->no_memory))
		return 1;
	if (LOAD(&s->found) >= s->most_states || seconds_now() > s->deadline)
		STORE(&s->stop, 1);
	return (int)LOAD(&s->stop);
}

static u64 frontier(const search *s)
{
	return s->kept - s->kept_before;
}

/* Each worker has a share of the last level. */
void share_level(search *s)
{
	s->shares = frontier(s) >= PARALLEL ? s->threads : 1;
	memset(s->taken, 0, sizeof s->taken);
}

static u64 units(const search *s)
{
	return (frontier(s) + UNIT - 1) / UNIT;
}

/* The next unit, at first of the worker's own share, then of those of others. States that are close to each
 * other have successors in common: workers side by side would wait for each other's lines. */
static u64 next_unit(const worker *w)
{
	search *s = w->s;
	u32 own = (u32)(w - s->workers);
	for (u32 i = 0; i < s->shares; i++) {
		u32 share = (own + i) % s->shares;
		u64 number = units(s) * share / s->shares + ADD(&s->taken[share], 1);
		if (number < units(s) * (share + 1) / s->shares)
			return number;
	}
	return units(s);
}

/* Where the states of a unit are; how many they are. */
static u64 unit_of(const search *s, u64 number, u64 *count)
{
	u64 first = number * UNIT, states = frontier(s);
	*count = first >= states ? 0 : states - first < UNIT ? states - first : UNIT;
	if (s->hashed)
		return *count ? s->unit_at.at[number] : 0;
	return s->level_at.at[s->level_at.count - 1] + first;
}

static void expand_unit(worker *w, u64 at, u64 count)
{
	search *s = w->s;
	for (u64 i = 0; i < count; i++, at = next_at(s, at)) {
		if (i + AHEAD < count)
			ask_for_parts(s, s->states.at[at + AHEAD]);
		expand_state(w, state_at(s, at));
		flush_batch(w);
	}
	flush(w);
}

static void work(worker *w)
{
	search *s = w->s;
	w->c.wanted = s->wanted;
	w->others = LOAD(&s->active);
	while (!must_stop(s)) {
		u64 count, at = unit_of(s, next_unit(w), &count);
		if (!count)
			break;
		u64 before = w->c.count, found = w->found;
		expand_unit(w, at, count);
		w->transitions += w->c.count - before;
		ADD(&s->found, w->found - found);
	}
}

#if THREADS
static void *work_in_thread(void *arg)
{
	work(arg);
	leave(arg);
	return NULL;
}

static void work_together(search *s)
{
	pthread_t thread[MOST_THREADS];
	u32 started = 1;
	s->active = s->threads;
	for (u32 i = 1; i < s->threads; i++) {
		if (pthread_create(&thread[i], NULL, work_in_thread, &s->workers[i]))
			break;
		started++;
	}
	for (u32 i = started; i < s->threads; i++)
		leave(&s->workers[i]);
	work(&s->workers[0]);
	leave(&s->workers[0]);
	for (u32 i = 1; i < started; i++)
		pthread_join(thread[i], NULL);
}
#endif

void gather(search *s)
{
	s->active = 1;
	for (u32 i = 0; i < s->threads; i++) {
		worker *w = &s->workers[i];
		collect(w);
		s->transitions += w->transitions;
		s->unreduced += w->unreduced;
		w->transitions = w->unreduced = 0;
	}
}

/* Merge what workers found of the properties; is there anything new? */
static int merge(search *s, u32 which, u32 level)
{
	int any = 0;
	for (u32 p = 0; p < s->m->properties; p++) {
		u32 found = 0;
		for (u32 i = 0; i < s->threads; i++)
			found |= s->workers[i].flags[which][p >> 6] >> (p & 63) & 1;
		if (!found || s->kind[p] != NOT)
			continue;
		s->level[p] = level;
		s->kind[p] = which;
		s->wanted[p >> 6] &= ~(1ull << (p & 63));
		any = 1;
	}
	for (u32 i = 0; i < s->threads; i++)
		clear(s->workers[i].flags[which], s->m->properties / 64 + 1);
	return any;
}

int take_over(search *s, worker *w)
{
	list *next = &w->next;
	if (s->states.count + next->count > s->states.room)
		return 0;
	if (next->count && !next->lent)
		memcpy(s->states.at + s->states.count, next->at, next->count * sizeof(u64));
	s->states.count += next->count;
	s->kept += w->kept;
	next->count = w->kept = 0;
	lend_room(s);
	return 1;
}

void lend_room(search *s)
{
	list *next = &s->workers[0].next;
	if (s->threads > 1)
		return;
	list_free(next);
	*next = (list){s->states.at + s->states.count, 0, s->states.room - s->states.count, 1};
}

/* Where there will be several, each has room of its own. False: no memory. */
static int own_rooms(search *s)
{
	list own = {0}, *next = s->threads ? &s->workers[0].next : NULL;
	if (!next || !next->lent)
		return 1;
	if (!list_reserve(&own, next->count + 1))
		return 0;
	memcpy(own.at, next->at, next->count * sizeof(u64));
	own.count = next->count;
	*next = own;
	return 1;
}

static int find_units(search *s)
{
	u64 number = 0;
	s->unit_at.count = 0;
	for (u64 at = s->level_at.at[s->level_at.count - 1]; at < s->states.count; at = next_at(s, at))
		if (number++ % UNIT == 0 && !list_add(&s->unit_at, at))
			return 0;
	return 1;
}

int find_loaded(search *s)
{
	worker *w = &s->workers[0];
	u64 at = s->level_at.at[s->level_at.count - 1];
	for (; s->m->load && at < s->states.count; at = next_at(s, at)) {
		reset_room(w);
		unfold(w, state_at(s, at));
		if (s->m->load(w->state) > s->load_limit && !list_add(&s->loaded, state_at(s, at)))
			return 0;
	}
	reset_room(w);
	return 1;
}

/* The level is whole: what was found is the next. */
int next_level(search *s)
{
	u32 level = (u32)s->level_at.count, overloaded = 0;
	int decided = merge(s, STEP, level) | merge(s, OUTSIDE, level);
	if (!list_add(&s->level_at, s->states.count))
		return NO_MEMORY;
	s->kept_before = s->kept;
	for (u32 i = 0; i < s->threads; i++) {
		if (!take_over(s, &s->workers[i]))
			return NO_MEMORY;
		overloaded |= s->workers[i].overloaded;
		s->workers[i].overloaded = 0;
	}
	share_level(s);
	if ((s->hashed && !find_units(s)) || (overloaded && !find_loaded(s)))
		return NO_MEMORY;
	decided |= merge(s, STATE, level + 1);
	int event = s->loaded.count ? LOADED : decided ? DECIDED : PAUSED;
	mark_level(s, event);
	return event;
}

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
			if (event != PAUSED || seconds_now() > s->deadline)
				return event;
			continue;
		}
#if THREADS
		if (s->threads > 1 && frontier(s) >= PARALLEL)
			work_together(s);
		else
#endif
			work(&s->workers[0]);
		gather(s);
		if (s->stop || s->no_memory)
			return why(s);
		int event = next_level(s);
		if (event != PAUSED)
			return event;
	}
	return FINISHED;
}

/* ---- beginning and end */

static int open_tree(tree *t, const search *s)
{
	for (u32 d = 0; d < s->levels; d++) {
		t->at[d] = calloc(s->width[d] + 1, sizeof(u32));
		t->changed[d] = calloc(s->width[d] + 1, 1);
		if (!t->at[d] || !t->changed[d])
			return 0;
	}
	return 1;
}

/* The functions of this file, which another compiler may have made as well. */
static void adopt_worker(worker *w)
{
	w->c.full = more_successors;
	w->c.more = more_heap;
	w->c.longer = more_choices;
	w->c.beyond = found_beyond;
	w->c.observe = observe;
}

static int open_worker(worker *w, search *s)
{
	const model *m = s->m;
	u32 flags = m->properties / 64 + 1;
	w->s = s;
	w->room = 2 * BATCH;
	w->batch = BATCH * m->words;
	w->state = calloc(m->words + 1, sizeof(u64));
	w->out = malloc(w->room * m->words * sizeof(u64));
	w->keys = malloc(w->room * sizeof(u64));
	w->orbit = malloc(w->room * sizeof(u64));
	w->form = calloc(m->words + 1, sizeof(u64));
	w->chunk = calloc(1, sizeof(char *));
	if (!w->chunk || !(w->chunk[0] = malloc(CHUNK)))
		return 0;
	w->chunks = 1;
	for (u32 i = 0; i < 3; i++)
		if (!(w->flags[i] = calloc(flags, sizeof(u64))))
			return 0;
	w->c.flags = w->flags[STEP];
	w->c.wanted = s->wanted;
	w->c.room = 64;
	w->c.choice = malloc(2 * 64 * sizeof(u32));
	w->c.depth = calloc(m->functions + 1, sizeof(u32));
	w->c.memory = calloc(1, sizeof(memory));
	if (!w->state || !w->out || !w->keys || !w->orbit || !w->form || !w->c.choice || !w->c.depth
	    || !w->c.memory)
		return 0;
	adopt_worker(w);
	reset_room(w);
	w->c.memory->ask = s->ask;
	return open_tree(&w->here, s) && open_tree(&w->there, s);
}

static void measure(search *s)
{
	const model *m = s->m;
	s->alone = m->packed <= 1 && !m->boxes;
	s->word_nodes = m->packed - (m->packed && (m->bits - 1) % 64 < 32);
	s->width[0] = m->words;
	for (s->levels = 1; s->width[s->levels - 1] > 2; s->levels++)
		s->width[s->levels] = (s->width[s->levels - 1] + 1) / 2;
}

u64 *reserve(u64 *room)
{
	for (; *room > 1 << 20; *room /= 2) {
#ifdef __TINYC__
		void *p = mmap(NULL, *room * sizeof(u64), 3, 0x4022, -1, 0);
		if (p != (void *)-1)
			return p;
#else
		void *p = mmap(NULL, *room * sizeof(u64), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p != MAP_FAILED)
			return p;
#endif
	}
	return NULL;
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
	return threads <= s->threads || (own_rooms(s) && open_workers(s, threads));
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

/* The states that the search starts from. */
int dsmc_begin(search *s)
{
	worker *w = &s->workers[0];
	w->others = 1;
	lend_room(s);
	s->m->initial(&w->c);
	find_keys(w);
	if (w->c.failed)
		w->flags[STEP][s->m->error >> 6] |= 1ull << (s->m->error & 63);
	look_outside(w);
	flush(w);
	gather(s);
	s->initial = s->found = w->found;
	int event = next_level(s);
	return s->no_memory ? NO_MEMORY : event;
}

static void close_tree(tree *t, const search *s)
{
	for (u32 d = 0; d < s->levels; d++) {
		free(t->at[d]);
		free(t->changed[d]);
	}
}

static void close_worker(worker *w, const search *s)
{
	for (u32 i = 0; i < w->chunks; i++)
		free(w->chunk[i]);
	for (u32 i = 0; i < 3; i++)
		free(w->flags[i]);
	free(w->chunk);
	free(w->state);
	free(w->out);
	free(w->keys);
	free(w->orbit);
	free(w->form);
	free(w->c.choice);
	free(w->c.depth);
	if (w->c.memory)
		forget_answers(w->c.memory);
	free(w->c.memory);
	list_free(&w->next);
	while (w->large.count)
		free((void *)BOX(w->large.at[--w->large.count]));
	list_free(&w->large);
	list_free(&w->outside);
	close_tree(&w->here, s);
	close_tree(&w->there, s);
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
