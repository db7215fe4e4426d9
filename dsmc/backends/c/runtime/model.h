/* What generated code and the search agree on.
 *
 * This file stands at the head of every generated model, and is included by the search. It includes
 * nothing and calls nothing, so that the smallest of compilers can read it in no time.
 *
 * A state is an array of words: `packed` words of bits, then a pointer to a box for each variable
 * that has no fixed width (a bag, a sequence without a bound, and what contains them).
 */
#ifndef DSMC_MODEL_H
#define DSMC_MODEL_H

typedef unsigned long long u64;
typedef long long i64;
typedef unsigned int u32;

/* Changes when anything below does: code that was compiled with another is not used. */
#define DSMC_ABI 6

/* A value without a fixed width. `count` elements (of a variant: words), each of so many words as
 * its type says. Never changed once somebody else can see it. */
typedef struct box {
	u32 count;
	u32 room; /* elements that fit: only of use to who makes it */
	u64 item[];
} box;

/* How to read a box. */
typedef struct shape shape;

/* A field of a variant's case: its first word, its width, and how to read it if it is a box. */
typedef struct part {
	u32 at, bits;
	const shape *of;
} part;

struct shape {
	u32 cases;               /* of a variant; 0: an array of elements */
	u32 bits;                /* of an element */
	const shape *of;         /* of an element that is a box */
	const u32 *counts;       /* fields of each case */
	const part *const *parts; /* of each case */
};

/* A worker: where successors go, and what the steps that are looked at decide. */
typedef struct ctx ctx;
typedef struct memory memory;
struct ctx {
	u64 *out, *end;          /* where the next successor is written; the end of the room */
	void (*full)(ctx *);     /* makes room */
	char *heap, *heap_end;   /* room for boxes */
	void *(*more)(ctx *, u64 bytes);
	u64 count;               /* successors so far */
	u64 *flags;              /* bits of the properties that were decided */
	u64 *wanted;             /* bits of the properties that are still looked for */
	u32 moved;               /* bits: did a step of work, a request, a fault change the state? */
	u32 phase;               /* which of these is looked at */
	u32 failed;              /* did a step have no result? */
	u32 broken;              /* did a function have none? */
	u32 probing;             /* count successors only */
	u32 led;                 /* take only steps that lead wherever something may be decided */
	u64 *taken;              /* room for the steps that are possible, and for those that are taken; or 0 */
	u32 made, at, room;      /* choices of the way that is looked at */
	u32 *choice;             /* for each: which, of how many */
	void (*longer)(ctx *);   /* makes room for choices */
	u32 *depth;              /* for each function: calls that are not over */
	void (*beyond)(ctx *, const u64 *state); /* a state outside of the bound */
	/* The number of what an observer of a history remembers after an event, from that of what it
	 * remembered before and what the event is about; ~0: the event cannot be. */
	u32 (*observe)(ctx *, u32 which, u32 event, const u64 *words, u32 count);
	memory *memory;          /* of what observers answered */
};

/* What a generated model offers. */
typedef struct model {
	u32 abi, words, packed, bits, boxes, properties, functions, error;
	u32 ends;                /* bits: are there properties of states at rest, and stuck? */
	u32 decides;             /* are there properties of states? */
	u32 sets;                /* words of a set of steps, if some may be put off for ever; else 0 */
	const shape *const *shapes;
	void (*initial)(ctx *);
	void (*expand)(ctx *, const u64 *state);
	void (*look)(ctx *, const u64 *state);
	void (*rest)(ctx *, const u64 *state);
	void (*stuck)(ctx *, const u64 *state);
	u64 (*load)(const u64 *state); /* messages in flight; none: they have a bound */
	/* The canonical form of a state, and for how many states it stands (0: too many to count); none:
	 * every state stands for itself. */
	u64 (*canonical)(ctx *, const u64 *state, u64 *form);
	/* Of whole runs, if anything is asked of them: the successors, with a word behind each that says to
	 * whom the step is owed (~0: to nobody); and what is true of a state. */
	void (*owing)(ctx *, const u64 *state);
	u64 (*facts)(ctx *, const u64 *state);
} model;

#endif
