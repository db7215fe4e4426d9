"""The last counterexamples of a model: their actions, to be taken again in what the spec is now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.cache.store import Store
from dsmc.engine.lookout import Lookout
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run, Verdict
from dsmc.ir.show import show
from dsmc.project import Job
from dsmc.results import Result
from dsmc.traces.model import Trace

#: So many runs with the same actions are followed: more would be a search.
_MOST = 64


def remember(store: Store, job: Job, results: tuple[Result, ...]) -> None:
    """Keep the actions of all counterexamples, in place of those of the last time."""
    before = _kept(store, job)
    undecided = before.keys() - {r.name for r in results if r.verdict is not Verdict.UNKNOWN}
    now = {name: before[name] for name in undecided}
    for r in results:
        if r.trace is not None and r.trace.verdict == "violated":
            now[r.name] = _acts(r.trace)
    if now != before:
        store.put(_key(job), now)


def _acts(trace: Trace) -> list[Any]:
    return [[step.action, list(map(list, step.labels))] for step in trace.steps[1:]]


def taken(machine: PythonMachine, number: int, trace: Trace) -> Run | None:
    """A run by the actions of a trace, which may be of another system, that decides the property."""
    return _taken(machine, number, _acts(trace))


def still_violated(store: Store, job: Job, machine: PythonMachine) -> Iterator[tuple[int, Run]]:
    """The properties that the last counterexample still violates, with the run that does."""
    kept = _kept(store, job)
    for number, prop in enumerate(machine.system.properties):
        steps = kept.get(prop.name)
        run = _taken(machine, number, steps) if steps is not None else None
        if run is not None:
            yield number, run


def _kept(store: Store, job: Job) -> dict[str, Any]:
    data = store.get(_key(job))
    return data if isinstance(data, dict) else {}


def _key(job: Job) -> str:
    return hashlib.sha256(f"{job.path.resolve()}\n{job.name}".encode()).hexdigest()


def _taken(machine: PythonMachine, number: int, steps: Any) -> Run | None:
    """A run by the same actions, with the same labels, that violates the property."""
    lookout = Lookout(machine, frozenset((number,)))
    paths: list[tuple[State, ...]] = [(state,) for state in lookout.start()]
    for name, labels in [*steps, ("", ())]:
        paths = [path for path in paths if lookout.may_go_on(path[-1])][:_MOST]
        for path in paths:
            lookout.look(path)
        paths = [
            (*path, step.target) for path in paths for step in machine.steps_from(path[-1])
            if step.target is not None and _is(step, name, labels)
        ]  # fmt: skip
    return lookout.decided.get(number)


def _is(step: TracedStep, name: str, labels: Any) -> bool:
    return step.action.name == name and labels == [
        [label, show(of, value)] for label, value, of in step.labels
    ]
