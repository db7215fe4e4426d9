"""The common shapes of properties, which need no automaton.

A run breaks such a property if from some point on it stays where some fact is true, or comes to such
states again and again.
"""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.frozen import Frozen
from dsmc.liveness.fair import Mark, fair_sets
from dsmc.liveness.formula import ALWAYS_SET, FALSE, TRUE, And, Fact, Normal, Release, Until
from dsmc.liveness.graph import Edge, Graph, Stuttering
from dsmc.liveness.lasso import Lasso, Path, Tree, lasso


class Shape(Frozen):
    """A run breaks the property if it comes to a state with all facts of `begin` (None: it begins so)
    and has from there on all facts of `stay`, and each of `again` again and again.
    """

    begin: int | None
    stay: int
    again: tuple[int, ...] = ()


def shape_of(formula: Normal) -> Shape | None:
    """The shape of what breaks a property; None if it is not a common one."""
    match formula:
        case Release(Fact(0), Fact(stay)):  # eventually
            return Shape(None, stay)
        case Until(Fact(1), And(Fact(begin), Release(Fact(0), Fact(stay)))):  # leads to
            return Shape(begin, stay)
        case _:
            return _in_the_end(formula)


def _in_the_end(formula: Normal) -> Shape | None:
    """The shape of what speaks of the end of a run only, however late that begins."""
    match formula:
        case Until(Fact(1), Release(Fact(0), Fact(stay))):  # always eventually
            return Shape(stay, stay)
        case Release(Fact(0), Until(Fact(1), Fact(again))):  # eventually always
            return Shape(ALWAYS_SET, ALWAYS_SET, (again,))
        case And(left, right):  # an assumption and its consequence
            one, other = _in_the_end(left), _in_the_end(right)
            stay = (one.stay if one else 0) | (other.stay if other else 0)
            return one and other and Shape(stay, stay, (*one.again, *other.again))
        case _:
            return None


assert (TRUE.bits, FALSE.bits) == (1, 0)  # what the patterns say


class Breaking:
    """Looks for runs that break a property of a shape: `reached` is the tree of all states."""

    def __init__(self, graph: Graph, shape: Shape, reached: Tree) -> None:
        self._graph = graph
        self._shape = shape
        self._reached = reached
        self._view = Stuttering(graph)
        begin = shape.stay | (shape.begin or 0)
        depths = zip(reached.nodes, reached.depths, strict=True)
        self._inside = Tree(
            [
                (state, depth) for state, depth in depths
                if graph.facts[state] & begin == begin and (shape.begin is not None or not depth)
            ],
            self._staying,
        )  # fmt: skip
        self.nodes = self._inside.nodes

    def _staying(self, state: int) -> Iterable[Edge]:
        stay, facts = self._shape.stay, self._graph.facts
        return (edge for edge in self._graph.steps(state) if facts[edge[0]] & stay == stay)

    def to(self, state: int) -> Path:
        """See `Ways`: to where the property begins to be broken, and on."""
        inside = self._inside.to(state)
        return self._reached.to(inside.nodes[0]).then(inside)

    def lasso(self) -> Lasso | None:
        """A short run that breaks it; None if there is none that was explored."""
        marks = [self._mark(again) for again in self._shape.again]
        known = [state for state in self.nodes if state not in self._graph.unexpanded]
        return lasso(self, list(fair_sets(known, self._view, marks)), self._view, marks)

    def _mark(self, again: int) -> Mark:
        facts = self._graph.facts
        return lambda state: bool(facts[state] & again)

    @property
    def is_open(self) -> bool:
        """Does a run that may yet break it come to where it is not known what follows?"""
        reached = self.nodes if self._shape.begin is None else self._reached.nodes
        return any(state in self._graph.unexpanded for state in reached)
