/* What the search needs of the machine: memory, threads, atomic words. */
#ifndef DSMC_PLATFORM_H
#define DSMC_PLATFORM_H

#include "model.h"

/* What is under way in generated code cannot be ended by a result: who called it marks a place by AGAIN,
 * which gives 0, and gives something else when somebody goes back there. So many words hold a place. */
#define PLACE 48

/* Asked where one state takes long: shall all of it end? */
typedef int (*over)(void);

#ifdef __TINYC__
/* One thread; and no header, for where there are none. */
#define THREADS 0
typedef unsigned long size_t;
void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);
void *mmap(void *, size_t, int, int, int, long);
int munmap(void *, size_t);
long pwrite(int, const void *, size_t, long);
struct dsmc_time { long seconds, nanoseconds; };
int clock_gettime(int, struct dsmc_time *);
int _setjmp(u64 *);
void longjmp(u64 *, int);
#ifndef NULL
#define NULL ((void *)0)
#endif
#define PREFETCH(p) ((void)(p))
#define LOAD(p) (*(p))
#define STORE(p, v) (*(p) = (v))
#define ADD(p, v) ((*(p) += (v)) - (v))
#define SWAP_IF(p, old, v) (*(p) == *(old) ? (*(p) = (v), 1) : (*(old) = *(p), 0))
#define LIKELY(x) (x)
typedef struct place { u64 words[PLACE]; } place;
#define AGAIN(p) _setjmp((p)->words)
#define GO_BACK(p) longjmp((p)->words, 1)
#define OWN_FRAME
#else
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif
#define THREADS 1
#define PREFETCH(p) __builtin_prefetch(p)
#define LOAD(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define STORE(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define ADD(p, v) __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define SWAP_IF(p, old, v) \
	__atomic_compare_exchange_n(p, old, v, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
#define LIKELY(x) __builtin_expect(!!(x), 1)
typedef union place { u64 words[PLACE]; jmp_buf of; } place;
typedef char place_fits[sizeof(jmp_buf) <= PLACE * sizeof(u64) ? 1 : -1];
#define AGAIN(p) _setjmp((p)->of)
#define GO_BACK(p) longjmp((p)->of, 1)
#define OWN_FRAME __attribute__((noinline)) /* its variables are not those of who marked a place */
#endif

static inline double seconds_now(void)
{
#ifdef __TINYC__
	struct dsmc_time t;
	clock_gettime(1, &t);
	return (double)t.seconds + 1e-9 * (double)t.nanoseconds;
#else
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
}

#define LARGE_PAGE (2ull << 20)

/* Where the first large page begins that is no earlier. */
static inline u64 large_page_after(const void *room)
{
	return ((u64)room + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
}

/* Large room that is looked at here and there is found with fewer steps in large pages. */
static inline void *in_large_pages(void *room, u64 bytes)
{
#if defined(MADV_HUGEPAGE) && !defined(__TINYC__)
	u64 begin = large_page_after(room);
	if (room && bytes > 2 * LARGE_PAGE)
		madvise((void *)begin, ((u64)room + bytes - begin) & ~(LARGE_PAGE - 1), MADV_HUGEPAGE);
#else
	(void)bytes;
#endif
	return room;
}

/* The same, all 0. */
static inline void *zeroed(u64 count, u64 size)
{
	return in_large_pages(calloc(count, size), count * size);
}

#endif
