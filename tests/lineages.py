"""Every set of faults tried by the synchronous schedule: what a lineage-driven search must find."""

from __future__ import annotations

from itertools import islice

from conftest import TooLarge

from bench.lineage import all_runs
from dsmc.engine.machine import State
from dsmc.ir.types import Value
from dsmc.lineage.facts import Has, Least, Most, NoneOf, Only, Test, equal, holds
from dsmc.lineage.gates import Fault
from dsmc.lineage.judging import Judge
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.slots import is_budget
from dsmc.lineage.static import Static
from dsmc.lineage.supports import Supports
from dsmc.smt.monotone import TRUE, Formulas


def fewest(
    schedule: Schedule, judges: list[Judge], first: State, most: int = 1_000
) -> tuple[list[int | None], int]:
    """For each property how few faults break it (None: no faults do); how many sets of them there are.

    Raises `TooLarge` if these are more than `most`.
    """
    found: list[int | None] = [None for _ in judges]
    count = 0
    for run in all_runs(schedule, first):
        count += 1
        if count > most:
            raise TooLarge
        for n, judge in enumerate(judges):
            known = found[n]
            if (known is None or len(run.faults) < known) and judge.broken(run) is not None:
                found[n] = len(run.faults)
    return found, count


def assert_proofs(schedule: Schedule, first: State, most: int = 40) -> int:
    """Where the support of a fact is true of the faults of another run, the fact is true in that run.

    Facts about each slot in the end, in each of some runs; how many of their supports depend on faults.
    """
    runs = list(islice(all_runs(schedule, first), most))
    static, depend = Static(schedule), 0
    slots = [s for v in schedule.system.variables for s in schedule.slots.under(v.name)]
    for run in runs[:3]:
        formulas: Formulas[Fault] = Formulas()
        supports = Supports(schedule, run, formulas, static)
        for slot in slots:
            for test in tests_of(schedule.slots.value(run.values[-1], slot), slot.variable):
                support = supports.fact(slot, test, len(run.gates))
                assert formulas.is_true(support, run.faults), (slot, test)
                depend += support != TRUE
                for other in runs:
                    if formulas.is_true(support, other.faults):
                        value = schedule.slots.value(other.values[-1], slot)
                        assert holds(test, value), (slot, test, value, run.faults, other.faults)
    return depend


def tests_of(value: Value, variable: str) -> list[Test]:
    """Tests that a value passes; none of what is counted outside of runs."""
    if is_budget(variable):
        return []
    found: list[Test] = [equal(value)]
    if isinstance(value, bool):
        return found
    if isinstance(value, int):
        return [*found, Least(value), Most(value), NoneOf(frozenset({value + 1}))]
    if isinstance(value, frozenset):
        return [*found, Only(value), *map(Has, sorted(value, key=repr))]
    return found
