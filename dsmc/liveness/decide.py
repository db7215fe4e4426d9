"""Does a property hold on every fair run of a graph?"""

from __future__ import annotations

import functools

from dsmc.frozen import Frozen
from dsmc.liveness.automaton import automaton
from dsmc.liveness.formula import Normal, alternatives
from dsmc.liveness.graph import Graph
from dsmc.liveness.lasso import Lasso, Tree
from dsmc.liveness.product import Product
from dsmc.liveness.shapes import Breaking, shape_of


class Decided(Frozen):
    """A fair run that breaks the property, if there is one. Else, if it `is_open`, there may be one
    where the graph was not explored.
    """

    lasso: Lasso | None
    is_open: bool


class Decider:
    """Decides properties of one graph, what they have in common once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @functools.cached_property
    def _reached(self) -> Tree:
        return Tree(((state, 0) for state in self._graph.initial), self._graph.steps)

    def decide(self, broken: Normal) -> Decided:
        """Look for a fair run that does what breaks a property."""
        found = [self._decided(one) for one in dict.fromkeys(alternatives(broken))]
        lassos = [one.lasso for one in found if one.lasso is not None]
        shortest = min(lassos, key=lambda one: one.length, default=None)
        return Decided(shortest, any(one.is_open for one in found))

    def _decided(self, broken: Normal) -> Decided:
        shape = shape_of(broken)
        if shape is None:
            product = Product(self._graph, automaton(broken))
            return Decided(product.lasso(), product.is_open)
        breaking = Breaking(self._graph, shape, self._reached)
        return Decided(breaking.lasso(), breaking.is_open)


def decide(graph: Graph, broken: Normal) -> Decided:
    """Look for a fair run of a graph that does what breaks one property."""
    return Decider(graph).decide(broken)
