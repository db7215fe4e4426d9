"""Quantifiers, comprehensions and sums: what they go through, and what they make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.backends.codec import (
    length_shift,
    low,
    members,
    width,
)
from dsmc.backends.python import runtime
from dsmc.backends.unroll import written_out
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.python.expressions import Expressions


def items(emit: Expressions, domain: x.Expr, *, distinct: bool = False) -> str:
    """What a domain goes through, as a Python iterable of registers."""
    with emit.unnamed():
        text = _items(emit, domain)
    repeats = distinct and not isinstance(domain.type, t.Set)
    return f"dict.fromkeys({text})" if repeats else text


def _items(emit: Expressions, domain: x.Expr) -> str:
    match domain, domain.type:
        case x.Apply(Op.ALL), t.Set(of):
            return _whole(emit, of)
        case x.Apply(Op.RANGE, (first, last)), _:
            return f"range({emit.value(first)}, {emit.value(last)} + 1)"
        case x.Apply(Op.SUBSETS, (whole,)), _:
            return f"subsets({emit.value(whole)})"
        case _, t.Set(of):
            memo = emit.pool.name("elements", runtime.elements_of(members(of)), ("elements", of))
            return f"{memo}[{emit.value(domain)}]"
        case _, t.Seq(of) if t.fixed(domain.type):
            assert isinstance(domain.type, t.Seq)
            shape = f"{length_shift(domain.type)}, {width(of)}, {low(of)}"
            return f"seq_items({emit.value(domain)}, {shape})"
        case _:
            return emit.value(domain)


def _whole(emit: Expressions, of: Type) -> str:
    match of:
        case t.Int(least, most):
            return f"range({least}, {most + 1})"
        case t.Bool():
            return "(0, 1)"
        case t.Enum() | t.Symbols() | t.Role() | t.NodeId():
            return f"range({t.names_count(of)})"
        case _:
            return emit.pool.name("all", members(of), ("all", of))


def fold(emit: Expressions, e: x.Fold) -> str:
    """The register of a fold."""
    if e.quantifier in (x.Quantifier.FORALL, x.Quantifier.EXISTS):
        return f"(1 if {emit.test(e)} else 0)"
    match e.quantifier:
        case x.Quantifier.THE | x.Quantifier.CHOOSE:
            elements = each(emit, e, emit.local(e.binders[0].name), e.body)
            return f"{e.quantifier.value}({elements})"
        case x.Quantifier.SUM:
            return f"sum({each(emit, e, emit.value(e.body))})"
        case x.Quantifier.MIN:
            return f"least({each(emit, e, emit.value(e.body))})"
        case x.Quantifier.MAX:
            return f"most({each(emit, e, emit.value(e.body))})"
        case _:
            return _collected(emit, e)


def _collected(emit: Expressions, e: x.Fold) -> str:
    match e.type:
        case t.Set(of):
            return f"set_of({each(emit, e, emit.rank(e.body, of))})"
        case t.Map(_, of) if t.fixed(e.type):
            return f"side_by_side({each(emit, e, emit.code(e.body, of))}, {width(of)})"
        case t.Seq(of) if t.fixed(e.type):
            shape = f"{length_shift(e.type)}, {width(of)}"
            return f"seq_of({each(emit, e, emit.code(e.body, of))}, {shape})"
        case t.Bag(_, bound):
            bag = f"tuple(sorted({each(emit, e, emit.value(e.body))}))"
            return bag if bound is None else f"bounded({bag}, {bound})"
        case _:
            return f"tuple({each(emit, e, emit.value(e.body))})"


def each(emit: Expressions, e: x.Fold, body: str, condition: x.Expr = x.TRUE) -> str:
    """A generator of the values of the body, in parentheses."""
    text = f"({body}"
    for i, binder in enumerate(e.binders):
        text += f" for {emit.local(binder.name)} in {emit.items(binder.domain)}"
        last = condition if i == len(e.binders) - 1 else x.TRUE
        wanted = x.conjunction([binder.where, last])
        if wanted != x.TRUE:
            text += f" if {emit.test(wanted)}"
    return text + ")"


def quantified(emit: Expressions, e: x.Fold) -> str:
    """`forall` or `exists` as a test."""
    every = e.quantifier is x.Quantifier.FORALL
    parts = written_out(e)
    if parts is None:
        return f"{'all' if every else 'any'}({each(emit, e, emit.test(e.body))})"
    neutral = "True" if every else "False"
    tests = [test for test in dict.fromkeys(map(emit.test, parts)) if test != neutral]
    return "(" + (" and " if every else " or ").join(tests) + ")" if tests else neutral
