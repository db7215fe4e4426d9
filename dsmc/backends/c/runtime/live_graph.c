/* The graph of the states that were found: each is expanded once more, by code that says of each step to
 * whom it is owed. */
#include "live.h"
#include "values.h"

#define WORTH_A_LOOK 1024 /* states between two looks at the clock */

void dsmc_graph_close(graph *g)
{
	free(g->first);
	free(g->target);
	free(g->label);
	free(g->facts);
	free(g->unexpanded);
	free(g->strong);
	free(g->seen);
	list_free(&g->tag);
	table_close(&g->numbers);
	table_close(&g->labels);
	free(g);
}

static int number_states(const search *s, graph *g)
{
	if (!table_open(&g->numbers, g->states, 64, 1, 0) || !table_open(&g->labels, 64, 64, 1, 0))
		return 0;
	for (u64 i = 0; i < g->states; i++)
		if (!table_add(&g->numbers, s->states.at[i], (u32)i))
			return 0;
	return 1;
}

/* What is in the last level was perhaps not expanded. NULL: no memory. */
graph *dsmc_graph_open(const search *s, u32 fair)
{
	graph *g = calloc(1, sizeof *g);
	if (!g)
		return NULL;
	g->states = s->kept;
	g->initial = s->initial;
	g->fair = fair;
	g->room = 4 * g->states + 64;
	g->first = calloc(g->states + 1, sizeof(u64));
	g->target = malloc(g->room * sizeof(u32));
	g->label = malloc(g->room * sizeof(u32));
	g->facts = malloc((g->states + 1) * sizeof(u64));
	g->unexpanded = calloc(g->states + 1, 1);
	g->seen = calloc(g->states + 1, sizeof(u32));
	if (g->states >= NONE || !g->first || !g->target || !g->label || !g->facts || !g->unexpanded
	    || !g->seen || !number_states(s, g)) {
		dsmc_graph_close(g);
		return NULL;
	}
	for (u64 i = s->kept_before; i < g->states; i++)
		g->unexpanded[i] = 1;
	return g;
}

static u32 label_of(graph *g, u64 tag)
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

static int is_there(const graph *g, u64 from, u32 target, u32 label)
{
	if (g->seen[target] != from + 1)
		return 0;
	for (u64 i = g->first[from]; i < g->steps; i++)
		if (g->target[i] == target && g->label[i] == label)
			return 1;
	return 0;
}

static int more_steps(graph *g)
{
	u64 room = g->room * 2;
	u32 *target = realloc(g->target, room * sizeof(u32));
	g->target = target ? target : g->target;
	u32 *label = target ? realloc(g->label, room * sizeof(u32)) : NULL;
	g->label = label ? label : g->label;
	g->room = label ? room : g->room;
	return label != NULL;
}

static int add_step(graph *g, u64 from, u32 target, u32 label)
{
	if (label == NONE - 1 || (g->steps == g->room && !more_steps(g)))
		return 0;
	if (is_there(g, from, target, label))
		return 1;
	g->seen[target] = (u32)from + 1;
	g->target[g->steps] = target;
	g->label[g->steps++] = label;
	return 1;
}

/* The numbers of the successors, in the place of their keys; ~0 for what was not found. All are asked for
 * before the first is needed, so that none waits for another's way from memory. */
static void find_targets(worker *w, graph *g, u64 number, u64 count, u64 stride)
{
	for (u64 i = 0; i < count; i++) {
		w->keys[i] = key_of(w, w->out + i * stride);
		u64 hash = mix(w->keys[i], 64);
		const sub *own = &g->numbers.sub[hash >> SUB_SHIFT];
		const u64 *line = line_of(&g->numbers, hash);
		PREFETCH(line);
		PREFETCH(own->value + (line - own->key));
	}
	for (u64 i = 0; i < count; i++) {
		const u32 *target = table_find(&g->numbers, w->keys[i]);
		if (!target)
			g->unexpanded[number] = 1;
		else
			PREFETCH(&g->seen[*target]);
		w->keys[i] = target ? *target : ~0ull;
	}
}

static int add_state(search *s, graph *g, u64 number)
{
	worker *w = &s->workers[0];
	const model *m = s->m;
	reset_room(w);
	unfold(w, s->states.at[number]);
	g->facts[number] = m->facts(&w->c, w->state);
	w->c.failed = 0;
	if (!g->unexpanded[number])
		m->owing(&w->c, w->state);
	if (w->c.failed)
		g->unexpanded[number] = g->cuts_off = 1;
	u64 stride = m->words + 1, count = (u64)(w->c.out - w->out) / stride;
	find_targets(w, g, number, count, stride);
	for (u64 i = 0; i < count; i++)
		if (w->keys[i] != ~0ull
		    && !add_step(g, number, (u32)w->keys[i], label_of(g, w->out[i * stride + m->words])))
			return 0;
	g->first[number + 1] = g->steps;
	return !s->no_memory;
}

/* Go on until the deadline: 1 if all is there, 0 if not; -1: no memory. */
int dsmc_graph_go(search *s, graph *g, double seconds)
{
	double deadline = seconds_now() + seconds;
	u64 count = s->workers[0].c.count;
	while (g->done < g->states) {
		if (g->done % WORTH_A_LOOK == WORTH_A_LOOK - 1 && seconds_now() > deadline)
			deadline = 0;
		if (!add_state(s, g, g->done))
			return -1;
		g->done++;
		if (!deadline)
			break;
	}
	s->workers[0].c.count = count;
	reset_room(&s->workers[0]);
	return g->done == g->states;
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

/* Of what is not in the graph yet it is not known what follows. */
void dsmc_graph_cut(graph *g)
{
	for (; g->done < g->states; g->done++) {
		g->facts[g->done] = ~0ull; /* anything may be true */
		g->unexpanded[g->done] = 1;
		g->first[g->done + 1] = g->steps;
	}
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
