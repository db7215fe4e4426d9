"""The control flow graph of a process: points, and the steps between them."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.frozen import Node, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir.types import Type
from dsmc.lower.build import conj

#: The point where a process has ended.
DONE = 0
#: The scope that a throw out of an `atomic` leaves.
THROWN = "thrown"


class Edge(Node):
    """One step: what it waits for, what it does, what it keeps for later, where it leads.

    A jump out of `body` to `THROWN` does `unwind` and leads to `caught` instead.
    """

    target: int
    guard: x.Expr = x.TRUE
    body: s.Block = ()
    receive: s.Pattern | None = None
    sets: tuple[tuple[str, x.Expr], ...] = ()
    title: str = ""
    fault: str = ""
    timeout: bool = False
    caught: int | None = None
    unwind: s.Block = ()

    def moved(self, place: Callable[[int], int]) -> Edge:
        """The step between other points."""
        caught = None if self.caught is None else place(self.caught)
        return replace(self, target=place(self.target), caught=caught)

    @property
    def targets(self) -> tuple[int, ...]:
        """Where it may lead."""
        return (self.target,) if self.caught is None else (self.target, self.caught)


class Point:
    """A control point: the local names alive there, its labels, the steps from it.

    `choices` are points whose steps are possible here too; a point with `same_as` stands for it.
    At a `silent` point nothing ever stops: its steps are the ends of the steps that lead there.
    `fresh` are names that have their default when the point is reached from elsewhere.
    """

    def __init__(self, line: int, *, silent: bool = False) -> None:
        self.line = line
        self.silent = silent
        self.live: frozenset[str] = frozenset()
        self.fresh: frozenset[str] = frozenset()
        self.labels: list[str] = []
        self.steps: list[Edge] = []
        self.choices: list[int] = []
        self.same_as: int | None = None


class Graph:
    """All points of a process; point `DONE` is its end. `stored` are the names kept for later, of
    which the `hidden` ones are not the spec's.
    """

    def __init__(self) -> None:
        self.points = [Point(0)]
        self.stored: dict[str, Type] = {}
        self.hidden: set[str] = set()
        self.entry = DONE

    def resolve(self, number: int) -> int:
        """The point that a number stands for."""
        while (other := self.points[number].same_as) is not None:
            number = other
        return number

    def edges(self, number: int) -> list[Edge]:
        """The steps from a point, each to where it next stops."""
        point = self.points[self.resolve(number)]
        own = [e.moved(self.resolve) for e in point.steps]
        found = [whole for edge in own for whole in self._to_a_stop(edge)]
        for choice in point.choices:
            found += self.edges(choice)
        return found

    def _to_a_stop(self, edge: Edge) -> list[Edge]:
        if not self.points[edge.target].silent or edge.target == self.resolve(self.entry):
            return [edge]
        return [_composed(edge, end) for end in self.edges(edge.target)]

    def pruned(self) -> Graph:
        """The graph with only the points that can be reached, in the order of the text."""
        reached, waiting = {DONE}, [self.resolve(self.entry)]
        while waiting:
            number = waiting.pop()
            if number not in reached:
                reached.add(number)
                waiting += [target for edge in self.edges(number) for target in edge.targets]
        order = [DONE, *sorted(reached - {DONE}, key=lambda n: (self.points[n].line, n))]
        place = {number: i for i, number in enumerate(order)}
        graph = Graph()
        graph.points = [self._copy(number, place) for number in order]
        graph.entry = place[self.resolve(self.entry)]
        graph.find_live(self.stored)
        graph.hidden = self.hidden & graph.stored.keys()
        return graph

    def _copy(self, number: int, place: dict[int, int]) -> Point:
        old = self.points[number]
        point = Point(old.line)
        point.fresh, point.labels = old.fresh, old.labels
        point.steps = [e.moved(place.__getitem__) for e in self.edges(number)]
        return point

    def find_live(self, stored: dict[str, Type]) -> None:
        """Find the names whose values are used later, at each point (a least fixed point: Aho, Lam,
        Sethi and Ullman, Compilers, 9.2.5). Elsewhere a name has its default, so equal futures
        are equal states.
        """
        changed = True
        while changed:
            changed = False
            for point in reversed(self.points):
                live = frozenset(n for e in point.steps for n in self._used(e)) & stored.keys()
                changed = changed or live != point.live
                point.live = live
        live = frozenset(name for point in self.points for name in point.live)
        self.stored = {name: of for name, of in stored.items() if name in live}

    def _used(self, edge: Edge) -> set[str]:
        """The names whose values before a step matter."""
        target = self.points[edge.target]
        kept = [value for name, value in edge.sets if name in target.live]
        read = {
            n
            for e in (edge.guard, *kept, *s.all_exprs((*edge.body, *edge.unwind)))
            for n in x.free_names(e)
        }
        made = {name for statement in s.walk(edge.body) for name in s.binds(statement)}
        if edge.receive is not None:
            pattern = edge.receive
            compared = (*(e for e in pattern.equal if e), pattern.senders)
            read |= {name for e in compared for name in x.free_names(e)}
            made |= set(s.pattern_binds(pattern))
        carried = set(target.live - target.fresh - {name for name, _ in edge.sets})
        if edge.caught is not None:
            carried |= self.points[edge.caught].live - self.points[edge.caught].fresh
        return (read - made) | carried

    def names(self) -> list[str]:
        """A name for each point: its label, or its line."""
        found: list[str] = []
        for number, point in enumerate(self.points):
            name = point.labels[0] if point.labels else f"line_{point.line}"
            name = "stopped" if number == DONE else name
            count = sum(1 for other in found if other.partition("~")[0] == name)
            found.append(f"{name}~{count + 1}" if count else name)
        return found


def _composed(first: Edge, end: Edge) -> Edge:
    """A step that goes on without a stop. Before a guard only `let`s are written that it may read."""
    known: dict[str, x.Expr] = {}
    for statement in first.body if end.guard != x.TRUE else ():
        assert isinstance(statement, s.Let | s.Event)
        if isinstance(statement, s.Let):
            known[statement.name] = x.substitute(statement.value, known)
    told = isinstance(end.body[0], s.Event) if end.body else False
    titles = (first.title, end.title) if told else (end.title, first.title)
    return replace(
        first, target=end.target, guard=conj(first.guard, x.substitute(end.guard, known)),
        body=first.body + end.body, sets=(*first.sets, *end.sets), title=titles[0] or titles[1],
    )  # fmt: skip
