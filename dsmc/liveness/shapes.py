"""The common shapes of properties, which need no automaton.

A run breaks such a property if from some point on it stays where some fact is true, or comes to such
states again and again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

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

#: Twice the number of a state; one more once the property is being broken.
Place: TypeAlias = int


class Breaking:
    """Looks for runs that break a property of a shape."""

    def __init__(self, graph: Graph, shape: Shape) -> None:
        self._graph = graph
        self._shape = shape
        self._view = Stuttering(graph)
        self._tree = Tree(self._entered(graph.initial), self._follows)

    def lasso(self) -> Lasso | None:
        """A short run that breaks it, as places; None if there is none that was explored."""
        marks = [self._mark(again) for again in self._shape.again]
        unexpanded = self._graph.unexpanded
        nodes = [place >> 1 for place in self._tree.nodes if place & 1]
        known = [state for state in nodes if state not in unexpanded]
        sets = list(fair_sets(known, self._view, marks))
        return lasso(_Stems(self._tree), sets, self._view, marks)

    def _mark(self, again: int) -> Mark:
        facts = self._graph.facts
        return lambda state: bool(facts[state] & again)

    @property
    def is_open(self) -> bool:
        """Does a run that may yet break it come to where it is not known what follows?"""
        return any(place >> 1 in self._graph.unexpanded for place in self._tree.nodes)

    # ------------------------------------------------------------ places

    def _entered(self, states: Iterable[int]) -> Iterator[Place]:
        begin, stay = self._shape.begin, self._shape.stay
        for state in states:
            facts = self._graph.facts[state]
            if begin is not None:
                yield 2 * state
            if facts & stay == stay and (begin is None or facts & begin == begin):
                yield 2 * state + 1

    def _follows(self, place: Place) -> Iterable[Edge]:
        stay, facts, steps = self._shape.stay, self._graph.facts, self._graph.steps(place >> 1)
        if place & 1:
            return (
                (2 * target + 1, label) for target, label in steps if facts[target] & stay == stay
            )
        return ((entered, label) for t, label in steps for entered in self._entered([t]))


class _Stems:
    """The ways to states where the property is being broken."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.nodes = [place >> 1 for place in tree.nodes if place & 1]

    def to(self, state: int) -> Path:
        """The shortest way."""
        path = self._tree.to(2 * state + 1)
        return Path(tuple(place >> 1 for place in path.nodes), path.labels)
