"""Every set of faults tried by the synchronous schedule: what a lineage-driven search must find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from dsmc.engine.machine import State
from dsmc.lineage.judging import Judge
from dsmc.lineage.schedule import Fault, Run, Schedule
from dsmc.lineage.search import Limits, limits


def is_within(known: Limits, faults: frozenset[Fault]) -> bool:
    """Are there no more faults than there may be?"""
    counted = Counter(budget for fault in faults for budget in known.budgets[fault.action])
    return all(many <= known.most[budget] for budget, many in counted.items())


def all_runs(schedule: Schedule, first: State) -> Iterator[Run]:
    """The runs with each set of faults that can happen, round by round."""

    def onwards(number: int, run: Run) -> Iterator[Run]:
        if number > schedule.fault_rounds:
            yield run
            return
        begins = run.gates[run.rounds[number - 1].start].state
        possible = schedule.possible(number, run.states[begins])
        for many in range(len(possible) + 1):
            for some in combinations(possible, many):
                faults = run.faults | set(some)
                if is_within(limits(schedule), faults):
                    after = run if not some else schedule.run(first, faults)
                    yield from onwards(number + 1, after)

    yield from onwards(1, schedule.run(first))


def fewest(schedule: Schedule, judges: list[Judge], first: State) -> tuple[list[int | None], int]:
    """For each property how few faults break it (None: no faults do); how many sets of them there are."""
    found: list[int | None] = [None for _ in judges]
    count = 0
    for run in all_runs(schedule, first):
        count += 1
        for n, judge in enumerate(judges):
            known = found[n]
            if (known is None or len(run.faults) < known) and judge.broken(run) is not None:
                found[n] = len(run.faults)
    return found, count
