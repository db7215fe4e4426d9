/* Where a search that leaves out steps has put some off for ever: what engine/ignored.py says.
 *
 * The steps between the states that were found since it was asked last are written down, then their
 * strongly connected components are found (Tarjan: Depth-first search and linear graph algorithms, SIAM J.
 * Comput. 1972). Where a component that no step leaves puts off steps, the search goes on from the states
 * of it that were found first.
 */
#include "search.h"
#include "values.h"

#define ELSEWHERE (~0u) /* a state that was looked at before */
#define COMPLETE (~0u)
#define BEFORE_A_LOOK 256 /* states between two looks at the clock */

struct ignored {
	u64 begin, count, done;  /* which states; of how many the steps are known */
	table numbers;           /* of states by their keys, from 0 */
	list first, target;      /* of each state: where its steps begin; to which number each leads */
	u32 *number, *least;     /* in the order of the search; 0: not yet found; complete: `least` is COMPLETE */
	u32 *component;          /* of each state, once it is complete */
	u32 *open, *path;        /* stacks: of states without a component; of those that are looked at */
	u64 *step;               /* of each on the path: the step that is looked at next */
	u64 *sets;               /* what is possible, and taken: in a state, in a component */
	unsigned char *put_off;  /* of each state: does the search go on from it? */
	u32 opened, entered, components;
};

void close_ignored(search *s)
{
	ignored *i = s->ignored;
	if (!i)
		return;
	table_close(&i->numbers);
	list_free(&i->first);
	list_free(&i->target);
	void *all[] = {i->number, i->least, i->component, i->open, i->path, i->step, i->sets, i->put_off};
	for (u32 n = 0; n < 8; n++)
		free(all[n]);
	free(i);
	s->ignored = NULL;
}

static u64 key_of_kept(worker *w, u64 handle)
{
	u64 orbit;
	if (!w->s->m->canonical)
		return handle;
	reset_room(w);
	unfold(w, handle);
	return form_key(w, w->state, &orbit);
}

static int open_ignored(search *s)
{
	ignored *i = s->ignored = calloc(1, sizeof *i);
	if (!i)
		return 0;
	i->begin = s->looked;
	i->count = s->kept - s->looked;
	u64 n = i->count + 1;
	u32 **numbers[] = {&i->number, &i->least, &i->component, &i->open, &i->path};
	int good = n < COMPLETE;
	for (u32 k = 0; k < 5; k++)
		good &= (*numbers[k] = calloc(n, sizeof(u32))) != NULL;
	i->step = malloc(n * sizeof(u64));
	i->sets = calloc(4 * s->m->sets, sizeof(u64));
	i->put_off = calloc(n, 1);
	good &= i->step && i->sets && i->put_off && table_open(&i->numbers, n, 64, 1, 0)
	    && list_add(&i->first, 0);
	for (u64 k = 0; good && k < i->count; k++)
		good = table_add(&i->numbers, key_of_kept(&s->workers[0], s->states.at[i->begin + k]), (u32)k);
	return good;
}

/* ---- steps */

static int add_steps(search *s, ignored *i)
{
	u64 count;
	const u64 *keys = successors_of(&s->workers[0], s->states.at[i->begin + i->done], &count);
	for (u64 k = 0; k < count; k++) {
		const u32 *target = table_find(&i->numbers, keys[k]);
		if (!list_add(&i->target, target ? *target : ELSEWHERE))
			return 0;
	}
	i->done++;
	return list_add(&i->first, i->target.count) && !s->no_memory;
}

/* ---- a component */

static void gather_sets(search *s, ignored *i, u32 node)
{
	worker *w = &s->workers[0];
	u64 count;
	w->c.taken = i->sets;
	successors_of(w, s->states.at[i->begin + node], &count);
	w->c.taken = NULL;
}

/* Steps have other names in states that count as one: there it must be a state that leaves out none. */
static int ignores(search *s, ignored *i, const u32 *nodes, u64 count)
{
	u32 words = s->m->sets, left = 0;
	u64 *here = i->sets, *all = i->sets + 2 * words;
	clear(all, 2 * words);
	for (u64 n = 0; n < count; n++) {
		gather_sets(s, i, nodes[n]);
		u32 out = 0;
		for (u32 w = 0; w < words; w++)
			out |= (here[w] & ~here[words + w]) != 0;
		if (!out)
			return 0;
		for (u32 w = 0; w < 2 * words; w++)
			all[w] |= here[w];
	}
	for (u32 w = 0; w < words; w++)
		left |= (all[w] & ~all[words + w]) != 0;
	return left || s->m->canonical;
}

static int is_terminal(const ignored *i, const u32 *nodes, u64 count, u32 own)
{
	for (u64 n = 0; n < count; n++)
		for (u64 e = i->first.at[nodes[n]]; e < i->first.at[nodes[n] + 1]; e++)
			if ((u32)i->target.at[e] == ELSEWHERE || i->component[i->target.at[e]] != own)
				return 0;
	return 1;
}

/* Those of its states that were found first are where the search goes on. */
static void go_on_in(search *s, ignored *i, const u32 *nodes, u64 count)
{
	u64 first = nodes[0], level = 0;
	for (u64 n = 0; n < count; n++)
		first = nodes[n] < first ? nodes[n] : first;
	while (level < s->level_at.count && s->level_at.at[level] <= i->begin + first)
		level++;
	for (u64 n = 0; n < count; n++)
		if (level == s->level_at.count || i->begin + nodes[n] < s->level_at.at[level])
			i->put_off[nodes[n]] = 1;
}

static void complete_one(search *s, ignored *i, u32 node)
{
	u32 end = i->opened, own = ++i->components;
	do {
		u32 one = i->open[--i->opened];
		i->least[one] = COMPLETE;
		i->component[one] = own;
	} while (i->open[i->opened] != node);
	const u32 *nodes = i->open + i->opened;
	u64 count = end - i->opened;
	if (is_terminal(i, nodes, count, own) && ignores(s, i, nodes, count))
		go_on_in(s, i, nodes, count);
}

/* ---- all components */

static void enter_one(ignored *i, u32 node, u32 depth)
{
	i->number[node] = i->least[node] = ++i->entered;
	i->open[i->opened++] = node;
	i->path[depth] = node;
	i->step[depth] = i->first.at[node];
}

/* The next state that was not found before; ELSEWHERE: there is none. */
static u32 next_found(ignored *i, u32 depth)
{
	u32 node = i->path[depth];
	while (i->step[depth] < i->first.at[node + 1]) {
		u32 target = (u32)i->target.at[i->step[depth]++];
		if (target == ELSEWHERE)
			continue;
		if (!i->number[target])
			return target;
		if (i->least[target] != COMPLETE && i->number[target] < i->least[node])
			i->least[node] = i->number[target];
	}
	return ELSEWHERE;
}

static void find_components(search *s, ignored *i, u32 root)
{
	u32 depth = 0;
	enter_one(i, root, 0);
	for (;;) {
		u32 node = i->path[depth], found = next_found(i, depth);
		if (found != ELSEWHERE) {
			enter_one(i, found, ++depth);
			continue;
		}
		u32 least = i->least[node];
		if (least == i->number[node])
			complete_one(s, i, node);
		if (!depth--)
			return;
		if (least < i->least[i->path[depth]])
			i->least[i->path[depth]] = least;
	}
}

/* ---- the search goes on */

static void lead_from(search *s, ignored *i)
{
	worker *w = &s->workers[0];
	u64 before = w->c.count;
	w->others = w->puts = 1;
	w->c.wanted = s->wanted;
	w->c.led = 1;
	reset_room(w);
	for (u64 n = 0; n < i->count; n++)
		if (i->put_off[n]) {
			expand_state(w, s->states.at[i->begin + n]);
			flush_batch(w);
		}
	flush(w);
	w->c.led = w->puts = 0;
	s->transitions += w->c.count - before;
	tell_found(w);
}

/* Go on until the deadline: what was put off is the next level, if it leads to anything new. */
int find_ignored(search *s)
{
	if (AGAIN(&s->workers[0].back))
		return why(s);
	if (!s->ignored && !open_ignored(s))
		return NO_MEMORY;
	ignored *i = s->ignored;
	while (i->done < i->count) {
		if (!add_steps(s, i))
			return NO_MEMORY;
		if (i->done % BEFORE_A_LOOK == 0 && seconds_now() > s->deadline)
			return PAUSED;
	}
	table_close(&i->numbers);
	for (u32 n = 0; n < i->count; n++)
		if (!i->number[n])
			find_components(s, i, n);
	s->looked = s->kept;
	s->level_at.count--; /* the level in which there was nothing */
	lead_from(s, i);
	close_ignored(s);
	gather(s);
	return next_level(s);
}
