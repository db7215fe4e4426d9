"""Messages that grow for ever: which action sends which message each time round."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Pump, Run
from dsmc.ir import types as t
from dsmc.ir.expr import TRUE
from dsmc.ir.show import node_name, show
from dsmc.ir.system import Reachable
from dsmc.traces.replay import steps_of


def describe(machine: PythonMachine, pump: Pump) -> str:
    """The sentence that says why a search was given up."""
    repeated = Run(pump.run.states[pump.start :])
    steps = steps_of(machine, Reachable("", TRUE), repeated)
    sent: dict[str, list[str]] = {}
    for step in steps:
        for event in step.events:
            if event.kind in ("send", "duplicate"):
                text = show(event.types[2], event.values[2])
                sent.setdefault(
                    _name(step.action.origin.title, step.labels, step.action.origin.node), []
                ).append(text)
    said = "; ".join(
        f"`{who}` sends {', '.join(dict.fromkeys(what))}" for who, what in sent.items()
    )
    again = "this step" if len(steps) == 1 else f"these {len(steps)} steps"
    return (
        f"The messages in flight grow for ever: {said}. After step {pump.start} {again}"
        " can be repeated without end. Let the sender wait for an answer, bound"
        " how often it sends, or let the receiver take what it no longer needs."
    )


def _name(title: str, labels: tuple[tuple[str, object, t.Type], ...], node: str) -> str:
    for name, value, of in labels:
        if name == node and isinstance(of, t.Role) and isinstance(value, int):
            return f"{node_name(of, value)} {title}"
    return title
