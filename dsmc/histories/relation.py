"""A growing strict order with its transitive closure, and the reasons for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

from dsmc.histories.verdict import Reason


class Relation:
    """Which of the numbers below `size` come before which, and why. `pasts[n]` has a bit for each
    number that comes before n.
    """

    def __init__(self, size: int) -> None:
        self.pasts = [0] * size
        self._futures = [0] * size
        self._direct: list[dict[int, Reason]] = [{} for _ in range(size)]

    def copy(self) -> Relation:
        """The same relation, to be added to."""
        other = Relation(0)
        other.pasts, other._futures = list(self.pasts), list(self._futures)
        other._direct = [dict(after) for after in self._direct]
        return other

    def add(
        self, before: int, after: int, kind: str, names: tuple[Hashable, Hashable], because: str
    ) -> tuple[Reason, ...]:
        """Let `before` come before `after`. The cycle that this closes; empty if there is none."""
        reason = Reason(kind, *names, because)
        if before == after:
            return (reason,)
        if self.pasts[before] >> after & 1:
            return (*self.path(after, before), reason)
        if not self.pasts[after] >> before & 1:
            self._direct[before][after] = reason
            self._close(before, after)
        return ()

    def _close(self, before: int, after: int) -> None:
        past, future = self.pasts[before] | 1 << before, self._futures[after] | 1 << after
        for number in bits(future):
            self.pasts[number] |= past
        for number in bits(past):
            self._futures[number] |= future

    def path(self, start: int, end: int) -> tuple[Reason, ...]:
        """The shortest chain of reasons from one number to another that comes after it."""
        came: dict[int, tuple[int, Reason]] = {}
        waiting = deque([start])
        while end not in came:
            number = waiting.popleft()
            for after, reason in self._direct[number].items():
                if after not in came:
                    came[after] = (number, reason)
                    waiting.append(after)
        return _walked(came, start, end)


def _walked(came: dict[int, tuple[int, Reason]], start: int, end: int) -> tuple[Reason, ...]:
    found: list[Reason] = []
    while not found or end != start:
        end, reason = came[end]
        found.append(reason)
    return tuple(reversed(found))


def bits(mask: int) -> list[int]:
    """The numbers whose bit is set."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
