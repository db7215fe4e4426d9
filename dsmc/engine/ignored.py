"""Where a search that leaves out steps has put some off for ever.

From each state some terminal component is reached: a strongly connected component that no step leaves. A
step that is possible in one, and taken nowhere in it, is put off there for ever (Valmari, Stop It, and Be
Stubborn!, arXiv 1504.02587, where all components are such). Steps have other names in states that count
as one: there it must be a single state in which nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from dsmc.engine.machine import Machine, Partial
from dsmc.liveness.components import components
from dsmc.liveness.graph import NOBODY


class Ignored:
    """Looks at the states of a search, at each once. Of states that count as one only one is there: `form`
    says which these are.
    """

    def __init__(
        self, machine: Machine, partial: Partial, form: Callable[[Any], Hashable] | None
    ) -> None:
        self._machine = machine
        self._partial = partial
        self._form = form
        self._numbers: dict[Hashable, int] = {}
        self._targets: list[set[int]] = []

    def among(self, states: Sequence[Any], levels: Sequence[int]) -> list[Any]:
        """The states from which the search is to go on: of each component where steps are put off, those
        that were found first. All of `states` have been expanded; the `levels` begin at these numbers.
        """
        first = len(self._targets)
        for number in range(first, len(states)):
            self._numbers[self._same(states[number])] = number
        for state in states[first:]:
            self._targets.append(self._after(state))
        found: list[int] = []
        for component in components(range(first, len(states)), self._follows):
            if self._is_terminal(set(component)) and self._ignores([states[n] for n in component]):
                end = next((n for n in levels if n > min(component)), len(states))
                found += [n for n in component if n < end]
        return [states[n] for n in sorted(found)]

    def lead(self, state: Any, successors: list[Any], violated: list[int]) -> tuple[int, int]:
        """See `Partial`."""
        return self._partial.lead(state, successors, violated)

    def _same(self, state: Any) -> Hashable:
        return state if self._form is None else self._form(state)

    def _after(self, state: Any) -> set[int]:
        successors: list[Any] = []
        self._machine.expand(state, successors, [])
        return {self._numbers[self._same(one)] for one in successors}

    def _follows(self, number: int) -> list[tuple[int, int]]:
        return [(target, NOBODY) for target in sorted(self._targets[number])]

    def _is_terminal(self, component: set[int]) -> bool:
        return all(self._targets[n] <= component for n in component)

    def _ignores(self, component: Sequence[Any]) -> bool:
        possible = taken = 0
        for state in component:
            here, chosen = self._partial.taken(state)
            if not here & ~chosen:
                return False
            possible |= here
            taken |= chosen
        return self._form is not None or bool(possible & ~taken)
