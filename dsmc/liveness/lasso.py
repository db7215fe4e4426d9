"""A run that goes round for ever: a shortest way to where it can be fair, and a short way round."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeAlias, assert_never

from dsmc.frozen import Frozen
from dsmc.liveness.fair import Mark
from dsmc.liveness.graph import NOBODY, Edge, View


class Path(Frozen):
    """Nodes, and the labels of the steps between them."""

    nodes: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def last(self) -> int:
        """The node that it ends in."""
        return self.nodes[-1]

    def then(self, more: Path) -> Path:
        """The path with one that begins where it ends."""
        assert self.last == more.nodes[0]
        return Path((*self.nodes, *more.nodes[1:]), (*self.labels, *more.labels))

    @property
    def steps(self) -> Iterable[tuple[int, int, int]]:
        """From where to where, and whose each step is."""
        return zip(self.nodes, self.nodes[1:], self.labels, strict=False)


class Lasso(Frozen):
    """A way from the beginning, and the way round from its end back to its end."""

    stem: Path
    cycle: Path

    @property
    def length(self) -> int:
        """How many steps are to be told."""
        return len(self.stem.labels) + len(self.cycle.labels)


class Ways(Protocol):
    """Shortest ways to nodes, the nearest first."""

    nodes: list[int]

    def to(self, node: int) -> Path:
        """The way to a node."""


class Tree:
    """What is reached from some nodes, breadth first; the first way to each node is a shortest one.

    Each of the nodes that it begins with counts as if it was reached after so many steps; they are
    given in this order.
    """

    def __init__(
        self, starts: Iterable[tuple[int, int]], follows: Callable[[int], Iterable[Edge]]
    ) -> None:
        self._before: dict[int, Edge | None] = {}
        self.nodes: list[int] = []
        self.depths: list[int] = []
        left = deque(starts)
        level: list[int] = []
        while left or level:
            depth = self.depths[-1] + 1 if level else left[0][1]
            level = self._expanded(level, follows)
            while left and left[0][1] <= depth:
                node = left.popleft()[0]
                if node not in self._before:
                    self._before[node] = None
                    level.append(node)
            self.nodes += level
            self.depths += [depth] * len(level)

    def _expanded(self, level: list[int], follows: Callable[[int], Iterable[Edge]]) -> list[int]:
        """The new nodes that one step leads to."""
        before, found = self._before, list[int]()
        for node in level:
            for target, label in follows(node):
                if target not in before:
                    before[target] = (node, label)
                    found.append(target)
        return found

    def to(self, node: int) -> Path:
        """The way to a node."""
        nodes, labels = [node], list[int]()
        while (before := self._before[nodes[-1]]) is not None:
            nodes.append(before[0])
            labels.append(before[1])
        return Path(tuple(reversed(nodes)), tuple(reversed(labels)))


class Visit(Frozen):
    """A way round must come to one of the nodes of a mark."""

    mark: int


class Fulfil(Frozen):
    """It must have a step that fulfils an obligation."""

    label: int


class Avoid(Frozen):
    """It must have one, or come to where the obligation is not possible."""

    label: int


class Return(Frozen):
    """It must end in a node."""

    node: int


Need: TypeAlias = "Visit | Fulfil | Avoid | Return"
#: A shortest way of at least one step from a node inside a fair set whose last step meets a need.
Way: TypeAlias = Callable[[int, Sequence[Need]], Path]


def ways_inside(inside: set[int], view: View, marks: Sequence[Mark]) -> Way:
    """The ways in one set."""

    def is_met(need: Need, target: int, label: int) -> bool:
        match need:
            case Visit(mark):
                return marks[mark](target)
            case Fulfil(wanted):
                return label == wanted
            case Avoid(wanted):
                return label == wanted or wanted not in view.possible(target)
            case Return(node):
                return target == node
            case _:
                assert_never(need)

    def way(start: int, needs: Sequence[Need]) -> Path:
        before: dict[int, Edge] = {}
        waiting = [start]
        for node in waiting:
            for target, label in view.follows(node):
                if target in inside and any(is_met(need, target, label) for need in needs):
                    return _back(before, start, node).then(Path((node, target), (label,)))
                if target in inside and target != start and target not in before:
                    before[target] = (node, label)
                    waiting.append(target)
        raise AssertionError("a fair set has a way to everything that it needs")

    return way


def _back(before: dict[int, Edge], start: int, node: int) -> Path:
    """The way from the start, when it is known what was before each node."""
    nodes, labels = [node], list[int]()
    while nodes[-1] != start:
        node, label = before[nodes[-1]]
        nodes.append(node)
        labels.append(label)
    return Path(tuple(reversed(nodes)), tuple(reversed(labels)))


def round_trip(start: int, way: Way, view: View, marks: Sequence[Mark]) -> Path:
    """A short way round in a fair set that is fair itself and comes to each mark."""
    trip = Path((start,), ())
    while True:
        lacks = _lacks(trip, view, marks)
        if not lacks and trip.labels and trip.last == start:
            return trip
        trip = trip.then(way(trip.last, lacks or [Return(start)]))


def _lacks(trip: Path, view: View, marks: Sequence[Mark]) -> list[Need]:
    """What the way round does not have yet."""
    found: list[Need] = [
        Visit(number) for number, mark in enumerate(marks) if not any(map(mark, trip.nodes))
    ]
    possible = [view.possible(node) for node in trip.nodes]
    for label in set().union(*possible) - set(trip.labels):
        if view.is_strong(label):
            found.append(Fulfil(label))
        elif all(label in here for here in possible):
            found.append(Avoid(label))
    return found


def lasso(
    ways: Ways, sets: Sequence[set[int]], view: View, marks: Sequence[Mark] = ()
) -> Lasso | None:
    """A short lasso into one of some fair sets; None if there are none.

    Tried are the nearest node of any set, and the nearest where a run can stay.
    """
    owner = {node: found for found in sets for node in found}
    near = [node for node in ways.nodes if node in owner]
    if not near:
        return None
    tried = [near[0]]
    tried += [node for node in near if _can_stay(node, view, marks)][:1]
    inside = [(node, ways_inside(owner[node], view, marks)) for node in tried]
    return lasso_from(ways.to, inside, view, marks)


def lasso_from(
    to: Callable[[int], Path],
    tried: Sequence[tuple[int, Way]],
    view: View,
    marks: Sequence[Mark],
) -> Lasso | None:
    """The shortest lasso to one of some nodes, each with the ways in its set; None if there are none."""
    found = [Lasso(to(node), round_trip(node, way, view, marks)) for node, way in tried]
    return min(found, key=lambda one: one.length, default=None)


def _can_stay(node: int, view: View, marks: Sequence[Mark]) -> bool:
    stays = any(edge == (node, NOBODY) for edge in view.follows(node))
    return stays and not view.possible(node) and all(mark(node) for mark in marks)
