"""The search: the smallest set of faults that cuts all supports so far is tried, until there is none."""

from __future__ import annotations

from dsmc.engine import outcome
from dsmc.engine.machine import State
from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.lineage.gates import Fault, Run
from dsmc.lineage.judging import Judge
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.slots import is_budget
from dsmc.lineage.static import Static
from dsmc.lineage.supports import Supports
from dsmc.smt.cuts import Cuts
from dsmc.smt.monotone import Formulas
from dsmc.smt.solving import Clock


class Found(Frozen):
    """What was found of a property from an initial state: the run that breaks it (None: there is none by
    the schedule), how many runs were taken, how many of them came to rest, and the faults of the last.
    """

    run: outcome.Run | None
    runs: int
    at_rest: int = 0
    faults: frozenset[Fault] = frozenset()


class Search:
    """Looks for sets of faults that break properties; runs are taken once for all of these."""

    def __init__(self, schedule: Schedule, clock: Clock) -> None:
        self._schedule = schedule
        self._clock = clock
        self._static = Static(schedule)
        self._runs: dict[tuple[State, frozenset[Fault]], Run] = {}
        self._limits = limits(schedule)

    @property
    def runs(self) -> int:
        """How many different runs were taken."""
        return len(self._runs)

    @property
    def steps(self) -> int:
        """How many steps, but for faults, these took."""
        gates = (gate for run in self._runs.values() for gate in run.gates)
        return sum(gate.step is not None and gate.fault is None for gate in gates)

    def look(self, number: int, first: State) -> Found:
        """Look for faults that break the property of that number, from an initial state. Raises `GaveUp`."""
        judge = Judge(self._schedule, number)
        formulas: Formulas[Fault] = Formulas()
        cuts = Cuts(formulas, self._clock)
        faults: frozenset[Fault] | None = frozenset()
        count = rests = 0
        while faults is not None:
            run = self._run(first, faults)
            count, rests = count + 1, rests + judge.is_at_rest(run)
            broken = judge.broken(run)
            if broken is not None:
                return Found(broken, count, rests, faults)
            cuts.add(self._support(judge, run, formulas))
            faults = cuts.smallest(self._groups(formulas))
        return Found(None, count, rests)

    def _run(self, first: State, faults: frozenset[Fault]) -> Run:
        self._clock.left()
        key = (first, faults)
        if key not in self._runs:
            self._runs[key] = self._schedule.run(first, faults)
        return self._runs[key]

    def _support(self, judge: Judge, run: Run, formulas: Formulas[Fault]) -> int:
        """Why the run is good. It is true of its own faults: so no set of faults is tried twice."""
        supports = Supports(self._schedule, run, formulas, self._static)
        support = judge.support(run, supports)
        assert formulas.is_true(support, run.faults), "a run is not supported by its own faults"
        return support

    def _groups(self, formulas: Formulas[Fault]) -> list[tuple[int, list[Fault]]]:
        """The faults that are known so far, by what they are counted by, and how many there may be."""
        found: dict[str, list[Fault]] = {}
        for fault in formulas.atoms:
            for budget in self._limits.budgets[fault.action]:
                found.setdefault(budget, []).append(fault)
        return [(self._limits.most[budget], faults) for budget, faults in found.items()]


class Limits(Frozen):
    """How many faults there may be: what the faults of each action are counted by, and the most of it."""

    budgets: dict[str, tuple[str, ...]]
    most: dict[str, int]


def limits(schedule: Schedule) -> Limits:
    """What the spec says of how many faults there may be."""
    most = {
        v.name: v.type.high for v in schedule.system.variables
        if is_budget(v.name) and isinstance(v.type, t.Int)
    }  # fmt: skip
    budgets = {
        action.name: tuple(dict.fromkeys(
            part.name for part in x.walk(action.guard)
            if isinstance(part, x.Global) and is_budget(part.name)
        ))
        for action in schedule.faults
    }  # fmt: skip
    return Limits(budgets, most)
