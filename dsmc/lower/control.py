"""The control flow graph of a process: points, and the steps between them."""

from __future__ import annotations

from dsmc.frozen import Frozen, Node, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.faults import FAULTS
from dsmc.ir.ops import Op
from dsmc.ir.protocol import SELF
from dsmc.ir.types import Type
from dsmc.lower.build import conj, default
from dsmc.lower.procs import atomic
from dsmc.lower.quorums import Collection, said_type

#: The point where a process has ended.
DONE = 0


class Edge(Node):
    """One step: what it waits for, what it does, what it keeps for later, where it leads."""

    target: int
    guard: x.Expr = x.TRUE
    body: s.Block = ()
    receive: s.Pattern | None = None
    sets: tuple[tuple[str, x.Expr], ...] = ()
    title: str = ""
    fault: str = ""
    timeout: bool = False


class Point:
    """A control point: the local names alive there, its labels, the steps from it.

    `choices` are points whose steps are possible here too; a point with `same_as` stands for it.
    """

    def __init__(self, live: tuple[str, ...], line: int) -> None:
        self.live = live
        self.line = line
        self.labels: list[str] = []
        self.steps: list[Edge] = []
        self.choices: list[int] = []
        self.same_as: int | None = None


class Graph:
    """All points of a process; point `DONE` is its end."""

    def __init__(self) -> None:
        self.points = [Point((), 0)]
        self.stored: dict[str, Type] = {}
        self.entry = DONE

    def resolve(self, number: int) -> int:
        """The point that a number stands for."""
        while (other := self.points[number].same_as) is not None:
            number = other
        return number

    def edges(self, number: int) -> list[Edge]:
        """The steps from a point."""
        if self.points[number].same_as is not None:
            return []
        own = [replace(e, target=self.resolve(e.target)) for e in self.points[number].steps]
        for choice in self.points[number].choices:
            own += self.edges(self.resolve(choice))
        return own

    def pruned(self) -> Graph:
        """The graph with only the points that can be reached, in the order of the text."""
        reached, waiting = {DONE}, [self.resolve(self.entry)]
        while waiting:
            number = waiting.pop()
            if number not in reached:
                reached.add(number)
                waiting += [edge.target for edge in self.edges(number)]
        order = [DONE, *sorted(reached - {DONE}, key=lambda n: (self.points[n].line, n))]
        place = {number: i for i, number in enumerate(order)}
        graph = Graph()
        graph.points = [self._copy(number, place) for number in order]
        live = {name for point in graph.points for name in point.live}
        graph.stored = {name: of for name, of in self.stored.items() if name in live}
        graph.entry = place[self.resolve(self.entry)]
        return graph

    def _copy(self, number: int, place: dict[int, int]) -> Point:
        old = self.points[number]
        point = Point(old.live, old.line)
        point.labels = old.labels
        point.steps = [replace(e, target=place[e.target]) for e in self.edges(number)]
        return point

    def names(self) -> list[str]:
        """A name for each point: its label, or its line."""
        found: list[str] = []
        for number, point in enumerate(self.points):
            name = point.labels[0] if point.labels else f"line_{point.line}"
            name = "stopped" if number == DONE else name
            count = sum(1 for other in found if other.partition("~")[0] == name)
            found.append(f"{name}~{count + 1}" if count else name)
        return found


def flow(body: s.Block, holder: x.Expr) -> Graph:
    """The graph of a process's code; `holder` is the thread as the holder of a mutex."""
    builder = _Builder(holder)
    builder.graph.entry = builder.block(body, DONE, _Context())
    return builder.graph.pruned()


class _Target(Frozen):
    """Where a jump leads, and how many locks are held there."""

    point: int
    locks: int


class _Context(Frozen):
    """What surrounds a statement."""

    live: tuple[str, ...] = ()
    locks: tuple[s.Place, ...] = ()
    loop: _Target | None = None
    catch: _Target | None = None
    scopes: tuple[tuple[str, _Target], ...] = ()

    def knowing(self, *names: str) -> _Context:
        return replace(self, live=(*self.live, *(n for n in names if n not in self.live)))

    def target(self, point: int) -> _Target:
        return _Target(point, len(self.locks))


class _Builder:
    """Builds the graph backwards: a statement knows the point after it."""

    def __init__(self, holder: x.Expr) -> None:
        self.graph = Graph()
        self._holder = holder
        self._count = 0

    # ------------------------------------------------------------ blocks

    def block(self, block: s.Block, after: int, context: _Context) -> int:
        """The point where a block begins."""
        placed: list[tuple[s.Statement, _Context]] = []
        constants: dict[str, x.Expr] = {}
        for statement in s.substitute_constants(block, _is_constant, constants):
            placed.append((statement, context))
            context = self._after(statement, context)
        for statement, around in reversed(placed):
            after = self._statement(statement, after, around)
        return after

    def _after(self, statement: s.Statement, context: _Context) -> _Context:
        """What is known after a statement of a block."""
        match statement:
            case s.Let(name, value):
                self.graph.stored[name] = value.type
                return context.knowing(name)
            case s.Pick(name, of):
                self.graph.stored[name] = of
                return context.knowing(name)
            case _:
                return context

    def _point(self, context: _Context, statement: s.Statement) -> int:
        line = statement.span.line if statement.span.source.name else 0
        self.graph.points.append(Point(context.live, line))
        return len(self.graph.points) - 1

    def _edge(self, at: int, statement: s.Statement, edge: Edge) -> None:
        title = edge.title or _title(statement)
        self.graph.points[at].steps.append(replace(edge, title=title).at(statement.span))

    def _one(self, context: _Context, statement: s.Statement, edge: Edge) -> int:
        at = self._point(context, statement)
        self._edge(at, statement, edge)
        return at

    # ------------------------------------------------------------ statements

    def _statement(self, statement: s.Statement, after: int, context: _Context) -> int:
        match statement:
            case s.Let(name) | s.Pick(name):
                kept = ((name, x.Local(name, self.graph.stored[name])),)
                return self._one(context, statement, Edge(after, body=(statement,), sets=kept))
            case s.Await(condition) | s.Require(condition):
                return self._one(context, statement, Edge(after, condition))
            case s.If(condition, then, orelse):
                return self._if(statement, condition, then, orelse, after, context)
            case s.While(condition, body):
                return self._while(statement, condition, body, after, context)
            case s.Loop(body):
                return self._loop(statement, body, after, context)
            case s.For():
                return self._for(statement, after, context)
            case s.Choose(branches):
                return self._choose(statement, branches, after, context)
            case s.Labelled(label, body):
                return self._labelled(statement, label, body, after, context)
            case s.Atomic(body):
                edge = Edge(after, body=(s.Atomic(atomic(body)),), fault=_fault(body))
                return self._one(context, statement, edge)
            case s.Lock():
                return self._lock(statement, after, context)
            case s.Receive(arms):
                return self._receive(statement, arms, after, context)
            case s.Collect():
                return self._collect(statement, after, context)
            case s.Scoped() | s.Try() | s.Leave() | s.Throw() | s.Break() | s.Stop():
                return self._jumping(statement, after, context)
            case _:
                return self._one(context, statement, Edge(after, body=(statement,)))

    def _jumping(self, statement: s.Statement, after: int, context: _Context) -> int:
        stop = _Target(DONE, 0)
        match statement:
            case s.Scoped(name, body):
                scopes = (*context.scopes, (name, context.target(after)))
                return self.block(body, after, replace(context, scopes=scopes))
            case s.Try(body, handler):
                caught = context.target(self.block(handler, after, context))
                return self.block(body, after, replace(context, catch=caught))
            case s.Leave(name):
                return self._jump(statement, dict(context.scopes)[name], context)
            case s.Throw():
                return self._jump(statement, context.catch or stop, context)
            case s.Break():
                return self._jump(statement, context.loop or stop, context)
            case _:
                return self._jump(statement, stop, context)

    def _jump(self, statement: s.Statement, target: _Target, context: _Context) -> int:
        """The point from which a jump is made; the locks that it leaves are released in one step."""
        left = context.locks[target.locks :]
        if not left:
            return target.point
        release = tuple(self._released(place) for place in reversed(left))
        return self._one(context, statement, Edge(target.point, body=release))

    def _if(
        self, statement: s.Statement, condition: x.Expr, then: s.Block, orelse: s.Block,
        after: int, context: _Context,
    ) -> int:  # fmt: skip
        at = self._point(context, statement)
        self._edge(at, statement, Edge(self.block(then, after, context), condition))
        no = self.block(orelse, after, context)
        self._edge(at, statement, Edge(no, x.negation(condition), title=_title(statement, "not ")))
        return at

    def _while(
        self, statement: s.Statement, condition: x.Expr, body: s.Block, after: int,
        context: _Context,
    ) -> int:  # fmt: skip
        at = self._point(context, statement)
        inside = replace(context, loop=context.target(after))
        self._edge(at, statement, Edge(self.block(body, at, inside), condition))
        self._edge(
            at, statement, Edge(after, x.negation(condition), title=_title(statement, "not "))
        )
        return at

    def _loop(self, statement: s.Statement, body: s.Block, after: int, context: _Context) -> int:
        again = self._point(context, statement)
        inside = replace(context, loop=context.target(after))
        start = self.block(body, again, inside)
        if self.graph.resolve(start) == again:
            self._edge(again, statement, Edge(again))
            return again
        self.graph.points[again].same_as = start
        return start

    def _for(self, statement: s.For, after: int, context: _Context) -> int:
        """Evaluating the domain is a step and takes the first element; each further one is a step."""
        self._count += 1
        rest = x.Local(f"rest_{self._count}", _held(statement.domain.type))
        self.graph.stored[rest.name] = rest.type
        self.graph.stored[statement.name] = statement.type
        inside = context.knowing(rest.name, statement.name)
        more = self._point(context.knowing(rest.name), statement)
        looping = replace(inside, loop=context.target(after))
        body = self.block(statement.body, more, looping)
        first = self._point(context, statement)
        for at, left in ((first, _as_held(statement.domain)), (more, rest)):
            self._take_one(at, statement, left, rest, body, after)
        return first

    def _take_one(
        self, at: int, statement: s.For, left: x.Expr, rest: x.Local, body: int, after: int
    ) -> None:
        empty = x.equal(left, default(rest.type))
        element = _first_of(left, statement)
        taken = x.Local(statement.name, statement.type)
        sets = ((statement.name, taken), (rest.name, _without(left, taken)))
        take = Edge(body, x.negation(empty), (s.Let(statement.name, element),), sets=sets)
        self._edge(at, statement, take)
        self._edge(at, statement, Edge(after, empty, title=_title(statement, "end of ")))

    def _choose(
        self, statement: s.Statement, branches: tuple[s.Block, ...], after: int, context: _Context
    ) -> int:
        at = self._point(context, statement)
        for branch in branches:
            entry = self.block(branch, after, context)
            if entry == after or not branch:
                self._edge(at, statement, Edge(entry, title="skip"))
            else:
                self.graph.points[at].choices.append(entry)
        return at

    def _labelled(
        self, statement: s.Statement, label: str, body: s.Block, after: int, context: _Context
    ) -> int:
        entry = self.block(body, after, context)
        if self.graph.resolve(entry) == self.graph.resolve(after):
            entry = self._one(context, statement, Edge(after, title=f"{label}: skip"))
        self.graph.points[self.graph.resolve(entry)].labels.append(label)
        return entry

    # ------------------------------------------------------------ locks

    def _lock(self, statement: s.Lock, after: int, context: _Context) -> int:
        place, keep = self._fixed(statement.mutex)
        inside = replace(
            context.knowing(*(name for name, _ in keep)), locks=(*context.locks, place)
        )
        release = self._point(inside, statement)
        self._edge(
            release, statement,
            Edge(after, body=(self._released(place),), title=_title(statement, "un")),
        )  # fmt: skip
        body = self.block(statement.body, release, inside)
        free, take = self._taken(statement)
        lets = tuple(s.Let(name, value) for name, value in keep)
        sets = tuple((name, x.Local(name, value.type)) for name, value in keep)
        return self._one(context, statement, Edge(body, free, (*lets, take), sets=sets))

    def _fixed(self, place: s.Place) -> tuple[s.Place, list[tuple[str, x.Expr]]]:
        """The place with keys that vary kept under names: it is released where it was taken."""
        keep: list[tuple[str, x.Expr]] = []
        path: list[s.Step] = []
        for step in place.path:
            if isinstance(step, s.Key) and not _is_constant(step.key):
                self._count += 1
                name = f"locked_{self._count}"
                self.graph.stored[name] = step.key.type
                keep.append((name, step.key))
                step = s.Key(x.Local(name, step.key.type))
            path.append(step)
        return replace(place, path=tuple(path)), keep

    def _taken(self, statement: s.Lock) -> tuple[x.Expr, s.Statement]:
        """When a mutex is free, and taking it."""
        held = statement.mutex.value
        of = statement.mutex.type
        assert isinstance(of, t.Record)
        first = x.Field(held, 0, 0, of.fields[0][1])
        nobody = x.IsCase(first, 0)
        owner = _part(statement.mutex, 0, of)
        take: s.Statement = s.Assign(owner, x.Make(owner.type, (self._holder,), 1))
        if of.name == "mutex":
            return nobody, take
        readers = _part(statement.mutex, 1, of)
        reading = x.Field(held, 0, 1, readers.type)
        if statement.shared:
            mine = x.Make(readers.type, (self._holder,))
            return nobody, s.Assign(readers, x.Apply(Op.UNION, (reading, mine), readers.type))
        return conj(nobody, x.equal(reading, default(readers.type))), take

    def _released(self, place: s.Place) -> s.Statement:
        of = place.type
        assert isinstance(of, t.Record)
        owner = _part(place, 0, of)
        if of.name == "mutex":
            return s.Assign(owner, default(owner.type))
        held = place.value
        mine = x.equal(x.Field(held, 0, 0, owner.type), x.Make(owner.type, (self._holder,), 1))
        readers = _part(place, 1, of)
        reading = x.Field(held, 0, 1, readers.type)
        me = x.Make(readers.type, (self._holder,))
        rest = x.Apply(Op.MINUS, (reading, me), readers.type)
        return s.If(mine, (s.Assign(owner, default(owner.type)),), (s.Assign(readers, rest),))

    # ------------------------------------------------------------ messages

    def _receive(
        self, statement: s.Statement, arms: tuple[s.Arm, ...], after: int, context: _Context
    ) -> int:
        at = self._point(context, statement)
        for arm in arms:
            if arm.pattern is None:
                entry = self.block(arm.body, after, context)
                self._edge(at, arm, Edge(entry, timeout=True, title="timeout"))  # type: ignore[arg-type]
                continue
            kept = self._kept(arm.pattern, arm.body)
            entry = self.block(arm.body, after, context.knowing(*(name for name, _ in kept)))
            title = f"receive {arm.pattern.kind}"
            edge = Edge(entry, arm.when, (), arm.pattern, kept, title)
            self._edge(at, arm, edge)  # type: ignore[arg-type]
        return at

    def _kept(self, pattern: s.Pattern, body: s.Block) -> tuple[tuple[str, x.Expr], ...]:
        """What a message brings that the code after it uses."""
        used = {name for e in s.all_exprs(body) for name in x.free_names(e)}
        bound = [(pattern.sender, pattern.sender_type), *(b for b in pattern.bound if b)]
        for name, of in bound:
            if name in used:
                self.graph.stored[name] = of
        return tuple((name, x.Local(name, of)) for name, of in bound if name in used)

    def _collect(self, statement: s.Collect, after: int, context: _Context) -> int:
        self._count += 1
        pattern = statement.pattern
        said = said_type(pattern.sender_type, statement.element.type)
        held = x.Local(f"said_{self._count}", said)
        self.graph.stored[held.name] = said
        self.graph.stored[statement.bound] = statement.bound_type
        body = self.block(statement.body, after, context.knowing(statement.bound))
        at = self._point(context.knowing(held.name), statement)
        collection = Collection(held)
        sender = x.Local(pattern.sender, pattern.sender_type)
        new, enough = collection.new_from(sender), collection.enough(statement.count, 1)
        title = f"receive {pattern.kind}"
        more = ((held.name, collection.with_one(sender, statement.element)),)
        every = ((statement.bound, collection.all_with(statement.element, statement.bound_type)),)
        waiting = Edge(at, conj(new, x.negation(enough)), (), pattern, more, title)
        self._edge(at, statement, waiting)
        self._edge(at, statement, Edge(body, conj(new, enough), (), pattern, every, title))
        return at


# ---------------------------------------------------------------- small things


def _is_constant(e: x.Expr) -> bool:
    """Does an expression depend on nothing that changes?"""
    return not any(isinstance(part, x.Global) for part in x.walk(e)) and x.free_names(e) <= {SELF}


def _title(statement: s.Statement, prefix: str = "") -> str:
    """The first line of a statement as it was written, shortened."""
    text = statement.span.text.split("\n", 1)[0].split("#", 1)[0].strip().rstrip("{").strip()
    text = prefix + text
    return text if len(text) <= 48 else f"{text[:45]}…"


def _fault(body: s.Block) -> str:
    """The fault that an atomic block commits, if it does."""
    return next((st.kind for st in body if isinstance(st, s.Mark) and st.kind in FAULTS), "")


def _part(place: s.Place, index: int, of: t.Record) -> s.Place:
    assert index < len(of.fields)
    return replace(place, path=(*place.path, s.Part(index)))


def _held(of: Type) -> Type:
    """The type in which the rest of a domain is kept."""
    return t.Seq(of.of, None) if isinstance(of, t.Bag) else of


def _as_held(domain: x.Expr) -> x.Expr:
    if not isinstance(domain.type, t.Bag):
        return domain
    element = x.Local("element", domain.type.of)
    binder = x.Binder("element", domain.type.of, domain, x.TRUE)
    return x.Fold(x.Quantifier.SEQ, (binder,), element, _held(domain.type))


def _first_of(left: x.Expr, statement: s.For) -> x.Expr:
    if isinstance(left.type, t.Seq):
        return x.Apply(Op.FIRST, (left,), statement.type)
    name = f"{statement.name}_first"
    binder = x.Binder(name, statement.type, left, x.TRUE)
    return x.Fold(x.Quantifier.CHOOSE, (binder,), x.TRUE, statement.type)


def _without(left: x.Expr, taken: x.Local) -> x.Expr:
    if isinstance(left.type, t.Seq):
        return x.Apply(Op.REMOVE, (left, x.number(0)), left.type)
    return x.Apply(Op.MINUS, (left, x.Make(left.type, (taken,))), left.type)
