/* Random runs: what their parts share.
 *
 * Behind each state stands a word that says of the step to it which action it is by, whether it is beyond
 * the bound, and who acts: its lower half but one bit, that bit, its upper half.
 */
#ifndef DSMC_SIMULATE_H
#define DSMC_SIMULATE_H

#include "model.h"
#include "observe.h"
#include "platform.h"

#define CHUNK (1u << 18) /* bytes of room for boxes */
#define MANY (1u << 16)  /* successors of a state after which it is asked whether all is over */
#define CHANGES 3        /* how often the PCT scheduler changes its mind in a run */
#ifndef PLACES           /* tests have fewer: there a short run meets as much as a long one */
#define PLACES 256       /* of the table of a path that is short */
#endif

/* Room for boxes, the last chunk first. */
typedef struct chunk {
	struct chunk *before;
	u64 room[];
} chunk;

typedef struct walk walk;

typedef struct arena {
	ctx c; /* first: generated code knows only this */
	walk *of;
	chunk *last;
} arena;

/* A run without its detours: its states, their hashes, as which of the successors each was chosen; and
 * where a state is in it. */
typedef struct path {
	u64 *state, *hash;
	u32 *came, *place;       /* `place`: plus one; what is not there any more is passed over */
	u64 length, room, places, used;
	arena boxes;
} path;

struct walk {
	arena now;               /* first: what a step makes */
	const model *m;
	asked ask;               /* what observers of histories answer, if there are any */
	u64 *out, room, *start, starts;
	arena begun;             /* boxes of the initial states */
	u64 wanted, depth, seed; /* the plan */
	u32 pct, actions, actors;
	u64 runs, steps, longest, *taken, *enabled;
	u64 random, step, running; /* this run */
	u64 change[CHANGES];
	i64 *priority;
	u32 *candidate;
	path path;
	u64 *seen, seen_room, seen_count;
	u64 *best;               /* of each property: the length of the shortest run; it must be shorter */
	u32 **way;               /* … and its choices */
	u64 *ways;
	over is_over;            /* whom to ask where a step has many successors */
	u64 no_memory;
	place back;              /* where to go back to when a step cannot be looked at to its end */
};

#define GAMMA 0x9E3779B97F4A7C15ull

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), as in `engine/splitmix.py`. */
static inline u64 scrambled(u64 v)
{
	v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9ull;
	v = (v ^ v >> 27) * 0x94D049BB133111EBull;
	return v ^ v >> 31;
}

/* The words of a state with the one behind it. */
static inline u64 stride(const walk *w)
{
	return w->m->words + 1;
}

static inline u64 *state_at(const walk *w, u64 place)
{
	return w->path.state + place * stride(w);
}

/* path.c: rooms, … */
int arena_open(arena *a, walk *of);
void arena_reset(arena *a);
void arena_close(arena *a);
void *more_boxes(ctx *c, u64 bytes);
/* There is no memory: back to the place. */
void no_more(walk *w);
/* Another array with more room; what could not be had is told later. */
void *grown(walk *w, void *at, u64 bytes);

/* … states, … */
u64 state_hash(const model *m, const u64 *state);
void state_keep(const model *m, arena *to, u64 *made, const u64 *state, const u64 *before,
		const u64 *made_before);
/* Was no run in a state of this hash before? */
int state_see(walk *w, u64 hash);

/* … and paths */
int path_open(walk *w);
void path_begin(walk *w);
void path_enter(walk *w, const u64 *state, u32 came);

#endif
