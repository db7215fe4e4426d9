"""Directed graphs whose edges say why one node comes before another.

Adya's direct serialization graph (Weak Consistency, MIT 1999), with edges for the order of sessions
and of real time. An edge is a triple of its target, its kind and the key it is about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator

from dsmc.histories.model import Value

Edge = tuple[int, str, Value]
Step = tuple[int, int, str, Value]
"""An edge with its source before it."""

WW, WR, RW, PREDICATE, SESSION, REAL_TIME, INITIAL, SAME = (
    "ww", "wr", "rw", "predicate rw", "session order", "real time", "initial", "same",
)  # fmt: skip


class Graph:
    """Nodes are numbers from 0; `out` are the edges that leave a node.

    `because` names the reader that shows an order of two writers of a key which is not recorded.
    """

    def __init__(self, size: int) -> None:
        self.out: list[list[Edge]] = [[] for _ in range(size)]
        self.because: dict[tuple[int, int, Value], int] = {}

    def add(self, source: int, target: int, kind: str, key: Value = None) -> None:
        """Add an edge. None leads from a node to itself."""
        if source != target:
            self.out[source].append((target, kind, key))

    def node(self) -> int:
        """A new node."""
        self.out.append([])
        return len(self.out) - 1

    def reversed(self) -> Graph:
        """The graph with all edges turned round."""
        turned = Graph(len(self.out))
        for source, out in enumerate(self.out):
            for target, kind, key in out:
                turned.add(target, source, kind, key)
        return turned

    def only(self, kinds: Collection[str]) -> Graph:
        """The part with the edges of these kinds."""
        part = Graph(0)
        part.because = self.because
        part.out = [[edge for edge in edges if edge[1] in kinds] for edges in self.out]
        return part


def topological(graph: Graph) -> list[int]:
    """The nodes that follow no cycle, each after all that lead to it (Kahn 1962)."""
    missing = [0] * len(graph.out)
    for edges in graph.out:
        for target, _, _ in edges:
            missing[target] += 1
    order = [node for node, count in enumerate(missing) if not count]
    for node in order:
        for target, _, _ in graph.out[node]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    return order


def components(graph: Graph) -> Iterator[list[int]]:
    """The strongly connected components of more than one node (Tarjan 1972)."""
    unordered = set(range(len(graph.out))).difference(topological(graph))
    number: dict[int, int] = {}
    for root in sorted(unordered):
        if root not in number:
            yield from _tree(graph, root, number)


def _tree(graph: Graph, root: int, number: dict[int, int]) -> Iterator[list[int]]:
    open_: list[int] = []
    least: dict[int, int] = {}

    def enter(node: int) -> tuple[int, Iterator[Edge]]:
        number[node] = least[node] = len(number)
        open_.append(node)
        return node, iter(graph.out[node])

    path = [enter(root)]
    while path:
        node, rest = path[-1]
        new = _next_new(node, rest, number, least)
        if new is not None:
            path.append(enter(new))
            continue
        path.pop()
        if path:
            least[path[-1][0]] = min(least[path[-1][0]], least[node])
        if least[node] == number[node]:
            found = _close(node, open_, least)
            if len(found) > 1:
                yield found


def _next_new(
    node: int, rest: Iterator[Edge], number: dict[int, int], least: dict[int, int]
) -> int | None:
    for target, _, _ in rest:
        if target not in number:
            return target
        if target in least:
            least[node] = min(least[node], number[target])
    return None


def _close(node: int, open_: list[int], least: dict[int, int]) -> list[int]:
    found = []
    while True:
        member = open_.pop()
        del least[member]
        found.append(member)
        if member == node:
            return found


def path(
    graph: Graph, source: int, target: int, within: Callable[[int], bool], longest: float
) -> list[Step] | None:
    """A shortest way of at least one edge, not longer than `longest`."""
    came: dict[int, Step] = {}
    distance = {source: 0}
    waiting = deque([source])
    while waiting:
        node = waiting.popleft()
        if distance[node] >= longest:
            return None
        for edge in graph.out[node]:
            if edge[0] == target:
                return _back(came, source, (node, *edge))
            if edge[0] not in distance and within(edge[0]):
                distance[edge[0]] = distance[node] + 1
                came[edge[0]] = (node, *edge)
                waiting.append(edge[0])
    return None


def _back(came: dict[int, Step], source: int, last: Step) -> list[Step]:
    steps = [last]
    while steps[-1][0] != source:
        steps.append(came[steps[-1][0]])
    return steps[::-1]


#: A cycle is looked for from so many nodes of a component: one is enough, the others may be shorter.
STARTS = 40


def short_cycle(graph: Graph) -> list[Step] | None:
    """A short cycle, if there is one: no shorter one goes through the nodes that were tried."""
    best: list[Step] | None = None
    for members in sorted(components(graph), key=len):
        inside = set(members)
        for start in sorted(members)[:STARTS]:
            longest = len(best) - 1 if best else float("inf")
            best = path(graph, start, start, inside.__contains__, longest) or best
        if best:
            return best
    return None


def single_against(
    graph: Graph, along: Collection[str], against: Collection[str]
) -> list[Step] | None:
    """A cycle of one edge of the kinds `against`, and otherwise of the kinds `along`."""
    way = graph.only(along)
    rank = ranks(way)
    for members in components(graph):
        inside = set(members)
        steps = [
            (node, *edge)
            for node in sorted(inside)
            for edge in graph.out[node]
            if edge[1] in against and edge[0] in inside
        ]
        for step in _returning(way, members, steps, rank):
            back = path(way, step[1], step[0], inside.__contains__, float("inf"))
            assert back is not None
            return [step, *back]
    return None


#: So many ends of edges are looked at together: a bit for each.
BLOCK = 8192


def _returning(
    way: Graph, members: list[int], steps: list[Step], rank: dict[int, int]
) -> Iterator[Step]:
    """The steps from whose target a way leads back to their source."""
    sources = sorted({step[0] for step in steps})
    for start in range(0, len(sources), BLOCK):
        bit = {node: 1 << at for at, node in enumerate(sources[start : start + BLOCK])}
        reached = reach(way, members, bit, rank)
        for step in steps:
            if reached[step[1]] & bit.get(step[0], 0):
                yield step


def ranks(graph: Graph) -> dict[int, int]:
    """The place of each node in a topological order."""
    return {node: at for at, node in enumerate(topological(graph))}


def reach(
    graph: Graph, members: Collection[int], bit: dict[int, int], rank: dict[int, int]
) -> dict[int, int]:
    """Of each member, which numbered ones ways lead to within the members; itself is one."""
    reached = {node: bit.get(node, 0) for node in members}
    before: dict[int, list[int]] = {node: [] for node in members}
    for node in members:
        for target, _, _ in graph.out[node]:
            if target in before:
                before[target].append(node)
    # Without cycles one look at each is enough, if those that are led to come first.
    waiting = deque(sorted(reached, key=lambda node: -rank.get(node, 0)))
    queued = set(waiting)
    while waiting:
        node = waiting.popleft()
        queued.discard(node)
        for earlier in before[node]:
            new = reached[earlier] | reached[node]
            if new != reached[earlier]:
                reached[earlier] = new
                if earlier not in queued:
                    queued.add(earlier)
                    waiting.append(earlier)
    return reached
