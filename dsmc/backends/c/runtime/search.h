/* The search: what its parts share. */
#ifndef DSMC_SEARCH_H
#define DSMC_SEARCH_H

#include "model.h"
#include "observe.h"
#include "platform.h"
#include "table.h"

#ifndef BATCH /* tests have smaller ones: there a small search meets as much as a large one */
#define BATCH 1024        /* successors that are collected before their room is used again */
#define UNIT 256          /* states that a worker takes at once */
#define PARALLEL 4096     /* levels of so many states are worth several threads */
#define PAGE (1u << 13)   /* states that are put into a file at once: whole pages of the system's */
#endif
#define MANY (16 * BATCH) /* successors of one state that are put into the set before it has been expanded */
#define MOST_THREADS 64
#define SOON 0.1          /* seconds until it is asked again whether all is over */
#define FLIGHT 32         /* successors whose places are on their way from memory */
#define REMEMBERED 1024   /* pairs whose nodes a worker remembers */
#define AHEAD 8           /* states ahead whose parts are asked for */
#define DEEPEST 24        /* levels of the tree of a state: 2 to this power leaves */
#define CHUNK (1u << 18)  /* bytes of room for boxes */

/* Nobody outside calls what this declares, so that the compiler may put it where it is called. */
#ifndef __TINYC__
#pragma GCC visibility push(hidden)
#endif

#define APART 128 /* bytes between what two processors write: they would wait for each other's line */

typedef struct search search;
typedef struct ignored ignored;

/* A growing array of numbers; in room that is lent, it grows no further. */
typedef struct list {
	u64 *at;
	u64 count, room, lent;
} list;

int list_add(list *l, u64 v);
int list_reserve(list *l, u64 count);
void list_free(list *l);

/* The words of a state and the nodes above them: in `at[0]` what stands for the words. */
typedef struct tree {
	u32 *at[DEEPEST];
	unsigned char *changed[DEEPEST];
} tree;

/* A successor whose place in the set is on its way from memory. */
typedef struct flight {
	u64 hash;
	u64 *line;
} flight;

/* While tables grow: which of the set's and of the nodes' do; the job that comes next, and how many have not
 * ended. */
typedef struct growth {
	table larger[2];
	u32 grows[2], next, left;
} growth;

typedef struct worker {
	ctx c; /* first: generated code knows only this */
	search *s;
	u64 *state;              /* what is expanded */
	tree here, there;        /* its tree; that of a successor */
	u64 *out;                /* the successors' words */
	u64 room, batch;         /* how many fit; so many words are to be put into the set */
	u64 begun, folded;       /* how many have the beginning of a key, a key, … */
	u64 located, looked_up;  /* … places in the set, were put there */
	u64 *keys;               /* those of their canonical forms, if there are such; … */
	u64 *orbit;              /* … and for how many states these stand */
	u64 *form;               /* room for the words of one */
	flight flying[FLIGHT];
	list next, outside, large;
	u64 kept;                /* states in `next` */
	u32 overloaded;          /* has one of them more messages than the limit? */
	u64 known_pair[REMEMBERED]; /* … */
	u32 known_node[REMEMBERED]; /* its node; 0: none is remembered */
	u64 *flags[3];           /* STEP, STATE, OUTSIDE */
	char **chunk;            /* rooms for boxes */
	u32 chunks, chunk_at;
	u64 fresh[SUBS], fresh_nodes[SUBS]; /* put into each table since the last pause */
	u64 found, told, transitions, unreduced; /* … states; of these the search knows so many; … */
	u32 puts;                /* are successors put into the set before there are all of a state? */
	place back;              /* where to go back to when a state cannot be expanded to its end */
	u32 crowded, others;     /* is a table too full? how many put into them? */
	char apart[APART];
} worker;

/* How far a search was when its last whole level ended, and how that level ended. Of the arrays that
 * only grow: how much of them. */
typedef struct extent {
	u64 states, levels, nodes, transitions, initial, event, load_limit;
} extent;

#if THREADS
#define LOCK(s) ((pthread_mutex_t *)(s)->lock)
#define TURN(s) ((pthread_cond_t *)(s)->turn)
#endif

enum { STEP, STATE, OUTSIDE, NOT, KEY }; /* how a property was decided */
enum { FINISHED, PAUSED, DECIDED, LOADED, NO_MEMORY, TOO_MANY };

struct search {
	const model *m;
	u32 threads;
	u32 alone;               /* is a state one word, which is its key? */
	u32 hashed;              /* are keys fingerprints, and states kept as records? */
	u32 word_nodes;          /* words of a state that are nodes */
	u32 levels;              /* of the tree of a state: its words, and what is above them */
	u32 width[DEEPEST];      /* how many there are in each */
	table set, nodes;
	u64 *pairs;              /* of each node: its two parts */
	u64 nodes_room, node_count;
	list states, level_at;   /* all states in order; where each level begins */
	u64 kept, kept_before;   /* states; those before the last level */
	list unit_at;            /* of the last level: where the records of each unit begin */
	list told;               /* records of states that are not among them */
	u64 cold;                /* so many of the states are in a file: they are read only */
	u32 shares;              /* of the last level; of each: units that were given to workers */
	u64 taken[MOST_THREADS];
	u64 transitions, initial, found;
	u64 unreduced;           /* for how many states those stand that were kept */
	u64 *wanted;             /* bits: the properties that are looked for */
	u32 *level, *kind;       /* of each property: at which level (from 1; 0: the start), and how */
	u64 most_states, load_limit;
	asked ask;               /* what observers of histories answer, if there are any */
	over is_over;            /* whom to ask after the deadline */
	double deadline, ask_again;
	u32 stop, no_memory, ended; /* stop soon; with what is under way left as it is, and for ever */
	u32 active, parked, generation;
	growth growth;
	worker *workers;
	list loaded;
	list stack;              /* depth first: places of states, those that are expanded marked */
	list *way;               /* of each property that was decided: the states to it */
	u64 *nothing;            /* bits: no property is looked for */
	u64 depth, deepest;      /* states marked; the most that ever were */
	extent whole;            /* no more is in a checkpoint */
	ignored *ignored;        /* where steps were put off, while it is looked at */
	u64 looked;              /* so many states are known to put off none */
	/* Room for what only a compiler with threads knows: another one may go on with the search. */
	u64 lock[16], turn[16];
};

/* store.c: between states, handles and keys. A handle is what a state is found again by: its key, or
 * where its record is. */
void unfold(worker *w, u64 handle);
u64 key_of(worker *w, const u64 *words);
void ask_for_nodes(worker *w, const u64 *words);
/* The key of a state of two words in two parts: what is asked for by the first has come, some states later,
 * when the second needs it. */
u64 begin_key(worker *w, const u64 *words);
u64 end_key(worker *w, const u64 *words, u64 key);
void ask_for_parts(search *s, u64 handle);
/* The key of the canonical form of a state, or of the state itself if there is none. */
u64 form_key(worker *w, const u64 *words, u64 *orbit);
/* Put the handle of a state, or its record, behind others. False: no memory. */
int put_state(worker *w, const u64 *words, u64 key, list *to);
/* The handle of a state, which is a successor with this key; 0 and no memory if there is none. */
u64 handle_of(worker *w, const u64 *words, u64 key);
/* Of the state at a place in `states`: its handle; where the next one is. */
u64 state_at(const search *s, u64 at);
u64 next_at(const search *s, u64 at);
u32 fold_box(worker *w, const box *b, const shape *s);
u32 box_leaves(search *s, u32 reference, u32 *found);

/* records.c */
u64 fingerprint(const model *m, const u64 *words);
int write_record(const model *m, const u64 *words, list *to);
void read_record(worker *w, const u64 *record);

/* put.c */
void expand_state(worker *w, u64 handle);
/* The keys of the successors of a state. */
const u64 *successors_of(worker *w, u64 handle, u64 *count);
void look_at(worker *w, const u64 *state, u32 which);
void look_outside(worker *w);
/* The keys of the successors that have none yet, as far as nothing is waited for. */
void find_keys(worker *w);
/* Put the successors that were collected into the set; their room is used again. */
void flush(worker *w);
/* The same if they are many. */
void flush_batch(worker *w);
/* Put those that were collected of a state into the set, before there are all. */
void put_so_far(worker *w);

/* grow.c */
/* Wait until nobody puts anything into the tables, and let those grow that are full. */
void pause_all(worker *w);
/* What a worker counted of the tables is theirs. */
void collect(worker *w);
/* One less works. */
void leave(worker *w);
/* The first worker waits for the others. */
void wait_for_others(search *s);

/* worker.c */
/* The functions that generated code calls, which another compiler may have made as well. */
void adopt_worker(worker *w);
/* False: no memory. What there is, is closed in any case. */
int open_worker(worker *w, search *s);
void close_worker(worker *w, const search *s);
void reset_room(worker *w);
/* There is no memory: back to the place. */
void no_more(worker *w);
/* The first worker asks from time to time, after the deadline; what it is told holds for all. */
void ask_whether_over(search *s);
/* What the worker has found is known to the search. */
static inline void tell_found(worker *w)
{
	ADD(&w->s->found, w->found - w->told);
	w->told = w->found;
}

/* level.c */
static inline u64 frontier(const search *s)
{
	return s->kept - s->kept_before;
}

int must_stop(search *s);
/* Expand the states of the last level that were not. */
void expand_level(search *s);
/* What workers counted. */
void gather(search *s);
/* What they found is the next level. */
int next_level(search *s);
/* What they found goes behind the other states. False: no memory. */
int take_all_over(search *s);
/* What the first of them finds comes there at once. */
void lend_room(search *s);
/* Each worker has a share of the level. */
void share_level(search *s);
/* The states of the last level with more messages than the limit. False: no memory. */
int find_loaded(search *s);

/* search.c */
/* Why the search has stopped. */
int why(search *s);
/* A large array whose pages come when they are written; its room, which becomes less if it must. */
u64 *reserve(u64 *room);

/* ignored.c */
int find_ignored(search *s);
void close_ignored(search *s);

/* checkpoint.c */
void mark_level(search *s, int event);

#ifndef __TINYC__
#pragma GCC visibility pop
#endif

#endif
