"""Strongly connected components.

Tarjan: Depth-first search and linear graph algorithms, SIAM J. Comput. 1972; with a stack of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from dsmc.liveness.graph import Edge


def components(
    nodes: Collection[int], follows: Callable[[int], Sequence[Edge]]
) -> Iterator[list[int]]:
    """The components of the part of a graph that has these nodes, each with its nodes."""
    search = _Tarjan(set(nodes), follows)
    for node in nodes:
        if node not in search.number:
            yield from search.tree(node)


class _Tarjan:
    def __init__(self, nodes: set[int], follows: Callable[[int], Sequence[Edge]]) -> None:
        self._nodes = nodes
        self._follows = follows
        self._open: list[int] = []
        self.number: dict[int, int] = {}
        #: The least number that is reached from a node; none once its component is complete.
        self._least: dict[int, int] = {}

    def tree(self, root: int) -> Iterator[list[int]]:
        """The components that are reached from a new node."""
        path = [(root, self._enter(root))]
        while path:
            node, rest = path[-1]
            new = self._next_new(node, rest)
            if new is not None:
                path.append((new, self._enter(new)))
                continue
            path.pop()
            least = self._least[node]
            if path:
                above = path[-1][0]
                self._least[above] = min(self._least[above], least)
            if least == self.number[node]:
                yield self._complete(node)

    def _enter(self, node: int) -> Iterator[int]:
        self.number[node] = self._least[node] = len(self.number)
        self._open.append(node)
        return iter([target for target, _ in self._follows(node) if target in self._nodes])

    def _next_new(self, node: int, rest: Iterator[int]) -> int | None:
        """The next of the targets that was not entered; the others are looked at."""
        for target in rest:
            if target not in self.number:
                return target
            if target in self._least:
                self._least[node] = min(self._least[node], self.number[target])
        return None

    def _complete(self, node: int) -> list[int]:
        found = [self._open.pop()]
        while found[-1] != node:
            found.append(self._open.pop())
        for one in found:
            del self._least[one]
        return found
