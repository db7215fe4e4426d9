"""What each step of a system does, for all states at once: when it is taken and what it changes.

An action is written out as a formula once, with its parameters as names; for each choice of them these
are replaced, which is a hundred times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.types import Value
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.replacing import Mentions, Replaced
from dsmc.smt.scalar import Scalar, Truth
from dsmc.smt.steps import State, Steps, Way
from dsmc.smt.terms import Name
from dsmc.smt.values import Fresh, Symbolic


class Whole(Frozen):
    """A parameter that has one value."""

    value: Value


class Fields(Frozen):
    """A parameter some of whose fields have one value each; the others have any."""

    values: tuple[tuple[int, Value], ...]


#: What is known of a parameter.
Choice: TypeAlias = "Whole | Fields"
#: An action of the system by its number, and what is known of its parameters.
Instance: TypeAlias = tuple[int, tuple[Choice, ...]]


class Effect(Frozen):
    """A way of a step: when it is `taken`, where it has an `error` instead, which assertions have
    `failed` where; and what it `changes`: the names of the state before it, with what is there after it.
    """

    taken: Truth
    error: Truth
    failed: tuple[tuple[int, Truth], ...]
    changes: Mapping[Name, Scalar]
    after: Replaced

    def before(self, scalar: Scalar) -> Scalar:
        """What a scalar is before the step, if it is about the state after it; where it is taken."""
        return self.after.of(scalar)


class Effects:
    """The steps of a system from any state. What no action writes is as it is in the beginning. `tick` is
    as in `Encoder`.
    """

    def __init__(self, system: y.System, tick: Callable[[], object]) -> None:
        self.system = system
        self.tick = tick
        self.mentions = Mentions()
        self._fresh = Fresh()
        self._steps = Steps(system, self._fresh, tick)
        self._types = {variable.name: variable.type for variable in system.variables}
        self.starts = self._steps.initial("i.")
        self.before = {**self._steps.any_state("s."), **self._constants()}
        self._conditions: dict[x.Expr, Truth] = {}
        self._templates: dict[int, tuple[list[Scalar], list[Way]]] = {}

    @property
    def facts(self) -> list[Truth]:
        """What the types of all names say."""
        return self._fresh.facts

    def _constants(self) -> State:
        """The variables that stay what they are, where that is known."""
        written = {name for action in self.system.actions for name in s.assigned(action.body)}
        first = self.starts[0].state if len(self.starts) == 1 else {}
        return {
            name: value
            for name, value in first.items()
            if name not in written and all(map(sc.known, v.leaves(value)))
        }

    # ------------------------------------------------------------ conditions

    def condition(self, e: x.Expr) -> Truth:
        """Where a condition has a value and is true."""
        if e not in self._conditions:
            parts = x.conjuncts(e)  # of which others are made as well
            one = len(parts) == 1
            self._conditions[e] = self._alone(e) if one else sc.both(map(self.condition, parts))
        return self._conditions[e]

    def _alone(self, e: x.Expr) -> Truth:
        true, error = self._steps.truth(e, self.before)
        return sc.both((true, sc.negated(error)))

    def at_first(self, e: x.Expr) -> Truth:
        """May it be so in an initial state?"""
        found = []
        for way in self.starts:
            true, error = self._steps.truth(e, way.state)
            found.append(sc.both((way.taken, sc.either((true, error)))))
        return sc.either(found)

    def of_step(self, e: x.Expr, effect: Effect) -> Truth:
        """Where a condition has a value and is true of a step: `old` variables are those before it."""
        true, error = self._steps.truth(e, self.after(effect), self.before)
        return sc.both((true, sc.negated(error)))

    def after(self, effect: Effect) -> State:
        """The state after a step."""

        def new(old: Scalar) -> Scalar:
            return old if sc.known(old) else effect.changes.get(old, old)

        return {
            name: v.rebuilt(value, map(new, v.leaves(value))) for name, value in self.before.items()
        }

    # ------------------------------------------------------------ steps

    def of(self, instance: Instance, prefix: str) -> list[Effect]:
        """The ways of a step; `prefix` makes the names of what is chosen on them its own."""
        number, choices = instance
        action = self.system.actions[number]
        names = {
            p.name: self._value(p, choice, f"{prefix}{p.name}")
            for p, choice in zip(action.params, choices, strict=True)
        }
        if any(isinstance(st, s.Pick) for st in s.walk(action.body)):
            ways, new = self._steps.by(action, self.before, names, prefix), {}
        else:
            old, ways = self._template(number)
            leaves = (leaf for p in action.params for leaf in v.leaves(names[p.name]))
            new = {a: b for a, b in zip(old, leaves, strict=True) if not sc.known(a)}
        chosen = Replaced(self.mentions, new)
        found = [self._effect(way, chosen) for way in ways]
        return [one for one in found if not (one.taken is False and one.error is False)]

    def _value(self, param: y.Param, choice: Choice, name: str) -> Symbolic:
        if isinstance(choice, Whole):
            return v.constant(param.type, choice.value)
        found = self._fresh.value(param.type, name)
        if not choice.values:
            return found
        assert isinstance(param.type, t.Record | t.Tuple)
        case, (fields,) = found
        values = dict(choice.values)
        types = t.field_types(param.type, 0)
        known = (v.constant(of, values[n]) if n in values else None for n, of in enumerate(types))
        return (case, (tuple(b if k is None else k for k, b in zip(known, fields, strict=True)),))

    def _template(self, number: int) -> tuple[list[Scalar], list[Way]]:
        if number not in self._templates:
            action = self.system.actions[number]
            names = {
                p.name: self._fresh.value(p.type, f"p{number}.{p.name}") for p in action.params
            }
            ways = self._steps.by(action, self.before, names, "")
            scalars = [leaf for p in action.params for leaf in v.leaves(names[p.name])]
            self._templates[number] = (scalars, ways)
        return self._templates[number]

    def _effect(self, way: Way, chosen: Replaced) -> Effect:
        changed = [
            pair
            for name, value in way.state.items()
            if value is not self.before[name]
            for pair in v.pairs(self._types[name], self.before[name], value)
            if not sc.known(pair[0]) and pair[0] is not pair[1]
        ]
        ends = zip((a for a, _ in changed), chosen.all([b for _, b in changed]), strict=True)
        changes = {before: after for before, after in ends if before is not after}
        failed = tuple((number, chosen.of(where)) for number, where in way.failed)
        taken, error = chosen.all((way.taken, way.error))
        return Effect(taken, error, failed, changes, Replaced(self.mentions, changes))
