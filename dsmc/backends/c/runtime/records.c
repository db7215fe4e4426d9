/* States as records, where only the fingerprints of states are in the set: the words of a state, then
 * what is in its boxes. The records of a level are only needed until it has been expanded, and for
 * counterexamples.
 *
 * A fingerprint is 64 bits: two states can have the same, and then one of them is never looked at
 * (hash compaction: Wolper and Leroy, "Reliable Hashing without Collision Detection", CAV 1993).
 */
#include "search.h"
#include "values.h"

/* SplitMix64's last steps (Steele, Lea, Flood, OOPSLA 2014): a permutation. */
static u64 stir(u64 v)
{
	v = (v ^ v >> 30) * 0xBF58476D1CE4E5B9ull;
	v = (v ^ v >> 27) * 0x94D049BB133111EBull;
	return v ^ v >> 31;
}

static u64 stir_in(u64 so_far, u64 v)
{
	return stir((so_far + 0x9E3779B97F4A7C15ull) ^ v);
}

/* ---- what is in a box, in order */

typedef struct sink {
	u64 print;   /* of all that came */
	list *to;    /* where it is written, if anywhere */
	int failed;
} sink;

static void give(sink *k, u64 v)
{
	if (!k->to)
		k->print = stir_in(k->print, v);
	else if (!list_add(k->to, v))
		k->failed = 1;
}

static void give_box(sink *k, const box *b, const shape *s);

static void give_item(sink *k, const u64 *item, u32 width, const shape *of)
{
	if (of)
		give_box(k, BOX(item[0]), of);
	else
		for (u32 i = 0; i < words_of(width); i++)
			give(k, item[i]);
}

static void give_box(sink *k, const box *b, const shape *s)
{
	if (s->cases) {
		give(k, b->item[0]);
		for (u32 i = 0; i < s->counts[b->item[0]]; i++) {
			const part *p = s->parts[b->item[0]] + i;
			give_item(k, b->item + p->at, p->bits, p->of);
		}
		return;
	}
	give(k, b->count);
	for (u32 i = 0, words = words_of(s->bits); i < b->count; i++)
		give_item(k, b->item + (u64)i * words, s->bits, s->of);
}

static void give_state(sink *k, const model *m, const u64 *words)
{
	for (u32 i = 0; i < m->packed; i++)
		give(k, words[i]);
	for (u32 i = 0; i < m->boxes; i++)
		give_box(k, BOX(words[m->packed + i]), m->shapes[i]);
}

u64 fingerprint(const model *m, const u64 *words)
{
	sink k = {0, NULL, 0};
	give_state(&k, m, words);
	return k.print;
}

/* ---- records: how long it is, then what was given */

int write_record(const model *m, const u64 *words, list *to)
{
	u64 place = to->count;
	sink k = {0, to, 0};
	give(&k, 0);
	give_state(&k, m, words);
	if (!k.failed)
		to->at[place] = to->count - place;
	return !k.failed;
}

static const box *take_box(worker *w, const u64 **from, const shape *s);

static void take_item(worker *w, u64 *item, const u64 **from, u32 width, const shape *of)
{
	if (of) {
		item[0] = WORD(take_box(w, from, of));
		return;
	}
	for (u32 i = 0; i < words_of(width); i++)
		item[i] = *(*from)++;
}

static const box *take_variant(worker *w, const u64 **from, const shape *s)
{
	u64 which = *(*from)++;
	const part *parts = s->parts[which];
	u32 words = 1;
	for (u32 i = 0; i < s->counts[which]; i++)
		words = parts[i].at + words_of(parts[i].bits);
	box *b = box_new(&w->c, words, 1);
	b->count = words;
	b->item[0] = which;
	for (u32 i = 0; i < s->counts[which]; i++)
		take_item(w, b->item + parts[i].at, from, parts[i].bits, parts[i].of);
	return b;
}

static const box *take_box(worker *w, const u64 **from, const shape *s)
{
	if (s->cases)
		return take_variant(w, from, s);
	u32 count = (u32)*(*from)++, words = words_of(s->bits);
	box *b = box_new(&w->c, count, words);
	b->count = count;
	for (u32 i = 0; i < count; i++)
		take_item(w, b->item + (u64)i * words, from, s->bits, s->of);
	return b;
}

void read_record(worker *w, const u64 *record)
{
	const model *m = w->s->m;
	copy(w->state, record + 1, m->packed);
	record += 1 + m->packed;
	for (u32 i = 0; i < m->boxes; i++)
		w->state[m->packed + i] = WORD(take_box(w, &record, m->shapes[i]));
}
