"""Actions, and who takes them, for what back ends have in common: comments, and whom a scheduler asks."""

from __future__ import annotations

from dsmc.ir import types as t
from dsmc.ir.system import Action, System
from dsmc.ir.types import Type

#: The actor of all faults; behind it come those of the actions of no node.
FAULTS = -1


def labels(action: Action) -> list[tuple[str, Type]]:
    """The names of an action's parameters, and those that are bound after them."""
    params = [(p.name, p.type) for p in action.params]
    return [*params, *((name, value.type) for name, value in action.names)]


def named(action: Action) -> str:
    """The name of an action, and where it stands in the spec, for comments of generated code."""
    span = action.origin.span
    where = f"{span.source.name}:{span.line} " if span.source.name else ""
    return f"{where}{action.name}"


def actor(number: int, action: Action) -> tuple[int, str]:
    """The first of the nodes that may act, and the label that says which it is (empty: that one).

    Faults act as one, and so does each action of no node.
    """
    if not action.origin.kind.is_own:
        return FAULTS, ""
    for name, of in labels(action):
        if name == action.origin.node and isinstance(of, t.Role):
            return of.first, name
    return FAULTS - 1 - number, ""


def nodes(system: System) -> int:
    """How many nodes there are: their actors are the numbers below this."""
    return sum(role.size for role in system.roles)
