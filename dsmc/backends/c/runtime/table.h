/* A growing set of numbers, each perhaps with a value; many threads may put numbers in.
 *
 * Open addressing in `SUBS` tables chosen by the highest bits of the hash. The place in a table is the
 * hash scaled to its size, so that growing one is a pass from left to right over both (Maier, Sanders,
 * Dementiev, "Concurrent Hash Tables: Fast and General(?)!", section 5.3.1), and only one of them is
 * there twice. Nobody puts anything in while a table grows: see `pause_all` in search.c.
 */
#ifndef DSMC_TABLE_H
#define DSMC_TABLE_H

#include "model.h"
#include "platform.h"

#define SUBS 64

typedef struct sub {
	u64 *key;   /* a number plus one; 0: empty */
	u32 *value;
	u64 size, used;
} sub;

typedef struct table {
	sub sub[SUBS];
	u32 valued;
	u32 spare;  /* so many numbers fit in a full table: what may come between two looks */
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
	return &t->sub[hash >> 58];
}

static inline u64 slot_of(const sub *s, u64 hash)
{
	return (hash << 6 >> 32) * s->size >> 32;
}

/* Room for `expected` numbers. False: no memory. */
int table_open(table *t, u64 expected, int valued, u32 spare);
void table_close(table *t);
/* Make the tables larger that are too full. False: no memory; what is there stays. */
int table_grow(table *t);
/* Is a table with so many more numbers too full? */
int sub_is_full(const table *t, const sub *s, u64 more);

/* The place of a number; `*is_new` tells whether it was put there now. */
static inline u64 *table_put(sub *s, u64 hash, u64 key, int *is_new)
{
	u64 wanted = key + 1, at = slot_of(s, hash);
	for (;;) {
		u64 found = LOAD(&s->key[at]);
		if (found == wanted) {
			*is_new = 0;
			return &s->key[at];
		}
		if (!found) {
			if (SWAP_IF(&s->key[at], &found, wanted)) {
				*is_new = 1;
				return &s->key[at];
			}
			if (found == wanted) {
				*is_new = 0;
				return &s->key[at];
			}
		}
		if (++at == s->size)
			at = 0;
	}
}

#endif
