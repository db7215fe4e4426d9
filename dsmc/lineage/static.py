"""What gates may write, and leave true, whatever the state."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.ir.system import Action
from dsmc.lineage.facts import Test
from dsmc.lineage.gates import Gate, Names
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.slots import Slot
from dsmc.lineage.writes import Writing


class Static:
    """What gates may write, whatever the state: known once for all runs."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._known: dict[tuple[str, Names, Slot | None], Writing] = {}

    def writing(self, action: Action, gate: Gate) -> Writing:
        """What an action may write at a gate."""
        key = (action.name, gate.names, gate.others)
        if key not in self._known:
            self._known[key] = Writing(
                self._schedule.slots, action, dict(gate.names), self._ends(gate)
            )
        return self._known[key]

    def _ends(self, gate: Gate) -> Slot | None:
        bag = gate.others is not None and self._schedule.slots.is_bag(gate.others.variable)
        return gate.others if bag else None

    def may(self, gate: Gate, slot: Slot) -> bool:
        """May a slot be written at a gate?"""
        return any(self.writing(action, gate).may(slot) for action in self._of(gate))

    def keeps(self, gate: Gate, slot: Slot, test: Test) -> bool:
        """Is a fact about the slot true after the gate, whatever happens there?"""
        return all(self.writing(action, gate).keeps(slot, test) for action in self._of(gate))

    def adds(self, gate: Gate, slot: Slot) -> bool:
        """May there be a message more after the gate?"""
        return any(self.writing(action, gate).adds(slot) for action in self._of(gate))

    def settles(self, gate: Gate, slot: Slot, test: Test) -> bool:
        """Is a fact about the slot true after the gate if its fault was to happen there?"""
        return all(self.writing(action, gate).settles(slot, test) for action in self._of(gate))

    def _of(self, gate: Gate) -> Iterable[Action]:
        """The actions that matter: faults of a message that is not there change nothing but it."""
        if gate.others is None:
            return gate.actions
        return [a for a in gate.actions if not self._is_of_message(a)]

    def _is_of_message(self, action: Action) -> bool:
        return action.origin.fault in ("lose", "duplicate", "reorder") and not action.origin.node
