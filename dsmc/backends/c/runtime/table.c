#include "table.h"

/* Memory of the system, all 0: large pages where they help. */
static void *fresh(u64 bytes)
{
#ifdef __TINYC__
	void *p = mmap(NULL, bytes, 3, 0x22, -1, 0);
	return p == (void *)-1 ? NULL : p;
#else
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
#ifdef MADV_HUGEPAGE
	if (bytes >= 4u << 20)
		madvise(p, bytes, MADV_HUGEPAGE);
#endif
	return p;
#endif
}

static int sub_open(sub *s, u64 size, int valued)
{
	s->key = fresh(size * sizeof(u64));
	s->value = valued ? fresh(size * sizeof(u32)) : NULL;
	s->size = size;
	s->used = 0;
	return s->key && (!valued || s->value);
}

static void sub_close(sub *s)
{
	if (s->key)
		munmap(s->key, s->size * sizeof(u64));
	if (s->value)
		munmap(s->value, s->size * sizeof(u32));
	s->key = NULL;
	s->value = NULL;
}

int table_open(table *t, u64 expected, int valued, u32 spare)
{
	t->valued = (u32)valued;
	t->spare = spare;
	u64 size = expected / SUBS * 2 + 4 * (u64)spare + 64;
	for (u32 i = 0; i < SUBS; i++)
		if (!sub_open(&t->sub[i], size, valued))
			return 0;
	return 1;
}

void table_close(table *t)
{
	for (u32 i = 0; i < SUBS; i++)
		sub_close(&t->sub[i]);
}

int sub_is_full(const table *t, const sub *s, u64 more)
{
	return s->used + more + t->spare > s->size / 4 * 3;
}

/* Small tables grow fast, large ones are kept full. */
static u64 next_size(const sub *s)
{
	return s->size < 1 << 14 ? s->size * 4 : s->size < 1 << 17 ? s->size * 2 : s->size / 4 * 5;
}

static void move(sub *to, const sub *from)
{
	for (u64 i = 0; i < from->size; i++) {
		int is_new;
		u64 key = from->key[i];
		if (!key)
			continue;
		u64 *place = table_put(to, mix(key - 1), key - 1, &is_new);
		if (to->value)
			to->value[place - to->key] = from->value[i];
	}
	to->used = from->used;
}

int table_grow(table *t)
{
	for (u32 i = 0; i < SUBS; i++) {
		sub larger, *s = &t->sub[i];
		if (!sub_is_full(t, s, 0))
			continue;
		if (!sub_open(&larger, next_size(s), (int)t->valued)) {
			sub_close(&larger);
			return 0;
		}
		move(&larger, s);
		sub_close(s);
		*s = larger;
	}
	return 1;
}
