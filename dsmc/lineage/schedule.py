"""The synchronous schedule: one run of the reference for each set of faults.

In a round first the faults happen that were chosen for it; then every message arrives that was in flight
before; then each node takes each step of its own that is possible, once; then who is down comes back.
Timeouts are last, in rounds in which nothing else happened: they are longer than messages take. Of several
ways to take a step the first one is taken. So a run depends on its faults alone.

What may happen at a place of the schedule is a gate, whether anything happens there or not: why not, too,
is a part of the support of a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import evaluate, members, sort_key
from dsmc.ir.protocol import SELF
from dsmc.ir.system import Action, Kind, Param
from dsmc.ir.types import Value
from dsmc.lineage.slots import Slot, Slots, Values, is_budget

#: Names of parameters with their values.
Names: TypeAlias = tuple[tuple[str, Value], ...]


class Fault(Frozen):
    """A fault in a round: an action with the values of its parameters; `copy` counts those that are alike."""

    round: int
    action: str
    names: Names
    copy: int = 1


class Source(Frozen):
    """The messages in flight before a round that a gate takes one of: where they are, the message, and
    which of several alike (of a queue: which place in it).
    """

    slot: Slot
    message: Value
    copy: int


class Gate(Frozen):
    """One of some actions, with these values of parameters: the first one that is possible is taken.

    `fault` is the fault that the gate is; `source` what it takes. A `timeout` waits for an `idle` round.
    `others` stands for the messages that were not in flight in a place, but could have been. Of a gate where
    nothing happened there is no `step`. `state` is before it, in the run's `states`.
    """

    round: int
    actions: tuple[Action, ...]
    names: Names = ()
    source: Source | None = None
    fault: Fault | None = None
    others: Slot | None = None
    timeout: bool = False
    step: TracedStep | None = None
    state: int = 0


class Round(Frozen):
    """Places of a round in the gates: where it begins, where messages arrive, where timeouts are, the end."""

    start: int
    arrivals: int
    timeouts: int
    end: int
    idle: bool


class Run(Frozen):
    """A run by the schedule. The gates and states are in order; a state is kept once while it stays."""

    faults: frozenset[Fault]
    gates: tuple[Gate, ...]
    rounds: tuple[Round, ...]
    states: tuple[State, ...]
    values: tuple[Values, ...]

    def before(self, place: int) -> int:
        """The number of the state before the gate at a place; after the last gate, of the last one."""
        return self.gates[place].state if place < len(self.gates) else len(self.states) - 1


#: The faults that happen in a round, from a state.
Choose: TypeAlias = Callable[[int, State], list[Fault]]


class Schedule:
    """Takes runs of a machine: so many rounds, faults in the first of them."""

    def __init__(self, machine: PythonMachine, rounds: int, fault_rounds: int) -> None:
        self.machine = machine
        self.system = machine.system
        self.slots = Slots(machine.system)
        self.rounds, self.fault_rounds = rounds, fault_rounds
        actions = [a for a in self.system.actions if not is_cut(a)]
        self.faults = [a for a in actions if a.origin.kind is Kind.FAULT]
        usual = [a for a in actions if a.origin.kind is not Kind.FAULT]
        self.arriving = [a for a in usual if channel_of(self.system.channels, a)]
        own = [a for a in usual if a not in self.arriving]
        self.timeouts = [a for a in own if a.origin.kind is Kind.TIMEOUT]
        self.recoveries = [a for a in own if a.origin.kind is Kind.RECOVERY]
        self.own = [a for a in own if a not in (*self.timeouts, *self.recoveries)]

    def run(self, first: State, faults: frozenset[Fault] = frozenset()) -> Run:
        """The run from an initial state with these faults."""
        return self.chosen(
            first, lambda number, _: [f for f in faults if f.round == number], faults
        )

    def chosen(self, first: State, choose: Choose, faults: frozenset[Fault] = frozenset()) -> Run:
        """The run with the faults that are chosen in each round."""
        taking = _Taking(self, first)
        for number in range(1, self.rounds + 1):
            taking.round(number, choose)
        return taking.result(faults)

    def channel(self, action: Action) -> str:
        """The variable that a step takes its message from."""
        return channel_of(self.system.channels, action)

    # ------------------------------------------------------------ what may happen

    def possible(self, number: int, state: State) -> list[Fault]:
        """The faults that may happen first in a round, from a state, however many there were before."""
        fresh = self._with_full_budgets(state)
        found = (self._fault(number, step) for step in self.machine.steps_from(fresh, self.faults))
        return list(dict.fromkeys(fault for one in found for fault in self._copies(one, state)))

    def _with_full_budgets(self, state: State) -> State:
        full = {
            v.name: v.type.high for v in self.system.variables
            if is_budget(v.name) and isinstance(v.type, t.Int)
        }  # fmt: skip
        return self.machine.encode({**self.machine.decode(state), **full}) if full else state

    def _fault(self, number: int, step: TracedStep) -> Fault:
        chosen = {p.name for p in step.action.params}
        names = tuple((name, value) for name, value, _ in step.labels if name in chosen)
        return Fault(number, step.action.name, names)

    def _copies(self, fault: Fault, state: State) -> Iterator[Fault]:
        """A fault of one message for each that is like it."""
        channel = self.channel(self.action(fault))
        many = 1
        if self.slots.is_bag(channel):
            many = self.machine.decode(state)[channel].count(dict(fault.names)["message"])
        for copy in range(1, many + 1):
            yield Fault(fault.round, fault.action, fault.names, copy)

    def action(self, fault: Fault) -> Action:
        """The action of a fault."""
        return next(a for a in self.faults if a.name == fault.action)

    def always(self, number: int) -> Iterator[Fault]:
        """The faults of a round whose parameters do not depend on the state."""
        for action in self.faults:
            if not self.channel(action):
                for names in _choices(action.params):
                    yield Fault(number, action.name, names)

    def order(self, fault: Fault) -> tuple[object, ...]:
        """The place of a fault among those of its round."""
        action = self.action(fault)
        types = {p.name: p.type for p in action.params}
        keys = tuple(sort_key(types[name], value) for name, value in fault.names)
        return self.faults.index(action), keys, fault.copy

    def nodes(self, action: Action) -> Iterator[Names]:
        """The nodes (and threads) that an action may be by."""
        node = action.origin.node
        param = next((p for p in action.params if p.name == node), None)
        if param is None:
            yield ()
        else:
            yield from (((node, value),) for value in t.values(param.type))


def is_cut(action: Action) -> bool:
    """Is it a step in the middle of which a node stops? Here nodes stop between rounds."""
    told = (st for st in s.walk(action.body) if isinstance(st, s.Mark))
    return action.origin.kind is Kind.FAULT and any(
        st.kind in ("crash", "restart", "outage") for st in told
    )


def channel_of(channels: Sequence[str], action: Action) -> str:
    """The channel that is looked at before a step is taken; empty if there is none."""
    head = (*(e for p in action.params for e in (p.domain, p.where)), action.guard)
    for e in head:
        for part in x.walk(e):
            if isinstance(part, x.Global) and part.name in channels:
                return part.name
    return ""


def _choices(params: Sequence[Param]) -> Iterator[Names]:
    """The values of parameters, each of which may depend on those before it."""
    if not params:
        yield ()
        return
    for names in _choices(params[:-1]):
        last = params[-1]
        for value in members(last.domain.type, evaluate(last.domain, names=dict(names))):
            inner = (*names, (last.name, value))
            if evaluate(last.where, names=dict(inner)):
                yield inner


class _Taking:
    """A run on its way."""

    def __init__(self, schedule: Schedule, first: State) -> None:
        self._schedule = schedule
        self._machine = schedule.machine
        self._states = [first]
        self._values = [self._machine.decode(first)]
        self._gates: list[Gate] = []
        self._rounds: list[Round] = []

    def result(self, faults: frozenset[Fault]) -> Run:
        return Run(
            faults, tuple(self._gates), tuple(self._rounds), tuple(self._states),
            tuple(self._values),
        )  # fmt: skip

    def round(self, number: int, choose: Choose) -> None:
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
                self._enter(Gate(number, actions, (("message", message),), source))
            return
        for place, message in enumerate(slots.value(before, slot)):
            self._queued(number, Source(slot, message, place), actions)

    def _queued(self, number: int, source: Source, actions: tuple[Action, ...]) -> None:
        """The head of a queue, for the node that it is addressed to."""
        sender, to = source.slot.keys
        taking = tuple(a for a in actions if _ordinal(_role(a), to) is not None)
        if taking:
            names = ((SELF, _ordinal(_role(taking[0]), to)), ("from", sender))
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
