/* Random runs. They are those of the reference (`engine/simulate.py`), choice by choice: the same numbers
 * are drawn in the same order. What a property is decided by is kept as the choices that lead there, so
 * that the reference can make them again.
 */
#include "simulate.h"
#include "values.h"

#define LOOK 16 /* steps between two looks at the clock */
#define UNKNOWN (-1 - (i64)(~0ull >> 1)) /* a priority that was not drawn yet */

enum { FINISHED, PAUSED, NO_MEMORY };

/* ---- random numbers */

static u64 number(walk *w)
{
	return scrambled(w->random += GAMMA);
}

static u64 below(walk *w, u64 limit)
{
	return (number(w) >> 32) * limit >> 32;
}

/* ---- what generated code calls */

static void more_successors(ctx *c)
{
	walk *w = (walk *)c;
	u64 used = (u64)(c->out - w->out);
	if (w->room >= MANY && w->is_over && w->is_over())
		GO_BACK(&w->back);
	w->out = grown(w, w->out, 2 * w->room * stride(w) * sizeof(u64));
	w->candidate = grown(w, w->candidate, 2 * w->room * sizeof(u32));
	if (w->no_memory)
		no_more(w);
	w->room *= 2;
	c->out = w->out + used;
	c->end = w->out + (w->room - 1) * stride(w);
}

static void more_choices(ctx *c)
{
	c->choice = grown((walk *)c, c->choice, 4 * c->room * sizeof(u32));
	if (((walk *)c)->no_memory)
		no_more((walk *)c);
	c->room *= 2;
}

/* ---- what is decided */

/* Look for what a run of so many steps, or one less, would be the shortest for. */
static void want_shorter(walk *w, u64 steps)
{
	ctx *c = &w->now.c;
	clear(c->wanted, w->m->properties / 64 + 1);
	clear(c->flags, w->m->properties / 64 + 1);
	for (u32 p = 0; p < w->m->properties; p++)
		c->wanted[p >> 6] |= (u64)(w->best[p] >= steps) << (p & 63);
}

static void note(walk *w, u32 property, u64 steps)
{
	u64 count = w->path.length;
	w->way[property] = grown(w, w->way[property], count * sizeof(u32));
	if (w->no_memory)
		return;
	memcpy(w->way[property], w->path.came, count * sizeof(u32));
	w->ways[property] = count;
	w->best[property] = steps;
}

static void note_all(walk *w, u64 steps)
{
	for (u32 p = 0; p < w->m->properties; p++)
		if (w->now.c.flags[p >> 6] >> (p & 63) & 1 && steps < w->best[p])
			note(w, p, steps);
	clear(w->now.c.flags, w->m->properties / 64 + 1);
}

/* What do a state and the steps from it decide, also those that are not taken? */
static void look(walk *w, const u64 *state, u64 count)
{
	const model *m = w->m;
	ctx *c = &w->now.c;
	u64 steps = w->path.length;
	for (u64 i = 0; m->decides && i < count; i++)
		m->look(c, w->out + i * stride(w));
	if (c->failed)
		c->flags[m->error >> 6] |= 1ull << (m->error & 63);
	note_all(w, steps);
	if (c->failed || !m->ends)
		return;
	if (!(c->moved & 1))
		m->rest(c, state);
	if (!(c->moved & 3))
		m->stuck(c, state);
	note_all(w, steps - 1);
}

/* ---- schedulers */

static u64 tag_of(const walk *w, u64 successor)
{
	return w->out[successor * stride(w) + w->m->words];
}

static u32 action_of(u64 tag)
{
	return (u32)tag & ~0u >> 1;
}

static int is_beyond(u64 tag)
{
	return (int)(tag >> 31 & 1);
}

/* Actions of no node have negative numbers, the last action the least. */
static u32 actor_of(const walk *w, u64 tag)
{
	return (u32)(tag >> 32) + w->actions + 1;
}

static u32 highest(const walk *w, u64 count)
{
	u32 first = actor_of(w, tag_of(w, 0));
	for (u64 i = 1; i < count; i++) {
		u32 actor = actor_of(w, tag_of(w, i));
		if (w->priority[actor] > w->priority[first])
			first = actor;
	}
	return first;
}

/* Who acts, by priority; at some steps the first becomes the last. */
static u32 first_actor(walk *w, u64 count)
{
	for (u64 i = 0; i < count; i++) {
		i64 *priority = &w->priority[actor_of(w, tag_of(w, i))];
		if (*priority == UNKNOWN)
			*priority = (i64)(number(w) >> 1);
	}
	u32 first = highest(w, count);
	for (u32 i = 0; i < CHANGES; i++)
		if (w->change[i] == w->step) {
			w->priority[first] = -1 - (i64)w->step;
			return highest(w, count);
		}
	return first;
}

/* The candidates up to the first by another action. */
static u64 end_of(const walk *w, u64 at, u64 count)
{
	u32 action = action_of(tag_of(w, w->candidate[at]));
	while (++at < count && action_of(tag_of(w, w->candidate[at])) == action)
		;
	return at;
}

/* Each action is as likely as each other, then each of its choices. */
static u32 choose_step(walk *w, u64 count)
{
	u64 candidates = 0, groups = 0, at = 0;
	u32 first = w->pct ? first_actor(w, count) : 0;
	for (u32 i = 0; i < count; i++)
		if (!w->pct || actor_of(w, tag_of(w, i)) == first)
			w->candidate[candidates++] = i;
	for (u64 i = 0; i < candidates; i = end_of(w, i, candidates))
		groups++;
	for (u64 group = below(w, groups); group; group--)
		at = end_of(w, at, candidates);
	return w->candidate[at + below(w, end_of(w, at, candidates) - at)];
}

/* ---- runs */

static void reset_step(walk *w)
{
	ctx *c = &w->now.c;
	arena_reset(&w->now);
	c->out = w->out;
	c->end = w->out + (w->room - 1) * stride(w);
	c->moved = c->failed = 0;
}

static void begin_run(walk *w)
{
	w->random = scrambled(scrambled(w->seed + GAMMA) + w->runs);
	w->step = 0;
	w->running = 1;
	path_begin(w);
	u32 chosen = (u32)below(w, w->starts);
	for (u32 i = 0; w->pct && i < CHANGES; i++)
		w->change[i] = below(w, w->longest ? w->longest : w->depth);
	for (u32 i = 0; i < w->actors; i++)
		w->priority[i] = UNKNOWN;
	path_enter(w, w->start + chosen * stride(w), chosen);
}

static u64 expand(walk *w, const u64 *state)
{
	reset_step(w);
	want_shorter(w, w->path.length);
	w->m->expand(&w->now.c, state);
	u64 count = (u64)(w->now.c.out - w->out) / stride(w);
	for (u64 i = 0; i < count; i++)
		if (!i || action_of(tag_of(w, i)) != action_of(tag_of(w, i - 1)))
			w->enabled[action_of(tag_of(w, i))]++;
	return count;
}

/* One step more; false if there is none. */
static int take_step(walk *w)
{
	const u64 *here = state_at(w, w->path.length - 1);
	if (w->step == w->depth || is_beyond(here[w->m->words]))
		return 0;
	u64 count = expand(w, here);
	look(w, here, count);
	if (!w->now.c.moved)
		return 0;
	u32 chosen = choose_step(w, count);
	w->taken[action_of(tag_of(w, chosen))]++;
	w->steps++;
	if (++w->step > w->longest)
		w->longest = w->step;
	path_enter(w, w->out + chosen * stride(w), chosen);
	return 1;
}

/* Take runs until all were taken, or for so long. */
int dsmc_walk_run(walk *w, double seconds)
{
	double deadline = seconds_now() + seconds;
	if (AGAIN(&w->back))
		return w->no_memory ? NO_MEMORY : PAUSED;
	for (u64 n = 1; !w->no_memory; n++) {
		if (!w->running) {
			if (w->runs >= w->wanted || !w->starts)
				return FINISHED;
			begin_run(w);
		}
		if (!w->no_memory && !take_step(w)) {
			w->running = 0;
			w->runs++;
		}
		if (n % LOOK == 0 && seconds_now() > deadline)
			return PAUSED;
	}
	return NO_MEMORY;
}

/* ---- beginning and end */

/* Go on with code that perhaps another compiler made. */
void dsmc_walk_adopt(walk *w, const model *m)
{
	w->m = m;
	w->now.c.full = more_successors;
	w->now.c.longer = more_choices;
	w->now.c.observe = observe;
	w->now.c.more = w->begun.c.more = w->path.boxes.c.more = more_boxes;
}

/* The initial states, each once. */
static void begin(walk *w)
{
	if (AGAIN(&w->back))
		return;
	reset_step(w);
	w->m->initial(&w->now.c);
	u64 count = (u64)(w->now.c.out - w->out) / stride(w);
	w->start = malloc((count + 1) * stride(w) * sizeof(u64));
	if (!w->start) {
		w->no_memory = 1;
		return;
	}
	for (u64 i = 0; i < count; i++) {
		const u64 *state = w->out + i * stride(w);
		if (state_see(w, state_hash(w->m, state)))
			state_keep(w->m, &w->begun, w->start + w->starts++ * stride(w), state, NULL, NULL);
	}
	memset(w->seen, 0, w->seen_room * sizeof(u64)); /* no run has been there yet */
	w->seen_count = 0;
}

static int open_ctx(walk *w)
{
	const model *m = w->m;
	ctx *c = &w->now.c;
	int good = arena_open(&w->now, w) && arena_open(&w->begun, w);
	dsmc_walk_adopt(w, m);
	w->room = c->room = 64;
	w->out = malloc(w->room * stride(w) * sizeof(u64));
	w->candidate = malloc(w->room * sizeof(u32));
	c->choice = malloc(2 * c->room * sizeof(u32));
	c->depth = calloc(m->functions + 1, sizeof(u32));
	c->flags = calloc(m->properties / 64 + 1, sizeof(u64));
	c->wanted = calloc(m->properties / 64 + 1, sizeof(u64));
	c->memory = calloc(1, sizeof(memory));
	if (c->memory)
		c->memory->ask = w->ask;
	return good && c->memory && w->out && w->candidate && c->choice && c->depth && c->flags && c->wanted;
}

static int open_counts(walk *w)
{
	w->taken = calloc(w->actions + 1, sizeof(u64));
	w->enabled = calloc(w->actions + 1, sizeof(u64));
	w->priority = calloc(w->actors + 1, sizeof(i64));
	w->way = calloc(w->m->properties + 1, sizeof(u32 *));
	w->ways = calloc(w->m->properties + 1, sizeof(u64));
	w->best = calloc(w->m->properties + 1, sizeof(u64));
	w->seen_room = 1024;
	w->seen = calloc(w->seen_room, sizeof(u64));
	return w->taken && w->enabled && w->priority && w->way && w->ways && w->best && w->seen;
}

void dsmc_walk_close(walk *w);

/* Runs by a plan: how many, of how many steps, the seed, by PCT?, actions, nodes. Of each property: a run
 * that decides it is kept if it is shorter than this. Who answers for the observers of histories,
 * and says whether all is over. */
walk *dsmc_walk_open(const model *m, const u64 *plan, const u64 *best, asked ask, over is_over)
{
	walk *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->m = m;
	w->ask = ask;
	w->is_over = is_over;
	w->wanted = plan[0];
	w->depth = plan[1];
	w->seed = plan[2];
	w->pct = (u32)plan[3];
	w->actions = (u32)plan[4];
	w->actors = (u32)plan[5] + w->actions + 1;
	if (open_ctx(w) && open_counts(w) && path_open(w)) {
		begin(w);
		copy(w->best, best, m->properties);
		return w;
	}
	dsmc_walk_close(w);
	return NULL;
}

void dsmc_walk_close(walk *w)
{
	for (u32 p = 0; w->way && p < w->m->properties; p++)
		free(w->way[p]);
	void *all[] = {
		w->out, w->candidate, w->now.c.choice, w->now.c.depth, w->now.c.flags, w->now.c.wanted,
		w->start, w->taken, w->enabled, w->priority, w->way, w->ways, w->best, w->seen,
		w->path.state, w->path.hash, w->path.came, w->path.place, w->now.c.memory,
	};
	if (w->now.c.memory)
		forget_answers(w->now.c.memory);
	for (u32 i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
	arena_close(&w->now);
	arena_close(&w->begun);
	arena_close(&w->path.boxes);
	free(w);
}

/* ---- what others read */

void dsmc_walk_stats(const walk *w, u64 *numbers, u64 *taken, u64 *enabled)
{
	numbers[0] = w->runs;
	numbers[1] = w->steps;
	numbers[2] = w->seen_count;
	numbers[3] = w->starts;
	numbers[4] = w->longest;
	copy(taken, w->taken, w->actions);
	copy(enabled, w->enabled, w->actions);
}

/* The choices that lead to what decided a property: which initial state, which of the successors … How
 * many; none if no run was shorter. */
u64 dsmc_walk_way(const walk *w, u32 property, u32 *found)
{
	for (u64 i = 0; found && i < w->ways[property]; i++)
		found[i] = w->way[property][i];
	return w->ways[property];
}
