/* A level: workers expand its states; what they find is the next. */
#include "search.h"
#include "values.h"

int must_stop(search *s)
{
	if (LOAD(&s->stop) || LOAD(&s->no_memory) || LOAD(&s->ended))
		return 1;
	if (LOAD(&s->found) >= s->most_states || seconds_now() > s->deadline)
		STORE(&s->stop, 1);
	return (int)LOAD(&s->stop);
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

static void expand_units(worker *w)
{
	search *s = w->s;
	while (!must_stop(s)) {
		u64 count, at = unit_of(s, next_unit(w), &count);
		if (!count)
			break;
		u64 before = w->c.count;
		expand_unit(w, at, count);
		w->transitions += w->c.count - before;
		tell_found(w);
	}
}

static void work(worker *w)
{
	w->c.wanted = w->s->wanted;
	w->others = LOAD(&w->s->active);
	if (AGAIN(&w->back))
		return;
	w->puts = 1;
	expand_units(w);
	w->puts = 0;
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
	wait_for_others(s);
	for (u32 i = 1; i < started; i++)
		pthread_join(thread[i], NULL);
}
#endif

void expand_level(search *s)
{
#if THREADS
	if (s->threads > 1 && frontier(s) >= PARALLEL)
		work_together(s);
	else
#endif
		work(&s->workers[0]);
	gather(s);
}

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

static int take_over(search *s, worker *w)
{
	list *next = &w->next;
	if (s->states.count + next->count > s->states.room)
		return 0;
	if (next->count && !next->lent)
		memcpy(s->states.at + s->states.count, next->at, next->count * sizeof(u64));
	s->states.count += next->count;
	s->kept += w->kept;
	next->count = w->kept = 0;
	return 1;
}

void lend_room(search *s)
{
	list *next = &s->workers[0].next;
	*next = (list){s->states.at + s->states.count, 0, s->states.room - s->states.count, 1};
}

/* What the first has found stands where it is to be. */
int take_all_over(search *s)
{
	for (u32 i = 0; i < s->threads; i++)
		if (!take_over(s, &s->workers[i]))
			return 0;
	lend_room(s);
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

OWN_FRAME static int add_loaded(search *s, worker *w)
{
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

int find_loaded(search *s)
{
	return !AGAIN(&s->workers[0].back) && add_loaded(s, &s->workers[0]);
}

/* The level is whole: what was found is the next. */
int next_level(search *s)
{
	u32 level = (u32)s->level_at.count, overloaded = 0;
	int decided = merge(s, STEP, level) | merge(s, OUTSIDE, level);
	if (!list_add(&s->level_at, s->states.count))
		return NO_MEMORY;
	s->kept_before = s->kept;
	if (!take_all_over(s))
		return NO_MEMORY;
	for (u32 i = 0; i < s->threads; i++) {
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

