"""Scalars: truth values and integers, which are constants of Python as long as possible, else terms.

All terms are made by the functions of this module, which is what the rest of `smt` sees of them.
"""

from __future__ import annotations

from math import isfinite

from dsmc.smt import terms as t
from dsmc.smt.numbers import (
    at_most,
    divided,
    equal,
    less,
    quotient,
    remainder,
    times,
    total,
    weighted,
)
from dsmc.smt.truths import (
    Number,
    Scalar,
    Truth,
    both,
    chosen,
    counted,
    either,
    ends,
    is_truth,
    known,
    negated,
    same_term,
)  # fmt: skip

__all__ = [
    "Number", "Scalar", "Truth", "applied", "at_most", "both", "chosen", "counted", "divided", "either",
    "ends", "flag", "inside", "is_truth", "known", "less", "negated", "number", "quotient", "remainder",
    "same", "same_term", "times", "total", "weighted",
]  # fmt: skip


def same(a: Scalar, b: Scalar) -> Truth:
    """Are they equal?"""
    if known(a) and known(b):
        return a == b
    if is_truth(a):
        return chosen(a, b, negated(b))
    return a is b or equal(a, b)


def flag(label: str) -> Truth:
    """A truth value of which nothing is known but its name."""
    return t.name(label, None)


def number(label: str, between: t.Ends) -> Number:
    """The same for an integer; who makes it says that it is `inside` its ends, which is taken for granted."""
    return t.name(label, between)


def inside(name: Number) -> Truth:
    """Is a number between its ends? Not made simple, as that would say yes."""
    low, high = name.ends
    above = [negated(t.made(t.AtMost, (name, low - 1)))] * isfinite(low)
    below = [t.made(t.AtMost, (name, high))] * isfinite(high)
    return both((*above, *below))


def applied(function: t.Function, *args: Scalar) -> Scalar:
    """A function of which only the types are known, of some arguments."""
    return t.made(t.Applied, (function, *args), None if function.is_truth else t.ANY)
