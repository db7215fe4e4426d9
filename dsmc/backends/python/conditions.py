"""Truth values as Python tests: as few shifts and masks as they need."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from dsmc.backends.codec import (
    mask,
    width,
)
from dsmc.backends.python import folds
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op

if TYPE_CHECKING:
    from dsmc.backends.python.expressions import Expressions


def test(emit: Expressions, e: x.Expr) -> str:
    """A Python expression that is true (in Python's sense) where the expression is."""
    match e:
        case x.Lit(value):
            return "True" if value else "False"
        case x.Apply(Op.AND):
            return _all(emit, x.conjuncts(e))
        case x.Apply(Op.OR):
            return "(" + " or ".join(map(emit.test, _disjuncts(e))) + ")"
        case x.Apply(Op.IMPLIES, (left, right)):
            with emit.knowing(left):
                second = emit.test(right)
            return f"(not {emit.test(left)} or {second})"
        case x.Apply(Op.NOT, (inner,)):
            return f"(not {emit.test(inner)})"
        case x.Apply(Op.EQ | Op.NE, (left, right)):
            return _equal(emit, e, left, right)
        case x.Apply(Op.IN, (element, whole)):
            return _has(emit, element, whole)
        case x.Fold(x.Quantifier.FORALL | x.Quantifier.EXISTS):
            return folds.quantified(emit, e)
        case x.Let(name, value, body):
            return emit.let(name, emit.value(value), emit.test(body))
        case _ if isinstance(e.type, t.Bool):
            return _bit(emit, e)
        case _:
            return emit.value(e)


def _all(emit: Expressions, parts: list[x.Expr]) -> str:
    """Each part is evaluated only where those before it are true."""
    tests = []
    with ExitStack() as facts:
        for part in parts:
            tests.append(emit.test(part))
            facts.enter_context(emit.knowing(part))
    return "(" + " and ".join(tests) + ")" if tests else "True"


def _disjuncts(e: x.Expr) -> list[x.Expr]:
    """The parts of an `or`, however many: Python nests parentheses two hundred deep only."""
    parts, waiting = [], [e]
    while waiting:
        match waiting.pop():
            case x.Apply(Op.OR, (left, right)):
                waiting += [right, left]
            case part:
                parts.append(part)
    return parts


def _bit(emit: Expressions, e: x.Expr) -> str:
    found = emit.access(e)
    if found is None or found.moves:
        return emit.value(e)
    return f"{found.word} & {1 << found.shift}"


def _equal(emit: Expressions, e: x.Apply, left: x.Expr, right: x.Expr) -> str:
    """A comparison; with a constant it needs no shift."""
    left, right = _constant(left), _constant(right)
    if isinstance(left, x.Lit):
        left, right = right, left
    found = emit.access(left) if isinstance(right, x.Lit) else None
    if found is None or found.moves or not width(found.type):
        return emit.value(e)
    assert isinstance(right, x.Lit)
    wanted = emit.code(right, found.type)
    bits_ = mask(found.type) << found.shift
    if not wanted.isdigit() or int(wanted) > mask(found.type):
        return "False" if e.op is Op.EQ else "True"
    if int(wanted) == 0:
        return f"not {found.word} & {bits_}" if e.op is Op.EQ else f"{found.word} & {bits_}"
    sign = "==" if e.op is Op.EQ else "!="
    return f"{found.word} & {bits_} {sign} {int(wanted) << found.shift}"


def _has(emit: Expressions, element: x.Expr, whole: x.Expr) -> str:
    assert isinstance(whole.type, t.Set)
    rank = emit.rank(element, whole.type.of)
    found = emit.access(whole)
    if found is not None and not found.moves and rank.isdigit():
        return f"{found.word} & {1 << found.shift + int(rank)}"
    if found is not None:
        return f"{found.word} >> {found.inner(0, t.BOOL, f' + {rank}').amount} & 1"
    return f"({emit.value(whole)} >> {rank} & 1)"


def _constant(e: x.Expr) -> x.Expr:
    """The set of all values of a type as the constant that it is."""
    match e:
        case x.Apply(Op.ALL, _, t.Set(of)):
            return x.Lit(frozenset(t.values(of)), e.type)
        case _:
            return e
