"""Values of the types of the language as trees of scalars.

* names and numbers are scalars, names by their ordinals;
* a variant is the number of its case with, for each case, its fields: those of other cases are arbitrary;
* a set is a truth value for each possible element, a bag a number for each, a map a value for each key,
  all in type order;
* a sequence is its length with as many places as it may have; those beyond the length are arbitrary.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from math import inf
from typing import Any, TypeAlias

from dsmc.ir import types as t
from dsmc.ir.types import Type, Value
from dsmc.smt import scalar as sc
from dsmc.smt.scalar import Number, Scalar, Truth
from dsmc.smt.terms import Ends

#: A value as a tree of scalars; of which form is known by its type.
Symbolic: TypeAlias = Any

#: More possible elements of a set or a bag than this are not written out.
MOST = 512


class Unsupported(Exception):
    """What has no formula here. `what` is told to the user."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@functools.cache
def universe(type: Type) -> tuple[Value, ...]:
    """All values of the elements of a collection. Raises `Unsupported` if they are too many."""
    count = t.size(type)
    if count is None or count > MOST:
        raise Unsupported(f"a set, bag or map over the many values of {t.show(type)}")
    return tuple(t.values(type))


def fields_of(type: t.Variant, case: int) -> tuple[Type, ...]:
    """The types of the fields of a case. Raises `Unsupported` where one has no values."""
    found = t.field_types(type, case)
    if any(t.size(of) == 0 for of in found):
        raise Unsupported("a message where none is declared")
    return found


# ---------------------------------------------------------------- constants


def constant(type: Type, value: Value) -> Symbolic:
    """A plain value."""
    match type:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            return _constant_case(type, value)
        case t.Set(of):
            return tuple(v in value for v in universe(of))
        case t.Map(_, of):
            return tuple(constant(of, v) for v in value)
        case t.Seq(of):
            return (len(value), tuple(constant(of, v) for v in value))
        case t.Bag(of):
            return tuple(value.count(v) for v in universe(of))
        case _:
            return value


def _constant_case(type: t.Variant, value: Value) -> Symbolic:
    fields = []
    for case in range(len(t.cases(type))):
        types = fields_of(type, case)
        plain = value[1:] if case == value[0] else map(t.default, types)
        fields.append(tuple(constant(of, v) for of, v in zip(types, plain, strict=True)))
    return (value[0], tuple(fields))


def case_of(type: t.Variant, case: int, args: Sequence[Symbolic]) -> Symbolic:
    """A variant from the fields of its case."""
    count = len(t.cases(type))
    others = (tuple(constant(of, t.default(of)) for of in fields_of(type, n)) for n in range(count))
    return (case, tuple(tuple(args) if n == case else o for n, o in enumerate(others)))


@functools.cache
def constants(type: Type) -> tuple[Symbolic, ...]:
    """The universe of a type as constants."""
    return tuple(constant(type, value) for value in universe(type))


@functools.cache
def places(type: Type) -> dict[Symbolic, int]:
    """The places of the constants in the universe."""
    return {value: place for place, value in enumerate(constants(type))}


# ---------------------------------------------------------------- any value


class Fresh:
    """Makes values of which nothing is known but their types; what that says are the `facts`."""

    def __init__(self) -> None:
        self.facts: list[Truth] = []

    def value(self, type: Type, name: str) -> Symbolic:
        """Any value of a type. Raises `Unsupported`."""
        match type:
            case t.Bool():
                return sc.flag(name)
            case t.Int(low, high):
                return self._between(name, low, high)
            case t.Enum() | t.Symbols() | t.Role() | t.NodeId():
                return self._between(name, 0, t.names_count(type) - 1)
            case t.Option() | t.Tuple() | t.Record() | t.Message():
                return self._case(type, name)
            case t.Set(of):
                return tuple(sc.flag(f"{name}.{n}") for n in range(len(universe(of))))
            case t.Map(key, of):
                return tuple(self.value(of, f"{name}.{n}") for n in range(len(universe(key))))
            case t.Seq(of, bound):
                return self._sequence(type, of, bound, name)
            case t.Bag(of, bound):
                return self._bag(of, bound, name)
            case _:
                raise AssertionError(type)

    def like(self, name: str, scalar: Scalar) -> Scalar:
        """Any truth value, or integer between the ends of another."""
        return sc.flag(name) if scalar.ends is None else self.number(name, scalar.ends)

    def number(self, name: str, ends: Ends) -> Number:
        """Any integer between two ends."""
        found = sc.number(name, ends)
        self.facts.append(sc.inside(found))
        return found

    def _between(self, name: str, low: int, high: int) -> Number:
        return low if low == high else self.number(name, (low, high))

    def _case(self, type: t.Variant, name: str) -> Symbolic:
        count = len(t.cases(type))
        fields = tuple(
            tuple(
                self.value(of, f"{name}.{case}.{n}") for n, of in enumerate(fields_of(type, case))
            )
            for case in range(count)
        )
        return (self._between(f"{name}.case", 0, count - 1), fields)

    def _sequence(self, type: Type, of: Type, bound: int | None, name: str) -> Symbolic:
        if bound is None or bound > MOST:
            raise Unsupported(f"any value of {t.show(type)}, which has no small bound")
        places = tuple(self.value(of, f"{name}.{n}") for n in range(bound))
        return (self._between(f"{name}.len", 0, bound), places)

    def _bag(self, of: Type, bound: int | None, name: str) -> Symbolic:
        counts = tuple(self.number(f"{name}.{n}", (0, inf)) for n in range(len(universe(of))))
        if bound is not None:
            self.facts.append(sc.at_most(sc.total(counts), bound))
        return counts


# ---------------------------------------------------------------- one or the other, equal


def chosen(type: Type, condition: Truth, yes: Symbolic, no: Symbolic) -> Symbolic:
    """`yes` where the condition is true, else `no`; both of the type."""
    if sc.known(condition) or yes is no:
        return yes if condition is not False else no
    match type:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            fields = tuple(
                tuple(map(_chosen_of(condition), t.field_types(type, case), ours, theirs))
                for case, (ours, theirs) in enumerate(zip(yes[1], no[1], strict=True))
            )
            return (sc.chosen(condition, yes[0], no[0]), fields)
        case t.Set() | t.Bag():
            return tuple(sc.chosen(condition, a, b) for a, b in zip(yes, no, strict=True))
        case t.Map(_, of):
            return tuple(chosen(of, condition, a, b) for a, b in zip(yes, no, strict=True))
        case t.Seq(of):
            pairs = zip_longest(yes[1], no[1])
            places = tuple(
                chosen(of, condition, b if a is None else a, a if b is None else b)
                for a, b in pairs
            )
            return (sc.chosen(condition, yes[0], no[0]), places)
        case _:
            return sc.chosen(condition, yes, no)


def _chosen_of(condition: Truth) -> Callable[[Type, Symbolic, Symbolic], Symbolic]:
    return lambda of, a, b: chosen(of, condition, a, b)


def equal(type: Type, a: Symbolic, b: Symbolic) -> Truth:
    """Are two values of a type the same?"""
    if a is b:
        return True
    match type:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            return sc.both([sc.same(a[0], b[0]), *_equal_fields(type, a, b)])
        case t.Set() | t.Bag():
            return sc.both(map(sc.same, a, b))
        case t.Map(_, of):
            return sc.both(equal(of, x, y) for x, y in zip(a, b, strict=True))
        case t.Seq(of):
            places = (
                sc.either((sc.at_most(a[0], n), equal(of, x, y)))
                for n, (x, y) in enumerate(zip(a[1], b[1], strict=False))
            )
            return sc.both([sc.same(a[0], b[0]), *places])
        case _:
            return sc.same(a, b)


def _equal_fields(type: t.Variant, a: Symbolic, b: Symbolic) -> list[Truth]:
    found = []
    for case, (ours, theirs) in enumerate(zip(a[1], b[1], strict=True)):
        types = t.field_types(type, case)
        is_it = sc.same(a[0], case)
        if is_it is not False:
            alike = sc.both(map(equal, types, ours, theirs))
            found.append(sc.either((sc.negated(is_it), alike)))
    return found


# ---------------------------------------------------------------- back from a model


def plain(type: Type, value: Symbolic, read: Callable[[Scalar], Any]) -> Value:
    """The plain value, where `read` says what each scalar is."""
    match type:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            case = read(value[0])
            types = t.field_types(type, case)
            fields = zip(types, value[1][case], strict=True)
            return (case, *(plain(of, part, read) for of, part in fields))
        case t.Set(of):
            return frozenset(v for v, has in zip(universe(of), value, strict=True) if read(has))
        case t.Map(_, of):
            return tuple(plain(of, part, read) for part in value)
        case t.Seq(of):
            return tuple(plain(of, part, read) for part in value[1][: read(value[0])])
        case t.Bag(of):
            counts = zip(universe(of), value, strict=True)
            return tuple(v for v, count in counts for _ in range(read(count)))
        case _:
            return read(value)


# ---------------------------------------------------------------- as scalars


def leaves(value: Symbolic) -> Iterator[Scalar]:
    """The scalars of a value."""
    if isinstance(value, tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def rebuilt(value: Symbolic, scalars: Iterator[Scalar]) -> Symbolic:
    """A value of the same form with other scalars."""
    if isinstance(value, tuple):
        return tuple(rebuilt(part, scalars) for part in value)
    return next(scalars)


def pairs(type: Type, old: Symbolic, new: Symbolic) -> Iterator[tuple[Scalar, Scalar]]:
    """The scalars of a value with those that stand there in another. What is beyond the end of a
    sequence is arbitrary, and stays.
    """
    match type:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            yield old[0], new[0]
            for case, (before, after) in enumerate(zip(old[1], new[1], strict=True)):
                types = t.field_types(type, case)
                yield from _all_pairs(zip(types, before, after, strict=True))
        case t.Set() | t.Bag():
            yield from zip(old, new, strict=True)
        case t.Map(_, of):
            yield from _all_pairs((of, a, b) for a, b in zip(old, new, strict=True))
        case t.Seq(of):
            yield old[0], new[0]
            yield from _all_pairs((of, a, b) for a, b in zip(old[1], new[1], strict=False))
        case _:
            yield old, new


def _all_pairs(
    parts: Iterable[tuple[Type, Symbolic, Symbolic]],
) -> Iterator[tuple[Scalar, Scalar]]:
    for of, old, new in parts:
        yield from pairs(of, old, new)
