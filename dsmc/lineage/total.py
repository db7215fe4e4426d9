"""Which expressions have a value, whatever the state."""

from __future__ import annotations

from collections.abc import Mapping

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.system import Function

_PARTIAL = {
    Op.DIV, Op.MOD, Op.FIRST, Op.LAST, Op.AT, Op.SLICE, Op.INSERT, Op.REMOVE, Op.REPLACE, Op.BAG_REMOVE,
    Op.NODE_AT,
}  # fmt: skip
_CHOOSING = (x.Quantifier.THE, x.Quantifier.CHOOSE, x.Quantifier.MIN, x.Quantifier.MAX)


class Total:
    """Knows the functions of a system."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self._known: dict[int, tuple[x.Expr, bool]] = {}
        self._inside: list[str] = []

    def __call__(self, e: x.Expr) -> bool:
        """Has it always a value?"""
        if id(e) not in self._known:
            self._known[id(e)] = (e, self._is(e))
        return self._known[id(e)][1]

    def _is(self, e: x.Expr) -> bool:
        match e:
            case x.Apply(op) if op in _PARTIAL:
                return False
            case x.Fold(quantifier) if quantifier in _CHOOSING:
                return False
            case x.Observe():
                return False
            case x.Field(of):
                fits = isinstance(of.type, t.Tuple | t.Record)
            case x.Convert(of, type):
                fits = _always_fits(of.type, type)
            case x.Call(function):
                fits = self._body(function)
            case _:
                fits = True
        return fits and all(self(child) for child in x.children(e))

    def _body(self, function: str) -> bool:
        if function in self._inside:
            return False
        self._inside.append(function)
        try:
            return self(self._functions[function].body)
        finally:
            self._inside.pop()


def _always_fits(source: t.Type, target: t.Type) -> bool:
    match source, target:
        case t.Int(low, high), t.Int(least, most):
            return least <= low and high <= most
        case t.Role(), t.NodeId():
            return True
        case t.Set(of), t.Set(to):
            return _always_fits(of, to)
        case _:
            return source == target
