"""Why a run that goes on for ever is fair and breaks its property: the sentences of a trace that say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine.outcome import Run
from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.evaluate import World
from dsmc.ir.names import CUT, UP
from dsmc.ir.show import node_name, show
from dsmc.ir.system import Fairness, Kind, Temporal
from dsmc.ir.types import Value
from dsmc.traces.broken import States, broken_by
from dsmc.traces.model import Lane, Message
from dsmc.traces.untaken import untaken
from dsmc.traces.waiting import waiting

_APART = "the two are cut off from each other"
#: So many actions that are not taken are named; of more it is said how many.
_MOST = 8


def goes_on(run: Run) -> str:
    """How the run goes on for ever."""
    start, last = run.start, len(run.states) - 1
    assert start is not None
    if start == last:
        return f"nothing happens any more {_after(start)}" if start else "nothing ever happens"
    return f"again and again {_steps(start + 1, last)}" + (f", {_after(start)}" if start else "")


def _steps(first: int, last: int) -> str:
    return f"step {last}" if first == last else f"steps {first} to {last}"


class Told(Frozen):
    """What is known of a run when it was told: its steps, and what became of messages."""

    run: Run
    steps: tuple[TracedStep, ...]
    lanes: tuple[Lane, ...]
    messages: tuple[Message, ...]


def sentences(machine: PythonMachine, prop: Temporal, told: Told) -> list[str]:
    """What stays open, what could be done and is not, which message never arrives."""
    run = told.run
    assert run.start is not None
    states = [machine.decode(state) for state in run.states]
    open_ = broken_by(machine.system, prop.shown or prop.formula, states, run.start)
    missed = _missed(machine, told)
    said = [one.sentence for one in missed[:_MOST]]
    said += [f"so are {len(missed) - _MOST} others"] if len(missed) > _MOST else []
    return [
        *open_,
        *said,
        *_stuck(machine, run, states[-1]),
        *_undelivered(machine, told, [states[place] for place in _places(run)]),
    ]


def _stuck(machine: PythonMachine, run: Run, last: dict[str, Value]) -> list[str]:
    """Who waits for whom, where nothing happens any more."""
    if run.start != len(run.states) - 1:
        return []
    functions = {function.name: function for function in machine.system.functions}
    return waiting(machine.system, World(functions, last))


# ---------------------------------------------------------------- what is not done


class Missed(Frozen):
    """Something that is possible on the way round and not done there."""

    title: str
    fairness: Fairness
    possible: tuple[int, ...]
    impossible: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """What it is, and why a fair run may leave it undone."""
        if self.fairness is Fairness.NONE:
            return f"{self.title} is possible, but is owed to nobody"
        if not self.impossible:
            return f"{self.title} stays possible: without fairness it need not be done"
        if self.fairness is Fairness.STRONG:
            return f"{self.title} is possible again and again: without fairness it need not be done"
        when, not_when = _after(self.possible[0]), _after(self.impossible[0])
        return f"{self.title} is possible {when} but not {not_when}: it does not stay possible"


def _after(place: int) -> str:
    return f"after step {place}" if place else "at the start"


def _missed(machine: PythonMachine, told: Told) -> list[Missed]:
    """What is possible somewhere on the way round, and done nowhere on it."""
    run = told.run
    assert run.start is not None
    places = _places(run)
    done = {_identity(step) for step in told.steps[run.start :]}
    found: dict[object, tuple[TracedStep, list[int]]] = {}
    for place in places:
        here = run.states[place]
        for step in machine.steps_from(here):
            if step.target not in (None, here) and step.action.origin.kind is not Kind.FAULT:
                known = found.setdefault(_identity(step), (step, []))
                known[1].extend([place] if place not in known[1] else [])
    return [
        Missed(
            _title(step), step.action.fairness, tuple(at),
            tuple(place for place in places if place not in at),
        )
        for identity, (step, at) in found.items() if identity not in done
    ]  # fmt: skip


def _places(run: Run) -> range:
    """The places on the way round, each once."""
    assert run.start is not None
    return range(run.start, max(len(run.states) - 1, run.start + 1))


def _possible(machine: PythonMachine, run: Run) -> Iterator[TracedStep]:
    """The steps that are possible on the way round, but for faults."""
    for place in _places(run):
        for step in machine.steps_from(run.states[place]):
            if step.action.origin.kind is not Kind.FAULT:
                yield step


def _identity(step: TracedStep) -> object:
    """What is owed, or the action and its node."""
    return step.owed or (step.action.name, _node(step))


def _node(step: TracedStep) -> str:
    for name, value, of in step.labels:
        if name == step.action.origin.node and isinstance(of, t.Role):
            return node_name(of, value)
    return ""


def _title(step: TracedStep) -> str:
    """`on Ask from Client.2` of Server.1"""
    origin, key = step.action.origin, step.action.key
    rest = [(n, show(of, v)) for n, v, of in step.labels if n in key and n != origin.node]
    if origin.kind is Kind.HANDLER and rest:
        said = f"{origin.title} from {rest[0][1]}"
    else:
        named = ", ".join(f"{n} = {v}" for n, v in rest)
        said = f"{origin.title} ({named})" if named else origin.title
    node = _node(step)
    return f"`{said}` of {node}" if node else f"`{said}`"


# ---------------------------------------------------------------- messages


def _undelivered(machine: PythonMachine, told: Told, round_: States) -> Iterator[str]:
    """The messages that were there before the way round, and are at its end."""
    for message in told.messages:
        if message.fate == "in flight" and message.sent <= (told.run.start or 0):
            sender, receiver = (told.lanes[n].name for n in (message.sender, message.receiver))
            why = _why_not(machine, told, message, round_)
            yield f"{message.text} from {sender} to {receiver} never arrives: {why}"


def _why_not(machine: PythonMachine, told: Told, message: Message, round_: States) -> str:
    """What is so all the way round; else what comes between."""
    receiver = told.lanes[message.receiver]
    down = [_is_down(machine, told, message, state) for state in round_]
    apart = [_are_apart(message, state) for state in round_]
    ways = ((f"{receiver.name} is down", down), (_APART, apart))
    for how, when in ways:
        if all(when):
            return how
    for how, when in ways:
        if any(when):
            return f"again and again {how}"
    if any(_takes(step, message) for step in _possible(machine, told.run)):
        instead = "each time does something else" if _acts(told, receiver) else "need not"
        return f"{receiver.name} could take it, and {instead}"
    functions = {function.name: function for function in machine.system.functions}
    return untaken(machine.system, World(functions, round_[-1]), message, receiver.name)


def _is_down(machine: PythonMachine, told: Told, message: Message, state: dict[str, Value]) -> bool:
    role = told.lanes[message.receiver].role
    first = next(r.first for r in machine.system.roles if r.name == role)
    up: Sequence[bool] = state.get(f"{role}.{UP}", ())
    return bool(up) and not up[message.receiver - first]


def _are_apart(message: Message, state: dict[str, Value]) -> bool:
    return (message.sender, message.receiver) in {(a, b) for _, a, b in state.get(CUT, ())}


def _acts(told: Told, lane: Lane) -> bool:
    """Does a node do something of its own on the way round?"""
    done = told.steps[told.run.start :]
    return any(
        _node(step) == lane.name and step.action.origin.kind is not Kind.FAULT for step in done
    )


def _takes(step: TracedStep, message: Message) -> bool:
    """Is it a step that takes a message with the same ends and content?"""
    received = (event for event in step.events if event.kind == "receive")
    return any(
        (*event.values[:2], show(event.types[2], event.values[2]))
        == (message.sender, message.receiver, message.text)
        for event in received
    )
