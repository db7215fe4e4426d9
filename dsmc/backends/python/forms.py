"""The canonical forms of the reference's states."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.search import Form
from dsmc.reduce.canonical import Canonical
from dsmc.reduce.permute import Named


def forms(machine: PythonMachine, symmetric: tuple[Named, ...]) -> Form | None:
    """What states have in common that differ in names of some types only; None if no two do."""
    if not symmetric:
        return None
    form = Canonical(machine.system, symmetric, machine.encode)
    return lambda state: form(machine.decode(state))
