"""Which places expressions look at: a variable, and the keys on the way into it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir.ops import Op

#: The keys on the way into a variable; None for a step into a field.
Keys: TypeAlias = "tuple[x.Expr | None, ...]"


class Read(Frozen):
    """A place that is looked at: `e` is the expression that says so."""

    variable: str
    keys: Keys
    e: x.Expr


def reads(e: x.Expr) -> Iterator[Read]:
    """The places that an expression looks at, each with the keys that are written there."""
    way = _way(e)
    if way is None:
        for child in x.children(e):
            yield from reads(child)
        return
    base, keys = way
    yield Read(base.name, keys, e)
    for key in keys:
        if key is not None:
            yield from reads(key)


def _way(e: x.Expr) -> tuple[x.Global, Keys] | None:
    """The variable and the keys, if the expression is a place."""
    match e:
        case x.Global():
            return e, ()
        case x.Apply(Op.GET, (of, key)):
            way = _way(of)
            return way and (way[0], (*way[1], key))
        case x.Field(of):
            way = _way(of)
            return way and (way[0], (*way[1], None))
        case _:
            return None
