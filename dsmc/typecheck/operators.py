"""Operators: which one is meant, and that it goes with what it is given."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import OPS, WRITTEN, Form, Op
from dsmc.ir.signatures import WIDEST
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import (
    binding,
    expressions,
)
from dsmc.typecheck.conversion import POISON, convert, poisoned
from dsmc.typecheck.scope import Env, Scope


def apply(scope: Scope, spelling: tuple[Form, str], args: list[x.Expr], span: Span) -> x.Expr:
    """The operator written so that fits the arguments, applied to them."""
    if any(isinstance(a.type, t.Unknown) for a in args):
        return POISON
    given = tuple(a.type for a in args)
    for op in WRITTEN[spelling]:
        signature = OPS[op].rule(given)
        if signature is not None:
            wanted = zip(args, signature.params, strict=True)
            converted = tuple(convert(scope, a, p, a.span) for a, p in wanted)
            return _bounded(scope, x.Apply(op, converted, signature.result).at(span))
    if all(isinstance(of, t.Role) for of in given) and len(set(given)) > 1:
        nodes = [convert(scope, a, scope.node_type(), a.span) for a in args]
        return apply(scope, spelling, nodes, span)
    _refuse(scope, spelling, given, span)
    return POISON


def _bounded(scope: Scope, e: x.Expr) -> x.Expr:
    of = e.type
    if isinstance(of, t.Int) and not (WIDEST.low <= of.low and of.high <= WIDEST.high):
        scope.problems.add(
            "D308",
            e.span,
            "this number may become too large to compute with",
            label=f"up to {max(abs(of.low), of.high):.1e}",
            help="narrow the ranges of its parts",
        )
        return POISON
    return e


def _refuse(scope: Scope, spelling: tuple[Form, str], given: tuple[Type, ...], span: Span) -> None:
    shown = " and ".join(f"`{t.show(g)}`" for g in given)
    docs = " ".join(f"{OPS[op].doc.split('. ')[0].rstrip('.')}." for op in WRITTEN[spelling])
    symbol = spelling[1]
    help = docs if symbol not in ("==", "!=") else "compare values of one type"
    if symbol == "-" and isinstance(given[0], t.Set):
        help = "the difference of sets is written `minus`"
    if symbol == "+" and isinstance(given[0], t.Set):
        help = "sets are joined by `union`"
    scope.problems.add("D307", span, f"`{symbol}` does not go with {shown}", help=help)


def binary(scope: Scope, e: ast.Binary, env: Env) -> x.Expr:
    """Two values and what stands between them."""
    if e.op == "until":
        return expressions.temporal(scope, e.op, (e.left, e.right), env, e.span)
    if e.op == "not in":
        return x.negation(binary(scope, ast.Binary(e.left, "in", e.right).at(e.span), env)).at(
            e.span
        )
    if e.op == "in":
        return _membership(scope, e, env)
    if isinstance(e.left, _NEEDS_HINT) and not isinstance(e.right, _LITERAL):
        right = expressions.infer(scope, e.right, env)
        left = expressions.infer(scope, e.left, env, right.type)
    else:
        left = expressions.infer(scope, e.left, env)
        right = expressions.infer(scope, e.right, env, left.type)
    return apply(scope, (Form.INFIX, e.op), [left, right], e.span)


#: What is better understood when the other side of an operator is known: a literal, above all.
_LITERAL = (ast.Nothing, ast.SetValue, ast.SeqValue, ast.Something, ast.MapValue)
_NEEDS_HINT = (ast.Name, *_LITERAL)


def _membership(scope: Scope, e: ast.Binary, env: Env) -> x.Expr:
    left = expressions.infer(scope, e.left, env)
    match e.right:
        case ast.SetValue(items) if items and not isinstance(left.type, t.Unknown):
            return _one_of(scope, left, items, env, e.span)
        case ast.Interval(low, high) if isinstance(left.type, t.Int):
            above = apply(
                scope, (Form.INFIX, "<="), [expressions.infer(scope, low, env), left], low.span
            )
            below = apply(
                scope, (Form.INFIX, "<="), [left, expressions.infer(scope, high, env)], high.span
            )
            return apply(scope, (Form.INFIX, "and"), [above, below], e.span)
        case _:
            few = (t.size(left.type) or t.MAX_DENSE + 1) <= t.MAX_DENSE
            right = binding.domain(scope, e.right, env, t.Set(left.type) if few else None)
            if not few and isinstance(right.type, t.Set):
                return _narrowed(scope, left, right, e.span)
            return apply(scope, (Form.INFIX, "in"), [left, right], e.span)


def _narrowed(scope: Scope, left: x.Expr, right: x.Expr, span: Span) -> x.Expr:
    """Is a number of a wide range in a set of a narrow one?"""
    assert isinstance(right.type, t.Set)
    of = right.type.of
    if not isinstance(left.type, t.Int) or not isinstance(of, t.Int):
        return apply(scope, (Form.INFIX, "in"), [left, right], span)
    name = scope.fresh("it")
    it = x.Local(name, left.type).at(left.span)
    ends = ((Op.GE, of.low), (Op.LE, of.high))
    inside = [x.Apply(op, (it, x.number(end)), t.BOOL) for op, end in ends]
    found = x.Apply(Op.IN, (x.Convert(it, of), right), t.BOOL)
    return x.Let(name, left, x.conjunction([*inside, found]), t.BOOL).at(span)


def _one_of(
    scope: Scope, left: x.Expr, items: tuple[ast.Expr, ...], env: Env, span: Span
) -> x.Expr:
    """`x in {a, b}` as `x == a or x == b`: no set is made."""
    name = scope.fresh("it")
    it = x.Local(name, left.type).at(left.span)
    values = [expressions.infer(scope, i, env, left.type) for i in items]
    result = apply(scope, (Form.INFIX, "=="), [it, values[0]], span)
    for value in values[1:]:
        equal = apply(scope, (Form.INFIX, "=="), [it, value], value.span)
        result = x.Apply(Op.OR, (result, equal), t.BOOL)
    return POISON if poisoned(result) else x.Let(name, left, result, t.BOOL).at(span)


def negative(scope: Scope, e: ast.Negative, value: ast.Expr, env: Env) -> x.Expr:
    """`-e`"""
    if isinstance(value, ast.Number):
        return x.number(-value.value)
    return apply(scope, (Form.PREFIX, "-"), [expressions.infer(scope, value, env)], e.span)
