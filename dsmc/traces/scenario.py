"""Scenarios: is a scripted schedule possible? Its steps are looked for in the reference.

The script is followed for all runs at once: after each of its lines there is a stage, the states
that some run can be in then, each with the state that it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.frozen import Frozen
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.expr import Expr
from dsmc.ir.ops import RangeError
from dsmc.ir.types import Value


class Enacted(Frozen):
    """What became of a script: a run that follows it all, or how far one gets.

    `stuck` is the number of the first script step that no run takes; `complete` is false if a limit
    was met before that was certain.
    """

    first: Any
    steps: tuple[TracedStep, ...]
    stuck: int | None
    complete: bool


class _Stage(Frozen):
    """Where runs are after a line of the script (None: at the start). `came_from` says for each
    state from which state of the stage before it was reached, or of this one (`inside`).
    """

    line: y.ScriptStep | None
    came_from: dict[State, State]
    inside: dict[State, State]

    def states(self) -> Iterator[State]:
        yield from self.came_from
        yield from self.inside


def enact(
    machine: PythonMachine, scenario: y.Scenario, *, within: Callable[[int], bool]
) -> Enacted:
    """Follow a script from the initial states. `within` says whether so many states may be seen."""
    return _Play(machine, within).enact(scenario)


class _Play:
    def __init__(self, machine: PythonMachine, within: Callable[[int], bool]) -> None:
        self._machine = machine
        self._within = within
        self._functions = {f.name: f for f in machine.system.functions}
        self._seen = 0
        self._complete = True

    def enact(self, scenario: y.Scenario) -> Enacted:
        initial, _ = self._machine.initial()
        stages = [_Stage(None, {state: state for state in initial}, {})]
        for number, line in enumerate(scenario.steps):
            stage = self._after(list(stages[-1].states()), line)
            if not stage.came_from:
                return self._result(stages, number)
            stages.append(stage)
        return self._result(stages, None)

    def _result(self, stages: list[_Stage], stuck: int | None) -> Enacted:
        """The run to the first state of the last stage."""
        state = next(stages[-1].states())
        steps: list[TracedStep] = []
        for stage in reversed(stages):
            while state in stage.inside:
                before = stage.inside[state]
                steps.append(self._taken(before, state, None))
                state = before
            before = stage.came_from[state]
            if isinstance(stage.line, y.Take):
                steps.append(self._taken(before, state, stage.line))
            state = before
        return Enacted(state, tuple(reversed(steps)), stuck, self._complete)

    def _taken(self, before: State, after: State, line: y.Take | None) -> TracedStep:
        steps = self._fitting(before, line) if line else self._machine.steps_from(before)
        return next(step for step in steps if step.target == after)

    # ------------------------------------------------------------ stages

    def _after(self, states: list[State], line: y.ScriptStep) -> _Stage:
        match line:
            case y.AnySteps():
                return _Stage(line, {state: state for state in states}, self._closure(states))
            case y.Expectation(expr):
                good = {state: state for state in states if self._holds(expr, state)}
                return _Stage(line, good, {})
            case y.Take():
                found: dict[State, State] = {}
                for state in states:
                    for step in self._fitting(state, line) if self._may_go_on() else ():
                        found.setdefault(step.target, state)
                return _Stage(line, found, {})

    def _closure(self, states: list[State]) -> dict[State, State]:
        """What any steps lead to, breadth-first: each further state and the one before it."""
        known, found = set(states), {}
        level = states
        while level:
            reached: list[State] = []
            for state in level:
                successors: list[State] = []
                if self._may_go_on():
                    self._machine.expand(state, successors, [])
                for target in successors:
                    if target not in known:
                        known.add(target)
                        found[target] = state
                        reached.append(target)
            level = reached
        return found

    def _may_go_on(self) -> bool:
        self._seen += 1
        self._complete = self._complete and self._within(self._seen)
        return self._complete

    def _fitting(self, state: State, line: y.Take) -> list[TracedStep]:
        actions = [a for a in self._machine.system.actions if _may_fit(line, a)]
        steps = self._machine.steps_from(state, actions)
        return [step for step in steps if step.target is not None and _fits(line, step)]

    def _holds(self, expr: Expr, state: State) -> bool:
        try:
            return bool(evaluate(expr, World(self._functions, self._machine.decode(state))))
        except RangeError:
            return False


# ---------------------------------------------------------------- does a step fit a line?

_PLAIN = (y.Kind.ACTION, y.Kind.REQUEST, y.Kind.TIMEOUT)
_OF_PROCESS = (y.Kind.STEP, y.Kind.HANDLER, y.Kind.TIMEOUT)


def _may_fit(line: y.Take, action: y.Action) -> bool:
    """Are some of the steps of an action what the script asks for?"""
    origin = action.origin
    if line.role and origin.role != line.role:
        return False
    match line.sort:
        case "action":
            return origin.kind in _PLAIN and origin.title == line.name
        case "message":
            return not origin.fault
        case "process":
            label = action.name.rpartition(".")[2].partition("~")[0]
            return origin.kind in _OF_PROCESS and line.name in ("", label)
        case _:
            return line.name == origin.title or (line.name == origin.fault == "duplicate")


def _fits(line: y.Take, step: TracedStep) -> bool:
    """Is a step of an action that fits the one that the script asks for?"""
    if line.sort == "message" and _received(step) != line.name:
        return False
    known = _labels(step)
    return all(known.get(name) == value for name, value in line.labels)


def _received(step: TracedStep) -> str:
    for event in step.events:
        if event.kind == "receive":
            return _kind(event.types[2], event.values[2])
    return ""


def _kind(of: t.Type, content: Value) -> str:
    assert isinstance(of, t.Message)
    return str(of.kinds[content[0]].name)


def _labels(step: TracedStep) -> dict[str, Value]:
    """Everything that a script can say of a step."""
    found = {name: value for name, value, _ in step.labels}
    for event in step.events:
        if event.kind in ("receive", "lose", "duplicate", "reorder"):
            sender, receiver, content = event.values
            of = event.types[2]
            assert isinstance(of, t.Message)
            fields = [name for name, _ in of.kinds[content[0]].fields]
            found |= dict(zip(fields, content[1:], strict=True))
            found |= {"from": sender, "to": receiver, "message": _kind(of, content)}
        if event.kind == "partition":
            found["cut"] = event.values[0]
    return found
