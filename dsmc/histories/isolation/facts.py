"""What a history tells, with numbers for names: who wrote what was read, and in which order.

Node 0 is the initial state, which wrote every key before all else. Nodes of transactions follow:
those that committed, and those of unknown outcome whose writes were seen, as these must have
committed. One of unknown outcome that nobody saw may be left out: every level here that a history
has is had without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from dsmc.frozen import Frozen
from dsmc.histories import words
from dsmc.histories.model import (
    Access,
    Append,
    Read,
    ReadList,
    ReadWhere,
    Status,
    Transaction,
    Transactions,
    Value,
    Write,
)

INITIAL = 0
Version = tuple[Value, Value]
"""A key and the identity of a write: its recorded identity, or else its value."""


class Problem(Frozen):
    """Something is wrong with one read by itself, whatever the order of the transactions."""

    anomaly: str
    sentence: str
    involved: tuple[Value, ...]


class Seen(Frozen):
    """A read of another's write: `writer` wrote it, at `place` in the known order of its key.

    `place` is -1 where the order of the key does not contain the write.
    """

    key: Value
    writer: int
    place: int
    value: Value


class Facts:
    """A history, indexed by the numbers of its nodes."""

    def __init__(self, history: Transactions) -> None:
        self.history = history
        self.names: list[Value] = ["the initial state"]
        self.nodes: list[Transaction | None] = [None]
        self.sessions: dict[Value, list[int]] = {}
        self.reads: list[list[Seen]] = [[]]
        #: The last value that a node wrote to each key.
        self.writes: list[dict[Value, Value]] = [{}]
        #: The nodes whose versions of a key are in a known order, oldest first.
        self.chain: dict[Value, list[int]] = {}
        #: The nodes that wrote a key, and of which it is only known that they follow the chain.
        self.loose: dict[Value, list[int]] = {}
        self.place: dict[Version, int] = {}
        self.predicates: list[tuple[int, ReadWhere]] = []
        self.problems: list[Problem] = []
        #: What the history leaves open about its reads, if anything.
        self.unclear: str | None = None

    def add(self, transaction: Transaction) -> int:
        """A new node."""
        self.names.append(transaction.id)
        self.nodes.append(transaction)
        self.reads.append([])
        self.writes.append(last_writes(transaction))
        self.sessions.setdefault(transaction.session, []).append(len(self.names) - 1)
        return len(self.names) - 1

    def add_unknown(self, key: Value, value: Value) -> int:
        """A node for whoever wrote a value that no included transaction wrote."""
        self.names.append(f"the unknown writer of {key} = {self.shown(key, value)}")
        self.nodes.append(None)
        self.reads.append([])
        self.writes.append({key: value})
        return len(self.names) - 1

    def shown(self, key: Value, version: Value) -> str:
        """What a version of a key is, in words; None is what was there first."""
        if version is None:
            return "nothing" if self.history.first is None else words.value(self.history.first)
        return words.value(self._values.get((key, version), version))

    @cached_property
    def _values(self) -> dict[Version, Value]:
        """What was written, where it is known by something else."""
        return {
            (access.key, access.write): access.value
            for transaction in self.history.transactions for access in transaction.accesses
            if isinstance(access, (Read, Write)) and access.write is not None
        }  # fmt: skip

    @property
    def ordered(self) -> bool:
        """Is the order of the versions of every key known?"""
        return all(len(nodes) < 2 for nodes in self.loose.values())

    @property
    def timed(self) -> bool:
        """Is it recorded when transactions began and ended?"""
        return any(node is not None and node.invoked is not None for node in self.nodes)

    def chain_of(self, key: Value) -> list[int]:
        """The known beginning of the order of a key's versions."""
        return self.chain.get(key) or [INITIAL]

    def overwriters(self, seen: Seen) -> list[int]:
        """Those of which it is known that they wrote the next version after the one seen."""
        chain = self.chain_of(seen.key)
        if seen.place < 0:
            return []
        if seen.place + 1 < len(chain):
            return [chain[seen.place + 1]]
        return self.loose.get(seen.key, [])


def identity(access: Read | Write | Append) -> Value:
    """What tells a write from the others of its key."""
    written = None if isinstance(access, Append) else access.write
    return access.value if written is None else written


def last_writes(transaction: Transaction) -> dict[Value, Value]:
    """The identity of the last write to each key."""
    return {
        access.key: identity(access)
        for access in transaction.accesses
        if isinstance(access, (Write, Append))
    }


def versions_seen(access: Access) -> Iterator[Version]:
    """The writes that a read has seen."""
    match access:
        case Read() if access.value is not None or access.write is not None:
            yield access.key, identity(access)
        case ReadList(key, values):
            for value in values:
                yield key, value
        case ReadWhere(_, seen, _, passed):
            yield from (version for version in (*seen, *passed) if version[1] is not None)
        case _:
            return


class Writers:
    """Who wrote each version; several may have, where values are not unique."""

    def __init__(self, history: Transactions) -> None:
        self._writers: dict[Version, int | list[int]] = {}
        self._all = history.transactions
        for number, transaction in enumerate(self._all):
            for access in transaction.accesses:
                if isinstance(access, (Write, Append)):
                    self._note((access.key, identity(access)), number)

    def _note(self, version: Version, number: int) -> None:
        known = self._writers.setdefault(version, number)
        if isinstance(known, list):
            if number not in known:
                known.append(number)
        elif known != number:
            self._writers[version] = [known, number]

    def of(self, version: Version) -> list[int]:
        """The numbers of those that may have written a version.

        Aborted ones only where no other did: a read is explained by the others if it can be.
        """
        known = self._writers.get(version)
        if not isinstance(known, list):
            return [] if known is None else [known]
        alive = [n for n in known if self._all[n].status is not Status.FAIL]
        return alive or known[:1]


def included(history: Transactions, writers: Writers) -> list[int]:
    """The transactions that committed, or must have, in the order of the record."""
    everything = history.transactions
    found = {n for n, t in enumerate(everything) if t.status is Status.OK}
    unread = list(found)
    while unread:
        for access in everything[unread.pop()].accesses:
            for version in versions_seen(access):
                for writer in writers.of(version):
                    if writer not in found and everything[writer].status is Status.INFO:
                        found.add(writer)
                        unread.append(writer)
    return sorted(found)
