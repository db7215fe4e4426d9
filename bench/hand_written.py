"""specs/two_phase.dsm as one would write it by hand, in two ways.

Both go through all states breadth first, keep how each was reached, and look at `consistent` in each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

S = TypeVar("S", bound=Hashable)

WORKING, PREPARED, COMMITTED, ABORTED = range(4)
INIT, COMMITTING, ABORTING = range(3)


@dataclass(frozen=True)
class Counts:
    """What every way of going through the states must agree on."""

    states: int
    transitions: int
    depth: int


def explore(
    initial: S, successors: Callable[[S], list[S]], is_consistent: Callable[[S], bool]
) -> Counts:
    """Breadth first, level by level."""
    parents: dict[S, S | None] = {initial: None}
    level, depth, transitions = [initial], 0, 0
    while level:
        depth += 1
        assert all(map(is_consistent, level))
        following: list[S] = []
        for state in level:
            found = successors(state)
            transitions += len(found)
            for target in found:
                if target not in parents:
                    parents[target] = state
                    following.append(target)
        level = following
    return Counts(len(parents), transitions, depth)


# ---------------------------------------------------------------- tuples


def tuples(n: int) -> Counts:
    """A state is a tuple: the states of the managers, the phase, who is prepared, what was sent."""
    everyone = frozenset(range(n))

    def successors(state: Any) -> list[Any]:
        rms, tm, prepared, sent = state
        found = []
        if tm == INIT:
            found += [(rms, tm, prepared | {r}, sent) for r in range(n) if ("prepared", r) in sent]
            if prepared == everyone:
                found.append((rms, COMMITTING, prepared, sent | {"commit"}))
            found.append((rms, ABORTING, prepared, sent | {"abort"}))
        for r in range(n):
            if rms[r] == WORKING:
                ready = (*rms[:r], PREPARED, *rms[r + 1 :])
                found.append((ready, tm, prepared, sent | {("prepared", r)}))
                found.append(((*rms[:r], ABORTED, *rms[r + 1 :]), tm, prepared, sent))
            if "commit" in sent:
                found.append(((*rms[:r], COMMITTED, *rms[r + 1 :]), tm, prepared, sent))
            if "abort" in sent:
                found.append(((*rms[:r], ABORTED, *rms[r + 1 :]), tm, prepared, sent))
        return found

    def is_consistent(state: Any) -> bool:
        return not (COMMITTED in state[0] and ABORTED in state[0])

    return explore(((WORKING,) * n, INIT, frozenset(), frozenset()), successors, is_consistent)


# ---------------------------------------------------------------- bits


def packed(n: int) -> Counts:
    """A state is a number: two bits a manager, two for the phase, one each for the rest."""
    tm, prepared, sent = 2 * n, 2 * n + 2, 3 * n + 2
    everyone = (1 << n) - 1 << prepared
    commit, abort = 1 << sent + n, 1 << sent + n + 1
    phase = 3 << tm
    receipts = [(1 << sent + r, 1 << prepared + r) for r in range(n)]
    managers = [
        (~(3 << 2 * r), 3 << 2 * r, PREPARED << 2 * r | 1 << sent + r, COMMITTED << 2 * r)
        for r in range(n)
    ]

    def successors(s: int) -> list[int]:
        found = []
        if not s & phase:
            found = [s | bit for message, bit in receipts if s & message]
            if s & everyone == everyone:
                found.append(s | COMMITTING << tm | commit)
            found.append(s | ABORTING << tm | abort)
        committing, aborting = s & commit, s & abort
        for others, aborted, ready, committed in managers:
            if not s & aborted:
                found.append(s | ready)
                found.append(s | aborted)
            if committing:
                found.append(s & others | committed)
            if aborting:
                found.append(s | aborted)
        return found

    low = (1 << 2 * n) // 3

    def is_consistent(s: int) -> bool:
        high = s >> 1 & low
        return not (high & ~s and high & s)

    return explore(0, successors, is_consistent)
