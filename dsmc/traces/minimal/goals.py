"""What a run has to show: that it decides its property, as the first one did."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run
from dsmc.frozen import replace
from dsmc.ir.system import Temporal
from dsmc.traces.broken import is_broken
from dsmc.traces.lift import shows
from dsmc.traces.minimal.budget import Budget
from dsmc.traces.replay import steps_of

Path: TypeAlias = tuple[State, ...]


class Goal(Protocol):
    """Knows which part of a run may be another one, and when that does."""

    def steps(self, run: Run) -> list[TracedStep]:
        """The steps by which runs are compared. Raises `ReplayError` if it is no run."""

    def body(self, steps: list[TracedStep]) -> list[TracedStep]:
        """Those that may be others; what comes after them is found again."""

    def run(self, path: Path) -> Run | None:
        """The run along a path, if it shows what it has to."""


def goal_of(machine: PythonMachine, number: int, run: Run, budget: Budget) -> Goal:
    """What a run shows that decides the property of that number."""
    prop = machine.system.properties[number]
    if isinstance(prop, Temporal):
        return _Lasso(machine, prop, run)
    return _Decided(machine, number, budget, in_step=run.in_step)


class _Decided:
    """The property is decided where the run ends, or by a step from there."""

    def __init__(
        self, machine: PythonMachine, number: int, budget: Budget, *, in_step: bool
    ) -> None:
        self._machine, self._number, self._budget = machine, number, budget
        self._in_step = in_step

    def steps(self, run: Run) -> list[TracedStep]:
        return steps_of(self._machine, self._machine.system.properties[self._number], run)

    def body(self, steps: list[TracedStep]) -> list[TracedStep]:
        return steps[:-1] if self._in_step else steps

    def run(self, path: Path) -> Run | None:
        successors: list[State] = []
        violated: list[int] = []
        self._budget.expand()
        self._machine.expand(path[-1], successors, violated)
        if self._number in self._machine.step_deciders:
            return self._by_step(path, successors)
        run = Run(path, in_step=self._in_step)
        is_cut_off = self._machine.error in violated and self._number not in violated
        ends = {**self._machine.rest_deciders, **self._machine.stuck_deciders}
        if is_cut_off and self._number in ends:
            return None  # who has a step without result is not at rest
        return run if shows(self._machine, self._number, run) else None

    def _by_step(self, path: Path, successors: list[State]) -> Run | None:
        index = self._machine.step_deciders[self._number](path[-1], successors)
        return Run(path, in_step=True, target=successors[index]) if index >= 0 else None


class _Lasso:
    """The way into the round may be another one: whether the run is fair, the round alone decides."""

    def __init__(self, machine: PythonMachine, prop: Temporal, run: Run) -> None:
        assert run.start is not None
        self._machine, self._prop, self._run = machine, prop, run
        self._start = run.start

    def steps(self, run: Run) -> list[TracedStep]:
        assert run.start is not None
        return steps_of(self._machine, self._prop, run)[: run.start]

    def body(self, steps: list[TracedStep]) -> list[TracedStep]:
        return steps

    def run(self, path: Path) -> Run | None:
        if path[-1] != self._run.states[self._start]:
            return None
        start = len(path) - 1
        round_ = self._run.states[self._start + 1 :]
        decoded = [self._machine.decode(state) for state in (*path, *round_)]
        if not is_broken(self._machine.system, self._prop.formula, decoded, start):
            return None
        owed = self._run.owed[self._start :]
        run = replace(
            self._run, states=(*path, *round_), start=start, owed=((None,) * start + owed)
        )
        return replace(run, owed=(*(step.owed for step in self.steps(run)), *owed))
