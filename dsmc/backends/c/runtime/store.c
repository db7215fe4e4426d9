/* States as keys: a word of 64 bits is a node; two nodes are one, until two are left: these are the
 * key. A node is stored once, so states that have much in common share it (tree compression: Laarman,
 * van de Pol, Weber, "Parallel Recursive State Compression for Free", SPIN 2011). A box is a list of
 * nodes: all but its last leaf of 32 bits, and that. A last word of 32 bits or less needs no node.
 */
#include "search.h"
#include "values.h"

static u32 find_node(worker *w, u64 key, u64 hash)
{
	search *s = w->s;
	const sub *t = &s->nodes.sub[hash >> SUB_SHIFT];
	int is_new;
	u64 at = (u64)(table_put(&s->nodes, hash, key, &is_new, w->others > 1) - t->key);
	if (!is_new) {
		u32 found;
		while (!(found = LOAD(&t->value[at]))) /* its finder is about to write it */
			;
		return found;
	}
	u64 made = ADD(&s->node_count, 1) + 1;
	if (made < s->nodes_room)
		s->pairs[made] = key;
	else {
		STORE(&s->no_memory, 1); /* the node is a wrong one: this level does not count */
		made = 1;
	}
	STORE(&t->value[at], (u32)made);
	u64 which = hash >> SUB_SHIFT;
	w->fresh_nodes[which]++;
	w->crowded |= (u32)is_full(&s->nodes, t, w->fresh_nodes[which] * w->others);
	return (u32)made;
}

/* The number of a pair. Few pairs are asked for again and again: the last ones are remembered. */
static u32 node_of(worker *w, u64 key)
{
	if (w->crowded)
		pause_all(w);
	u64 hash = mix(key, 64), at = hash & (REMEMBERED - 1);
	if (w->known_pair[at] != key || !w->known_node[at]) {
		w->known_node[at] = find_node(w, key, hash);
		w->known_pair[at] = key;
	}
	return w->known_node[at];
}

static u32 node(worker *w, u32 left, u32 right)
{
	return node_of(w, left | (u64)right << 32);
}

/* Ask for the node of a word, if it is not one of those that are remembered. */
static void ask_for_node(worker *w, u64 word)
{
	u64 hash = mix(word, 64);
	if (w->known_pair[hash & (REMEMBERED - 1)] != word)
		table_ask(&w->s->nodes, hash);
}

/* Ask for the nodes of words that changed. */
void ask_for_nodes(worker *w, const u64 *words)
{
	for (u32 i = 0; i < w->s->word_nodes; i++)
		if (words[i] != w->state[i])
			ask_for_node(w, words[i]);
}

/* Ask for the parts of a state that will be expanded soon. */
void ask_for_parts(search *s, u64 key)
{
	if (s->hashed)
		return;
	if (s->levels > 1 || s->word_nodes > 0)
		PREFETCH(&s->pairs[(u32)key]);
	if (s->levels > 1 || s->word_nodes > 1)
		PREFETCH(&s->pairs[(u32)(key >> 32)]);
}

/* ---- boxes */

static u32 fold_item(worker *w, u32 list, const u64 *item, u32 width, const shape *of)
{
	if (of)
		return node(w, list, fold_box(w, BOX(item[0]), of));
	u32 leaves = width > 32 ? (width + 31) / 32 : 1;
	for (u32 i = 0; i < leaves; i++)
		list = node(w, list, (u32)(item[i / 2] >> 32 * (i & 1)));
	return list;
}

u32 fold_box(worker *w, const box *b, const shape *s)
{
	u32 list = 0;
	if (s->cases) {
		list = node(w, 0, (u32)b->item[0]);
		for (u32 i = 0; i < s->counts[b->item[0]]; i++) {
			const part *p = s->parts[b->item[0]] + i;
			list = fold_item(w, list, b->item + p->at, p->bits, p->of);
		}
		return list;
	}
	for (u32 i = 0, words = words_of(s->bits); i < b->count; i++)
		list = fold_item(w, list, b->item + (u64)i * words, s->bits, s->of);
	return list;
}

/* The leaves of a box, if there is room for them; how many they are. */
u32 box_leaves(search *s, u32 reference, u32 *found)
{
	u32 count = 0;
	for (u32 at = reference; at; at = (u32)s->pairs[at])
		count++;
	u32 place = count;
	for (u32 at = reference; found && at; at = (u32)s->pairs[at])
		found[--place] = (u32)(s->pairs[at] >> 32);
	return count;
}

static const box *unfold_box(worker *w, u32 reference, const shape *s);

static const u32 *unfold_item(worker *w, u64 *item, const u32 *leaf, u32 width, const shape *of)
{
	if (of) {
		item[0] = WORD(unfold_box(w, *leaf, of));
		return leaf + 1;
	}
	u32 leaves = width > 32 ? (width + 31) / 32 : 1;
	clear(item, words_of(width));
	for (u32 i = 0; i < leaves; i++)
		item[i / 2] |= (u64)*leaf++ << 32 * (i & 1);
	return leaf;
}

static const box *unfold_variant(worker *w, const u32 *leaf, const shape *s)
{
	u32 which = *leaf++, words = 1;
	const part *parts = s->parts[which];
	for (u32 i = 0; i < s->counts[which]; i++)
		words = parts[i].at + words_of(parts[i].bits);
	box *b = box_new(&w->c, words, 1);
	b->count = words;
	b->item[0] = which;
	for (u32 i = 0; i < s->counts[which]; i++)
		leaf = unfold_item(w, b->item + parts[i].at, leaf, parts[i].bits, parts[i].of);
	return b;
}

static const box *unfold_box(worker *w, u32 reference, const shape *s)
{
	u32 count = box_leaves(w->s, reference, NULL);
	u32 *leaf = (u32 *)box_new(&w->c, count / 2 + 1, 1)->item;
	box_leaves(w->s, reference, leaf);
	if (s->cases)
		return unfold_variant(w, leaf, s);
	u32 leaves = s->of || s->bits <= 32 ? 1 : (s->bits + 31) / 32, words = words_of(s->bits);
	box *b = box_new(&w->c, count / leaves, words);
	b->count = count / leaves;
	for (u32 i = 0; i < b->count; i++)
		leaf = (u32 *)unfold_item(w, b->item + (u64)i * words, leaf, s->bits, s->of);
	return b;
}

/* ---- states */

static void unfold_tree(worker *w, u64 key)
{
	search *s = w->s;
	const model *m = s->m;
	u32 top = s->levels - 1;
	u32 **at = w->here.at;
	at[top][0] = (u32)key;
	if (s->width[top] > 1)
		at[top][1] = (u32)(key >> 32);
	for (u32 d = top; d-- > 0;)
		for (u32 i = 0; i < s->width[d + 1]; i++) {
			if (2 * i + 1 == s->width[d]) {
				at[d][2 * i] = at[d + 1][i];
				continue;
			}
			u64 pair = s->pairs[at[d + 1][i]];
			at[d][2 * i] = (u32)pair;
			at[d][2 * i + 1] = (u32)(pair >> 32);
		}
	for (u32 i = 0; i < m->packed; i++)
		w->state[i] = i < s->word_nodes ? s->pairs[at[0][i]] : at[0][i];
	for (u32 i = m->packed; i < m->words; i++)
		w->state[i] = WORD(unfold_box(w, at[0][i], m->shapes[i - m->packed]));
}

#define TOLD (1ull << 63) /* of a handle: the record is one of those that are not in `states` */

void unfold(worker *w, u64 handle)
{
	search *s = w->s;
	if (s->alone)
		w->state[0] = handle;
	else if (!s->hashed)
		unfold_tree(w, handle);
	else
		read_record(w, (handle & TOLD ? s->told.at : s->states.at) + (handle & ~TOLD));
}

static u32 fold_word(worker *w, const u64 *words, u32 i)
{
	const model *m = w->s->m;
	if (i < w->s->word_nodes)
		return node_of(w, words[i]);
	return i < m->packed ? (u32)words[i] : fold_box(w, BOX(words[i]), m->shapes[i - m->packed]);
}

/* The same, if it is not as in the state that is expanded; before there is one, nothing is. */
static inline u32 fold_changed(worker *w, const u64 *words, u32 i)
{
	return words[i] == w->state[i] && w->s->initial ? w->here.at[0][i] : fold_word(w, words, i);
}

/* Which of the words are not as in the state that is expanded, and what stands for them. */
static void fold_words(worker *w, const u64 *words)
{
	u32 all = !w->s->initial;
	for (u32 i = 0; i < w->s->m->words; i++) {
		w->there.at[0][i] = fold_changed(w, words, i);
		w->there.changed[0][i] = all || words[i] != w->state[i];
	}
}

/* Half of a key; 0 if that is a node which is only asked for. */
static inline u64 begin_half(worker *w, const u64 *words, u32 i)
{
	if (i >= w->s->word_nodes || (words[i] == w->state[i] && w->s->initial))
		return fold_changed(w, words, i);
	ask_for_node(w, words[i]);
	return 0;
}

u64 begin_key(worker *w, const u64 *words)
{
	return begin_half(w, words, 0) | (w->s->m->words > 1 ? begin_half(w, words, 1) << 32 : 0);
}

u64 end_key(worker *w, const u64 *words, u64 key)
{
	u32 nodes = w->s->word_nodes;
	if (nodes > 0 && !(u32)key)
		key |= node_of(w, words[0]);
	if (nodes > 1 && !(key >> 32))
		key |= (u64)node_of(w, words[1]) << 32;
	return key;
}

static void fold_level(worker *w, u32 d)
{
	u32 *leaf = w->there.at[d], *up = w->there.at[d + 1], n = w->s->width[d];
	unsigned char *changed = w->there.changed[d], *above = w->there.changed[d + 1];
	for (u32 i = 0; i < w->s->width[d + 1]; i++) {
		int alone = 2 * i + 1 == n;
		above[i] = changed[2 * i] | (alone ? 0 : changed[2 * i + 1]);
		if (!above[i])
			up[i] = w->here.at[d + 1][i];
		else
			up[i] = alone ? leaf[2 * i] : node(w, leaf[2 * i], leaf[2 * i + 1]);
	}
}

static u64 fold(worker *w, const u64 *words)
{
	search *s = w->s;
	if (s->levels == 1)
		return end_key(w, words, begin_key(w, words));
	fold_words(w, words);
	u32 top = s->levels - 1;
	for (u32 d = 0; d < top; d++)
		fold_level(w, d);
	return w->there.at[top][0] | (s->width[top] > 1 ? (u64)w->there.at[top][1] << 32 : 0);
}

u64 key_of(worker *w, const u64 *words)
{
	if (w->s->alone)
		return words[0];
	return w->s->hashed ? fingerprint(w->s->m, words) : fold(w, words);
}

u64 form_key(worker *w, const u64 *words, u64 *orbit)
{
	const model *m = w->s->m;
	if (!m->canonical)
		return key_of(w, words);
	*orbit = m->canonical(&w->c, words, w->form);
	return key_of(w, w->form);
}

/* ---- handles */

int put_state(worker *w, const u64 *words, u64 key, list *to)
{
	if (w->s->hashed)
		return write_record(w->s->m, words, to);
	return list_add(to, w->s->m->canonical ? key_of(w, words) : key);
}

u64 handle_of(worker *w, const u64 *words, u64 key)
{
	list *told = &w->s->told;
	u64 place = told->count;
	if (!w->s->hashed)
		return w->s->m->canonical ? key_of(w, words) : key;
	if (!write_record(w->s->m, words, told)) {
		told->count = place;
		STORE(&w->s->no_memory, 1);
		return 0;
	}
	return place | TOLD;
}

u64 state_at(const search *s, u64 at)
{
	return s->hashed ? at : s->states.at[at];
}

u64 next_at(const search *s, u64 at)
{
	return at + (s->hashed ? s->states.at[at] : 1);
}
