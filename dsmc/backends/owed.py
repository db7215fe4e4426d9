"""What is owed to whom, as a number: the tag of a step in C."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from dsmc.backends.acting import labels
from dsmc.backends.codec import is_scalar, low
from dsmc.engine.machine import State
from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.system import Action, Fairness, System
from dsmc.ir.types import Type
from dsmc.liveness.graph import Graph

#: More could not be told apart from that nobody is owed.
_MOST = 1 << 63


class Labelled(Frozen):
    """The explored graph of a system, what its numbers stand for, and why it is not all of it.

    `state` gives the state of a number. A step without a result `cuts_off` what would come after it;
    `stopped` says what limit was met.
    """

    graph: Graph
    state: Callable[[int], State]
    owed: Sequence[tuple[Any, ...]]
    cuts_off: bool
    stopped: str


class Key(Frozen):
    """A name that tells obligations of an action apart, of a type without parts."""

    name: str
    type: Type
    #: How many values there are.
    size: int


class Owed(Frozen):
    """The obligations that have one name: numbers from `first` on, the last key the fastest."""

    name: str
    first: int
    keys: tuple[Key, ...]
    strong: bool

    @property
    def count(self) -> int:
        """How many there are."""
        return math.prod(key.size for key in self.keys)

    def of(self, tag: int) -> tuple[object, ...]:
        """The obligation of a number, as the reference names it."""
        left, values = tag - self.first, list[int]()
        for key in reversed(self.keys):
            left, rank = divmod(left, key.size)
            values.append(rank + low(key.type))
        return (self.name, *reversed(values))


def owed_by(action: Action) -> str:
    """The name of what an action fulfils."""
    return action.owed or action.name


@functools.lru_cache(8)
def obligations(system: System) -> tuple[Owed, ...] | None:
    """All that is owed in a system; None if these are no numbers: a key has parts, or there are too many."""
    found: dict[str, Owed] = {}
    first = 0
    for action in system.actions:
        if action.fairness is Fairness.NONE or owed_by(action) in found:
            continue
        keys = _keys(action)
        if keys is None:
            return None
        strong = action.fairness is Fairness.STRONG
        found[owed_by(action)] = one = Owed(owed_by(action), first, keys, strong)
        first += one.count
        if first >= _MOST:
            return None
    return tuple(found.values())


def _keys(action: Action) -> tuple[Key, ...] | None:
    types = dict(labels(action))
    found = []
    for name in action.key:
        of = types[name]
        size = t.size(of) if t.fixed(of) and is_scalar(of) else None
        if size is None:
            return None
        found.append(Key(name, of, size))
    return tuple(found)


def owed_of(system: System, tag: int) -> tuple[object, ...]:
    """The obligation of a number."""
    owed = obligations(system)
    assert owed is not None
    return next(one for one in owed if one.first <= tag < one.first + one.count).of(tag)
