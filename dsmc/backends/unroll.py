"""What is written out rather than looped over: small quantifiers, and actions for each parameter."""

from __future__ import annotations

import itertools

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.simplify import simplify, simplify_block
from dsmc.ir.system import Action, Param
from dsmc.ir.types import Value

#: An action is written out for each choice of parameters up to so many choices …
UNROLL = 64
#: … if it has at most so many expressions.
SMALL = 80
#: Quantifiers over at most so many values are written out, where their bodies are small.
UNROLL_QUANTIFIER = 8
_SMALL_QUANTIFIER = 40

# ---------------------------------------------------------------- quantifiers


def written_out(e: x.Fold) -> list[x.Expr] | None:
    """`forall` or `exists` over few values as the tests to be joined; None if it is better looped."""
    binder, rest = e.binders[0], e.binders[1:]
    values = _few_values(binder)
    if values is None or sum(1 for _ in x.walk(e)) > _SMALL_QUANTIFIER:
        return None
    inner = x.Fold(e.quantifier, rest, e.body, t.BOOL) if rest else e.body
    every = e.quantifier is x.Quantifier.FORALL
    joined = x.Apply(Op.IMPLIES if every else Op.AND, (binder.where, inner), t.BOOL)
    return [simplify(x.substitute(joined, {binder.name: x.Lit(v, binder.type)})) for v in values]


def unrolled(e: x.Fold) -> x.Expr | None:
    """The same as one expression."""
    parts = written_out(e)
    if parts is None:
        return None
    op = Op.AND if e.quantifier is x.Quantifier.FORALL else Op.OR
    found = parts[0]
    for part in parts[1:]:
        found = x.Apply(op, (found, part), t.BOOL)
    return simplify(found)


def _few_values(binder: x.Binder) -> list[object] | None:
    """The values of a binder, if they are few and known."""
    match binder.domain:
        case x.Apply(Op.ALL, _, t.Set(of)) if 0 < (t.size(of) or 0) <= UNROLL_QUANTIFIER:
            return list(t.values(of))
        case x.Apply(Op.RANGE, (x.Lit(first), x.Lit(last))) if (
            first <= last < first + UNROLL_QUANTIFIER
        ):
            return list(range(first, last + 1))
        case _:
            return None


# ---------------------------------------------------------------- actions


def is_straight(action: Action) -> bool:
    """Is there one way through the body (but for conditions on it)?"""
    return not any(
        isinstance(st, s.Pick | s.Choose | s.Scoped | s.Leave)
        or (
            isinstance(st, s.If | s.For | s.While)
            and any(isinstance(i, s.Require) for i in s.walk((st,)))
        )
        for st in s.walk(action.body)
    )


def instances(action: Action) -> list[Action]:
    """The action for each choice of its parameters, if they are few and it is small."""
    if not is_straight(action) or not action.params:
        return [action]
    choices = [_few(param) for param in action.params]
    if any(c is None for c in choices):
        return [action]
    count = 1
    for choice in choices:
        count *= len(choice or ())
    size = sum(1 for e in (action.guard, *s.all_exprs(action.body)) for _ in x.walk(e))
    if count > UNROLL or size > SMALL:
        return [action]
    return [_instance(action, chosen) for chosen in itertools.product(*(c or () for c in choices))]


def _few(param: Param) -> list[Value] | None:
    match param.domain:
        case x.Apply(Op.ALL, _, t.Set(of)) if (
            isinstance(of, t.SCALARS) and (t.size(of) or 0) <= UNROLL
        ):
            return list(t.values(of))
        case _:
            return None


def _instance(action: Action, chosen: tuple[Value, ...]) -> Action:
    values: dict[str, x.Expr] = {
        p.name: x.Lit(v, p.type) for p, v in zip(action.params, chosen, strict=True)
    }
    wheres = [x.substitute(p.where, values) for p in action.params]
    guard = simplify(x.conjunction([*wheres, x.substitute(action.guard, values)]))
    names = tuple((name, simplify(x.substitute(value, values))) for name, value in action.names)
    body = simplify_block(s.substitute_in(action.body, values))
    return replace(action, params=(), names=names, guard=guard, body=body)
