"""Binders: what a quantifier, a fold, an action or a `for` goes through."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.types import Type
from dsmc.syntax import ast
from dsmc.typecheck import (
    expressions,
    names,
    types,
)
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.scope import Env, Scope

#: More values than this are not gone through one by one.
MAX_DOMAIN = 1 << 20


def bind(
    scope: Scope, written: tuple[ast.Binder, ...], condition: ast.Expr | None, env: Env
) -> tuple[tuple[x.Binder, ...], Env]:
    """Typed binders, and the environment in which their names are bound."""
    binders: list[x.Binder] = []
    for i, binder in enumerate(written):
        last = condition if i == len(written) - 1 else None
        for j, ident in enumerate(binder.names):
            of_domain = domain(scope, binder.domain, env)
            element = _element(of_domain.type)
            names.check_unused(scope, ident, env)
            name = scope.fresh(ident.text)
            env = env.bind(ident.text, x.Local(name, element))
            wheres = [binder.where, last] if j == len(binder.names) - 1 else []
            where = x.conjunction(
                [expressions.truth(scope, w, env, "the condition") for w in wheres if w]
            )
            binders.append(x.Binder(name, element, of_domain, where).at(ident.span))
    return tuple(binders), env


def _element(of: Type) -> Type:
    return of.of if isinstance(of, t.Set | t.Seq | t.Bag) else t.UNKNOWN


def domain(scope: Scope, written: ast.Expr, env: Env, hint: Type | None = None) -> x.Expr:
    """What can be gone through: a set, a sequence or a bag; a type stands for all its values."""
    found = _all_of_type(scope, written, env)
    if found is None:
        found = expressions.infer(scope, written, env, hint)
    match found.type:
        case t.Set() | t.Seq() | t.Bag() | t.Unknown():
            return found
        case t.Map(key):
            scope.problems.add(
                "D312",
                written.span,
                "a map cannot be gone through",
                help=f"go through its keys: `{t.show(key)}`",
            )
        case _:
            scope.problems.add(
                "D312",
                written.span,
                f"`{t.show(found.type)}` cannot be gone through",
                help="a set, a sequence, a bag, a range `a..b` or a type can",
            )
    return POISON


def _all_of_type(scope: Scope, written: ast.Expr, env: Env) -> x.Expr | None:
    match written:
        case ast.GenericType():
            of = types.resolve(scope, written)
        case ast.Name(ident) if ident.text not in env.names:
            found = types.lookup(scope, ident.text, ident.span)
            if found is None:
                return None
            of = found
        case _:
            return None
    if isinstance(of, t.Unknown):
        return POISON
    values = t.size(of)
    if values is None or values > MAX_DOMAIN:
        many = "no bound" if values is None else f"{values} values"
        scope.problems.add(
            "D306",
            written.span,
            f"`{t.show(of)}` cannot be gone through: it has {many}",
            help="narrow the type",
        )
        return POISON
    return x.whole(of).at(written.span)
