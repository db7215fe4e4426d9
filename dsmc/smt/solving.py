"""A solver that is asked again and again, within so many seconds in all."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import NoReturn

import z3

from dsmc.smt.models import Model
from dsmc.smt.scalar import Truth
from dsmc.smt.translation import check, term

#: Milliseconds: what is only nice to have is looked for so long; and no limit at all.
_SOON = 2_000
NO_END = 4_294_967_295


class GaveUp(Exception):
    """The solver does not know. `why` is told to the user."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Clock:
    """How much time is left; without `seconds` there is no end of it."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._began = time.perf_counter()

    @property
    def gone(self) -> float:
        """The seconds since it began."""
        return time.perf_counter() - self._began

    def left(self) -> float | None:
        """The seconds that are left, None if there is no end. Raises `GaveUp` if there are none."""
        if self._seconds is None:
            return None
        if self.gone >= self._seconds:
            raise GaveUp(f"the limit of {self._seconds:g} seconds")
        return self._seconds - self.gone


class Solver:
    """Facts, and questions whether something else can be true as well."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._solver = z3.Solver()
        self._questions = 0

    def add(self, *facts: Truth) -> None:
        """What is true from now on."""
        for fact in facts:
            self._solver.add(term(fact))

    def add_at_most_one(self, names: Sequence[Truth]) -> None:
        """No two of them are true from now on."""
        self._solver.add(z3.AtMost(*map(term, names), 1))

    def model(self, wanted: Truth, assumed: Iterable[Truth] = ()) -> Model | None:
        """A model where something is true; None if there is none. Raises `GaveUp`.

        What was learned from a question serves the next: so it is asked under a name of its own.
        """
        if wanted is False:
            return None
        self._questions += 1
        question = z3.Bool(f"question.{self._questions}")
        self._solver.add(z3.Implies(question, term(wanted)))
        found = self._solver.model() if self._possible(question, *map(term, assumed)) else None
        self._solver.add(z3.Not(question))
        return found

    def small(self, wanted: Truth, assumed: Iterable[Truth], little: Truth) -> Model | None:
        """A model that is easy to read, if one is found soon."""
        self._solver.set("timeout", _SOON)
        self._solver.push()
        self._solver.add(term(wanted), term(little))
        found = self._solver.model() if check(self._solver, map(term, assumed)) == z3.sat else None
        self._solver.pop()
        self._solver.set("timeout", NO_END)
        return found

    def _possible(self, *assumed: z3.BoolRef) -> bool:
        left = self.clock.left()
        if left is not None:
            self._solver.set("timeout", max(1, int(left * 1000)))
        answer = check(self._solver, assumed)
        if answer == z3.unknown:
            give_up(self._solver, self.clock)
        return bool(answer == z3.sat)


def give_up(solver: z3.Solver, clock: Clock) -> NoReturn:
    """Say why the solver did not answer: the user stopped it, the time is over, or it does not know."""
    reason = solver.reason_unknown()
    if "interrupt" in reason:
        raise KeyboardInterrupt
    clock.left()
    raise GaveUp(f"the solver does not know: {reason}")
