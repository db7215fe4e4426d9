/* The part of the graph that matters to one property: the states that are reached from where it begins to be
 * broken, by steps that leave it so. Node 0 is all the rest. Most properties hold, and what is in this part
 * shows it; it is often small. Where a run can stay inside, the graph of all states is asked for it.
 */
#include "live.h"
#include "values.h"

u32 number_inside(graph *g, u64 key, u64 facts)
{
	const u32 *known = table_find(&g->numbers, key);
	if (known)
		return *known;
	u32 number = (u32)g->states++;
	g->key[number] = key;
	g->facts[number] = facts;
	return table_add(&g->numbers, key, number) ? number : NONE;
}

/* All states have been expanded. NULL: no memory. */
graph *dsmc_inside_open(const search *s, u32 fair, u32 from_start, u64 begin, u64 stay)
{
	graph *g = open_graph(s->kept + 1);
	if (!g)
		return NULL;
	g->fair = fair;
	g->begin = begin;
	g->stay = stay;
	g->starts = from_start ? s->initial : s->kept;
	g->states = g->done = 1;
	g->key = malloc((s->kept + 1) * sizeof(u64));
	g->facts[REST] = 0;
	if (g->key && table_open(&g->numbers, 64, 64, 1, 0))
		return g;
	dsmc_graph_close(g);
	return NULL;
}

static int look_for_start(search *s, graph *g, u64 at)
{
	worker *w = &s->workers[0];
	reset_room(w);
	unfold(w, s->states.at[at]);
	u64 facts = s->m->facts(&w->c, w->state);
	return !has_all(facts, g->begin | g->stay) || number_inside(g, s->states.at[at], facts) != NONE;
}

/* Does so much begin there that all of the graph is hardly larger? */
static int is_large(const search *s, const graph *g)
{
	return g->done == 1 && g->states > s->kept / 2 + FEW;
}

static int is_inside(const search *s, const graph *g)
{
	return is_large(s, g) || (g->scanned == g->starts && g->done == g->states);
}

static int grow_inside(search *s, graph *g)
{
	return g->scanned < g->starts ? look_for_start(s, g, g->scanned++) : expand_some(s, g);
}

/* Go on until the deadline: 1 if all is there, 0 if not, 2 if that is not worth it; -1: no memory. */
int dsmc_inside_go(search *s, graph *g, double seconds)
{
	if (!grow_graph(s, g, seconds, is_inside, grow_inside))
		return -1;
	return is_large(s, g) ? 2 : is_inside(s, g);
}

/* All nodes but the rest; NULL: no memory. */
ways *dsmc_all_inside(const graph *g)
{
	ways *t = calloc(1, sizeof *t);
	if (t && open_ways(g, t))
		for (u32 node = 1; node < g->states; node++) {
			t->nodes[t->count] = node;
			t->depth[t->count++] = 0;
		}
	else if (t) {
		dsmc_close_ways(t);
		t = NULL;
	}
	return t;
}
