"""Scenarios: is a scripted schedule possible? Its steps are looked for in the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.expr import Expr
from dsmc.ir.ops import RangeError
from dsmc.ir.types import Value

#: Where a run is: a state, and how it was reached.
Path: TypeAlias = "tuple[State, tuple[Path, TracedStep] | None]"


class Enacted:
    """What became of a script: a run that follows it all, or how far one gets.

    `stuck` is the number of the first script step that no run takes; `seen` how many states were
    looked at; `complete` is false if a limit was met.
    """

    def __init__(
        self, first: State, steps: list[TracedStep], stuck: int | None, seen: int, complete: bool
    ) -> None:
        self.first = first
        self.steps = steps
        self.stuck = stuck
        self.seen = seen
        self.complete = complete


def enact(
    machine: PythonMachine, scenario: y.Scenario, *, within: Callable[[int], bool]
) -> Enacted:
    """Follow a script from the initial states. `within` says whether so many states may be seen."""
    return _Stage(machine, within).enact(scenario)


class _Stage:
    def __init__(self, machine: PythonMachine, within: Callable[[int], bool]) -> None:
        self._machine = machine
        self._within = within
        self._functions = {f.name: f for f in machine.system.functions}
        self._seen = 0
        self._complete = True

    def enact(self, scenario: y.Scenario) -> Enacted:
        paths: list[Path] = [(state, None) for state, _ in self._machine.starts()]
        furthest = paths
        for number, step in enumerate(scenario.steps):
            paths = self._after(paths, step)
            if not paths:
                return self._result(furthest[0], number)
            furthest = paths
        return self._result(paths[0], None)

    def _result(self, path: Path, stuck: int | None) -> Enacted:
        steps: list[TracedStep] = []
        state, before = path
        while before is not None:
            (state, earlier), step = before
            steps.insert(0, step)
            before = earlier
        return Enacted(state, steps, stuck, self._seen, self._complete)

    def _after(self, paths: list[Path], step: y.ScriptStep) -> list[Path]:
        match step:
            case y.AnySteps():
                return self._closure(paths)
            case y.Expectation(expr):
                return [path for path in paths if self._holds(expr, path[0])]
            case y.Take():
                return self._unique(
                    (taken.target, (path, taken))
                    for path in paths
                    for taken in self._steps(path[0])
                    if taken.target is not None and _fits(step, taken)
                )

    def _steps(self, state: State) -> list[TracedStep]:
        self._seen += 1
        if not self._within(self._seen):
            self._complete = False
            return []
        return self._machine.steps_from(state)

    def _unique(self, paths: object) -> list[Path]:
        """One path to each state, the first."""
        found: dict[State, Path] = {}
        for path in paths:  # type: ignore[attr-defined]
            found.setdefault(path[0], path)
        return list(found.values())

    def _closure(self, paths: list[Path]) -> list[Path]:
        """All states that any steps lead to, each by a shortest path."""
        found = {path[0]: path for path in paths}
        level = list(found.values())
        while level:
            reached: list[Path] = []
            for path in level:
                for taken in self._steps(path[0]):
                    if taken.target is not None and taken.target not in found:
                        found[taken.target] = (taken.target, (path, taken))
                        reached.append(found[taken.target])
            level = reached
        return list(found.values())

    def _holds(self, expr: Expr, state: State) -> bool:
        try:
            return bool(evaluate(expr, World(self._functions, self._machine.decode(state))))
        except RangeError:
            return False


def _fits(step: y.Take, taken: TracedStep) -> bool:
    """Is a step the one that the script asks for?"""
    origin = taken.action.origin
    match step.sort:
        case "action":
            right = (
                origin.kind in (y.Kind.ACTION, y.Kind.REQUEST, y.Kind.TIMEOUT)
                and origin.title == step.name
            )
        case "message":
            right = not origin.fault and _message_of(taken, "receive") == step.name
        case "process":
            label = taken.action.name.rpartition(".")[2].partition("~")[0]
            right = origin.kind in (y.Kind.STEP, y.Kind.HANDLER, y.Kind.TIMEOUT) and step.name in (
                "",
                label,
            )
        case _:
            right = step.name == origin.title or (step.name == origin.fault == "duplicate")
    if not right or (step.role and origin.role != step.role):
        return False
    known = _labels(taken)
    return all(known.get(name) == value for name, value in step.labels)


def _message_of(taken: TracedStep, kind: str) -> str:
    for event in taken.events:
        if event.kind == kind:
            return _kind(event.types[2], event.values[2])
    return ""


def _kind(of: t.Type, content: Value) -> str:
    assert isinstance(of, t.Message)
    return str(of.kinds[content[0]].name)


def _labels(taken: TracedStep) -> dict[str, Value]:
    """Everything that a script can say of a step."""
    found = {name: value for name, value, _ in taken.labels}
    for event in taken.events:
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
