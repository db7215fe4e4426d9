"""From calls, as Jepsen records them, to operations on objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dsmc.histories.formats.jepsen import Call
from dsmc.histories.formats.mistakes import refuse
from dsmc.histories.model import PENDING, Operation, Operations, Status, Value
from dsmc.source import Source

#: What is asked for an answer; what comes back from the others is what was asked.
_ASKING = frozenset({"read", "get", "dequeue", "contains", "txn"})


def operations(source: Source, calls: Iterable[Call], *, keyed: bool = False) -> Operations:
    """The operations of a history; `keyed`: each value is a pair of a key and the value itself."""
    one = _keyed if keyed else _plain
    return Operations(tuple(_operation(source, id, call, one) for id, call in enumerate(calls)))


def _plain(call: Call, value: Any) -> tuple[Value, Any]:
    return call.event.fields.get("key"), value


def _keyed(call: Call, value: Any) -> tuple[Value, Any]:
    if isinstance(value, tuple) and len(value) == 2:
        return value
    return None, value


def _operation(
    source: Source, id: int, call: Call, split: Callable[[Call, Any], tuple[Value, Any]]
) -> Operation:
    event = call.event
    if call.invoked is None:
        refuse(
            source, event.at, f"`{event.f}` came back, but was never asked for",
            "each completion needs an invocation of the same process before it",
        )  # fmt: skip
    object, asked = split(call, event.value)
    answer = split(call, call.completion.value)[1] if call.completion else None
    arg = None if event.f in ("read", "get", "dequeue") else asked
    result = _result(event.f, answer) if call.status is Status.OK else PENDING
    if event.f == "txn":
        arg, result = _txn(source, event.at, arg, result)
    if event.f == "cas" and not (isinstance(arg, tuple) and len(arg) == 2):
        refuse(source, event.at, "a compare-and-set needs two values",
               "its value is `[expected new]`")  # fmt: skip
    return Operation(
        id, event.process, object, event.f, arg, result, call.status, call.invoked, call.returned
    )  # fmt: skip


def _result(f: str, answer: Any) -> Value:
    """What came back. A compare-and-set that is `ok` has set; one that has not is `fail`."""
    if f == "cas":
        return True
    return answer if f in _ASKING else None


def _txn(source: Source, at: int, asked: Any, answer: Any) -> tuple[Value, Value]:
    """What several registers were asked; a read without a value is one of which nothing is known."""
    if answer is PENDING:
        return _accesses(source, at, asked), PENDING
    known = tuple(one for one in _accesses(source, at, answer) if one[2] is not None)
    return tuple((f, key, None if f == "read" else v) for f, key, v in known), known


def _accesses(source: Source, at: int, value: Any) -> tuple[tuple[str, Value, Value], ...]:
    rows = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(row, tuple) and len(row) == 3 for row in rows):
        refuse(source, at, "a transaction needs a list of accesses", "each is `[:read key value]`")
    return tuple(({"r": "read", "w": "write"}.get(f, str(f)), key, v) for f, key, v in rows)
