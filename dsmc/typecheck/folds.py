"""Quantifiers and folds: `forall`, `the`, `sum(e for x in S)`."""

from __future__ import annotations

from dsmc.diagnostics import did_you_mean
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.signatures import UNBOUNDED, WIDEST
from dsmc.syntax import ast
from dsmc.typecheck import (
    binding,
    expressions,
)
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.scope import Env, Scope


def quantified(scope: Scope, e: ast.Quantified, env: Env) -> x.Expr:
    """`forall`, `exists`, `the`, `choose`"""
    binders, inner = binding.bind(scope, e.binders, None, env)
    body = expressions.truth(scope, e.body, inner, f"what `{e.word}` says")
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


def fold(scope: Scope, e: ast.Fold, env: Env) -> x.Expr:
    """`sum(e for x in S if p)` and its like"""
    word = e.function.ident.text if isinstance(e.function, ast.Name) else ""
    if word not in _FOLDS:
        scope.problems.add(
            "D310",
            e.function.span,
            f"`{word or 'this'}` does not take `… for x in S`",
            help=did_you_mean(word, _FOLDS) or f"these do: {', '.join(_FOLDS)}",
        )
        return POISON
    binders, inner = binding.bind(scope, e.each.binders, e.each.condition, env)
    body = expressions.infer(scope, e.value, inner)
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
