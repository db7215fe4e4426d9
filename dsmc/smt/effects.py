"""What each step of a system does, for all states at once: when it is taken and what it changes.

An action is written out as a formula once, with its parameters as names; for each choice of them these
are replaced, which is a hundred times as fast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir.types import Value
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.scalar import Scalar, Truth
from dsmc.smt.steps import State, Steps, Way
from dsmc.smt.values import Fresh

#: An action of the system by its number, and the values of its parameters.
Instance: TypeAlias = tuple[int, tuple[Value, ...]]


class Effect(Frozen):
    """A way of a step: when it is `taken`, where it has an `error` instead, which assertions have
    `failed` where; and what it `changes`: by the numbers of the terms, the scalars of the state before it
    with those after it.
    """

    taken: Truth
    error: Truth
    failed: tuple[tuple[int, Truth], ...]
    changes: Mapping[int, tuple[Any, Scalar]]


class Effects:
    """The steps of a system from any state. What no action writes is as it is in the beginning."""

    def __init__(self, system: y.System) -> None:
        self.system = system
        self._fresh = Fresh()
        self._steps = Steps(system, self._fresh)
        self._types = {variable.name: variable.type for variable in system.variables}
        self.starts = self._steps.initial("i.")
        self.before = {**self._steps.any_state("s."), **self._constants()}
        self._templates: dict[int, tuple[list[Any], list[Way]]] = {}

    @property
    def facts(self) -> list[Truth]:
        """What the types of all names say."""
        return self._fresh.facts

    def _constants(self) -> State:
        """The variables that stay what they are, where that is known."""
        written = {
            st.place.base.name
            for action in self.system.actions
            for st in s.walk(action.body)
            if isinstance(st, s.Assign)
        }
        first = self.starts[0].state if len(self.starts) == 1 else {}
        return {
            name: value
            for name, value in first.items()
            if name not in written and all(map(sc.known, v.leaves(value)))
        }

    # ------------------------------------------------------------ conditions

    def condition(self, e: x.Expr) -> Truth:
        """Where a condition has a value and is true."""
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
            return old if sc.known(old) else effect.changes.get(old.get_id(), (None, old))[1]

        return {
            name: v.rebuilt(value, map(new, v.leaves(value))) for name, value in self.before.items()
        }

    # ------------------------------------------------------------ steps

    def of(self, instance: Instance, prefix: str) -> list[Effect]:
        """The ways of a step; `prefix` makes the names of what is chosen on them its own."""
        number, values = instance
        action = self.system.actions[number]
        if any(isinstance(st, s.Pick) for st in s.walk(action.body)):
            names = {
                p.name: v.constant(p.type, value)
                for p, value in zip(action.params, values, strict=True)
            }
            ways = self._steps.by(action, self.before, names, prefix)
            return [self._effect(way, (), ()) for way in ways]
        old, ways = self._template(number)
        new = [
            sc.term(leaf)
            for p, value in zip(action.params, values, strict=True)
            for leaf in v.leaves(v.constant(p.type, value))
        ]
        known = [(a, b) for a, b in zip(old, new, strict=True) if not sc.known(a)]
        found = [self._effect(way, [a for a, _ in known], [b for _, b in known]) for way in ways]
        return [one for one in found if not (one.taken is False and one.error is False)]

    def _template(self, number: int) -> tuple[list[Any], list[Way]]:
        if number not in self._templates:
            action = self.system.actions[number]
            names = {
                p.name: self._fresh.value(p.type, f"p{number}.{p.name}") for p in action.params
            }
            ways = self._steps.by(action, self.before, names, "")
            scalars = [leaf for p in action.params for leaf in v.leaves(names[p.name])]
            self._templates[number] = (scalars, ways)
        return self._templates[number]

    def _effect(self, way: Way, old: Sequence[Any], new: Sequence[Any]) -> Effect:
        changed = [
            (before, after)
            for name, value in way.state.items()
            if value is not self.before[name]
            for before, after in v.pairs(self._types[name], self.before[name], value)
            if not sc.known(before) and not sc.same_term(before, after)
        ]
        terms = [way.taken, way.error, *(t for _, t in way.failed), *(a for _, a in changed)]
        taken, error, *rest = sc.replaced(terms, old, new)
        failed = zip((n for n, _ in way.failed), rest, strict=False)
        ends = zip((b for b, _ in changed), rest[len(way.failed) :], strict=True)
        changes = {b.get_id(): (b, a) for b, a in ends if not sc.same_term(b, a)}
        return Effect(taken, error, tuple(failed), changes)
