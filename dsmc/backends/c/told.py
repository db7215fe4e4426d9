"""The runs that a search in C has found, as the reference has them."""

from __future__ import annotations

from dsmc.backends.c.driver import OUTSIDE, STATE, Driver, LostError
from dsmc.backends.python.forms import forms
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run
from dsmc.engine.search import explore
from dsmc.reduce.permute import Named


class Told:
    """States that differ in names of the `symmetric` types only have counted as one."""

    def __init__(
        self, machine: PythonMachine, driver: Driver, symmetric: tuple[Named, ...]
    ) -> None:
        self._machine, self._driver, self._symmetric = machine, driver, symmetric

    def run(self, prop: int, level: int, kind: int) -> Run:
        """What decided a property, at a level (from 1; 0: the start), and how. Raises `LostError`,
        `MemoryError`.
        """
        if not level:
            return self._at_start(prop, kind)
        path = self._driver.path(prop, level, kind)
        if kind == STATE:
            return Run(tuple(path))
        if kind == OUTSIDE:
            return Run((*path, self._beyond(prop, path[-1])))
        return self._ended(prop, path)

    def _at_start(self, prop: int, kind: int) -> Run:
        if kind != OUTSIDE:
            return Run((), in_step=True)
        return Run((self._first_outside(prop, self._machine.initial()[0]),))

    def _beyond(self, prop: int, state: State) -> State:
        successors: list[State] = []
        self._machine.expand(state, successors, [])
        return self._first_outside(prop, successors)

    def _first_outside(self, prop: int, states: list[State]) -> State:
        within = self._machine.is_within
        assert within is not None
        outside = [state for state in states if not within(state)]
        return outside[self._machine.state_deciders[prop](outside)]  # type: ignore[no-any-return]

    def _ended(self, prop: int, path: list[State]) -> Run:
        """A step from the last state decided it, or that state itself, at rest."""
        machine = self._machine
        if prop in machine.rest_deciders or prop in machine.stuck_deciders:
            return Run(tuple(path))
        if prop not in machine.step_deciders:
            return Run(tuple(path), in_step=True)
        successors: list[State] = []
        machine.expand(path[-1], successors, [])
        index = machine.step_deciders[prop](path[-1], successors)
        if index < 0:  # what another state's step did before it failed
            raise LostError
        return Run(tuple(path), in_step=True, target=successors[index])

    def found_again(self, lost: frozenset[int]) -> dict[int, Run]:
        """The runs that the reference finds to what was decided where names are not alike."""
        if not lost:
            return {}
        canonical = forms(self._machine, self._symmetric)
        found = explore(self._machine, lost, canonical=canonical)
        return {prop: run for prop, run in found.decided.items() if prop in lost}
