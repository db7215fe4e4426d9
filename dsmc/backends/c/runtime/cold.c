/* States that have been expanded are read again only for a counterexample: they can wait in a file,
 * and give their memory back. The file is mapped where they were, so that nobody needs to know.
 */
#include "search.h"
#ifndef __TINYC__
#include <unistd.h>
#define READ_FILE PROT_READ, MAP_PRIVATE | MAP_FIXED
#else
#define READ_FILE 1, 0x12
#endif

static int write_words(int file, const u64 *from, u64 count, u64 place)
{
	const char *at = (const char *)from;
	u64 left = count * sizeof(u64), offset = place * sizeof(u64);
	while (left) {
		long done = pwrite(file, at, left, (long)offset);
		if (done <= 0)
			return 0;
		at += done;
		offset += (u64)done;
		left -= (u64)done;
	}
	return 1;
}

/* Put the states before the last level into a file. False: that is not possible; all is as it was. */
int dsmc_cool(search *s, int file)
{
	u64 end = s->level_at.at[s->level_at.count - 1] / PAGE * PAGE, count = end - s->cold;
	if (end <= s->cold)
		return 1;
	u64 *from = s->states.at + s->cold;
	if (!write_words(file, from, count, s->cold))
		return 0;
	if (mmap(from, count * sizeof(u64), READ_FILE, file, (long)(s->cold * sizeof(u64))) != from)
		return 0;
	s->cold = end;
	return 1;
}
