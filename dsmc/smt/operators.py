"""The operators on symbolic values: a row each, as in `ir.ops`, whose meaning they have.

A row takes the expression and the values of its arguments. Where it may have no value it tells the
encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias, cast

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type
from dsmc.smt import scalar as sc
from dsmc.smt import sequences as seq
from dsmc.smt import values as v
from dsmc.smt.scalar import Number, Truth
from dsmc.smt.values import Symbolic, Unsupported


class Refuses(Protocol):
    """Who is told where something has no value."""

    def refuse(self, condition: Truth) -> None:
        """A range error, where the condition is true."""


Row: TypeAlias = Callable[[Refuses, x.Apply, tuple[Symbolic, ...]], Symbolic]


def index_of(type: Type, key: Symbolic) -> list[tuple[int, Truth]]:
    """The places in type order that a value may have, each with when it has it."""
    if all(map(sc.known, v.leaves(key))):
        place = v.places(type).get(key)
        return [] if place is None else [(place, True)]
    if isinstance(type, t.Option | t.Tuple | t.Record | t.Message):
        return [found for found in _index_of_fields(type, key) if found[1] is not False]
    found = ((n, v.equal(type, key, value)) for n, value in enumerate(v.constants(type)))
    return [(n, is_it) for n, is_it in found if is_it is not False]


def _index_of_fields(type: t.Variant, key: Symbolic) -> Iterator[tuple[int, Truth]]:
    """Case by case, the last field the fastest: what is known of one field counts for all others."""
    first = 0
    for case, fields in enumerate(key[1]):
        found, size = [(0, sc.same(key[0], case))], 1
        for of, field in zip(t.field_types(type, case), fields, strict=True):
            count, inner = len(v.universe(of)), index_of(of, field)
            known = ((n, a) for n, a in found if a is not False)
            found = [(n * count + m, sc.both((a, b))) for n, a in known for m, b in inner]
            size *= count
        yield from ((first + n, is_it) for n, is_it in found)
        first += size


def looked_up(type: Type, cells: tuple[Symbolic, ...], places: list[tuple[int, Truth]]) -> Symbolic:
    """The value of the one place that it is."""
    found = cells[places[-1][0]]
    for n, is_it in reversed(places[:-1]):
        found = v.chosen(type, is_it, cells[n], found)
    return found


# ---------------------------------------------------------------- numbers


def _divide(at: Refuses, _: x.Apply, args: tuple[Symbolic, ...]) -> Number:
    at.refuse(sc.same(args[1], 0))
    return sc.divided(*args)


def _modulo(at: Refuses, _: x.Apply, args: tuple[Symbolic, ...]) -> Number:
    at.refuse(sc.same(args[1], 0))
    return sc.remainder(*args)


def _least(_: Refuses, __: x.Apply, args: tuple[Symbolic, ...]) -> Number:
    return sc.chosen(sc.less(args[1], args[0]), args[1], args[0])


def _greatest(_: Refuses, __: x.Apply, args: tuple[Symbolic, ...]) -> Number:
    return sc.chosen(sc.less(args[0], args[1]), args[1], args[0])


def _equal(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Truth:
    return v.equal(e.args[0].type, *args)


# ---------------------------------------------------------------- sets, maps, bags


def _all(_: Refuses, e: x.Apply, __: tuple[Symbolic, ...]) -> Symbolic:
    return (True,) * len(v.universe(_element(e.type)))


def _element(type: Type) -> Type:
    assert isinstance(type, t.Set | t.Bag | t.Seq)
    return type.of


def _range(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Symbolic:
    low, high = args
    return tuple(
        sc.both((sc.at_most(low, n), sc.at_most(n, high))) for n in v.universe(_element(e.type))
    )


def _subsets(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Symbolic:
    of = _element(e.type)
    return tuple(_within(v.constant(of, s), args[0]) for s in v.universe(of))


def _within(a: Symbolic, b: Symbolic) -> Truth:
    return sc.both(sc.either((sc.negated(x_), y)) for x_, y in zip(a, b, strict=True))


def _in(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Truth:
    places = index_of(_element(e.args[1].type), args[0])
    return sc.either(sc.both((is_it, args[1][n])) for n, is_it in places)


def _put(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Symbolic:
    of = cast("t.Map", e.type)
    cells = list(args[0])
    for n, is_it in index_of(of.key, args[1]):
        cells[n] = v.chosen(of.value, is_it, args[2], cells[n])
    return tuple(cells)


def _get(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Symbolic:
    of = cast("t.Map", e.args[0].type)
    return looked_up(of.value, args[0], index_of(of.key, args[1]))


def changed(of: Type, bag: Symbolic, element: Symbolic, count: Number) -> Symbolic:
    """A bag with some more of an element."""
    cells = list(bag)
    for n, is_it in index_of(of, element):
        cells[n] = sc.total((cells[n], sc.times(count, sc.counted(is_it))))
    return tuple(cells)


def _bag_add(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Symbolic:
    return changed(_element(e.type), args[0], args[1], 1)


def _bag_remove(at: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Symbolic:
    of = _element(e.args[0].type)
    at.refuse(sc.negated(_bag_has_of(of, args[1], args[0])))
    return changed(of, args[0], args[1], -1)


def _bag_has_of(of: Type, element: Symbolic, bag: Symbolic) -> Truth:
    places = index_of(of, element)
    return sc.either(sc.both((is_it, sc.less(0, bag[n]))) for n, is_it in places)


def _bag_has(_: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Truth:
    return _bag_has_of(_element(e.args[1].type), *args)


def _node_at(at: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Number:
    of = cast("t.Role", e.type)
    place = args[-1]
    at.refuse(sc.either((sc.less(place, 0), sc.at_most(of.size, place))))
    return place


ROWS: dict[Op, Row] = {
    Op.ADD: lambda _, __, args: sc.total(args),
    Op.SUB: lambda _, __, args: sc.total((args[0], sc.times(-1, args[1]))),
    Op.MUL: lambda _, __, args: sc.times(*args),
    Op.DIV: _divide,
    Op.MOD: _modulo,
    Op.NEG: lambda _, __, args: sc.times(-1, args[0]),
    Op.LEAST: _least,
    Op.GREATEST: _greatest,
    Op.EQ: _equal,
    Op.NE: lambda at, e, args: sc.negated(_equal(at, e, args)),
    Op.LT: lambda _, __, args: sc.less(*args),
    Op.LE: lambda _, __, args: sc.at_most(*args),
    Op.GT: lambda _, __, args: sc.less(args[1], args[0]),
    Op.GE: lambda _, __, args: sc.at_most(args[1], args[0]),
    Op.NOT: lambda _, __, args: sc.negated(args[0]),
    Op.IFF: lambda _, __, args: sc.same(*args),
    Op.ALL: _all,
    Op.RANGE: _range,
    Op.SUBSETS: _subsets,
    Op.IN: _in,
    Op.UNION: lambda _, __, args: tuple(map(lambda a, b: sc.either((a, b)), *args)),
    Op.INTERSECT: lambda _, __, args: tuple(map(lambda a, b: sc.both((a, b)), *args)),
    Op.MINUS: lambda _, __, args: tuple(map(lambda a, b: sc.both((a, sc.negated(b))), *args)),
    Op.SUBSET: lambda _, __, args: _within(*args),
    Op.COUNT: lambda _, __, args: sc.total(tuple(map(sc.counted, args[0]))),
    Op.MAJORITY: lambda _, __, args: sc.total(
        (sc.divided(sc.total(tuple(map(sc.counted, args[0]))), 2), 1)
    ),
    Op.GET: _get,
    Op.PUT: _put,
    Op.LEN: lambda _, __, args: args[0][0],
    Op.FIRST: lambda at, e, args: seq.at(at, e.type, args[0], 0),
    Op.LAST: lambda at, e, args: seq.at(at, e.type, args[0], sc.total((args[0][0], -1))),
    Op.AT: lambda at, e, args: seq.at(at, e.type, *args),
    Op.CONCAT: lambda _, e, args: seq.joined(_element(e.type), *args),
    Op.SLICE: lambda at, e, args: seq.part(at, _element(e.type), *args),
    Op.INSERT: lambda at, e, args: seq.inserted(at, _element(e.type), *args),
    Op.REMOVE: lambda at, e, args: seq.removed(at, _element(e.type), *args),
    Op.REPLACE: lambda at, e, args: seq.replaced(at, _element(e.type), *args),
    Op.CONTAINS: lambda _, e, args: seq.contains(_element(e.args[1].type), *args),
    Op.BAG_LEN: lambda _, __, args: sc.total(args[0]),
    Op.BAG_ADD: _bag_add,
    Op.BAG_REMOVE: _bag_remove,
    Op.BAG_HAS: _bag_has,
    Op.INDEX: lambda _, __, args: args[0],
    Op.NODE_AT: _node_at,
}


def applied(at: Refuses, e: x.Apply, args: tuple[Symbolic, ...]) -> Symbolic:
    """An operator that looks at all its arguments."""
    if e.op not in ROWS:
        raise Unsupported(f"the operator {e.op.name}")
    return ROWS[e.op](at, e, args)
