"""Formulas in negation normal form over facts: what a run that breaks a property does.

A condition that has no value in a state breaks whatever it can: each condition has two facts, that
it may be true there and that it may be false.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from dsmc.frozen import Frozen
from dsmc.ir import temporal as f
from dsmc.ir.expr import Expr


class Fact(Frozen):
    """One of the bits is set in the present state; without bits, nothing is true."""

    bits: int


class And(Frozen):
    """Both."""

    left: Normal
    right: Normal


class Or(Frozen):
    """One or both."""

    left: Normal
    right: Normal


class Next(Frozen):
    """After one step."""

    of: Normal


class Until(Frozen):
    """`right` becomes true, and `left` is true before."""

    left: Normal
    right: Normal


class Release(Frozen):
    """`right` is true as long as `left` was not."""

    left: Normal
    right: Normal


Normal: TypeAlias = "Fact | And | Or | Next | Until | Release"

#: The bit that is set in every state.
ALWAYS_SET = 1
TRUE, FALSE = Fact(ALWAYS_SET), Fact(0)


def may_be(condition: int, value: bool) -> int:
    """The bit that says that a condition, by its number, may be true, or may be false."""
    return 1 << (1 + 2 * condition + (not value))


def broken(formula: f.Formula, number: Callable[[Expr], int]) -> Normal:
    """What a run does that breaks the formula, whose conditions have numbers."""
    return _normal(formula, number, positive=False)


def _normal(formula: f.Formula, number: Callable[[Expr], int], *, positive: bool) -> Normal:
    def part(of: f.Formula, positive: bool = positive) -> Normal:
        return _normal(of, number, positive=positive)

    match formula:
        case f.Now(e):
            return Fact(may_be(number(e), positive))
        case f.Not(of):
            return part(of, not positive)
        case f.Both(left, right):
            return (And if positive else Or)(part(left), part(right))
        case f.Either(left, right):
            return (Or if positive else And)(part(left), part(right))
        case f.Next(of):
            return Next(part(of))
        case f.Until(left, right):
            return (Until if positive else Release)(part(left), part(right))
        case f.Always(of):
            return Release(FALSE, part(of)) if positive else Until(TRUE, part(of))
        case f.Eventually(of):
            return Until(TRUE, part(of)) if positive else Release(FALSE, part(of))
        case _:
            assert_never(formula)


#: A formula is not taken apart into more alternatives: one automaton is smaller then.
_MOST = 64


def alternatives(formula: Normal) -> list[Normal]:
    """Formulas of which each run that does what the formula says does one."""
    match formula:
        case Or(left, right):
            found = [*alternatives(left), *alternatives(right)]
        case Until(left, right):
            found = [Until(left, goal) for goal in alternatives(right)]
        case And(left, right):
            found = [And(a, b) for a in alternatives(left) for b in alternatives(right)]
        case _:
            found = [formula]
    return found if len(found) <= _MOST else [formula]
