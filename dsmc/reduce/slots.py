"""What faults are told apart by: the nodes that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.names import own
from dsmc.ir.types import Type, Value
from dsmc.reduce.budgets import at

#: A fault: a variable, and the keys to its number.
Slot: TypeAlias = "tuple[y.Variable, tuple[x.Expr, ...]]"


def nodes_of(params: Iterable[y.Param]) -> Iterator[x.Expr]:
    """The nodes that parameters are about: what steps are told apart by."""
    for param in params:
        it = x.Local(param.name, param.type)
        if _is_node(param.type):
            yield it
        elif isinstance(param.type, t.Record | t.Tuple):
            fields = enumerate(t.field_types(param.type, 0))
            yield from (x.Field(it, 0, place, of) for place, of in fields if _is_node(of))


def _is_node(of: Type) -> bool:
    return isinstance(of, t.Role | t.NodeId)


def by_nodes(name: str, nodes: Iterator[x.Expr], of: Type) -> y.Variable:
    """A variable with something for each choice of nodes."""
    for node in reversed(list(nodes)):
        of = t.Map(node.type, of)
    return y.Variable(name, of, y.Storage.INTERNAL)


def anyhow(variable: y.Variable, highest: int) -> s.Block:
    """Any number up to the highest, everywhere in a variable."""

    def below(of: Type, *keys: x.Expr) -> s.Block:
        name = f"{variable.name}{own(str(len(keys)))}"
        if isinstance(of, t.Map):
            inner = below(of.value, *keys, x.Local(name, of.key))
            return (s.For(name, of.key, x.whole(of.key), inner),)
        number = t.Int(0, highest)
        place = at(variable, *keys)
        return s.Pick(name, number, x.whole(number)), s.Assign(place, x.Local(name, number))

    return below(variable.type)


def numbers_in(value: Value) -> list[int]:
    """All numbers in a variable."""
    return [value] if isinstance(value, int) else [n for part in value for n in numbers_in(part)]
