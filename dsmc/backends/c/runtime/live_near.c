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

/* Go on until the deadline: 1 if all is there, 0 if not; -1: no memory. */
int dsmc_near_go(search *s, graph *g, double seconds)
{
	double deadline = seconds_now() + seconds;
	u64 count = s->workers[0].c.count;
	int good = 1;
	if (AGAIN(&s->workers[0].back))
		return -1;
	for (u32 n = 1; good && (g->scanned < g->starts || (g->done < g->states && g->done < g->most)); n++) {
		good = g->scanned < g->starts ? add_start(s, g) : expand_some(s, g);
		if (n % WORTH_A_LOOK == 0 && seconds_now() > deadline)
			break;
	}
	s->workers[0].c.count = count;
	reset_room(&s->workers[0]);
	if (g->done == g->most)
		leave_unexpanded(g);
	return good ? g->scanned == g->starts && g->done == g->states : -1;
}

/* The key of a node. */
u64 dsmc_near_key(const graph *g, u64 node)
{
	return g->key[node];
}
