"""What a run by the schedule is made of: rounds, gates, faults.

What may happen at a place of the schedule is a gate, whether anything happens there or not: why not, too,
is a part of the support of a run.
"""

from __future__ import annotations

from typing import TypeAlias

from dsmc.backends.python.machine import TracedStep
from dsmc.engine.machine import State
from dsmc.frozen import Frozen
from dsmc.ir.system import Action
from dsmc.ir.types import Value
from dsmc.lineage.slots import Slot, Values

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
