/* What a search knows, as three arrays that only grow: the states in order, where each level begins,
 * the nodes. The tables are made of these again. Only whole levels count: what was found of the next
 * one is found again.
 */
#include "search.h"
#include "values.h"

/* The level is whole: this is where another process can go on. */
void mark_level(search *s, int event)
{
	if (s->no_memory)
		return;
	extent m = {s->states.count, s->level_at.count, s->node_count, s->transitions, s->initial,
	    (u64)event, s->load_limit};
	s->whole = m;
}

void dsmc_mark(const search *s, extent *m)
{
	*m = s->whole;
}

/* Where the arrays are, with room for so much. False: no memory. */
int dsmc_arrays(search *s, const extent *m, u64 **states, u64 **levels, u64 **nodes)
{
	if (m->states > s->states.room || !list_reserve(&s->level_at, m->levels)
	    || m->nodes >= s->nodes_room)
		return 0;
	*states = s->states.at;
	*levels = s->level_at.at;
	*nodes = s->pairs + 1;
	return 1;
}

/* ---- going on */

static int fill(table *t, const u64 *keys, u64 count)
{
	for (u64 i = 0; i < count; i++)
		if (!table_add(t, keys[i], (u32)(i + 1)))
			return 0;
	return 1;
}

static void decide_again(search *s, const u32 *level, const u32 *kind)
{
	for (u32 p = 0; p < s->m->properties; p++) {
		s->level[p] = level[p];
		s->kind[p] = kind[p];
		if (kind[p] != NOT)
			s->wanted[p >> 6] &= ~(1ull << (p & 63));
	}
}

/* Be as far as another search was, now that the arrays have been filled. False: no memory, or these are not
 * the arrays of a search. */
int dsmc_restore(search *s, const extent *m, const u32 *level, const u32 *kind)
{
	s->states.count = s->found = s->kept = m->states;
	s->level_at.count = m->levels;
	s->kept_before = s->level_at.at[m->levels - 1];
	s->node_count = m->nodes;
	s->transitions = m->transitions;
	s->initial = m->initial;
	s->load_limit = m->load_limit;
	s->whole = *m;
	decide_again(s, level, kind);
	share_level(s);
	lend_room(s);
	return fill(&s->set, s->states.at, m->states) && fill(&s->nodes, s->pairs + 1, m->nodes)
	    && find_loaded(s);
}
