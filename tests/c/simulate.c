/* Random runs from C, to be looked at by sanitizers: `main RUNS DEPTH SEED PCT ACTIONS NODES BEST…` takes
 * them in short slices. Prints how many runs, steps, states and initial states there were, and the steps of
 * the longest; of each action how often it was taken, and was possible; then each property that was decided
 * with the choices that lead there. */
#include <stdio.h>
#include <stdlib.h>

#include "simulate.h"

extern const model dsmc_model;

walk *dsmc_walk_open(const model *m, const u64 *plan, const u64 *best, asked ask, over is_over);
void dsmc_walk_adopt(walk *w, const model *m);
int dsmc_walk_run(walk *w, double seconds);
void dsmc_walk_stats(const walk *w, u64 *numbers, u64 *taken, u64 *enabled);
u64 dsmc_walk_way(const walk *w, u32 property, u32 *found);
void dsmc_walk_close(walk *w);

static void *must(void *p)
{
	if (!p)
		exit(3);
	return p;
}

static void tell(const u64 *numbers, u64 count)
{
	for (u64 i = 0; i < count; i++)
		printf("%llu ", numbers[i]);
	printf("\n");
}

static void tell_way(const walk *w, u32 property)
{
	u64 count = dsmc_walk_way(w, property, NULL);
	if (!count)
		return;
	u32 *way = must(malloc(count * sizeof(u32)));
	dsmc_walk_way(w, property, way);
	printf("%u ", property);
	for (u64 i = 0; i < count; i++)
		printf("%u ", way[i]);
	printf("\n");
	free(way);
}

int main(int count, char **args)
{
	u64 plan[6], numbers[5], *best = must(calloc((u64)count, sizeof(u64)));
	for (int i = 0; i < 6; i++)
		plan[i] = strtoull(args[i + 1], NULL, 10);
	for (int i = 7; i < count; i++)
		best[i - 7] = strtoull(args[i], NULL, 10);
	walk *w = must(dsmc_walk_open(&dsmc_model, plan, best, NULL, NULL));
	int event;
	while ((event = dsmc_walk_run(w, 0)) == 1)
		dsmc_walk_adopt(w, &dsmc_model);
	if (event)
		exit(3);
	u64 *taken = must(calloc(plan[4] + 1, sizeof(u64))), *enabled = must(calloc(plan[4] + 1, sizeof(u64)));
	dsmc_walk_stats(w, numbers, taken, enabled);
	tell(numbers, 5);
	tell(taken, plan[4]);
	tell(enabled, plan[4]);
	for (u32 p = 0; p < dsmc_model.properties; p++)
		tell_way(w, p);
	dsmc_walk_close(w);
	free(taken);
	free(enabled);
	free(best);
	return 0;
}
