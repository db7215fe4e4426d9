"""From a run, a list of states, to a trace: each step is taken again in the reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dsmc.backends.python.machine import Event, Owed, PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run
from dsmc.frozen import replace
from dsmc.ir import types as t
from dsmc.ir.history import Observer, Promise
from dsmc.ir.names import shown
from dsmc.ir.show import node_name, show
from dsmc.ir.system import (
    Assertion,
    Fires,
    NoError,
    Property,
    Reachable,
    Scenario,
    System,
    Temporal,
    Transition,
)
from dsmc.traces.changes import Values, apart, changes, chosen, told, turned
from dsmc.traces.cuts import cut
from dsmc.traces.explain import headline, reasons
from dsmc.traces.faulty import fault_in
from dsmc.traces.forever import Told, goes_on, sentences
from dsmc.traces.ledger import Ledger, Traffic
from dsmc.traces.model import Bar, Change, Cut, Lane, Step, Trace
from dsmc.traces.titles import place, title, where
from dsmc.traces.why import said

if TYPE_CHECKING:
    from dsmc.traces.operations import Story


class ReplayError(Exception):
    """The reference does not take the steps of a run: a bug of ours, never shown as a trace."""


def replay(machine: PythonMachine, prop: Property, run: Run, *, spec: str, model: str) -> Trace:
    """The trace of a run that decided a property. Raises `ReplayError` if it cannot be taken."""
    return _Teller(machine, prop, spec, model).tell(run)


def retell(
    machine: PythonMachine, prop: Scenario, first: State, steps: list[TracedStep], *, spec: str,
    model: str, stuck: int | None = None,
) -> Trace:  # fmt: skip
    """The trace of a scenario's steps; `stuck` is the line of the script that is not possible."""
    targets = [step.target for step in steps if step.target is not None]
    trace = _Teller(machine, prop, spec, model).tell(Run((first, *targets)), steps)
    if stuck is None:
        return trace
    return replace(
        trace, verdict="impossible", headline=f"{prop.name} is not possible",
        reasons=(f"after step {trace.length} there is no `{said(prop.steps[stuck].span)}`",),
    )  # fmt: skip


def steps_of(machine: PythonMachine, prop: Property, run: Run) -> list[TracedStep]:
    """The steps of a run, the one that decided the property last."""
    owed = run.owed or (None,) * len(run.states)
    found = [
        _step_to(machine, here, there, whose)
        for here, there, whose in zip(run.states, run.states[1:], owed, strict=False)
    ]
    if run.start is not None and run.states[-1] != run.states[run.start]:
        raise ReplayError("the run does not come back to where it goes round")
    last = _last_step(machine, prop, run)
    return [*found, last] if last is not None else found


def _step_to(
    machine: PythonMachine, here: State, there: State, owed: Owed | None = None
) -> TracedStep:
    """The step between two states; if it is owed to somebody, the one that is."""
    for step in machine.steps_from(here):
        if step.target == there and owed in (None, step.owed):
            return step
    raise ReplayError("no step leads from one state of the run to the next")


def _last_step(machine: PythonMachine, prop: Property, run: Run) -> TracedStep | None:
    """The step from the last state that decided the property, if a step did."""
    if not run.states:
        return None
    candidates = machine.steps_from(run.states[-1])
    match prop:
        case Fires(_, names):
            wanted = [c for c in candidates if c.action.name in names and c.target is not None]
        case Assertion(_, number):
            wanted = [c for c in candidates if _failed_assertion(c, number)]
        case NoError():
            wanted = [c for c in candidates if c.error]
        case Transition():
            wanted = [c for c in candidates if c.target == run.target]
        case _:
            return None
    if not wanted:
        raise ReplayError("no step from the last state of the run does what the run shows")
    return wanted[0]


def _failed_assertion(step: TracedStep, number: int) -> bool:
    return any(e.kind == "assert" and e.text == str(number) for e in step.events)


class _Teller:
    """Tells one run."""

    def __init__(self, machine: PythonMachine, prop: Property, spec: str, model: str) -> None:
        self._machine = machine
        self._system: System = machine.system
        self._prop = prop
        self._spec, self._model = spec, model
        self._lanes = lanes(self._system)
        self._ledger = Ledger()

    def tell(self, run: Run, steps: list[TracedStep] | None = None) -> Trace:
        steps = steps_of(self._machine, self._prop, run) if steps is None else steps
        states = [self._machine.decode(s) for s in run.states]
        begun, others = self._beginning(run.states[0]) if run.states else ((), ())
        told = [self._start(begun, states[:1], others)]
        for number, step in enumerate(steps, start=1):
            after = self._machine.decode(step.target) if step.target is not None else None
            told.append(self._step(number, step, states[number - 1], after))
            if number == len(states) and after is not None:
                states.append(after)
        story = [begun, *(step.events for step in steps)]
        return Trace(
            spec=self._spec, model=self._model, name=self._prop.name,
            verdict=_verdict(self._prop),
            headline=self._headline(run, len(steps)), doc=getattr(self._prop, "doc", ""),
            lanes=self._lanes, steps=tuple(told), messages=tuple(self._ledger.messages),
            reasons=tuple(self._reasons(run, steps, states, told, story)), states=tuple(states),
            variables=self._variables(), loop=run.start,
            operations=self._operations(story),
        )  # fmt: skip

    def _beginning(self, first: State) -> tuple[tuple[Event, ...], Iterable[State]]:
        """What happened in the making of a first state; others that there might have been."""
        starts = self._machine.starts
        return starts.get(first, ()), apart(first, starts)

    def _variables(self) -> tuple[tuple[str, t.Type], ...]:
        """The variables; the numbers of what observers remember mean nothing to others."""
        hidden = {o.variable for o in self._system.observers}
        return tuple((v.name, v.type) for v in self._system.variables if v.name not in hidden)

    def _headline(self, run: Run, steps: int) -> str:
        if run.start is not None:
            return f"{self._prop.name} is violated: {goes_on(run)}"
        return headline(self._prop, steps)

    def _reasons(
        self, run: Run, steps: list[TracedStep], states: list[Values], told: list[Step],
        story: Story,
    ) -> list[str]:  # fmt: skip
        if isinstance(self._prop, Temporal):
            messages = tuple(self._ledger.messages)
            known = Told(run, tuple(steps), self._lanes, messages)
            return sentences(self._machine, self._prop, known)
        if self._observer is not None:
            from dsmc.traces import operations

            return operations.reasons(self._system, self._observer, story)
        return reasons(self._system, self._prop, states, told)

    def _operations(self, story: Story) -> tuple[Bar, ...]:
        """The operations of the histories that are observed."""
        if not self._system.observers:
            return ()
        from dsmc.traces import operations

        return operations.bars(self._system, self._promise, story)

    @property
    def _observer(self) -> Observer | None:
        """Who observes the history of the property, if it is a guarantee of one."""
        return next((o for o in self._system.observers if self._prop.name in o.properties), None)

    @property
    def _promise(self) -> Promise | None:
        return None if self._observer is None else self._observer.promise

    def _start(self, begun: Sequence[Event], first: list[Values], starts: Iterable[State]) -> Step:
        """The start, with what was chosen there."""
        numbers = _numbers(self._ledger.enter(0, tuple(begun)))
        others = map(self._machine.decode, starts)
        values = chosen(self._system, first[0], others) if first else ()
        said = _said(begun, named=True)
        return Step(0, None, "start", "start", "", "", "", *numbers, values, said=said)

    def _step(self, number: int, step: TracedStep, before: Values, after: Values | None) -> Step:
        traffic = self._ledger.enter(number, step.events)
        cut = self._cut(step)
        down, up = turned(self._system, before, after) if after is not None else ([], [])
        return Step(
            number, self._lane_of(step),
            title(self._lanes, step, traffic, self._ledger.messages, cut), _sort(step),
            fault_in(step), shown(step.action.name), place(where(step), self._system.file),
            *_numbers(traffic),
            self._changes(step, before, after) if after is not None else (),
            tuple((shown(name), show(of, value)) for name, value, of in step.labels),
            tuple(down), tuple(up), cut, step.error,
            _said(step.events),
        )  # fmt: skip

    def _changes(self, step: TracedStep, before: Values, after: Values) -> tuple[Change, ...]:
        given = told(self._lane_of(step), step.events, before, after)
        return (*given, *changes(self._system, before, after))

    def _lane_of(self, step: TracedStep) -> int | None:
        wanted = step.action.origin.node
        for name, value, of in step.labels:
            if name == wanted and isinstance(of, t.Role):
                return of.first + int(value)
        return None

    def _cut(self, step: TracedStep) -> Cut | None:
        """What is cut off from now on."""
        for event in step.events:
            if event.kind == "heal":
                return cut(self._lanes, frozenset())
            if event.kind == "partition":
                return cut(self._lanes, frozenset((a, b) for _, a, b in event.values[0]))
        return None


#: What histories are told of.
_EVENTS = ("begin", "end", "refused", "unknown", "does")


def _said(told: Sequence[Event], *, named: bool = False) -> tuple[str, ...]:
    """What clients asked and got in a step, and what nodes did that a history records.

    `named`: whoever did it is no matter of course.
    """
    events = [event for event in told if event.kind in _EVENTS]
    if not events:
        return ()
    from dsmc.traces import operations

    return tuple(
        f"{who}: {one}" if (who := operations.asker(event)) and named else one
        for event in events for one in operations.said(event)
    )  # fmt: skip


def lanes(system: System) -> tuple[Lane, ...]:
    """A lane for each node; one for the system if it has no nodes."""
    found = tuple(
        Lane(node_name(role, n), role.name) for role in system.roles for n in range(role.size)
    )
    return found or (Lane("", ""),)


Numbers = tuple[int, ...]


def _numbers(t: Traffic) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    return t.sent, t.received, t.lost, t.dropped


def _verdict(prop: Property) -> str:
    """What a run of the property shows."""
    match prop:
        case Reachable() | Fires():
            return "reached"
        case Scenario():
            return "possible"
        case _:
            return "violated"


def _sort(step: TracedStep) -> str:
    origin = step.action.origin
    return fault_in(step) or ("restart" if origin.title == "restart" else origin.kind.value)
