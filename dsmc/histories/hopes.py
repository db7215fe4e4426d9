"""What is yet to be read tells which states lead nowhere.

An operation that was answered must still find a state in which that is the answer. Either the
present state grows into one, or an operation that replaces the state, and has not taken effect yet,
puts one there that does. If neither is possible, no order begins like this.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dsmc.histories.model import Operation, Value
from dsmc.histories.objects import Specification

_LOOKS = 4  # at so many of the next operations that read


class _Hope(NamedTuple):
    """An operation that was answered, and which of those that ended, or of the pending ones of a
    kind (with its count), put what it needs in place of the state.
    """

    number: int
    result: Value
    ended: tuple[int, ...]
    pending: tuple[tuple[int, int], ...]


class Hopes:
    """Of the operations on an object that ended, by their numbers, and the kinds of pending ones."""

    def __init__(
        self,
        spec: Specification,
        ended: Sequence[Operation],
        pending: Sequence[Sequence[Operation]],
    ) -> None:
        self._spec = spec
        self._ended = ended
        self._pending = pending
        reading = [n for n, one in enumerate(ended) if spec.functions[one.f].leads is not None]
        self._hopes = [self._hope(number) for number in reading]
        self._numbers = reading
        self._known: dict[tuple[Value, Value], bool] = {}

    def _hope(self, number: int) -> _Hope:
        one = self._ended[number]
        ended = tuple(n for n, o in enumerate(self._ended) if self._puts(o, one))
        pending = tuple(
            (kind, count)
            for kind, alike in enumerate(self._pending)
            for count, o in enumerate(alike)
            if self._puts(o, one)
        )
        return _Hope(number, one.result, ended, pending)

    def _puts(self, other: Operation, one: Operation) -> bool:
        """Can an operation put in place what another one, which may come later, reads?"""
        function = self._spec.functions[other.f]
        leads = self._spec.functions[one.f].leads
        assert leads is not None
        assert one.returned is not None
        if not function.replaces or other.invoked > one.returned:
            return False
        return leads(function.apply(self._spec.initial, other.arg)[0], one.result)

    def are_lost(
        self, state: Value, low: int, window: int, has_happened: Callable[[int, int], bool]
    ) -> bool:
        """Can one of the next operations that read never be answered as it was?

        `has_happened` says whether the n-th pending operation of a kind has taken effect.
        """
        looked = 0
        for place in range(bisect_left(self._numbers, low), len(self._hopes)):
            hope = self._hopes[place]
            if _is_set(hope.number, low, window):
                continue
            if not self._leads(state, hope) and not _is_saved(hope, low, window, has_happened):
                return True
            looked += 1
            if looked == _LOOKS:
                break
        return False

    def _leads(self, state: Value, hope: _Hope) -> bool:
        key = (state, hope.result)
        known = self._known.get(key)
        if known is None:
            leads = self._spec.functions[self._ended[hope.number].f].leads
            known = self._known[key] = leads is None or leads(state, hope.result)
        return known


def _is_set(number: int, low: int, window: int) -> bool:
    return number < low or bool(window >> (number - low) & 1)


def _is_saved(hope: _Hope, low: int, window: int, has_happened: Callable[[int, int], bool]) -> bool:
    return any(not _is_set(number, low, window) for number in hope.ended) or any(
        not has_happened(kind, count) for kind, count in hope.pending
    )
