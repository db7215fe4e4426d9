/* A growing set of numbers, each perhaps with a value; many threads may put numbers in.
 *
 * Open addressing in `SUBS` tables chosen by the highest bits of the hash. A number is in the line of
 * the cache that its hash names, or, where that is full, in one after it: a line is filled from the
 * left and compared at once. The line is the hash scaled to the size, so that growing a table is a
 * pass from left to right over both (Maier, Sanders, Dementiev, "Concurrent Hash Tables: Fast and
 * General(?)!", section 5.3.1), and only one of them is there twice. Nobody puts anything in while a table grows: see `pause_all` in search.c.
 */
#ifndef DSMC_TABLE_H
#define DSMC_TABLE_H

#include "model.h"
#include "platform.h"
#include "values.h"

#define LINE 8 /* numbers in a line of the cache */
#define SUB_BITS 4
#define SUBS (1 << SUB_BITS)
#define SUB_SHIFT (64 - SUB_BITS)

typedef struct sub {
	u64 *key;   /* a number plus one; 0: empty. Behind the lines: 1, if the greatest number is there */
	u32 *value;
	u64 lines, used;
	void *room; /* what the keys are in: they begin where a large page does */
	u64 bytes;
} sub;

typedef struct table {
	sub sub[SUBS];
	u32 valued;
	u32 spare; /* so many numbers fit in a full table: what may come between two looks */
} table;

static inline u64 mix(u64 key)
{
	key *= 0x9E3779B97F4A7C15ull;
	key ^= key >> 32;
	key *= 0xD6E8FEB86659FD93ull;
	return key ^ key >> 32;
}

static inline sub *sub_of(table *t, u64 hash)
{
	return &t->sub[hash >> SUB_SHIFT];
}

static inline u64 *line_of(const sub *s, u64 hash)
{
	return s->key + ((hash << SUB_BITS >> 32) * s->lines >> 32) * LINE;
}

#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__)
static inline u32 places(__m256i a, __m256i b)
{
	return (u32)_mm256_movemask_pd((__m256d)a) | (u32)_mm256_movemask_pd((__m256d)b) << 4;
}
#endif

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

/* Room for `expected` numbers. False: no memory. */
int table_open(table *t, u64 expected, int valued, u32 spare);
void table_close(table *t);
/* Make the tables larger that are too full. False: no memory; what is there stays. */
int table_grow(table *t);

/* Is a table with so many more numbers too full? */
static inline int sub_is_full(const table *t, const sub *s, u64 more)
{
	return s->used + more + t->spare > s->lines * LINE / 16 * 13;
}

/* The place of the greatest number, which plus one is 0. */
static inline u64 *put_greatest(sub *s, int *is_new)
{
	u64 *place = s->key + s->lines * LINE, found = 0;
	*is_new = SWAP_IF(place, &found, 1);
	return place;
}

/* The place of a number; `*is_new` tells whether it was put there now. */
static inline u64 *table_put(sub *s, u64 hash, u64 key, int *is_new)
{
	u64 wanted = key + 1, *line = line_of(s, hash);
	if (!LIKELY(wanted))
		return put_greatest(s, is_new);
	for (;;) {
		u32 empty, here = in_line(line, wanted, &empty);
		if (LIKELY(here)) {
			*is_new = 0;
			return line + lowest(here);
		}
		if (!empty) {
			line += LINE;
			if (line == s->key + s->lines * LINE)
				line = s->key;
			continue;
		}
		u64 *place = line + lowest(empty), found = 0;
		if (SWAP_IF(place, &found, wanted)) {
			*is_new = 1;
			return place;
		}
	}
}

#endif
