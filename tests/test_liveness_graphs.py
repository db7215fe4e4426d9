"""Fairness, lassos and automata on graphs of numbers that are drawn at random."""

from __future__ import annotations

from typing import Any

import lassos
from hypothesis import given
from hypothesis import strategies as st
from lassos import Slow, Word

from dsmc.ir import temporal as f
from dsmc.ir import types as t
from dsmc.ir.expr import Lit
from dsmc.ir.system import Temporal
from dsmc.liveness.automaton import automaton
from dsmc.liveness.components import components
from dsmc.liveness.decide import decide
from dsmc.liveness.formula import ALWAYS_SET, broken, may_be
from dsmc.liveness.graph import NOBODY, Graph
from dsmc.liveness.lasso import Lasso
from dsmc.liveness.product import Product
from dsmc.liveness.shapes import shape_of

Edges = dict[int, list[tuple[int, int]]]
P, Q = (f.Now(Lit(n, t.Int(0, 1))) for n in (0, 1))
SHAPES = (
    f.Eventually(Q),
    f.Always(f.Eventually(Q)),
    f.Eventually(f.Always(Q)),
    f.leads_to(P, Q),
)

#: What assumes that something is so in the end.
ASSUMING = (
    f.implies(f.Always(f.Eventually(P)), f.Always(f.Eventually(Q))),
    f.implies(f.Eventually(f.Always(P)), f.Always(f.Eventually(Q))),
    f.implies(f.Always(f.Eventually(P)), f.Eventually(f.Always(Q))),
)


class Drawn(Slow):
    """A graph of numbers: condition n is true where the facts say so."""

    facts: list[tuple[bool, bool]]

    def true(self, e: Any, state: int, *, undefined: bool) -> bool:
        return self.facts[state][e.value]


def graph_of(edges: Edges, strong: list[bool], facts: list[tuple[bool, bool]]) -> Graph:
    first, targets, labels = [0], [], []
    for state in range(len(facts)):
        for target, label in edges.get(state, []):
            targets.append(target)
            labels.append(label)
        first.append(len(targets))
    bits = [
        ALWAYS_SET | sum(may_be(n, value) for n, value in enumerate(values)) for values in facts
    ]
    return Graph([0], first, targets, labels, strong, bits)


def slow_of(graph: Graph, facts: list[tuple[bool, bool]]) -> Drawn:
    edges = {
        (s, target, None if label == NOBODY else (label,))
        for s in range(graph.size)
        for target, label in graph.steps(s)
    }
    strong = {(n,) for n, is_strong in enumerate(graph.strong) if is_strong}
    used = {e[2] for e in edges}
    possible = [{e[2] for e in edges if e[0] == s and e[2]} for s in range(graph.size)]
    states = [(s,) for s in range(graph.size)]
    found = Drawn([0], states, edges, strong & used, None, possible)  # type: ignore[arg-type]
    found.facts = facts
    reached = lassos._backwards({0}, [(b, a, w) for a, b, w in edges])  # from the start on
    found.edges = {e for e in edges if e[0] in reached}
    return found


@st.composite
def drawn(draw: st.DrawFn) -> tuple[Edges, list[bool], list[tuple[bool, bool]]]:
    size, owed = draw(st.integers(1, 5)), draw(st.integers(0, 3))
    states = st.integers(0, size - 1)
    steps = draw(st.lists(st.tuples(states, states, st.integers(NOBODY, owed - 1)), max_size=10))
    edges: Edges = {}
    for source, target, label in dict.fromkeys(steps):
        if source != target:
            edges.setdefault(source, []).append((target, label))
    facts = draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=size, max_size=size))
    return edges, draw(st.lists(st.booleans(), min_size=owed, max_size=owed)), facts


def word_of(lasso: Lasso) -> Word:
    nodes = [*lasso.stem.nodes, *lasso.cycle.nodes[1:-1]]
    labels = [*lasso.stem.labels, *lasso.cycle.labels] or [NOBODY]
    return Word(
        nodes, len(lasso.stem.labels), [None if label == NOBODY else (label,) for label in labels]
    )


def assert_breaks(slow: Slow, lasso: Lasso, formula: f.Formula) -> None:
    word = word_of(lasso)
    assert lassos.is_run(slow, word)
    assert lassos.is_fair(slow, word)
    assert not lassos.holds(slow, word, formula)


@given(drawn())
def test_shapes(made: tuple[Edges, list[bool], list[tuple[bool, bool]]]) -> None:
    """As brute force, by subsets and by fixpoints."""
    edges, strong, facts = made
    graph = graph_of(edges, strong, facts)
    slow = slow_of(graph, facts)
    reached = {0} | {e[1] for e in slow.edges}
    for formula in SHAPES:
        found = decide(graph, broken(formula, number))
        assert not found.is_open
        prop = Temporal("p", "", formula)
        kept = only(slow, reached)
        assert lassos.violated(kept, prop) == (found.lasso is not None)
        assert lassos.violated(kept, prop, by_hand=True) == (found.lasso is not None)
        if found.lasso is not None:
            assert_breaks(slow, found.lasso, formula)


def only(slow: Drawn, reached: set[int]) -> Drawn:
    """The part that is reached, with numbers of its own."""
    new = {state: n for n, state in enumerate(sorted(reached))}
    edges = {(new[a], new[b], w) for a, b, w in slow.edges}
    possible = [slow.possible[s] for s in sorted(reached)]
    states = [slow.states[s] for s in sorted(reached)]
    found = Drawn([0], states, edges, slow.strong, None, possible)  # type: ignore[arg-type]
    found.facts = [slow.facts[s] for s in sorted(reached)]
    return found


def number(e: Any) -> int:
    return int(e.value)


@given(drawn())
def test_automata_decide_as_shapes_do(
    made: tuple[Edges, list[bool], list[tuple[bool, bool]]],
) -> None:
    edges, strong, facts = made
    graph = graph_of(edges, strong, facts)
    for formula in (*SHAPES, *ASSUMING):
        normal = broken(formula, number)
        assert shape_of(normal) is not None
        found = Product(graph, automaton(normal)).lasso()
        assert (found is None) == (decide(graph, normal).lasso is None)


@given(drawn(), st.data())
def test_what_is_not_known_is_not_believed(
    made: tuple[Edges, list[bool], list[tuple[bool, bool]]], data: st.DataObject
) -> None:
    """What is decided while some states are not expanded stays so, whatever follows there."""
    edges, strong, facts = made
    whole = graph_of(edges, strong, facts)
    cut = data.draw(st.sets(st.integers(0, len(facts) - 1), min_size=1))
    less = graph_of({s: steps for s, steps in edges.items() if s not in cut}, strong, facts)
    part = Graph(
        less.initial, less.first, less.targets, less.labels, strong, less.facts, frozenset(cut)
    )
    for formula in (*SHAPES, f.Until(P, Q), f.Always(f.Either(P, f.Next(Q)))):
        known, truth = (decide(g, broken(formula, number)) for g in (part, whole))
        if known.lasso is not None:
            assert_breaks(slow_of(whole, facts), known.lasso, formula)
        elif not known.is_open:
            assert truth.lasso is None


@given(drawn())
def test_components(made: tuple[Edges, list[bool], list[tuple[bool, bool]]]) -> None:
    """Two nodes are in one component if each is reached from the other."""
    edges, _, facts = made
    nodes = range(len(facts))
    plain = [(s, target, None) for s, steps in edges.items() for target, _ in steps]
    found = list(components(nodes, lambda n: edges.get(n, [])))
    assert sorted(n for component in found for n in component) == list(nodes)
    place = {n: i for i, component in enumerate(found) for n in component}
    reaches = {n: lassos._backwards({n}, plain) for n in nodes}  # who reaches n
    for a in nodes:
        for b in nodes:
            together = a in reaches[b] and b in reaches[a]
            assert (place[a] == place[b]) == together


def test_many_obligations_copy_no_state() -> None:
    """Forty processes that must each go round: one component, looked at once."""
    size = 40
    edges = {s: [((s + 1) % size, s)] for s in range(size)}
    graph = graph_of(edges, [False] * size, [(False, False)] * size)
    found = decide(graph, broken(f.Eventually(Q), number)).lasso
    assert found is not None
    assert found.length == size


def test_strong_obligations_are_left_out_one_after_the_other() -> None:
    """Two rings that touch: the way out of one is missed, then the way into it, then to go on."""
    edges = {0: [(1, 0), (2, 1)], 1: [(0, 3)], 2: [(0, 3), (3, 2)]}
    facts = [(False, False)] * 3 + [(False, True)]
    all_strong = graph_of(edges, [True] * 4, facts)
    assert decide(all_strong, broken(f.Eventually(Q), number)).lasso is None
    way_out_weak = graph_of(edges, [True, True, False, True], facts)
    assert decide(way_out_weak, broken(f.Eventually(Q), number)).lasso is not None
