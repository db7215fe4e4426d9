"""Does a history keep an isolation level?

First what is wrong in any order of the versions, and cheap to find: single reads, lost updates, the
axioms of causality. Then the graph of what is certain, what it forces, and at last a choice for what
is still open.
"""

from __future__ import annotations

from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.isolation import axioms
from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.dependencies import (
    SNAPSHOT,
    WHOLE,
    Form,
    Orders,
    known_edges,
)
from dsmc.histories.isolation.direct import from_problem, lost_update
from dsmc.histories.isolation.explain import violated
from dsmc.histories.isolation.facts import Facts
from dsmc.histories.isolation.graph import Graph, Step, short_cycle, single_against, topological
from dsmc.histories.isolation.polygraph import Choice, Polygraph
from dsmc.histories.isolation.predicates import unsure
from dsmc.histories.isolation.solve import Clause, solve
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated

#: A cycle with fewer kinds of edges says more: it breaks weaker levels too.
SIMPLER = (
    {edges.WW},
    {edges.WW, edges.WR},
    {edges.WW, edges.WR, edges.INITIAL},
    {edges.WW, edges.WR, edges.INITIAL, edges.SESSION},
    {edges.WW, edges.WR, edges.INITIAL, edges.RW},
    {edges.WW, edges.WR, edges.INITIAL, edges.RW, edges.PREDICATE},
    {edges.WW, edges.WR, edges.INITIAL, edges.RW, edges.PREDICATE, edges.SESSION},
)

#: The names of what the axioms find (Viotti and Vukolić 2016; Bailis et al. 2014; and causality).
BACKWARD, FRACTURED, CAUSALITY = "non-monotonic read", "fractured read", "causality violation"

_LONG = 1e9  # seconds: as good as no limit

#: Problems of single reads that only levels above PL-1 forbid: dirty reads.
DIRTY = {"G1a", "G1b", "future read"}


def single_reads(facts: Facts, *, dirty: bool = True) -> Violated | None:
    """What is wrong with a read by itself; dirty reads are passed over if they are allowed."""
    for problem in facts.problems:
        if dirty or problem.anomaly not in DIRTY:
            return from_problem(problem)
    return None


def by_cycle(facts: Facts, form: Form, graph: Graph, anomaly: str = "") -> Verdict:
    """Is there no cycle?"""
    if len(topological(graph)) == len(graph.out):
        return Holds()
    return violated(facts, form, graph, telling_cycle(graph), anomaly)


def telling_cycle(graph: Graph) -> list[Step]:
    """A short cycle of as few kinds of edges as there is one."""
    for kinds in SIMPLER:
        cycle = short_cycle(graph.only({*kinds, edges.SAME}))
        if cycle is not None:
            return cycle
    cycle = short_cycle(graph)
    assert cycle is not None
    return cycle


def by_axiom(facts: Facts, visible: axioms.Visible, anomaly: str) -> Verdict:
    """Read committed, read atomic or causal, by their axiom.

    `anomaly` is the name of a cycle that the axiom closes; others have names of their own.
    """
    wrong = single_reads(facts)
    if wrong is not None:
        return wrong
    plain = by_cycle(facts, WHOLE, axioms.causal_graph(facts))
    if not isinstance(plain, Holds):
        return plain
    return by_cycle(facts, WHOLE, axioms.saturated(facts, visible), anomaly)


def by_kinds(facts: Facts, kinds: set[str], *, dirty: bool) -> Verdict:
    """Adya's weak levels: no cycle of these kinds.

    Where the order of versions is open there is one that adds none: any that agrees with an order
    of the rest.
    """
    wrong = single_reads(facts, dirty=dirty)
    if wrong is not None:
        return wrong
    return by_cycle(facts, WHOLE, known_edges(facts, WHOLE, Orders()).only(kinds))


def by_order(
    facts: Facts, form: Form, orders: Orders, budget: Budget, *, predicates: bool = True
) -> Verdict:
    """The levels that ask for one order of all transactions, or of their starts and commits."""
    early = single_reads(facts) or (lost_update(facts) if form.conflicts else None)
    if early is not None:
        return early
    graph = known_edges(facts, form, orders)
    if not predicates:
        graph = graph.only({*SIMPLER[3], edges.RW, edges.SAME, edges.REAL_TIME})
    polygraph = Polygraph(facts, form, graph)
    if not polygraph.prune(budget):
        return violated(facts, form, graph, telling_cycle(graph))
    verdict = _choose(facts, polygraph, list(polygraph.choices(budget)), budget)
    if predicates and isinstance(verdict, Holds) and unsure(facts):
        return Undecided("which versions a predicate has seen that did not match is not recorded")
    return verdict


def by_any_order(facts: Facts, form: Form, budget: Budget, *, predicates: bool = True) -> Verdict:
    """Such a level without the order of sessions.

    An order that keeps it shows the level too, and is found sooner: it leaves less to choose.
    """
    try:
        half = Budget(min(budget.left / 2, _LONG))
        verdict = by_order(facts, form, Orders(sessions=True), half, predicates=predicates)
    except Exhausted:
        verdict = Undecided("there was no time")
    if isinstance(verdict, Holds):
        return verdict
    return by_order(facts, form, Orders(), budget, predicates=predicates)


def parallel_snapshot(facts: Facts, budget: Budget) -> Verdict:
    """Parallel snapshot isolation: no cycle of which at most one edge is an overwriting of a read.

    Where the order of versions is open, the levels on both sides decide most histories.
    """
    early = by_axiom(facts, axioms.causal, CAUSALITY)
    if not isinstance(early, Holds):
        return early
    lost = lost_update(facts)
    if lost is not None:
        return lost
    if facts.ordered:
        return _at_most_one(facts)
    stronger = by_order(facts, SNAPSHOT, Orders(sessions=True), budget)
    if isinstance(stronger, Holds):
        return stronger
    return Undecided("the order of versions is not recorded, and snapshot isolation does not hold")


def _at_most_one(facts: Facts) -> Verdict:
    graph = known_edges(facts, WHOLE, Orders(sessions=True))
    kinds = {edges.WW, edges.WR, edges.SESSION, edges.INITIAL}
    cycle = single_against(graph, kinds, {edges.RW, edges.PREDICATE})
    return Holds() if cycle is None else violated(facts, WHOLE, graph, cycle)


def _choose(facts: Facts, polygraph: Polygraph, choices: list[Choice], budget: Budget) -> Verdict:
    if not choices:
        return Holds()
    solved = solve(polygraph.graph, choices, budget)
    if solved.choice is not None:
        return Holds()
    return no_order(facts, choices, list(solved.cycles))


def no_order(facts: Facts, choices: list[Choice], cycles: list[Clause]) -> Violated:
    """Every order of some writers closes a cycle."""
    numbers = sorted({number for cycle in cycles for number, _ in cycle})
    about = [choices[number] for number in numbers]
    said = [
        f"{facts.names[c.first]} and {facts.names[c.second]} both wrote {c.key}: either came first."
        for c in about
    ]
    involved = dict.fromkeys(facts.names[node] for c in about for node in (c.first, c.second))
    last = f"Whichever did, a cycle is closed: {len(cycles)} cycles rule out all the orders."
    return Violated("G2-item in every version order", (*said, last), (), tuple(involved))
