"""Truth values, and choices between two values: what is simple is made simple at once.

There is no `or`: that one of several is true is that not all of them are false.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeAlias

from dsmc.smt import terms as t
from dsmc.smt.terms import And, AtMost, Choice, Equal, Not

#: A `bool` or a term; an `int` or a term.
Truth: TypeAlias = Any
Number: TypeAlias = Any
Scalar: TypeAlias = Any

#: The parts of a longer conjunction are not those of one that it is in.
_SHORT = 24


def known(value: Scalar) -> bool:
    """Is it a constant?"""
    return isinstance(value, int)


def is_truth(value: Scalar) -> bool:
    """Is it a truth value?"""
    return isinstance(value, bool) if known(value) else value.ends is None


def ends(number: Number) -> t.Ends:
    """The least and the greatest that it may be."""
    return (number, number) if known(number) else number.ends


def same_term(a: Scalar, b: Scalar) -> bool:
    """Are they the same constant or term?"""
    return a is b or (known(a) and known(b) and a == b)


def negated(truth: Truth) -> Truth:
    """Is it false?"""
    if known(truth):
        return not truth
    if truth.opposite is None:
        truth.opposite = Not((truth,), None)
        truth.opposite.opposite = truth
    return truth.opposite


def either(parts: Iterable[Truth]) -> Truth:
    """Is one of them true?"""
    return negated(both(map(negated, parts)))


def both(parts: Iterable[Truth]) -> Truth:
    """Are all of them true?"""
    left: dict[Any, None] = {}
    for part in parts:
        if part is False:
            return False
        if part is True:
            continue
        if type(part) is And and len(part.parts) <= _SHORT:
            left |= dict.fromkeys(part.parts)
        else:
            left[part] = None
    return _all(left) if len(left) > 1 else next(iter(left), True)


def _all(left: dict[Any, None]) -> Truth:
    """Several of them: as they are kept, or false, or fewer."""
    found = t.known(And, _ages(left))
    if found is not None:
        return found
    for one in left:
        if one.opposite in left:
            return False
    values = dict(one.parts for one in left if type(one) is Equal)
    return _with_values(left, values) if values else _and(left)


def _and(left: dict[Any, None]) -> Truth:
    return t.made(And, tuple(left), key=_ages(left))


def _ages(terms: Iterable[Any]) -> frozenset[int]:
    return frozenset([one.age for one in terms])


def _with_values(left: dict[Any, None], values: dict[Any, int]) -> Truth:
    """What is said of a number whose value is said as well is true or false."""
    kept: dict[Any, None] = {}
    for one in left:
        said = _said(one, values)
        if said is False:
            return False
        if said is not True:
            kept[one] = None
    return _and(kept) if len(kept) > 1 else next(iter(kept))


def _said(one: Any, values: dict[Any, int]) -> bool | None:
    """Is it true where numbers have some values? None if it stays to be said."""
    is_so = type(one) is not Not
    atom = one if is_so else one.opposite
    value = values.get(atom.parts[0]) if type(atom) in (Equal, AtMost) else None
    if value is None:
        return None
    if type(atom) is AtMost:
        return (value <= atom.parts[1]) is is_so
    if is_so and value == atom.parts[1]:
        return None
    return (value == atom.parts[1]) is is_so


# ---------------------------------------------------------------- one or the other


def chosen(condition: Truth, yes: Scalar, no: Scalar) -> Scalar:
    """`yes` where the condition is true, else `no`."""
    if known(condition):
        return yes if condition else no
    if type(condition) is Not:
        condition, yes, no = condition.opposite, no, yes
    yes, no = _where(condition, 1, yes), _where(condition, 2, no)
    if same_term(yes, no):
        return yes
    of = _chosen_truth if is_truth(yes) else _chosen_number
    return of(condition, yes, no)


def _where(condition: Any, branch: int, value: Scalar) -> Scalar:
    """A value where the condition is true (1) or false (2)."""
    if value is condition:
        return branch == 1
    if value is condition.opposite:
        return branch == 2
    if type(value) is Choice and value.parts[0] is condition:
        return value.parts[branch]
    return value


def _chosen_truth(condition: Any, yes: Truth, no: Truth) -> Truth:
    if known(yes):
        return either((condition, no)) if yes else both((negated(condition), no))
    if known(no):
        return either((negated(condition), yes)) if no else both((condition, yes))
    if type(yes) is Not:
        return negated(_chosen_truth(condition, yes.opposite, negated(no)))
    if no is yes.opposite:  # both are true, or both are false: in one order
        condition, yes = t.by_age((condition, yes))
        no = negated(yes)
    return t.made(Choice, (condition, yes, no))


def _chosen_number(condition: Any, yes: Number, no: Number) -> Number:
    """Where a branch is a choice itself, and one of its own branches is the other one, it is one choice."""
    if is_choice(yes):
        inner, first, second = yes.parts
        if same_term(second, no):
            return chosen(both((condition, inner)), first, no)
        if same_term(first, no):
            return chosen(both((condition, negated(inner))), second, no)
    if is_choice(no):
        inner, first, second = no.parts
        if same_term(first, yes):
            return chosen(either((condition, inner)), yes, second)
        if same_term(second, yes):
            return chosen(either((condition, negated(inner))), yes, first)
    (low, high), (least, most) = ends(yes), ends(no)
    return t.made(Choice, (condition, yes, no), (min(low, least), max(high, most)))


def counted(truth: Truth) -> Number:
    """1 if it is true, else 0."""
    return chosen(truth, 1, 0)


def spread(whole: Any, question: Hashable, ask: Callable[[Scalar], Scalar]) -> Scalar:
    """What is asked of a choice is a choice of answers; each `question` is asked once."""
    for one in _choices(whole, question):
        condition, *branches = one.parts
        answers = (n.answers[question] if is_choice(n) else ask(n) for n in branches)
        one.answers[question] = chosen(condition, *answers)
    return whole.answers[question]


def _choices(whole: Any, question: Hashable) -> list[Any]:
    """All choices that it is made of and that were not asked yet, parts before wholes."""
    found: set[Any] = set()
    waiting = [whole]
    while waiting:
        one = waiting.pop()
        if is_choice(one) and one not in found and question not in one.answers:
            found.add(one)
            waiting += one.parts[1:]
    return t.by_age(found)


def is_choice(number: Number) -> bool:
    """Is it a choice between numbers?"""
    return type(number) is Choice
