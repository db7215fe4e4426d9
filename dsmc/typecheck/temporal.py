"""Formulas over runs: temporal operators with booleans around them, conditions on states inside.

`forall` and `exists` around temporal operators go through values that are known beforehand: the
formula is written out for each of them. A local name stands for what it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import temporal as f
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import RangeError
from dsmc.ir.temporal import Formula
from dsmc.syntax import ast
from dsmc.typecheck import binding, expressions, traffic
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.scope import Env, Scope

#: `forall` and `exists` write a formula out at most so many times.
MOST = 256
_WORDS = ("and", "or", "implies", "iff", "until")


def formula(scope: Scope, written: ast.Expr, env: Env) -> Formula:
    """A formula; where no temporal operator is in it, a condition on the present state."""
    if not _is_temporal(written):
        return f.Now(expressions.truth(scope, written, env, "a condition")).at(written.span)
    return _formula(scope, written, env).at(written.span)


def _is_temporal(written: ast.Expr) -> bool:
    return any(
        isinstance(part, ast.Temporal) or (isinstance(part, ast.Binary) and part.op == "until")
        for part in traffic.inside(written)
    )


def _formula(scope: Scope, written: ast.Expr, env: Env) -> Formula:
    match written:
        case ast.Temporal(op, value):
            return _OPERATORS[op](formula(scope, value, env))
        case ast.Negated(value):
            return f.Not(formula(scope, value, env))
        case ast.Binary(left, op, right) if op in _WORDS:
            return _joined(op, formula(scope, left, env), formula(scope, right, env))
        case ast.Conditional(condition, yes, no):
            test = formula(scope, condition, env)
            one, other = formula(scope, yes, env), formula(scope, no, env)
            return f.Either(f.Both(test, one), f.Both(f.Not(test), other))
        case ast.Quantified(word) if word in ("forall", "exists"):
            return _quantified(scope, written, env)
        case ast.ValueWithLocals():
            return _with_locals(scope, written, env)
        case _:  # the operators inside say that they do not belong there
            return f.Now(expressions.truth(scope, written, replace(env, temporal=True)))


_OPERATORS: dict[str, Callable[[Formula], Formula]] = {
    "always": f.Always, "eventually": f.Eventually, "next": f.Next,
}  # fmt: skip


def _joined(op: str, left: Formula, right: Formula) -> Formula:
    match op:
        case "and":
            return f.Both(left, right)
        case "or":
            return f.Either(left, right)
        case "implies":
            return f.implies(left, right)
        case "until":
            return f.Until(left, right)
        case _:
            return f.Either(f.Both(left, right), f.Both(f.Not(left), f.Not(right)))


# ---------------------------------------------------------------- names


class _Each(Frozen):
    """What a formula is written out for."""

    forall: bool
    binders: tuple[x.Binder, ...]
    body: Formula


def _quantified(scope: Scope, written: ast.Quantified, env: Env) -> Formula:
    binders, inner = binding.bind(scope, written.binders, None, env)
    body = formula(scope, written.body, inner)
    if any(isinstance(binder.type, t.Unknown) for binder in binders):
        return f.Now(POISON)
    try:
        found = _instances(_Each(written.word == "forall", binders, body), World(scope.functions))
    except (RangeError, KeyError, TypeError):
        found = []
    if found and len(found) <= MOST:
        return reduce(f.Both if written.word == "forall" else f.Either, found)
    scope.problems.add(
        "D603", written.span,
        f"this `{written.word}` cannot be written out: it must go through 1 to {MOST} values that"
        " do not depend on the state",
        help="go through all values of a type, and say with `where` or `implies` which count",
    )  # fmt: skip
    return f.Now(POISON)


def _instances(each: _Each, world: World) -> list[Formula]:
    """The body for each choice of values."""
    if not each.binders:
        return [each.body]
    binder, *rest = each.binders
    found: list[Formula] = []
    for value in _elements(evaluate(binder.domain, world), binder.domain.type):
        literal = x.Lit(value, binder.type)
        known = {binder.name: literal}
        one = _Each(
            each.forall,
            tuple(_bound(other, known) for other in rest),
            f.map_conditions(_given(binder.name, literal), each.body),
        )
        given = _given(binder.name, literal)
        where = f.Now(given(binder.where) if binder.where != x.TRUE else x.TRUE)
        found += [_where(each.forall, where, body) for body in _instances(one, world)]
    return found


def _given(name: str, value: x.Expr) -> x.Rewrite:
    """A condition with a value for a name: explanations say which."""
    return lambda e: x.Let(name, value, e, t.BOOL).at(e.span)


def _bound(binder: x.Binder, known: dict[str, x.Lit]) -> x.Binder:
    domain, where = (x.substitute(e, known) for e in (binder.domain, binder.where))
    return replace(binder, domain=domain, where=where)


def _elements(value: t.Value, of: t.Type) -> list[t.Value]:
    """The values of a domain in order."""
    if isinstance(of, t.Set):
        return [element for element in t.values(of.of) if element in value]
    return list(value)


def _where(forall: bool, where: Formula, body: Formula) -> Formula:
    if where == f.Now(x.TRUE):
        return body
    return f.implies(where, body) if forall else f.Both(where, body)


def _with_locals(scope: Scope, written: ast.ValueWithLocals, env: Env) -> Formula:
    lets: list[tuple[str, x.Expr]] = []
    for local in written.locals:
        value = expressions.infer(scope, local.value, env)
        name = scope.fresh(local.name.text)
        env = env.bind(local.name.text, x.Local(name, value.type))
        lets.append((name, value))
    result = formula(scope, written.value, env)
    for name, value in reversed(lets):
        result = f.map_conditions(_given(name, value), result)
    return result
