"""What operators take and give: rules from the types of the arguments to a `Signature`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.types import Type


class Signature(Frozen):
    """The types the arguments are converted to, and the type of the result."""

    params: tuple[Type, ...]
    result: Type


Rule: TypeAlias = Callable[[tuple[Type, ...]], Signature | None]
Interval: TypeAlias = tuple[int, int]

#: Integers of which nothing better is known. Wider results are refused by the type checker.
WIDEST = t.Int(-(1 << 62), 1 << 62)


# ---------------------------------------------------------------- the common type of two


def join(a: Type, b: Type) -> Type | None:
    """The smallest type that has all values of both, or None."""
    match a, b:
        case _ if a == b:
            return a
        case (t.Unknown() | t.Empty(), other) | (other, t.Unknown() | t.Empty()):
            return other
        case t.Int(low, high), t.Int(low2, high2):
            return t.Int(min(low, low2), max(high, high2))
        case (t.NodeId(), t.Role()) if b in a.roles:
            return a
        case (t.Role(), t.NodeId()) if a in b.roles:
            return b
        case t.Option(of), t.Option(of2):
            return _wrapped(t.Option, of, of2)
        case t.Set(of), t.Set(of2):
            return _wrapped(t.Set, of, of2)
        case (t.Seq(of, n), t.Seq(of2, n2)) | (t.Bag(of, n), t.Bag(of2, n2)):
            inner = join(of, of2)
            bound = None if n is None or n2 is None else max(n, n2)
            kind = t.Seq if isinstance(a, t.Seq) else t.Bag
            return inner and kind(inner, bound)
        case (t.Map(key, value), t.Map(key2, value2)) if key == key2:
            inner = join(value, value2)
            return inner and t.Map(key, inner)
        case t.Tuple(items), t.Tuple(items2) if len(items) == len(items2):
            joined = [join(x, y) for x, y in zip(items, items2, strict=True)]
            return None if None in joined else t.Tuple(tuple(j for j in joined if j))
        case _:
            return None


def _wrapped(kind: Callable[[Type], Type], a: Type, b: Type) -> Type | None:
    inner = join(a, b)
    return inner and kind(inner)


def join_all(types: list[Type]) -> Type | None:
    """The common type of several; `EMPTY` of none."""
    result: Type = t.EMPTY
    for one in types:
        joined = join(result, one)
        if joined is None:
            return None
        result = joined
    return result


# ---------------------------------------------------------------- integers and truth values


def ints(bounds: Callable[..., Interval]) -> Rule:
    """Integers; the interval of the result is computed from those of the arguments."""

    def rule(args: tuple[Type, ...]) -> Signature | None:
        intervals = [(a.low, a.high) for a in args if isinstance(a, t.Int)]
        return Signature(args, t.Int(*bounds(*intervals))) if len(intervals) == len(args) else None

    return rule


def corners(f: Callable[[int, int], int]) -> Callable[[Interval, Interval], Interval]:
    """The interval of a function that is monotone in each argument."""

    def bounds(a: Interval, b: Interval) -> Interval:
        results = [f(x, y) for x in a for y in b]
        return min(results), max(results)

    return bounds


def quotient(a: Interval, b: Interval) -> Interval:
    """The interval of a floor division; dividing by 0 is a range error and adds nothing."""
    divisors = {d for d in (*b, -1, 1) if b[0] <= d <= b[1] and d != 0}
    results = [n // d for n in a for d in divisors]
    return (min(results), max(results)) if results else (0, 0)


def remainder(a: Interval, b: Interval) -> Interval:
    """The interval of a floor remainder: it has the sign of the divisor."""
    if a[0] >= 0 and a[1] < b[0]:
        return a
    return min(0, b[0] + 1), max(0, b[1] - 1)


def comparison(args: tuple[Type, ...]) -> Signature | None:
    """Two integers to a truth value."""
    ok = all(isinstance(a, t.Int) for a in args)
    return Signature(args, t.BOOL) if ok else None


def equality(args: tuple[Type, ...]) -> Signature | None:
    """Two values with a common type."""
    joined = join(*args)
    if joined is None:
        return None
    return Signature(args if isinstance(joined, t.Int) else (joined, joined), t.BOOL)


def truths(args: tuple[Type, ...]) -> Signature | None:
    """Truth values to a truth value."""
    ok = all(isinstance(a, t.Bool) for a in args)
    return Signature(args, t.BOOL) if ok else None


# ---------------------------------------------------------------- collections


def same_sets(result: Callable[[Type], Type]) -> Rule:
    """Two sets with a common type."""

    def rule(args: tuple[Type, ...]) -> Signature | None:
        joined = join(*args)
        return Signature((joined, joined), result(joined)) if isinstance(joined, t.Set) else None

    return rule


def interval_set(args: tuple[Type, ...]) -> Signature | None:
    """`a..b`: the set of the integers between two."""
    match args:
        case (t.Int(low, _), t.Int(_, high)):
            return Signature(args, t.Set(t.Int(low, max(low, high))))
        case _:
            return None


def subsets(args: tuple[Type, ...]) -> Signature | None:
    """A set to the set of its subsets."""
    return Signature(args, t.Set(args[0])) if isinstance(args[0], t.Set) else None


def membership(kind: type) -> Rule:
    """An element and a collection that may have it."""

    def rule(args: tuple[Type, ...]) -> Signature | None:
        element, collection = args
        if not isinstance(collection, kind):
            return None
        assert isinstance(collection, t.Set | t.Seq | t.Bag)
        joined = join(element, collection.of)
        if joined is None:
            return None
        return Signature((joined, _of(collection, joined)), t.BOOL)

    return rule


def _of(collection: Type, element: Type) -> Type:
    match collection:
        case t.Set():
            return t.Set(element)
        case t.Seq(_, bound):
            return t.Seq(element, bound)
        case t.Bag(_, bound):
            return t.Bag(element, bound)
        case _:
            raise AssertionError(collection)


def cardinality(args: tuple[Type, ...]) -> Signature | None:
    """A set to the number of its elements."""
    match args[0]:
        case t.Set(of):
            return Signature(args, t.Int(0, t.size(of) or 0))
        case _:
            return None


def length(kind: type) -> Rule:
    """A sequence or bag to the number of its elements."""

    def rule(args: tuple[Type, ...]) -> Signature | None:
        (collection,) = args
        if not isinstance(collection, kind):
            return None
        assert isinstance(collection, t.Seq | t.Bag)
        bound = collection.bound
        return Signature(args, t.Int(0, UNBOUNDED if bound is None else bound))

    return rule


#: The length that a collection without a declared bound is taken to have at the most.
UNBOUNDED = (1 << 31) - 1


def lookup(args: tuple[Type, ...]) -> Signature | None:
    """A map and a key to a value."""
    match args:
        case (t.Map(key, value), _):
            return Signature((args[0], key), value)
        case _:
            return None


def update(args: tuple[Type, ...]) -> Signature | None:
    """A map, a key and a value to the map with that value there."""
    match args:
        case (t.Map(key, value), _, _):
            return Signature((args[0], key, value), args[0])
        case _:
            return None


def element(args: tuple[Type, ...]) -> Signature | None:
    """A sequence (and perhaps a position) to an element."""
    match args:
        case (t.Seq(of), *rest) if all(isinstance(r, t.Int) for r in rest):
            return Signature(args, of)
        case _:
            return None


def concatenation(args: tuple[Type, ...]) -> Signature | None:
    """Two sequences to one after the other."""
    match args:
        case (t.Seq(_, n), t.Seq(_, n2)):
            joined = join(*args)
            if not isinstance(joined, t.Seq):
                return None
            bound = None if n is None or n2 is None else n + n2
            first, second = t.Seq(joined.of, n), t.Seq(joined.of, n2)
            return Signature((first, second), t.Seq(joined.of, bound))
        case _:
            return None


def edited(grows: int, *, with_element: bool) -> Rule:
    """A sequence, a position (and perhaps an element) to a sequence of `grows` more elements."""

    def rule(args: tuple[Type, ...]) -> Signature | None:
        match args:
            case (t.Seq(of, bound), t.Int(), *rest) if len(rest) == with_element:
                joined = join_all([of, *rest])
                if joined is None:
                    return None
                changed = t.Seq(joined, None if bound is None else bound + grows)
                return Signature((t.Seq(joined, bound), args[1], *([joined] * len(rest))), changed)
            case _:
                return None

    return rule


def sliced(args: tuple[Type, ...]) -> Signature | None:
    """A sequence, a first and a last position to the part between them."""
    match args:
        case (t.Seq(), t.Int(), t.Int()):
            return Signature(args, args[0])
        case _:
            return None


def bag_changed(grows: int) -> Rule:
    """A bag and an element to a bag of `grows` more elements."""

    def rule(args: tuple[Type, ...]) -> Signature | None:
        match args:
            case (t.Bag(of, bound), element):
                joined = join(of, element)
                if joined is None:
                    return None
                changed = t.Bag(joined, None if bound is None else bound + grows)
                return Signature((t.Bag(joined, bound), joined), changed)
            case _:
                return None

    return rule


# ---------------------------------------------------------------- names


def ordinal(args: tuple[Type, ...]) -> Signature | None:
    """A node to its place in its role, from 0."""
    match args[0]:
        case t.Role(_, size):
            return Signature(args, t.Int(0, size - 1))
        case _:
            return None


def node_at(args: tuple[Type, ...]) -> Signature | None:
    """All nodes of a role and a place from 0 to the node there."""
    match args:
        case (t.Set(t.Role(_, size) as role), t.Int()):
            return Signature((args[0], t.Int(0, size - 1)), role)
        case _:
            return None
