/* The graph of the states that were found: each is expanded once more, by code that says of each step to
 * whom it is owed. */
#include "live.h"
#include "values.h"

void dsmc_graph_close(graph *g)
{
	free(g->first);
	free(g->target);
	free(g->label);
	free(g->facts);
	free(g->unexpanded);
	free(g->strong);
	free(g->seen);
	free(g->key);
	list_free(&g->tag);
	table_close(&g->numbers);
	table_close(&g->labels);
	free(g);
}

static int number_states(const search *s, graph *g)
{
	if (!table_open(&g->numbers, g->states, 64, 1, 0))
		return 0;
	for (u64 i = 0; i < g->states; i++) {
		if (i + TOGETHER < g->states)
			table_ask(&g->numbers, mix(s->states.at[i + TOGETHER], 64));
		if (!table_add(&g->numbers, s->states.at[i], (u32)i))
			return 0;
	}
	return 1;
}

/* Room for so many states; pages of it come when they are written. NULL: no memory. */
graph *open_graph(u64 states)
{
	graph *g = calloc(1, sizeof *g);
	if (!g)
		return NULL;
	g->room = 4 * states + 64;
	g->most = ~0ull;
	g->first = zeroed(states + 1, sizeof(u64));
	g->target = zeroed(g->room, sizeof(u32));
	g->label = zeroed(g->room, sizeof(u32));
	g->facts = zeroed(states + 1, sizeof(u64));
	g->unexpanded = zeroed(states + 1, 1);
	g->seen = zeroed(states + 1, sizeof(u32));
	if (states < NONE && g->first && g->target && g->label && g->facts && g->unexpanded && g->seen
	    && table_open(&g->labels, 64, 64, 1, 0))
		return g;
	dsmc_graph_close(g);
	return NULL;
}

/* The graph of all states; what follows on those of the last level is not known. NULL: no memory. */
graph *dsmc_graph_open(const search *s, u32 fair)
{
	graph *g = open_graph(s->kept);
	if (!g)
		return NULL;
	g->states = s->kept;
	g->initial = s->initial;
	g->fair = fair;
	if (!number_states(s, g)) {
		dsmc_graph_close(g);
		return NULL;
	}
	for (u64 i = s->kept_before; i < g->states; i++)
		g->unexpanded[i] = 1;
	return g;
}

u32 label_of(graph *g, u64 tag)
{
	if (!g->fair || tag == ~0ull)
		return NOBODY;
	u32 *memo = &g->memo[tag % MEMO];
	if (*memo < g->tag.count && g->tag.at[*memo] == tag)
		return *memo;
	const u32 *known = table_find(&g->labels, tag);
	u32 label = *memo = known ? *known : (u32)g->tag.count;
	if (known)
		return label;
	return table_add(&g->labels, tag, label) && list_add(&g->tag, tag) ? label : NONE - 1;
}

/* Where there are many steps, it is remembered which states are the targets of some. */
static int is_there(const graph *g, u64 from, u32 target, u32 label)
{
	u64 first = g->first[from];
	if (g->steps - first > FEW && g->seen[target] != from + 1)
		return 0;
	for (u64 i = first; i < g->steps; i++)
		if (g->target[i] == target && g->label[i] == label)
			return 1;
	return 0;
}

/* From here on they are remembered. */
static void remember(graph *g, u64 from)
{
	for (u64 i = g->first[from]; i < g->steps; i++)
		g->seen[g->target[i]] = (u32)from + 1;
}

static int more_steps(graph *g)
{
	u64 room = g->room * 2;
	u64 bytes = room * sizeof(u32);
	u32 *target = in_large_pages(realloc(g->target, bytes), bytes);
	g->target = target ? target : g->target;
	u32 *label = target ? in_large_pages(realloc(g->label, bytes), bytes) : NULL;
	g->label = label ? label : g->label;
	g->room = label ? room : g->room;
	return label != NULL;
}

int add_step(graph *g, u64 from, u32 target, u32 label)
{
	if (label == NONE - 1 || (g->steps == g->room && !more_steps(g)))
		return 0;
	if (is_there(g, from, target, label))
		return 1;
	g->target[g->steps] = target;
	g->label[g->steps++] = label;
	u64 count = g->steps - g->first[from];
	if (count > FEW + 1)
		g->seen[target] = (u32)from + 1;
	else if (count == FEW + 1)
		remember(g, from);
	return 1;
}

/* The successors of a node come behind those of others; the places of those inside are asked for. */
static void expand_node(search *s, graph *g, u32 node)
{
	worker *w = &s->workers[0];
	u64 stride = s->m->words + 1, i = (u64)(w->c.out - w->out) / stride;
	unfold(w, g->key ? g->key[node] : s->states.at[node]);
	if (!g->key)
		g->facts[node] = s->m->facts(&w->c, w->state);
	w->c.failed = 0;
	if (!g->unexpanded[node])
		s->m->owing(&w->c, w->state);
	if (w->c.failed)
		g->unexpanded[node] = g->cuts_off = 1;
	for (const u64 *at = w->out + i * stride; at < w->c.out; at += stride, i++) {
		w->orbit[i] = g->key ? s->m->facts(&w->c, at) : 0;
		if (!has_all(w->orbit[i], g->stay))
			continue;
		w->keys[i] = key_of(w, at);
		table_ask(&g->numbers, mix(w->keys[i], 64));
	}
}

/* The number of a successor; NONE: there is none, or no memory. */
static u32 target_of(const worker *w, graph *g, u64 i)
{
	if (g->key)
		return has_all(w->orbit[i], g->stay) ? number_inside(g, w->keys[i], w->orbit[i]) : REST;
	const u32 *known = table_find(&g->numbers, w->keys[i]);
	return known ? *known : NONE;
}

/* Their places have come. */
static int link_node(const search *s, graph *g, u32 node, u64 from, u64 end)
{
	const worker *w = &s->workers[0];
	u64 stride = s->m->words + 1;
	for (u64 i = from; i < end; i++) {
		u32 target = target_of(w, g, i);
		if (target == NONE && g->key)
			return 0;
		if (target == NONE)
			g->unexpanded[node] = 1; /* the search has not come so far */
		else if (!add_step(g, node, target, label_of(g, w->out[i * stride + s->m->words])))
			return 0;
	}
	g->first[node + 1] = g->steps;
	return !s->no_memory;
}

/* Some nodes at once, so that none waits for the places of its successors. */
int expand_some(search *s, graph *g)
{
	worker *w = &s->workers[0];
	u64 stride = s->m->words + 1, end[TOGETHER], most = g->most < g->states ? g->most : g->states;
	u32 count = 0, first = (u32)g->done;
	reset_room(w);
	for (; count < TOGETHER && first + count < most; count++) {
		expand_node(s, g, first + count);
		end[count] = (u64)(w->c.out - w->out) / stride;
	}
	for (u32 i = 0; i < count; i++)
		if (!link_node(s, g, first + i, i ? end[i - 1] : 0, end[i]))
			return 0;
	g->done += count;
	return 1;
}

int grow_graph(search *s, graph *g, double seconds, int (*ends)(const search *, const graph *),
	       int (*grow)(search *, graph *))
{
	double deadline = seconds_now() + seconds;
	u64 count = s->workers[0].c.count;
	if (AGAIN(&s->workers[0].back))
		return 0;
	int good = 1;
	for (u32 n = 1; good && !ends(s, g); n++) {
		good = grow(s, g);
		if (n % WORTH_A_LOOK == 0 && seconds_now() > deadline)
			break;
	}
	s->workers[0].c.count = count;
	reset_room(&s->workers[0]);
	return good;
}

static int is_whole(const search *s, const graph *g)
{
	(void)s;
	return g->done == g->states;
}

/* Go on until the deadline: 1 if all is there, 0 if not; -1: no memory. */
int dsmc_graph_go(search *s, graph *g, double seconds)
{
	return grow_graph(s, g, seconds, is_whole, expand_some) ? is_whole(s, g) : -1;
}

/* All there is to be known, with room for what is strong. False: no memory. */
int dsmc_graph_end(graph *g)
{
	table_close(&g->numbers);
	free(g->seen);
	g->seen = NULL;
	g->strong = calloc(g->tag.count + 1, 1);
	return g->strong != NULL;
}

void leave_unexpanded(graph *g)
{
	for (; g->done < g->states; g->done++) {
		g->unexpanded[g->done] = 1;
		g->first[g->done + 1] = g->steps;
	}
}

/* The rest is not looked at. */
void dsmc_graph_cut(graph *g)
{
	for (u64 node = g->done; node < g->states; node++)
		g->facts[node] = ~0ull; /* anything may be true */
	leave_unexpanded(g);
}

void dsmc_graph_numbers(const graph *g, u64 *numbers)
{
	numbers[0] = g->states;
	numbers[1] = g->steps;
	numbers[2] = g->tag.count;
	numbers[3] = g->initial;
	numbers[4] = g->cuts_off;
}

void dsmc_graph_arrays(const graph *g, const void **at)
{
	at[0] = g->first;
	at[1] = g->target;
	at[2] = g->label;
	at[3] = g->facts;
	at[4] = g->tag.at;
	at[5] = g->strong;
	at[6] = g->unexpanded;
}
