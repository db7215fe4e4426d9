"""The edges that a history tells for certain, in the form that a level asks for.

A transaction is one node where only the order of transactions matters, and two, its start and its
commit, where it reads from a snapshot: then what it depends on was committed before it started, and
what overwrites what it read commits after it started. Snapshot isolation is that such a graph has
no cycle for some order of the versions (as in Viper, EuroSys 2023).
"""

from __future__ import annotations

from itertools import pairwise

from dsmc.frozen import Frozen
from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.facts import INITIAL, Facts
from dsmc.histories.isolation.graph import Graph
from dsmc.histories.isolation.predicates import add_predicates
from dsmc.histories.model import Value


class Form(Frozen):
    """How transactions become nodes: `width` 1 or 2.

    With `conflicts`, of two writers of a key one commits before the other starts.
    """

    width: int
    conflicts: bool = True

    def start(self, node: int) -> int:
        """Where a transaction reads."""
        return node * self.width

    def commit(self, node: int) -> int:
        """Where it writes."""
        return node * self.width + self.width - 1

    def install(self, node: int) -> int:
        """What comes after the commit of the earlier writer of a key."""
        return self.start(node) if self.conflicts else self.commit(node)


WHOLE = Form(1)
SNAPSHOT = Form(2)
PREFIX = Form(2, conflicts=False)


class Orders(Frozen):
    """Which orders beside those of the data a level keeps."""

    sessions: bool = False
    real_time: bool = False


def known_edges(facts: Facts, form: Form, orders: Orders) -> Graph:
    """The graph of what is certain."""
    graph = Graph(len(facts.names) * form.width)
    _add_nodes(facts, form, graph)
    _add_reads(facts, form, graph)
    _add_chains(facts, form, graph)
    add_predicates(facts, form.start, form.commit, graph)
    if orders.sessions:
        _add_sessions(facts, form, graph)
    if orders.real_time:
        _add_real_time(facts, form, graph)
    return graph


def _add_nodes(facts: Facts, form: Form, graph: Graph) -> None:
    for node in range(len(facts.names)):
        graph.add(form.start(node), form.commit(node), edges.SAME)
        if node != INITIAL:
            graph.add(form.commit(INITIAL), form.start(node), edges.INITIAL)


def _add_reads(facts: Facts, form: Form, graph: Graph) -> None:
    for node, reads in enumerate(facts.reads):
        for seen in reads:
            if seen.writer != INITIAL:
                graph.add(form.commit(seen.writer), form.start(node), edges.WR, seen.key)
            for writer in facts.overwriters(seen):
                if writer != node:
                    graph.add(form.start(node), form.commit(writer), edges.RW, seen.key)


def _add_chains(facts: Facts, form: Form, graph: Graph) -> None:
    for key, chain in facts.chain.items():
        for earlier, later in pairwise(chain[1:]):
            graph.add(form.commit(earlier), form.install(later), edges.WW, key)
        for later in facts.loose.get(key, ()):
            if chain[-1] not in {INITIAL, later}:
                graph.add(form.commit(chain[-1]), form.install(later), edges.WW, key)


def add_updates(facts: Facts, graph: Graph) -> None:
    """Who read a version and then wrote its key, overwrote it, where each transaction is a node.

    In an order of versions in which it did not, the two are a cycle of a reading and an overwriting.
    """
    updates = [
        (node, seen)
        for node, reads in enumerate(facts.reads)
        for seen in reads
        if seen.place < 0 and seen.key in facts.writes[node]
    ]
    readers: dict[tuple[Value, int], list[int]] = {
        (seen.key, seen.writer): [] for _, seen in updates
    }
    for node, reads in enumerate(facts.reads):
        for seen in reads:
            readers.get((seen.key, seen.writer), []).append(node)
    for node, seen in updates:
        graph.add(seen.writer, node, edges.WW, seen.key)
        for reader in readers[seen.key, seen.writer]:
            graph.add(reader, node, edges.RW, seen.key)


def _add_sessions(facts: Facts, form: Form, graph: Graph) -> None:
    for session in facts.sessions.values():
        for earlier, later in pairwise(session):
            graph.add(form.commit(earlier), form.start(later), edges.SESSION)


def _add_real_time(facts: Facts, form: Form, graph: Graph) -> None:
    """Who returned comes before who was invoked after it, by way of moments in between."""
    moment: int | None = None
    returned: list[int] = []
    for _, ended, node in sorted(_events(facts)):
        if ended:
            returned.append(node)
            continue
        if returned:
            moment = _moment(graph, form, moment, returned)
            returned = []
        if moment is not None:
            graph.add(moment, form.start(node), edges.REAL_TIME)


def _moment(graph: Graph, form: Form, before: int | None, returned: list[int]) -> int:
    moment = graph.node()
    if before is not None:
        graph.add(before, moment, edges.REAL_TIME)
    for node in returned:
        graph.add(form.commit(node), moment, edges.REAL_TIME)
    return moment


def _events(facts: Facts) -> list[tuple[int, bool, int]]:
    """Beginnings and ends; of those at one moment the beginnings stand first."""
    found = []
    for number, node in enumerate(facts.nodes):
        if node is not None and node.invoked is not None:
            found.append((node.invoked, False, number))
        if node is not None and node.returned is not None:
            found.append((node.returned, True, number))
    return found
