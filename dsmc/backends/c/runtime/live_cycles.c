/* Do all runs come to rest? Often nothing comes back: votes are only added, nobody forgets a decision. Then
 * a run that breaks a property stays in one state in the end, and no graph is needed to see that none can: if
 * what begins to break it lasts as long as it is broken, all states in which it is broken are known one by one.
 *
 * A state is cut into fields. A cycle of states goes round in each field: a step in which some field takes a
 * value that the field never leaves again, or leaves one that it never comes to, is in no cycle. Without
 * those steps the same is true of more; if none is left, there is no cycle. (So are steps found that cut
 * all cycles of processes: Kurshan, Levin, Minea, Peled, Yenigun, "Static partial order reduction",
 * TACAS 1998, section 4.) However many states there are, their steps change the fields in few ways: these
 * are the effects, and all that is kept.
 */
#include "live.h"
#include "values.h"

#define EFFECTS (1u << 16) /* so many are too many */
#define SLOTS (2 * EFFECTS)
#define FIELD_BITS 24      /* the first bit of a field */

typedef struct cycles {
	u32 fair;
	u64 begin, stay;
	const u64 *again, *field; /* of each bit of a state: all bits of its field */
	u32 marks, words;
	u64 scanned, steps, look; /* states that were seen; steps; after so many states it is worth a look */
	u32 *slot;               /* by hashes: one more than the number of an effect */
	u64 count;               /* effects */
	list record;             /* of each: the fields that change, before and after */
	list first, from, to;    /* of each: where its changes begin; from which value to which they lead */
	table values;            /* of fields, as numbers */
	u64 numbered;
	u64 *effect;             /* room for the record of one */
} cycles;

enum { NO_MORE = -1, GO_ON, AT_REST, PERHAPS };

void dsmc_cycles_close(cycles *y)
{
	free(y->slot);
	free(y->effect);
	list_free(&y->record);
	list_free(&y->first);
	list_free(&y->from);
	list_free(&y->to);
	table_close(&y->values);
	free(y);
}

/* What breaks a property has all facts of `begin`, then all of `stay`, and each of `again` again and again.
 * NULL: no memory. */
cycles *dsmc_cycles_open(const search *s, u32 fair, u64 begin, u64 stay, const u64 *again, u32 marks,
    const u64 *field)
{
	cycles *y = calloc(1, sizeof *y);
	if (!y)
		return NULL;
	y->fair = fair;
	y->begin = begin | stay;
	y->stay = stay;
	y->again = again;
	y->marks = marks;
	y->field = field;
	y->words = s->m->packed;
	y->look = 1;
	y->slot = calloc(SLOTS, sizeof(u32));
	y->effect = calloc(2 * y->words + 1, sizeof(u64));
	if (y->slot && y->effect && list_add(&y->first, 0) && table_open(&y->values, 64, 64, 1, 0))
		return y;
	dsmc_cycles_close(y);
	return NULL;
}

/* ---- effects */

/* The fields of a word that differ. */
static u64 fields_of(const u64 *field, u64 differs)
{
	u64 all = 0;
	while (differs) {
		u64 one = field[lowest(differs)];
		all |= one;
		differs &= ~one;
	}
	return all;
}

/* What a step does to the fields that it changes; its hash. */
static u64 find_effect(cycles *y, const u64 *from, const u64 *to)
{
	u64 hash = 0;
	for (u32 i = 0; i < y->words; i++) {
		u64 fields = fields_of(y->field + 64 * i, from[i] ^ to[i]);
		y->effect[2 * i] = from[i] & fields;
		y->effect[2 * i + 1] = to[i] & fields;
		hash = mix(hash ^ (from[i] & fields), 64) + i;
		hash = mix(hash ^ (to[i] & fields), 64);
	}
	return hash;
}

static int is_effect(const cycles *y, u64 number)
{
	const u64 *known = y->record.at + number * 2 * y->words;
	for (u32 i = 0; i < 2 * y->words; i++)
		if (known[i] != y->effect[i])
			return 0;
	return 1;
}

/* Where the effect is among those that are known, or is to be. */
static u32 *slot_for(const cycles *y, u64 hash)
{
	u32 *slot = y->slot + (hash >> 32) % SLOTS;
	while (*slot && !is_effect(y, *slot - 1))
		slot = slot + 1 == y->slot + SLOTS ? y->slot : slot + 1;
	return slot;
}

/* The number of a value of a field; NONE: no memory. */
static u32 number_of_value(cycles *y, u64 field, u64 value)
{
	u64 key = value << FIELD_BITS | field;
	const u32 *known = table_find(&y->values, key);
	if (known)
		return *known;
	return table_add(&y->values, key, (u32)y->numbered) ? (u32)y->numbered++ : NONE;
}

/* The changes of fields of one word. */
static int add_changes(cycles *y, u32 word)
{
	u64 before = y->effect[2 * word], after = y->effect[2 * word + 1];
	for (u64 differs = before ^ after; differs;) {
		u64 one = y->field[64 * word + (u32)lowest(differs)];
		u32 begin = (u32)lowest(one);
		u32 from = number_of_value(y, 64 * word + begin, (before & one) >> begin);
		u32 to = number_of_value(y, 64 * word + begin, (after & one) >> begin);
		if (from == NONE || to == NONE || !list_add(&y->from, from) || !list_add(&y->to, to))
			return 0;
		differs &= ~one;
	}
	return 1;
}

static int add_effect(cycles *y, u32 *slot)
{
	for (u32 i = 0; i < 2 * y->words; i++)
		if (!list_add(&y->record, y->effect[i]))
			return 0;
	for (u32 i = 0; i < y->words; i++)
		if (!add_changes(y, i))
			return 0;
	*slot = (u32)++y->count;
	return list_add(&y->first, y->from.count);
}

/* ---- which of them can be in a cycle */

typedef struct left {
	u32 *in, *out;           /* of each value: how many changes lead to it, and from it */
	unsigned char *gone;     /* of each effect: is it in no cycle? */
	u64 count;               /* of those that are not gone */
} left;

static int open_left(const cycles *y, left *l)
{
	l->in = calloc(y->numbered + 1, sizeof(u32));
	l->out = calloc(y->numbered + 1, sizeof(u32));
	l->gone = calloc(y->count + 1, 1);
	l->count = y->count;
	for (u64 i = 0; l->in && l->out && i < y->from.count; i++) {
		l->out[y->from.at[i]]++;
		l->in[y->to.at[i]]++;
	}
	return l->in && l->out && l->gone;
}

static void close_left(left *l)
{
	free(l->in);
	free(l->out);
	free(l->gone);
}

/* Does it change no field for good? */
static int comes_back(const cycles *y, const left *l, u64 effect)
{
	for (u64 i = y->first.at[effect]; i < y->first.at[effect + 1]; i++)
		if (!l->out[y->to.at[i]] || !l->in[y->from.at[i]])
			return 0;
	return 1;
}

/* Take it away, if it is in no cycle. */
static int take_away(const cycles *y, left *l, u64 effect)
{
	if (l->gone[effect] || comes_back(y, l, effect))
		return 0;
	l->gone[effect] = 1;
	l->count--;
	for (u64 i = y->first.at[effect]; i < y->first.at[effect + 1]; i++) {
		l->out[y->from.at[i]]--;
		l->in[y->to.at[i]]--;
	}
	return 1;
}

/* May there be a cycle? Effects are mostly found in the order in which they follow each other, so they are
 * looked at in this order and backwards. */
static int may_go_round(const cycles *y, int *good)
{
	left l;
	*good = open_left(y, &l);
	for (u32 found = 1; *good && found;) {
		found = 0;
		for (u64 i = 0; i < y->count; i++)
			found |= (u32)take_away(y, &l, i);
		for (u64 i = y->count; i-- > 0;)
			found |= (u32)take_away(y, &l, i);
	}
	close_left(&l);
	return l.count > 0;
}

/* ---- all states */

static int has_marks(const cycles *y, u64 facts)
{
	for (u32 i = 0; i < y->marks; i++)
		if (!(facts & y->again[i]))
			return 0;
	return 1;
}

/* The effect of a step, if the property is broken where it leads, too. */
static int note_step(worker *w, cycles *y, const u64 *to)
{
	u64 facts = w->s->m->facts(&w->c, to);
	y->steps++;
	if (!has_all(facts, y->stay))
		return GO_ON;
	u32 *slot = slot_for(y, find_effect(y, w->state, to));
	if (!has_all(facts, y->begin) || (!*slot && y->count == EFFECTS))
		return PERHAPS;
	return *slot || add_effect(y, slot) ? GO_ON : NO_MORE;
}

/* The steps from a state in which the property is broken; can a run stay there? */
static int note_steps(worker *w, cycles *y, u64 facts)
{
	u64 words = w->s->m->words;
	u32 is_owed = 0;
	int found = GO_ON;
	w->c.failed = 0;
	w->s->m->owing(&w->c, w->state);
	for (const u64 *at = w->out; found == GO_ON && at < w->c.out; at += words + 1) {
		is_owed |= at[words] != ~0ull;
		found = note_step(w, y, at);
	}
	if (w->c.failed || (!(y->fair && is_owed) && has_marks(y, facts)))
		return found == NO_MORE ? NO_MORE : PERHAPS;
	return found;
}

static int look_at_next(search *s, cycles *y)
{
	worker *w = &s->workers[0];
	if (y->scanned + AHEAD < s->kept)
		ask_for_parts(s, s->states.at[y->scanned + AHEAD]);
	reset_room(w);
	unfold(w, s->states.at[y->scanned++]);
	u64 facts = s->m->facts(&w->c, w->state);
	return has_all(facts, y->begin) ? note_steps(w, y, facts) : GO_ON;
}

/* Where there is a cycle, it is mostly seen in the first states. */
static int look_for_cycles(const search *s, cycles *y)
{
	int good, may = 0;
	if (y->scanned < y->look && y->scanned < s->kept)
		return GO_ON;
	y->look *= 2;
	may = may_go_round(y, &good);
	return !good ? NO_MORE : may ? PERHAPS : y->scanned == s->kept ? AT_REST : GO_ON;
}

/* Go on until the deadline. AT_REST: no run breaks the property; PERHAPS: that is not said; NO_MORE: there is
 * no memory. All states have been expanded, and none has boxes. */
int dsmc_cycles_go(search *s, cycles *y, double seconds)
{
	double deadline = seconds_now() + seconds;
	u64 count = s->workers[0].c.count;
	int found = GO_ON;
	if (AGAIN(&s->workers[0].back))
		return NO_MORE;
	for (u32 n = 1; found == GO_ON; n++) {
		found = look_at_next(s, y);
		if (found == GO_ON)
			found = look_for_cycles(s, y);
		if (n % WORTH_A_LOOK == 0 && seconds_now() > deadline)
			break;
	}
	s->workers[0].c.count = count;
	reset_room(&s->workers[0]);
	return found;
}

u64 dsmc_cycles_steps(const cycles *y)
{
	return y->steps;
}
