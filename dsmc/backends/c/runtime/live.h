/* Whole runs: the graph of all states as numbers, and where fair runs can stay in it. The same is
 * decided by `dsmc/liveness/` for any graph; the words are those of its files. */
#ifndef DSMC_LIVE_H
#define DSMC_LIVE_H

#include "search.h"

#define NOBODY (~0u) /* the label of a step that nobody is owed */
#define NONE (~0u)
#define MEMO 256
#define WORTH_A_LOOK 64   /* between two looks at the clock */
#define TOGETHER 16       /* nodes that are expanded before the first of their successors is looked up */
#define REST 0            /* of the part that matters: the node that stands for all others */
#define FEW 16            /* steps from a state that are compared one by one */

/* The steps from state `s` are at the places from `first[s]` to `first[s + 1]` of `target` and `label`;
 * a step that changes nothing is none of them. */
typedef struct graph {
	u64 states, done, initial; /* how many there are; how many are in the graph; how many come first */
	u64 steps, room;
	u64 *first;
	u32 *target, *label;
	u64 *facts;
	unsigned char *unexpanded; /* of each state: is it not known what follows? */
	unsigned char *strong;   /* of each label: is it owed when it is possible again and again? */
	list tag;                /* what each label stands for, as generated code says it */
	table numbers, labels;   /* of states by their keys; of labels by their tags */
	u32 *seen;               /* of each state: one more than the last that a step to it is from */
	u32 memo[MEMO];          /* by tags: labels that were asked for last */
	u32 fair, cuts_off;      /* is anything owed? has a step no result? */
	/* Of a part: what it begins with and keeps; how many states are looked at for that, and were; how many
	 * nodes are expanded; the key of each. */
	u64 begin, stay, starts, scanned, most;
	u64 *key;
} graph;

/* What is reached, breadth first; `before` is the node itself where it begins, NONE if it is not reached. */
typedef struct ways {
	u32 *nodes, *depth;      /* in order */
	u32 *before, *by;        /* of each node: where the first step to it is from, and its label */
	u64 count;
} ways;

/* Runs that break a property have all facts of `stay` from where they have all of `begin` as well
 * (or, if they break it from their start, from there), and each of `again` again and again. */
typedef struct breaking {
	const graph *g;
	u64 begin, stay;
	const u64 *again;
	u32 marks, from_start;
	ways inside;
	u32 *set;                /* of each node: in which fair set it is, from 1; 0: in none */
	u32 sets;
	u64 nearest, nearest_end; /* the first node in one, and the first where a run can end; ~0: none */
	u32 open;                /* may it be broken where it is not known what follows? */
} breaking;

/* live_graph.c */
graph *open_graph(u64 states);
void dsmc_graph_close(graph *g);
u32 label_of(graph *g, u64 tag);
/* Expand the next nodes. False: no memory. */
int expand_some(search *s, graph *g);
/* Grow until it ends, or until the deadline, with the state and the count of the search as they were.
 * False: no memory. */
int grow_graph(search *s, graph *g, double seconds, int (*ends)(const search *, const graph *),
	       int (*grow)(search *, graph *));

static inline int has_all(u64 facts, u64 wanted)
{
	return (facts & wanted) == wanted;
}

/* Of what is not in the graph, it is not known what follows. */
void leave_unexpanded(graph *g);

/* live_inside.c */
/* The number of a node, which is perhaps a new one; NONE: no memory. */
u32 number_inside(graph *g, u64 key, u64 facts);
int add_step(graph *g, u64 from, u32 target, u32 label);

/* live_ways.c, live_fair.c */
void dsmc_close_ways(ways *t);
int open_ways(const graph *g, ways *t);
void close_ways(ways *t);
int grow_ways(const graph *g, u64 stay, const u32 *starts, const u32 *depths, u64 count, ways *t);
int find_fair_sets(breaking *b);

#endif
