"""The simplest condition on numbers that is true of some points and false of others.

A condition is a conjunction of few linear inequalities with small integer coefficients: all of them are
unknowns of one question to the solver. It is true of a point if each inequality is, and false of it if
one is not. Fewer inequalities are simpler; of as many, those whose coefficients and numbers are smaller.

What has the same value in all points is only another name for this number: it is no unknown, but makes
some numbers cheaper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import z3

from dsmc.frozen import Frozen

#: A condition has no more inequalities than this, and no larger coefficients.
MOST_PARTS = 3
MOST_TIMES = 3
#: How much more a number costs that is added to a constant.
_FAR = 4
#: What the solver may spend on one question, in its own units.
_EFFORT = 100_000_000


class GaveUpError(Exception):
    """The solver does not know whether there is a condition."""


class Name(Frozen):
    """What a condition may speak of, what it costs to do so, and its value if that is always the same."""

    text: str
    cost: int
    value: int | None = None


class Linear(Frozen):
    """The sum of some names, each so many times, and of a number is not negative."""

    times: tuple[tuple[str, int], ...]
    number: int

    def holds(self, point: Mapping[str, int]) -> bool:
        """Is it true of a point?"""
        return sum(n * point[name] for name, n in self.times) + self.number >= 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it speaks of."""
        return tuple(name for name, _ in self.times)

    @property
    def text(self) -> str:
        """As it is written in a spec: the first name stands on the left."""
        sign = 1 if self.times[0][1] > 0 else -1
        left = [(name, sign * n) for name, n in self.times if sign * n > 0]
        right = [(name, -sign * n) for name, n in self.times if sign * n < 0]
        strict = bool(right) and self.number == -1
        number = 0 if strict else sign * self.number
        relation = {1: ">", -1: "<"}[sign] + "=" * (not strict)
        beside = number if number > 0 and right else 0
        return f"{_sum(left, beside)} {relation} {_sum(right, beside - number)}"


class Condition(Frozen):
    """All of some inequalities."""

    parts: tuple[Linear, ...]

    def holds(self, point: Mapping[str, int]) -> bool:
        """Is it true of a point?"""
        return all(part.holds(point) for part in self.parts)

    @property
    def text(self) -> str:
        """As it is written in a spec."""
        return " and ".join(part.text for part in self.parts) or "true"


def _sum(terms: Sequence[tuple[str, int]], number: int) -> str:
    told = [name if n == 1 else f"{n} * {name}" for name, n in terms]
    return " + ".join([*told, *([str(number)] if number or not told else [])])


def simplest(
    names: Sequence[Name],
    good: Sequence[Mapping[str, int]],
    bad: Sequence[Mapping[str, int]],
    unknown: Sequence[Mapping[str, int]] = (),
) -> Condition | None:
    """The simplest condition that is true of the good points and false of the bad ones; of several the
    weakest, which is true of most of the unknown ones. None if there is no simple one. Raises
    `GaveUpError`.
    """
    if not bad:
        return Condition(())
    for count in range(1, MOST_PARTS + 1):
        found = _Question(names, count).answer(good, bad, unknown)
        if found is not None:
            return found
    return None


class _Shift(Frozen):
    """A constant that is added to a number, or taken from it, or none; and what this costs."""

    times: tuple[tuple[str, int], ...]
    by: int
    cost: int

    def left(self, number: Any, chosen: Any) -> Any:
        """What the number costs with it. `N` or `N - 1` says something, `N + 3` is only another number."""
        return _plain(number - self.by, chosen) * (_FAR if self.times else 1) + self.cost


def _shifts(names: Sequence[Name]) -> tuple[_Shift, ...]:
    known = [(name, name.value) for name in names if name.value is not None]
    named = [
        _Shift(((name.text, sign),), sign * value, name.cost)
        for name, value in known for sign in (1, -1)
    ]  # fmt: skip
    return (*named, _Shift((), 0, 0))


def _plain(number: Any, chosen: Any) -> Any:
    """What a number costs: 0 and -1 are the difference of `>=` and `>`, and cost nothing."""
    return 2 * chosen(number >= 0, number, -1 - number)


class _Part:
    """An inequality that is not known yet."""

    def __init__(self, names: Sequence[Name], label: str) -> None:
        self._open = [name for name in names if name.value is None]
        self._shifts = _shifts(names)
        self.times = [z3.Int(f"{label}.{name.text}") for name in self._open]
        self._number = z3.Int(f"{label}.number")

    def value(self, point: Mapping[str, int]) -> Any:
        """Is negative where the inequality is false."""
        terms = (point[name.text] * n for name, n in zip(self._open, self.times, strict=True))
        return z3.Sum(self._number, *terms)

    @property
    def cost(self) -> Any:
        """How simple it is."""
        named = (name.cost * _size(n) for name, n in zip(self._open, self.times, strict=True))
        cheapest, *others = (shift.left(self._number, z3.If) for shift in self._shifts)
        for other in others:
            cheapest = z3.If(other < cheapest, other, cheapest)
        return z3.Sum(cheapest, *named)

    def read(self, model: Any) -> Linear:
        """What the solver has found."""
        found = [model.eval(n, model_completion=True).as_long() for n in self.times]
        number = model.eval(self._number, model_completion=True).as_long()
        shift = min(self._shifts, key=lambda one: one.left(number, _chosen))
        times = [(name.text, n) for name, n in zip(self._open, found, strict=True) if n]
        return Linear((*times, *shift.times), number - shift.by)


class _Question:
    """Is there a condition of so many inequalities?"""

    def __init__(self, names: Sequence[Name], count: int) -> None:
        self._names = [name.text for name in names]
        self._parts = [_Part(names, f"p{number}") for number in range(count)]
        self._solver = z3.Optimize()
        self._solver.set("rlimit", _EFFORT)
        for part in self._parts:
            self._solver.add(*(z3.And(n >= -MOST_TIMES, n <= MOST_TIMES) for n in part.times))

    def answer(
        self,
        good: Sequence[Mapping[str, int]],
        bad: Sequence[Mapping[str, int]],
        unknown: Sequence[Mapping[str, int]],
    ) -> Condition | None:
        """The condition. Raises `GaveUpError`."""
        self._solver.add(*map(self._holds, good), *(z3.Not(self._holds(point)) for point in bad))
        self._prefer(unknown)
        found = self._solver.check()
        if found == z3.unknown:
            raise GaveUpError
        if found == z3.unsat:
            return None
        model = self._solver.model()
        parts = (part.read(model) for part in self._parts)
        return Condition(tuple(sorted(parts, key=self._place)))

    def _place(self, part: Linear) -> list[int]:
        """Where its names stand among all."""
        return [self._names.index(name) for name in part.names]

    def _holds(self, point: Mapping[str, int]) -> Any:
        return z3.And(*(part.value(point) >= 0 for part in self._parts))

    def _prefer(self, unknown: Sequence[Mapping[str, int]]) -> None:
        """Simple ones; of these the weakest; of these always the same."""
        self._solver.minimize(z3.Sum(*(part.cost for part in self._parts)))
        if unknown:
            true = (z3.If(self._holds(point), 1, 0) for point in unknown)
            self._solver.maximize(z3.Sum(*true))
        for part in self._parts:
            for n in part.times:
                self._solver.maximize(n)


def _size(n: Any) -> Any:
    return z3.If(n >= 0, n, -n)


def _chosen(condition: bool, yes: int, no: int) -> int:
    return yes if condition else no
