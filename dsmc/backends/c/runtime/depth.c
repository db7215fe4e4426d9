/* Depth-first search by one thread, for spaces that are too large to be seen level by level: it finds
 * some counterexample soon, though not the shortest.
 *
 * A state is in the set from when it is found, and on the stack until all that was found through it has
 * been expanded: what is marked on the stack is the way to what is expanded now.
 */
#include "search.h"
#include "values.h"

#define EXPANDED (1ull << 63)

/* What is decided by the state that is expanded, or by its steps, has the way to it. False: no memory. */
static int note_decided(search *s, u32 kind, int *any)
{
	u64 *flags = s->workers[0].flags[kind];
	for (u32 p = 0; p < s->m->properties; p++) {
		if (!(flags[p >> 6] >> (p & 63) & 1) || s->kind[p] != NOT)
			continue;
		for (u64 i = 0; i < s->stack.count; i++)
			if (s->stack.at[i] & EXPANDED
			    && !list_add(&s->way[p], state_at(s, s->stack.at[i] & ~EXPANDED)))
				return 0;
		s->level[p] = (u32)s->way[p].count;
		s->kind[p] = kind;
		s->wanted[p >> 6] &= ~(1ull << (p & 63));
		*any = 1;
	}
	clear(flags, s->m->properties / 64 + 1);
	return 1;
}

/* New states come on the stack, the first on top. */
static int push_new(search *s)
{
	worker *w = &s->workers[0];
	u64 from = s->states.count, count = w->kept, bottom = s->stack.count;
	if (!take_all_over(s) || !list_reserve(&s->stack, bottom + count))
		return 0;
	s->stack.count += count;
	for (u64 at = from, i = s->stack.count; at < s->states.count; at = next_at(s, at))
		s->stack.at[--i] = at;
	return 1;
}

/* Expand the state on top of the stack. */
static int dive(search *s, int *any)
{
	worker *w = &s->workers[0];
	u64 *top = &s->stack.at[s->stack.count - 1], handle = state_at(s, *top), before = w->c.count;
	*top |= EXPANDED;
	s->deepest += ++s->depth > s->deepest;
	w->c.wanted = s->wanted;
	reset_room(w);
	unfold(w, handle);
	look_at(w, w->state, STATE);
	expand_state(w, handle);
	if (!note_decided(s, STATE, any) || !note_decided(s, STEP, any) || !note_decided(s, OUTSIDE, any))
		return 0;
	w->c.wanted = s->nothing; /* what is found is looked at when it is expanded */
	flush(w);
	s->transitions += w->c.count - before;
	tell_found(w);
	return push_new(s) && !s->no_memory;
}

static int dive_on(search *s)
{
	int any = 0;
	for (u32 steps = 1; s->stack.count; steps++) {
		if (s->stack.at[s->stack.count - 1] & EXPANDED) {
			s->stack.count--;
			s->depth--;
			continue;
		}
		if (!dive(s, &any))
			return NO_MEMORY;
		if (any)
			return DECIDED;
		if ((steps % UNIT == 0 || s->found >= s->most_states) && must_stop(s))
			return why(s);
	}
	return FINISHED;
}

/* Go on until the deadline, or until something is known. The search has begun as any other. */
int dsmc_dive(search *s, double seconds)
{
	worker *w = &s->workers[0];
	s->deadline = seconds_now() + seconds;
	s->stop = 0;
	if (AGAIN(&w->back))
		return why(s);
	w->puts = 1;
	int event = dive_on(s);
	w->puts = 0;
	return event;
}

/* The initial states come on the stack; what decides properties is found out when they are expanded. */
int dsmc_first_dive(search *s)
{
	u32 properties = s->m->properties;
	s->nothing = calloc(properties / 64 + 1, sizeof(u64));
	s->way = calloc(properties + 1, sizeof(list));
	if (!s->nothing || !s->way || !list_reserve(&s->stack, s->kept)
	    || !list_add(&s->level_at, s->states.count))
		return 0;
	s->stack.count = s->kept;
	for (u64 at = 0, i = s->kept; at < s->states.count; at = next_at(s, at))
		s->stack.at[--i] = at;
	return 1;
}

void dsmc_way(const search *s, u32 property, u64 *path)
{
	memcpy(path, s->way[property].at, s->way[property].count * sizeof(u64));
}
