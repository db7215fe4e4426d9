"""Which of two runs is the smaller one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from dsmc.ir.evaluate import sort_key
from dsmc.traces.minimal.acts import Act

#: How many faults, how many steps, how often another node goes on, the values that were chosen.
Rank: TypeAlias = tuple[int, int, int, tuple[int, ...]]


def rank(acts: Sequence[Act]) -> Rank:
    """The place of a run in the order: the smaller, the simpler to read."""
    faults = sum(bool(act.fault) for act in acts)
    return faults, len(acts), switches(acts), tuple(_values(acts))


def switches(acts: Sequence[Act]) -> int:
    """How often a step is by another node than the one before it."""
    return sum(a.actor != b.actor for a, b in pairwise(acts))


def _values(acts: Sequence[Act]) -> Iterator[int]:
    for act in acts:
        for _, value, of in act.labels:
            yield from _numbers(sort_key(of, value))


def _numbers(key: object) -> Iterator[int]:
    """The numbers that a key is made of, so that keys of any types can be compared."""
    if isinstance(key, tuple):
        for part in key:
            yield from _numbers(part)
    else:
        assert isinstance(key, int)
        yield int(key)
