"""What is yet to be read tells which states lead nowhere.

An operation that was answered must still find a state in which that is the answer. Either the
present state grows into one, or an operation that replaces the state, and has not taken effect yet,
puts one there that does. If neither is possible, no order begins like this.
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from dsmc.histories.model import Operation, Value
from dsmc.histories.objects import Specification

_HasHappened = Callable[[int, int], bool]

_LOOKS = 4  # at so many of the next operations that read


class _Sources(NamedTuple):
    """Operations that put one state in place: those that ended, and the pending ones as a kind and
    a number in it.
    """

    ended: list[int]
    pending: list[tuple[int, int]]


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
        self._reading = [n for n, one in enumerate(ended) if spec.functions[one.f].leads]
        self._readers: dict[Value, list[int]] = {}
        for number in self._reading:
            self._readers.setdefault(ended[number].result, []).append(number)
        self._sources: dict[Value, _Sources] = {}
        for number, one in enumerate(ended):
            if spec.functions[one.f].replaces:
                self._of(one).ended.append(number)
        for kind, alike in enumerate(pending):
            if spec.functions[alike[0].f].replaces:
                self._of(alike[0]).pending.extend((kind, count) for count in range(len(alike)))
        self._leading: dict[Value, tuple[_Sources, ...]] = {}

    def _of(self, one: Operation) -> _Sources:
        """The operations that put the same state in place as this one."""
        state = self._spec.functions[one.f].apply(self._spec.initial, one.arg)[0]
        return self._sources.setdefault(state, _Sources([], []))

    def are_lost(
        self, left: Value, state: Value, low: int, window: int, has_happened: _HasHappened
    ) -> bool:
        """Can an operation that reads never be answered as it was, now that one state was left for
        another? Of many operations the next are looked at, and the next that reads what was left.

        `has_happened` says whether a pending operation has taken effect.
        """
        return any(
            not self._leads(state, self._ended[number])
            and not self._is_saved(self._ended[number], low, window, has_happened)
            for numbers, most in ((self._readers.get(left, ()), 1), (self._reading, _LOOKS))
            for number in _next(numbers, most, low, window)
        )

    def is_none(self) -> bool:
        """Was something read that nothing can have put in place?"""
        ended = (self._ended[number] for number in self._reading)
        initial = self._spec.initial
        return any(
            not self._leads(initial, one) and not self._is_saved(one, 0, 0, lambda _, __: False)
            for one in ended
        )

    def _leads(self, state: Value, one: Operation) -> bool:
        leads = self._spec.functions[one.f].leads
        return leads is None or leads(state, one.result)

    def _is_saved(self, one: Operation, low: int, window: int, has_happened: _HasHappened) -> bool:
        """Can something be put in place that leads to what the operation was answered?"""
        assert one.returned is not None
        for sources in self._leading_to(one):
            for place in range(bisect_left(sources.ended, low), len(sources.ended)):
                number = sources.ended[place]
                if self._ended[number].invoked > one.returned:
                    break
                if not _is_set(number, low, window):
                    return True
            for kind, count in sources.pending:
                begun = self._pending[kind][count].invoked <= one.returned
                if begun and not has_happened(kind, count):
                    return True
        return False

    def _leading_to(self, one: Operation) -> tuple[_Sources, ...]:
        found = self._leading.get(one.result)
        if found is None:
            found = self._leading[one.result] = tuple(
                self._sources[state] for state in self._candidates(one) if self._leads(state, one)
            )
        return found

    def _candidates(self, one: Operation) -> Sequence[Value]:
        """The states put in place that may lead to an answer; where only itself does, just that."""
        if self._spec.functions[one.f].leads is operator.eq:
            return (one.result,) if one.result in self._sources else ()
        return tuple(self._sources)


def _next(numbers: Sequence[int], most: int, low: int, window: int) -> Iterator[int]:
    """The first of the numbers whose operations have not taken effect."""
    for place in range(bisect_left(numbers, low), len(numbers)):
        if not _is_set(numbers[place], low, window):
            yield numbers[place]
            most -= 1
        if not most:
            return


def _is_set(number: int, low: int, window: int) -> bool:
    return number < low or bool(window >> (number - low) & 1)
