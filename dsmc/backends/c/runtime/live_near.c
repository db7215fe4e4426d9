/* The part of the graph near the start: it is grown breadth first from some of the initial states. What
 * liveness/near.py says, with the same numbers. */
#include "live.h"
#include "values.h"

/* So many initial states, and so many nodes that are expanded. NULL: no memory. */
graph *dsmc_near_open(const search *s, u32 fair, u64 starts, u64 most)
{
	graph *g = open_graph(s->kept);
	if (!g)
		return NULL;
	g->fair = fair;
	g->starts = starts;
	g->most = most;
	g->key = malloc((s->kept + 1) * sizeof(u64));
	if (g->key && table_open(&g->numbers, 64, 64, 1, 0))
		return g;
	dsmc_graph_close(g);
	return NULL;
}

static int add_start(search *s, graph *g)
{
	worker *w = &s->workers[0];
	u64 at = g->scanned++ * s->initial / g->starts;
	reset_room(w);
	unfold(w, s->states.at[at]);
	g->initial++;
	return number_inside(g, s->states.at[at], s->m->facts(&w->c, w->state)) != NONE;
}

static int is_near(const search *s, const graph *g)
{
	(void)s;
	return g->scanned == g->starts && (g->done == g->states || g->done == g->most);
}

static int grow_near(search *s, graph *g)
{
	return g->scanned < g->starts ? add_start(s, g) : expand_some(s, g);
}

/* Go on until the deadline: 1 if all is there, 0 if not; -1: no memory. */
int dsmc_near_go(search *s, graph *g, double seconds)
{
	if (!grow_graph(s, g, seconds, is_near, grow_near))
		return -1;
	if (g->done == g->most)
		leave_unexpanded(g);
	return g->scanned == g->starts && g->done == g->states;
}

/* The key of a node. */
u64 dsmc_near_key(const graph *g, u64 node)
{
	return g->key[node];
}
