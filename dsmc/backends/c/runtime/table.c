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

static int sub_open(sub *s, const table *t, u64 lines, u32 rest)
{
	memset(s, 0, sizeof *s);
	s->lines = lines;
	s->rest = rest;
	s->shift = 64 + SUB_BITS - t->bits;
	if (t->valued)
		s->value = fresh((lines + 1) * LINE * sizeof(u32));
	return room_for(s, (lines + 1) * LINE * sizeof(u64)) && (!t->valued || s->value);
}

static void sub_close(sub *s)
{
	if (s->room)
		munmap(s->room, s->bytes);
	if (s->value)
		munmap(s->value, (s->lines + 1) * LINE * sizeof(u32));
	memset(s, 0, sizeof *s);
}

int table_open(table *t, u64 expected, u32 bits, int valued, u32 spare)
{
	t->bits = bits;
	t->valued = (u32)valued;
	t->spare = spare;
	u64 lines = (expected / SUBS * 2 + 4 * (u64)spare) / LINE + 8;
	memset(t->sub, 0, sizeof t->sub);
	for (u32 i = 0; i < SUBS; i++)
		if (!sub_open(&t->sub[i], t, lines, 0))
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
	return lines < 1 << 11 ? lines * 4 : lines < 1 << 16 ? lines * 2 : lines / 4 * 5;
}

/* The bits that a narrow table of so many lines keeps of a number; 0: there is no such table. */
static u32 rest_of(const table *t, u64 lines)
{
	u32 told = SUB_BITS + (u32)lowest(lines);
	return !t->valued && t->bits > told && t->bits - told <= MOST_REST ? t->bits - told : 0;
}

static void move_wide(sub *to, const sub *from, u32 bits)
{
	u64 end = from->lines * LINE;
	for (u64 i = 0; i <= end; i++) {
		int is_new;
		u64 key = from->key[i] - 1;
		if (!from->key[i])
			continue;
		u64 *place = i < end ? table_put(to, mix(key, bits), key, &is_new) : put_greatest(to, &is_new);
		if (to->value)
			to->value[place - to->key] = from->value[i];
	}
}

static void narrow_down(sub *to, const sub *from, u32 bits)
{
	for (u64 i = 0; i <= from->lines * LINE; i++)
		if (from->key[i])
			narrow_put(to, mix(from->key[i] - 1, bits));
}

/* A number's hash, without what tells the table, is its line and its rest. */
static void move_narrow(sub *to, const sub *from)
{
	for (u64 i = 0; i < from->lines * NARROW_LINE; i++) {
		u32 entry = ((const u32 *)from->key)[i];
		if (!entry--)
			continue;
		u64 line = (i / NARROW_LINE - (entry >> from->rest)) & (from->lines - 1);
		u64 number = line << from->rest | (entry & ((1u << from->rest) - 1));
		narrow_put(to, number << from->shift >> SUB_BITS);
	}
}

/* Move all to a larger table, a narrow one if that is possible. False: no memory, or (as good as
 * never) numbers too far from their lines. */
static int move(const table *t, sub *to, const sub *from)
{
	u64 lines = 16, wanted = next_size(from) * (from->rest ? NARROW_LINE : LINE);
	while (lines * NARROW_LINE < wanted / 4 * 3)
		lines *= 2;
	u32 rest = rest_of(t, lines);
	if (!sub_open(to, t, rest ? lines : next_size(from), rest))
		return 0;
	if (!rest)
		move_wide(to, from, t->bits);
	else if (from->rest)
		move_narrow(to, from);
	else
		narrow_down(to, from, t->bits);
	to->used = from->used;
	return !to->full;
}

/* False if there is no memory; what was there stays. */
static int grow_sub(table *t, sub *s)
{
	sub larger;
	int good = move(t, &larger, s);
	sub_close(good ? s : &larger);
	if (good)
		*s = larger;
	return good;
}

int table_grow(table *t)
{
	for (u32 i = 0; i < SUBS; i++)
		if ((t->sub[i].full || sub_is_full(t, &t->sub[i], 0)) && !grow_sub(t, &t->sub[i]))
			return 0;
	return 1;
}

int table_add(table *t, u64 key, u32 value)
{
	u64 hash = mix(key, t->bits);
	sub *own = sub_of(t, hash);
	if ((own->full || sub_is_full(t, own, 1)) && !table_grow(t))
		return 0;
	own->used++;
	if (!t->valued)
		return set_put(own, hash, key) == NEW;
	int is_new;
	u64 *place = table_put(own, hash, key, &is_new);
	own->value[place - own->key] = value;
	return is_new;
}

const u32 *table_find(const table *t, u64 key)
{
	u64 hash = mix(key, t->bits), wanted = key + 1;
	const sub *s = &t->sub[hash >> SUB_SHIFT];
	const u64 *line = line_of(s, hash), *end = s->key + s->lines * LINE;
	if (!wanted)
		return *end ? s->value + s->lines * LINE : NULL;
	for (;;) {
		u32 empty, here = in_line(line, wanted, &empty);
		if (here)
			return s->value + (line - s->key) + lowest(here);
		if (empty)
			return NULL;
		line = line + LINE == end ? s->key : line + LINE;
	}
}
