"""A value as another type: see `ir.evaluate.convert`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.ir import types as t
from dsmc.ir.types import Type
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.scalar import Number, Truth
from dsmc.smt.values import Symbolic

if TYPE_CHECKING:
    from dsmc.smt.expressions import Encoder


def converted(at: Encoder, value: Symbolic, source: Type, target: Type) -> Symbolic:
    """The same value; a range error where the target does not have it."""
    match source, target:
        case _ if source == target:
            return value
        case t.Empty(), _:
            at.refuse(True)
            return v.constant(target, t.default(target))
        case t.Int(low, high), t.Int(least, most):
            return _between(at, value, least - low > 0, least, most - high < 0, most)
        case t.Role(_, _, first), t.NodeId():
            return sc.total((value, first))
        case t.NodeId(), t.Role(_, size, first):
            _between(at, value, True, first, True, first + size - 1)
            return sc.total((value, -first))
        case t.Role(), t.Role():
            at.refuse(True)
            return 0
        case t.Set(), t.Set():
            return _set(at, value, source, target)
        case t.Bag(), t.Bag():
            return _bag(at, value, source, target)
        case t.Seq(of), t.Seq(to, bound):
            return _sequence(at, value, of, to, bound)
        case t.Map(_, of), t.Map(_, to):
            return tuple(converted(at, part, of, to) for part in value)
        case (t.Option() | t.Tuple() | t.Record(), t.Option() | t.Tuple() | t.Record()):
            return _case(at, value, source, target)
        case _:
            raise AssertionError((source, target))


def _between(at: Encoder, value: Number, low: bool, least: int, high: bool, most: int) -> Number:
    """The number, which may be too low or too high."""
    below = [sc.less(value, least)] * low
    above = [sc.less(most, value)] * high
    at.refuse(sc.either([*below, *above]))
    return value


def _set(at: Encoder, value: Symbolic, source: t.Set, target: t.Set) -> Symbolic:
    has = dict(zip(v.universe(source.of), value, strict=True))
    at.refuse(sc.either(_lost(has, source.of, target.of)))
    there = {_renamed(source.of, target.of, old): truth for old, truth in has.items()}
    return tuple(there.get(new, False) for new in v.universe(target.of))


def _lost(has: dict[object, sc.Truth], source: Type, target: Type) -> list[sc.Truth]:
    return [truth for old, truth in has.items() if _renamed(source, target, old) is None]


def _renamed(source: Type, target: Type, value: object) -> object:
    """A plain value as another type; None where there is none."""
    from dsmc.ir.evaluate import convert
    from dsmc.ir.ops import RangeError

    try:
        return convert(value, source, target)
    except RangeError:
        return None


def _bag(at: Encoder, value: Symbolic, source: t.Bag, target: t.Bag) -> Symbolic:
    if target.bound is not None:
        at.refuse(sc.less(target.bound, sc.total(value)))
    if source.of == target.of:
        return value
    counts = dict(zip(v.universe(source.of), value, strict=True))
    gone = _lost({old: sc.less(0, n) for old, n in counts.items()}, source.of, target.of)
    at.refuse(sc.either(gone))
    there = {_renamed(source.of, target.of, old): n for old, n in counts.items()}
    return tuple(there.get(new, 0) for new in v.universe(target.of))


def _sequence(at: Encoder, value: Symbolic, of: Type, to: Type, bound: int | None) -> Symbolic:
    length, places = value
    if bound is not None:
        at.refuse(sc.less(bound, length))
        places = places[:bound]
    found = (_part(at, sc.less(n, length), part, of, to) for n, part in enumerate(places))
    return (length, tuple(found))


def _case(at: Encoder, value: Symbolic, source: t.Variant, target: t.Variant) -> Symbolic:
    tag, fields = value
    found = []
    for case, parts in enumerate(fields):
        types = zip(t.field_types(source, case), t.field_types(target, case), strict=True)
        is_it = sc.same(tag, case)
        found.append(
            tuple(_part(at, is_it, part, *pair) for part, pair in zip(parts, types, strict=True))
        )
    return (tag, tuple(found))


def _part(at: Encoder, there: Truth, value: Symbolic, source: Type, target: Type) -> Symbolic:
    """What is not there is any value, but one of the target."""
    refused = len(at.errors)
    with at.assuming(there):
        found = converted(at, value, source, target)
    if len(at.errors) == refused:
        return found
    return v.chosen(target, there, found, v.constant(target, t.default(target)))
