/* The tables grow: all workers meet, and each moves some of them. */
#include "search.h"
#include "values.h"

void collect(worker *w)
{
	for (u32 i = 0; i < SUBS; i++) {
		w->s->set.sub[i].used += w->fresh[i];
		w->s->nodes.sub[i].used += w->fresh_nodes[i];
		w->fresh[i] = w->fresh_nodes[i] = 0;
	}
	w->crowded = 0;
}

static table *table_of(search *s, u32 job)
{
	return job < SUBS ? &s->set : &s->nodes;
}

/* A job is to move one table. */
static void begin_growing(search *s)
{
	growth *g = &s->growth;
	for (u32 i = 0; i < s->threads; i++)
		collect(&s->workers[i]);
	g->next = g->left = 0;
	for (u32 which = 0; which < 2; which++) {
		table *t = table_of(s, which * SUBS);
		g->grows[which] = 0;
		if (!table_is_full(t))
			continue;
		g->grows[which] = (u32)table_begin(&g->larger[which], t);
		g->left += g->grows[which] * SUBS;
		if (!g->grows[which])
			STORE(&s->no_memory, 1);
	}
}

/* The next job; 2 * SUBS: there is none. */
static u32 next_job(growth *g)
{
	while (g->next < 2 * SUBS && !g->grows[g->next / SUBS])
		g->next += SUBS;
	return g->next < 2 * SUBS ? g->next++ : 2 * SUBS;
}

static void do_job(search *s, u32 job)
{
	table_move(&s->growth.larger[job / SUBS], table_of(s, job), job % SUBS);
}

/* The lines of the successors on their way are where the tables are now. */
static void find_lines(worker *w)
{
	for (u32 i = 0; i < FLIGHT; i++)
		w->flying[i].line = line_of(&w->s->set, w->flying[i].hash);
}

static void end_growing(search *s)
{
	growth *g = &s->growth;
	for (u32 which = 0; which < 2; which++)
		if (g->grows[which] && !table_end(table_of(s, which * SUBS), &g->larger[which]))
			STORE(&s->no_memory, 1);
	for (u32 i = 0; i < s->threads; i++)
		find_lines(&s->workers[i]);
}

static void grow_alone(search *s)
{
	begin_growing(s);
	for (u32 job; (job = next_job(&s->growth)) < 2 * SUBS;)
		do_job(s, job);
	end_growing(s);
}

#if THREADS
typedef char lock_fits[sizeof(pthread_mutex_t) <= 128 && sizeof(pthread_cond_t) <= 128 ? 1 : -1];

static void go_on(search *s)
{
	end_growing(s);
	s->parked = 0;
	s->generation++;
	pthread_cond_broadcast(TURN(s));
}

/* All are there. */
static void meet(search *s)
{
	begin_growing(s);
	if (!s->growth.left)
		go_on(s);
	else
		pthread_cond_broadcast(TURN(s));
}

/* Do a job, while nobody else has the lock; the last one to end lets all go on. */
static void help(search *s, u32 job)
{
	pthread_mutex_unlock(LOCK(s));
	do_job(s, job);
	pthread_mutex_lock(LOCK(s));
	if (!--s->growth.left)
		go_on(s);
}

void pause_all(worker *w)
{
	search *s = w->s;
	if (LOAD(&s->active) == 1) {
		grow_alone(s);
		return;
	}
	pthread_mutex_lock(LOCK(s));
	u32 generation = s->generation;
	STORE(&s->parked, s->parked + 1);
	if (s->parked == s->active)
		meet(s);
	while (s->generation == generation) {
		u32 job = s->parked == s->active ? next_job(&s->growth) : 2 * SUBS;
		if (job < 2 * SUBS)
			help(s, job);
		else
			pthread_cond_wait(TURN(s), LOCK(s));
	}
	pthread_mutex_unlock(LOCK(s));
}

void leave(worker *w)
{
	search *s = w->s;
	pthread_mutex_lock(LOCK(s));
	STORE(&s->active, s->active - 1);
	if (s->parked && s->parked == s->active)
		meet(s);
	if (!s->active)
		pthread_cond_broadcast(TURN(s));
	pthread_mutex_unlock(LOCK(s));
}

void wait_for_others(search *s)
{
	pthread_mutex_lock(LOCK(s));
	while (s->active) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += (long)(SOON * 1e9);
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (!pthread_cond_timedwait(TURN(s), LOCK(s), &until))
			continue;
		pthread_mutex_unlock(LOCK(s));
		ask_whether_over(s);
		pthread_mutex_lock(LOCK(s));
	}
	pthread_mutex_unlock(LOCK(s));
}
#else
void pause_all(worker *w)
{
	grow_alone(w->s);
}
#endif
