/* What a worker remembers of the answers of observers. */
#ifndef DSMC_OBSERVE_H
#define DSMC_OBSERVE_H

#include "model.h"

/* Asks an observer: the number of what it remembers after an event; ~0: the event cannot be. */
typedef u32 (*asked)(u32 which, u32 event, const u64 *words, u32 count);

struct memory {
	asked ask;
	u64 *slot;               /* places in `kept`, from 1 */
	u64 room, count;         /* slots; questions */
	u64 *kept, kept_room, used;
};

u32 observe(ctx *c, u32 which, u32 event, const u64 *words, u32 count);
void forget_answers(memory *m);

#endif
