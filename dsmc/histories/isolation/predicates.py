"""What a read of a predicate depends on (Adya 1999, section 3.2 and definition 4).

It has seen one version of every key: of those it names the version it names, of the others one that
does not satisfy the predicate. A later version that changes which keys satisfy it overwrites it; it
depends on the last one that did so before, or at, the version that it has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.facts import INITIAL, Facts
from dsmc.histories.isolation.graph import Graph
from dsmc.histories.model import ReadWhere, Value


def add_predicates(
    facts: Facts, start: Callable[[int], int], commit: Callable[[int], int], graph: Graph
) -> None:
    """Add the edges between those who read a predicate and those who changed what satisfies it."""
    for node, read in facts.predicates:
        for key, writer in changers(facts, node, read):
            graph.add(start(node), commit(writer), edges.PREDICATE, key)
        for key, writer in _changed_before(facts, read):
            if writer != node:
                graph.add(commit(writer), start(node), edges.WR, key)


def _changed_before(facts: Facts, read: ReadWhere) -> Iterator[tuple[Value, int]]:
    """The last writer of each key that was passed over that made it one that does not satisfy."""
    for key, version in read.passed:
        chain = facts.chain_of(key)
        satisfies = [_satisfies(facts, writer, key, read) for writer in chain]
        seen = range(1, _place(facts, key, version) + 1)
        changes = [at for at in seen if satisfies[at - 1] and not satisfies[at]]
        if changes:
            yield key, chain[changes[-1]]


def changers(facts: Facts, node: int, read: ReadWhere) -> Iterator[tuple[Value, int]]:
    """The first other writer of each key that is certain to have changed what the read has seen."""
    for key in sorted({key for key, _ in (*read.matching, *read.passed)}, key=repr):
        chain = facts.chain_of(key)
        satisfies = [_satisfies(facts, writer, key, read) for writer in chain]
        for at in range(_seen_at(facts, key, read, satisfies) + 1, len(chain)):
            if satisfies[at] != satisfies[at - 1] and chain[at] != node:
                yield key, chain[at]
                break


def _seen_at(facts: Facts, key: Value, read: ReadWhere, satisfies: Sequence[bool]) -> int:
    """The last place in the order of a key where what was seen may stand."""
    known = dict((*read.seen, *read.passed))
    if key not in known:  # whichever was seen does not satisfy
        return max(at for at, yes in enumerate(satisfies) if not yes)
    place = _place(facts, key, known[key])
    return place if place >= 0 else len(satisfies)


def _place(facts: Facts, key: Value, version: Value) -> int:
    """Where a version that was seen stands in the known order; -1 if that does not have it."""
    return INITIAL if version is None else facts.place.get((key, version), -1)


def _satisfies(facts: Facts, writer: int, key: Value, read: ReadWhere) -> bool:
    return (key, facts.writes[writer].get(key)) in read.matching


def unsure(facts: Facts) -> bool:
    """Is it open for a key that a predicate did not match which of its versions was seen?"""
    return any(
        _several(facts, key, read)
        for _, read in facts.predicates
        for key in {key for key, _ in read.matching}
        - {key for key, _ in (*read.seen, *read.passed)}
    )


def _several(facts: Facts, key: Value, read: ReadWhere) -> bool:
    """Are there versions that do not satisfy, with one that does between them?"""
    if facts.loose.get(key):
        return True
    flags = [_satisfies(facts, writer, key, read) for writer in facts.chain_of(key)]
    return any(yes and not all(flags[at:]) for at, yes in enumerate(flags))
