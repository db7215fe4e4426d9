"""Bounded search: are there runs of 0, 1, … steps that decide a property? The first is a shortest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsmc.frozen import Frozen
from dsmc.ir import system as y
from dsmc.smt import asking
from dsmc.smt import scalar as sc
from dsmc.smt.models import Model, reading
from dsmc.smt.runs import Move, Runs, Taken, Values
from dsmc.smt.scalar import Truth
from dsmc.smt.solving import Solver
from dsmc.smt.values import Unsupported


class Found(Frozen):
    """The states of a run that decides a property, and the steps that it takes. `in_step`: the step after
    the last of the states decides it, and leads to `target`, if it leads anywhere.
    """

    states: tuple[Values, ...]
    taken: tuple[Taken, ...]
    in_step: bool = False
    target: Values | None = None


class Bounded:
    """A search that goes on step by step: `found` by the numbers of properties, or `refused` and why.

    `depth` is how many steps the runs have that were looked at, -1 before it began; `started`: there is an
    initial state. Where an action has a range error, the reference may not take its other steps, which are
    looked at here all the same.
    """

    def __init__(self, system: y.System, wanted: frozenset[int], solver: Solver) -> None:
        self.runs = Runs(system, solver)
        self.found: dict[int, Found] = {}
        self.refused: dict[int, str] = {}
        self.depth = -1
        self.started = False
        self._properties = system.properties
        self._wanted = wanted

    @property
    def open_(self) -> list[int]:
        """What is not decided yet."""
        return sorted(self._wanted - self.found.keys() - self.refused.keys())

    def go_on(self) -> None:
        """Look at the runs of one more step. Raises `Unsupported`, `GaveUp`."""
        if self.depth < 0:
            self._begin()
        else:
            moves = self.runs.look()
            self._decide(lambda p: self._by_step(p, moves), moves)
            self.runs.go()
            self._decide(self._by_state)
        self.depth += 1

    def _begin(self) -> None:
        moves = self.runs.begin()
        self._decide(lambda p: self._by_start(p, moves), moves)
        if moves:
            self.runs.enter(moves[0].way.state, moves)
            self.started = self.runs.solver.model(True) is not None
            self._decide(self._by_state)

    def _by_start(self, prop: y.Property, moves: Sequence[Move]) -> Truth:
        if not isinstance(prop, y.Assertion | y.NoError):
            return False
        return sc.either(asking.decided_by_step(self.runs, prop, {}, move) for move in moves)

    def _by_state(self, prop: y.Property) -> Truth:
        return asking.decided_by_state(self.runs, prop, self.runs.states[-1])

    def _by_step(self, prop: y.Property, moves: Sequence[Move]) -> Truth:
        here = self.runs.states[-1]
        return sc.either(asking.decided_by_step(self.runs, prop, here, move) for move in moves)

    def _decide(
        self, goal: Callable[[y.Property], Truth], moves: Sequence[Move] | None = None
    ) -> None:
        """What is decided now, or in one of the moves? What is not is true of all runs so far, and helps
        later.
        """
        for number in self.open_:
            prop = self._properties[number]
            try:
                wanted = goal(prop)
            except Unsupported as error:
                self.refused[number] = error.what
                continue
            model = self.runs.solver.model(wanted)
            if model is not None:
                self.found[number] = self._read(model, prop, moves)
            elif moves is None:
                self.runs.solver.add(sc.negated(wanted))

    def _read(self, model: Model, prop: y.Property, moves: Sequence[Move] | None) -> Found:
        states = tuple(self.runs.plain(model, state) for state in self.runs.states)
        if moves is None:
            return Found(states, self.runs.taken(model))
        read, here = reading(model), self.runs.states[-1] if states else {}
        last = [m for m in moves if read(asking.decided_by_step(self.runs, prop, here, m))]
        taken = self.runs.taken(model, last)
        if not states or isinstance(prop, y.NoError):
            return Found(states, taken, in_step=True)
        return Found(states, taken, True, self.runs.plain(model, last[0].way.state))
