"""A formula as an automaton whose infinite paths are the runs that do what it says.

Gerth, Peled, Vardi, Wolper: Simple on-the-fly automatic verification of linear temporal logic, 1995.
A node says what is true while the run is there; for each `until` there is a set of nodes to one of
which a run must come again and again.
"""

from __future__ import annotations

from dsmc.frozen import Frozen, replace
from dsmc.liveness.formula import FALSE, And, Fact, Next, Normal, Or, Release, Until

_START = -1


class Node(Frozen):
    """`now` is true here, `then` after the next step; a state fits that has a bit of each of `facts`."""

    now: frozenset[Normal]
    then: frozenset[Normal]

    @property
    def facts(self) -> tuple[int, ...]:
        """What a state must have."""
        return tuple(part.bits for part in self.now if isinstance(part, Fact))


class Automaton(Frozen):
    """Nodes by number, the first ones, those that follow each, and the sets to come to for ever."""

    nodes: tuple[Node, ...]
    first: tuple[int, ...]
    follows: tuple[tuple[int, ...], ...]
    marks: tuple[frozenset[int], ...]


def automaton(formula: Normal) -> Automaton:
    """The automaton of a formula."""
    made = _Tableau()
    first = made.nodes_for(frozenset({formula}))
    follows: list[tuple[int, ...]] = []
    while len(follows) < len(made.nodes):
        follows.append(made.nodes_for(made.nodes[len(follows)].then))
    nodes = tuple(made.nodes)
    untils = dict.fromkeys(part for node in nodes for part in node.now if isinstance(part, Until))
    marks = tuple(_met(nodes, until) for until in untils)
    return Automaton(nodes, first, tuple(follows), marks)


def _met(nodes: tuple[Node, ...], until: Until) -> frozenset[int]:
    """The nodes that do not put off what an `until` waits for."""
    return frozenset(
        number for number, node in enumerate(nodes)
        if until not in node.now or until.right in node.now
    )  # fmt: skip


class _Part(Frozen):
    """A node in the making: what is still to be taken apart, and what it has."""

    new: tuple[Normal, ...]
    now: frozenset[Normal] = frozenset()
    then: frozenset[Normal] = frozenset()

    def adding(self, *new: Normal) -> _Part:
        """The same with more to take apart."""
        return replace(self, new=(*self.new, *(n for n in new if n not in self.now)))

    def later(self, then: Normal) -> _Part:
        """The same with more to be true after the next step."""
        return replace(self, then=self.then | {then})


class _Tableau:
    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[Node, int] = {}

    def nodes_for(self, formulas: frozenset[Normal]) -> tuple[int, ...]:
        """The nodes where all of the formulas are true, by number."""
        found: dict[int, None] = {}
        parts = [_Part(tuple(sorted(formulas, key=repr)))]
        while parts:
            part = parts.pop()
            if part.new:
                parts += _taken_apart(part)
            else:
                found[self._number(Node(part.now, part.then))] = None
        return tuple(found)

    def _number(self, node: Node) -> int:
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[node]


def _taken_apart(part: _Part) -> list[_Part]:
    """The ways to make the first of what is new true."""
    formula = part.new[0]
    rest = replace(part, new=part.new[1:], now=part.now | {formula})
    match formula:
        case Fact():
            return [] if formula == FALSE else [rest]
        case And(left, right):
            return [rest.adding(left, right)]
        case Or(left, right):
            return [rest.adding(left), rest.adding(right)]
        case Next(of):
            return [rest.later(of)]
        case Until(left, right):
            return [rest.adding(right), rest.adding(left).later(formula)]
        case Release(left, right):
            return [rest.adding(left, right), rest.adding(right).later(formula)]
