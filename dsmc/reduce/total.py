"""Does an expression surely have a value? Knows what was asked before: `x != none and x? > 0`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.simplify import PARTIAL
from dsmc.ir.system import Function
from dsmc.ir.types import Type

#: Variants that are known to be of a case.
Facts: TypeAlias = "frozenset[tuple[x.Expr, int]]"
Functions: TypeAlias = Mapping[str, Function]

NO_FACTS: Facts = frozenset()
_ENDS = (x.Quantifier.THE, x.Quantifier.CHOOSE, x.Quantifier.MIN, x.Quantifier.MAX)


def total(e: x.Expr, functions: Functions, facts: Facts = NO_FACTS) -> bool:
    """Is evaluating it never a range error, where the facts hold?"""

    def has(part: x.Expr, more: Facts = NO_FACTS) -> bool:
        return total(part, functions, facts | more)

    match e:
        case x.Field(of, case):
            return has(of) and (len(_cases(of)) == 1 or (of, case) in facts)
        case x.Convert(of, to):
            return has(of) and fits(of.type, to)
        case x.Apply(Op.AND | Op.OR | Op.IMPLIES, (left, right)):
            return has(left) and has(right, facts_of(left, e.op is not Op.OR))
        case x.Apply(Op.DIV | Op.MOD, (left, right)):
            return has(left) and has(right) and not _may_be_zero(right)
        case x.Apply(op) if op in PARTIAL:
            return False
        case x.Cond(condition, yes, no):
            parts = (yes, True), (no, False)
            return has(condition) and all(has(p, facts_of(condition, c)) for p, c in parts)
        case x.Fold(quantifier, binders, body):
            for binder in binders:
                if not (has(binder.domain) and has(binder.where)):
                    return False
                facts |= facts_of(binder.where, True)
            return quantifier not in _ENDS and _has_room(e.type) and has(body)
        case x.Observe():
            return False
        case x.Call(function, args):
            others = {name: f for name, f in functions.items() if name != function}
            known = function in functions
            return all(map(has, args)) and known and total(functions[function].body, others)
        case _:
            return all(map(has, x.children(e)))


def _has_room(type: Type) -> bool:
    return not (isinstance(type, t.Seq | t.Bag) and type.bound is not None)


def _cases(e: x.Expr) -> tuple[object, ...]:
    assert isinstance(e.type, t.Option | t.Tuple | t.Record | t.Message)
    return t.cases(e.type)


def _may_be_zero(e: x.Expr) -> bool:
    return not (isinstance(e.type, t.Int) and (e.type.low > 0 or e.type.high < 0))


def facts_of(e: x.Expr, truth: bool) -> Facts:
    """What is known of variants where a condition is true (or false)."""
    match e:
        case x.Apply(Op.NOT, (inner,)):
            return facts_of(inner, not truth)
        case x.Apply(Op.AND, (left, right)) if truth:
            return facts_of(left, True) | facts_of(right, True)
        case x.Apply(Op.OR, (left, right)) if not truth:
            return facts_of(left, False) | facts_of(right, False)
        case x.IsCase(of, case):
            return _is_case(of, case, truth)
        case x.Apply(Op.EQ | Op.NE, (of, x.Lit(value))) if isinstance(of.type, t.VARIANTS):
            return _is_value(of, value, truth is (e.op is Op.EQ))
        case _:
            return NO_FACTS


def _is_case(of: x.Expr, case: int, truth: bool) -> Facts:
    if truth:
        return frozenset({(of, case)})
    return frozenset({(of, 1 - case)}) if len(_cases(of)) == 2 else NO_FACTS


def _is_value(of: x.Expr, value: tuple[int, ...], truth: bool) -> Facts:
    """It is (not) a constant: whatever is not `none` is `some`, but not the other way round."""
    if truth:
        return frozenset({(of, value[0])})
    return frozenset({(of, 1)}) if value == (0,) and len(_cases(of)) == 2 else NO_FACTS


def fits(source: Type, target: Type) -> bool:
    """Is every value of one type one of the other?"""
    match source, target:
        case _ if source == target:
            return True
        case t.Int(a, b), t.Int(low, high):
            return low <= a and b <= high
        case t.Role(), t.NodeId(roles):
            return source in roles
        case (t.Seq(a, m), t.Seq(b, n)) | (t.Bag(a, m), t.Bag(b, n)):
            return fits(a, b) and (n is None or (m is not None and m <= n))
        case (t.Set(a), t.Set(b)) | (t.Option(a), t.Option(b)) | (t.Map(_, a), t.Map(_, b)):
            return fits(a, b)
        case t.Tuple(items), t.Tuple(others):
            return all(map(fits, items, others))
        case _:
            return False
