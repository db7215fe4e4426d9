"""Expressions: what they mean and of what type they are.

`infer` takes the type that the place around would like (`hint`); it only decides what `{}`, `none`
and ambiguous names mean. `check` makes the result a value of a type, or reports why it is none.
"""

from __future__ import annotations

from typing import assert_never

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import OPS, WRITTEN, Form, Op
from dsmc.ir.signatures import UNBOUNDED, WIDEST, join, join_all
from dsmc.ir.types import Type
from dsmc.source import NOWHERE, Span
from dsmc.syntax import ast
from dsmc.typecheck import calls, collections, names, types
from dsmc.typecheck.conversion import POISON, convert, poisoned
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
            return _fold(scope, written, env)
        case ast.Quantified():
            return _quantified(scope, written, env)
        case ast.Conditional():
            return _conditional(scope, written, env, hint)
        case ast.Binary():
            return _binary(scope, written, env)
        case ast.Negated(value):
            return apply(scope, (Form.PREFIX, "not"), [infer(scope, value, env)], written.span)
        case ast.Negative(value):
            return _negative(scope, written, value, env)
        case ast.Temporal(op, value):
            return _temporal(scope, op, (value,), env, written.span)
        case ast.Interval(low, high):
            ends = [infer(scope, low, env), infer(scope, high, env)]
            return apply(scope, (Form.INFIX, ".."), ends, written.span)
        case ast.Member():
            return calls.member(scope, written, env, hint)
        case ast.Numbered():
            return calls.numbered(scope, written, env)
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
            return _match(scope, written, env, hint)
        case ast.ValueWithLocals():
            return _with_locals(scope, written, env, hint)
        case ast.GenericType():
            of = types.resolve(scope, written)
            dense = types.dense(scope, of, written.span, "a set's elements")
            return x.whole(of) if dense else POISON
        case _:
            assert_never(written)


# ---------------------------------------------------------------- operators


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


def _binary(scope: Scope, e: ast.Binary, env: Env) -> x.Expr:
    if e.op == "until":
        return _temporal(scope, e.op, (e.left, e.right), env, e.span)
    if e.op == "not in":
        return x.negation(_binary(scope, ast.Binary(e.left, "in", e.right).at(e.span), env)).at(
            e.span
        )
    if e.op == "in":
        return _membership(scope, e, env)
    if isinstance(e.left, _NEEDS_HINT):
        right = infer(scope, e.right, env)
        left = infer(scope, e.left, env, right.type)
    else:
        left = infer(scope, e.left, env)
        right = infer(scope, e.right, env, left.type)
    return apply(scope, (Form.INFIX, e.op), [left, right], e.span)


#: What is better understood when the other side of an operator is known.
_NEEDS_HINT = (ast.Name, ast.Nothing, ast.SetValue, ast.SeqValue, ast.Something, ast.MapValue)


def _membership(scope: Scope, e: ast.Binary, env: Env) -> x.Expr:
    left = infer(scope, e.left, env)
    match e.right:
        case ast.SetValue(items) if items and not isinstance(left.type, t.Unknown):
            return _one_of(scope, left, items, env, e.span)
        case ast.Interval(low, high) if isinstance(left.type, t.Int):
            above = apply(scope, (Form.INFIX, "<="), [infer(scope, low, env), left], low.span)
            below = apply(scope, (Form.INFIX, "<="), [left, infer(scope, high, env)], high.span)
            return apply(scope, (Form.INFIX, "and"), [above, below], e.span)
        case _:
            few = (t.size(left.type) or t.MAX_DENSE + 1) <= t.MAX_DENSE
            right = collections.domain(scope, e.right, env, t.Set(left.type) if few else None)
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
    values = [infer(scope, i, env, left.type) for i in items]
    result = apply(scope, (Form.INFIX, "=="), [it, values[0]], span)
    for value in values[1:]:
        equal = apply(scope, (Form.INFIX, "=="), [it, value], value.span)
        result = x.Apply(Op.OR, (result, equal), t.BOOL)
    return POISON if poisoned(result) else x.Let(name, left, result, t.BOOL).at(span)


def _negative(scope: Scope, e: ast.Negative, value: ast.Expr, env: Env) -> x.Expr:
    if isinstance(value, ast.Number):
        return x.number(-value.value)
    return apply(scope, (Form.PREFIX, "-"), [infer(scope, value, env)], e.span)


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
            return apply(scope, (Form.INDEXED, "[]"), [of, key], e.span)
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


def _temporal(scope: Scope, op: str, parts: tuple[ast.Expr, ...], env: Env, span: Span) -> x.Expr:
    if env.temporal:
        for part in parts:
            truth(scope, part, env, f"what `{op}` says")
        return x.Lit(True, t.BOOL)
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


# ---------------------------------------------------------------- folds


def _quantified(scope: Scope, e: ast.Quantified, env: Env) -> x.Expr:
    binders, inner = collections.bind(scope, e.binders, None, env)
    body = truth(scope, e.body, inner, f"what `{e.word}` says")
    quantifier = x.Quantifier(e.word)
    if any(isinstance(b.type, t.Unknown) for b in binders):
        return POISON
    if quantifier in (x.Quantifier.FORALL, x.Quantifier.EXISTS):
        return x.Fold(quantifier, binders, body, t.BOOL)
    if len(binders) != 1:
        scope.problems.add("D310", e.span, f"`{e.word}` names one thing", help="leave one name")
        return POISON
    return x.Fold(quantifier, binders, body, binders[0].type)


_FOLDS = ("sum", "min", "max", "count", "bag", "seq")


def _fold(scope: Scope, e: ast.Fold, env: Env) -> x.Expr:
    word = e.function.ident.text if isinstance(e.function, ast.Name) else ""
    if word not in _FOLDS:
        scope.problems.add(
            "D310",
            e.function.span,
            f"`{word or 'this'}` does not take `… for x in S`",
            help=did_you_mean(word, _FOLDS) or f"these do: {', '.join(_FOLDS)}",
        )
        return POISON
    binders, inner = collections.bind(scope, e.each.binders, e.each.condition, env)
    body = infer(scope, e.value, inner)
    if isinstance(body.type, t.Unknown) or any(isinstance(b.type, t.Unknown) for b in binders):
        return POISON
    most = _at_most(binders)
    match word:
        case "count":
            return x.Fold(x.Quantifier.SUM, binders, x.number(1), t.Int(0, most))
        case "bag":
            return x.Fold(x.Quantifier.BAG, binders, body, t.Bag(body.type, _bound(most)))
        case "seq":
            return x.Fold(x.Quantifier.SEQ, binders, body, t.Seq(body.type, _bound(most)))
    if not isinstance(body.type, t.Int):
        scope.problems.add(
            "D301", e.value.span, f"`{word}` is of numbers, not `{t.show(body.type)}`"
        )
        return POISON
    of = body.type
    if word == "sum":
        of = t.Int(min(0, most * of.low), max(0, most * of.high))
        of = of if WIDEST.low <= of.low and of.high <= WIDEST.high else WIDEST
    return x.Fold(x.Quantifier(word), binders, body, of)


def _bound(most: int) -> int | None:
    return None if most >= UNBOUNDED else most


def _at_most(binders: tuple[x.Binder, ...]) -> int:
    """How many bindings there can be."""
    most = 1
    for binder in binders:
        of = binder.domain.type
        size = t.size(of.of) if isinstance(of, t.Set) else getattr(of, "bound", None)
        most *= UNBOUNDED if size is None else size
    return min(most, UNBOUNDED)


# ---------------------------------------------------------------- match


def _match(scope: Scope, e: ast.MatchValue, env: Env, hint: Type | None) -> x.Expr:
    subject = infer(scope, e.subject, env)
    if isinstance(subject.type, t.Unknown):
        return POISON
    name = scope.fresh("it")
    it = x.Local(name, subject.type)
    arms: list[tuple[x.Expr, x.Expr]] = []
    for arm in collections.arms(scope, [a.pattern for a in e.arms], it, e.span):
        written = e.arms[arm.number].value
        value = infer(scope, written, arm.bind(env), hint)
        arms.append((arm.condition, arm.wrap(value)))
    of = common_type(scope, hint, [value.type for _, value in arms])
    if not arms or any(isinstance(v.type, t.Unknown) for _, v in arms):
        return POISON
    if of is None:
        scope.problems.add("D309", e.span, "the arms are of different types")
        return POISON
    result = convert(scope, arms[-1][1], of, e.span)
    for condition, value in reversed(arms[:-1]):
        result = x.Cond(condition, convert(scope, value, of, e.span), result, of)
    return x.Let(name, subject, result, of)
