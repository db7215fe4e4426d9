"""What is written out rather than looped over: small quantifiers, and actions for each parameter."""

from __future__ import annotations

import itertools

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import sort_key
from dsmc.ir.ops import Op
from dsmc.ir.simplify import simplify, simplify_block
from dsmc.ir.system import Action
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
    values = _few_values(binder.domain, UNROLL_QUANTIFIER)
    if not values or sum(1 for _ in x.walk(e)) > _SMALL_QUANTIFIER:
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


def _few_values(domain: x.Expr, most: int) -> list[Value] | None:
    """The elements of a domain, if they are few and known."""
    match domain:
        case x.Apply(Op.ALL, _, t.Set(of)) if 0 < (t.size(of) or 0) <= most:
            return list(t.values(of))
        case x.Lit(values, t.Set(of)) if len(values) <= most:
            return sorted(values, key=lambda value: sort_key(of, value))
        case x.Apply(Op.RANGE, (x.Lit(first), x.Lit(last))) if last - first < most:
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
    """The action for each choice of its first parameters, as far as these are few and it is small. What
    comes after them is looped over.
    """
    choices = _first_choices(action)
    if not choices or not is_straight(action) or not _is_small(action):
        return [action]
    found = []
    for chosen in itertools.product(*choices):
        values = _values(action, chosen)
        where = _where(action, values)
        if where == x.FALSE:
            continue
        if where != x.TRUE and len(chosen) < len(action.params):
            return [action]  # what is looped over may have a value only where it is true
        found.append(_instance(action, values, where))
    return found


def _is_small(action: Action) -> bool:
    parts = (action.guard, *s.all_exprs(action.body))
    return sum(1 for e in parts for _ in x.walk(e)) <= SMALL


def _values(action: Action, chosen: tuple[Value, ...]) -> dict[str, x.Expr]:
    """What the first parameters are, by their names."""
    params = zip(action.params, chosen, strict=False)
    return {param.name: x.Lit(value, param.type) for param, value in params}


def _where(action: Action, values: dict[str, x.Expr]) -> x.Expr:
    """When these may be chosen."""
    where = x.conjunction([param.where for param in action.params[: len(values)]])
    return simplify(x.substitute(where, values))


def _first_choices(action: Action) -> list[list[Value]]:
    """The values of the first parameters that are few, so many of these that they are few together."""
    choices: list[list[Value]] = []
    count = 1
    for param in action.params:
        values = _few_values(param.domain, UNROLL) if isinstance(param.type, t.SCALARS) else None
        if values is None or (count := count * len(values)) > UNROLL:
            break
        choices.append(values)
    return choices


def _instance(action: Action, values: dict[str, x.Expr], where: x.Expr) -> Action:
    def of_values(e: x.Expr) -> x.Expr:
        return simplify(x.substitute(e, values))

    rest = action.params[len(values) :]
    return replace(
        action,
        params=tuple(
            replace(p, domain=of_values(p.domain), where=of_values(p.where)) for p in rest
        ),
        names=tuple((name, of_values(value)) for name, value in action.names),
        guard=simplify(x.conjunction([where, of_values(action.guard)])),
        body=simplify_block(s.substitute_in(action.body, values)),
    )
