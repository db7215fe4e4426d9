"""A system whose actions have no parameters: one action for each choice of them.

What a partial order reduction speaks of are such steps: whether this one may come before that one. The
states, and the steps from each, are those of the system.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.simplify import simplify, simplify_block
from dsmc.ir.types import Value
from dsmc.reduce.goals import apart, values_of

#: With more actions than this, looking at each of them in each state costs more than it saves.
MOST = 512


class Instances(Frozen):
    """The system, and for each of its actions the conditions under which it can be taken (none has an
    error where those before it are true), and which action of the original it is with which parameters.
    """

    system: y.System
    guards: tuple[tuple[x.Expr, ...], ...]
    origins: tuple[tuple[int, tuple[Value, ...]], ...]


def unfolded(system: y.System) -> Instances | None:
    """The system with an action for each choice of parameters; None if that would be too many."""
    choices = [_choices(action) for action in system.actions]
    if any(c is None for c in choices) or sum(map(_count, choices)) > MOST:
        return None
    actions: list[y.Action] = []
    guards: list[tuple[x.Expr, ...]] = []
    origins: list[tuple[int, tuple[Value, ...]]] = []
    made: dict[str, tuple[str, ...]] = {}
    for number, (action, values) in enumerate(zip(system.actions, choices, strict=True)):
        found = list(_instances(action, values or ()))
        made[action.name] = tuple(instance.name for instance, _, _ in found)
        actions += [instance for instance, _, _ in found]
        guards += [guard for _, guard, _ in found]
        origins += [(number, chosen) for _, _, chosen in found]
    properties = tuple(_renamed(prop, made) for prop in system.properties)
    whole = replace(system, actions=tuple(actions), properties=properties)
    return Instances(whole, tuple(guards), tuple(origins))


def _renamed(prop: y.Property, made: dict[str, tuple[str, ...]]) -> y.Property:
    if not isinstance(prop, y.Fires):
        return prop
    return replace(prop, actions=tuple(name for old in prop.actions for name in made.get(old, ())))


def _count(choices: tuple[tuple[Value, ...], ...] | None) -> int:
    return math.prod(map(len, choices or ()))


def _choices(action: y.Action) -> tuple[tuple[Value, ...], ...] | None:
    """The values that each parameter may have in some state."""
    found = [_values(param) for param in action.params]
    return None if None in found else tuple(tuple(values or ()) for values in found)


def _values(param: y.Param) -> list[Value] | None:
    known = values_of(param.domain, MOST)
    if known is not None:
        return known
    of = param.domain.type
    assert isinstance(of, t.Set | t.Seq | t.Bag)
    size = t.size(of.of)
    return list(t.values(of.of)) if size is not None and size <= MOST else None


def _instances(
    action: y.Action, choices: tuple[tuple[Value, ...], ...]
) -> Iterator[tuple[y.Action, tuple[x.Expr, ...], tuple[Value, ...]]]:
    for chosen in itertools.product(*choices):
        values: dict[str, x.Expr] = {
            p.name: x.Lit(v, p.type) for p, v in zip(action.params, chosen, strict=True)
        }
        conditions = [x.substitute(c, values) for p in action.params for c in (_is_in(p), p.where)]
        lets = [(name, x.substitute(value, values)) for name, value in action.names]
        for name, value in lets:
            values[name] = x.substitute(value, values)
        conditions.append(x.substitute(action.guard, values))
        guard = apart(x.conjuncts(simplify(x.conjunction(conditions))))
        if x.FALSE not in guard:
            yield _instance(action, chosen, values, lets, guard), guard, chosen


def _instance(
    action: y.Action, chosen: tuple[Value, ...], values: dict[str, x.Expr],
    lets: list[tuple[str, x.Expr]], guard: tuple[x.Expr, ...],
) -> y.Action:  # fmt: skip
    own = {p.name: values[p.name] for p in action.params}
    body = (*(s.Let(name, value) for name, value in lets), *s.substitute_in(action.body, own))
    name = f"{action.name} {chosen}" if action.params else action.name
    return replace(
        action, name=name, params=(), names=(), guard=x.conjunction(list(guard)),
        body=simplify_block(body), key=(), fairness=y.Fairness.NONE,
    )  # fmt: skip


def _is_in(param: y.Param) -> x.Expr:
    op = {t.Set: Op.IN, t.Seq: Op.CONTAINS, t.Bag: Op.BAG_HAS}[type(param.domain.type)]
    return x.Apply(op, (x.Local(param.name, param.type), param.domain), t.BOOL)
