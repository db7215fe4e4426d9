/* What observers of histories answer: each is asked once by each worker, who remembers it.
 *
 * An answer depends on what was asked only, so what is remembered is never wrong; where there is no
 * memory for it, the observer is asked again.
 */
#include "observe.h"
#include "platform.h"

#define FIRST_ROOM 256

static u64 hash_of(u64 head, const u64 *words, u32 count)
{
	u64 h = head * 0x9e3779b97f4a7c15ull;
	for (u32 i = 0; i < count; i++) {
		h = (h ^ words[i]) * 0xff51afd7ed558ccdull;
		h ^= h >> 32;
	}
	return h;
}

/* A question as it is kept: its head, its words, the answer. */
static int is_same(const u64 *kept, u64 head, const u64 *words, u32 count)
{
	if (kept[0] != head)
		return 0;
	for (u32 i = 0; i < count; i++)
		if (kept[i + 1] != words[i])
			return 0;
	return 1;
}

/* Where a question is among the slots, or the free one where it belongs. */
static u64 slot_of(const memory *m, u64 head, const u64 *words, u32 count)
{
	u64 at = hash_of(head, words, count) & (m->room - 1);
	while (m->slot[at] && !is_same(m->kept + m->slot[at] - 1, head, words, count))
		at = (at + 1) & (m->room - 1);
	return at;
}

static u32 length_of(u64 head)
{
	return (u32)(head & 0xffff);
}

static int more_slots(memory *m)
{
	u64 room = m->room ? m->room * 2 : FIRST_ROOM;
	u64 *slot = calloc(room, sizeof(u64));
	if (!slot)
		return 0;
	free(m->slot);
	m->slot = slot;
	m->room = room;
	for (u64 at = 0; at < m->used; at += length_of(m->kept[at]) + 2)
		slot[slot_of(m, m->kept[at], m->kept + at + 1, length_of(m->kept[at]))] = at + 1;
	return 1;
}

static int has_room(memory *m, u32 words)
{
	if (m->used + words > m->kept_room) {
		u64 room = m->kept_room ? 2 * m->kept_room : 16 * FIRST_ROOM;
		room = room < m->used + words ? m->used + words : room;
		u64 *kept = realloc(m->kept, room * sizeof(u64));
		if (!kept)
			return 0;
		m->kept = kept;
		m->kept_room = room;
	}
	return 2 * m->count < m->room || more_slots(m);
}

u32 observe(ctx *c, u32 which, u32 event, const u64 *words, u32 count)
{
	memory *m = c->memory;
	u64 head = (u64)which << 40 | (u64)event << 16 | count;
	if (m->room) {
		u64 found = m->slot[slot_of(m, head, words, count)];
		if (found)
			return (u32)m->kept[found + count];
	}
	u32 answer = m->ask(which, event, words, count);
	if (!has_room(m, count + 2))
		return answer;
	m->slot[slot_of(m, head, words, count)] = m->used + 1;
	m->kept[m->used] = head;
	for (u32 i = 0; i < count; i++)
		m->kept[m->used + 1 + i] = words[i];
	m->kept[m->used + 1 + count] = answer;
	m->used += count + 2;
	m->count++;
	return answer;
}

void forget_answers(memory *m)
{
	free(m->slot);
	free(m->kept);
}
