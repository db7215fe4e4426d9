/* Values that are more than a word, for generated code. Needs `model.h`; includes and calls nothing. */
#ifndef DSMC_VALUES_H
#define DSMC_VALUES_H

#ifdef __TINYC__
#define UNUSED
static int lowest(u64 v)
{
	int n = 0;
	if (!(v & 0xffffffff)) { n += 32; v >>= 32; }
	if (!(v & 0xffff)) { n += 16; v >>= 16; }
	if (!(v & 0xff)) { n += 8; v >>= 8; }
	if (!(v & 0xf)) { n += 4; v >>= 4; }
	if (!(v & 0x3)) { n += 2; v >>= 2; }
	return n + !(v & 1);
}
static i64 ones(u64 v)
{
	v -= v >> 1 & 0x5555555555555555ull;
	v = (v & 0x3333333333333333ull) + (v >> 2 & 0x3333333333333333ull);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (i64)(v * 0x0101010101010101ull >> 56);
}
#else
#define UNUSED __attribute__((unused))
#define lowest(v) __builtin_ctzll(v)
#define ones(v) ((i64)__builtin_popcountll(v))
#endif

/* ---- integers: division and remainder floor */

UNUSED static i64 quotient(i64 a, i64 b)
{
	i64 q = a / b;
	return q - (a % b != 0 && (a < 0) != (b < 0));
}

UNUSED static i64 modulo(i64 a, i64 b)
{
	i64 r = a % b;
	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* The bits from one to another, both included; none if the first is the greater. */
UNUSED static u64 interval(i64 first, i64 last)
{
	return first > last ? 0 : ~0ull >> (63 - (last - first)) << first;
}

/* ---- bits of arrays of words, the lowest first */

UNUSED static u64 mask_of(u32 width)
{
	return width ? ~0ull >> (64 - width) : 0;
}

UNUSED static u64 bits(const u64 *from, u64 pos, u32 width)
{
	u64 v = from[pos >> 6] >> (pos & 63);
	if ((pos & 63) + width > 64)
		v |= from[(pos >> 6) + 1] << (64 - (pos & 63));
	return v & mask_of(width);
}

UNUSED static void set_bits(u64 *to, u64 pos, u32 width, u64 v)
{
	u32 off = pos & 63;
	u64 m = mask_of(width);
	u64 *w = to + (pos >> 6);
	w[0] = (w[0] & ~(m << off)) | v << off;
	if (off + width > 64)
		w[1] = (w[1] & ~(m >> (64 - off))) | v >> (64 - off);
}

UNUSED static void copy_bits(u64 *to, u64 at, const u64 *from, u64 pos, u64 width)
{
	for (; width > 64; width -= 64, at += 64, pos += 64)
		set_bits(to, at, 64, bits(from, pos, 64));
	if (width)
		set_bits(to, at, (u32)width, bits(from, pos, (u32)width));
}

/* ---- values of several words */

UNUSED static void copy(u64 *to, const u64 *from, u32 n)
{
	for (u32 i = 0; i < n; i++)
		to[i] = from[i];
}

UNUSED static void clear(u64 *to, u32 n)
{
	for (u32 i = 0; i < n; i++)
		to[i] = 0;
}

UNUSED static int compare(const u64 *a, const u64 *b, u32 n)
{
	while (n--)
		if (a[n] != b[n])
			return a[n] < b[n] ? -1 : 1;
	return 0;
}

UNUSED static int same(const u64 *a, const u64 *b, u32 n)
{
	return !compare(a, b, n);
}

UNUSED static int subset(const u64 *a, const u64 *b, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (a[i] & ~b[i])
			return 0;
	return 1;
}

/* The next of the subsets, in order; 0 after the last. */
UNUSED static int next_subset(u64 *v, const u64 *whole, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		v[i] = (v[i] - whole[i]) & whole[i];
		if (v[i])
			return 1;
	}
	return 0;
}

UNUSED static i64 ones_of(const u64 *a, u32 n)
{
	i64 sum = 0;
	for (u32 i = 0; i < n; i++)
		sum += ones(a[i]);
	return sum;
}

/* The place of a code among the codes of a type, in order. */
UNUSED static u64 place_of(u64 code, const u64 *codes, const unsigned short *places, u32 n)
{
	u32 low = 0;
	while (n > 1) {
		u32 half = n / 2;
		if (codes[low + half] <= code)
			low += half;
		n -= half;
	}
	return places[low];
}

/* ---- bounded sequences: `length` bits from the right stands the length, elements of `size` bits */

UNUSED static i64 seq_length(const u64 *v, u32 length, u32 width)
{
	return (i64)bits(v, length, width);
}

UNUSED static int seq_has(const u64 *v, i64 count, u32 size, u64 code)
{
	for (i64 i = 0; i < count; i++)
		if (bits(v, (u64)i * size, size) == code)
			return 1;
	return 0;
}

UNUSED static int seq_has_many(const u64 *v, i64 count, u32 size, const u64 *code, u64 *room, u32 words)
{
	for (i64 i = 0; i < count; i++) {
		clear(room, words);
		copy_bits(room, 0, v, (u64)i * size, size);
		if (same(room, code, words))
			return 1;
	}
	return 0;
}

/* ---- boxes */

UNUSED static u32 words_of(u32 width)
{
	return width > 64 ? (width + 63) / 64 : 1;
}

UNUSED static box *box_new(ctx *c, u32 room, u32 words)
{
	u64 bytes = sizeof(box) + (u64)room * words * sizeof(u64);
	box *b = (box *)c->heap;
	if (bytes > (u64)(c->heap_end - c->heap))
		b = (box *)c->more(c, bytes);
	else
		c->heap += bytes;
	b->count = 0;
	b->room = room;
	return b;
}

UNUSED static box *box_copy(ctx *c, const box *from, u32 room, u32 words)
{
	box *b = box_new(c, room < from->count ? from->count : room, words);
	b->count = from->count;
	copy(b->item, from->item, from->count * words);
	return b;
}

/* One more element at the end. The box may move: others must not know it yet. */
UNUSED static box *box_push(ctx *c, box *b, const u64 *item, u32 words)
{
	if (b->count == b->room)
		b = box_copy(c, b, b->room * 2 + 4, words);
	copy(b->item + (u64)b->count++ * words, item, words);
	return b;
}

static int box_compare(const box *a, const box *b, const shape *s);

#define BOX(word) ((const box *)(unsigned long)(word))
#define WORD(pointer) ((u64)(unsigned long)(pointer))

UNUSED static int item_compare(const u64 *a, const u64 *b, u32 width, const shape *of)
{
	return of ? box_compare(BOX(a[0]), BOX(b[0]), of) : compare(a, b, words_of(width));
}

UNUSED static int case_compare(const box *a, const box *b, const shape *s)
{
	if (a->item[0] != b->item[0])
		return a->item[0] < b->item[0] ? -1 : 1;
	for (u32 i = 0; i < s->counts[a->item[0]]; i++) {
		const part *p = s->parts[a->item[0]] + i;
		int order = item_compare(a->item + p->at, b->item + p->at, p->bits, p->of);
		if (order)
			return order;
	}
	return 0;
}

/* In the order of the values' parts; what ends first comes first. */
UNUSED static int box_compare(const box *a, const box *b, const shape *s)
{
	if (a == b)
		return 0;
	if (s->cases)
		return case_compare(a, b, s);
	u32 words = words_of(s->bits);
	for (u32 i = 0; i < a->count && i < b->count; i++) {
		int order = item_compare(a->item + i * words, b->item + i * words, s->bits, s->of);
		if (order)
			return order;
	}
	return a->count < b->count ? -1 : a->count > b->count;
}

UNUSED static int box_same(const box *a, const box *b, const shape *s)
{
	return !box_compare(a, b, s);
}

/* The first element that is not less: in a bag they stand in order. */
UNUSED static u32 bag_place(const box *b, const u64 *item, const shape *s)
{
	u32 words = words_of(s->bits), low = 0, high = b->count;
	while (low < high) {
		u32 mid = (low + high) / 2;
		if (item_compare(b->item + mid * words, item, s->bits, s->of) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

UNUSED static int bag_at(const box *b, u32 i, const u64 *item, const shape *s)
{
	u32 words = words_of(s->bits);
	return i < b->count && !item_compare(b->item + i * words, item, s->bits, s->of);
}

UNUSED static int bag_has(const box *b, const u64 *item, const shape *s)
{
	return bag_at(b, bag_place(b, item, s), item, s);
}

/* The elements from `first` up to, not including, `last`. */
UNUSED static box *box_slice(ctx *c, const box *b, i64 first, i64 last, u32 words)
{
	box *made = box_new(c, (u32)(last - first), words);
	made->count = (u32)(last - first);
	copy(made->item, b->item + first * words, made->count * words);
	return made;
}

/* With another element at a place. */
UNUSED static box *box_replace(ctx *c, const box *b, i64 place, const u64 *item, u32 words)
{
	box *made = box_copy(c, b, b->count, words);
	copy(made->item + place * words, item, words);
	return made;
}

UNUSED static box *box_insert(ctx *c, const box *b, i64 place, const u64 *item, u32 words)
{
	box *made = box_new(c, b->count + 1, words);
	made->count = b->count + 1;
	copy(made->item, b->item, (u32)place * words);
	copy(made->item + place * words, item, words);
	copy(made->item + (place + 1) * words, b->item + place * words, (b->count - (u32)place) * words);
	return made;
}

UNUSED static box *box_remove(ctx *c, const box *b, i64 place, u32 words)
{
	box *made = box_new(c, b->count - 1, words);
	made->count = b->count - 1;
	copy(made->item, b->item, (u32)place * words);
	copy(made->item + place * words, b->item + (place + 1) * words, (made->count - (u32)place) * words);
	return made;
}

UNUSED static box *box_concat(ctx *c, const box *a, const box *b, u32 words)
{
	box *made = box_copy(c, a, a->count + b->count, words);
	copy(made->item + a->count * words, b->item, b->count * words);
	made->count += b->count;
	return made;
}

UNUSED static int box_has(const box *b, const u64 *item, const shape *s)
{
	u32 words = words_of(s->bits);
	for (u32 i = 0; i < b->count; i++)
		if (!item_compare(b->item + i * words, item, s->bits, s->of))
			return 1;
	return 0;
}

UNUSED static box *bag_add(ctx *c, const box *b, const u64 *item, const shape *s)
{
	return box_insert(c, b, bag_place(b, item, s), item, words_of(s->bits));
}

/* None if the bag does not have it. */
UNUSED static box *bag_remove(ctx *c, const box *b, const u64 *item, const shape *s)
{
	u32 place = bag_place(b, item, s);
	return bag_at(b, place, item, s) ? box_remove(c, b, place, words_of(s->bits)) : 0;
}

/* The elements of a sequence as a bag: in order. */
UNUSED static box *bag_of(ctx *c, const box *b, const shape *s)
{
	box *made = box_new(c, b->count, words_of(s->bits));
	for (u32 i = 0, words = words_of(s->bits); i < b->count; i++) {
		const u64 *item = b->item + i * words;
		u32 place = bag_place(made, item, s);
		for (u32 k = made->count++; k > place; k--)
			copy(made->item + k * words, made->item + (k - 1) * words, words);
		copy(made->item + place * words, item, words);
	}
	return made;
}

/* How many messages a channel holds: what it is made of that is not made of something. */
UNUSED static u64 in_flight(const box *b, const shape *s)
{
	u64 sum = 0;
	if (s->cases) {
		const part *p = s->parts[b->item[0]];
		for (u32 i = 0; i < s->counts[b->item[0]]; i++)
			sum += p[i].of ? in_flight(BOX(b->item[p[i].at]), p[i].of) : 1;
		return sum + 1;
	}
	if (!s->of)
		return b->count;
	for (u32 i = 0; i < b->count; i++)
		sum += in_flight(BOX(b->item[i]), s->of);
	return sum;
}

/* Does the element at a place stand before it as well? In a bag they stand in order. */
UNUSED static int bag_repeats(const box *b, u32 i, const shape *s)
{
	return i && bag_at(b, i - 1, b->item + i * words_of(s->bits), s);
}

UNUSED static int box_repeats(const box *b, u32 i, const shape *s)
{
	for (u32 k = 0; k < i; k++)
		if (bag_at(b, k, b->item + i * words_of(s->bits), s))
			return 1;
	return 0;
}

/* ---- choices: a body is run again for each way through it, the first choice the slowest */

UNUSED static void restart(ctx *c)
{
	c->made = 0;
}

/* Which of `n` is chosen here on this way. */
UNUSED static u32 choose(ctx *c, u32 n)
{
	if (c->at == c->made) {
		if (c->made == c->room)
			c->longer(c);
		c->choice[2 * c->made] = 0;
		c->choice[2 * c->made++ + 1] = n;
	}
	return c->choice[2 * c->at++];
}

/* Is there another way? */
UNUSED static int again(ctx *c)
{
	while (c->made && c->choice[2 * c->made - 2] + 1 >= c->choice[2 * c->made - 1])
		c->made--;
	if (c->made)
		c->choice[2 * c->made - 2]++;
	return c->made != 0;
}

#endif
