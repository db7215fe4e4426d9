"""Where a run that breaks a property is looked for first: near the start.

Of a large graph a small part mostly shows such a run, and a short one. It is looked for among the states
within a few steps, then within twice as many, and so on, before all of them are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from itertools import repeat

from dsmc.frozen import Frozen, replace
from dsmc.liveness.graph import Graph
from dsmc.liveness.lasso import Lasso

#: Smaller graphs are looked at as they are; so are larger ones once that is not much more.
LARGE, LESS = 100_000, 4
#: How far is looked first.
FIRST = 8


def horizons(within: Callable[[int], int], states: int) -> Iterator[int]:
    """How many steps from the start are looked at, if there are so many `states` and so many `within` some
    steps.
    """
    steps = FIRST
    while states > LARGE and within(steps) * LESS <= states:
        yield steps
        steps *= 2


class _Beyond(Frozen):
    """The states from a number on, and some others."""

    first: int
    others: Container[int]

    def __contains__(self, state: object) -> bool:
        return isinstance(state, int) and (state >= self.first or state in self.others)


def near(graph: Graph, known: int, states: int) -> Graph:
    """The first states of a graph; what follows is known of the first of them only. Numbers are as states
    are found, breadth first.
    """
    first = [*graph.first[: known + 1], *repeat(graph.first[known], states - known)]
    return replace(
        graph, first=first, facts=graph.facts[:states], unexpanded=_Beyond(known, graph.unexpanded)
    )


class Found(Frozen):
    """A run that breaks a property."""

    run: Lasso
    is_open = False

    def lasso(self) -> Lasso:
        """See `liveness.decide.Broken`."""
        return self.run
