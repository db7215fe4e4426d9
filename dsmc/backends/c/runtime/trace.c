/* The way to what was found: of the shortest runs the one that takes the first successor wherever
 * there is a choice. It is the run that one thread would have found first, whatever the threads did.
 *
 * Backwards, level by level, those states are marked that have a successor that is marked; then
 * forwards from the first initial state that is marked. No state needs to know its parent.
 *
 * Where a state stands for others, its canonical form is marked. The way leads through states as they
 * are, to the first successor whose form is marked: so it does not depend on which was found first.
 */
#include "search.h"
#include "values.h"

/* A set of keys for one thread, those of canonical forms if there are such; the state, as it was
 * found, that the first is of. */
typedef struct marks {
	u64 *slot;
	u64 size, first;
	int greatest; /* is the key there that plus one is 0? */
	list all;
} marks;

typedef struct goal {
	u32 kind, property;
	u64 key;
} goal;

static int has(const marks *m, u64 key)
{
	if (!(key + 1))
		return m->greatest;
	for (u64 at = mix(key, 64) & (m->size - 1); m->slot[at]; at = (at + 1) & (m->size - 1))
		if (m->slot[at] == key + 1)
			return 1;
	return 0;
}

static void put(marks *m, u64 key)
{
	u64 at = mix(key, 64) & (m->size - 1);
	m->greatest |= !(key + 1);
	while (m->slot[at])
		at = (at + 1) & (m->size - 1);
	m->slot[at] = key + 1;
}

/* The set of the keys of a list. */
static int open_marks(marks *m)
{
	for (m->size = 16; m->size < 2 * m->all.count; m->size *= 2)
		;
	m->slot = calloc(m->size, sizeof(u64));
	for (u64 i = 0; m->slot && i < m->all.count; i++)
		put(m, m->all.at[i]);
	return m->slot != NULL;
}

/* Are states marked by what their handles do not tell? */
static int by_another_key(const search *s)
{
	return s->m->canonical || s->hashed;
}

/* The key by which the state that is expanded is marked. */
static u64 mark_of(worker *w, u64 handle)
{
	u64 orbit;
	return by_another_key(w->s) ? form_key(w, w->state, &orbit) : handle;
}

/* The same for any state. */
static u64 mark_at(worker *w, u64 handle)
{
	if (by_another_key(w->s)) {
		reset_room(w);
		unfold(w, handle);
	}
	return mark_of(w, handle);
}

static int is_goal(worker *w, u64 key, const goal *g)
{
	u64 count;
	if (g->kind == KEY)
		return mark_at(w, key) == g->key;
	for (u32 i = 0; i < 3; i++)
		clear(w->flags[i], w->s->m->properties / 64 + 1);
	reset_room(w);
	if (g->kind == STATE) {
		unfold(w, key);
		look_at(w, w->state, STATE);
	} else
		successors_of(w, key, &count);
	return w->flags[g->kind][g->property >> 6] >> (g->property & 63) & 1;
}

static int leads_to(worker *w, u64 key, const marks *later)
{
	u64 count;
	const u64 *found = successors_of(w, key, &count);
	for (u64 i = 0; i < count; i++)
		if (has(later, found[i]))
			return 1;
	return 0;
}

/* The states of a level that are goals, or have a marked successor. */
static int mark(worker *w, u32 level, const goal *g, const marks *later, marks *found)
{
	search *s = w->s;
	u64 end = level + 1 < s->level_at.count ? s->level_at.at[level + 1] : s->states.count;
	for (u64 i = s->level_at.at[level]; i < end; i = next_at(s, i)) {
		u64 key = state_at(s, i);
		if (later ? !leads_to(w, key, later) : !is_goal(w, key, g))
			continue;
		if (!found->all.count)
			found->first = key;
		if (!list_add(&found->all, mark_of(w, key)))
			return 0;
	}
	return 1;
}

/* The first successor that is marked; false if there is none. */
static int step(worker *w, const marks *at, u64 *key)
{
	u64 count, i = 0;
	const u64 *found = successors_of(w, *key, &count);
	while (i < count && !has(at, found[i]))
		i++;
	if (i == count)
		return 0;
	*key = handle_of(w, w->out + i * w->s->m->words, found[i]);
	return 1;
}

/* What became of a way. It can be lost where a step has no value: what such a state leads to depends on
 * the names in it. */
enum { NO_SPACE, FOUND, LOST };

static int walk(worker *w, marks *at, u32 levels, u64 *path)
{
	int good = FOUND;
	path[0] = at[0].first;
	for (u32 d = 1; good == FOUND && d < levels; d++) {
		path[d] = path[d - 1];
		if (!open_marks(&at[d]))
			return NO_SPACE;
		good = step(w, &at[d], &path[d]) ? FOUND : LOST;
		free(at[d].slot);
		at[d].slot = NULL;
	}
	return good;
}

/* Backwards, then forwards. */
OWN_FRAME static int find_way(worker *w, goal *g, marks *at, u32 levels, u64 *path)
{
	int good = FOUND;
	if (g->kind == KEY)
		g->key = mark_at(w, g->key);
	for (u32 d = levels; good == FOUND && d-- > 0;) {
		marks *later = d + 1 < levels ? &at[d + 1] : NULL;
		good = (!later || open_marks(later)) && mark(w, d, g, later, &at[d]);
		if (good && !at[d].all.count)
			good = LOST;
		if (later) {
			free(later->slot);
			later->slot = NULL;
		}
	}
	return good == FOUND ? walk(w, at, levels, path) : good;
}

OWN_FRAME static int find_way_or_not(worker *w, goal *g, marks *at, u32 levels, u64 *path)
{
	return AGAIN(&w->back) ? NO_SPACE : find_way(w, g, at, levels, path);
}

/* The handles of the states of the run that decided a property (of the kind KEY: that leads to a state).
 */
int dsmc_trace(search *s, u32 property, u32 kind, u64 key, u32 levels, u64 *path)
{
	worker *w = &s->workers[0];
	goal g = {kind, property, key};
	u64 *wanted = calloc(s->m->properties / 64 + 1, sizeof(u64));
	marks *at = calloc(levels, sizeof(marks));
	int good = NO_SPACE;
	if (wanted && kind != KEY)
		wanted[property >> 6] |= 1ull << (property & 63);
	s->no_memory = 0; /* for the search there was too little */
	w->c.wanted = wanted;
	if (wanted && at)
		good = find_way_or_not(w, &g, at, levels, path);
	if (s->no_memory)
		good = NO_SPACE;
	for (u32 d = 0; at && d < levels; d++) {
		list_free(&at[d].all);
		free(at[d].slot);
	}
	for (u32 i = 0; i < 3; i++)
		clear(w->flags[i], s->m->properties / 64 + 1);
	reset_room(w);
	w->c.count = 0;
	w->c.wanted = s->wanted;
	free(wanted);
	free(at);
	return good;
}

/* ---- what others read */

void dsmc_stats(const search *s, u64 *numbers)
{
	numbers[0] = s->kept;
	for (u32 i = 0; i < s->threads; i++)
		numbers[0] += s->workers[i].kept;
	numbers[1] = s->transitions;
	numbers[2] = s->initial;
	numbers[3] = s->way ? s->deepest : s->level_at.count;
	numbers[4] = s->way ? s->stack.count : s->kept - s->kept_before;
	numbers[5] = s->node_count;
	numbers[6] = s->loaded.count;
	numbers[7] = s->unreduced;
	for (u32 i = 0; i < s->threads; i++)
		numbers[7] += s->workers[i].unreduced;
	numbers[8] = s->level_at.count ? s->level_at.at[s->level_at.count - 1] : 0;
	numbers[9] = s->hashed;
}

void dsmc_decided(const search *s, u32 *level, u32 *kind)
{
	memcpy(level, s->level, s->m->properties * sizeof(u32));
	memcpy(kind, s->kind, s->m->properties * sizeof(u32));
}

void dsmc_loaded(const search *s, u64 *keys)
{
	memcpy(keys, s->loaded.at, s->loaded.count * sizeof(u64));
}

void dsmc_load_limit(search *s, u64 limit)
{
	s->load_limit = limit;
}

/* The handle of a state by its number; only where a handle is one word. */
u64 dsmc_key_at(const search *s, u64 number)
{
	return s->states.at[number];
}

/* The words of a state without its boxes, and the references of these. False: no memory. */
int dsmc_state(search *s, u64 key, u64 *words)
{
	worker *w = &s->workers[0];
	const model *m = s->m;
	if (AGAIN(&w->back))
		return 0;
	reset_room(w);
	unfold(w, key);
	copy(words, w->state, m->packed);
	for (u32 i = 0; i < m->boxes; i++)
		words[m->packed + i] = fold_box(w, BOX(w->state[m->packed + i]), m->shapes[i]);
	return 1;
}

u32 dsmc_box(search *s, u32 reference, u32 *found)
{
	return box_leaves(s, reference, found);
}

/* Go on with the same model compiled anew. */
void dsmc_swap(search *s, const model *m)
{
	s->m = m;
}
