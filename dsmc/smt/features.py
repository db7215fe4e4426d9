"""What one may say of a state in a word: conditions on its parts, and its numbers.

The conditions come in groups: of a group with several, no two are true at once. How many there are, and
what each speaks of, is the same for all values of a type; so what is guessed from some plain states can be
asked of any state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest

from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.system import System
from dsmc.ir.types import Type
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.scalar import Number, Truth
from dsmc.smt.steps import State
from dsmc.smt.values import Symbolic

Group = tuple[Truth, ...]

#: A number with more values is not told apart value by value.
_FEW = 12
#: So many places of a sequence are looked at.
_PLACES = 4


class View(Frozen):
    """The conditions on a state, group by group and in one row, and its numbers."""

    groups: tuple[Group, ...]
    conditions: Group
    numbers: tuple[Number, ...]


class Views:
    """The views of the states of a system; of what a step leaves as it was nothing is made again."""

    def __init__(self, system: System) -> None:
        self._types = {of.name: of.type for of in system.variables}
        self._made: dict[tuple[str, int], tuple[Symbolic, View]] = {}

    def of(self, state: State) -> View:
        """The view of a state. Raises `Unsupported`."""
        parts = [self._part(name, value) for name, value in state.items()]
        return _row(chain.from_iterable(p.groups for p in parts), (p.numbers for p in parts))

    def _part(self, name: str, value: Symbolic) -> View:
        if not isinstance(value, tuple):
            return _view(self._types[name], value)
        key = (name, id(value))
        if key not in self._made:  # the value is kept as well, or another would get its number
            self._made[key] = (value, _view(self._types[name], value))
        return self._made[key][1]


def _view(of: Type, value: Symbolic) -> View:
    return _row(_groups(of, value), [_numbers(of, value)])


def _row(groups: Iterable[Group], numbers: Iterable[Iterable[Number]]) -> View:
    found = tuple(groups)
    return View(found, tuple(chain.from_iterable(found)), tuple(chain.from_iterable(numbers)))


def _groups(of: Type, value: Symbolic) -> Iterator[Group]:
    match of:
        case t.Bool():
            yield (value,)
        case t.Int() | t.Enum() | t.Symbols() | t.Role() | t.NodeId():
            if (t.size(of) or 0) <= _FEW:
                yield tuple(sc.same(value, one) for one in t.values(of))
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            yield from _groups_of_case(of, value)
        case t.Set():
            yield from ((has,) for has in value)
        case t.Bag():
            yield from ((sc.less(0, count),) for count in value)
        case t.Map(_, inner):
            for part in value:
                yield from _groups(inner, part)
        case t.Seq(inner, bound):
            yield from _groups_of_places(inner, value, min(_PLACES, bound or 0))
        case _:
            return


def _groups_of_case(of: t.Variant, value: Symbolic) -> Iterator[Group]:
    tag, fields = value
    if len(fields) > 1:
        yield tuple(sc.same(tag, case) for case in range(len(fields)))
    for case, parts in enumerate(fields):
        is_it = sc.same(tag, case)
        for inner, part in zip(t.field_types(of, case), parts, strict=True):
            yield from _where(is_it, _groups(inner, part))


def _groups_of_places(of: Type, value: Symbolic, most: int) -> Iterator[Group]:
    length, places = value
    yield (sc.same(length, 0),)
    nothing = v.constant(of, t.default(of))
    for n, part in zip_longest(range(most), places[:most]):
        there = sc.less(n, length)
        yield from _where(there, _groups(of, nothing if part is None else part))


def _where(there: Truth, groups: Iterator[Group]) -> Iterator[Group]:
    """Conditions on a part that is not always there."""
    for group in groups:
        yield tuple(sc.both((there, condition)) for condition in group)


def _numbers(of: Type, value: Symbolic) -> Iterator[Number]:
    match of:
        case t.Int():
            yield value
        case t.Bag():
            yield from value
        case t.Set():
            yield sc.total(tuple(map(sc.counted, value)))
        case t.Seq():
            yield value[0]
        case t.Map(_, inner):
            for part in value:
                yield from _numbers(inner, part)
        case t.Tuple() | t.Record():
            for inner, part in zip(t.field_types(of, 0), value[1][0], strict=True):
                yield from _numbers(inner, part)
        case _:
            return
