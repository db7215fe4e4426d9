/* What a worker has: room for successors, for what they are made of, and for what is told of them. */
#include "search.h"
#include "values.h"

/* ---- lists */

int list_reserve(list *l, u64 count)
{
	if (count <= l->room)
		return 1;
	if (l->lent)
		return 0;
	u64 room = count + l->room / 2 + 64;
	u64 *at = realloc(l->at, room * sizeof(u64));
	if (!at)
		return 0;
	l->at = at;
	l->room = room;
	return 1;
}

int list_add(list *l, u64 v)
{
	if (!list_reserve(l, l->count + 1))
		return 0;
	l->at[l->count++] = v;
	return 1;
}

void list_free(list *l)
{
	if (!l->lent)
		free(l->at);
	memset(l, 0, sizeof *l);
}

/* ---- what generated code calls */

/* Not inlined: where gcc sees both, it takes a difference of old pointers for a use after free. */
__attribute__((noinline)) static int longer(u64 **at, u64 count)
{
	u64 *made = realloc(*at, count * sizeof(u64));
	*at = made ? made : *at;
	return made != NULL;
}

/* The state that is expanded is left as it is: what comes next begins anew. */
static void go_back(worker *w)
{
	ctx *c = &w->c;
	memset(c->depth, 0, w->s->m->functions * sizeof(u32));
	c->probing = c->led = w->puts = 0;
	c->taken = NULL;
	c->flags = w->flags[STEP];
	w->outside.count = 0;
	reset_room(w);
	GO_BACK(&w->back);
}

void no_more(worker *w)
{
	STORE(&w->s->no_memory, 1);
	go_back(w);
}

void ask_whether_over(search *s)
{
	double now = seconds_now();
	if (!s->is_over || now <= s->deadline || now <= s->ask_again)
		return;
	if (s->is_over())
		STORE(&s->ended, 1);
	s->ask_again = seconds_now() + SOON;
}

static void look_whether_over(worker *w)
{
	search *s = w->s;
	if (w == s->workers)
		ask_whether_over(s);
	if (LOAD(&s->found) >= s->most_states)
		STORE(&s->ended, 1);
	if (LOAD(&s->ended) || LOAD(&s->no_memory))
		go_back(w);
}

static void put_and_look(worker *w)
{
	put_so_far(w);
	look_whether_over(w);
}

static void more_room(worker *w)
{
	u64 words = w->s->m->words, used = (u64)(w->c.out - w->out);
	int good = longer(&w->out, 2 * w->room * words);
	w->c.out = w->out + used;
	if (!good || !longer(&w->keys, 2 * w->room) || !longer(&w->orbit, 2 * w->room))
		no_more(w);
	w->room *= 2;
	w->c.end = w->out + (w->room - 1) * words;
}

static void more_successors(ctx *c)
{
	worker *w = (worker *)c;
	if (w->puts && w->room >= MANY)
		put_and_look(w);
	else
		more_room(w);
}

static void *large_room(worker *w, u64 bytes)
{
	void *own = malloc(bytes);
	if (!own || !list_add(&w->large, WORD(own))) {
		free(own);
		no_more(w);
	}
	return own;
}

static void add_chunk(worker *w)
{
	char **all = realloc(w->chunk, (w->chunks + 1) * sizeof(char *));
	w->chunk = all ? all : w->chunk;
	if (!all || !(all[w->chunks] = malloc(CHUNK)))
		no_more(w);
	w->chunks++;
}

static void *more_heap(ctx *c, u64 bytes)
{
	worker *w = (worker *)c;
	if (bytes > CHUNK / 4)
		return large_room(w, bytes);
	if (++w->chunk_at == w->chunks)
		add_chunk(w);
	c->heap = w->chunk[w->chunk_at] + bytes;
	c->heap_end = w->chunk[w->chunk_at] + CHUNK;
	return w->chunk[w->chunk_at];
}

static void more_choices(ctx *c)
{
	u32 *all = realloc(c->choice, 4 * c->room * sizeof(u32));
	if (!all)
		no_more((worker *)c);
	c->choice = all;
	c->room *= 2;
}

static void found_beyond(ctx *c, const u64 *state)
{
	worker *w = (worker *)c;
	u64 words = w->s->m->words;
	if (!list_reserve(&w->outside, w->outside.count + words))
		no_more(w);
	copy(w->outside.at + w->outside.count, state, words); /* before anything is written where it stands */
	w->outside.count += words;
	if (w->puts && w->outside.count >= MANY * words)
		put_and_look(w);
}

void reset_room(worker *w)
{
	w->c.out = w->out;
	w->c.end = w->out + (w->room - 1) * w->s->m->words;
	w->begun = w->folded = 0;
	w->chunk_at = 0;
	w->c.heap = w->chunk[0];
	w->c.heap_end = w->c.heap + CHUNK;
	while (w->large.count)
		free((void *)BOX(w->large.at[--w->large.count]));
}

/* ---- beginning and end */

static int open_tree(tree *t, const search *s)
{
	for (u32 d = 0; d < s->levels; d++) {
		t->at[d] = calloc(s->width[d] + 1, sizeof(u32));
		t->changed[d] = calloc(s->width[d] + 1, 1);
		if (!t->at[d] || !t->changed[d])
			return 0;
	}
	return 1;
}

void adopt_worker(worker *w)
{
	w->c.full = more_successors;
	w->c.more = more_heap;
	w->c.longer = more_choices;
	w->c.beyond = found_beyond;
	w->c.observe = observe;
}

int open_worker(worker *w, search *s)
{
	const model *m = s->m;
	u32 flags = m->properties / 64 + 1;
	w->s = s;
	w->room = 2 * BATCH;
	w->batch = BATCH * m->words;
	w->state = calloc(m->words + 1, sizeof(u64));
	w->out = malloc(w->room * m->words * sizeof(u64));
	w->keys = malloc(w->room * sizeof(u64));
	w->orbit = malloc(w->room * sizeof(u64));
	w->form = calloc(m->words + 1, sizeof(u64));
	w->chunk = calloc(1, sizeof(char *));
	if (!w->chunk || !(w->chunk[0] = malloc(CHUNK)))
		return 0;
	w->chunks = 1;
	for (u32 i = 0; i < 3; i++)
		if (!(w->flags[i] = calloc(flags, sizeof(u64))))
			return 0;
	w->c.flags = w->flags[STEP];
	w->c.wanted = s->wanted;
	w->c.room = 64;
	w->c.choice = malloc(2 * 64 * sizeof(u32));
	w->c.depth = calloc(m->functions + 1, sizeof(u32));
	w->c.memory = calloc(1, sizeof(memory));
	if (!w->state || !w->out || !w->keys || !w->orbit || !w->form || !w->c.choice || !w->c.depth
	    || !w->c.memory)
		return 0;
	adopt_worker(w);
	reset_room(w);
	w->c.memory->ask = s->ask;
	return open_tree(&w->here, s) && open_tree(&w->there, s);
}

static void close_tree(tree *t, const search *s)
{
	for (u32 d = 0; d < s->levels; d++) {
		free(t->at[d]);
		free(t->changed[d]);
	}
}

void close_worker(worker *w, const search *s)
{
	for (u32 i = 0; i < w->chunks; i++)
		free(w->chunk[i]);
	for (u32 i = 0; i < 3; i++)
		free(w->flags[i]);
	free(w->chunk);
	free(w->state);
	free(w->out);
	free(w->keys);
	free(w->orbit);
	free(w->form);
	free(w->c.choice);
	free(w->c.depth);
	if (w->c.memory)
		forget_answers(w->c.memory);
	free(w->c.memory);
	list_free(&w->next);
	while (w->large.count)
		free((void *)BOX(w->large.at[--w->large.count]));
	list_free(&w->large);
	list_free(&w->outside);
	close_tree(&w->here, s);
	close_tree(&w->there, s);
}

