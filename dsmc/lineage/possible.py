"""What may happen in a round: which steps of a system are faults, arrivals, steps of a node's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import evaluate, members, sort_key
from dsmc.ir.names import MESSAGE
from dsmc.ir.system import Action, Kind, Param
from dsmc.lineage.gates import Fault, Names
from dsmc.lineage.slots import Slots, is_budget


class Possible:
    """What may happen in rounds of a machine: so many of them, with faults in the first."""

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
            many = self.machine.decode(state)[channel].count(dict(fault.names)[MESSAGE])
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
