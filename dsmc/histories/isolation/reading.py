"""From a history to its facts: each read is looked at by itself.

What cannot be right in any order of the transactions is found here: reads of aborted (G1a) and of
intermediate writes (G1b), of what nobody wrote, of what was written later by oneself, and reads that
do not see one's own writes (the axiom INT of Cerone, Bernardi and Gotsman, CONCUR 2015).
"""

from __future__ import annotations

from dsmc.histories import words
from dsmc.histories.isolation.chains import Numbering, appended_twice, appends_of, find_chains
from dsmc.histories.isolation.facts import (
    INITIAL,
    Facts,
    Problem,
    Seen,
    Version,
    Writers,
    identity,
    included,
    versions_seen,
)
from dsmc.histories.model import (
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


def read_history(history: Transactions) -> Facts:
    """The facts of a history."""
    facts = Facts(history)
    writers = Writers(history)
    numbers = included(history, writers)
    node_of = {number: facts.add(history.transactions[number]) for number in numbers}
    numbering = Numbering(facts, writers, node_of)
    for number in numbers:
        _note_writers(history.transactions[number], numbering)
    find_chains(facts, numbering)
    reader = _Reader(facts, writers, numbering)
    for node in node_of.values():
        reader.transaction(node)
    facts.problems.extend(appended_twice(facts))
    return facts


def _note_writers(transaction: Transaction, numbering: Numbering) -> None:
    """Unknown writers become nodes before versions are ordered."""
    for access in transaction.accesses:
        if isinstance(access, (Read, ReadWhere)):
            for version in versions_seen(access):
                numbering.of(version)


class _Reader:
    """Goes through the reads of transactions."""

    def __init__(self, facts: Facts, writers: Writers, numbering: Numbering) -> None:
        self._facts = facts
        self._writers = writers
        self._numbering = numbering
        self._checked: set[Version] = set()

    def transaction(self, node: int) -> None:
        """Note what a transaction has seen of others."""
        transaction = self._facts.nodes[node]
        assert transaction is not None
        own: dict[Value, Value] = {}
        for at, access in enumerate(transaction.accesses):
            match access:
                case Write() | Append():
                    own[access.key] = identity(access)
                case Read():
                    self._register(node, access, own)
                case ReadList():
                    self._list(node, access, transaction.accesses[:at] if own else ())
                case ReadWhere(_, seen, _, passed):
                    self._facts.predicates.append((node, access))
                    for key, value in seen:
                        self._register(node, Read(key, value), own)
                    for version in passed:
                        self._passed(node, version, own)

    def _register(self, node: int, read: Read, own: dict[Value, Value]) -> None:
        nothing = read.value is None and read.write is None
        seen = None if nothing else identity(read)
        if read.key in own:
            if own[read.key] != seen:
                self._own(node, read.key, seen, own[read.key])
        else:
            self._external(node, read.key, None if nothing else (read.key, seen))

    def _passed(self, node: int, version: Version, own: dict[Value, Value]) -> None:
        """Whose version was passed over is looked at; it is not overwritten by whatever follows."""
        key, value = version
        if key in own:
            if own[key] != value:
                self._own(node, key, value, own[key])
        elif value is not None:
            self._source(node, version)

    def _list(self, node: int, read: ReadList, before: tuple[object, ...]) -> None:
        own = appends_of(before, read.key)
        others = read.values[: len(read.values) - len(own)]
        if read.values[len(others) :] != own:
            self._internal(node, read.key, words.value(read.values), words.value(own))
            return
        for value in others[:-1]:
            self._check_aborted(node, (read.key, value))
        self._external(node, read.key, (read.key, others[-1]) if others else None)

    def _external(self, node: int, key: Value, version: Version | None) -> None:
        if version is None:
            self._facts.reads[node].append(Seen(key, INITIAL, 0, None))
            return
        writer = self._source(node, version)
        if writer != node:
            place = self._facts.place.get(version, -1)
            self._facts.reads[node].append(Seen(key, writer, place, version[1]))

    def _source(self, node: int, version: Version) -> int:
        """Who wrote what was seen. What is wrong with that is noted."""
        writer = self._numbering.of(version)
        if writer == node:
            self._problem("future read", node, version, "before it wrote it")
        else:
            self._check_source(node, writer, version)
        return writer

    def _check_source(self, node: int, writer: int, version: Version) -> None:
        by = self._facts.nodes[writer]
        if by is None:
            self._unexplained(node, version)
        elif self._facts.writes[writer].get(version[0]) != version[1]:
            self._problem("G1b", node, version, f"which {by.id} overwrote itself", by.id)

    def _unexplained(self, node: int, version: Version) -> None:
        aborted = self._aborted(version)
        if aborted is not None:
            self._problem("G1a", node, version, f"which {aborted.id} wrote and aborted", aborted.id)
        else:
            self._problem("garbage read", node, version, "which nobody wrote")

    def _check_aborted(self, node: int, version: Version) -> None:
        """An element in the midst of a list that was read."""
        if version not in self._checked:
            self._checked.add(version)
            if self._facts.nodes[self._numbering.of(version)] is None:
                self._unexplained(node, version)

    def _aborted(self, version: Version) -> Transaction | None:
        everything = self._facts.history.transactions
        for number in self._writers.of(version):
            if everything[number].status is Status.FAIL:
                return everything[number]
        return None

    def _own(self, node: int, key: Value, seen: Value, expected: Value) -> None:
        shown = self._facts.shown
        self._internal(node, key, shown(key, seen), shown(key, expected))

    def _internal(self, node: int, key: Value, seen: str, expected: str) -> None:
        name = self._facts.names[node]
        text = f"{name} read {seen} from {key}, where it had itself written {expected}"
        self._facts.problems.append(Problem("internal", text, (name,)))

    def _problem(self, anomaly: str, node: int, version: Version, why: str, *others: Value) -> None:
        name = self._facts.names[node]
        text = f"{name} read {self._facts.shown(*version)} from {version[0]}, {why}"
        self._facts.problems.append(Problem(anomaly, text, (name, *others)))


def repeats(facts: Facts) -> list[Problem]:
    """Transactions that read two versions of one key (non-repeatable reads)."""
    found = []
    for node, reads in enumerate(facts.reads):
        first: dict[Value, Seen] = {}
        for seen in reads:
            other = first.setdefault(seen.key, seen)
            if other.writer != seen.writer or other.place != seen.place:
                found.append(_repeat(facts, facts.names[node], other, seen))
    return found


def _repeat(facts: Facts, name: Value, one: Seen, other: Seen) -> Problem:
    first, second = (facts.shown(s.key, s.value) for s in (one, other))
    text = (
        f"{name} read {first} from {one.key}, and then {second}, with no write of its own between"
    )
    return Problem("non-repeatable read", text, (name,))
