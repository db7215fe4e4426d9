"""What a step changes, entry by entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import cast

from dsmc.backends.python.machine import Event
from dsmc.engine.machine import State
from dsmc.frozen import replace
from dsmc.ir import types as t
from dsmc.ir.names import UP
from dsmc.ir.show import node_name, show
from dsmc.ir.system import Storage, System, Variable
from dsmc.ir.types import Type, Value
from dsmc.traces.model import Change

Values = dict[str, Value]

_UNSEEN = (Storage.INTERNAL, Storage.CONTROL, Storage.LOCAL)


def changes(system: System, before: Values, after: Values) -> Iterable[Change]:
    """The variables of the spec that have other values; not the tool's own."""
    for variable in system.variables:
        if variable.storage not in _UNSEEN:
            old, new = before[variable.name], after[variable.name]
            if old != new:
                yield from _changed(variable, old, new)


def apart(first: State, states: Iterable[State]) -> Iterator[State]:
    """A few of many states: where any of them differs from the first, one of these does."""
    if isinstance(first, int):  # then all are
        return _bits_apart(first, cast("Iterable[int]", states))
    return _parts_apart(first, states)


def _bits_apart(first: int, states: Iterable[int]) -> Iterator[State]:
    left = ~0
    for state in states:
        if (first ^ state) & left:
            left &= ~(first ^ state)
            yield state


def _parts_apart(first: State, states: Iterable[State]) -> Iterator[State]:
    bits: defaultdict[int, int] = defaultdict(int)
    others: set[tuple[int, object]] = set()
    for state in states:
        new = False
        for place, (ours, its) in enumerate(zip(_registers(first), _registers(state), strict=True)):
            if isinstance(ours, int) and isinstance(its, int):
                new |= bool((ours ^ its) & ~bits[place])
                bits[place] |= ours ^ its
            elif ours != its and (place, its) not in others:
                new = True
                others.add((place, its))
        if new:
            yield state


def _registers(state: State) -> tuple[object, ...]:
    """The registers of a state."""
    return state if isinstance(state, tuple) else (state,)


def chosen(system: System, first: Values, starts: Iterable[Values]) -> tuple[Change, ...]:
    """What an initial state holds, and another one does not."""
    found: dict[tuple[int | None, str], Change] = {}
    for other in starts:
        for one in changes(system, other, first):
            found.setdefault((one.owner, one.name), replace(one, was=""))
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0] or 0, key[1])))


def told(
    lane: int | None, events: tuple[Event, ...], before: Values, after: Values
) -> Iterable[Change]:
    """What a step of a process gives values: names of its code, and variables that have them."""
    for event in events:
        texts = [shown(of, value) for of, value in zip(event.types, event.values, strict=True)]
        if event.kind == "set":
            yield Change(event.text, "", texts[0], lane)
        if event.kind == "write" and before[event.text] == after[event.text]:
            name = event.text + "".join(f"[{key}]" for key in texts[1:])
            yield Change(name, texts[0], texts[0], None)


def turned(system: System, before: Values, after: Values) -> tuple[list[int], list[int]]:
    """The nodes that went down, and those that came up."""
    down: list[int] = []
    up: list[int] = []
    for variable in system.variables:
        owner = variable.owner
        if owner is not None and variable.name == f"{owner.name}.{UP}":
            pairs = zip(before[variable.name], after[variable.name], strict=True)
            for node, (was, now) in enumerate(pairs):
                if was != now:
                    (up if now else down).append(owner.first + node)
    return down, up


def shown(type: Type, value: Value) -> str:
    """A value as text; of a lock, who holds it."""
    if isinstance(type, t.Record) and type.name in ("mutex", "rwlock"):
        return _lock(type, value)
    return show(type, value)


def _changed(variable: Variable, old: Value, new: Value) -> Iterable[Change]:
    ghost = variable.storage is Storage.GHOST
    if variable.owner is None:
        for name, was, now in _parts(variable.name, variable.type, old, new):
            yield Change(name, was, now, None, ghost)
        return
    assert isinstance(variable.type, t.Map)
    short = variable.name.partition(".")[2]
    for node, (a, b) in enumerate(zip(old, new, strict=True)):
        if a != b:
            for name, was, now in _parts(short, variable.type.value, a, b):
                yield Change(name, was, now, variable.owner.first + node, ghost)


def _parts(name: str, type: Type, old: Value, new: Value) -> Iterable[tuple[str, str, str]]:
    """What changed in a value: the entries of a map one by one, else the whole."""
    if not isinstance(type, t.Map):
        yield name, shown(type, old), shown(type, new)
        return
    for key, was, now in zip(t.values(type.key), old, new, strict=True):
        if was != now:
            yield from _parts(f"{name}[{show(type.key, key)}]", type.value, was, now)


def _lock(type: t.Record, value: Value) -> str:
    """`free`, `held by A`, `read by A, B`."""
    (_, of), *rest = type.fields
    assert isinstance(of, t.Option)
    if value[1][0]:
        return f"held by {holder(of.of, value[1][1])}"
    readers = sorted(value[2]) if rest else []
    return f"read by {', '.join(holder(of.of, one) for one in readers)}" if readers else "free"


def holder(type: Type, value: Value) -> str:
    """Who holds a lock: the node, and its thread if nodes have several."""
    assert isinstance(type, t.Tuple)
    nodes, threads = type.items
    assert isinstance(nodes, t.NodeId)
    name = node_name(*t.node_role(nodes, value[1]))
    return name if t.size(threads) == 1 else f"{name} (thread {value[2]})"
