"""A run on its way: round by round, gate by gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeAlias

from dsmc.backends.python.machine import TracedStep
from dsmc.engine.machine import State
from dsmc.ir import types as t
from dsmc.ir.names import FROM, MESSAGE, SELF
from dsmc.ir.system import Action
from dsmc.ir.types import Value
from dsmc.lineage.gates import Fault, Gate, Names, Round, Run, Source
from dsmc.lineage.possible import Possible
from dsmc.lineage.slots import Slot, Values

#: The faults that happen in a round, from a state.
Choose: TypeAlias = Callable[[int, State], list[Fault]]


class Taking:
    """A run on its way."""

    def __init__(self, schedule: Possible, first: State) -> None:
        self._schedule = schedule
        self._machine = schedule.machine
        self._states = [first]
        self._values = [self._machine.decode(first)]
        self._gates: list[Gate] = []
        self._rounds: list[Round] = []

    def result(self, faults: frozenset[Fault]) -> Run:
        """What was taken."""
        return Run(
            faults, tuple(self._gates), tuple(self._rounds), tuple(self._states),
            tuple(self._values),
        )  # fmt: skip

    def round(self, number: int, choose: Choose) -> None:
        """Take one more round."""
        start = len(self._gates)
        if number <= self._schedule.fault_rounds:
            self._faults(number, choose(number, self._states[-1]))
        arrivals = len(self._gates)
        self._arrivals(number)
        self._each(number, self._schedule.own)
        self._each(number, self._schedule.recoveries)
        timeouts = len(self._gates)
        idle = not any(gate.step for gate in self._gates[arrivals:])
        self._timeouts(number, idle=idle)
        self._rounds.append(Round(start, arrivals, timeouts, len(self._gates), idle))

    def _faults(self, number: int, chosen: list[Fault]) -> None:
        schedule = self._schedule
        self._others(number, schedule.faults)
        known = (*chosen, *schedule.possible(number, self._states[-1]), *schedule.always(number))
        for fault in sorted(dict.fromkeys(known), key=schedule.order):
            gate = Gate(number, (schedule.action(fault),), fault.names, None, fault)
            self._enter(gate, possible=fault in chosen)

    def _others(self, number: int, actions: Iterable[Action]) -> None:
        """What could be taken that is not in flight."""
        slots = self._schedule.slots
        for channel, group in self._by_channel(actions).items():
            for slot in slots.under(channel):
                self._enter(Gate(number, group, others=slot), possible=False)

    def _by_channel(self, actions: Iterable[Action]) -> dict[str, tuple[Action, ...]]:
        found: dict[str, tuple[Action, ...]] = {}
        for action in actions:
            channel = self._schedule.channel(action)
            if channel:
                found[channel] = (*found.get(channel, ()), action)
        return found

    def _arrivals(self, number: int) -> None:
        self._others(number, self._schedule.arriving)
        before = self._values[-1]
        for channel, actions in self._by_channel(self._schedule.arriving).items():
            for slot in sorted(self._schedule.slots.under(channel), key=lambda one: one.keys[::-1]):
                self._arrive(number, slot, actions, before)

    def _arrive(self, number: int, slot: Slot, actions: tuple[Action, ...], before: Values) -> None:
        """The messages of one slot, in order: of a bag, in that of their content."""
        slots = self._schedule.slots
        if slots.is_bag(slot.variable):
            seen: Counter[Value] = Counter()
            for message in slots.value(before, slot):
                seen[message] += 1
                source = Source(slot, message, seen[message])
                self._enter(Gate(number, actions, ((MESSAGE, message),), source))
            return
        for place, message in enumerate(slots.value(before, slot)):
            self._queued(number, Source(slot, message, place), actions)

    def _queued(self, number: int, source: Source, actions: tuple[Action, ...]) -> None:
        """The head of a queue, for the node that it is addressed to."""
        sender, to = source.slot.keys
        taking = tuple(a for a in actions if _ordinal(_role(a), to) is not None)
        if taking:
            names = ((SELF, _ordinal(_role(taking[0]), to)), (FROM, sender))
            self._enter(Gate(number, taking, names, source))

    def _each(self, number: int, actions: Iterable[Action]) -> None:
        for action in actions:
            for names in self._schedule.nodes(action):
                self._enter(Gate(number, (action,), names))

    def _timeouts(self, number: int, *, idle: bool) -> None:
        for action in self._schedule.timeouts:
            for names in self._schedule.nodes(action):
                self._enter(Gate(number, (action,), names, timeout=True), possible=idle)

    def _enter(self, gate: Gate, *, possible: bool = True) -> None:
        """Go through a gate; a step is taken there if one is possible."""
        step = self._step(gate) if possible else None
        made = Gate(
            gate.round, gate.actions, gate.names, gate.source, gate.fault, gate.others, gate.timeout,
            step, len(self._states) - 1,
        )  # fmt: skip
        self._gates.append(made)
        if step is not None and step.target != self._states[-1]:
            self._states.append(step.target)
            assert step.target is not None
            self._values.append(self._machine.decode(step.target))

    def _step(self, gate: Gate) -> TracedStep | None:
        """The first step from the present state that fits."""
        for action in gate.actions:
            for step in self._machine.steps_from(self._states[-1], (action,)):
                if step.target is not None and _fits(step, gate.names):
                    return step
        return None


def _fits(step: TracedStep, names: Names) -> bool:
    values = {name: value for name, value, _ in step.labels}
    return all(values[name] == value for name, value in names)


def _role(action: Action) -> t.Role:
    """Whose step it is."""
    of = next(p.type for p in action.params if p.name == SELF)
    assert isinstance(of, t.Role)
    return of


def _ordinal(role: t.Role, node: int) -> int | None:
    """The place of a node in a role, if it is one of it."""
    return node - role.first if role.first <= node < role.first + role.size else None
