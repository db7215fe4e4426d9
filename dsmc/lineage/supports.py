"""The support of what is true in a run: which faults must not happen, and which must, that it stays true.

A fact says that a slot passes a test at a place of the run. It was made by the last gate before that may
write the slot, or was true before it and left so: because the gate cannot break it, whatever the state; or
because nothing happens there, and why; or because what happens there leaves it so, and why. Each reason
leads to facts at places before, and at last to faults. So a support is a proof: where it is true of other
faults, the fact is true in the run of those.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from dsmc.ir import types as t
from dsmc.ir.system import Action
from dsmc.lineage.facts import Has, OneOf, Only, Test, Within, equal, holds
from dsmc.lineage.gates import Fault, Gate, Round, Run
from dsmc.lineage.reasons import Reasons
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.slots import Slot, Values
from dsmc.lineage.static import Static
from dsmc.lineage.telling import Teller, Told
from dsmc.lineage.things import Known, Scope
from dsmc.smt.monotone import FALSE, TRUE, Formulas, Id


class Supports:
    """The supports of one run."""

    def __init__(
        self, schedule: Schedule, run: Run, formulas: Formulas[Fault], static: Static
    ) -> None:
        self._schedule = schedule
        self._slots = schedule.slots
        self._run = run
        self._formulas = formulas
        self._static = static
        self.reasons = Reasons(schedule.system, schedule.slots, formulas, self.fact)
        self._teller = Teller(self.reasons, schedule.slots)
        self._facts: dict[tuple[Slot, Test, int], Id] = {}
        self._told: dict[tuple[int, int], Told] = {}
        self._writers: dict[Slot, list[int]] = {}
        self._alike = _alike(run)

    # ------------------------------------------------------------ places

    def values(self, place: int) -> Values:
        """The state before the gate at a place; after the last gate, the last one."""
        return self._run.values[self._run.before(place)]

    def scope(self, place: int) -> Scope:
        """What slots stand for at a place."""
        return Scope(place, self.values(place), {}, {})

    def last_writer(self, slot: Slot, place: int) -> int:
        """The last gate before a place that may write a slot; -1 if there is none."""
        writers = self.writers(slot)
        found = bisect_left(writers, place)
        return writers[found - 1] if found else -1

    def writers(self, slot: Slot) -> list[int]:
        """The gates that may write a slot."""
        if slot not in self._writers:
            gates = self._run.gates
            alike = (ns for ns in self._alike if self._static.may(gates[ns[0]], slot))
            self._writers[slot] = sorted(n for ns in alike for n in ns)
        return self._writers[slot]

    # ------------------------------------------------------------ facts

    def fact(self, slot: Slot, test: Test, place: int) -> Id:
        """Why a slot passes a test at a place, where it does."""
        writer = self.last_writer(slot, place)
        key = (slot, test, writer)
        if key not in self._facts:
            parts = self._parts(slot, test)
            if parts is not None:
                self._facts[key] = self._formulas.all(self.fact(slot, p, place) for p in parts)
            else:
                made = TRUE if writer < 0 else self._after(writer, slot, test)
                self._facts[key] = self._formulas.any([made, *self._otherwise(slot, test, place)])
        return self._facts[key]

    def _otherwise(self, slot: Slot, test: Test, place: int) -> Iterator[Id]:
        """Faults that did not happen, but would have made it pass for good: a node that is down may have
        stopped at another time.
        """
        for n in reversed(self.writers(slot)[: bisect_left(self.writers(slot), place)]):
            gate = self._run.gates[n]
            if gate.fault is not None and self._static.settles(gate, slot, test):
                yield self._formulas.literal(gate.fault, positive=True)
            if not self._static.keeps(gate, slot, test):
                return

    def _parts(self, slot: Slot, test: Test) -> list[Test] | None:
        """To be just this set, or these messages, is to have the elements, and no others."""
        match test, self._slots.type(slot):
            case OneOf(values), t.Bag() if len(values) == 1 and self._slots.is_bag(slot.variable):
                (value,) = values
                has: list[Test] = [Has(one, value.count(one)) for one in dict.fromkeys(value)]
                return [*has, Within(value)]
            case OneOf(values), t.Set(of) if len(values) == 1:
                return self._of_set(next(iter(values)), of)
            case _:
                return None

    def _of_set(self, value: frozenset[object], of: t.Type) -> list[Test]:
        has: list[Test] = [Has(one) for one in sorted(value, key=repr)]
        return has if value and len(value) == t.size(of) else [*has, Only(value)]

    def _after(self, place: int, slot: Slot, test: Test) -> Id:
        """Why it passes after a gate that may write it."""
        gate = self._run.gates[place]
        before = holds(test, self._slots.value(self.values(place), slot))
        old = self.fact(slot, test, place) if before else FALSE
        if before and self._static.keeps(gate, slot, test):
            stays = old
        elif before and gate.step is None:
            stays = self._formulas.all([old, self.nothing(place, slot, test)])
        else:
            stays = FALSE
        return (
            stays
            if gate.step is None
            else self._formulas.any([stays, self._by(place, slot, test, old)])
        )

    def _by(self, place: int, slot: Slot, test: Test, old: Id) -> Id:
        """Why it passes because of what happens at a gate."""
        gate, told = self._run.gates[place], self._taken(place)
        path = [c.why() for c in told.path if c.concerns(slot)]
        written = told.written.get(slot)
        body = self._formulas.all([*path, old if written is None else written.why(test)])
        ways = [self._formulas.all([body, self.happens(place)]), self._gone(place, slot, test)]
        if old != FALSE and self._is_alone(gate, slot, test):
            ways.append(self._formulas.all([body, old]))
        return self._formulas.any(ways)

    def _gone(self, place: int, slot: Slot, test: Test) -> Id:
        """Why a message that arrives here is not in flight any more: if it was there, it is taken; if it
        was not there before the round, it is not there yet.
        """
        gate = self._run.gates[place]
        source = gate.source
        if (
            source is None
            or (source.slot, source.copy) != (slot, 1)
            or not isinstance(test, Within)
        ):
            return FALSE
        arrivals = self._run.rounds[gate.round - 1].arrivals
        between = [n for n in self.writers(slot) if arrivals <= n <= place]
        if any(self._static.adds(self._run.gates[n], slot) for n in between):
            return FALSE
        more = Within(tuple(sorted((*test.elements, source.message))))
        return self._formulas.all([self.fact(slot, more, place), self._accepted(place)])

    def _is_alone(self, gate: Gate, slot: Slot, test: Test) -> bool:
        """If nothing happens there, or what happened here, is it all that can happen to the fact?"""
        assert gate.step is not None
        taken = gate.step.action
        if any(p.name not in dict(gate.names) for p in taken.params):
            return False
        return all(
            self._static.writing(action, gate).keeps(slot, test) for action in gate.actions
            if action is not taken
        )  # fmt: skip

    # ------------------------------------------------------------ what happens at gates

    def happens(self, place: int) -> Id:
        """Why the step of a gate is taken."""
        comes = self._comes(self._run.gates[place])
        return self._formulas.all([comes, self._accepted(place)])

    def _accepted(self, place: int) -> Id:
        """Why just this step is taken if there is something to be taken."""
        gate, told = self._run.gates[place], self._taken(place)
        assert gate.step is not None
        before = gate.actions[: gate.actions.index(gate.step.action)]
        return self._formulas.all([
            *(self._unable(place, action) for action in before), *(c.why() for c in told.why),
            *(c.why() for c in told.path if c.concerns(_ANY)),
        ])  # fmt: skip

    def _comes(self, gate: Gate) -> Id:
        """Why there is something to be tried."""
        if gate.fault is not None:
            return self._formulas.literal(gate.fault, positive=True)
        if gate.timeout:
            return self._idle(self._run.rounds[gate.round - 1])
        return TRUE if gate.source is None else self._arrives(gate)

    def _arrives(self, gate: Gate) -> Id:
        assert gate.source is not None
        slot, place = gate.source.slot, self._run.rounds[gate.round - 1].arrivals
        if self._slots.is_bag(slot.variable):
            return self.fact(slot, Has(gate.source.message, gate.source.copy), place)
        return self.fact(slot, equal(self._slots.value(self.values(place), slot)), place)

    def nothing(self, place: int, slot: Slot | None = None, test: Test | None = None) -> Id:
        """Why no step is taken at a gate; or none that could break a fact."""
        gate = self._run.gates[place]
        if gate.others is not None:
            return self._no_others(place, gate.others)
        actions = [a for a in gate.actions if not self._is_harmless(gate, a, slot, test)]
        ways = [self._formulas.all(self._unable(place, action) for action in actions)] if all(
            not self._try(place, action).able for action in actions
        ) else []  # fmt: skip
        if gate.fault is not None and gate.fault not in self._run.faults:
            ways.append(self._formulas.literal(gate.fault, positive=False))
        if gate.timeout and not self._run.rounds[gate.round - 1].idle:
            ways.append(self._busy(self._run.rounds[gate.round - 1]))
        return self._formulas.any(ways)

    def _is_harmless(
        self, gate: Gate, action: Action, slot: Slot | None, test: Test | None
    ) -> bool:
        if slot is None or test is None:
            return False
        return self._static.writing(action, gate).keeps(slot, test)

    def _no_others(self, place: int, slot: Slot) -> Id:
        """Why there are no other messages in a place."""
        value = self._slots.value(self.values(place), slot)
        test = Within(value) if self._slots.is_bag(slot.variable) else equal(value)
        return self.fact(slot, test, place)

    def _unable(self, place: int, action: Action) -> Id:
        """Why an action is not possible at a gate."""
        told = self._try(place, action)
        assert not told.able
        return self._formulas.all(c.why() for c in told.why)

    def _taken(self, place: int) -> Told:
        step = self._run.gates[place].step
        assert step is not None
        told = self._try(place, step.action)
        assert told.able
        return told

    def _try(self, place: int, action: Action) -> Told:
        gate = self._run.gates[place]
        key = (place, gate.actions.index(action))
        if key not in self._told:
            names = {name: Known(value) for name, value in gate.names}
            scope = Scope(place, self.values(place), names, {})
            self._told[key] = self._teller.tell(action, scope, arrived=gate.source is not None)
        return self._told[key]

    # ------------------------------------------------------------ rounds

    def _idle(self, round_: Round) -> Id:
        """Why nothing happens in a round before its timeouts."""
        places = range(round_.arrivals, round_.timeouts)
        return self._formulas.all(self.nothing(place) for place in places)

    def _busy(self, round_: Round) -> Id:
        """Why something happens in a round."""
        places = range(round_.arrivals, round_.timeouts)
        return self._formulas.any(
            self.happens(place) for place in places if self._run.gates[place].step is not None
        )


def _alike(run: Run) -> list[list[int]]:
    """The places of gates at which the same may happen."""
    found: dict[object, list[int]] = {}
    for n, gate in enumerate(run.gates):
        found.setdefault((gate.actions, gate.names, gate.others), []).append(n)
    return list(found.values())


#: What concerns this concerns everything.
_ANY = Slot("")
