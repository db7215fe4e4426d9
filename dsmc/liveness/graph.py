"""The explored graph as numbers: states, steps, what each step is owed to, what is true where."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Protocol, TypeAlias

from dsmc.frozen import Frozen

#: The label of a step that nobody is owed.
NOBODY = -1

#: A node that a step leads to, and the step's label.
Edge: TypeAlias = tuple[int, int]


def many(count: int, what: str) -> str:
    """So many of something, in words."""
    return f"{count:,} {what}{'s' * (count != 1)}"


class Graph(Frozen):
    """States are numbers from 0, and so are obligations, the labels of steps.

    The steps from state `s` are at the places from `first[s]` to `first[s + 1]` of `targets` and
    `labels`; a step that changes nothing is none of them. `strong` says of each obligation whether
    it is owed when it is possible again and again (else, when it stays possible). `facts` are bits
    for each state. Of `unexpanded` states it is not known what follows.
    """

    initial: Sequence[int]
    first: Sequence[int]
    targets: Sequence[int]
    labels: Sequence[int]
    strong: Sequence[bool]
    facts: Sequence[int]
    unexpanded: Container[int] = frozenset()

    @property
    def size(self) -> int:
        """How many states there are."""
        return len(self.facts)

    @property
    def told(self) -> str:
        """How large it is, in words."""
        return f"{many(self.size, 'state')} and {many(len(self.targets), 'step')}"

    def steps(self, state: int) -> Iterable[Edge]:
        """Where the steps from a state lead, and whose they are."""
        start, end = self.first[state], self.first[state + 1]
        return zip(self.targets[start:end], self.labels[start:end], strict=True)

    def possible(self, state: int) -> set[int]:
        """The obligations that a step from the state fulfils."""
        return set(self.labels[self.first[state] : self.first[state + 1]]) - {NOBODY}


class View(Protocol):
    """A graph of runs: each infinite path is one. `Graph` itself, or what follows a formula in it."""

    def follows(self, node: int) -> Sequence[Edge]:
        """Where a run may go on from a node, perhaps to the node itself."""

    def possible(self, node: int) -> set[int]:
        """The obligations that a step of the state there fulfils."""

    def is_strong(self, label: int) -> bool:
        """Is the obligation a strong one?"""


class Stuttering:
    """The graph itself. A run may stay in any state: it is fair if nothing is owed there."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def follows(self, node: int) -> Sequence[Edge]:
        """See `View`."""
        return [*self._graph.steps(node), (node, NOBODY)]

    def possible(self, node: int) -> set[int]:
        """See `View`."""
        return self._graph.possible(node)

    def is_strong(self, label: int) -> bool:
        """See `View`."""
        return self._graph.strong[label]
