"""The published anomalies, each by name: is it certain that a history has it?

Cycles are looked for in the graph of what is certain (Adya 1999; Adya, Liskov and O'Neil 2000). Where
the order of versions is not known, that there is none is only said if some order of the versions has
none: that of a level which forbids it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsmc.frozen import Frozen
from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.isolation import deciders
from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.dependencies import (
    SNAPSHOT,
    WHOLE,
    Form,
    Orders,
    add_updates,
    known_edges,
)
from dsmc.histories.isolation.direct import from_problem, lost_update
from dsmc.histories.isolation.explain import violated
from dsmc.histories.isolation.facts import Facts
from dsmc.histories.isolation.graph import (
    Graph,
    Step,
    components,
    path,
    ranks,
    reach,
    short_cycle,
    topological,
)
from dsmc.histories.isolation.polygraph import bits
from dsmc.histories.isolation.predicates import unsure
from dsmc.histories.isolation.reading import repeats
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated

DATA = {edges.WW, edges.WR}
ITEMS = {*DATA, edges.RW}
Find = Callable[[Facts, Budget], Violated | None]


class Anomaly(Frozen):
    """An anomaly: its definition in a line, how it is found, and in which form it is forbidden.

    Without a form there is an order of the versions that adds none to what was found.
    """

    meaning: str
    find: Find
    forbidden: tuple[Form, ...] = ()
    of_predicates: bool = False


def decide_anomaly(facts: Facts, name: str, budget: Budget) -> Verdict:
    """Holds: the history does not have the anomaly."""
    if facts.unclear is not None:
        return Undecided(facts.unclear)
    try:
        return _decided(facts, ANOMALIES[name], budget)
    except Exhausted as limit:
        return Undecided(str(limit))


def _decided(facts: Facts, anomaly: Anomaly, budget: Budget) -> Verdict:
    found = anomaly.find(facts, budget)
    if found is not None:
        return found
    known = facts.ordered and not unsure(facts)
    if not anomaly.forbidden or known or (anomaly.of_predicates and not facts.predicates):
        return Holds()
    for form in anomaly.forbidden:
        verdict = deciders.by_any_order(facts, form, budget)
        if isinstance(verdict, Holds):
            return verdict
    return Undecided("the order in which versions were installed is not recorded")


def _certain(facts: Facts) -> Graph:
    """The edges of every order of the versions that has no circular information flow."""
    graph = known_edges(facts, WHOLE, Orders())
    add_updates(facts, graph)
    return graph


def _problem(*names: str) -> Find:
    def find(facts: Facts, _: Budget) -> Violated | None:
        return next((from_problem(p) for p in facts.problems if p.anomaly in names), None)

    return find


def _repeat(facts: Facts, _: Budget) -> Violated | None:
    return next(map(from_problem, repeats(facts)), None)


def _dirty_write(facts: Facts, _: Budget) -> Violated | None:
    graph = known_edges(facts, WHOLE, Orders())
    cycle = short_cycle(graph.only({edges.WW}))
    return None if cycle is None else violated(facts, WHOLE, graph, cycle, "G0")


def _with_one(kind: str, along: set[str], name: str) -> Find:
    """A cycle that has an edge of a kind, with others of these kinds."""

    def find(facts: Facts, _: Budget) -> Violated | None:
        graph = _certain(facts)
        part = graph.only({kind, *along})
        for members in components(part):
            inside = set(members)
            for source in sorted(inside):
                for edge in part.out[source]:
                    if edge[1] == kind and edge[0] in inside:
                        back = path(part, edge[0], source, inside.__contains__, float("inf"))
                        assert back is not None
                        return violated(facts, WHOLE, graph, [(source, *edge), *back], name)
        return None

    return find


def _read_skew(facts: Facts, _: Budget) -> Violated | None:
    graph = _certain(facts)
    cycle = edges.single_against(graph, DATA, {edges.RW})
    return None if cycle is None else violated(facts, WHOLE, graph, cycle, "G-single")


def _write_skew(facts: Facts, _: Budget) -> Violated | None:
    """Two that each read what the other overwrote, of different keys."""
    graph = _certain(facts)
    for source, edge in _against(graph):
        for back in graph.out[edge[0]]:
            if back[0] == source and back[1] == edges.RW and back[2] != edge[2]:
                steps = [(source, *edge), (edge[0], *back)]
                return violated(facts, WHOLE, graph, steps, "write skew")
    return None


def _against(graph: Graph) -> Iterator[tuple[int, edges.Edge]]:
    for source, out in enumerate(graph.out):
        for edge in out:
            if edge[1] == edges.RW:
                yield source, edge


def _long_fork(facts: Facts, budget: Budget) -> Violated | None:
    """Two readers, each of which saw what the other did not, of different keys."""
    snapshots = known_edges(facts, SNAPSHOT, Orders())
    if len(topological(snapshots)) == len(snapshots.out):
        return None  # snapshots have none, and this is soon seen
    graph = _certain(facts)
    ways = _Ways(graph.only(DATA))
    for members in components(graph.only(ITEMS)):
        inside = set(members)
        steps = [(n, *e) for n, e in _against(graph) if n in inside and e[0] in inside]
        found = _fork(ways, members, steps, budget)
        if found is not None:
            return violated(facts, WHOLE, graph, found, "long fork")
    return None


class _Ways:
    """A graph and the same turned round, each with the ranks of its nodes."""

    def __init__(self, graph: Graph) -> None:
        self.there, self.back = graph, graph.reversed()
        self.rank_there, self.rank_back = ranks(self.there), ranks(self.back)


def _fork(ways: _Ways, members: list[int], steps: list[Step], budget: Budget) -> list[Step] | None:
    """Two of the steps, with a way that ends with a read from each to the other."""
    for start in range(0, len(steps), edges.BLOCK):
        budget.spend()
        block = steps[start : start + edges.BLOCK]
        there = _reached(ways, members, block)
        origins = reach(ways.back, members, _bits_at(block, 1), ways.rank_back)
        for one in steps:
            here = _read_by(ways.back, one[0], origins)
            for number in bits(there[one[1]] & here):
                if block[number][3] != one[3]:
                    return _joined(ways.there, members, one, block[number])
    return None


def _reached(ways: _Ways, members: list[int], steps: list[Step]) -> dict[int, int]:
    """Of each member, to the source of which steps a way leads that ends with a read."""
    bit = _bits_at(steps, 0)
    readers = {node: _readers(ways.there, node, bit) for node in members}
    return reach(ways.there, members, readers, ways.rank_there)


def _bits_at(steps: list[Step], end: int) -> dict[int, int]:
    """A bit for each step, at its source (0) or its target (1)."""
    found: dict[int, int] = {}
    for number, step in enumerate(steps):
        node = step[1] if end else step[0]
        found[node] = found.get(node, 0) | 1 << number
    return found


def _read_by(back: Graph, node: int, origins: dict[int, int]) -> int:
    """The bits of those from whom a node read."""
    found = 0
    for writer, kind, _ in back.out[node]:
        if kind == edges.WR:
            found |= origins.get(writer, 0)
    return found


def _joined(way: Graph, members: list[int], one: Step, other: Step) -> list[Step]:
    within = set(members).__contains__
    there = path(way, one[1], other[0], within, float("inf"))
    back = path(way, other[1], one[0], within, float("inf"))
    assert there is not None
    assert back is not None
    return [one, *there, other, *back]


def _readers(way: Graph, node: int, bit: dict[int, int]) -> int:
    """Who read from a node."""
    found = 0
    for target, kind, _ in way.out[node]:
        if kind == edges.WR:
            found |= bit.get(target, 0)
    return found


ANOMALIES: dict[str, Anomaly] = {
    "dirty_write": Anomaly("G0: a cycle of overwritings.", _dirty_write),
    "dirty_read": Anomaly(
        "G1a or G1b: a read of what was aborted, or overwritten by its own writer.",
        _problem("G1a", "G1b"),
    ),
    "aborted_read": Anomaly("G1a: a read of what was aborted.", _problem("G1a")),
    "intermediate_read": Anomaly(
        "G1b: a read of what its own writer overwrote.", _problem("G1b")
    ),
    "circular_information_flow": Anomaly(
        "G1c: a cycle of reads and overwritings.", _with_one(edges.WR, DATA, "G1c")
    ),
    "non_repeatable_read": Anomaly("A transaction read two versions of a key.", _repeat),
    "lost_update": Anomaly(
        "P4: two read the same version of a key, and both wrote it.",
        lambda facts, _: lost_update(facts),
    ),
    "read_skew": Anomaly(
        "G-single: a cycle in which exactly one overwrote what another read.",
        _read_skew, (SNAPSHOT, WHOLE),
    ),
    "write_skew": Anomaly(
        "Two each read what the other overwrote, of different keys.", _write_skew, (WHOLE,)
    ),
    "long_fork": Anomaly(
        "Two each saw what the other did not, of different keys.", _long_fork, (SNAPSHOT, WHOLE)
    ),
    "g2_item": Anomaly(
        "A cycle in which one overwrote what another read.",
        _with_one(edges.RW, ITEMS, "G2-item"), (WHOLE,),
    ),
    "phantom": Anomaly(
        "G2: a cycle in which one changed what another's predicate matches.",
        _with_one(edges.PREDICATE, {*ITEMS, edges.PREDICATE}, "G2"), (WHOLE,), of_predicates=True,
    ),
}  # fmt: skip

#: Other names.
SYNONYMS = {
    "g0": "dirty_write", "g1a": "aborted_read", "g1b": "intermediate_read",
    "g1c": "circular_information_flow", "g_single": "read_skew", "p4": "lost_update",
    "g2": "phantom", "phantom_read": "phantom",
}  # fmt: skip
