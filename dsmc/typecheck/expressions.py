"""Expressions: what they mean and of what type they are.

`infer` takes the type that the place around would like (`hint`); it only decides what `{}`, `none`
and ambiguous names mean. `check` makes the result a value of a type, or reports why it is none.
"""

from __future__ import annotations

from typing import assert_never

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Form, Op
from dsmc.ir.signatures import join, join_all
from dsmc.ir.types import Type
from dsmc.source import NOWHERE, Span
from dsmc.syntax import ast
from dsmc.typecheck import calls, collections, folds, matching, members, names, operators, types
from dsmc.typecheck.conversion import POISON, convert
from dsmc.typecheck.scope import Env, Scope


def check(scope: Scope, written: ast.Expr, env: Env, wanted: Type, what: str = "") -> x.Expr:
    """The expression as a value of type `wanted`."""
    e = infer(scope, written, env, wanted)
    return convert(scope, e, wanted, written.span, what)


def infer(scope: Scope, written: ast.Expr, env: Env, hint: Type | None = None) -> x.Expr:
    """The expression with its own type."""
    e = _infer(scope, written, env, hint)
    if isinstance(written, ast.Name):
        return replace(e).at(written.span)  # the value of a name is shared: its place is not
    return e if e.span is not NOWHERE else e.at(written.span)


def truth(scope: Scope, written: ast.Expr, env: Env, what: str = "") -> x.Expr:
    """The expression as a truth value."""
    return check(scope, written, env, t.BOOL, what)


def _infer(scope: Scope, written: ast.Expr, env: Env, hint: Type | None) -> x.Expr:
    match written:
        case ast.Number(value):
            return x.number(value)
        case ast.Truth(value):
            return x.Lit(value, t.BOOL)
        case ast.Name(ident):
            return names.resolve(scope, ident, env, hint)
        case ast.OwnNode() | ast.OtherNodes():
            return names.own(scope, written, env)
        case ast.Nothing():
            return x.Lit((0,), hint if isinstance(hint, t.Option) else t.Option(t.EMPTY))
        case ast.Something(value):
            return _some(scope, value, env, hint)
        case ast.TupleValue(items):
            return _tuple(scope, items, env, hint)
        case ast.SetValue() | ast.SeqValue() | ast.MapValue() | ast.MapUpdate():
            return collections.infer(scope, written, env, hint)
        case ast.SetComprehension() | ast.SeqComprehension() | ast.MapComprehension():
            return collections.infer(scope, written, env, hint)
        case ast.Fold():
            return folds.fold(scope, written, env)
        case ast.Quantified():
            return folds.quantified(scope, written, env)
        case ast.Conditional():
            return _conditional(scope, written, env, hint)
        case ast.Binary():
            return operators.binary(scope, written, env)
        case ast.Negated(value):
            return operators.apply(
                scope, (Form.PREFIX, "not"), [infer(scope, value, env)], written.span
            )
        case ast.Negative(value):
            return operators.negative(scope, written, value, env)
        case ast.Temporal(op, value):
            return temporal(scope, op, (value,), env, written.span)
        case ast.Interval(low, high):
            ends = [infer(scope, low, env), infer(scope, high, env)]
            return operators.apply(scope, (Form.INFIX, ".."), ends, written.span)
        case ast.Member():
            return members.member(scope, written, env, hint)
        case ast.Numbered():
            return members.numbered(scope, written, env)
        case ast.Index():
            return _index(scope, written, env)
        case ast.Call():
            return calls.call(scope, written, env, hint)
        case ast.Opened(value):
            return _opened(scope, value, env)
        case ast.RecordUpdate():
            return calls.record_update(scope, written, env)
        case ast.OldValue(value):
            return _old(scope, value, env, hint, written.span)
        case ast.MatchValue():
            return matching.match(scope, written, env, hint)
        case ast.ValueWithLocals():
            return _with_locals(scope, written, env, hint)
        case ast.GenericType():
            of = types.resolve(scope, written)
            dense = types.dense(scope, of, written.span, "a set's elements")
            return x.whole(of) if dense else POISON
        case _:
            assert_never(written)


# ---------------------------------------------------------------- parts


def _index(scope: Scope, e: ast.Index, env: Env) -> x.Expr:
    of = infer(scope, e.of, env)
    if isinstance(of.type, t.Seq) and isinstance(e.key, ast.Interval):
        low, high = infer(scope, e.key.low, env), infer(scope, e.key.high, env)
        args = [check_int(scope, low), check_int(scope, high)]
        return POISON if POISON in args else x.Apply(Op.SLICE, (of, *args), of.type)
    hint = of.type.key if isinstance(of.type, t.Map) else None
    key = infer(scope, e.key, env, hint)
    match of.type, key.type:
        case (t.Unknown(), _) | (_, t.Unknown()):
            return POISON
        case t.Map() | t.Seq() | t.Set(t.Role()), _:
            if isinstance(of.type, t.Map):
                key = convert(scope, key, of.type.key, e.key.span, "the key")
            return operators.apply(scope, (Form.INDEXED, "[]"), [of, key], e.span)
        case _:
            scope.problems.add(
                "D307",
                e.span,
                f"`{t.show(of.type)}` has nothing to look up in",
                help="only maps, sequences and roles are indexed",
            )
            return POISON


def check_int(scope: Scope, e: x.Expr) -> x.Expr:
    """An integer, or a problem."""
    if not isinstance(e.type, t.Int | t.Unknown):
        scope.problems.add("D301", e.span, f"a number is wanted here, not `{t.show(e.type)}`")
        return POISON
    return e


def _opened(scope: Scope, value: ast.Expr, env: Env) -> x.Expr:
    of = infer(scope, value, env)
    if isinstance(of.type, t.Unknown):
        return POISON
    if not isinstance(of.type, t.Option):
        scope.problems.add(
            "D307",
            value.span,
            f"`?` opens an option, and this is `{t.show(of.type)}`",
            help="leave out the `?`",
        )
        return POISON
    return x.Field(of, 1, 0, of.type.of)


def _old(scope: Scope, value: ast.Expr, env: Env, hint: Type | None, span: Span) -> x.Expr:
    if not env.old:
        scope.problems.add(
            "D601",
            span,
            "`old` has a meaning in `transition` properties only",
            help="a state before has no name elsewhere; keep what you need in a `ghost` variable",
        )
        return POISON
    return _before(infer(scope, value, env, hint))


def _before(e: x.Expr) -> x.Expr:
    if isinstance(e, x.Global):
        return x.Global(e.name, e.type, old=True).at(e.span)
    return x.map_children(_before, e)


def temporal(scope: Scope, op: str, parts: tuple[ast.Expr, ...], env: Env, span: Span) -> x.Expr:
    """`always`, `eventually`, `next`, `until` where they have no meaning."""
    for part in parts:
        truth(scope, part, env, f"what `{op}` says")
    if env.temporal:
        scope.problems.add(
            "D603", span, f"`{op}` cannot stand inside of this",
            help="around it may be temporal operators, `not and or implies iff`, `if`, `forall`,"
            " `exists` and `let`",
        )  # fmt: skip
        return POISON
    scope.problems.add(
        "D602",
        span,
        f"`{op}` has a meaning in `ltl` properties only",
        help=f"write `ltl name {{ … {op} … }}`",
    )
    return POISON


# ---------------------------------------------------------------- structure


def _some(scope: Scope, value: ast.Expr, env: Env, hint: Type | None) -> x.Expr:
    inner = infer(scope, value, env, hint.of if isinstance(hint, t.Option) else None)
    if isinstance(inner.type, t.Unknown):
        return POISON
    of = common_type(scope, hint.of if isinstance(hint, t.Option) else None, [inner.type])
    if of is None:
        return POISON
    return x.Make(t.Option(of), (convert(scope, inner, of, value.span),), 1)


def _tuple(scope: Scope, items: tuple[ast.Expr, ...], env: Env, hint: Type | None) -> x.Expr:
    hints: tuple[Type | None, ...] = (None,) * len(items)
    if isinstance(hint, t.Tuple) and len(hint.items) == len(items):
        hints = hint.items
    parts = [infer(scope, i, env, h) for i, h in zip(items, hints, strict=True)]
    if any(isinstance(p.type, t.Unknown) for p in parts):
        return POISON
    of = [common_type(scope, h, [p.type]) or p.type for p, h in zip(parts, hints, strict=True)]
    made = zip(parts, of, items, strict=True)
    return x.Make(t.Tuple(tuple(of)), tuple(convert(scope, p, o, i.span) for p, o, i in made))


def common_type(scope: Scope, wanted: Type | None, own: list[Type]) -> Type | None:
    """The wanted type if it has all values of the own ones, else their common type."""
    common = join_all(own)
    if common is None and all(isinstance(of, t.Role | t.NodeId) for of in own):
        common = scope.node_type()
    if common is None or wanted is None:
        return common
    return wanted if join(common, wanted) == wanted else common


def _conditional(scope: Scope, e: ast.Conditional, env: Env, hint: Type | None) -> x.Expr:
    condition = truth(scope, e.condition, env, "the condition")
    yes = infer(scope, e.yes, env, hint)
    no = infer(scope, e.no, env, hint or yes.type)
    if any(isinstance(p.type, t.Unknown) for p in (condition, yes, no)):
        return POISON
    of = common_type(scope, hint, [yes.type, no.type])
    if of is None:
        scope.problems.add(
            "D309",
            e.span,
            f"one branch is `{t.show(yes.type)}`, the other `{t.show(no.type)}`",
            help="both branches must have one type",
        )
        return POISON
    return x.Cond(
        condition, convert(scope, yes, of, e.yes.span), convert(scope, no, of, e.no.span), of
    )


def _with_locals(scope: Scope, e: ast.ValueWithLocals, env: Env, hint: Type | None) -> x.Expr:
    lets: list[tuple[str, x.Expr]] = []
    for local in e.locals:
        value = infer(scope, local.value, env)
        name = scope.fresh(local.name.text)
        names.check_unused(scope, local.name, env)
        env = env.bind(local.name.text, x.Local(name, value.type))
        lets.append((name, value))
    result = infer(scope, e.value, env, hint)
    for name, value in reversed(lets):
        result = x.Let(name, value, result, result.type).at(e.span)
    return result
