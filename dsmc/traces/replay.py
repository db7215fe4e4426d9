"""From a run, a list of states, to a trace: each step is taken again in the reference."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.backends.python.machine import Event, PythonMachine, TracedStep
from dsmc.engine.machine import State
from dsmc.engine.outcome import Run
from dsmc.frozen import replace
from dsmc.ir import types as t
from dsmc.ir.show import node_name, show
from dsmc.ir.system import (
    Assertion,
    Fires,
    Kind,
    NoError,
    Property,
    Scenario,
    Storage,
    System,
    Transition,
    Variable,
)
from dsmc.ir.types import Type, Value
from dsmc.traces.explain import after, headline, reasons
from dsmc.traces.model import Change, Lane, Message, Step, Trace

Values = dict[str, Value]


class ReplayError(Exception):
    """The reference does not take the steps of a run: a bug of ours, never shown as a trace."""


def replay(machine: PythonMachine, prop: Property, run: Run, *, spec: str, model: str) -> Trace:
    """The trace of a run that decided a property. Raises `ReplayError` if it cannot be taken."""
    return _Teller(machine, prop, spec, model).tell(run)


def retell(
    machine: PythonMachine, scenario: Scenario, first: State, steps: list[TracedStep], *,
    stuck: int | None, spec: str, model: str,
) -> Trace:  # fmt: skip
    """The trace of a script, as far as it can be followed: up to its line `stuck`."""
    targets = [step.target for step in steps if step.target is not None]
    trace = _Teller(machine, scenario, spec, model).tell(Run((first, *targets)), steps)
    if stuck is None:
        return trace
    line = " ".join(scenario.steps[stuck].span.text.split())
    told = f"{scenario.name} is not possible: {after(len(steps))}, `{line}` cannot come"
    return replace(trace, verdict="violated", headline=told)


def steps_of(machine: PythonMachine, prop: Property, run: Run) -> list[TracedStep]:
    """The steps of a run, the one that decided the property last."""
    found = [
        _step_to(machine, here, there)
        for here, there in zip(run.states, run.states[1:], strict=False)
    ]
    last = _last_step(machine, prop, run)
    return [*found, last] if last is not None else found


def _step_to(machine: PythonMachine, here: State, there: State) -> TracedStep:
    for step in machine.steps_from(here):
        if step.target == there:
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
        self._messages: list[Message] = []
        self._in_flight: list[int] = []

    def tell(self, run: Run, steps: list[TracedStep] | None = None) -> Trace:
        steps = steps_of(self._machine, self._prop, run) if steps is None else steps
        first = run.states[0] if run.states else None
        states = [self._machine.decode(s) for s in run.states]
        told = [self._start(first)]
        for number, step in enumerate(steps, start=1):
            after = self._machine.decode(step.target) if step.target is not None else None
            told.append(self._step(number, step, states[number - 1], after))
            if number == len(states) and after is not None:
                states.append(after)
        headline_, why = (
            headline(self._prop, len(steps)),
            reasons(self._system, self._prop, states, told),
        )
        return Trace(
            spec=self._spec, model=self._model, name=self._prop.name,
            verdict="reached" if _is_witness(self._prop) else "violated",
            headline=headline_, doc=self._prop.doc if hasattr(self._prop, "doc") else "",
            lanes=self._lanes, steps=tuple(told), messages=tuple(self._messages),
            reasons=tuple(why), states=tuple(states),
            variables=tuple((v.name, v.type) for v in self._system.variables),
        )  # fmt: skip

    # ------------------------------------------------------------ steps

    def _start(self, first: State | None) -> Step:
        events: tuple[Event, ...] = ()
        for state, made in self._machine.starts() if first is not None else []:
            if state == first:
                events = made
        sent, received, lost = self._account(0, events)
        return Step(0, None, "start", "", "start", "", "", "", sent, received, lost, ())

    def _step(self, number: int, step: TracedStep, before: Values, after: Values | None) -> Step:
        sent, received, lost = self._account(number, step.events)
        origin = step.action.origin
        lane = self._lane_of(step)
        changes = tuple(self._changes(before, after)) if after is not None else ()
        crashed, restarted = self._turned(before, after, "up")
        told = Step(
            number, lane, origin.title, self._detail(step), _sort(step), origin.fault,
            step.action.name, _place(step), sent, received, lost, changes,
            tuple((name, show(of, value)) for name, value, of in step.labels),
            crashed, restarted, error=step.error,
        )  # fmt: skip
        return replace(told, groups=self._groups(step))

    def _lane_of(self, step: TracedStep) -> int | None:
        wanted = step.action.origin.node
        for name, value, of in step.labels:
            if name == wanted and isinstance(of, t.Role):
                return of.first + int(value)
        return None

    def _detail(self, step: TracedStep) -> str:
        """The parameters of the step that the title does not say, and what was chosen."""
        hidden = {step.action.origin.node, "message", "from", "to", "place", "side"}
        if step.action.origin.kind is Kind.HANDLER or "cut by" in step.action.origin.title:
            return ""
        params = {p.name for p in step.action.params}
        shown = [
            f"{name} = {show(of, value)}"
            for name, value, of in step.labels
            if name not in hidden and name in params
        ]
        return ", ".join(shown)

    def _groups(self, step: TracedStep) -> tuple[tuple[int, ...], ...] | None:
        """After a partition: the groups of nodes that can still reach each other; () if healed."""
        for event in step.events:
            if event.kind == "heal":
                return ()
            if event.kind == "partition":
                cut = {(a, b) for _, a, b in event.values[0]}
                return _components(len(self._lanes), cut)
        return None

    # ------------------------------------------------------------ messages

    def _account(
        self, number: int, events: tuple[Event, ...]
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Follow the messages that a step sends, receives and loses."""
        sent: list[int] = []
        received: list[int] = []
        lost: list[int] = []
        for event in events:
            match event.kind:
                case "send":
                    sent.append(self._sent(number, event, None))
                case "duplicate":
                    sent.append(self._sent(number, event, self._find(event)))
                case "receive":
                    received.append(self._ended(number, event, "received"))
                case "lose":
                    lost.append(self._ended(number, event, "lost"))
        return tuple(sent), tuple(received), tuple(lost)

    def _sent(self, number: int, event: Event, copy_of: int | None) -> int:
        sender, receiver, content = event.values
        text = show(event.types[2], content)
        kinds = event.types[2]
        assert isinstance(kinds, t.Message)
        message = Message(
            len(self._messages), kinds.kinds[content[0]].name, text, sender, receiver, number, None,
            "in flight", copy_of,
        )  # fmt: skip
        self._messages.append(message)
        self._in_flight.append(message.number)
        return message.number

    def _find(self, event: Event) -> int | None:
        """The oldest message in flight with these ends and this content."""
        sender, receiver, content = event.values
        text = show(event.types[2], content)
        for number in self._in_flight:
            message = self._messages[number]
            if (message.sender, message.receiver, message.text) == (sender, receiver, text):
                return number
        return None

    def _ended(self, number: int, event: Event, fate: str) -> int:
        found = self._find(event)
        if found is None:
            found = self._sent(number, event, None)
        self._in_flight.remove(found)
        self._messages[found] = replace(self._messages[found], ended=number, fate=fate)
        return found

    # ------------------------------------------------------------ changes

    def _changes(self, before: Values, after: Values) -> Iterable[Change]:
        for variable in self._system.variables:
            if variable.storage not in (Storage.INTERNAL, Storage.CONTROL):
                old, new = before[variable.name], after[variable.name]
                if old != new:
                    yield from self._changed(variable, old, new)

    def _changed(self, variable: Variable, old: Value, new: Value) -> Iterable[Change]:
        ghost = variable.storage is Storage.GHOST
        if variable.owner is None:
            for name, was, now in _parts(variable.name, variable.type, old, new):
                yield Change(name, was, now, None, ghost)
            return
        assert isinstance(variable.type, t.Map)
        short = variable.name.partition(".")[2]
        for node, (a, b) in enumerate(zip(old, new, strict=True)):
            if a != b:
                for name, was, now in _parts(short, variable.type.value, a, b):
                    yield Change(name, was, now, variable.owner.first + node, ghost)

    def _turned(
        self, before: Values, after: Values | None, what: str
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The nodes that went down, and those that came up."""
        down: list[int] = []
        up: list[int] = []
        for variable in self._system.variables:
            if (
                after is None
                or variable.owner is None
                or variable.name != f"{variable.owner.name}.{what}"
            ):
                continue
            pairs = zip(before[variable.name], after[variable.name], strict=True)
            for node, (was, now) in enumerate(pairs):
                if was != now:
                    (up if now else down).append(variable.owner.first + node)
        return tuple(down), tuple(up)


def lanes(system: System) -> tuple[Lane, ...]:
    """A lane for each node; one for the system if it has no nodes."""
    found = tuple(
        Lane(node_name(role, n), role.name) for role in system.roles for n in range(role.size)
    )
    return found or (Lane("", ""),)


def _is_witness(prop: Property) -> bool:
    return type(prop).__name__ in ("Reachable", "Fires", "Scenario")


def _sort(step: TracedStep) -> str:
    origin = step.action.origin
    return origin.fault or ("restart" if origin.title == "restart" else origin.kind.value)


def _place(step: TracedStep) -> str:
    span = step.action.origin.span
    return f"line {span.line}" if span.source.name else ""


def _parts(name: str, type: Type, old: Value, new: Value) -> Iterable[tuple[str, str, str]]:
    """What changed in a value: the entries of a map one by one, else the whole."""
    if not isinstance(type, t.Map):
        yield name, show(type, old), show(type, new)
        return
    for key, was, now in zip(t.values(type.key), old, new, strict=True):
        if was != now:
            yield from _parts(f"{name}[{show(type.key, key)}]", type.value, was, now)


def _components(count: int, cut: set[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """The nodes in groups: two are in one if nothing between them is cut, directly or through
    others.
    """
    groups: list[list[int]] = []
    for node in range(count):
        linked = [
            g for g in groups if any((node, o) not in cut and (o, node) not in cut for o in g)
        ]
        merged = sorted({node, *(n for g in linked for n in g)})
        groups = [g for g in groups if g not in linked] + [merged]
    return tuple(tuple(g) for g in sorted(groups))
