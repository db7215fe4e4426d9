"""What goes wrong before there is a state: in `init`, `start` and first values."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.ir.evaluate import World
from dsmc.ir.ops import RangeError
from dsmc.ir.system import Assertion, NoError, Property
from dsmc.traces.explain import failed


def beginning(machine: PythonMachine, prop: Property) -> str:
    """Where the run ends that decides a property, and why, as far as that is known."""
    return ": ".join(["in the making of the initial state", *_why(machine, prop)])


def _why(machine: PythonMachine, prop: Property) -> list[str]:
    """One sentence, or none."""
    try:
        starts = machine.starts
    except RangeError as error:
        return [error.reason] if isinstance(prop, NoError) else []
    if not isinstance(prop, Assertion):
        return []
    functions = {f.name: f for f in machine.system.functions}
    for state, events in starts.items():
        if any(e.kind == "assert" and e.text == str(prop.number) for e in events):
            return failed(machine.system, prop, World(functions, machine.decode(state)))[:1]
    return []
