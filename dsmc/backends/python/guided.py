"""The reference, guided: in each state only the steps that a partial order reduction chooses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dsmc.backends.python.machine import ByAction, Facts, PythonMachine
from dsmc.engine.machine import Partial
from dsmc.liveness.formula import may_be
from dsmc.reduce.stubborn import Stubborn


class GuidedMachine(PythonMachine):
    """The system of a reduction, with the steps that it chooses."""

    def __init__(self, order: Stubborn) -> None:
        super().__init__(order.system)
        self.order: Stubborn = order
        kinds = [action.origin.kind for action in order.system.actions]
        self._work = sum(1 << n for n, kind in enumerate(kinds) if kind.is_work)
        self._own = sum(1 << n for n, kind in enumerate(kinds) if kind.is_own)

    @functools.cached_property
    def _looked(self) -> tuple[list[ByAction], Facts]:
        return self.apart(self.order.conditions)

    def chosen(self, state: Any, still: int = 0, *, led: bool = False) -> tuple[int, int, bool]:
        """The steps that are possible, those of them that are enough, and whether these lead to every goal
        (as they do if the search is `led`). Where a condition has no value, it is not known which are
        possible, and all are tried.
        """
        facts = self._looked[1](state)
        count = range(len(self.order.conditions))
        true = [bool(facts & may_be(n, True)) for n in count]
        if any(true[n] and facts & may_be(n, False) for n in count):
            return self.order.all, self.order.all, True
        possible = self.order.possible(true)
        if led:
            return possible, possible & self.order.leading(true, possible), True
        chosen, leads = self.order.chosen(true, possible, still)
        return possible, possible & chosen, leads

    @property
    def partial(self) -> Partial | None:
        """See `Machine`."""
        return self if self.order.staying else None

    def taken(self, state: Any) -> tuple[int, int]:
        """See `Partial`."""
        return self._taken(state, [], [])[:2]

    @functools.cached_property
    def expand(self) -> Callable[[Any, list[Any], list[int]], tuple[int, int]]:
        """See `Machine`."""
        return lambda state, successors, violated: self._taken(state, successors, violated)[2]

    def lead(self, state: Any, successors: list[Any], violated: list[int]) -> tuple[int, int]:
        """See `Partial`."""
        possible, chosen, _ = self.chosen(state, led=True)
        counts = self._take(chosen, state, successors, violated)
        return self._at_rest(possible & ~chosen, state, successors, violated, counts)

    def _taken(
        self, state: Any, successors: list[Any], violated: list[int]
    ) -> tuple[int, int, tuple[int, int]]:
        """What is possible, and taken: all of it, if that leads to every goal. With the counts of `expand`.

        What leads nowhere is no reason to leave out anything else.
        """
        taken, counts = 0, (0, 0)
        while True:
            possible, chosen, leads = self.chosen(state, taken)
            new = self._take(chosen & ~taken, state, successors, violated)
            counts = (max(counts[0], new[0]), max(counts[1], new[1]))
            taken |= chosen
            if leads or not possible & ~taken or any(s != state for s in successors):
                break
        counts = self._at_rest(possible & ~taken, state, successors, violated, counts)
        return possible, possible if leads else taken, counts

    def _at_rest(
        self, others: int, state: Any, successors: list[Any], violated: list[int],
        counts: tuple[int, int],
    ) -> tuple[int, int]:  # fmt: skip
        """To be at rest is to have no step at all that leads elsewhere: then the others are taken, too."""
        ends = (self.rest_deciders, self.stuck_deciders)
        stays = [all(s == state for s in successors[:count]) for count in counts]
        kinds = (self._work, self._own)
        if any(
            deciders and still and others & kind
            for deciders, still, kind in zip(ends, stays, kinds, strict=True)
        ):
            return self._take_others(others, state, successors, violated, stays)
        return counts

    def _take_others(
        self, others: int, state: Any, successors: list[Any], violated: list[int], stays: list[bool]
    ) -> tuple[int, int]:
        """What is told of the successors are two counts: all of them, where a step leads elsewhere."""
        found: list[Any] = []
        counts = self._take(others, state, found, violated)
        successors += found
        work, own = (
            0 if still and all(s == state for s in found[:count]) else len(successors)
            for still, count in zip(stays, counts, strict=True)
        )
        return work, own

    def _take(
        self, chosen: int, state: Any, successors: list[Any], violated: list[int]
    ) -> tuple[int, int]:
        steps = self._looked[0]
        work = own = 0
        for number, step in enumerate(steps):
            if chosen >> number & 1:
                step(state, successors, violated)
                work = len(successors) if self._work >> number & 1 else work
                own = len(successors) if self._own >> number & 1 else own
        return work, own
