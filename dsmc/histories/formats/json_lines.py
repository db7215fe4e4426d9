"""Our own format: one operation per line, as a JSON object (docs/histories.md).

Its times are any numbers; only their order counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from dsmc.histories.formats import jsons
from dsmc.histories.formats.mistakes import refuse
from dsmc.histories.model import PENDING, Operation, Operations, Status, Value
from dsmc.source import Source

_KEYS = frozenset({"session", "object", "f", "arg", "result", "status", "invoked", "returned"})
_NEEDED = ("session", "f", "invoked")


def operations(source: Source) -> Operations:
    """The operations of a text, in the order of their invocations. Raises `Mistakes`."""
    rows = [_checked(source, row) for row in jsons.read(source)]
    rows.sort(key=lambda row: row["invoked"])
    times = {
        row[key] for row in rows for key in ("invoked", "returned") if row.get(key) is not None
    }
    ranks = {time: rank for rank, time in enumerate(sorted(times))}
    return Operations(tuple(_operation(id, row, ranks) for id, row in enumerate(rows)))


def _checked(source: Source, row: Any) -> Mapping[str, Any]:
    """A row that has what an operation needs."""
    at = getattr(row, "at", 0)
    if not isinstance(row, Mapping):
        refuse(
            source, at, "this is no operation", 'a line is `{"session": …, "f": …, "invoked": …}`'
        )
    for key in _NEEDED:
        if key not in row:
            refuse(
                source, at, f'the operation has no "{key}"', f"each line needs {_quoted(_NEEDED)}"
            )
    for key in sorted(row.keys() - _KEYS):
        refuse(source, at, f'an operation has no "{key}"', f"it may have {_quoted(sorted(_KEYS))}")
    _check_times(source, at, row)
    if not isinstance(row["f"], str):
        refuse(source, at, '"f" is no text', 'it names a function of the object, like "read"')
    if _status(row) not in [status.value for status in Status]:
        refuse(source, at, f"the status is {row['status']!r}", "it is ok, fail or info")
    return row


def _check_times(source: Source, at: int, row: Mapping[str, Any]) -> None:
    begin, end = row["invoked"], row.get("returned")
    for time in (begin,) if end is None else (begin, end):
        if isinstance(time, bool) or not isinstance(time, int | float) or not isfinite(time):
            refuse(source, at, f"{time!r} is no time", "times are numbers")
    if end is not None and end < begin:
        refuse(source, at, "the operation returns before it is invoked", "are the times swapped?")
    if end is None and _status(row) == "ok":
        refuse(source, at, 'the operation is ok, but has no "returned"', "without end it is info")


def _status(row: Mapping[str, Any]) -> Any:
    """What has returned is ok, what has not is info, unless it is said."""
    return row.get("status", "info" if row.get("returned") is None else "ok")


def _quoted(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _operation(id: int, row: Mapping[str, Any], ranks: Mapping[Any, int]) -> Operation:
    status = Status(_status(row))
    ended = row.get("returned") is not None and status is not Status.INFO
    return Operation(
        id, row["session"], row.get("object"), row["f"], row.get("arg"),
        _result(row) if status is Status.OK else PENDING, status,
        ranks[row["invoked"]], ranks[row["returned"]] if ended else None,
    )  # fmt: skip


def _result(row: Mapping[str, Any]) -> Value:
    """What came back; a set is written as a list."""
    result: Value = row.get("result")
    return result
