"""Observers of replicas that apply updates: do they show the same (Shapiro, Preguiça, Baquero and
Zawirski, Conflict-free Replicated Data Types, 2011)?

An update is known by its value; to apply it again changes nothing.
"""

from __future__ import annotations

from itertools import pairwise

from dsmc.frozen import Frozen, replace
from dsmc.histories import words
from dsmc.histories.model import Value
from dsmc.histories.observers import BROKEN, Happening, Memory

_Pairs = frozenset[tuple[Value, Value]]


class Replicas(Frozen):
    """Which updates each node has applied, and what was shown where just these had been applied."""

    applied: _Pairs = frozenset()
    shown: _Pairs = frozenset()

    def of(self, node: Value) -> frozenset[Value]:
        """What a node has applied."""
        return frozenset(update for by, update in self.applied if by == node)


class StrongConvergence:
    """Replicas that have applied the same updates show the same, in whatever order they came."""

    def __init__(self) -> None:
        self.initial: Memory = Replicas()
        self.why = ""

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `Observer`. What a crash takes away, the node says (`forget`)."""
        assert isinstance(memory, Replicas)
        node = what.client[0]
        match what.f:
            case "apply":
                return replace(memory, applied=memory.applied | {(node, what.value)})
            case "forget":
                kept = frozenset(pair for pair in memory.applied if pair[0] != node)
                return replace(memory, applied=kept)
            case "show":
                now = (memory.of(node), what.value)
                return BROKEN if self._other(memory, what) else _with_shown(memory, now)
            case _:
                return memory

    def broken(self, memory: Memory, what: Happening) -> tuple[str, ...]:
        """See `Observer`."""
        assert isinstance(memory, Replicas)
        applied = words.value(memory.of(what.client[0]))
        shown = [words.value(value) for value in (*self._other(memory, what), what.value)]
        return (f"where {applied} was applied, {shown[0]} was shown before, and {shown[1]} now",)

    def unfinished(self, memory: Memory) -> tuple[str, ...]:
        """See `Observer`."""
        return ()

    @staticmethod
    def _other(memory: Replicas, what: Happening) -> list[Value]:
        """What else was shown where the same was applied."""
        here = memory.of(what.client[0])
        return [value for updates, value in memory.shown if updates == here and value != what.value]


def _with_shown(memory: Replicas, now: tuple[Value, Value]) -> Replicas:
    return replace(memory, shown=memory.shown | {now})


class Converged:
    """When nothing is left to do, all that have not crashed show the same."""

    def __init__(self) -> None:
        self.initial: Memory = frozenset[tuple[Value, Value]]()
        self.why = ""

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `Observer`."""
        assert isinstance(memory, frozenset)
        if what.kind == "rest":
            return BROKEN if self.unfinished(memory) else memory
        if what.kind != "crash" and what.f != "show":
            return memory
        others = frozenset(pair for pair in memory if pair[0] != what.client[0])
        return others if what.kind == "crash" else others | {(what.client[0], what.value)}

    def broken(self, memory: Memory, what: Happening) -> tuple[str, ...]:
        """See `Observer`. Nothing breaks it before the end."""
        return ()

    def unfinished(self, memory: Memory) -> tuple[str, ...]:
        """See `Observer`."""
        assert isinstance(memory, frozenset)
        for one, other in pairwise(sorted(memory, key=repr)):
            if one[1] != other[1]:
                return (f"{_told(one)}, and {_told(other)}",)
        return ()


def _told(pair: tuple[Value, Value]) -> str:
    node, value = map(words.value, pair)
    return f"{node} shows {value}"
