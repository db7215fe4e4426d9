"""A system whose actions are told apart by who acts: one action for each choice of nodes.

What a partial order reduction speaks of are such steps: whether this one may come before that one. Few
values of a parameter are told apart each; of a message in flight, from whom and to whom it is, and not
what is in it. The states, and the steps from each, are those of the system.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.expr import Quantifier
from dsmc.ir.ops import Op
from dsmc.ir.simplify import certain, simplify, simplify_block
from dsmc.reduce.goals import apart, values_of
from dsmc.reduce.mentions import renamed
from dsmc.smt.effects import Choice, Fields, Instance, Whole

#: More actions than these are not made; of many it turns out that they are never possible.
MOST = 1_024
#: So many values of a parameter are told apart.
_FEW = 24


class Instances(Frozen):
    """The system, and for each of its actions the conditions under which it can be taken (none has an
    error where those before it are true), and which action of the original it is with which parameters.
    """

    system: y.System
    guards: tuple[tuple[x.Expr, ...], ...]
    origins: tuple[Instance, ...]


def unfolded(system: y.System) -> Instances | None:
    """The system with an action for each choice of parameters; None if that would be too many."""
    choices = [[_choices(param) for param in action.params] for action in system.actions]
    if sum(math.prod(map(len, of)) for of in choices) > MOST:
        return None
    actions: list[y.Action] = []
    guards: list[tuple[x.Expr, ...]] = []
    origins: list[Instance] = []
    made: dict[str, tuple[str, ...]] = {}
    for number, action in enumerate(system.actions):
        found = list(_instances(action, choices[number]))
        made[action.name] = tuple(instance.name for instance, _, _ in found)
        actions += [instance for instance, _, _ in found]
        guards += [guard for _, guard, _ in found]
        origins += [(number, chosen) for _, _, chosen in found]
    properties = tuple(renamed(prop, made) for prop in system.properties)
    whole = replace(system, actions=tuple(actions), properties=properties)
    once = {condition: condition for guard in guards for condition in guard}  # soon compared
    guards = [tuple(once[condition] for condition in guard) for guard in guards]
    return Instances(whole, tuple(guards), tuple(origins))


# ---------------------------------------------------------------- what is told apart


def _choices(param: y.Param) -> list[Choice]:
    known = values_of(param.domain, MOST)
    if known is not None and (len(known) <= _FEW or isinstance(param.type, t.Role | t.NodeId)):
        return [Whole(value) for value in known]
    size = t.size(param.type)
    if known is None and size is not None and size <= _FEW:
        return [Whole(value) for value in t.values(param.type)]
    return _by_nodes(param.type)


def _by_nodes(type: t.Type) -> list[Choice]:
    """A choice for the nodes in a value, or one for all values."""
    if not isinstance(type, t.Record | t.Tuple):
        return [Fields(())]
    fields = [
        [(place, value) for value in t.values(of)]
        for place, of in enumerate(t.field_types(type, 0))
        if isinstance(of, t.Role | t.NodeId)
    ]
    return [Fields(chosen) for chosen in itertools.product(*fields)]


# ---------------------------------------------------------------- one action of many


def _instances(
    action: y.Action, choices: Sequence[list[Choice]]
) -> Iterator[tuple[y.Action, tuple[x.Expr, ...], tuple[Choice, ...]]]:
    bodies: dict[tuple[x.Expr, ...], s.Block] = {}
    for chosen in itertools.product(*choices):
        known: dict[str, x.Expr] = {
            p.name: x.Lit(choice.value, p.type)
            for p, choice in zip(action.params, chosen, strict=True)
            if isinstance(choice, Whole)
        }
        params = [
            replace(p, domain=x.substitute(p.domain, known), where=_where(p, choice, known))
            for p, choice in zip(action.params, chosen, strict=True)
        ]
        guard = _guard(action, params, chosen, known)
        if x.FALSE not in guard:
            values = tuple(known.values())
            if values not in bodies:
                bodies[values] = _body(action, known)
            yield _instance(action, chosen, params, known, bodies[values]), guard, chosen


def _where(param: y.Param, choice: Choice, known: Mapping[str, x.Expr]) -> x.Expr:
    """What is asked of a parameter, beside that it is in its domain."""
    parts = [x.substitute(param.where, known)]
    if isinstance(choice, Fields):
        it = x.Local(param.name, param.type)
        for place, value in choice.values:
            of = t.field_types(param.type, 0)[place]  # type: ignore[arg-type]
            parts.insert(0, x.equal(x.Field(it, 0, place, of), x.Lit(value, of)))
    return simplify(x.conjunction(parts))


def _guard(
    action: y.Action, params: Sequence[y.Param], chosen: Sequence[Choice],
    known: Mapping[str, x.Expr],
) -> tuple[x.Expr, ...]:  # fmt: skip
    """The conditions; those that speak of what is not told apart are one, beside that there is any. Where a
    name may have no value, that is an error even if the guard is false: it is none of the conditions.
    """
    named = all(certain(value) for _, value in action.names)
    values = dict(known)
    for name, value in action.names:
        values[name] = x.substitute(value, values)
    conditions = [c for p in params if p.name in known for c in (_is_in(p, known), p.where)]
    binders = tuple(
        x.Binder(p.name, p.type, p.domain, p.where) for p in params if p.name not in known
    )
    body = x.substitute(action.guard, values) if named else x.TRUE
    if not binders:
        return apart(x.conjuncts(simplify(x.conjunction([*conditions, body]))))
    told = dict(zip((p.name for p in params), chosen, strict=True))
    parts = x.conjuncts(simplify(_told(body, told)))
    bound = {binder.name for binder in binders}
    free = [part for part in parts if bound.isdisjoint(x.free_names(part))]
    some = [x.Fold(Quantifier.EXISTS, binders, x.TRUE, t.BOOL)]
    if len(free) < len(parts):
        rest = x.conjunction([part for part in parts if part not in free])
        some.append(x.Fold(Quantifier.EXISTS, binders, rest, t.BOOL))
    return apart([
        part for one in (*conditions, some[0], *free, *some[1:]) for part in x.conjuncts(simplify(one))
    ])  # fmt: skip


def _told(e: x.Expr, chosen: Mapping[str, Choice]) -> x.Expr:
    """With the fields that are told apart."""
    match e:
        case x.Field(x.Local(name), _, place, type) if isinstance(chosen.get(name), Fields):
            values = dict(chosen[name].values)  # type: ignore[union-attr]
            return x.Lit(values[place], type) if place in values else e
        case _:
            return x.map_children(lambda child: _told(child, chosen), e)


def _body(action: y.Action, known: Mapping[str, x.Expr]) -> s.Block:
    """What is bound once the guard is known to be true; before, there may be no such value."""
    lets = tuple(s.Let(name, value) for name, value in action.names)
    body = (*lets, s.Require(action.guard), *action.body)
    return simplify_block(s.substitute_in(body, known))


def _instance(
    action: y.Action, chosen: tuple[Choice, ...], params: Sequence[y.Param],
    known: Mapping[str, x.Expr], body: s.Block,
) -> y.Action:  # fmt: skip
    ins = [c for p in params if p.name in known for c in (_is_in(p, known), p.where)]
    label = ", ".join(str(choice) for choice in chosen)
    return replace(
        action, name=f"{action.name} {label}" if chosen else action.name, names=(),
        params=tuple(p for p in params if p.name not in known),
        guard=simplify(x.conjunction(ins)), key=(), fairness=y.Fairness.NONE, body=body,
    )  # fmt: skip


def _is_in(param: y.Param, known: Mapping[str, x.Expr]) -> x.Expr:
    op = {t.Set: Op.IN, t.Seq: Op.CONTAINS, t.Bag: Op.BAG_HAS}[type(param.domain.type)]
    return x.Apply(op, (known[param.name], param.domain), t.BOOL)
