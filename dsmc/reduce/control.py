"""A variable that says where a run is: which values of it an action can start from and end in.

The control is one value, or one for each node of a role; then the data it is asked for is of the same
nodes, and a *node* is the expression that says which (`WHOLE`: perhaps any).
"""

from __future__ import annotations

from typing import TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.simplify import simplify
from dsmc.ir.types import Type, Value
from dsmc.reduce.access import Keys
from dsmc.reduce.mentions import variables_in

#: More values than this are no control.
_FEW = 16
#: All nodes, or nobody knows which.
WHOLE = x.Lit(None, t.UNKNOWN)
#: The only node, where there is no more than one.
ONE = x.Lit(None, t.EMPTY)

Points: TypeAlias = "frozenset[Value]"


class Control:
    """A variable as the control of another."""

    def __init__(self, variable: y.Variable, data: y.Variable) -> None:
        self.variable = variable
        self.nodes = _nodes(variable.type)
        self.of = variable.type.value if self._is_map() else variable.type  # type: ignore[union-attr]
        self.fits = _is_few(self.of) and self.nodes in (None, _nodes(data.type))
        self.points: Points = frozenset(t.values(self.of)) if self.fits else frozenset()

    def _is_map(self) -> bool:
        return isinstance(self.variable.type, t.Map) and (
            self.nodes is not None or t.size(self.variable.type.key) == 1
        )

    def node(self, keys: Keys) -> x.Expr:
        """Whose part is at a place of the control or the data?"""
        if self.nodes is None:
            return ONE
        known = keys and keys[0] is not None and not variables_in([keys[0]])
        return keys[0] if known and keys[0] is not None else WHOLE

    def at(self, node: x.Expr) -> x.Expr:
        """The control of a node."""
        base = x.Global(self.variable.name, self.variable.type)
        if not self._is_map():
            return base
        key = next(t.values(self.variable.type.key)) if node == ONE else None  # type: ignore[union-attr]
        at = node if key is None else x.Lit(key, self.variable.type.key)  # type: ignore[union-attr]
        return x.Apply(Op.GET, (base, at), self.of)

    def before(self, asked: list[x.Expr], node: x.Expr) -> Points:
        """The values that the control of a node may have where some conditions hold."""
        if node == WHOLE:
            return self.points
        place = self.at(node)
        about = [c for c in asked if any(part == place for part in x.walk(c))]
        return frozenset(
            point for point in self.points
            if not any(_given(c, place, x.Lit(point, self.of)) == x.FALSE for c in about)
        )  # fmt: skip

    def after(self, assign: s.Assign) -> Points:
        """The values that an assignment to the control may give it."""
        whole = len(assign.place.path) == int(self._is_map())
        return self._values(assign.value) if whole else self.points

    def _values(self, e: x.Expr) -> Points:
        match e:
            case x.Lit(value):
                return frozenset({value})
            case x.Make(t.Option(), _, case):
                return frozenset(p for p in self.points if p[0] == case)
            case x.Cond(_, yes, no):
                return self._values(yes) | self._values(no)
            case _:
                return self.points

    def is_at(self, node: x.Expr, points: Points) -> x.Expr:
        """Is the control of a node at one of some points?"""
        parts = [
            x.equal(self.at(node), x.Lit(p, self.of)) for p in t.values(self.of) if p in points
        ]
        condition = parts[0]
        for part in parts[1:]:
            condition = x.Apply(Op.OR, (condition, part), t.BOOL)
        return simplify(condition)


def _nodes(type: Type) -> t.Role | None:
    """The role of which each node has a value of its own."""
    if isinstance(type, t.Map) and isinstance(type.key, t.Role) and type.key.size > 1:
        return type.key
    return None


def _is_few(type: Type) -> bool:
    return t.fixed(type) and (t.size(type) or 0) in range(2, _FEW + 1)


def _given(e: x.Expr, place: x.Expr, value: x.Lit) -> x.Expr:
    """The expression where a place is known to have a value."""

    def known(part: x.Expr) -> x.Expr:
        return value if part == place else x.map_children(known, part)

    return simplify(known(e))
