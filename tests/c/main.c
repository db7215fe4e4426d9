/* A search from C, to be looked at by sanitizers: `main MANNER THREADS WANTED…` opens it, stops it, goes on
 * in another one from what a checkpoint would hold (`exact`) or in the same one (`prints`, or `depth`
 * first), runs to the end, and takes the way to each property that was decided. Prints how many states,
 * transitions, initial states and levels there are, then each such property with its level and how it was
 * decided. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"

extern const model dsmc_model;

search *dsmc_open(const model *m, u32 threads, const u64 *wanted, u64 most_states, u32 hashed);
int dsmc_begin(search *s);
int dsmc_run(search *s, double seconds);
void dsmc_close(search *s);
void dsmc_stats(const search *s, u64 *numbers);
void dsmc_decided(const search *s, u32 *level, u32 *kind);
void dsmc_load_limit(search *s, u64 limit);
int dsmc_state(search *s, u64 key, u64 *words);
u32 dsmc_box(search *s, u32 reference, u32 *found);
int dsmc_trace(search *s, u32 property, u32 kind, u64 key, u32 levels, u64 *path);
void dsmc_mark(const search *s, extent *m);
int dsmc_arrays(search *s, const extent *m, u64 **states, u64 **levels, u64 **nodes);
int dsmc_first_dive(search *s);
int dsmc_dive(search *s, double seconds);
void dsmc_way(const search *s, u32 property, u64 *path);
graph *dsmc_graph_open(const search *s, u32 fair);
graph *dsmc_near_open(const search *s, u32 fair, u64 starts, u64 most);
int dsmc_near_go(search *s, graph *g, double seconds);
int dsmc_graph_go(search *s, graph *g, double seconds);
void dsmc_graph_cut(graph *g);
int dsmc_graph_end(graph *g);
void dsmc_graph_close(graph *g);
ways *dsmc_reached(const graph *g);
void dsmc_close_ways(ways *t);
breaking *dsmc_breaking(const graph *g, const ways *reached, u32 from_start, u64 begin, u64 stay,
    const u64 *again, u32 marks);
void dsmc_breaking_found(const breaking *b, u64 *numbers);
const ways *dsmc_inside(const breaking *b);
u64 dsmc_way_back(const ways *t, u64 node, u32 *nodes, u32 *labels);
void dsmc_breaking_close(breaking *b);
int dsmc_cool(search *s, int file);
int dsmc_restore(search *s, const extent *m, const u32 *level, const u32 *kind);

static void *must(void *p)
{
	if (!p)
		exit(3);
	return p;
}

/* Until every state was seen, or a limit is met; often looked at from outside, and old states put into
 * a file. */
static void go_on(search *s, int event)
{
	u64 limit = 12, numbers[10];
	FILE *file = must(tmpfile());
	while (event == PAUSED || event == DECIDED || event == LOADED) {
		if (event == LOADED)
			dsmc_load_limit(s, limit *= 2);
		event = s->way ? dsmc_dive(s, 0.01) : dsmc_run(s, 0.01);
		dsmc_stats(s, numbers);
		if (!s->way && !dsmc_cool(s, fileno(file)))
			exit(5);
	}
	fclose(file);
	if (event == NO_MEMORY)
		exit(3);
}

/* A search that is as far as another one was when its last level ended. */
static search *taken_over(search *from, u32 threads, const u64 *wanted, u32 *level, u32 *kind)
{
	extent m;
	u64 *had[3], *has[3];
	search *s = must(dsmc_open(from->m, threads, wanted, ~0ull, 0));
	dsmc_mark(from, &m);
	if (!dsmc_arrays(from, &m, &had[0], &had[1], &had[2])
	    || !dsmc_arrays(s, &m, &has[0], &has[1], &has[2]))
		exit(3);
	memcpy(has[0], had[0], m.states * sizeof(u64));
	memcpy(has[1], had[1], m.levels * sizeof(u64));
	memcpy(has[2], had[2], m.nodes * sizeof(u64));
	dsmc_decided(from, level, kind);
	if (!dsmc_restore(s, &m, level, kind))
		exit(3);
	dsmc_close(from);
	return s;
}

static void tell_state(search *s, u64 key)
{
	u64 *words = must(malloc((dsmc_model.words + 1) * sizeof(u64)));
	dsmc_state(s, key, words);
	for (u32 i = 0; i < dsmc_model.boxes; i++) {
		u32 reference = (u32)words[dsmc_model.packed + i];
		u32 *leaves = must(malloc((dsmc_box(s, reference, NULL) + 1) * sizeof(u32)));
		dsmc_box(s, reference, leaves);
		free(leaves);
	}
	free(words);
}

static void tell_way(search *s, u32 property, u32 kind, u32 levels)
{
	u64 *path = must(malloc((levels + 1) * sizeof(u64)));
	if (s->way && s->way[property].count)
		dsmc_way(s, property, path);
	else if (levels && !dsmc_trace(s, property, kind, 0, levels, path))
		exit(4);
	for (u32 i = 0; i < levels; i++)
		tell_state(s, path[i]);
	printf("%u %u %u\n", property, levels, kind);
	free(path);
}

/* Where fair runs can stay, and the way there; what they shall come to is the last fact of all. */
static void look_inside_runs(const graph *g, const ways *reached, u64 stay, u32 marks)
{
	u64 again[] = {g->facts[g->states - 1]}, found[4];
	breaking *b = must(dsmc_breaking(g, reached, 0, stay, stay, again, marks));
	dsmc_breaking_found(b, found);
	if (found[0] != ~0ull) {
		u64 count = dsmc_way_back(dsmc_inside(b), found[0], NULL, NULL);
		u32 *nodes = must(malloc(2 * count * sizeof(u32)));
		dsmc_way_back(dsmc_inside(b), found[0], nodes, nodes + count);
		free(nodes);
	}
	dsmc_breaking_close(b);
}

/* Once as far as the time goes, which is nowhere much; then all of it, and half of it, with every second label
 * strong. */
static void live(search *s)
{
	for (int all = 0; all < 3; all++) {
		int part = all == 2;
		graph *g = must(part ? dsmc_near_open(s, 1, (s->initial + 1) / 2, s->kept / 2) : dsmc_graph_open(s, 1));
		while (!(part ? dsmc_near_go(s, g, all) : dsmc_graph_go(s, g, all)) && all)
			;
		if (!all)
			dsmc_graph_cut(g);
		if (!dsmc_graph_end(g))
			exit(3);
		for (u64 i = 0; i < g->tag.count; i += 2)
			g->strong[i] = 1;
		ways *reached = must(dsmc_reached(g));
		look_inside_runs(g, reached, 1, 0);
		look_inside_runs(g, reached, 1, 1);
		look_inside_runs(g, reached, g->facts[0], 0);
		dsmc_close_ways(reached);
		dsmc_graph_close(g);
	}
}

int main(int count, char **args)
{
	const char *manner = args[1];
	u32 threads = (u32)atoi(args[2]), properties = dsmc_model.properties;
	u64 *wanted = must(calloc(properties / 64 + 1, sizeof(u64))), numbers[10];
	u32 *level = must(calloc(properties + 1, sizeof(u32)));
	u32 *kind = must(calloc(properties + 1, sizeof(u32)));
	for (int i = 3; i < count; i++)
		wanted[atoi(args[i]) / 64] |= 1ull << atoi(args[i]) % 64;
	int exact = !strcmp(manner, "exact");
	search *s = must(dsmc_open(&dsmc_model, threads, wanted, exact ? 200 : ~0ull, !exact));
	int event = dsmc_begin(s);
	if (!s->level_at.count) { /* it has ended among the initial states */
		dsmc_close(s);
		s = must(dsmc_open(&dsmc_model, threads, wanted, ~0ull, !exact));
		event = dsmc_begin(s);
	}
	if (!strcmp(manner, "depth") && !dsmc_first_dive(s))
		exit(3);
	go_on(s, event);
	if (exact) {
		s = taken_over(s, threads, wanted, level, kind);
		go_on(s, PAUSED);
	}
	dsmc_stats(s, numbers);
	printf("%llu %llu %llu %llu\n", numbers[0], numbers[1], numbers[2], numbers[3] - 1);
	dsmc_decided(s, level, kind);
	for (u32 p = 0; p < properties; p++)
		if (kind[p] != NOT)
			tell_way(s, p, kind[p], level[p]);
	if (exact && dsmc_model.owing)
		live(s);
	dsmc_close(s);
	free(wanted);
	free(level);
	free(kind);
	return 0;
}
