"""What is in flight once a message more or less is: in bags, between each two nodes."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir.expr import Expr
from dsmc.ir.ops import Op
from dsmc.ir.types import Value
from dsmc.lineage.conditions import Note
from dsmc.lineage.facts import Has, Test, Within
from dsmc.lineage.reasons import Reasons
from dsmc.lineage.slots import Slot, Slots, Values
from dsmc.lineage.things import Known, Made, Scope, Thing, exactly
from dsmc.lineage.writes import with_ends
from dsmc.smt.monotone import TRUE, Id


class Messages:
    """Messages that are sent, taken and forgotten."""

    def __init__(self, reasons: Reasons, slots: Slots) -> None:
        self._reasons = reasons
        self._slots = slots

    def changed(
        self, name: str, value: Expr, scope: Scope, values: Values, note: Note
    ) -> dict[Slot, Thing]:
        """One message more or less, between two nodes; or a filter of all of them."""
        match value:
            case x.Apply(Op.BAG_ADD | Op.BAG_REMOVE as op, (x.Global(), message)):
                one = self._reasons.thing(message, scope)
                slot = self._slots.of_message(name, one.value)
                note(lambda: self._ends(message, scope), frozenset({name}))
                old = self._reasons.slot(slot, scope)
                new = self._slots.value(values, slot)
                changed = self._added if op is Op.BAG_ADD else self._removed
                return {slot: changed(old, one, new)}
            case _:
                return self._filtered(name, value, scope, values)

    def _ends(self, message: Expr, scope: Scope) -> Id:
        """Why it travels between just these nodes."""
        if isinstance(message, x.Make):
            return self._reasons.all(self._reasons.exact(end, scope) for end in message.args[:2])
        return self._reasons.exact(message, scope)

    def _added(self, old: Thing, one: Thing, new: Value) -> Thing:
        def why(test: Test) -> Id:
            match test:
                case Has(element, many):
                    ways = [old.why(test)] if list(old.value).count(element) >= many else []
                    if element == one.value:
                        ways.append(old.why(Has(element, many - 1)) if many > 1 else TRUE)
                    return self._reasons.all([exactly(one), self._reasons.any(ways)])
                case Within(elements):
                    rest = _less(elements, one.value)
                    return self._reasons.all([exactly(one), old.why(Within(rest))])
                case _:
                    return self._reasons.all([exactly(one), exactly(old)])

        return Made(new, why)

    def _removed(self, old: Thing, one: Thing, new: Value) -> Thing:
        def why(test: Test) -> Id:
            there = [exactly(one), old.why(Has(one.value))]
            match test:
                case Has(element, many):
                    more = many + (element == one.value)
                    return self._reasons.all([*there, old.why(Has(element, more))])
                case Within(elements):
                    more = tuple(sorted((*elements, one.value)))
                    return self._reasons.all([*there, old.why(Within(more))])
                case _:
                    return self._reasons.all([*there, exactly(old)])

        return Made(new, why)

    def _filtered(self, name: str, value: Expr, scope: Scope, values: Values) -> dict[Slot, Thing]:
        """Messages that are left: which of a slot depends, if not on its ends alone, on all there is."""
        found: dict[Slot, Thing] = {}
        if not isinstance(value, x.Fold):
            return {slot: Known(()) for slot in self._slots.under(name)}  # nothing is left of any
        for slot in self._slots.under(name):
            where = with_ends(value.binders[0].where, value.binders[0].name, slot)
            old = self._reasons.slot(slot, scope)
            new = self._slots.value(values, slot)
            found[slot] = self._left(old, where, value.binders[0].name, scope, new)
        return found

    def _left(self, old: Thing, where: Expr, name: str, scope: Scope, new: Value) -> Thing:
        def why(test: Test) -> Id:
            if name in x.free_names(where):
                names = [exactly(scope.names[n]) for n in x.free_names(where) & scope.names.keys()]
                return self._reasons.all([*names, exactly(old)])
            decided = self._reasons.exact(where, scope)
            stays = bool(self._reasons.value(where, scope))
            return self._reasons.all([decided, old.why(test) if stays else TRUE])

        return Made(new, why)


def _less(elements: tuple[Value, ...], one: Value) -> tuple[Value, ...]:
    """Without one of an element."""
    place = elements.index(one)
    return (*elements[:place], *elements[place + 1 :])
