"""Which fault a step commits."""

from __future__ import annotations

from dsmc.backends.python.machine import TracedStep
from dsmc.ir.faults import STOPPING

_INSIDE = frozenset({"fail", "lose reply of", *STOPPING})


def fault_in(step: TracedStep) -> str:
    """The action's own fault, or one inside its code; empty if there is none."""
    inside = (event.kind for event in step.events if event.kind in _INSIDE)
    return step.action.origin.fault or next(inside, "")
