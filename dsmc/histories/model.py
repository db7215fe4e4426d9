"""Histories: what happened at the boundary between a system and its clients.

A value in a history is whatever can be compared and hashed: a number, a text, a tuple, `None`.
Times are positions in the record, not seconds: of two events the one with the smaller number came
first, and equal numbers mean that neither is known to have come first.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Final

from dsmc.frozen import Frozen


class Status(Enum):
    """How an operation or a transaction ended, in the sense of Jepsen's histories."""

    OK = "ok"  # it happened
    FAIL = "fail"  # it did not happen: refused or aborted
    INFO = "info"  # unknown: it may have happened, may happen later, or never


class _Pending(Enum):
    PENDING = "pending"


PENDING: Final = _Pending.PENDING
"""The result of an operation that has not returned one."""

Value = Hashable


class Name(str):
    """A value that is written as it is: one of a model."""

    __slots__ = ()


class Operation(Frozen):
    """One call of a client to one object.

    `arg` is what was asked (`None` without argument, a tuple for several), `result` what came back.
    `session` is whose order of calls is promised to be seen; it is the process unless recorded
    otherwise. `returned` is None while nothing came back: such an operation has no end.
    """

    id: int
    session: Value
    object: Value
    f: str
    arg: Value
    result: Value
    status: Status
    invoked: int
    returned: int | None


class Read(Frozen):
    """A transaction saw `value` under `key`; None is the value before any write.

    `write` identifies the write that it saw where the record (or the model) knows it.
    """

    key: Value
    value: Value
    write: Value = None


class Write(Frozen):
    """A transaction set `key` to `value`; `write` identifies the write where it is recorded."""

    key: Value
    value: Value
    write: Value = None


class Append(Frozen):
    """A transaction added `value` at the end of the list under `key`."""

    key: Value
    value: Value


class ReadList(Frozen):
    """A transaction saw the whole list under `key`."""

    key: Value
    values: tuple[Value, ...]


class ReadWhere(Frozen):
    """A transaction asked which keys satisfy a predicate, and saw these (key, value) pairs.

    `matching` says which values satisfy it, for those that the history names. What was `passed` over
    was seen and does not satisfy it, where that is known (a model knows it). In all of them, the
    identity of a write stands for its value where it is recorded; None is what was there first.
    """

    predicate: Value
    seen: tuple[tuple[Value, Value], ...]
    matching: frozenset[tuple[Value, Value]]
    passed: tuple[tuple[Value, Value], ...] = ()


Access = Read | Write | Append | ReadList | ReadWhere


class Transaction(Frozen):
    """What one transaction did, in its order. `invoked` and `returned` as for an operation."""

    id: Value
    session: Value
    accesses: tuple[Access, ...]
    status: Status
    invoked: int | None = None
    returned: int | None = None


class Sent(Frozen):
    """`process` broadcast `message`; each message is broadcast once and is known by its value."""

    process: Value
    message: Value


class Delivered(Frozen):
    """`process` handed `message` to its user."""

    process: Value
    message: Value


class Operations(Frozen):
    """A history of operations on objects, in the order of their invocations."""

    operations: tuple[Operation, ...]


class Transactions(Frozen):
    """A history of transactions; those of one session stand in the session's order.

    `versions` gives the order in which the writes of a key were installed, where it is known (a model
    knows it): key -> identities of writes, oldest first. Those of a transaction that did not commit
    are no versions, whether they stand there or not. `first` is what every key holds at the beginning,
    where that is known.
    """

    transactions: tuple[Transaction, ...]
    versions: tuple[tuple[Value, tuple[Value, ...]], ...] | None = None
    first: Value = None


class Broadcasts(Frozen):
    """A history of broadcasts, in the order of their events, and who was correct to the end."""

    events: tuple[Sent | Delivered, ...]
    correct: frozenset[Value]


History = Operations | Transactions | Broadcasts
