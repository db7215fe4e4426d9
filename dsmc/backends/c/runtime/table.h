/* A growing set of numbers, each perhaps with a value; many threads may put numbers in.
 *
 * Open addressing in `SUBS` tables of one size, chosen by the highest bits of the hash. A number is in
 * the line of the cache that its hash names, or, where that is full, in one after it: a line is filled
 * from the left and compared at once. The line is the hash scaled to the size, so that growing a table is a
 * pass from left to right over both (Maier, Sanders, Dementiev, "Concurrent Hash Tables: Fast and
 * General(?)!", section 5.3.1), and only one of them takes memory twice. Nobody puts anything in
 * while they grow: see grow.c.
 *
 * The hash is a permutation of the numbers of so many bits, so the line tells a part of the number. A
 * narrow table keeps the rest alone, and how many lines further the number is, in 32 bits (quotienting:
 * Knuth, "The Art of Computer Programming" 3, section 6.4, exercise 13; Cleary, "Compact Hash Tables
 * Using Bidirectional Linear Probing", IEEE ToC 1984): half the memory, and just as exact.
 */
#ifndef DSMC_TABLE_H
#define DSMC_TABLE_H

#include "model.h"
#include "platform.h"
#include "values.h"

#define LINE 8 /* numbers in a line of the cache */
#define NARROW_LINE 16 /* in a line of a narrow table */
#define MOST_REST 26 /* bits of the rest of a number: those left count up to 62 lines */
#define SUB_BITS 4
#define SUBS (1 << SUB_BITS)
#define SUB_SHIFT (64 - SUB_BITS)

/* Memory of the system. */
typedef struct room {
	void *at;
	u64 bytes;
} room;

typedef struct sub {
	u64 *key;   /* a number plus one; 0: empty. Behind the lines: 1, if the greatest number is there */
	u32 *value;
	u64 used;
	room own;   /* what it is in, if it is large */
} sub;

typedef struct table {
	sub sub[SUBS];
	room together; /* what small ones are in */
	u64 lines;  /* in each */
	u64 most;   /* numbers in each; */
	u32 spare;  /* so many more fit: what may come between two looks */
	u32 rest;   /* of narrow tables: bits that are kept of a number; 0: they are wide */
	u32 full;   /* did a number find no room? */
	u32 grown;  /* so many times */
	u32 valued;
	u32 bits;   /* of a number */
} table;

/* A permutation of the numbers of so many bits: to the left, as the lines are told by the left. */
static inline u64 mix(u64 key, u32 bits)
{
	u64 all = ~0ull >> (64 - bits);
	key = key * 0x9E3779B97F4A7C15ull & all;
	key ^= key >> bits / 2;
	key = key * 0xD6E8FEB86659FD93ull & all;
	key ^= key >> bits / 2;
	return key << (64 - bits);
}

/* Where the line of a number is among so many. */
static inline u64 line_in(u64 lines, u64 hash)
{
	return ((hash << SUB_BITS >> 32) * lines >> 32) * LINE;
}

static inline u64 *line_of(const table *t, u64 hash)
{
	return t->sub[hash >> SUB_SHIFT].key + line_in(t->lines, hash);
}

#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__)
static inline u32 places(__m256i a, __m256i b)
{
	return (u32)_mm256_movemask_pd((__m256d)a) | (u32)_mm256_movemask_pd((__m256d)b) << 4;
}

static inline u32 narrow_places(__m256i a, __m256i b)
{
	return (u32)_mm256_movemask_ps((__m256)a) | (u32)_mm256_movemask_ps((__m256)b) << 8;
}
#endif

/* Ask for the place of a number, and of its value, in a table of values. */
static inline void table_ask(const table *t, u64 hash)
{
	const sub *s = &t->sub[hash >> SUB_SHIFT];
	const u64 *line = line_of(t, hash);
	PREFETCH(line);
	PREFETCH(s->value + (line - s->key));
}

/* Which of the numbers of a line are this one, and which places are empty: bits. Both are of one look:
 * between two, another thread may put this very number in, and it would be there twice. */
static inline u32 in_line(const u64 *line, u64 wanted, u32 *empty)
{
#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__)
	__m256i w = _mm256_set1_epi64x((i64)wanted), none = _mm256_setzero_si256();
	__m256i a = ((const volatile __m256i *)line)[0], b = ((const volatile __m256i *)line)[1];
	*empty = places(_mm256_cmpeq_epi64(a, none), _mm256_cmpeq_epi64(b, none));
	return places(_mm256_cmpeq_epi64(a, w), _mm256_cmpeq_epi64(b, w));
#else
	u32 found = 0;
	*empty = 0;
	for (u32 i = 0; i < LINE; i++) {
		u64 here = LOAD(&line[i]);
		found |= (u32)(here == wanted) << i;
		*empty |= (u32)(here == 0) << i;
	}
	return found;
#endif
}

/* Room for `expected` numbers of so many bits, 8 to 64. False: no memory. */
int table_open(table *t, u64 expected, u32 bits, int valued, u32 spare);
void table_close(table *t);
/* Put a number that is new; its value, if there are values. False: no memory, or it was there. */
int table_add(table *t, u64 key, u32 value);
/* The value of a number; NULL if it is not there. */
const u32 *table_find(const table *t, u64 key);
/* Is one of the tables too full? */
int table_is_full(const table *t);
/* Open larger ones. False: no memory. */
int table_begin(table *larger, const table *t);
/* Move one of them: threads may do that for several. */
void table_move(table *larger, table *t, u32 which);
/* All have been moved. False (as good as never): a number is too far from its line, and lost. */
int table_end(table *t, const table *larger);
/* So many numbers may come between two looks. */
void table_spare(table *t, u32 spare);

/* Is one of them with so many more numbers too full? */
static inline int is_full(const table *t, const sub *s, u64 more)
{
	return s->used + more > t->most;
}

/* Take a place that was empty; where others do the same, perhaps another was faster: false, and what it
 * put there is in `*found`. */
#define TAKE(place, found, wanted, shared) \
	((shared) ? SWAP_IF(place, found, wanted) : (*(place) = (wanted), 1))

/* The place of the greatest number, which plus one is 0. */
static inline u64 *put_greatest(const table *t, const sub *s, int *is_new)
{
	u64 *place = s->key + t->lines * LINE, found = 0;
	*is_new = SWAP_IF(place, &found, 1);
	return place;
}

/* The place of a number in its table; `*is_new` tells whether it was put there now. Do others put
 * numbers in, too? */
static inline u64 *table_put(const table *t, u64 hash, u64 key, int *is_new, int shared)
{
	const sub *s = &t->sub[hash >> SUB_SHIFT];
	u64 wanted = key + 1, *line = line_of(t, hash);
	if (!LIKELY(wanted))
		return put_greatest(t, s, is_new);
	for (;;) {
		u32 empty, here = in_line(line, wanted, &empty);
		if (LIKELY(here)) {
			*is_new = 0;
			return line + lowest(here);
		}
		if (!empty) {
			line += LINE;
			if (line == s->key + t->lines * LINE)
				line = s->key;
			continue;
		}
		u64 *place = line + lowest(empty), found = 0;
		if (TAKE(place, &found, wanted, shared)) {
			*is_new = 1;
			return place;
		}
	}
}

/* The same for a line of a narrow table. */
static inline u32 in_narrow_line(const u32 *line, u32 wanted, u32 *empty)
{
#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__)
	__m256i w = _mm256_set1_epi32((int)wanted), none = _mm256_setzero_si256();
	__m256i a = ((const volatile __m256i *)line)[0], b = ((const volatile __m256i *)line)[1];
	*empty = narrow_places(_mm256_cmpeq_epi32(a, none), _mm256_cmpeq_epi32(b, none));
	return narrow_places(_mm256_cmpeq_epi32(a, w), _mm256_cmpeq_epi32(b, w));
#else
	u32 found = 0;
	*empty = 0;
	for (u32 i = 0; i < NARROW_LINE; i++) {
		u32 here = LOAD(&line[i]);
		found |= (u32)(here == wanted) << i;
		*empty |= (u32)(here == 0) << i;
	}
	return found;
#endif
}

enum { THERE, NEW, NO_ROOM };

/* The rest of a number is what its line does not tell: the last of its bits, which come last in the hash. */
typedef struct narrowing {
	u32 shift, mask;
} narrowing;

static inline narrowing narrowing_of(const table *t)
{
	return (narrowing){64 - t->bits, (1u << t->rest) - 1};
}

static inline u32 rest_in(narrowing n, u64 hash)
{
	return (u32)(hash >> n.shift) & n.mask;
}

static inline int narrow_put(table *t, u64 hash, int shared)
{
	const sub *s = &t->sub[hash >> SUB_SHIFT];
	u32 rest = rest_in(narrowing_of(t), hash), *line = (u32 *)line_of(t, hash);
	for (u32 further = 0; further < (1u << (32 - t->rest)) - 1; further++, line += NARROW_LINE) {
		u32 wanted = (further << t->rest | rest) + 1, empty;
		if (line == (u32 *)(s->key + t->lines * LINE))
			line = (u32 *)s->key;
		if (LIKELY(in_narrow_line(line, wanted, &empty)))
			return THERE;
		while (empty) {
			u32 found = 0;
			if (TAKE(line + lowest(empty), &found, wanted, shared))
				return NEW;
			if (found == wanted)
				return THERE;
			empty &= empty - 1;
		}
	}
	STORE(&t->full, 1);
	return NO_ROOM;
}

/* Put a number plus one into a line of a set without values, if it belongs there; mostly it is there.
 * NO_ROOM: it is to be put in with more care. */
static inline int put_near(u64 *line, u64 wanted, int shared)
{
	u32 empty;
	if (LIKELY(in_line(line, wanted, &empty) && wanted))
		return THERE;
	if (shared || !empty || !wanted)
		return NO_ROOM;
	line[lowest(empty)] = wanted;
	return NEW;
}

/* The same of a number's rest, and a narrow line. */
static inline int narrow_put_near(u32 *line, u32 wanted, int shared)
{
	u32 empty;
	if (LIKELY(in_narrow_line(line, wanted, &empty)))
		return THERE;
	if (shared || !empty)
		return NO_ROOM;
	line[lowest(empty)] = wanted;
	return NEW;
}

/* Put a number into a set without values; if there is no room for it, the table has to grow first. */
static inline int set_put(table *t, u64 hash, u64 key, int shared)
{
	int is_new;
	if (t->rest)
		return narrow_put(t, hash, shared);
	table_put(t, hash, key, &is_new, shared);
	return is_new ? NEW : THERE;
}

#endif
