"""Transactions as Jepsen and Elle record them: each value is a list of `[f key value]`.

`:append` and reads of lists are of lists, `:w` and other reads of registers. Of a transaction that
is not `ok` only the writes count: what it would have read is not known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from dsmc.histories.formats.jepsen import Call
from dsmc.histories.formats.mistakes import refuse
from dsmc.histories.model import (
    Access,
    Append,
    Read,
    ReadList,
    Status,
    Transaction,
    Transactions,
    Write,
)
from dsmc.source import Source

READS, WRITES = frozenset({"r", "read"}), frozenset({"w", "write"})
OWN = frozenset({"r", "w", "append"})  # Elle's; those of Knossos are the other ones
WORDS = READS | WRITES | OWN


def transactions(source: Source, calls: Iterable[Call]) -> Transactions:
    """The history of a text whose calls were paired. Raises `Mistakes`."""
    everything = list(calls)
    reader = _Reader(source, _has_lists(everything))
    return Transactions(tuple(map(reader.transaction, everything, range(len(everything)))))


def are_transactions(calls: Iterable[Call]) -> bool:
    """Are the values lists of reads and writes, in the words of Elle?"""
    values = [call.event.value for call in calls]
    return any(values) and all(not value or _is_list(value, OWN) for value in values)


def _is_list(value: Any, words: Collection[str] = WORDS) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(one, tuple) and len(one) == 3 and one[0] in words for one in value
    )


def _has_lists(calls: Iterable[Call]) -> bool:
    """Are there appends, or else, where nothing is written, reads of lists?"""
    events = (event for call in calls for event in (call.invocation, call.completion))
    values = (event.value for event in events if event is not None and _is_list(event.value))
    kinds = {(one[0], isinstance(one[2], tuple)) for value in values for one in value}
    words = {word for word, _ in kinds}
    return "append" in words or (not words & WRITES and any(is_list for _, is_list in kinds))


class _Reader:
    def __init__(self, source: Source, lists: bool) -> None:
        self._source = source
        self._lists = lists

    def transaction(self, call: Call, number: int) -> Transaction:
        ok = call.status is Status.OK
        event = call.completion if ok and call.completion else call.event
        if event.value is not None and not _is_list(event.value):
            refuse(
                self._source, event.at, "this is no transaction",
                "its :value is a list of [:r key value], [:w key value] or [:append key value]",
            )  # fmt: skip
        done = [one for one in event.value or () if ok or one[0] not in READS]
        accesses = [self._access(event.at, *one) for one in done]
        times = call.invoked, call.returned
        return Transaction(f"T{number + 1}", event.process, tuple(accesses), call.status, *times)

    def _access(self, at: int, f: str, key: Any, value: Any) -> Access:
        if f == "append":
            return Append(key, value)
        if f in WRITES:
            return Write(key, value)
        if not self._lists:
            return Read(key, value)
        if not isinstance(value, tuple | None):
            refuse(
                self._source, at, "a list should be read, as elsewhere in this history",
                "registers and lists need histories of their own",
            )  # fmt: skip
        return ReadList(key, value or ())
