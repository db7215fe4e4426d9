"""Which questions about steps are alike: one is the other with its names permuted.

Where names are interchangeable, steps that differ in names only do the same to states that do. So what is
true of some steps and a condition is true of them with all their names permuted.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.types import Type, Value
from dsmc.reduce.permute import Named, Permutation, names_in, permuted
from dsmc.reduce.symmetry import symmetry
from dsmc.smt.effects import Choice, Fields, Instance, Whole

#: Names in the order in which they are met: each with the number of its type.
_Met: TypeAlias = tuple[tuple[int, int], ...]


class Alike:
    """Says what questions about the instances of a system have in common, if they are alike."""

    def __init__(self, system: y.System, instances: Sequence[Instance]) -> None:
        self._types = symmetry(system).types
        self._instances = instances
        self._params = [[p.type for p in action.params] for action in system.actions]
        self._met = [self._names(self._chosen(n)) for n in range(len(instances))]
        self._said: dict[x.Expr, tuple[int, list[tuple[Type, Value]], _Met]] = {}
        self._known: dict[tuple[int | x.Expr, _Met], int] = {}
        self._numbers: dict[Hashable, int] = {}

    def key(self, numbers: Sequence[int], condition: x.Expr | None = None) -> Hashable:
        """The question, with the names in the order in which they are first met."""
        if not self._types:
            return (*numbers, condition)
        parts = [*numbers, *([] if condition is None else [condition])]
        met = tuple(dict.fromkeys(name for part in parts for name in self._met_in(part)))
        return tuple(self._renamed(part, met) for part in parts)

    def _met_in(self, what: int | x.Expr) -> _Met:
        """The names that an instance has chosen, or a condition speaks of."""
        return self._met[what] if isinstance(what, int) else self._said_by(what)[2]

    def _said_by(self, e: x.Expr) -> tuple[int, list[tuple[Type, Value]], _Met]:
        """What a condition says, but for names; its constants with names; and these names."""
        if e not in self._said:
            lits = (part for part in x.walk(e) if isinstance(part, x.Lit) and names_in(part.type))
            values = [(lit.type, lit.value) for lit in lits]
            self._said[e] = (self._number(_nameless(e)), values, self._names(values))
        return self._said[e]

    def _number(self, what: Hashable) -> int:
        return self._numbers.setdefault(what, len(self._numbers))

    def _names(self, values: Iterable[tuple[Type, Value]]) -> _Met:
        """The names in some values, each with the number of its type."""
        found = (name for type, value in values for name in _names(type, value))
        places = {of: place for place, of in enumerate(self._types)}
        return tuple(dict.fromkeys((places[of], n) for of, n in found if of in places))

    def _renamed(self, what: int | x.Expr, met: _Met) -> int:
        """An instance, or a condition, with its names in an order: a number for all that are the same."""
        key = (what, met)
        if key not in self._known:
            permutation = _in_order(self._types, met)
            match what:
                case int():
                    self._known[key] = self._number(self._step(what, permutation))
                case _:
                    self._known[key] = self._number(self._told(what, permutation))
        return self._known[key]

    def _told(self, e: x.Expr, permutation: Permutation) -> Hashable:
        nameless, values, _ = self._said_by(e)
        return ("told", nameless, *(permuted(of, value, permutation) for of, value in values))

    def _chosen(self, number: int) -> Iterator[tuple[Type, Value]]:
        """What an instance has chosen, with the types."""
        action, choices = self._instances[number]
        for type, choice in zip(self._params[action], choices, strict=True):
            match choice:
                case Whole(value):
                    yield type, value
                case Fields(values):
                    yield from ((_field(type, place), value) for place, value in values)

    def _step(self, number: int, permutation: Permutation) -> Hashable:
        action, choices = self._instances[number]
        types = self._params[action]
        renamed = (_chosen(of, one, permutation) for of, one in zip(types, choices, strict=True))
        return (action, *renamed)


def _field(type: Type, place: int) -> Type:
    return t.field_types(type, 0)[place]  # type: ignore[arg-type]


def _chosen(type: Type, choice: Choice, permutation: Permutation) -> Choice:
    if isinstance(choice, Whole):
        return Whole(permuted(type, choice.value, permutation))
    return Fields(tuple((n, permuted(_field(type, n), v, permutation)) for n, v in choice.values))


def _nameless(e: x.Expr) -> x.Expr:
    """A condition without its constants that have names."""
    if isinstance(e, x.Lit):
        return x.Lit(None, e.type) if names_in(e.type) else e
    return x.map_children(_nameless, e)


def _in_order(types: Sequence[Named], met: _Met) -> Permutation:
    """The permutation that gives the names the numbers in which they come."""
    return {
        of: _places([n for at, n in met if at == place], of.size) for place, of in enumerate(types)
    }


def _places(first: Sequence[int], size: int) -> tuple[int, ...]:
    order = [*first, *(n for n in range(size) if n not in first)]
    return tuple(order.index(n) for n in range(size))


def _names(type: Type, value: Value) -> Iterator[tuple[Named, int]]:
    """The names in a value. Those of a map count in no order of their own."""
    if not names_in(type):
        return
    match type:
        case t.Role() | t.Symbols():
            yield type, value
        case t.NodeId():
            yield t.node_role(type, value)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            for of, part in zip(t.field_types(type, value[0]), value[1:], strict=True):
                yield from _names(of, part)
        case t.Set(of) | t.Seq(of) | t.Bag(of):
            for part in value:
                yield from _names(of, part)
        case _:
            return
