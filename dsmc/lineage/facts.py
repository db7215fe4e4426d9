"""Tests: what a fact says of a value."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias, assert_never

from dsmc.frozen import Frozen
from dsmc.ir.types import Value


class OneOf(Frozen):
    """It is one of these."""

    values: frozenset[Value]


class NoneOf(Frozen):
    """It is none of these."""

    values: frozenset[Value]


class Least(Frozen):
    """It is a number, and not less."""

    number: int


class Most(Frozen):
    """It is a number, and not more."""

    number: int


class Has(Frozen):
    """It has the element, at least so many times."""

    element: Value
    many: int = 1


class Lacks(Frozen):
    """It does not have the element."""

    element: Value


class Only(Frozen):
    """It has no other elements."""

    elements: frozenset[Value]


class Within(Frozen):
    """It has no other elements, and none more often: of messages."""

    elements: tuple[Value, ...]


Test: TypeAlias = "OneOf | NoneOf | Least | Most | Has | Lacks | Only | Within"


def equal(value: Value) -> OneOf:
    """It is this."""
    return OneOf(frozenset({value}))


def holds(test: Test, value: Value) -> bool:
    """Does a value pass the test?"""
    match test:
        case OneOf(values):
            return value in values
        case NoneOf(values):
            return value not in values
        case Least(number):
            return bool(value >= number)
        case Most(number):
            return bool(value <= number)
        case Has(element, 1):
            return element in value
        case Has(element, many):
            return list(value).count(element) >= many
        case Lacks(element):
            return element not in value
        case Only(elements):
            return all(element in elements for element in value)
        case Within(elements):
            return Counter(value) <= Counter(elements)
        case _:
            assert_never(test)
