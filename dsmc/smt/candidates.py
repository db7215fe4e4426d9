"""Candidates for auxiliary invariants: what is true of some reachable states, and may be of all.

They are simple: a condition that is never true, two or three that are never true together, the ends between
which a number stays, a number that is never more than another. Nothing rests on them before they are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from typing import TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir.system import System
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.features import View, Views
from dsmc.smt.runs import Values
from dsmc.smt.scalar import Truth

#: With more conditions than this, no three of them are looked at.
_FEW_LITERALS = 80
#: With more numbers than this they are not compared with one another.
_FEW_NUMBERS = 24


class Never(Frozen):
    """These conditions, by number, are never so (true or false) all at once."""

    literals: tuple[tuple[int, bool], ...]


class Between(Frozen):
    """A number stays between two others."""

    number: int
    low: int
    high: int


class NeverMore(Frozen):
    """A number is at most another."""

    less: int
    more: int


Candidate: TypeAlias = Never | Between | NeverMore


def holds(candidate: Candidate, view: View) -> Truth:
    """Is a candidate true of a state?"""
    match candidate:
        case Never(literals):
            conditions = view.conditions
            return sc.either(
                sc.negated(conditions[n]) if true else conditions[n] for n, true in literals
            )
        case Between(number, low, high):
            found = view.numbers[number]
            return sc.both((sc.at_most(low, found), sc.at_most(found, high)))
        case NeverMore(less, more):
            return sc.at_most(view.numbers[less], view.numbers[more])


def guessed(system: System, sample: Sequence[Values], most: int) -> tuple[list[Candidate], int]:
    """Up to so many candidates that are true of a sample, and how many were left out."""
    views = Views(system)
    seen = [
        views.of({of.name: v.constant(of.type, values[of.name]) for of in system.variables})
        for values in sample
    ]
    if not seen:
        return [], 0
    found = [*_of_numbers([view.numbers for view in seen]), *_of_conditions(seen)]
    return found[:most], max(0, len(found) - most)


def _of_numbers(rows: list[tuple[int, ...]]) -> Iterator[Candidate]:
    columns = list(zip(*rows, strict=True))
    for number, column in enumerate(columns):
        yield Between(number, min(column), max(column))
    if len(columns) <= _FEW_NUMBERS:
        for (a, left), (b, right) in permutations(enumerate(columns), 2):
            if all(x <= y for x, y in zip(left, right, strict=True)):
                yield NeverMore(a, b)


class _Literal(Frozen):
    """A condition that is true in some states of the sample (bits of a number) and false in others, or its
    opposite.
    """

    group: int
    condition: int
    is_true: bool
    states: int


def _of_conditions(seen: list[View]) -> Iterator[Candidate]:
    """Sets of states are bits of a number: this compares hundreds of states at once."""
    where = _where_true(seen)
    all_ = (1 << len(seen)) - 1
    for number, true in enumerate(where):
        if true in (0, all_):
            yield Never(((number, true == 0),))
    literals = list(_literals(seen[0], where, all_))
    apart = {(a, b) for a, b in combinations(literals, 2) if not a.states & b.states}
    for a, b in combinations(literals, 2):
        if (a, b) in apart and a.group != b.group:
            yield Never((_of(a), _of(b)))
    if len(literals) <= _FEW_LITERALS:
        yield from _of_three(literals, apart)


def _literals(view: View, where: list[int], all_: int) -> Iterator[_Literal]:
    number = 0
    for place, group in enumerate(view.groups):
        for _ in group:
            true = where[number]
            if true not in (0, all_):
                yield _Literal(place, number, True, true)
                if len(group) == 1:
                    yield _Literal(place, number, False, all_ & ~true)
            number += 1


def _of_three(
    literals: list[_Literal], apart: set[tuple[_Literal, _Literal]]
) -> Iterator[Candidate]:
    """Three conditions that are never true together, though any two of them are."""
    for a, b in combinations(literals, 2):
        both = a.states & b.states
        if (a, b) in apart:
            continue
        for c in literals[literals.index(b) + 1 :]:
            if not both & c.states and (a, c) not in apart and (b, c) not in apart:
                yield Never((_of(a), _of(b), _of(c)))


def _of(literal: _Literal) -> tuple[int, bool]:
    return literal.condition, literal.is_true


def _where_true(seen: list[View]) -> list[int]:
    found = [0] * len(seen[0].conditions)
    for place, view in enumerate(seen):
        for number, condition in enumerate(view.conditions):
            found[number] |= bool(condition) << place
    return found
