#include "table.h"

#define LARGE_PAGE (2ull << 20)

/* Memory of the system, all 0. */
static void *fresh(u64 bytes)
{
#ifdef __TINYC__
	void *p = mmap(NULL, bytes, 3, 0x22, -1, 0);
	return p == (void *)-1 ? NULL : p;
#else
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
#endif
}

/* Room for the keys; of a large table in large pages, which are found with fewer steps. */
static int room_for(sub *s, u64 bytes)
{
	int large = bytes > LARGE_PAGE; /* smaller ones begin where a page does: with a line */
	s->bytes = large ? bytes + LARGE_PAGE : bytes;
	s->room = fresh(s->bytes);
	if (!s->room)
		return 0;
	s->key = s->room;
#if defined(MADV_HUGEPAGE) && !defined(__TINYC__)
	if (large) {
		s->key = (u64 *)(((u64)s->room + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1));
		madvise(s->key, bytes, MADV_HUGEPAGE);
	}
#endif
	return 1;
}

static int sub_open(sub *s, u64 lines, int valued)
{
	memset(s, 0, sizeof *s);
	s->lines = lines;
	if (valued)
		s->value = fresh((lines + 1) * LINE * sizeof(u32));
	return room_for(s, (lines + 1) * LINE * sizeof(u64)) && (!valued || s->value);
}

static void sub_close(sub *s)
{
	if (s->room)
		munmap(s->room, s->bytes);
	if (s->value)
		munmap(s->value, (s->lines + 1) * LINE * sizeof(u32));
	memset(s, 0, sizeof *s);
}

int table_open(table *t, u64 expected, int valued, u32 spare)
{
	t->valued = (u32)valued;
	t->spare = spare;
	u64 lines = (expected / SUBS * 2 + 4 * (u64)spare) / LINE + 8;
	memset(t->sub, 0, sizeof t->sub);
	for (u32 i = 0; i < SUBS; i++)
		if (!sub_open(&t->sub[i], lines, valued))
			return 0;
	return 1;
}

void table_close(table *t)
{
	for (u32 i = 0; i < SUBS; i++)
		sub_close(&t->sub[i]);
}

/* Small tables grow fast, large ones are kept full. */
static u64 next_size(const sub *s)
{
	u64 lines = s->lines;
	return lines < 1 << 13 ? lines * 4 : lines < 1 << 16 ? lines * 2 : lines / 4 * 5;
}

static void move(sub *to, const sub *from)
{
	u64 end = from->lines * LINE;
	for (u64 i = 0; i <= end; i++) {
		int is_new;
		u64 key = from->key[i] - 1;
		if (!from->key[i])
			continue;
		u64 *place = i < end ? table_put(to, mix(key), key, &is_new) : put_greatest(to, &is_new);
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
