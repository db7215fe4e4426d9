"""Does a property hold on every fair run of a graph?"""

from __future__ import annotations

from dsmc.frozen import Frozen
from dsmc.liveness.automaton import automaton
from dsmc.liveness.formula import Normal, alternatives
from dsmc.liveness.graph import Graph
from dsmc.liveness.lasso import Lasso
from dsmc.liveness.product import Product
from dsmc.liveness.shapes import Breaking, shape_of


class Decided(Frozen):
    """A fair run that breaks the property, if there is one. Else, if it `is_open`, there may be one
    where the graph was not explored.
    """

    lasso: Lasso | None
    is_open: bool


def decide(graph: Graph, broken: Normal) -> Decided:
    """Look for a fair run that does what breaks a property."""
    found = [_decided(graph, one) for one in dict.fromkeys(alternatives(broken))]
    lassos = [one.lasso for one in found if one.lasso is not None]
    shortest = min(lassos, key=lambda one: one.length, default=None)
    return Decided(shortest, any(one.is_open for one in found))


def _decided(graph: Graph, broken: Normal) -> Decided:
    shape = shape_of(broken)
    runs = Breaking(graph, shape) if shape is not None else Product(graph, automaton(broken))
    return Decided(runs.lasso(), runs.is_open)
