"""Sums, products and quotients: a sum has each of its parts once, with a factor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import Any

from dsmc.smt import terms as t
from dsmc.smt.terms import AtMost, Equal, Product, Quotient, Sum
from dsmc.smt.truths import (
    Number,
    Truth,
    both,
    chosen,
    either,
    ends,
    is_choice,
    known,
    negated,
    spread,
)  # fmt: skip

#: So many values of a choice are told apart, and so many parts of a sum.
_FEW = 4
_SHORT = 12


def total(numbers: Iterable[Number]) -> Number:
    """The sum."""
    factors: dict[Any, int] = {}
    constant = sum(_add(factors, number, 1) for number in numbers)
    return _sum(constant, factors)


def weighted(constant: int, factors: Sequence[int], *numbers: Number) -> Number:
    """The sum of a constant and so much of each number."""
    found: dict[Any, int] = {}
    for factor, number in zip(factors, numbers, strict=True):
        constant += _add(found, number, factor)
    return _sum(constant, found)


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
    if is_choice(a) or is_choice(b):
        one, other = (a, b) if is_choice(a) else (b, a)
        return spread(one, (Product, other), lambda n: times(n, other))
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
    return (low // b, high // b) if known(b) and isfinite(high - low) else t.ANY


def remainder(a: Number, b: Number) -> Number:
    """What `divided` leaves; it has the sign of the divisor."""
    return total((a, times(-1, times(divided(a, b), b))))


# ---------------------------------------------------------------- compared with one another


def equal(a: Number, b: Number) -> Truth:
    """`a == b`"""
    if is_choice(a) and is_choice(b):
        values = _few(a)
        if values is not None:
            return either(both((equal(a, n), equal(b, n))) for n in values)
    elif is_choice(a):
        return spread(a, (Equal, b), lambda n: equal(n, b))
    elif is_choice(b):
        return equal(b, a)
    whole, limit, _ = _sides(a, b)
    return _equal(whole, limit)


def at_most(a: Number, b: Number) -> Truth:
    """`a <= b`"""
    if is_choice(a) and is_choice(b):
        values = _few(a)
        if values is not None:
            return either(both((equal(a, n), at_most(n, b))) for n in values)
    elif is_choice(a):
        return spread(a, (AtMost, b), lambda n: at_most(n, b))
    elif is_choice(b):
        return spread(b, (AtMost, a, None), lambda n: at_most(a, n))
    whole, limit, turned = _sides(a, b)
    return negated(_at_most(whole, limit - 1)) if turned else _at_most(whole, limit)


def _few(number: Number) -> range | None:
    """The values that it may have, if they are few."""
    low, high = ends(number)
    return range(int(low), int(high) + 1) if high - low < _FEW else None


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
    low, high = whole.ends
    if not low <= value <= high or low == high:
        return low == value == high
    if value == high == low + 1:
        return negated(_equal(whole, low))
    if type(whole) is Sum:
        return _in_cases(whole, Equal, value, lambda n: equal(n, value))
    return t.made(Equal, (whole, value))


def _at_most(whole: Number, most: int) -> Truth:
    if known(whole):
        return whole <= most
    low, high = whole.ends
    if most < low or most >= high:
        return most >= high
    if most == low:
        return _equal(whole, most)
    if most + 1 == high:
        return negated(_equal(whole, high))
    if type(whole) is Sum:
        return _in_cases(whole, AtMost, most, lambda n: at_most(n, most))
    return t.made(AtMost, (whole, most))


def _in_cases(
    whole: Any, kind: type[Equal | AtMost], limit: int, ask: Callable[[Number], Truth]
) -> Truth:
    """What is asked of a short sum, in both cases of a choice in it: so it can be counted without numbers."""
    question = (kind, limit)
    if question not in whole.answers:
        match _cases(whole):
            case None:
                whole.answers[question] = t.made(kind, (whole, limit))
            case condition, yes, no:
                whole.answers[question] = chosen(condition, ask(yes), ask(no))
    return whole.answers[question]


def _cases(whole: Any) -> tuple[Truth, Number, Number] | None:
    """A condition, and what a short sum is where it is true and where it is not; None if it has no such."""
    constant, factors, *others = whole.parts
    place = next((n for n, one in enumerate(others) if _is_simple(one)), None)
    if place is None or len(others) > _SHORT:
        return None
    condition, *branches = others[place].parts
    rest = dict(zip(others, factors, strict=True))
    factor = rest.pop(others[place])
    yes, no = (_sum(constant + factor * n, rest) for n in branches)
    return condition, yes, no


def _is_simple(number: Number) -> bool:
    """Is it a choice between two constants?"""
    return is_choice(number) and all(map(known, number.parts[1:]))
