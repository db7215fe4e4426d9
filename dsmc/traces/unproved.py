"""Counterexamples to induction as traces: runs that begin in a state which may be unreachable."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run
from dsmc.frozen import replace
from dsmc.ir.system import Property
from dsmc.traces.labels import Labels
from dsmc.traces.model import Trace
from dsmc.traces.replay import lanes, replay

_SOME_STATE = "some state, which may be unreachable"


def unproved(
    machine: PythonMachine, prop: Property, run: Run, usual: State, *, spec: str, model: str
) -> Trace:
    """The trace of a counterexample to induction; the tool's own variables are told where they are not as
    `usual`. Raises `ReplayError` if the run cannot be taken.
    """
    trace = _in_flight_before(replay(machine, prop, run, spec=spec, model=model))
    first = machine.decode(run.states[0])
    labels = Labels(machine.system, lanes(machine.system), [first, machine.decode(usual)])
    start = replace(trace.steps[0], title=_SOME_STATE, said=tuple(labels.of(first).splitlines()))
    steps = f"{trace.length} step{'s' * (trace.length != 1)}"
    headline = f"{prop.name} is not proved: it fails {steps} after a state that may be unreachable"
    return replace(trace, headline=headline, verdict="not proved", steps=(start, *trace.steps[1:]))


def _in_flight_before(trace: Trace) -> Trace:
    """The trace, with the messages that nobody sends in it as sent before it begins."""
    sent = {number for step in trace.steps for number in step.sent}
    messages = tuple(m if m.number in sent else replace(m, sent=0) for m in trace.messages)
    before = tuple(m.number for m in trace.messages if m.number not in sent)
    start = replace(trace.steps[0], sent=(*trace.steps[0].sent, *before))
    return replace(trace, messages=messages, steps=(start, *trace.steps[1:]))
