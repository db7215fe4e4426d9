"""The operations of a run: what clients asked and got, as a history, as bars, and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from dsmc.backends.observing import happening, numbered, plain, specification
from dsmc.backends.python.machine import Event
from dsmc.frozen import replace
from dsmc.histories import words
from dsmc.histories.budget import Budget
from dsmc.histories.check import guarantee
from dsmc.histories.choices import decide
from dsmc.histories.model import PENDING, Operation, Operations, Status
from dsmc.histories.observers import BROKEN, Happening
from dsmc.histories.verdict import Violated
from dsmc.ir import types as t
from dsmc.ir.history import History, Observer, Promise
from dsmc.ir.system import System
from dsmc.traces.model import Bar

_KINDS = ("begin", "end", "refused", "unknown")
_DOES = "does"
#: A node, and its thread that asks.
Client: TypeAlias = tuple[int, int]
#: What happened in the making of the initial state, and in each step.
Story: TypeAlias = Sequence[Sequence[Event]]


class Recording:
    """The operations on one history of a run."""

    def __init__(self, system: System, history: History, story: Story) -> None:
        self._history = history
        self._nodes = t.NodeId(system.roles)
        self._open: dict[Client, int] = {}  # the number of its operation
        self.operations: list[Operation] = []
        self._lane: list[int | None] = []
        self._steps: list[tuple[int, int | None]] = []
        self._time = 0
        for number, events in enumerate(story):
            for event in events:
                self._event(number, event)

    def _event(self, number: int, event: Event) -> None:
        of, _, method = event.text.partition(".")
        if event.kind == "crash" or of != self._history.name or event.kind not in _KINDS:
            return
        self._time += 1
        client = event.values[0], event.values[1]
        what = happening(self._history, event.kind, method, event.types, event.values)
        if event.kind == "begin":
            self._begin(number, client, event.types[0], what.object, what.f, what.value)
        elif client in self._open:
            self._end(number, client, event.kind, what.value)

    def _begin(
        self, number: int, client: Client, of: t.Type, object: object, method: str, arg: object
    ) -> None:
        node, _ = client
        lane = node if isinstance(of, t.NodeId) else None
        name = plain(of, node) if lane is not None else ""
        self._open[client] = len(self.operations)
        self._lane.append(lane)
        self._steps.append((number, None))
        one = Operation(
            len(self.operations), name, object, method, arg, PENDING, Status.INFO, self._time, None
        )
        self.operations.append(one)

    def _end(self, number: int, client: Client, kind: str, value: object) -> None:
        place = self._open.pop(client)
        begun, _ = self._steps[place]
        self._steps[place] = (begun, number)
        one = self.operations[place]
        if kind == "end":
            one = replace(one, result=value, status=Status.OK, returned=self._time)
        elif kind == "refused":
            one = replace(one, status=Status.FAIL, returned=self._time)
        self.operations[place] = one

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Each operation from the step that began it to the one that ended it."""
        return tuple(
            Bar(lane, f"#{one.id} {words.operation(one)}", begun, ended)
            for one, lane, (begun, ended) in zip(
                self.operations, self._lane, self._steps, strict=True
            )
        )


def asker(event: Event) -> str:
    """Which node an event of a history is of; empty if of none."""
    of, *_ = event.types or (None,)
    return str(plain(of, event.values[0])) if isinstance(of, t.NodeId) else ""


def said(event: Event) -> Iterator[str]:
    """What an event of a history is in words."""
    if event.kind not in (*_KINDS, _DOES) or "." not in event.text:
        return
    values = [plain(of, v) for of, v in zip(event.types[2:], event.values[2:], strict=True)]
    told = ", ".join(map(words.value, values))
    match event.kind:
        case "does":
            yield f"{event.text}({told})"
        case "begin":
            yield f"asks {event.text}({told})" if values else f"asks {event.text}"
        case "end":
            yield f"{event.text} answers {told}" if values else f"{event.text} is done"
        case "refused":
            yield f"{event.text} is refused"
        case _:
            yield f"does not know what becomes of {event.text}"


def bars(system: System, promise: Promise | None, story: Story) -> tuple[Bar, ...]:
    """The operations of a run: those of the history that the property is about, else of all."""
    observed = {o.history.name: o.history for o in system.observers}
    asked = [promise.history] if promise is not None else list(observed)
    return tuple(
        bar for name in asked if name in observed
        for bar in Recording(system, observed[name], story).bars
    )  # fmt: skip


def reasons(system: System, observer: Observer, story: Story) -> list[str]:
    """Why the history of a run breaks a promise."""
    if observer.history.object in ("broadcast", "commit", "replicas", "saga", "transactions"):
        return _told_by(observer, story)
    found = Recording(system, observer.history, story)
    history = Operations(tuple(found.operations))
    spec = specification(observer.history)
    asked = guarantee(observer.promise.guarantee)
    verdict = decide(asked, history, spec, Budget())
    named: Callable[[Operation], str] = words.named
    told = [f"{named(one)}" for one in found.operations]
    if not isinstance(verdict, Violated):
        return told
    return [*told, *verdict.sentences]


def _told_by(observer: Observer, story: Story) -> list[str]:
    """What was done, and what is wrong with it: in the words of who observes it."""
    remembers = numbered(observer).remembers
    memory, done = remembers.initial, list[str]()
    for events in story:
        for what in _happenings(observer.history, events):
            if what.kind == _DOES:
                done.append(_done(what))
            before, memory = memory, remembers.after(memory, what)
            if memory is BROKEN:
                return [*done, *remembers.broken(before, what)]
    return [*done, *remembers.unfinished(memory)]


def _done(what: Happening) -> str:
    value = what.value if isinstance(what.value, tuple) else (what.value,)
    told = ", ".join(words.value(one) for one in value if what.value is not None)
    return f"{words.value(what.client[0])}: {what.f} {told}".rstrip()


def _happenings(history: History, events: Sequence[Event]) -> Iterator[Happening]:
    for event in events:
        of, _, method = event.text.partition(".")
        if event.kind == "crash" and event.types:
            yield Happening("crash", (plain(event.types[0], event.values[0]), 0))
        if event.kind == _DOES and of == history.name:
            yield happening(history, _DOES, method, event.types, event.values)
