/* Which sets of nodes a fair run can stay in, visiting all of them again and again.
 *
 * The strongly connected components (Tarjan: Depth-first search and linear graph algorithms, SIAM J.
 * Comput. 1972) in which each weak obligation is fulfilled inside, or not possible somewhere. Where a
 * strong one is possible and never fulfilled inside, what is left without those nodes is looked at again
 * (Emerson and Lei, 1987). Parts of the graph have numbers; steps that leave a part are not followed.
 */
#include "live.h"
#include "values.h"

/* What is known of a node, in one line of the cache: it is looked at for each step to it. */
typedef struct visited {
	u32 part;                /* in which it is; 0: in none */
	u32 number, least;       /* in the order of the search; 0: not yet found; complete: `least` is DONE */
	u32 component;           /* once it is complete */
} visited;

typedef struct finder {
	breaking *b;
	const graph *g;
	visited *at;               /* of each node */
	u32 *open, *path;        /* stacks: of nodes without a component; of those that are looked at */
	u32 *step;               /* of each on the path: which of its steps is looked at next */
	u32 opened, entered, parts, components, strict; /* is anything strong? */
	list todo;               /* parts: how many nodes, then the nodes */
	u64 todo_at;
	u32 *count, *seen, *fulfilled, *refused; /* of each label */
	list touched;            /* the labels of a component */
} finder;

#define DONE_WITH (~0u)
#define NODES_AHEAD 8

/* What it leads to is looked at soon, and is asked for. */
static void enter(finder *f, u32 node, u32 depth)
{
	f->at[node].number = f->at[node].least = ++f->entered;
	f->open[f->opened++] = node;
	f->path[depth] = node;
	f->step[depth] = 0;
	for (u64 e = f->g->first[node]; e < f->g->first[node + 1]; e++) {
		PREFETCH(&f->at[f->g->target[e]]);
		PREFETCH(&f->g->first[f->g->target[e]]);
	}
}

/* ---- a component */

static int has_all_marks(const breaking *b, const u32 *nodes, u64 count)
{
	for (u32 m = 0; m < b->marks; m++) {
		u64 i = 0;
		while (i < count && !(b->g->facts[nodes[i]] & b->again[m]))
			i++;
		if (i == count)
			return 0;
	}
	return 1;
}

/* Count where each label is possible, and note which are fulfilled inside. */
static int count_labels(finder *f, u32 node, u32 own)
{
	const graph *g = f->g;
	for (u64 e = g->first[node]; e < g->first[node + 1]; e++) {
		u32 label = g->label[e];
		if (label == NOBODY)
			continue;
		if (!f->count[label] && !list_add(&f->touched, label))
			return 0;
		if (!f->count[label] || f->seen[label] != node)
			f->count[label]++;
		f->seen[label] = node;
		if (f->at[g->target[e]].component == own)
			f->fulfilled[label] = own;
	}
	return 1;
}

/* Is each weak label of so many nodes fulfilled inside, or not possible in one of them? Then all weak ones are
 * met, whatever other nodes have. */
static int are_met(const finder *f, u64 count, u32 own)
{
	for (u64 i = 0; i < f->touched.count; i++) {
		u32 label = (u32)f->touched.at[i];
		if (!f->g->strong[label] && f->fulfilled[label] != own && f->count[label] == count)
			return 0;
	}
	return 1;
}

enum { UNFAIR, FAIR, PARTLY, NO_SPACE_LEFT };

/* What the labels of all nodes say. */
static int judged(finder *f, u64 count, u32 own)
{
	int found = are_met(f, count, own) ? FAIR : UNFAIR;
	for (u64 i = 0; i < f->touched.count; i++) {
		u32 label = (u32)f->touched.at[i];
		if (f->fulfilled[label] != own && f->g->strong[label]) {
			f->refused[label] = own;
			found = found == FAIR ? PARTLY : found;
		}
	}
	return found;
}

/* Some nodes ahead: where the steps of one are, of a nearer one the steps, of a still nearer one where they
 * lead. */
static void ask_for_steps(const finder *f, const u32 *nodes, u64 left)
{
	const graph *g = f->g;
	if (left > 3 * NODES_AHEAD)
		PREFETCH(&g->first[nodes[3 * NODES_AHEAD]]);
	if (left > 2 * NODES_AHEAD) {
		PREFETCH(&g->label[g->first[nodes[2 * NODES_AHEAD]]]);
		PREFETCH(&g->target[g->first[nodes[2 * NODES_AHEAD]]]);
	}
	if (left > NODES_AHEAD)
		for (u64 e = g->first[nodes[NODES_AHEAD]]; e < g->first[nodes[NODES_AHEAD] + 1]; e++)
			PREFETCH(&f->at[g->target[e]]);
}

static int judge(finder *f, const u32 *nodes, u64 count, u32 own)
{
	u64 seen = 0;
	do {
		ask_for_steps(f, nodes + seen, count - seen);
		if (!count_labels(f, nodes[seen++], own))
			return NO_SPACE_LEFT;
	} while (seen < count && (f->strict || (seen & (seen - 1)) || !are_met(f, seen, own)));
	int found = judged(f, seen, own);
	for (u64 i = 0; i < f->touched.count; i++)
		f->count[f->touched.at[i]] = 0;
	f->touched.count = 0;
	return found;
}

static int is_refused(const finder *f, u32 node, u32 own)
{
	for (u64 e = f->g->first[node]; e < f->g->first[node + 1]; e++)
		if (f->g->label[e] != NOBODY && f->refused[f->g->label[e]] == own)
			return 1;
	return 0;
}

/* What is left without the nodes where something strong is possible is a part of its own. */
static int look_again(finder *f, const u32 *nodes, u64 count, u32 own)
{
	u64 place = f->todo.count, left = 0;
	if (!list_add(&f->todo, 0))
		return 0;
	for (u64 i = 0; i < count; i++)
		if (!is_refused(f, nodes[i], own)) {
			left++;
			if (!list_add(&f->todo, nodes[i]))
				return 0;
		}
	f->todo.at[place] = left;
	return 1;
}

static int complete(finder *f, u32 node)
{
	breaking *b = f->b;
	u32 end = f->opened, own = ++f->components;
	do {
		u32 one = f->open[--f->opened];
		f->at[one].least = DONE_WITH;
		f->at[one].component = own;
	} while (f->open[f->opened] != node);
	const u32 *nodes = f->open + f->opened;
	u64 count = end - f->opened;
	if (!has_all_marks(b, nodes, count))
		return 1;
	switch (judge(f, nodes, count, own)) {
	case UNFAIR:
		return 1;
	case PARTLY:
		return look_again(f, nodes, count, own);
	case FAIR:
		b->sets++;
		for (u64 i = 0; i < count; i++)
			b->set[nodes[i]] = b->sets;
		return 1;
	default:
		return 0;
	}
}

/* ---- a part */

/* The next node of the part that was not found before; NONE: there is none. */
static u32 next_new(finder *f, u32 depth)
{
	const graph *g = f->g;
	u32 node = f->path[depth];
	for (u64 e = g->first[node] + f->step[depth]; e < g->first[node + 1]; e++) {
		u32 target = g->target[e];
		f->step[depth]++;
		if (f->at[target].part != f->at[node].part)
			continue;
		if (!f->at[target].number)
			return target;
		if (f->at[target].least != DONE_WITH && f->at[target].number < f->at[node].least)
			f->at[node].least = f->at[target].number;
	}
	return NONE;
}

static int search_from(finder *f, u32 root)
{
	u32 depth = 0;
	enter(f, root, 0);
	for (;;) {
		u32 node = f->path[depth], found = next_new(f, depth);
		if (found != NONE) {
			enter(f, found, ++depth);
			continue;
		}
		u32 least = f->at[node].least;
		if (least == f->at[node].number && !complete(f, node))
			return 0;
		if (!depth--)
			return 1;
		if (least < f->at[f->path[depth]].least)
			f->at[f->path[depth]].least = least;
	}
}

/* The next of the parts that are to be looked at. */
static int search_part(finder *f)
{
	u64 count = f->todo.at[f->todo_at++], from = f->todo_at;
	f->todo_at += count;
	f->parts++;
	f->entered = 0;
	for (u64 i = 0; i < count; i++) {
		u32 node = (u32)f->todo.at[from + i];
		f->at[node].part = f->parts;
		f->at[node].number = f->at[node].component = 0;
	}
	for (u64 i = 0; i < count; i++)
		if (!f->at[f->todo.at[from + i]].number && !search_from(f, (u32)f->todo.at[from + i]))
			return 0;
	return 1;
}

static int open_finder(finder *f)
{
	u64 n = f->g->states + 1, labels = f->g->tag.count + 1;
	u32 **of_nodes[] = {&f->open, &f->path, &f->step};
	u32 **of_labels[] = {&f->count, &f->seen, &f->fulfilled, &f->refused};
	int good = 1;
	for (u32 i = 0; i < 3; i++)
		good &= (*of_nodes[i] = zeroed(n, sizeof(u32))) != NULL;
	for (u32 i = 0; i < 4; i++)
		good &= (*of_labels[i] = calloc(labels, sizeof(u32))) != NULL;
	f->at = zeroed(n, sizeof(visited));
	for (u64 label = 0; label < f->g->tag.count; label++)
		f->strict |= f->g->strong[label];
	return good && f->at;
}

static void close_finder(finder *f)
{
	u32 *all[] = {f->open, f->path, f->step, f->count, f->seen, f->fulfilled, f->refused};
	for (u32 i = 0; i < 7; i++)
		free(all[i]);
	free(f->at);
	list_free(&f->todo);
	list_free(&f->touched);
}

/* False: no memory. */
int find_fair_sets(breaking *b)
{
	finder f;
	memset(&f, 0, sizeof f);
	f.b = b;
	f.g = b->g;
	u64 known = 0;
	int good = open_finder(&f) && list_add(&f.todo, 0);
	for (u64 i = 0; good && i < b->inside.count; i++)
		if (!b->g->unexpanded[b->inside.nodes[i]]) {
			known++;
			good = list_add(&f.todo, b->inside.nodes[i]);
		}
	if (good)
		f.todo.at[0] = known;
	while (good && f.todo_at < f.todo.count)
		good = search_part(&f);
	close_finder(&f);
	return good;
}
