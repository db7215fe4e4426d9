/* States are expanded; their successors are put into the set: first collected, then asked for, then put in
 * when their places have come from memory. */
#include "search.h"
#include "values.h"

/* ---- one state */

void look_at(worker *w, const u64 *state, u32 which)
{
	w->c.flags = w->flags[which];
	w->s->m->look(&w->c, state);
	w->c.flags = w->flags[STEP];
}

void look_outside(worker *w)
{
	u64 words = w->s->m->words, count = w->outside.count / words;
	for (u64 i = 0; i < count; i++)
		look_at(w, w->outside.at + i * words, OUTSIDE);
	w->outside.count = 0;
}

static void look_at_end(worker *w)
{
	const model *m = w->s->m;
	ctx *c = &w->c;
	if (c->failed)
		c->flags[m->error >> 6] |= 1ull << (m->error & 63);
	else if (m->ends) {
		if (!(c->moved & 1))
			m->rest(c, w->state);
		if (!(c->moved & 3))
			m->stuck(c, w->state);
	}
}

static void fold_all(worker *w)
{
	u64 words = w->s->m->words;
	const u64 *first = w->out + w->folded * words;
	for (const u64 *at = first; at < w->c.out && !w->s->hashed; at += words)
		ask_for_nodes(w, at);
	for (const u64 *at = first; at < w->c.out; at += words)
		w->keys[w->folded++] = key_of(w, at);
}

static void begin_keys(worker *w)
{
	u64 words = w->s->m->words;
	for (const u64 *at = w->out + w->begun * words; at < w->c.out; at += words)
		w->keys[w->begun++] = begin_key(w, at);
}

static void end_keys(worker *w)
{
	for (; w->folded < w->begun; w->folded++)
		w->keys[w->folded] = end_key(w, w->out + w->folded * w->s->m->words, w->keys[w->folded]);
}

static void fold_forms(worker *w)
{
	u64 words = w->s->m->words;
	for (const u64 *at = w->out + w->folded * words; at < w->c.out; at += words, w->folded++)
		w->keys[w->folded] = form_key(w, at, &w->orbit[w->folded]);
}

/* Is a successor its own key? */
static inline int are_keys(const search *s)
{
	return s->alone && !s->m->canonical;
}

void find_keys(worker *w)
{
	if (w->s->m->canonical)
		fold_forms(w);
	else if (w->s->levels == 1 && !w->s->hashed && !w->s->alone)
		begin_keys(w);
	else if (!are_keys(w->s))
		fold_all(w);
}

/* The successors of a state, with their keys. */
void expand_state(worker *w, u64 handle)
{
	const model *m = w->s->m;
	ctx *c = &w->c;
	unfold(w, handle);
	c->moved = c->failed = 0;
	m->expand(c, w->state);
	find_keys(w);
	look_at_end(w);
	if (w->outside.count)
		look_outside(w);
}

const u64 *successors_of(worker *w, u64 handle, u64 *count)
{
	const model *m = w->s->m;
	reset_room(w);
	expand_state(w, handle);
	end_keys(w);
	*count = (u64)(w->c.out - w->out) / m->words;
	return are_keys(w->s) ? w->out : w->keys;
}

/* ---- many states */

static void keep(worker *w, u64 key, u64 hash, const u64 *words)
{
	search *s = w->s;
	u64 which = hash >> SUB_SHIFT;
	if (!put_state(w, words, key, &w->next))
		STORE(&s->no_memory, 1);
	w->kept++;
	w->found++;
	w->crowded |= (u32)is_full(&s->set, &s->set.sub[which], ++w->fresh[which] * w->others);
	if (s->m->decides)
		look_at(w, words, STATE);
	if (s->m->load)
		w->overloaded |= s->m->load(words) > s->load_limit;
}

/* A successor was put into the set. */
static void keep_successor(worker *w, const u64 *keys, u64 which)
{
	const search *s = w->s;
	keep(w, keys[which], w->flying[which & (FLIGHT - 1)].hash, w->out + which * s->m->words);
	w->unreduced += s->m->canonical ? w->orbit[which] : 1;
	if (w->crowded)
		pause_all(w);
}

/* Put a key into the set: was it new? */
static inline int put_key(worker *w, u64 hash, u64 key)
{
	search *s = w->s;
	int found;
	while ((found = set_put(&s->set, hash, key, w->others > 1)) == NO_ROOM && !LOAD(&s->no_memory))
		pause_all(w);
	return found == NEW;
}

/* Put a successor into the set that is on its way. */
static inline void look_up(worker *w, const u64 *keys, u64 which, narrowing n)
{
	const flight *f = &w->flying[which & (FLIGHT - 1)];
	int shared = w->others > 1;
	int found = n.mask ? narrow_put_near((u32 *)f->line, rest_in(n, f->hash) + 1, shared)
	                   : put_near(f->line, keys[which] + 1, shared);
	if (LIKELY(found == THERE))
		return;
	if (found == NEW || put_key(w, f->hash, keys[which]))
		keep_successor(w, keys, which);
}

/* Ask for the places of the successors that have none yet: they will have come when they are needed.
 * Asking and looking take turns, so that the one does not wait for the other. If the tables grow
 * meanwhile, this is begun anew.
 */
static inline void locate_in(worker *w, const u64 *keys, u64 count, narrowing n)
{
	const table *set = &w->s->set;
	u64 at = w->located, behind = w->looked_up, lines = set->lines;
	u32 bits = set->bits, grown = set->grown;
	for (; at < count; at++) {
		if (at - behind == FLIGHT)
			look_up(w, keys, behind++, n);
		if (set->grown != grown)
			break;
		u64 hash = mix(keys[at], bits);
		flight f = {hash, set->sub[hash >> SUB_SHIFT].key + line_in(lines, hash)};
		PREFETCH(f.line);
		w->flying[at & (FLIGHT - 1)] = f;
	}
	w->located = at;
	w->looked_up = behind;
}

static void locate(worker *w, const u64 *keys, u64 count)
{
	while (w->located < count)
		if (w->s->set.rest)
			locate_in(w, keys, count, narrowing_of(&w->s->set));
		else
			locate_in(w, keys, count, (narrowing){0, 0});
}

static void put_collected(worker *w)
{
	const u64 *keys = are_keys(w->s) ? w->out : w->keys;
	u64 count = (u64)(w->c.out - w->out) / w->s->m->words;
	end_keys(w);
	w->located = w->looked_up = 0;
	locate(w, keys, count);
	while (w->looked_up < count)
		look_up(w, keys, w->looked_up++, narrowing_of(&w->s->set));
	w->begun = w->folded = 0;
	w->c.out = w->out;
	if (LOAD(&w->s->parked))
		pause_all(w);
}

void flush(worker *w)
{
	put_collected(w);
	reset_room(w);
}

/* The way through the step that is under way has choices of its own. */
void put_so_far(worker *w)
{
	search *s = w->s;
	ctx under_way = w->c;
	w->c.choice = malloc(2 * w->c.room * sizeof(u32));
	if (!w->c.choice) {
		w->c.choice = under_way.choice;
		no_more(w);
	}
	find_keys(w);
	look_outside(w);
	if (s->nothing)
		w->c.wanted = s->nothing;
	put_collected(w);
	tell_found(w);
	free(w->c.choice);
	w->c.choice = under_way.choice;
	w->c.room = under_way.room;
	w->c.made = under_way.made;
	w->c.at = under_way.at;
	w->c.wanted = under_way.wanted;
}

void flush_batch(worker *w)
{
	if ((u64)(w->c.out - w->out) >= w->batch)
		flush(w);
}
