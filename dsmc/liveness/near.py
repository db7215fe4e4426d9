"""Where a run that breaks a property is looked for first: near the start.

Of a large graph a small part mostly shows such a run, and a short one. So it is looked for in a part that is
grown breadth first from some of the initial states, then in one of several times the size, and so on, before
all of the graph is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.liveness.graph import Graph
from dsmc.liveness.lasso import Lasso, Path

#: Smaller graphs are looked at as they are; so are larger ones once the part is not much less.
LARGE, LESS = 100_000, 4
#: Of so many states are the steps looked at in the first part; of so many times more in each other.
FIRST, MORE = 4096, 4
#: For so many of them there is one initial state.
EACH = 64


def sizes(states: int) -> Iterator[int]:
    """Of how many states the steps are looked at, of so many."""
    most = FIRST
    while states > LARGE and most * LESS <= states:
        yield most
        most *= MORE


def starts(initial: int, most: int) -> list[int]:
    """Which of the initial states a part begins with: from everywhere among them."""
    count = min(initial, -(-most // EACH))
    return [number * initial // count for number in range(count)]


class Part(Frozen):
    """A graph, and what its numbers are in the graph that it is a part of."""

    graph: Graph
    nodes: Sequence[int]

    def found(self, lasso: Lasso) -> Found:
        """A lasso of the part."""
        return Found(Lasso(*(self._path(path) for path in (lasso.stem, lasso.cycle))))

    def _path(self, path: Path) -> Path:
        return Path(tuple(self.nodes[node] for node in path.nodes), path.labels)


def near(graph: Graph, most: int) -> Part:
    """A part of a graph. What follows is known of the first states of it only, so many."""
    nodes = [graph.initial[number] for number in starts(len(graph.initial), most)]
    numbers = {node: number for number, node in enumerate(nodes)}
    initial = range(len(nodes))
    first, targets, labels = [0], list[int](), list[int]()
    for node in nodes:  # which become more
        for target, label in graph.steps(node) if len(first) <= most else ():
            if target not in numbers:
                numbers[target] = len(nodes)
                nodes.append(target)
            targets.append(numbers[target])
            labels.append(label)
        first.append(len(targets))
    unexpanded = {n for n, node in enumerate(nodes) if n >= most or node in graph.unexpanded}
    facts = [graph.facts[node] for node in nodes]
    part = replace(
        graph, initial=initial, first=first, targets=targets, labels=labels, facts=facts,
        unexpanded=unexpanded,
    )  # fmt: skip
    return Part(part, nodes)


class Found(Frozen):
    """A run that breaks a property."""

    run: Lasso
    is_open = False

    def lasso(self) -> Lasso:
        """See `liveness.decide.Broken`."""
        return self.run
