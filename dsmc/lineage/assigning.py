"""What assignments write, with its reasons."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import make, rank
from dsmc.ir.expr import Expr
from dsmc.ir.types import Value
from dsmc.lineage.conditions import Note
from dsmc.lineage.facts import Test, equal
from dsmc.lineage.messages import Messages
from dsmc.lineage.reasons import Reasons
from dsmc.lineage.slots import Slot, Slots, Values, is_budget
from dsmc.lineage.things import Made, Scope, Thing, exactly
from dsmc.smt.monotone import TRUE, Id


class Assigning:
    """Carries out assignments."""

    def __init__(self, reasons: Reasons, slots: Slots) -> None:
        self._reasons = reasons
        self._slots = slots
        self._messages = Messages(reasons, slots)

    def assigned(self, place: s.Place, value: Expr, scope: Scope, note: Note) -> Scope:
        """What is known after the assignment. What it depends on is noted."""
        name = place.base.name
        if is_budget(name):
            return scope
        thing = self._reasons.thing(value, scope)
        values = {**scope.values, name: self._updated(place, thing.value, scope)}
        if self._slots.is_bag(name):
            return scope.wrote(values, self._messages.changed(name, value, scope, values, note))
        ranks, keys = self._keys(place, scope)
        if keys != TRUE:
            note(lambda: keys, frozenset({name}))
        if len(ranks) == len(place.path):
            return scope.wrote(values, self._leaves(name, ranks, thing))
        return scope.wrote(values, self._part(name, ranks, place, thing, scope, values))

    def _keys(self, place: s.Place, scope: Scope) -> tuple[tuple[int, ...], Id]:
        """The ranks of the keys of maps on the way into a place, and why they are these."""
        ranks: list[int] = []
        reasons: list[Id] = []
        for step in place.path[: len(self._slots.sizes(place.base.name))]:
            if not isinstance(step, s.Key):
                break
            ranks.append(rank(step.key.type, self._reasons.value(step.key, scope)))
            reasons.append(self._reasons.exact(step.key, scope))
        return tuple(ranks), self._reasons.all(reasons)

    def _leaves(self, name: str, ranks: tuple[int, ...], thing: Thing) -> dict[Slot, Thing]:
        """A value in a slot; of a whole map, its parts in the slots below."""
        found: dict[Slot, Thing] = {}
        for slot in self._slots.under(name, ranks):
            rest = slot.keys[len(ranks) :]
            found[slot] = thing if not rest else _entry(thing, rest)
        return found

    def _part(
        self, name: str, ranks: tuple[int, ...], place: s.Place, thing: Thing, scope: Scope,
        values: Values,
    ) -> dict[Slot, Thing]:  # fmt: skip
        """A part of what stands in a slot is another one: then all of it is what it was before."""
        slot = Slot(name, ranks)
        old = self._reasons.slot(slot, scope)
        keys = [st.key for st in place.path if isinstance(st, s.Key)]

        def why(test: Test) -> Id:
            exact = [self._reasons.exact(key, scope) for key in keys]
            return self._reasons.all([exactly(old), exactly(thing), *exact])

        return {slot: Made(self._slots.value(values, slot), why)}

    def _updated(self, place: s.Place, value: Value, scope: Scope) -> Value:
        """The variable with a value at a place."""
        old = scope.values[place.base.name]
        return self._with(place.base.type, old, place.path, value, scope)

    def _with(
        self, of: t.Type, old: Value, path: Sequence[s.Step], value: Value, scope: Scope
    ) -> Value:
        if not path:
            return value
        step, rest = path[0], path[1:]
        match step, of:
            case s.Key(key), t.Map(wanted, inner):
                at = rank(wanted, self._reasons.value(key, scope))
                part = self._with(inner, old[at], rest, value, scope)
                return (*old[:at], part, *old[at + 1 :])
            case s.Part(index, case), t.Option() | t.Tuple() | t.Record() | t.Message():
                inner = t.field_types(of, case)[index]
                part = self._with(inner, old[index + 1], rest, value, scope)
                return make(of, [*old[1 : index + 1], part, *old[index + 2 :]], old[0])
            case _:
                raise AssertionError((step, of))


def _entry(thing: Thing, ranks: tuple[int, ...]) -> Thing:
    """What stands at some keys of a map."""
    value = thing.value
    for at in ranks:
        value = value[at]
    return Made(value, lambda test: thing.why(equal(thing.value)))
