"""Jepsen's events: invocations and what came back, paired by process into calls.

A process that got no definite answer is dead in Jepsen, and its number is not used again. Where it
is used all the same, the call without an answer stays pending for ever.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from dsmc.frozen import Frozen
from dsmc.histories.formats.mistakes import refuse
from dsmc.histories.model import Status
from dsmc.source import Source

_TYPES = ("invoke", "ok", "fail", "info")


class Event(Frozen):
    """One row of a history. `fields` has all that it says; `at` is where it stands in the text."""

    process: Hashable
    type: str
    f: str
    value: Any
    fields: Mapping[str, Any]
    at: int


class Call(Frozen):
    """An invocation with its completion, and at which positions of the history they are.

    A history may give completions alone; such a call has no known begin.
    """

    invocation: Event | None
    completion: Event | None
    invoked: int | None
    returned: int | None

    @property
    def event(self) -> Event:
        """What says which operation it is."""
        event = self.invocation or self.completion
        assert event is not None
        return event

    @property
    def status(self) -> Status:
        """How it ended; without an end nobody knows."""
        return Status.INFO if self.completion is None else Status(self.completion.type)


def events(source: Source, rows: Iterable[Any]) -> tuple[Event, ...]:
    """The events of clients. Rows may stand in a vector or list, and have the keys of Jepsen.

    What the nemesis did is no client's. Rows without any `:process` are those of one process.
    """
    found = []
    for row in _flat(rows):
        if not isinstance(row, Mapping) or row.get("type") not in _TYPES:
            refuse(
                source, getattr(row, "at", 0), "this is no event of a history",
                "an event is a map with :type (:invoke, :ok, :fail or :info), :f and :value",
            )  # fmt: skip
        process = row.get("process")
        if process is None or isinstance(process, int):
            found.append(_event(row, process))
    return tuple(found)


def _event(row: Mapping[str, Any], process: Hashable) -> Event:
    f = str(row.get("f"))
    return Event(process, str(row["type"]), f, row.get("value"), row, getattr(row, "at", 0))


def _flat(rows: Iterable[Any]) -> Iterable[Any]:
    for row in rows:
        if isinstance(row, tuple | list):
            yield from row
        else:
            yield row


def calls(history: Iterable[Event]) -> tuple[Call, ...]:
    """The calls in the order of their invocations."""
    found: list[Call] = []
    open_calls: dict[Hashable, int] = {}  # process -> which of those found is open
    for position, event in enumerate(history):
        if event.type == "invoke":
            open_calls[event.process] = len(found)
            found.append(Call(event, None, position, None))
        elif (number := open_calls.pop(event.process, None)) is not None:
            found[number] = _completed(found[number], event, position)
        elif event.type != "info":  # such a row tells of what no client asked
            found.append(Call(None, event, None, position))
    return tuple(found)


def _completed(call: Call, event: Event, position: int) -> Call:
    """A call that came back; one that may happen at any later time has no end."""
    returned = None if event.type == "info" else position
    return Call(call.invocation, event, call.invoked, returned)
