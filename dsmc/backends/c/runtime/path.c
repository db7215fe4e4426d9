/* The states of runs: those of all of them, by their hashes, and those of one as a path without detours. */
#include "simulate.h"
#include "values.h"

/* ---- room */

void no_more(walk *w)
{
	w->no_memory = 1;
	GO_BACK(&w->back);
}

static chunk *add_chunk(arena *a, u64 size)
{
	chunk *made = malloc(sizeof(chunk) + size);
	if (!made)
		return NULL;
	made->before = a->last;
	a->last = made;
	a->c.heap = (char *)made->room;
	a->c.heap_end = a->c.heap + size;
	return made;
}

void *more_boxes(ctx *c, u64 bytes)
{
	arena *a = (arena *)c;
	chunk *made = add_chunk(a, bytes > CHUNK ? bytes : CHUNK);
	if (!made)
		no_more(a->of);
	c->heap += bytes;
	return made->room;
}

/* False: no memory. */
int arena_open(arena *a, walk *of)
{
	a->of = of;
	a->last = NULL;
	a->c.more = more_boxes;
	return add_chunk(a, CHUNK) != NULL;
}

/* All of its boxes are forgotten. */
void arena_reset(arena *a)
{
	while (a->last->before) {
		chunk *before = a->last->before;
		free(a->last);
		a->last = before;
	}
	a->c.heap = (char *)a->last->room;
	a->c.heap_end = a->c.heap + CHUNK;
}

void arena_close(arena *a)
{
	if (!a->last)
		return;
	arena_reset(a);
	free(a->last);
}

void *grown(walk *w, void *at, u64 bytes)
{
	void *made = realloc(at, bytes);
	if (!made)
		w->no_memory = 1;
	return made ? made : at;
}

/* ---- states */

static const box *kept_box(arena *to, const box *b, const shape *s)
{
	box *made = box_copy(&to->c, b, 0, s->cases ? 1 : words_of(s->bits));
	const part *parts = s->cases ? s->parts[b->item[0]] : NULL;
	for (u32 i = 0; parts && i < s->counts[b->item[0]]; i++)
		if (parts[i].of)
			made->item[parts[i].at] = WORD(kept_box(to, BOX(b->item[parts[i].at]), parts[i].of));
	for (u32 i = 0; !parts && s->of && i < b->count; i++)
		made->item[i] = WORD(kept_box(to, BOX(b->item[i]), s->of));
	return made;
}

/* A state whose boxes are its own, but for those that it has in common with the one before. */
void state_keep(const model *m, arena *to, u64 *made, const u64 *state, const u64 *before,
		       const u64 *made_before)
{
	copy(made, state, m->words + 1);
	for (u32 i = 0, at = m->packed; i < m->boxes; i++, at++)
		made[at] = before && before[at] == state[at]
				   ? made_before[at]
				   : WORD(kept_box(to, BOX(state[at]), m->shapes[i]));
}

static int same_state(const model *m, const u64 *a, const u64 *b)
{
	if (!same(a, b, m->packed))
		return 0;
	for (u32 i = 0, at = m->packed; i < m->boxes; i++, at++)
		if (!box_same(BOX(a[at]), BOX(b[at]), m->shapes[i]))
			return 0;
	return 1;
}

static u64 stir(u64 hash, u64 v)
{
	return scrambled((hash ^ v) + GAMMA);
}

static u64 hash_box(u64 hash, const box *b, const shape *s);

static u64 hash_item(u64 hash, const u64 *item, u32 width, const shape *of)
{
	if (of)
		return hash_box(hash, BOX(item[0]), of);
	for (u32 i = 0; i < words_of(width); i++)
		hash = stir(hash, item[i]);
	return hash;
}

static u64 hash_box(u64 hash, const box *b, const shape *s)
{
	hash = stir(hash, s->cases ? b->item[0] : b->count);
	const part *parts = s->cases ? s->parts[b->item[0]] : NULL;
	for (u32 i = 0; parts && i < s->counts[b->item[0]]; i++)
		hash = hash_item(hash, b->item + parts[i].at, parts[i].bits, parts[i].of);
	for (u32 i = 0; !parts && i < b->count; i++)
		hash = hash_item(hash, b->item + i * words_of(s->bits), s->bits, s->of);
	return hash;
}

u64 state_hash(const model *m, const u64 *state)
{
	u64 hash = 0;
	for (u32 i = 0; i < m->packed; i++)
		hash = stir(hash, state[i]);
	for (u32 i = 0; i < m->boxes; i++)
		hash = hash_box(hash, BOX(state[m->packed + i]), m->shapes[i]);
	return hash ? hash : 1;
}

/* ---- the states of all runs, by their hashes */

/* Put a hash there; false if it was. */
static int put_seen(u64 *seen, u64 room, u64 hash)
{
	u64 at = hash & (room - 1);
	while (seen[at] && seen[at] != hash)
		at = (at + 1) & (room - 1);
	int is_new = !seen[at];
	seen[at] = hash;
	return is_new;
}

static void grow_seen(walk *w)
{
	u64 *made = calloc(2 * w->seen_room, sizeof(u64));
	if (!made) {
		w->no_memory = 1;
		return;
	}
	for (u64 i = 0; i < w->seen_room; i++)
		if (w->seen[i])
			put_seen(made, 2 * w->seen_room, w->seen[i]);
	free(w->seen);
	w->seen = made;
	w->seen_room *= 2;
}

int state_see(walk *w, u64 hash)
{
	if (2 * w->seen_count >= w->seen_room)
		grow_seen(w);
	int is_new = put_seen(w->seen, w->seen_room, hash);
	w->seen_count += (u64)is_new;
	return is_new;
}

/* ---- the path of a run */

/* Where a state is in the path, plus one. */
static u64 find(const walk *w, const u64 *state, u64 hash)
{
	const path *p = &w->path;
	for (u64 at = hash & (p->places - 1); p->place[at]; at = (at + 1) & (p->places - 1)) {
		u64 found = p->place[at];
		if (found <= p->length && p->hash[found - 1] == hash
		    && same_state(w->m, state_at(w, found - 1), state))
			return found;
	}
	return 0;
}

static void put_place(path *p, u64 place)
{
	u64 at = p->hash[place] & (p->places - 1);
	while (p->place[at])
		at = (at + 1) & (p->places - 1);
	p->place[at] = (u32)place + 1;
	p->used++;
}

/* An empty table of so many places. */
static void clear_places(walk *w, u64 places)
{
	path *p = &w->path;
	if (places != p->places)
		p->place = grown(w, p->place, places * sizeof(u32));
	if (w->no_memory)
		return;
	p->places = places;
	p->used = 0;
	memset(p->place, 0, places * sizeof(u32));
}

/* Only the boxes of the path's states remain. */
static void sweep(walk *w)
{
	arena made = {0};
	u64 *states = malloc(w->path.room * stride(w) * sizeof(u64));
	if (!states || !arena_open(&made, w))
		no_more(w);
	for (u64 i = 0, at = 0; i < w->path.length; i++, at += stride(w)) {
		const u64 *before = i ? state_at(w, i - 1) : NULL;
		state_keep(w->m, &made, states + at, state_at(w, i), before, states + at - (i ? stride(w) : 0));
	}
	free(w->path.state);
	arena_close(&w->path.boxes);
	w->path.state = states;
	w->path.boxes = made;
}

/* Forget what was cut out of the path, and make room. */
static void tidy(walk *w)
{
	path *p = &w->path;
	u64 places = PLACES;
	while (places < 4 * p->length)
		places *= 2;
	clear_places(w, places);
	if (w->no_memory)
		return;
	for (u64 i = 0; i < p->length; i++)
		put_place(p, i);
	if (w->m->boxes)
		sweep(w);
}

static void append(walk *w, const u64 *state, u64 hash, u32 came)
{
	path *p = &w->path;
	if (p->length == p->room) {
		u64 room = 2 * p->room;
		p->state = grown(w, p->state, room * stride(w) * sizeof(u64));
		p->hash = grown(w, p->hash, room * sizeof(u64));
		p->came = grown(w, p->came, room * sizeof(u32));
		p->room = w->no_memory ? p->room : room;
	}
	if (w->no_memory)
		return;
	const u64 *top = p->length ? state_at(w, p->length - 1) : NULL;
	state_keep(w->m, &p->boxes, state_at(w, p->length), state, top, top);
	p->hash[p->length] = hash;
	p->came[p->length] = came;
	put_place(p, p->length++);
	if (2 * p->used >= p->places)
		tidy(w);
}

/* A path of no state. */
void path_begin(walk *w)
{
	w->path.length = 0;
	clear_places(w, PLACES);
	arena_reset(&w->path.boxes);
}

/* Be in a state. If the run was there before, what was between is a detour. */
void path_enter(walk *w, const u64 *state, u32 came)
{
	u64 hash = state_hash(w->m, state), found = find(w, state, hash);
	state_see(w, hash);
	if (found)
		w->path.length = found;
	else
		append(w, state, hash, came);
}

int path_open(walk *w)
{
	path *p = &w->path;
	p->room = 64;
	p->places = PLACES;
	p->state = malloc(p->room * stride(w) * sizeof(u64));
	p->hash = malloc(p->room * sizeof(u64));
	p->came = malloc(p->room * sizeof(u32));
	p->place = calloc(p->places, sizeof(u32));
	return arena_open(&p->boxes, w) && p->state && p->hash && p->came && p->place;
}
