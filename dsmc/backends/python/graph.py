"""The explored graph of a system as numbers, with what is owed by each step."""

from __future__ import annotations

import time
from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from dsmc.backends.owed import Labelled, owed_by
from dsmc.backends.python.machine import Owed, PythonMachine
from dsmc.engine.growing import EnoughError, Growing
from dsmc.engine.machine import State
from dsmc.engine.outcome import Limits
from dsmc.engine.search import (
    INTERRUPTED,
    Progress,
    Watcher,
    is_full,
    memory_limit,
    states_limit,
    time_limit,
)
from dsmc.ir.expr import Expr
from dsmc.ir.system import Fairness
from dsmc.liveness.graph import NOBODY, Graph

#: How many states are expanded between two looks at the clock and the memory.
_BATCH = 512


def build(
    machine: PythonMachine,
    conditions: Sequence[Expr],
    *,
    fair: bool = True,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    watch: Watcher | None = None,
) -> Labelled:
    """Explore everything, breadth first; without `fair`, nobody is owed anything."""
    building = _Building(machine, conditions, fair, limits, watch)
    try:
        building.run()
    except KeyboardInterrupt:
        building.stopped = INTERRUPTED
    return building.result()


class _Building:
    def __init__(
        self, machine: PythonMachine, conditions: Sequence[Expr], fair: bool, limits: Limits,
        watch: Watcher | None,
    ) -> None:  # fmt: skip
        self._machine = machine
        self._steps, self._look = machine.labelled(conditions)
        self._fair = fair
        self._limits = limits
        self._watch = watch
        self._began = time.perf_counter()
        self._numbers: dict[Any, int] = {}
        self._owed: dict[Owed, int] = {}
        self._initial = machine.initial()[0]
        self._first = array("q", [0])
        self._targets = array("q")
        self._labels = array("q")
        self._unexpanded: set[int] = set()
        self._cuts_off = False
        self.stopped = ""
        for state in self._initial:
            self._numbers[state] = len(self._numbers)
        self._states = list(self._initial)

    def run(self) -> None:
        """Expand one state after the other."""
        with suppress(EnoughError):  # a limit was met within a state
            for number, state in enumerate(self._states):  # it grows while it is gone through
                if number % _BATCH == 0 and self._is_limited():
                    return
                self._expand(number, state)

    def _expand(self, number: int, state: State) -> None:
        within = self._machine.is_within
        if within is not None and not within(state):
            self._unexpanded.add(number)
        else:
            found: list[tuple[Owed | None, Any]] = Growing(self._look_at_made)
            errors: list[int] = []
            for steps in self._steps:
                steps(state, found, errors)
            if self._machine.error in errors:  # what would have been possible is not known
                self._cuts_off = True
                self._unexpanded.add(number)
            edges = [(self._label(owed), target) for owed, target in found if target != state]
            for label, target in dict.fromkeys(edges):
                self._labels.append(label)
                self._targets.append(self._number(target))
        self._first.append(len(self._targets))

    def _label(self, owed: Owed | None) -> int:
        if owed is None or not self._fair:
            return NOBODY
        return self._owed.setdefault(owed, len(self._owed))

    def _number(self, state: State) -> int:
        number = self._numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number

    # ------------------------------------------------------------ limits

    def _look_at_made(self, made: list[Any]) -> None:
        """Are the steps of one state too many? Which are equal is asked for each time that they have
        doubled.
        """
        most = self._limits.states
        if most is not None and not len(made) & (len(made) - 1) and len(set(made)) >= most:
            self.stopped = states_limit(most)
        if self.stopped or self._is_limited():
            raise EnoughError

    def _is_limited(self) -> bool:
        seconds, limits = time.perf_counter() - self._began, self._limits
        count, expanded = len(self._states), len(self._first) - 1
        if self._watch is not None:
            waiting = count - expanded
            self._watch(
                Progress(count, len(self._targets), 0, waiting, seconds, "looking at whole runs")
            )
        if limits.states is not None and count >= limits.states and expanded < count:
            self.stopped = states_limit(limits.states)
        elif limits.seconds is not None and seconds >= limits.seconds:
            self.stopped = time_limit(limits.all_seconds)
        elif is_full(limits):
            self.stopped = memory_limit(limits.memory or 0)
        return bool(self.stopped)

    # ------------------------------------------------------------ the result

    def result(self) -> Labelled:
        """The graph so far: of what was not expanded it is not known what follows."""
        expanded = len(self._first) - 1
        self._unexpanded |= set(range(expanded, len(self._states)))
        del self._targets[self._first[-1] :], self._labels[self._first[-1] :]
        self._first.extend([len(self._targets)] * (len(self._states) - expanded))
        graph = Graph(
            range(len(self._initial)), self._first, self._targets, self._labels,
            self._strong(), [self._look(state) for state in self._states], self._unexpanded,
        )  # fmt: skip
        return Labelled(
            graph, self._states.__getitem__, list(self._owed), self._cuts_off, self.stopped
        )

    def _strong(self) -> list[bool]:
        strong = {
            owed_by(action) for action in self._machine.system.actions
            if action.fairness is Fairness.STRONG
        }  # fmt: skip
        return [owed[0] in strong for owed in self._owed]
