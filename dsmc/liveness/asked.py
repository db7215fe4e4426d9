"""What is asked of whole runs, for all properties of a system together."""

from __future__ import annotations

from dsmc.ir.expr import Expr
from dsmc.ir.system import System, Temporal
from dsmc.ir.temporal import conditions


def temporal(system: System) -> list[tuple[int, Temporal]]:
    """The properties of whole runs, with their numbers."""
    return [(n, p) for n, p in enumerate(system.properties) if isinstance(p, Temporal)]


def conditions_of(system: System) -> tuple[Expr, ...]:
    """The conditions that they speak of, each once."""
    found = (c for _, prop in temporal(system) for c in conditions(prop.formula))
    return tuple(dict.fromkeys(found))
