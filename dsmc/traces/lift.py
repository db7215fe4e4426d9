"""From a run of a reduced system to one of the system itself.

A reduced system does step by step what the system does: the actions that it has kept have the same
choices in the same order. So the run is followed by the places of its steps among all steps. It
begins in the first initial state from which that can be done, and what it shows is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run
from dsmc.frozen import replace
from dsmc.ir import types as t
from dsmc.ir.types import Type, Value
from dsmc.traces.replay import ReplayError


class Lift:
    """Takes the runs of a reduced system, in which some variables are `forgotten`, in the full one."""

    def __init__(
        self, full: PythonMachine, less: PythonMachine, forgotten: tuple[str, ...]
    ) -> None:
        self._full, self._less = full, less
        self._forgotten = forgotten
        kept = {action.name for action in less.system.actions}
        self._actions = [action for action in full.system.actions if action.name in kept]
        self._same = (
            full.system.actions is less.system.actions
            and full.system.variables is less.system.variables
        )

    def run(self, run: Run) -> Run:
        """The run in the full system. Raises `ReplayError` if there is none."""
        if self._same or not run.states:
            return run
        found = next(self._runs(run), None)
        if found is None:
            raise ReplayError("no run of the system itself does what one does with reductions")
        return found

    def _runs(self, run: Run) -> Iterator[Run]:
        ways = [*run.states[1:], *([run.target] if run.target is not None else [])]
        for first in self._full.initial()[0]:
            states = self._followed(first, run.states[0], ways)
            if states is not None and run.target is None:
                yield replace(run, states=states)
            elif states is not None:
                yield replace(run, states=states[:-1], target=states[-1])

    def _followed(self, full: State, less: State, ways: list[State]) -> tuple[State, ...] | None:
        """The states that lie above those of a run; None if one does not."""
        if not self._alike(full, less):
            return None
        states = [full]
        for target in ways:
            above = self._step(states[-1], less, target)
            if above is None:
                return None
            states.append(above)
            less = target
        return tuple(states)

    def _step(self, full: State, less: State, target: State) -> State | None:
        """Where the step leads in the full system that is one to the target in the reduced."""
        taken, possible = self._less.steps_from(less), self._full.steps_from(full, self._actions)
        if [_choice(step) for step in taken] != [_choice(step) for step in possible]:
            return None
        place = next(i for i, step in enumerate(taken) if step.target == target)
        above = possible[place].target
        return above if above is not None and self._alike(above, target) else None

    def _alike(self, full: State, less: State) -> bool:
        """Are the states the same, but for what is not there and what was forgotten?"""
        values, types = self._full.decode(full), self._less.system.variables
        rest = self._less.decode(less)
        return all(
            values[v.name] == rest[v.name]
            or (v.name in self._forgotten and _is_reset(v.type, values[v.name], rest[v.name]))
            for v in types
        )


def _choice(step: TracedStep) -> tuple[str, Any]:
    return step.action.name, step.labels


def _is_reset(of: Type, full: Value, less: Value) -> bool:
    """Was the value set to its default, or that of some nodes?"""
    if less == t.default(of):
        return True
    return isinstance(of, t.Map) and all(
        a == b or b == t.default(of.value) for a, b in zip(full, less, strict=True)
    )


def shows(machine: PythonMachine, number: int, run: Run) -> bool:
    """Does a run decide a property?"""
    if not run.states:
        return number in machine.initial()[1]
    last = run.states[-1]
    if number in machine.state_deciders:
        return bool(machine.state_deciders[number]([last]) >= 0)
    successors: list[Any] = []
    violated: list[int] = []
    work, own = machine.expand(last, successors, violated)
    if number in machine.step_deciders:
        decide = machine.step_deciders[number]
        return run.target in successors and decide(last, [run.target]) >= 0
    for count, deciders in ((work, machine.rest_deciders), (own, machine.stuck_deciders)):
        if number in deciders:
            return set(successors[:count]) <= {last} and bool(deciders[number](last))
    return number in violated
