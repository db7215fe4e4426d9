"""The known beginning of the order of a key's versions.

A model records it. Of a key that only grows, the longest list that was read tells it: what stands
before was there before (Kingsbury and Alvaro, Elle, VLDB 2020). Of a key with one writer it is plain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dsmc.histories.isolation.facts import INITIAL, Facts, Problem, Version, Writers
from dsmc.histories.model import Append, ReadList, Value


class Numbering:
    """From versions to the nodes that wrote them."""

    def __init__(self, facts: Facts, writers: Writers, node_of: dict[int, int]) -> None:
        self._facts = facts
        self._writers = writers
        self._node_of = node_of
        self._unknown: dict[Version, int] = {}

    def of(self, version: Version) -> int:
        """The node that wrote a version; a new one where no included transaction did."""
        candidates = [self._node_of[n] for n in self._writers.of(version) if n in self._node_of]
        if len(candidates) > 1:
            self._note(version, candidates)
        if candidates:
            return candidates[0]
        if version not in self._unknown:
            self._unknown[version] = self._facts.add_unknown(*version)
        return self._unknown[version]

    def left_out(self, version: Version) -> bool:
        """Is it known who wrote a version, and is none of them included?"""
        writers = self._writers.of(version)
        return bool(writers) and not any(number in self._node_of for number in writers)

    def _note(self, version: Version, nodes: Sequence[int]) -> None:
        both = " and ".join(str(self._facts.names[node]) for node in nodes[:2])
        key, value = version
        shown = self._facts.shown(key, value)
        self._facts.unclear = f"{shown} was written to {key} by {both}: whose was read is not known"


def find_chains(facts: Facts, numbering: Numbering) -> None:
    """Fill in the chain, the place of its versions, and the loose writers of each key."""
    for key, versions in recorded(facts):
        kept = [value for value in versions if not numbering.left_out((key, value))]
        _add_chain(facts, numbering, key, kept)
    for node, written in enumerate(facts.writes):
        for key, last in written.items():
            if (key, last) not in facts.place:
                facts.loose.setdefault(key, []).append(node)
    for key, loose in list(facts.loose.items()):
        if len(loose) == 1:
            _append(facts, key, loose[0], facts.writes[loose[0]][key])
            facts.loose[key] = []


def recorded(facts: Facts) -> Iterable[tuple[Value, tuple[Value, ...]]]:
    """The order of versions that the history tells, by key."""
    if facts.history.versions is not None:
        return facts.history.versions
    return longest_lists(facts).items()


def _add_chain(facts: Facts, numbering: Numbering, key: Value, versions: Sequence[Value]) -> None:
    for version in versions:
        _append(facts, key, numbering.of((key, version)), version)


def _append(facts: Facts, key: Value, node: int, version: Value) -> None:
    """Add a version to a chain; one node's versions in a row are one."""
    chain = facts.chain.setdefault(key, [INITIAL])
    if chain[-1] != node:
        chain.append(node)
    facts.place[key, version] = len(chain) - 1


def longest_lists(facts: Facts) -> dict[Value, tuple[Value, ...]]:
    """The longest list that was read of each key. One that is no beginning of it is a problem."""
    longest: dict[Value, tuple[Value, ...]] = {}
    for _, read in _lists(facts):
        if len(read.values) > len(longest.get(read.key, ())):
            longest[read.key] = read.values
    for node, read in _lists(facts):
        if longest.get(read.key, ())[: len(read.values)] != read.values:
            facts.problems.append(_incompatible(facts, node, read, longest[read.key]))
    return longest


def _lists(facts: Facts) -> Iterator[tuple[int, ReadList]]:
    for number, transaction in enumerate(facts.nodes):
        if transaction is not None:
            for access in transaction.accesses:
                if isinstance(access, ReadList):
                    yield number, access


def _incompatible(facts: Facts, node: int, read: ReadList, longest: tuple[Value, ...]) -> Problem:
    name = facts.names[node]
    return Problem(
        "incompatible order",
        f"{name} read {list(read.values)} from {read.key}, which is no beginning of {list(longest)},"
        " read by another: the elements have no one order",
        (name,),
    )


def appended_twice(facts: Facts) -> Iterator[Problem]:
    """Lists in which an element stands twice."""
    for node, read in _lists(facts):
        if len(set(read.values)) < len(read.values):
            name = facts.names[node]
            yield Problem(
                "duplicate elements",
                f"{name} read {list(read.values)} from {read.key}, in which an element stands twice",
                (name,),
            )


def appends_of(accesses: Iterable[object], key: Value) -> tuple[Value, ...]:
    """What a transaction appended to a key so far."""
    return tuple(a.value for a in accesses if isinstance(a, Append) and a.key == key)
