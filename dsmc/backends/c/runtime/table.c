#include "table.h"

#define PAGE_OF_SYSTEM 4096ull
#define MANY_NUMBERS (1u << 16) /* numbers that are expected, and not only room for more */

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

/* Where it is large, in large pages: these are found with fewer steps. */
static void *room_open(room *r, u64 bytes)
{
	int large = bytes > LARGE_PAGE; /* smaller ones begin where a page does: with a line */
	r->bytes = large ? bytes + LARGE_PAGE : bytes;
	r->at = fresh(r->bytes);
	if (!large || !r->at)
		return r->at;
	in_large_pages(r->at, r->bytes);
	return (void *)large_page_after(r->at);
}

static void room_close(room *r)
{
	if (r->at)
		munmap(r->at, r->bytes);
	r->at = NULL;
}

/* What one of the tables takes: its keys, and their values behind them. */
static u64 bytes_of(const table *t)
{
	return (t->lines + 1) * LINE * (sizeof(u64) + (t->valued ? sizeof(u32) : 0));
}

/* The system gives the pages at once, to be written: a page that is read first is given twice, and all
 * threads are told. */
static void ask_for_pages(const table *t, u32 which)
{
#if defined(MADV_POPULATE_WRITE) && !defined(__TINYC__)
	u64 at = (u64)t->sub[which].key, begin = at & ~(PAGE_OF_SYSTEM - 1);
	madvise((void *)begin, at + bytes_of(t) - begin, MADV_POPULATE_WRITE);
#else
	(void)t, (void)which;
#endif
}

void table_close(table *t)
{
	for (u32 i = 0; i < SUBS; i++)
		room_close(&t->sub[i].own);
	room_close(&t->together);
	memset(t->sub, 0, sizeof t->sub);
}

void table_spare(table *t, u32 spare)
{
	u64 most = t->rest ? t->lines * NARROW_LINE / 16 * 12 : t->lines * LINE / 16 * 13;
	t->spare = spare;
	t->most = most > spare ? most - spare : 0;
}

/* Small tables are in one room, so that its pages are large sooner; of large ones each has its own, which it
 * gives back when it has been moved. */
static u64 *sub_open(table *t, u32 which)
{
	u64 bytes = bytes_of(t);
	if (bytes > LARGE_PAGE)
		return room_open(&t->sub[which].own, bytes);
	u64 *first = which ? t->sub[0].key : room_open(&t->together, SUBS * bytes);
	return first ? first + which * (bytes / sizeof(u64)) : NULL;
}

/* Room for tables of so many lines. False: no memory, and no room. */
static int subs_open(table *t, u64 lines, u32 rest)
{
	memset(t->sub, 0, sizeof t->sub);
	memset(&t->together, 0, sizeof t->together);
	t->lines = lines;
	t->rest = rest;
	table_spare(t, t->spare);
	for (u32 i = 0; i < SUBS; i++) {
		u64 *key = sub_open(t, i);
		if (!key) {
			table_close(t);
			return 0;
		}
		t->sub[i].key = key;
		t->sub[i].value = t->valued ? (u32 *)(key + (lines + 1) * LINE) : NULL;
	}
	return 1;
}

int table_open(table *t, u64 expected, u32 bits, int valued, u32 spare)
{
	memset(t, 0, sizeof *t);
	t->bits = bits;
	t->valued = (u32)valued;
	t->spare = spare;
	if (!subs_open(t, (expected / SUBS * 2 + 4 * (u64)spare) / LINE + 8, 0))
		return 0;
	for (u32 i = 0; i < SUBS && expected >= MANY_NUMBERS; i++)
		ask_for_pages(t, i);
	return 1;
}

/* Small tables grow fast, large ones are kept full. */
static u64 next_size(u64 lines)
{
	return lines < 1 << 11 ? lines * 4 : lines < 1 << 16 ? lines * 2 : lines / 4 * 5;
}

/* The bits that a narrow table of so many lines keeps of a number; 0: there is no such table. */
static u32 rest_of(const table *t, u64 lines)
{
	u32 told = SUB_BITS + (u32)lowest(lines);
	return !t->valued && t->bits > told && t->bits - told <= MOST_REST ? t->bits - told : 0;
}

static void move_wide(table *to, const sub *from, u64 lines)
{
	u64 end = lines * LINE;
	for (u64 i = 0; i <= end; i++) {
		int is_new;
		u64 key = from->key[i] - 1, hash = mix(key, to->bits);
		if (!from->key[i])
			continue;
		u64 *place = table_put(to, hash, key, &is_new, 0);
		sub *own = &to->sub[hash >> SUB_SHIFT];
		if (own->value)
			own->value[place - own->key] = from->value[i];
	}
}

static void narrow_down(table *to, const sub *from, u64 lines)
{
	for (u64 i = 0; i <= lines * LINE; i++)
		if (from->key[i])
			narrow_put(to, mix(from->key[i] - 1, to->bits), 0);
}

/* A number's hash is its table, its line and its rest. */
static void move_narrow(table *to, const table *from, u32 which)
{
	u32 shift = 64 - from->bits;
	for (u64 i = 0; i < from->lines * NARROW_LINE; i++) {
		u32 entry = ((const u32 *)from->sub[which].key)[i];
		if (!entry--)
			continue;
		u64 line = (i / NARROW_LINE - (entry >> from->rest)) & (from->lines - 1);
		u64 number = line << from->rest | (entry & ((1u << from->rest) - 1));
		narrow_put(to, (u64)which << SUB_SHIFT | number << shift, 0);
	}
}

void table_move(table *larger, table *t, u32 which)
{
	sub *s = &t->sub[which];
	ask_for_pages(larger, which);
	if (!larger->rest)
		move_wide(larger, s, t->lines);
	else if (t->rest)
		move_narrow(larger, t, which);
	else
		narrow_down(larger, s, t->lines);
	larger->sub[which].used = s->used;
	room_close(&s->own);
}

/* They are narrow if that is possible. */
int table_begin(table *larger, const table *t)
{
	/* A narrow one of which so many lines are full needs more: they double. */
	u64 lines = t->rest ? t->lines * 2 : 16, next = next_size(t->lines);
	u64 wanted = next * (t->rest ? NARROW_LINE : LINE);
	while (lines * NARROW_LINE < wanted / 4 * 3)
		lines *= 2;
	u32 rest = rest_of(t, lines);
	*larger = *t;
	larger->full = 0;
	larger->grown++;
	return subs_open(larger, rest ? lines : next, rest);
}

int table_end(table *t, const table *larger)
{
	table_close(t);
	*t = *larger;
	return !t->full;
}

int table_is_full(const table *t)
{
	u32 full = t->full;
	for (u32 i = 0; i < SUBS; i++)
		full |= (u32)is_full(t, &t->sub[i], 0);
	return (int)full;
}

/* False: no memory; what is there stays. */
static int grow(table *t)
{
	table larger;
	if (!table_begin(&larger, t))
		return 0;
	for (u32 i = 0; i < SUBS; i++)
		table_move(&larger, t, i);
	return table_end(t, &larger);
}

int table_add(table *t, u64 key, u32 value)
{
	u64 hash = mix(key, t->bits);
	sub *own = &t->sub[hash >> SUB_SHIFT];
	if (is_full(t, own, 1) && !grow(t))
		return 0;
	own->used++;
	if (!t->valued)
		return set_put(t, hash, key, 0) == NEW;
	int is_new;
	u64 *place = table_put(t, hash, key, &is_new, 0);
	own->value[place - own->key] = value;
	return is_new;
}

const u32 *table_find(const table *t, u64 key)
{
	u64 hash = mix(key, t->bits), wanted = key + 1;
	const sub *s = &t->sub[hash >> SUB_SHIFT];
	const u64 *line = line_of(t, hash), *end = s->key + t->lines * LINE;
	if (!wanted)
		return *end ? s->value + t->lines * LINE : NULL;
	for (;;) {
		u32 empty, here = in_line(line, wanted, &empty);
		if (here)
			return s->value + (line - s->key) + lowest(here);
		if (empty)
			return NULL;
		line = line + LINE == end ? s->key : line + LINE;
	}
}
