"""Truth values and integers that are constants of Python as long as possible, else terms of Z3.

What is known is computed here: making a term costs some thirty times as much as a comparison. The terms
that there are most of are made by Z3's own functions: those of its Python look at each part again.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import z3

#: A `bool` or a Boolean term; an `int` or an integer term.
Truth: TypeAlias = Any
Number: TypeAlias = Any
Scalar: TypeAlias = Any


def known(value: Scalar) -> bool:
    """Is it a constant?"""
    return isinstance(value, int)


def both(parts: Iterable[Truth]) -> Truth:
    """Are all of them true?"""
    return _joined(parts, neutral=True, join=z3.Z3_mk_and)


def either(parts: Iterable[Truth]) -> Truth:
    """Is one of them true?"""
    return _joined(parts, neutral=False, join=z3.Z3_mk_or)


def _joined(parts: Iterable[Truth], *, neutral: bool, join: Any) -> Truth:
    open_: dict[int, Truth] = {}
    for part in parts:
        if part is not neutral:
            if known(part):
                return not neutral
            open_[part.get_id()] = part
    if not open_:
        return neutral
    terms = list(open_.values())
    if len(terms) == 1:
        return terms[0]
    context = terms[0].ctx
    parts = (z3.Ast * len(terms))(*(one.as_ast() for one in terms))
    return z3.BoolRef(join(context.ref(), len(terms), parts), context)


def negated(truth: Truth) -> Truth:
    """Is it false?"""
    if known(truth):
        return not truth
    if z3.is_not(truth):
        return truth.arg(0)
    return z3.BoolRef(z3.Z3_mk_not(truth.ctx_ref(), truth.as_ast()), truth.ctx)


def chosen(condition: Truth, yes: Scalar, no: Scalar) -> Scalar:
    """`yes` where the condition is true, else `no`."""
    if known(condition):
        return yes if condition else no
    if same_term(yes, no):
        return yes
    if isinstance(yes, bool) or isinstance(no, bool) or z3.is_bool(yes):
        return _chosen_truth(condition, yes, no)
    return z3.If(condition, yes, no)


def _chosen_truth(condition: Truth, yes: Truth, no: Truth) -> Truth:
    if known(yes):
        return either((condition, no)) if yes else both((negated(condition), no))
    if known(no):
        return either((negated(condition), yes)) if no else both((condition, yes))
    return z3.If(condition, yes, no)


def same_term(a: Scalar, b: Scalar) -> bool:
    """Are they the same constant or term, as they are written?"""
    if known(a) or known(b):
        return known(a) and known(b) and a == b
    return bool(a.get_id() == b.get_id())  # equal terms are one in Z3, while both are alive


def same(a: Scalar, b: Scalar) -> Truth:
    """Are they equal?"""
    if known(a) and known(b):
        return a == b
    if same_term(a, b):
        return True
    if isinstance(a, bool):
        return b if a else negated(b)
    if isinstance(b, bool):
        return a if b else negated(a)
    one, other = term(a), term(b)
    return z3.BoolRef(z3.Z3_mk_eq(one.ctx_ref(), one.as_ast(), other.as_ast()), one.ctx)


def less(a: Number, b: Number) -> Truth:
    """`a < b`"""
    return False if same_term(a, b) else a < b


def at_most(a: Number, b: Number) -> Truth:
    """`a <= b`"""
    return negated(less(b, a))


def total(numbers: Sequence[Number]) -> Number:
    """The sum."""
    constant = sum(n for n in numbers if known(n))
    terms = [n for n in numbers if not known(n)]
    if not terms:
        return constant
    return z3.Sum(*terms, constant) if constant or len(terms) > 1 else terms[0]


def times(a: Number, b: Number) -> Number:
    """The product."""
    if known(a) and a in (0, 1):
        return b if a else 0
    if known(b) and b in (0, 1):
        return a if b else 0
    return a * b


def divided(a: Number, b: Number) -> Number:
    """The quotient rounded down; Z3 rounds so that the remainder is never negative."""
    if known(a) and known(b):
        return a // b if b else 0
    a = z3.IntVal(a) if known(a) else a
    if known(b):
        return a / b if b > 0 else -a / -b if b else 0
    return z3.If(b > 0, a / b, -a / -b)


def remainder(a: Number, b: Number) -> Number:
    """What `divided` leaves; it has the sign of the divisor."""
    return total((a, times(-1, times(divided(a, b), b))))


def counted(truth: Truth) -> Number:
    """1 if it is true, else 0."""
    return int(truth) if known(truth) else z3.If(truth, 1, 0)


def term(value: Scalar) -> Any:
    """The same as a term."""
    if isinstance(value, bool):
        return z3.BoolVal(value)
    return _number(value) if known(value) else value


@functools.cache
def _number(value: int) -> Any:
    return z3.IntVal(value)


def folded(term_: Any) -> Scalar:
    """The constant that a term is, or the term."""
    if z3.is_true(term_) or z3.is_false(term_):
        return bool(z3.is_true(term_))
    return term_.as_long() if z3.is_int_value(term_) else term_


class Bundle:
    """Scalars in which names are replaced all at once, which is one question to Z3."""

    def __init__(self, scalars: Sequence[Scalar]) -> None:
        self._scalars = list(scalars)
        self._open = [n for n, one in enumerate(scalars) if not known(one)]
        parts = [scalars[n] for n in self._open]
        sorts = [part.sort() for part in parts]
        self._whole = z3.Function("all", *sorts, z3.BoolSort())(*parts) if parts else None

    def replaced(self, names: Names, *, simpler: bool = False) -> list[Scalar]:
        """With names replaced, and perhaps simplified."""
        if self._whole is None or not names.count:
            return self._scalars
        done = names.replaced(self._whole)
        done = z3.simplify(done) if simpler else done
        found = list(self._scalars)
        for place, n in enumerate(self._open):
            found[n] = folded(done.arg(place))
        return found


class Names:
    """What stands for each of some names."""

    def __init__(self, old: Sequence[Any], new: Sequence[Scalar]) -> None:
        self.count = len(old)
        self._kept = [*old, *map(term, new)]  # as long as the arrays point to them
        asts = [one.as_ast() for one in self._kept]
        self._from = (z3.Ast * self.count)(*asts[: self.count])
        self._to = (z3.Ast * self.count)(*asts[self.count :])

    def replaced(self, within: Any) -> Any:
        """A term with the names replaced. `z3.substitute` would look at each of them again."""
        context = within.ctx
        found = z3.Z3_substitute(context.ref(), within.as_ast(), self.count, self._from, self._to)
        return z3.BoolRef(found, context)
