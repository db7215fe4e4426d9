"""Does a property hold on every fair run of a graph?"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Protocol

from dsmc.frozen import Frozen
from dsmc.liveness.automaton import automaton
from dsmc.liveness.formula import Normal, alternatives
from dsmc.liveness.graph import Graph
from dsmc.liveness.lasso import Lasso, Tree
from dsmc.liveness.near import Part, near, sizes
from dsmc.liveness.product import Product
from dsmc.liveness.shapes import Breaking, Shape, shape_of


class Decided(Frozen):
    """A fair run that breaks the property, if there is one. Else, if it `is_open`, there may be one
    where the graph was not explored.
    """

    lasso: Lasso | None
    is_open: bool


class Broken(Protocol):
    """Runs that break a property."""

    @property
    def is_open(self) -> bool:
        """Does one that may yet break it come to where it is not known what follows?"""

    def lasso(self) -> Lasso | None:
        """A short one; None if there is none that was explored."""


class Decider:
    """Decides properties of one graph, what they have in common once. Who has a faster way to find runs of
    a common shape gives it; then the graph is perhaps not needed. What takes long calls `tick`, which may
    raise.
    """

    def __init__(
        self, graph: Callable[[], Graph], breaking: Callable[[Shape], Broken] | None = None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._make = graph
        self._tick = tick
        self._breaking = breaking or self._broken

    @functools.cached_property
    def _graph(self) -> Graph:
        return self._make()

    @functools.cached_property
    def _reached(self) -> Tree:
        return _reached(self._graph)

    @functools.cached_property
    def _near(self) -> list[tuple[Part, Tree]]:
        """What is near the start, with what is reached there."""
        parts = [near(self._graph, most) for most in sizes(self._graph.size)]
        return [(part, _reached(part.graph)) for part in parts]

    def _broken(self, shape: Shape) -> Broken:
        for part, reached in self._near:
            lasso = Breaking(part.graph, shape, reached).lasso()
            if lasso is not None:
                return part.found(lasso)
        return Breaking(self._graph, shape, self._reached)

    def decide(self, broken: Normal) -> Decided:
        """Look for a fair run that does what breaks a property."""
        found = [self._decided(one) for one in dict.fromkeys(alternatives(broken))]
        lassos = [one.lasso for one in found if one.lasso is not None]
        shortest = min(lassos, key=lambda one: one.length, default=None)
        return Decided(shortest, any(one.is_open for one in found))

    def _decided(self, broken: Normal) -> Decided:
        shape = shape_of(broken)
        if shape is not None:
            runs = self._breaking(shape)
        else:
            runs = Product(self._graph, automaton(broken), self._tick)
        return Decided(runs.lasso(), runs.is_open)


def _reached(graph: Graph) -> Tree:
    return Tree(((state, 0) for state in graph.initial), graph.steps)


def decide(graph: Graph, broken: Normal) -> Decided:
    """Look for a fair run of a graph that does what breaks one property."""
    return Decider(lambda: graph).decide(broken)
