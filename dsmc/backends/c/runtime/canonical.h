/* One state for all that differ in names only, for generated code: see `reduce/canonical.py`.
 *
 * Before this stand NAMES, the number of all names that are renamed, KINDS, that of their types,
 * `first_name`, where the names of each type begin, of each name `kind_of`, its type's number, and
 * `ordinal_of`, STATE_WORDS, COMPLETE (are names that see the same alike?) and ALL, in how many ways
 * names can be exchanged (0: too many to count).
 */

/* ---- hashes of what a name sees: the same on all machines and by all compilers */

/* A part of what is seen in no order: such parts are added. */
UNUSED static u64 apart(u64 v)
{
	v = (v + 0x632BE59BD9B4E019ull) * 0xD6E8FEB86659FD93ull;
	v = (v ^ v >> 32) * 0xD6E8FEB86659FD93ull;
	return v ^ v >> 29;
}

/* The next part of what is seen in order. */
UNUSED static u64 stir(u64 hash, u64 v)
{
	return (hash ^ hash >> 32) * 0x9E3779B97F4A7C15ull + apart(v);
}

UNUSED static u64 words_seen(const u64 *v, u32 n)
{
	u64 hash = n;
	for (u32 i = 0; i < n; i++)
		hash = stir(hash, v[i]);
	return hash;
}

UNUSED static u64 box_seen(const box *b, const shape *s);

UNUSED static u64 item_seen(const u64 *item, u32 width, const shape *of)
{
	return of ? box_seen(BOX(item[0]), of) : words_seen(item, words_of(width));
}

UNUSED static u64 box_seen(const box *b, const shape *s)
{
	u64 hash = s->cases ? b->item[0] : b->count;
	if (s->cases) {
		const part *p = s->parts[b->item[0]];
		for (u32 i = 0; i < s->counts[b->item[0]]; i++)
			hash = stir(hash, item_seen(b->item + p[i].at, p[i].bits, p[i].of));
		return hash;
	}
	for (u32 i = 0, words = words_of(s->bits); i < b->count; i++)
		hash = stir(hash, item_seen(b->item + i * words, s->bits, s->of));
	return hash;
}

/* ---- what is generated for each system */

/* What each name sees. */
static void look_around(const u64 *s, u64 *seen);
/* The state with its names replaced: `to` is the new ordinal of each. */
static void rename_all(ctx *c, const u64 *s, u64 *out, const u16 *to);
static int state_compare(const u64 *a, const u64 *b);

/* ---- orders of names: which stands at each place */

/* The names in the order of what they see; where each goes. Is there a tie? */
static int sort_names(const u64 *seen, u16 *order, u16 *to)
{
	int tied = 0;
	for (u32 k = 0; k < KINDS; k++) {
		u32 begin = first_name[k], end = first_name[k + 1];
		for (u32 i = begin; i < end; i++) {
			u32 at = i;
			for (; at > begin && seen[order[at - 1]] > seen[i]; at--)
				order[at] = order[at - 1];
			tied |= at > begin && seen[order[at - 1]] == seen[i];
			order[at] = (u16)i;
		}
		for (u32 i = begin; i < end; i++)
			to[order[i]] = (u16)(i - begin);
	}
	return tied;
}

/* Where the names end that see the same as the one at a place. */
static u32 end_of_tie(const u64 *seen, const u16 *order, u32 at)
{
	u32 end = at + 1, last = first_name[kind_of[at] + 1];
	while (end < last && seen[order[end]] == seen[order[at]])
		end++;
	return end;
}

static u64 factorial(u32 n)
{
	u64 product = 1;
	for (; n > 1; n--)
		product *= n;
	return product;
}

/* How many states differ from one in names only, where names that see the same are alike. */
static u64 all_but_ties(const u64 *seen, const u16 *order)
{
	u64 size = ALL;
	for (u32 at = 0, end; size && at < NAMES; at = end) {
		end = end_of_tie(seen, order, at);
		size /= factorial(end - at);
	}
	return size;
}

/* ---- ties in every way that makes a difference */

UNUSED static void swap(u16 *v, u32 a, u32 b)
{
	u16 before = v[a];
	v[a] = v[b];
	v[b] = before;
}

/* Does it change nothing to exchange two names? */
UNUSED static int are_alike(ctx *c, const u64 *s, u16 a, u16 b)
{
	u16 to[NAMES];
	u64 other[STATE_WORDS];
	char *heap = c->heap, *end = c->heap_end;
	for (u32 i = 0; i < NAMES; i++)
		to[i] = ordinal_of[i];
	swap(to, a, b);
	rename_all(c, s, other, to);
	int same = !state_compare(s, other);
	if (c->heap_end == end)
		c->heap = heap;
	return same;
}

/* Group the names of a tie: those of a group are alike, stand side by side, and have its number. How
 * many ways there are to put groups in order that change nothing. */
UNUSED static u64 group(ctx *c, const u64 *s, u16 *order, u16 *number, u32 begin, u32 end)
{
	u64 ways = 1;
	u16 groups = 0;
	for (u32 at = begin; at < end; groups++) {
		u32 first = at++;
		number[first] = groups;
		for (u32 i = at; i < end; i++)
			if (are_alike(c, s, order[first], order[i])) {
				swap(order, at, i);
				number[at++] = groups;
				ways *= at - first;
			}
	}
	return ways;
}

/* The next of the ways to put numbers in a row; the first again, and 0, after the last. */
UNUSED static int next_row(u16 *number, u32 n)
{
	u32 at = n, with = n;
	while (--at && number[at - 1] >= number[at])
		;
	int more = at != 0;
	if (more) {
		while (number[--with] <= number[at - 1])
			;
		swap(number, at - 1, with);
	}
	for (u32 last = n; at + 1 < last; at++)
		swap(number, at, --last);
	return more;
}

/* Where each name goes: the groups' members come as their numbers do. */
UNUSED static void arrange(const u16 *order, const u16 *number, u32 begin, u32 end, u16 *to)
{
	for (u32 i = begin; i < end; i++) {
		u32 at = begin;
		for (u32 k = begin; k < end; k++)
			at += number[k] < number[i] || (k < i && number[k] == number[i]);
		to[order[at]] = ordinal_of[i];
	}
}

/* The ties of a state. */
typedef struct ties {
	u32 count, begin[NAMES], end[NAMES];
	u16 order[NAMES], number[NAMES];
} ties;

UNUSED static int next_rows(ties *t, u16 *to)
{
	for (u32 i = 0; i < t->count; i++) {
		int more = next_row(t->number + t->begin[i], t->end[i] - t->begin[i]);
		arrange(t->order, t->number, t->begin[i], t->end[i], to);
		if (more)
			return 1;
	}
	return 0;
}

/* The least of the states in which the names are in order; how many states differ in names only. */
UNUSED static u64 least(ctx *c, const u64 *s, u64 *out, ties *t, u16 *to, u64 ways)
{
	u64 other[STATE_WORDS], hits = 1;
	rename_all(c, s, out, to);
	while (next_rows(t, to)) {
		char *heap = c->heap, *end = c->heap_end;
		rename_all(c, s, other, to);
		int order = state_compare(other, out);
		if (order < 0) {
			copy(out, other, STATE_WORDS);
			hits = 1;
			continue;
		}
		hits += !order;
		if (c->heap_end == end)
			c->heap = heap;
	}
	return ALL ? ALL / (hits * ways) : 0;
}

UNUSED static u64 break_ties(ctx *c, const u64 *s, u64 *out, const u64 *seen, ties *t, u16 *to)
{
	u64 ways = 1;
	t->count = 0;
	for (u32 at = 0, end; at < NAMES; at = end) {
		end = end_of_tie(seen, t->order, at);
		if (end - at == 1)
			continue;
		t->begin[t->count] = at;
		t->end[t->count++] = end;
		ways *= group(c, s, t->order, t->number, at, end);
		arrange(t->order, t->number, at, end, to);
	}
	return least(c, s, out, t, to, ways);
}

/* The canonical form of a state; for how many states it stands (0: too many to count). */
static u64 canonical(ctx *c, const u64 *s, u64 *out)
{
	u64 seen[NAMES + 1];
	u16 to[NAMES];
	ties t;
	look_around(s, seen);
	int tied = sort_names(seen, t.order, to);
	if (tied && !COMPLETE)
		return break_ties(c, s, out, seen, &t, to);
	rename_all(c, s, out, to);
	return tied ? all_but_ties(seen, t.order) : ALL;
}
