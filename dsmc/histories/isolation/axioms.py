"""Read committed, read atomic and causal, by their axioms: time is polynomial.

Biswas and Enea (On the complexity of checking transactional consistency, OOPSLA 2019): there is an
order of commits that keeps the order of sessions and what was read from whom; and if T3 read x from
T1, and another T2 that wrote x is visible to T3, then T2 commits before T1. The levels differ in
what is visible: what was read earlier in T3; what T3 read from, or follows in its session; or all
of its causal past. How to look at few pairs is from Møldrup and Pavlogiannis (AWDIT, PLDI 2025).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.dependencies import WHOLE, Orders, known_edges
from dsmc.histories.isolation.facts import INITIAL, Facts
from dsmc.histories.isolation.graph import Graph, topological
from dsmc.histories.model import Value

Forced = tuple[int, int, Value, int]
"""T2 commits before T1, both of which wrote the key: the last, T3, shows it."""


Visible = Callable[[Facts, Graph], Iterator[Forced]]


def causal_graph(facts: Facts, *, sessions: bool = True) -> Graph:
    """The order of sessions, what was read from whom, and the known orders of versions."""
    kinds = {edges.WR, edges.WW, edges.SESSION, edges.INITIAL}
    return known_edges(facts, WHOLE, Orders(sessions=sessions)).only(kinds)


def saturated(facts: Facts, visible: Visible) -> Graph:
    """The graph with all that an axiom forces. The level is kept if it has no cycle."""
    graph = causal_graph(facts)
    for before, after, key, reader in list(visible(facts, graph)):
        graph.add(before, after, edges.WW, key)
        graph.because[before, after, key] = reader
    return graph


def read_committed(facts: Facts, _: Graph) -> Iterator[Forced]:
    """What an earlier read of the transaction has seen is visible."""
    for reader, reads in enumerate(facts.reads):
        last = {seen.key: at for at, seen in enumerate(reads)}
        first = _first_reads(facts, reader)
        for writer, at in first.items():
            for key in _shorter(facts.writes[writer], last):
                if last[key] > at and key in facts.writes[writer]:
                    for seen in reads[at + 1 :]:
                        if seen.key == key and seen.writer != writer:
                            yield writer, seen.writer, key, reader


def _first_reads(facts: Facts, reader: int) -> dict[int, int]:
    """Where in a transaction each writer was read from first."""
    first: dict[int, int] = {}
    for at, seen in enumerate(facts.reads[reader]):
        if seen.writer != INITIAL:
            first.setdefault(seen.writer, at)
    return first


def _shorter(one: dict[Value, Value], other: dict[Value, int]) -> list[Value]:
    """The keys of both, found by going through the smaller."""
    if len(one) < len(other):
        return [key for key in one if key in other]
    return [key for key in other if key in one]


def read_atomic(facts: Facts, _: Graph) -> Iterator[Forced]:
    """All is visible of those that were read from, and of those before in the session."""
    before = _last_in_session(facts)
    for reader, reads in enumerate(facts.reads):
        sources: dict[Value, list[int]] = {}
        for seen in reads:
            sources.setdefault(seen.key, []).append(seen.writer)
        for writer in {seen.writer for seen in reads} - {INITIAL}:
            for key in facts.writes[writer].keys() & sources.keys():
                yield from _all_before(writer, sources[key], key, reader)
        for key, writer in before[reader].items():
            yield from _all_before(writer, sources[key], key, reader)


def _all_before(writer: int, sources: list[int], key: Value, reader: int) -> Iterator[Forced]:
    for source in sources:
        if source != writer:
            yield writer, source, key, reader


def _last_in_session(facts: Facts) -> list[dict[Value, int]]:
    """Of the keys that a transaction read: who wrote them last before it in its session."""
    before: list[dict[Value, int]] = [{} for _ in facts.names]
    for session in facts.sessions.values():
        last: dict[Value, int] = {}
        for node in session:
            before[node] = {s.key: last[s.key] for s in facts.reads[node] if s.key in last}
            last.update(dict.fromkeys(facts.writes[node], node))
    return before


#: So many transactions are looked at together in the past of the others: a bit for each.
BLOCK = 8192


def causal(facts: Facts, graph: Graph) -> Iterator[Forced]:
    """All of the causal past is visible. There is none if causality itself has a cycle."""
    order = topological(graph.only({edges.WR, edges.SESSION, edges.INITIAL}))
    if len(order) == len(graph.out):
        for start in range(0, len(order), BLOCK):
            yield from _causal_block(facts, graph, order, order[start : start + BLOCK])


def _causal_block(
    facts: Facts, graph: Graph, order: list[int], block: list[int]
) -> Iterator[Forced]:
    bit = {node: 1 << at for at, node in enumerate(block)}
    past = _pasts(graph, order, bit)
    writers: dict[Value, int] = {}
    for node in block:
        for key in facts.writes[node]:
            writers[key] = writers.get(key, 0) | bit[node]
    for reader, reads in enumerate(facts.reads):
        for seen in reads:
            seen_too = writers.get(seen.key, 0) & past[reader]
            stale = seen_too & ~(past[seen.writer] | bit.get(seen.writer, 0))
            while stale:
                newest = block[stale.bit_length() - 1]
                yield newest, seen.writer, seen.key, reader
                stale &= ~(past[newest] | bit[newest])


def _pasts(graph: Graph, order: list[int], bit: dict[int, int]) -> list[int]:
    """For each node, which of the numbered ones are in its causal past."""
    past = [0] * len(graph.out)
    for node in order:
        own = past[node] | bit.get(node, 0)
        if own:
            for target, kind, _ in graph.out[node]:
                if kind != edges.WW:
                    past[target] |= own
    return past
