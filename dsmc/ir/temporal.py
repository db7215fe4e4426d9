"""What is said of whole runs: formulas of linear temporal logic over conditions on states.

A run that ends stays in its last state for ever; a step that changes nothing is no step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, assert_never

from dsmc.frozen import Node
from dsmc.ir.expr import Expr


class Now(Node):
    """A condition on the present state."""

    expr: Expr


class Not(Node):
    """The opposite."""

    of: Formula


class Both(Node):
    """`and`"""

    left: Formula
    right: Formula


class Either(Node):
    """`or`"""

    left: Formula
    right: Formula


class Next(Node):
    """After one step."""

    of: Formula


class Until(Node):
    """`right` becomes true, and `left` is true before."""

    left: Formula
    right: Formula


class Always(Node):
    """From now on."""

    of: Formula


class Eventually(Node):
    """Now or later."""

    of: Formula


Formula: TypeAlias = "Now | Not | Both | Either | Next | Until | Always | Eventually"


def implies(left: Formula, right: Formula) -> Formula:
    """`left implies right`"""
    return Either(Not(left), right)


def leads_to(trigger: Formula, goal: Formula) -> Formula:
    """Whenever `trigger` is true, `goal` is then or later."""
    return Always(implies(trigger, Eventually(goal)))


def map_conditions(f: Callable[[Expr], Expr], formula: Formula) -> Formula:
    """The formula with `f` applied to each condition."""

    def inside(part: Formula) -> Formula:
        return map_conditions(f, part)

    match formula:
        case Now(e):
            return Now(f(e)).at(formula.span)
        case Not(of) | Next(of) | Always(of) | Eventually(of):
            return type(formula)(inside(of)).at(formula.span)
        case Both(left, right) | Either(left, right) | Until(left, right):
            return type(formula)(inside(left), inside(right)).at(formula.span)
        case _:
            assert_never(formula)


def has_next(formula: Formula) -> bool:
    """Does it count steps?"""
    match formula:
        case Now():
            return False
        case Next():
            return True
        case Not(of) | Always(of) | Eventually(of):
            return has_next(of)
        case Both(left, right) | Either(left, right) | Until(left, right):
            return has_next(left) or has_next(right)
        case _:
            assert_never(formula)


def conditions(formula: Formula) -> Iterator[Expr]:
    """The conditions of a formula, from left to right."""
    match formula:
        case Now(e):
            yield e
        case Not(of) | Next(of) | Always(of) | Eventually(of):
            yield from conditions(of)
        case Both(left, right) | Either(left, right) | Until(left, right):
            yield from conditions(left)
            yield from conditions(right)
        case _:
            assert_never(formula)
