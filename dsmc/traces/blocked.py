"""Why a system that cannot go on takes none of its actions: which condition each waits for.

Processes are told apart, in `waiting.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate, members
from dsmc.ir.names import FROM, MESSAGE, written
from dsmc.ir.ops import RangeError
from dsmc.ir.show import node_name, show
from dsmc.ir.system import Action, Kind, Param, System
from dsmc.ir.types import Value
from dsmc.traces.titles import place
from dsmc.traces.why import Why

Names = dict[str, Value]
#: So many sentences are told; how many more there are is told as well.
_MOST = 12
#: Steps of processes, faults and requests of clients are no work that is left to be done.
_TOLD = (Kind.ACTION, Kind.HANDLER, Kind.TIMEOUT, Kind.RECOVERY, Kind.REQUEST)


def blocked(system: System, world: World, processes: set[str]) -> list[str]:
    """A sentence for each action of no process, and each message that a handler does not take."""
    told: list[str] = []
    for action in system.actions:
        if action.origin.kind in _TOLD and not _reads(action, processes):
            told += [line for line in _Action(system, world, action).lines() if line not in told]
    more = len(told) - _MOST
    return told if more <= 0 else [*told[:_MOST], f"and {more} more that wait"]


def _reads(action: Action, variables: set[str]) -> bool:
    parts = (part for e in x.conjuncts(action.guard) for part in x.walk(e))
    return any(isinstance(part, x.Global) and part.name in variables for part in parts)


def choices(world: World, action: Action) -> Iterator[Names]:
    """The choices of its parameters, each with the names that the action gives to parts of them."""
    for chosen in _choices(world, list(action.params), {}):
        with suppress(RangeError):
            names = dict(chosen)
            for name, value in action.names:
                names[name] = evaluate(value, world, names)
            yield names


def _choices(world: World, params: list[Param], names: Names) -> Iterator[Names]:
    if not params:
        yield names
        return
    first, *rest = params
    for value in members(first.domain.type, evaluate(first.domain, world, names)):
        chosen = {**names, first.name: value}
        if evaluate(first.where, world, chosen):
            yield from _choices(world, rest, chosen)


class _Action:
    def __init__(self, system: System, world: World, action: Action) -> None:
        self._system = system
        self._world = world
        self._action = action

    def lines(self) -> Iterator[str]:
        """For each choice of parameters: what is false of it. Nobody waits for want of a choice."""
        for names in choices(self._world, self._action):
            with suppress(RangeError):
                yield from self._line(names)

    def _line(self, names: Names) -> Iterator[str]:
        wrong = [
            part for part in x.conjuncts(self._action.guard)
            if not evaluate(part, self._world, names)
        ]  # fmt: skip
        why = [line for part in wrong[:1] for line in Why(self._world).false(part, names)]
        if wrong and not why:
            return  # it waits for nothing that was written: a message that is not there
        reason = " ".join(line.strip() for line in why) or "it would change nothing"
        where = place(self._action.origin.span, self._system.file)
        yield f"{self._who(names)}{f' ({where})' if where else ''}: {reason}"

    def _who(self, names: Names) -> str:
        """Who would do what."""
        origin = self._action.origin
        node = names.get(origin.node) if origin.node else None
        who = ""
        if node is not None:
            role = next(role for role in self._system.roles if role.name == origin.role)
            who = f"{node_name(role, node)}: "
        return f"{who}`{origin.title}`{self._of(names)}"

    def _of(self, names: Names) -> str:
        """The message, or the values of the parameters."""
        parts = []
        for param in self._action.params:
            if param.name == self._action.origin.node:
                continue
            if isinstance(param.type, t.Record) and param.name == MESSAGE:
                sender = t.field_types(param.type, 0)[0], names[param.name][1]
                parts.append(f"from {show(*sender)}")
            elif isinstance(param.type, t.NodeId) and param.name == FROM:
                parts.append(f"from {show(param.type, names[param.name])}")
            else:
                parts.append(f"{written(param.name)} = {show(param.type, names[param.name])}")
        return f" {', '.join(parts)}" if parts else ""
