"""What is done in a step, apart from the states that it leads between: it can be done elsewhere."""

from __future__ import annotations

from typing import TypeAlias

from dsmc.backends.python.machine import TracedStep
from dsmc.frozen import Frozen
from dsmc.ir.types import Role, Type, Value
from dsmc.traces.faulty import fault_in

#: The name of a parameter, its value and its type.
Label: TypeAlias = tuple[str, Value, Type]
#: A role and one of its nodes; None for what no node does.
Actor: TypeAlias = "tuple[str, Value] | None"


class Act(Frozen):
    """An action with the values of its parameters, and which fault was committed in it (or none)."""

    action: str
    labels: tuple[Label, ...]
    actor: Actor = None
    fault: str = ""


def act_of(step: TracedStep) -> Act:
    """What a step does."""
    return Act(step.action.name, step.labels, _actor(step), fault_in(step))


def _actor(step: TracedStep) -> Actor:
    for name, value, of in step.labels:
        if name == step.action.origin.node and isinstance(of, Role):
            return of.name, value
    return None
