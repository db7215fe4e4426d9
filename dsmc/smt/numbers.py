"""Sums, products and quotients: a sum has each of its parts once, with a factor."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from dsmc.smt import terms as t
from dsmc.smt.terms import AtMost, Choice, Equal, Product, Quotient, Sum
from dsmc.smt.truths import Number, Truth, chosen, ends, known, negated, splits, spread


def total(numbers: Iterable[Number]) -> Number:
    """The sum."""
    factors: dict[Any, int] = {}
    constant = sum(_add(factors, number, 1) for number in numbers)
    return _sum(constant, factors)


def _add(factors: dict[Any, int], number: Number, factor: int) -> int:
    """Adds so much of a number to what there is; what it has of a constant is returned."""
    if known(number):
        return number * factor  # type: ignore[no-any-return]
    constant, own, *others = number.parts if type(number) is Sum else (0, (1,), number)
    for one, times_ in zip(others, own, strict=True):
        factors[one] = factors.get(one, 0) + factor * times_
    return constant * factor  # type: ignore[no-any-return]


def _sum(constant: int, factors: dict[Any, int]) -> Number:
    others = t.by_age(one for one, factor in factors.items() if factor)
    own = tuple(factors[one] for one in others)
    if own == (1,) and not constant:
        return others[0]
    if not others:
        return constant
    low = high = constant
    for one, factor in zip(others, own, strict=True):
        a, b = one.ends[0] * factor, one.ends[1] * factor
        low, high = low + min(a, b), high + max(a, b)
    return t.made(Sum, (constant, own, *others), (low, high))


def times(a: Number, b: Number) -> Number:
    """The product."""
    if known(b):
        a, b = b, a
    if known(a):
        factors: dict[Any, int] = {}
        return _sum(_add(factors, b, a), factors) if a else 0
    if splits(a) or splits(b):
        one, other = (a, b) if splits(a) else (b, a)
        return spread(one, lambda n: times(n, other))
    return t.made(Product, tuple(t.by_age((a, b))), t.ANY)


def divided(a: Number, b: Number) -> Number:
    """The quotient rounded down; of a division by 0, any number."""
    if not known(b):
        return chosen(less(0, b), quotient(a, b), quotient(times(-1, a), times(-1, b)))
    return quotient(a, b) if b > 0 else quotient(times(-1, a), -b)


def quotient(a: Number, b: Number) -> Number:
    """The same, if `b` is more than 0 where it matters."""
    if known(b) and b <= 1:
        return a if b == 1 else 0
    if known(a) and known(b):
        return a // b
    return t.made(Quotient, (a, b), _quotient_ends(a, b))


def _quotient_ends(a: Number, b: Number) -> t.Ends:
    low, high = ends(a)
    low, high = ends(a)
    return (low // b, high // b) if known(b) and isfinite(high - low) else t.ANY


def remainder(a: Number, b: Number) -> Number:
    """What `divided` leaves; it has the sign of the divisor."""
    return total((a, times(-1, times(divided(a, b), b))))


# ---------------------------------------------------------------- compared with one another


def equal(a: Number, b: Number) -> Truth:
    """`a == b`"""
    if splits(a) and type(b) is not Choice:
        return spread(a, lambda n: equal(n, b))
    if splits(b) and type(a) is not Choice:
        return spread(b, lambda n: equal(a, n))
    whole, limit, _ = _sides(a, b)
    return _equal(whole, limit)


def at_most(a: Number, b: Number) -> Truth:
    """`a <= b`"""
    if splits(a) and type(b) is not Choice:
        return spread(a, lambda n: at_most(n, b))
    if splits(b) and type(a) is not Choice:
        return spread(b, lambda n: at_most(a, n))
    whole, limit, turned = _sides(a, b)
    return negated(_at_most(whole, limit - 1)) if turned else _at_most(whole, limit)


def less(a: Number, b: Number) -> Truth:
    """`a < b`"""
    return negated(at_most(b, a))


def _sides(a: Number, b: Number) -> tuple[Number, int, bool]:
    """What depends on names to the left, a constant to the right; perhaps turned, so that the factor of the
    oldest is more than 0.
    """
    if known(b) and type(a) is not Sum:
        return a, b, False
    if known(a) and type(b) is not Sum:
        return b, a, True
    factors: dict[Any, int] = {}
    constant = _add(factors, a, 1) + _add(factors, b, -1)
    whole = _sum(0, factors)
    if type(whole) is Sum and whole.parts[1][0] < 0:
        return times(-1, whole), constant, True
    return whole, -constant, False


def _equal(whole: Number, value: int) -> Truth:
    if known(whole):
        return whole == value
    if splits(whole):
        return spread(whole, lambda n: equal(n, value))
    low, high = whole.ends
    if not low <= value <= high or low == high:
        return low == value == high
    if value == high == low + 1:
        return negated(t.made(Equal, (whole, low)))
    return t.made(Equal, (whole, value))


def _at_most(whole: Number, most: int) -> Truth:
    if known(whole):
        return whole <= most
    if splits(whole):
        return spread(whole, lambda n: at_most(n, most))
    low, high = whole.ends
    if most < low or most >= high:
        return most >= high
    if most == low:
        return _equal(whole, most)
    return negated(_equal(whole, most + 1)) if most + 1 == high else t.made(AtMost, (whole, most))
