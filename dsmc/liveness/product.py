"""Runs of the graph together with runs of an automaton over the facts of their states.

A run ends by staying where it is for ever, which is fair only where nothing is owed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from dsmc.liveness.automaton import Automaton
from dsmc.liveness.fair import Mark, fair_sets
from dsmc.liveness.graph import NOBODY, Edge, Graph
from dsmc.liveness.lasso import Lasso, Path, Tree, lasso

#: A state, a node of the automaton, and whether the run has ended.
Place: TypeAlias = tuple[int, int, bool]
#: So often it is asked what follows a node between two ticks.
_EACH = 1024


class Product:
    """Looks for runs that the automaton accepts. Its nodes are places, by number. There may be very many:
    now and then somebody is told by `tick`, who may raise.
    """

    def __init__(
        self, graph: Graph, automaton: Automaton, tick: Callable[[], None] = lambda: None
    ) -> None:
        self._tick = tick
        self._asked = 0
        self._graph = graph
        self._automaton = automaton
        self._facts = [node.facts for node in automaton.nodes]
        self._numbers: dict[Place, int] = {}
        self._places: list[Place] = []
        self._edges: dict[int, Sequence[Edge]] = {}
        first = [n for s in graph.initial for n in self._fitting(s, automaton.first, ended=False)]
        self._tree = Tree(((node, 0) for node in first), self.follows)

    def lasso(self) -> Lasso | None:
        """A short run that the automaton accepts; None if there is none that was explored."""
        marks = [self._mark(nodes) for nodes in self._automaton.marks]
        known = [n for n in self._tree.nodes if not self._is_unexpanded(n)]
        found = lasso(self._tree, list(fair_sets(known, self, marks)), self, marks)
        return found and Lasso(self._told(found.stem), self._told(found.cycle))

    @property
    def is_open(self) -> bool:
        """Does a run that may yet be accepted come to where it is not known what follows?"""
        return any(map(self._is_unexpanded, self._tree.nodes))

    def _mark(self, nodes: frozenset[int]) -> Mark:
        return lambda node: self._places[node][1] in nodes

    def _is_unexpanded(self, node: int) -> bool:
        return self._places[node][0] in self._graph.unexpanded

    def _told(self, path: Path) -> Path:
        """The states of a path, without the steps that only say that the run has ended."""
        nodes, labels = [self._places[path.nodes[0]][0]], []
        for _, target, label in path.steps:
            state, _, ended = self._places[target]
            if not ended:
                nodes.append(state)
                labels.append(label)
        return Path(tuple(nodes), tuple(labels))

    # ------------------------------------------------------------ as a view

    def follows(self, node: int) -> Sequence[Edge]:
        """See `View`."""
        self._asked += 1
        if not self._asked % _EACH:
            self._tick()
        if node not in self._edges:
            self._edges[node] = list(self._followed(self._places[node]))
        return self._edges[node]

    def _followed(self, place: Place) -> Iterator[Edge]:
        state, at, ended = place
        after = self._automaton.follows[at]
        if not ended:
            for target, label in self._graph.steps(state):
                yield from ((n, label) for n in self._fitting(target, after, ended=False))
        if ended or not self._graph.possible(state):
            yield from ((n, NOBODY) for n in self._fitting(state, after, ended=True))

    def _fitting(self, state: int, nodes: Sequence[int], *, ended: bool) -> Iterator[int]:
        facts = self._graph.facts[state]
        for node in nodes:
            if all(facts & bits for bits in self._facts[node]):
                yield self._number((state, node, ended))

    def _number(self, place: Place) -> int:
        if place not in self._numbers:
            self._numbers[place] = len(self._places)
            self._places.append(place)
        return self._numbers[place]

    def possible(self, node: int) -> set[int]:
        """See `View`."""
        return self._graph.possible(self._places[node][0])

    def is_strong(self, label: int) -> bool:
        """See `View`."""
        return self._graph.strong[label]
