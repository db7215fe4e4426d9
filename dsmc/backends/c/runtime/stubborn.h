/* Which steps are enough in a state: what reduce/stubborn.py says, in the same order.
 *
 * Stands in a generated model behind its tables: sets of steps have STEP_WORDS words, sets of conditions
 * CONDITION_WORDS; lists of conditions end with ~0.
 */
static u32 news(const u64 *set, const u64 *known)
{
	u32 count = 0;
	for (u32 w = 0; w < STEP_WORDS; w++)
		count += (u32)ones(set[w] & ~known[w]);
	return count;
}

static int shares(const u64 *a, const u64 *b)
{
	for (u32 w = 0; w < STEP_WORDS; w++)
		if (a[w] & b[w])
			return 1;
	return 0;
}

static void add_all(u64 *set, const u64 *more)
{
	for (u32 w = 0; w < STEP_WORDS; w++)
		set[w] |= more[w];
}

static int is_true(const u64 *truths, u32 condition)
{
	return (int)(truths[condition >> 6] >> (condition & 63) & 1);
}

static int has(const u64 *set, u32 step)
{
	return (int)(set[step >> 6] >> (step & 63) & 1);
}

/* The condition of a list that is false and has the fewest makers that are not known yet; ~0: none. */
static u32 easiest(const u32 *list, const u64 *truths, const u64 *known)
{
	u32 found = ~0u, fewest = ~0u;
	for (; *list != ~0u; list++) {
		u32 count = is_true(truths, *list) ? ~0u : news(MAKERS[*list], known);
		if (count < fewest) {
			fewest = count;
			found = *list;
		}
	}
	return found;
}

static void find_possible(const u64 *truths, u64 *possible)
{
	for (u32 w = 0; w < STEP_WORDS; w++)
		possible[w] = 0;
	for (u32 n = 0; n < STEPS; n++) {
		const u32 *guard = GUARDS[n];
		while (*guard != ~0u && is_true(truths, *guard))
			guard++;
		if (*guard == ~0u)
			possible[n >> 6] |= 1ull << (n & 63);
	}
}

/* The step of some that is possible and depends on the fewest that are not known yet; ~0: none. */
static u32 loosest(const u64 *going, const u64 *known)
{
	u32 found = ~0u, fewest = ~0u;
	for (u32 n = 0; n < STEPS; n++)
		if (has(going, n) && news(DEPENDS[n], known) < fewest) {
			fewest = news(DEPENDS[n], known);
			found = n;
		}
	return found;
}

/* One of the steps that would have to end; or where there is none, what makes rest matter. All, if it is
 * not known that one that is possible changes anything. */
static void unrest(const rest_goal *r, const u64 *truths, const u64 *possible, u64 *found)
{
	u64 going[STEP_WORDS], makers[STEP_WORDS], any = 0;
	u32 matters = 0, step;
	for (u32 w = 0; w < STEP_WORDS; w++) {
		any |= possible[w] & r->steps[w];
		going[w] = possible[w] & r->steps[w] & r->move[w];
		makers[w] = 0;
	}
	if (shares(going, found))
		return;
	for (u32 n = 0; n < r->count; n++) {
		u32 false_ = easiest(r->alternatives[n], truths, found);
		if (false_ == ~0u)
			matters = 1;
		else
			add_all(makers, MAKERS[false_]);
	}
	step = loosest(going, found);
	if (step != ~0u && (matters || news(makers, found)))
		found[step >> 6] |= 1ull << (step & 63);
	else if (step == ~0u && !matters)
		add_all(found, makers);
	for (u32 n = 0; step == ~0u && matters && any && n < STEPS; n++)
		found[n >> 6] |= 1ull << (n & 63);
}

/* The steps of which one comes before each of the first so many goals. */
static void add_seeds(const u64 *truths, const u64 *possible, u32 goals, u64 *found)
{
	for (u32 n = 0; n < goals; n++) {
		u32 false_ = easiest(GOALS[n], truths, found);
		if (false_ != ~0u)
			add_all(found, MAKERS[false_]);
	}
	for (u32 n = 0; n + 1 < FORCED_END; n++) {
		u32 step = FORCED[n].step;
		found[step >> 6] |= 1ull << (step & 63);
		if (has(possible, step))
			add_all(found, FORCED[n].makers);
	}
	for (u32 n = 0; n + 1 < REST_END; n++)
		unrest(&RESTS[n], truths, possible, found);
}

static u32 count_shared(const u64 *a, const u64 *b)
{
	u32 count = 0;
	for (u32 w = 0; w < STEP_WORDS; w++)
		count += (u32)ones(a[w] & b[w]);
	return count;
}

/* All that matters to what is in a set; no more of it than shows that so many of its steps are possible. */
static void close_set(const u64 *truths, const u64 *possible, u32 enough, u64 *found)
{
	u64 waiting[STEP_WORDS];
	u32 count = count_shared(found, possible);
	for (u32 w = 0; w < STEP_WORDS; w++)
		waiting[w] = found[w];
	for (u32 w = 0; w < STEP_WORDS && count < enough;) {
		if (!waiting[w]) {
			w++;
			continue;
		}
		u32 step = w * 64 + (u32)lowest(waiting[w]), first = w;
		waiting[w] &= waiting[w] - 1;
		const u64 *more = has(possible, step) ? DEPENDS[step] : MAKERS[easiest(GUARDS[step], truths, found)];
		for (u32 i = 0; i < STEP_WORDS; i++) {
			u64 new = more[i] & ~found[i];
			waiting[i] |= new;
			found[i] |= new;
			count += (u32)ones(new & possible[i]);
			if (new && i < first)
				first = i;
		}
		w = first;
	}
}

static void find_closed(const u64 *truths, const u64 *possible, u32 goals, u64 *found)
{
	for (u32 w = 0; w < STEP_WORDS; w++)
		found[w] = 0;
	add_seeds(truths, possible, goals, found);
	close_set(truths, possible, ~0u, found);
}

/* What leads to the goals that do not stay, with something that leads elsewhere, if there is. */
static void find_any(const u64 *truths, const u64 *possible, const u64 *still, u64 *found)
{
	u64 going[STEP_WORDS], base[STEP_WORDS], tried[STEP_WORDS];
	u32 fewest = ~0u;
	for (u32 w = 0; w < STEP_WORDS; w++)
		going[w] = possible[w] & ~still[w];
	find_closed(truths, possible, GOALS_LEAD, found);
	if (shares(found, going))
		return;
	for (u32 w = 0; w < STEP_WORDS; w++)
		base[w] = found[w];
	for (u32 n = 0; n < STEPS && fewest > 1; n++) {
		if (!has(going, n))
			continue;
		for (u32 w = 0; w < STEP_WORDS; w++)
			tried[w] = base[w];
		tried[n >> 6] |= 1ull << (n & 63);
		close_set(truths, possible, fewest, tried);
		if (count_shared(tried, possible) >= fewest)
			continue;
		fewest = count_shared(tried, possible);
		for (u32 w = 0; w < STEP_WORDS; w++)
			found[w] = tried[w];
	}
}

/* The steps that are enough, of which only those that are possible are taken; do they lead to every goal? */
static u32 find_enough(const u64 *truths, const u64 *possible, const u64 *still, u32 led, u64 *found)
{
	u64 fewer[STEP_WORDS];
	find_closed(truths, possible, GOAL_END - 1, found);
	if (led || GOALS_LEAD == GOAL_END - 1)
		return 1;
	find_any(truths, possible, still, fewer);
	if (count_shared(found, possible) <= count_shared(fewer, possible))
		return 1;
	for (u32 w = 0; w < STEP_WORDS; w++)
		found[w] = fewer[w];
	return 0;
}
