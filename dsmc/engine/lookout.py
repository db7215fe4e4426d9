"""What single runs decide: the shortest of them for each property is kept."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.engine.machine import Machine, State
from dsmc.engine.outcome import Run


class Lookout:
    """Looks at one state after the other of any runs."""

    def __init__(self, machine: Machine, wanted: frozenset[int]) -> None:
        self._machine = machine
        self._wanted = wanted
        self.decided: dict[int, Run] = {}

    def start(self, found: list[State] | None = None) -> list[State]:
        """Look at the initial states, and give them. They are collected in `found`."""
        initial, violated = self._machine.initial(found)
        for number in violated:
            self._note(number, Run((), in_step=True))
        self._look_at_states((), initial)
        return initial

    def may_go_on(self, state: State) -> bool:
        """Is the state inside the bound?"""
        within = self._machine.is_within
        return within is None or within(state)

    def look(self, path: Sequence[State]) -> None:
        """What do the last state and the steps from it decide, also those that are not taken?"""
        successors: list[State] = []
        violated: list[int] = []
        counts = self._machine.expand(path[-1], successors, violated)
        for number in violated:
            self._note(number, Run(tuple(path), in_step=True))
        self._look_at_states(path, successors)
        self._look_at_steps(path, successors)
        if self._machine.error not in violated:
            self._look_at_ends(path, successors, counts)

    def _look_at_states(self, path: Sequence[State], states: list[State]) -> None:
        for number, decide in self._machine.state_deciders.items():
            if self._is_open(number, len(path)):
                index = decide(states)
                if index >= 0:
                    self._note(number, Run((*path, states[index])))

    def _look_at_steps(self, path: Sequence[State], successors: list[State]) -> None:
        for number, decide in self._machine.step_deciders.items():
            if self._is_open(number, len(path)):
                index = decide(path[-1], successors)
                if index >= 0:
                    target = successors[index]
                    self._note(number, Run(tuple(path), in_step=True, target=target))

    def _look_at_ends(
        self, path: Sequence[State], successors: list[State], counts: tuple[int, int]
    ) -> None:
        state = path[-1]
        ends = (self._machine.rest_deciders, self._machine.stuck_deciders)
        for count, deciders in zip(counts, ends, strict=True):
            if deciders and all(successor == state for successor in successors[:count]):
                for number, violates in deciders.items():
                    if self._is_open(number, len(path) - 1) and violates(state):
                        self._note(number, Run(tuple(path)))

    def _is_open(self, number: int, steps: int) -> bool:
        """Would a run of so many steps be the shortest for this property?"""
        known = self.decided.get(number)
        return number in self._wanted and (known is None or steps < known.length)

    def _note(self, number: int, run: Run) -> None:
        known = self.decided.get(number)
        if known is None or run.length < known.length:
            self.decided[number] = run
