/* Shortest ways in a graph, and runs that break a property: where they begin, where they can stay. */
#include "live.h"
#include "values.h"

int open_ways(const graph *g, ways *t)
{
	t->nodes = zeroed(g->states + 1, sizeof(u32));
	t->depth = zeroed(g->states + 1, sizeof(u32));
	t->before = zeroed(g->states + 1, sizeof(u32));
	t->by = zeroed(g->states + 1, sizeof(u32));
	if (t->before)
		memset(t->before, 0xff, (g->states + 1) * sizeof(u32));
	return t->nodes && t->depth && t->before && t->by;
}

void close_ways(ways *t)
{
	free(t->nodes);
	free(t->depth);
	free(t->before);
	free(t->by);
}

static void reach(ways *t, u32 node, u32 before, u32 by, u32 depth)
{
	if (t->before[node] != NONE)
		return;
	t->before[node] = before;
	t->by[node] = by;
	t->depth[t->count] = depth;
	t->nodes[t->count++] = node;
}

/* Reach what can be reached by steps to states with all facts of `stay`. Each start counts as if it were
 * reached after so many steps; they come in this order. */
int grow_ways(const graph *g, u64 stay, const u32 *starts, const u32 *depths, u64 count, ways *t)
{
	if (!open_ways(g, t))
		return 0;
	u64 level = 0, next = 0, used = 0;
	while (used < count || level < t->count) {
		u32 depth = level < t->count ? t->depth[level] + 1 : depths ? depths[used] : 0;
		next = t->count;
		for (u64 i = level; i < next; i++)
			for (u64 e = g->first[t->nodes[i]]; e < g->first[t->nodes[i] + 1]; e++)
				if ((g->facts[g->target[e]] & stay) == stay)
					reach(t, g->target[e], t->nodes[i], g->label[e], depth);
		for (; used < count && (depths ? depths[used] : 0) <= depth; used++)
			reach(t, starts[used], starts[used], NONE, depth);
		level = next;
	}
	return 1;
}

/* All that is reached from the initial states. NULL: no memory. */
ways *dsmc_reached(const graph *g)
{
	ways *t = calloc(1, sizeof *t);
	u32 *starts = malloc((g->initial + 1) * sizeof(u32));
	for (u32 i = 0; starts && i < g->initial; i++)
		starts[i] = i;
	int good = t && starts && grow_ways(g, 0, starts, NULL, g->initial, t);
	free(starts);
	if (good || !t)
		return t;
	close_ways(t);
	free(t);
	return NULL;
}

void dsmc_close_ways(ways *t)
{
	close_ways(t);
	free(t);
}

static int look_inside(breaking *b, const ways *reached)
{
	const graph *g = b->g;
	u64 all = b->begin | b->stay, count = 0;
	u32 *starts = malloc((reached->count + 1) * sizeof(u32));
	u32 *depths = malloc((reached->count + 1) * sizeof(u32));
	for (u64 i = 0; starts && depths && i < reached->count; i++)
		if ((g->facts[reached->nodes[i]] & all) == all && (!b->from_start || !reached->depth[i])) {
			starts[count] = reached->nodes[i];
			depths[count++] = reached->depth[i];
		}
	int good = starts && depths && grow_ways(g, b->stay, starts, depths, count, &b->inside);
	free(starts);
	free(depths);
	return good;
}

/* Can a run end in a state: is nothing owed there, and all true that must be again and again? */
static int can_end(const breaking *b, u32 node)
{
	const graph *g = b->g;
	for (u64 e = g->first[node]; e < g->first[node + 1]; e++)
		if (g->label[e] != NOBODY)
			return 0;
	for (u32 i = 0; i < b->marks; i++)
		if (!(g->facts[node] & b->again[i]))
			return 0;
	return 1;
}

static void find_nearest(breaking *b, const ways *reached)
{
	const ways *open = b->from_start ? &b->inside : reached;
	b->nearest = b->nearest_end = ~0ull;
	for (u64 i = 0; i < b->inside.count && b->nearest_end == ~0ull; i++) {
		u32 node = b->inside.nodes[i];
		if (!b->set[node])
			continue;
		if (b->nearest == ~0ull)
			b->nearest = node;
		if (can_end(b, node))
			b->nearest_end = node;
	}
	for (u64 i = 0; i < open->count; i++)
		b->open |= b->g->unexpanded[open->nodes[i]];
}

void dsmc_breaking_close(breaking *b)
{
	close_ways(&b->inside);
	free(b->set);
	free(b);
}

/* Look for runs that break a property. NULL: no memory. */
breaking *dsmc_breaking(const graph *g, const ways *reached, u32 from_start, u64 begin, u64 stay,
    const u64 *again, u32 marks)
{
	breaking *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	b->g = g;
	b->from_start = from_start;
	b->begin = begin;
	b->stay = stay;
	b->again = again;
	b->marks = marks;
	b->set = zeroed(g->states + 1, sizeof(u32));
	if (!b->set || !look_inside(b, reached) || !find_fair_sets(b)) {
		dsmc_breaking_close(b);
		return NULL;
	}
	find_nearest(b, reached);
	return b;
}

void dsmc_breaking_found(const breaking *b, u64 *numbers)
{
	numbers[0] = b->nearest;
	numbers[1] = b->nearest_end;
	numbers[2] = b->open;
	numbers[3] = b->sets;
}

const ways *dsmc_inside(const breaking *b)
{
	return &b->inside;
}

/* The way to a node, backwards; how many nodes it has. */
u64 dsmc_way_back(const ways *t, u64 node, u32 *nodes, u32 *labels)
{
	u64 count = 0;
	for (u32 at = (u32)node;; at = t->before[at]) {
		if (nodes) {
			nodes[count] = at;
			labels[count] = t->by[at];
		}
		count++;
		if (t->before[at] == at)
			return count;
	}
}

/* ---- ways inside a fair set */

/* What a step can be good for: VISIT a node with one of some facts, FULFIL a label, AVOID one (by fulfilling
 * it, or where it is not possible), RETURN to a node. */
enum { VISIT, FULFIL, AVOID, RETURN };

typedef struct need {
	u64 kind, of;
} need;

static int is_possible(const graph *g, u32 node, u32 label)
{
	for (u64 e = g->first[node]; e < g->first[node + 1]; e++)
		if (g->label[e] == label)
			return 1;
	return 0;
}

static int is_met(const graph *g, const need *n, u32 target, u32 label)
{
	switch (n->kind) {
	case VISIT:
		return (g->facts[target] & n->of) != 0;
	case FULFIL:
		return label == n->of;
	case AVOID:
		return label == n->of || !is_possible(g, target, (u32)n->of);
	default:
		return target == n->of;
	}
}

static int is_any_met(const graph *g, const need *needs, u32 count, u32 target, u32 label)
{
	for (u32 i = 0; i < count; i++)
		if (is_met(g, &needs[i], target, label))
			return 1;
	return 0;
}

/* Go on from a state inside its set, breadth first, to the first step that meets a need. A run can also
 * stay where it is. The last node of the way before that step is in `t`; the step is `*target`. */
static int go_on_inside(const breaking *b, u32 start, const need *needs, u32 count, ways *t, u32 *last,
    u32 *target, u32 *label)
{
	const graph *g = b->g;
	reach(t, start, start, NONE, 0);
	for (u64 i = 0; i < t->count; i++) {
		u32 node = t->nodes[i];
		u64 end = g->first[node + 1];
		for (u64 e = g->first[node]; e <= end; e++) {
			*last = node;
			*target = e < end ? g->target[e] : node;
			*label = e < end ? g->label[e] : NOBODY;
			if (b->set[*target] != b->set[start])
				continue;
			if (is_any_met(g, needs, count, *target, *label))
				return 1;
			reach(t, *target, node, *label, 0);
		}
	}
	return 0;
}

/* A shortest way inside the fair set of a state whose last step meets one of some needs: how many steps;
 * -1: no memory, or there is none. Room is for one more than there are states. */
i64 dsmc_way_inside(const breaking *b, u64 start, const need *needs, u32 count, u32 *nodes, u32 *labels)
{
	ways t;
	u32 last, target, label;
	i64 steps = -1;
	memset(&t, 0, sizeof t);
	if (open_ways(b->g, &t) && go_on_inside(b, (u32)start, needs, count, &t, &last, &target, &label)) {
		steps = 1;
		for (u32 at = last; t.before[at] != at; at = t.before[at])
			steps++;
		nodes[steps] = target;
		labels[steps - 1] = label;
		i64 place = steps - 1;
		for (u32 at = last;; at = t.before[at]) {
			nodes[place] = at;
			if (t.before[at] == at)
				break;
			labels[--place] = t.by[at];
		}
	}
	close_ways(&t);
	return steps;
}
