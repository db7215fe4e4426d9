"""The reference, guided: in each state only the steps that a partial order reduction chooses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dsmc.backends.python.machine import PythonMachine
from dsmc.liveness.formula import may_be
from dsmc.reduce.stubborn import Stubborn


class GuidedMachine(PythonMachine):
    """The system of a reduction, with the steps that it chooses."""

    def __init__(self, order: Stubborn) -> None:
        super().__init__(order.system)
        self._order = order
        kinds = [action.origin.kind for action in order.system.actions]
        self._work = sum(1 << n for n, kind in enumerate(kinds) if kind.is_work)
        self._own = sum(1 << n for n, kind in enumerate(kinds) if kind.is_own)

    @functools.cached_property
    def _looked(self) -> tuple[Any, Any]:
        return self.labelled(self._order.conditions)

    def chosen(self, state: Any) -> tuple[int, int]:
        """The steps that are possible, and those of them that are enough. Where a condition has no value,
        it is not known which are, and all are tried.
        """
        facts = self._looked[1](state)
        count = range(len(self._order.conditions))
        true = [bool(facts & may_be(n, True)) for n in count]
        if any(true[n] and facts & may_be(n, False) for n in count):
            return self._order.all, self._order.all
        possible = self._order.possible(true)
        return possible, possible & self._order.chosen(true)

    @functools.cached_property
    def expand(self) -> Callable[[Any, list[Any], list[int]], tuple[int, int]]:
        """See `Machine`."""
        return self._expand

    def _expand(self, state: Any, successors: list[Any], violated: list[int]) -> tuple[int, int]:
        possible, chosen = self.chosen(state)
        counts = self._take(chosen, state, successors, violated)
        ends = (self.rest_deciders, self.stuck_deciders)
        for kind, count, deciders in zip((self._work, self._own), counts, ends, strict=True):
            if (
                deciders
                and possible & kind & ~chosen
                and all(s == state for s in successors[:count])
            ):
                # To be at rest is to have no step at all that leads elsewhere.
                successors.clear()
                return self._take(possible, state, successors, violated)
        return counts

    def _take(
        self, chosen: int, state: Any, successors: list[Any], violated: list[int]
    ) -> tuple[int, int]:
        steps = self._looked[0]
        work = own = 0
        for number, step in enumerate(steps):
            if chosen >> number & 1:
                found: list[tuple[Any, Any]] = []
                step(state, found, violated)
                successors += [target for _, target in found]
                work = len(successors) if self._work >> number & 1 else work
                own = len(successors) if self._own >> number & 1 else own
        return work, own
