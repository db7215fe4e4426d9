"""Sets, sequences, maps."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import convert as convert_value
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.signatures import join, join_all
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import binding, constants, expressions, types
from dsmc.typecheck.conversion import POISON, convert
from dsmc.typecheck.scope import CONSTANT, Env, Scope

_Written = (
    ast.SetValue | ast.SeqValue | ast.MapValue | ast.MapUpdate | ast.SetComprehension
    | ast.SeqComprehension | ast.MapComprehension
)  # fmt: skip


def infer(scope: Scope, written: _Written, env: Env, hint: Type | None) -> x.Expr:
    """A collection that was written out or described."""
    match written:
        case ast.SetValue(items):
            return _set(scope, items, env, hint, written.span)
        case ast.SeqValue(items):
            return _sequence(scope, items, env, hint)
        case ast.MapValue(entries):
            return _map(scope, entries, env, hint, written.span)
        case ast.MapUpdate(of, entries):
            return _map_update(scope, of, entries, env)
        case ast.SetComprehension(value, each):
            return _comprehension(scope, value, each, env, hint, written.span)
        case ast.SeqComprehension(value, each):
            return _seq_comprehension(scope, value, each, env)
        case ast.MapComprehension(entry, each):
            return _map_comprehension(scope, entry, each, env, hint, written.span)


# ---------------------------------------------------------------- written out


def _elements(
    scope: Scope, items: tuple[ast.Expr, ...], env: Env, wanted: Type | None
) -> tuple[Type, tuple[x.Expr, ...]] | None:
    """The common type of the elements, and the elements as values of it."""
    parts = [expressions.infer(scope, i, env, wanted) for i in items]
    if any(isinstance(p.type, t.Unknown) for p in parts):
        return None
    of = expressions.common_type(scope, wanted, [p.type for p in parts])
    if of is None:
        first = parts[0].type
        other = next(i for i, p in enumerate(parts) if join(first, p.type) is None)
        scope.problems.add(
            "D309",
            items[other].span,
            f"this is `{t.show(parts[other].type)}`, the first element `{t.show(first)}`",
            help="all elements must have one type",
        )
        return None
    converted = zip(parts, items, strict=True)
    return of, tuple(convert(scope, p, of, i.span) for p, i in converted)


def _set(
    scope: Scope, items: tuple[ast.Expr, ...], env: Env, hint: Type | None, span: Span
) -> x.Expr:
    wanted = hint.of if isinstance(hint, t.Set) else None
    if not items:
        return x.Lit(frozenset(), t.Set(wanted or t.EMPTY))
    made = _elements(scope, items, env, wanted)
    if made is None or not types.dense(scope, made[0], span, "a set's elements"):
        return POISON
    return x.Make(t.Set(made[0]), made[1])


def _sequence(scope: Scope, items: tuple[ast.Expr, ...], env: Env, hint: Type | None) -> x.Expr:
    wanted = hint.of if isinstance(hint, t.Seq | t.Bag) else None
    if not items:
        of = wanted or t.EMPTY
        return x.Lit((), t.Bag(of, 0) if isinstance(hint, t.Bag) else t.Seq(of, 0))
    made = _elements(scope, items, env, wanted)
    if made is None:
        return POISON
    kind = t.Bag if isinstance(hint, t.Bag) else t.Seq
    return x.Make(kind(made[0], len(items)), made[1])


def _map(
    scope: Scope, entries: tuple[ast.Entry, ...], env: Env, hint: Type | None, span: Span
) -> x.Expr:
    wanted = hint if isinstance(hint, t.Map) else None
    keys = [
        constants.value_of(scope, expressions.infer(scope, e.key, CONSTANT, wanted and wanted.key))
        for e in entries
    ]
    made = _elements(scope, tuple(e.value for e in entries), env, wanted and wanted.value)
    if made is None or POISON in keys:
        return POISON
    key = wanted.key if wanted else join_all([k.type for k in keys])
    if key is None:
        scope.problems.add("D309", span, "the keys are of different types")
        return POISON
    values: dict[object, x.Expr] = {}
    for entry, literal, value in zip(entries, keys, made[1], strict=True):
        _put(scope, values, literal, key, value, entry)
    missing = [v for v in t.values(key) if v not in values]
    if missing and len(values) == len(entries):
        scope.problems.add(
            "D315",
            span,
            f"this map has no value for {len(missing)} of its keys",
            help="a map has a value for every key; `[k: e for k in K]` gives it all of them",
        )
    if len(values) != len(entries) or missing:
        return POISON
    return x.Make(t.Map(key, made[0]), tuple(values[v] for v in t.values(key)))


def _put(
    scope: Scope, values: dict[object, x.Expr], literal: x.Lit, key: Type, value: x.Expr,
    entry: ast.Entry,
) -> None:  # fmt: skip
    try:
        plain = convert_value(literal.value, literal.type, key)
    except (RangeError, AssertionError):
        scope.problems.add("D301", entry.key.span, f"the key must be of type `{t.show(key)}`")
        return
    if plain in values:
        scope.problems.add("D202", entry.key.span, "this key has a value already")
        return
    values[plain] = value


def _map_update(scope: Scope, of: ast.Expr, entries: tuple[ast.Entry, ...], env: Env) -> x.Expr:
    result = expressions.infer(scope, of, env)
    if not isinstance(result.type, t.Map):
        if not isinstance(result.type, t.Unknown):
            scope.problems.add(
                "D307", of.span, f"`with […]` changes a map; this is `{t.show(result.type)}`"
            )
        return POISON
    for entry in entries:
        key = expressions.check(scope, entry.key, env, result.type.key, "the key")
        value = expressions.infer(scope, entry.value, env, result.type.value)
        result = _widened(scope, result, value, of.span)
        assert isinstance(result.type, t.Map)
        value = convert(scope, value, result.type.value, entry.value.span, "the value")
        if POISON in (key, value):
            return POISON
        result = x.Apply(Op.PUT, (result, key, value), result.type).at(of.span)
        assert isinstance(result.type, t.Map)
    return result


def _widened(scope: Scope, of: x.Expr, value: x.Expr, span: Span) -> x.Expr:
    """The map as one that can have a number which its own type never has."""
    assert isinstance(of.type, t.Map)
    match of.type.value, value.type:
        case t.Int(low, high) as own, t.Int(least, most) as new if most < low or high < least:
            joined = join(own, new)
            assert joined is not None
            return convert(scope, of, t.Map(of.type.key, joined), span)
        case _:
            return of


# ---------------------------------------------------------------- described


def _comprehension(
    scope: Scope, value: ast.Expr, each: ast.Comprehension, env: Env, hint: Type | None, span: Span
) -> x.Expr:
    binders, inner = binding.bind(scope, each.binders, each.condition, env)
    wanted = hint.of if isinstance(hint, t.Set) else None
    body = expressions.infer(scope, value, inner, wanted)
    if isinstance(body.type, t.Unknown) or any(isinstance(b.type, t.Unknown) for b in binders):
        return POISON
    of = expressions.common_type(scope, wanted, [body.type]) or body.type
    if not types.dense(scope, of, span, "a set's elements"):
        return POISON
    body = convert(scope, body, of, value.span)
    return x.Fold(x.Quantifier.SET, binders, body, t.Set(of))


def _seq_comprehension(scope: Scope, value: ast.Expr, each: ast.Comprehension, env: Env) -> x.Expr:
    fold = ast.Fold(ast.Name(ast.Ident("seq")), value, each).at(value.span)
    return expressions.infer(scope, fold, env)


def _map_comprehension(
    scope: Scope, entry: ast.Entry, each: ast.Comprehension, env: Env, hint: Type | None,
    span: Span,
) -> x.Expr:  # fmt: skip
    binders, inner = binding.bind(scope, each.binders, each.condition, env)
    wanted = hint.value if isinstance(hint, t.Map) else None
    body = expressions.infer(scope, entry.value, inner, wanted)
    if isinstance(body.type, t.Unknown) or any(isinstance(b.type, t.Unknown) for b in binders):
        return POISON
    key = expressions.infer(scope, entry.key, inner)
    one = len(binders) == 1 and binders[0].where == x.TRUE
    if not (one and isinstance(key, x.Local) and key.name == binders[0].name):
        scope.problems.add(
            "D315",
            span,
            "a map is described as `[k: e for k in K]`, for all keys at once",
            help="for partial maps use `map<K, option<V>>`",
        )
        return POISON
    keys = _full(scope, binders[0].domain)
    if keys is None:
        scope.problems.add(
            "D315",
            binders[0].domain.span,
            "the keys must be all values of a type",
            help="write the type, or a constant range, after `in`",
        )
        return POISON
    of = expressions.common_type(scope, wanted, [body.type]) or body.type
    body = convert(scope, body, of, entry.value.span)
    return x.Fold(x.Quantifier.MAP, binders, body, t.Map(keys, of))


def _full(scope: Scope, domain: x.Expr) -> Type | None:
    """The type whose values are all in a domain, if that can be seen."""
    match domain:
        case x.Apply(Op.ALL, _, t.Set(of)):
            return of
        case x.Apply(Op.RANGE, (low, high)) if not any(map(_varies, (low, high))):
            first, last = (
                constants.value_of(scope, low).value,
                constants.value_of(scope, high).value,
            )
            return t.Int(first, last) if first <= last else None
        case _:
            return None


def _varies(e: x.Expr) -> bool:
    return any(isinstance(part, x.Local | x.Global) for part in x.walk(e))
