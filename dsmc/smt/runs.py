"""Runs as formulas: the states after 0, 1, … steps, each with the ways of the next step.

What is a constant in a state stays one. Every other part of a state gets a name, so that the formula of
a step is as large as the step, however long the run is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.system import System
from dsmc.ir.types import Value
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.models import Model, reading
from dsmc.smt.scalar import Number, Truth
from dsmc.smt.solving import Solver
from dsmc.smt.steps import State, Steps, Way
from dsmc.smt.terms import Name
from dsmc.smt.values import Fresh, Symbolic

Values = dict[str, Value]


class Move(Frozen):
    """A way of an action, by its number (-1: of the making of the initial states); `chosen` says that
    it is the one that the run goes.
    """

    action: int
    way: Way
    chosen: Any


class Taken(Frozen):
    """A step that was taken: the number of its action, and the values that were chosen in it."""

    action: int
    chosen: tuple[tuple[str, Value], ...]


class Runs:
    """All runs of a system, as far as they were unrolled: `states` in order, and the `moves` from each."""

    def __init__(self, system: System, solver: Solver) -> None:
        self.system = system
        self.solver = solver
        self.states: list[State] = []
        self.moves: list[tuple[Move, ...]] = []
        self._first: tuple[Move, ...] = ()
        self._fresh = Fresh()
        self._steps = Steps(system, self._fresh, solver.clock.left)

    # ------------------------------------------------------------ how they begin

    def begin_anywhere(self) -> None:
        """In any state of the types. Raises `Unsupported`."""
        self.states.append(self._steps.any_state("s."))
        self._settle()

    def begin(self) -> tuple[Move, ...]:
        """In an initial state; how these are made. Raises `Unsupported`."""
        ways = self._steps.initial("init.")
        self._first = tuple(Move(-1, way, sc.flag(f"init?{n}")) for n, way in enumerate(ways))
        self._settle()
        return self._first

    def enter(self, before: State, moves: Sequence[Move]) -> None:
        """Go on to where one of the moves leads."""
        self._choose(moves)
        prefix = f"{len(self.states)}."
        self.states.append({
            name: self._named(self._moved(name, old, moves), f"{prefix}{name}")
            for name, old in before.items()
        })  # fmt: skip

    # ------------------------------------------------------------ how they go on

    def look(self) -> tuple[Move, ...]:
        """The moves from the last state. Raises `Unsupported`, `GaveUp`."""
        here = len(self.moves)
        assert here == len(self.states) - 1
        self.solver.add(self.within(here))
        found = []
        for number, action in enumerate(self.system.actions):
            ways = self._steps.by(action, self.states[here], {}, f"{here}.{number}.")
            found += [
                Move(number, way, sc.flag(f"{here}?{number}.{n}")) for n, way in enumerate(ways)
            ]
        self._settle()
        self.moves.append(tuple(found))
        return self.moves[-1]

    def go(self) -> None:
        """One step further, after the moves were looked at."""
        self.enter(self.states[-1], self.moves[-1])

    def within(self, number: int) -> Truth:
        """Is a state inside the bound of what is explored?"""
        true, error = self._steps.truth(self.system.within, self.states[number])
        return sc.both((true, sc.negated(error)))

    def good(self, e: Any, state: State, old: State | None = None) -> Truth:
        """Has a condition a value, and is it true?"""
        true, error = self._steps.truth(e, state, old)
        self._settle()
        return sc.both((true, sc.negated(error)))

    def differ(self, a: int, b: int) -> Truth:
        """Are two states not the same?"""
        same = (
            v.equal(of.type, self.states[a][of.name], self.states[b][of.name])
            for of in self.system.variables
        )
        return sc.negated(sc.both(same))

    def counts(self) -> list[Number]:
        """How often the first state has each element in each of its bags."""
        return [
            count for of in self.system.variables if isinstance(of.type, t.Bag)
            for count in self.states[0][of.name] if not sc.known(count)
        ]  # fmt: skip

    # ------------------------------------------------------------ back from a model

    def plain(self, model: Model, state: State) -> Values:
        """The plain values of a state."""
        read = reading(model)
        return {of.name: v.plain(of.type, state[of.name], read) for of in self.system.variables}

    def taken(self, model: Model, last: Sequence[Move] = ()) -> tuple[Taken, ...]:
        """The steps to the last state; and `last`, from there."""
        read = reading(model)
        moves = [move for moves in (self._first, *self.moves) for move in moves]
        return tuple(
            Taken(
                move.action,
                tuple((p.name, v.plain(p.type, p.value, read)) for p in move.way.picked),
            )
            for move in (*(move for move in moves if read(move.chosen)), *last)
        )

    # ------------------------------------------------------------ names and choices

    def _settle(self) -> None:
        """What is known of fresh names is true from now on."""
        self.solver.add(*self._fresh.facts)
        self._fresh.facts.clear()

    def _choose(self, moves: Sequence[Move]) -> None:
        names = [move.chosen for move in moves]
        self.solver.add(sc.either(names))
        if len(names) > 1:
            self.solver.add_at_most_one(names)
        for move in moves:
            self.solver.add(sc.either((sc.negated(move.chosen), move.way.taken)))

    def _moved(self, name: str, old: Symbolic, moves: Sequence[Move]) -> Symbolic:
        found = old
        for move in moves:
            new = move.way.state[name]
            if new is not old:
                found = _merged(move.chosen, old, new, found)
        return found

    def _named(self, value: Symbolic, name: str) -> Symbolic:
        if isinstance(value, tuple):
            return tuple(self._named(part, f"{name}.{n}") for n, part in enumerate(value))
        if sc.known(value) or isinstance(value, Name):
            return value
        new = self._fresh.like(name, value)
        self._settle()
        self.solver.add(sc.same(new, value))
        return new


def _merged(chosen: Truth, old: Symbolic, new: Symbolic, other: Symbolic) -> Symbolic:
    """`new` if it is chosen, else `other`; what is `old` in both needs no choice. A sequence that is
    shorter than another has anything beyond its end.
    """
    if new is old or other is None:
        return other if new is old else new
    if isinstance(new, tuple):
        before = old if isinstance(old, tuple) else ()
        parts = zip_longest(before, new, other)
        return tuple(c if b is None else _merged(chosen, a, b, c) for a, b, c in parts)
    if old is not None and sc.same_term(old, new):
        return other
    return sc.chosen(chosen, new, other)
