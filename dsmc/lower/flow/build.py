"""From the code of a process to its graph.

A `let` or `if` without a place belongs to the step before it: they are parts of one statement of the
spec. So does the end of an operation, which nobody in the system sees. Its beginning is a step: others
may do something between two operations of a client.
"""

from __future__ import annotations

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir.faults import FAULTS
from dsmc.ir.names import SELF, numbered
from dsmc.ir.simplify import simplify
from dsmc.ir.types import BOOL, Type
from dsmc.lower.build import conj, default
from dsmc.lower.flow import loops, mutexes
from dsmc.lower.flow.graph import DONE, THROWN, Edge, Graph, Point
from dsmc.lower.flow.titles import title
from dsmc.lower.procs import atomic
from dsmc.lower.quorums import Collection, said_type

#: Events that belong to the step before them.
_ENDS = ("end", "refused", "unknown")


class _Target(Frozen):
    """Where a jump leads, and how many locks are held there."""

    point: int
    locks: int


class _Held(Frozen):
    """A lock that is held, and how it is given back."""

    place: s.Place
    shared: bool
    release: s.Statement


class _Context(Frozen):
    """What surrounds a statement."""

    locks: tuple[_Held, ...] = ()
    loop: _Target | None = None
    catch: _Target | None = None
    scopes: tuple[tuple[str, _Target], ...] = ()

    def target(self, point: int) -> _Target:
        return _Target(point, len(self.locks))

    def looping(self, after: int) -> _Context:
        return replace(self, loop=self.target(after))


class Builder:
    """Builds the graph backwards: a statement knows the point after it."""

    def __init__(self, holder: x.Expr, thread: str) -> None:
        self.graph = Graph()
        self._holder = holder
        self._fixed_names = {SELF, thread}
        self._count = 0

    def whole(self, body: s.Block) -> Graph:
        """The graph of the process."""
        self.graph.entry = self._block(body, DONE, _Context())
        return self.graph.pruned()

    def _is_constant(self, e: x.Expr) -> bool:
        """Does an expression depend on nothing that changes?"""
        varies = any(isinstance(part, x.Global) for part in x.walk(e))
        return not varies and x.free_names(e) <= self._fixed_names

    # ------------------------------------------------------------ points and steps

    def _block(self, block: s.Block, after: int, context: _Context) -> int:
        """The point where a block begins. A mark is about code of one step, and there is none here."""
        for statement in reversed(s.substitute_constants(block, self._is_constant, {})):
            if not isinstance(statement, s.Mark):
                after = self._statement(statement, after, context)
        return after

    def _point(self, statement: s.Statement | s.Arm) -> int:
        written = bool(statement.span.source.name)
        line = statement.span.line if written else 0
        ends = isinstance(statement, s.Event) and statement.kind in _ENDS
        silent = ends or (not written and isinstance(statement, s.Let | s.If))
        self.graph.points.append(Point(line, silent=silent))
        return len(self.graph.points) - 1

    def _edge(self, at: int, statement: s.Statement | s.Arm, edge: Edge) -> None:
        named = edge.title or title(statement)
        self.graph.points[at].steps.append(replace(edge, title=named).at(statement.span))

    def _one(self, statement: s.Statement, edge: Edge) -> int:
        at = self._point(statement)
        self._edge(at, statement, edge)
        return at

    def _keep(self, name: str, of: Type) -> x.Local:
        """A name of the spec whose value may be needed in a later step."""
        self.graph.stored[name] = of
        return x.Local(name, of)

    def _keep_own(self, prefix: str, of: Type) -> x.Local:
        """The same for a name of ours."""
        self._count += 1
        name = numbered(prefix, self._count)
        self.graph.hidden.add(name)
        return self._keep(name, of)

    # ------------------------------------------------------------ statements

    def _statement(self, statement: s.Statement, after: int, context: _Context) -> int:
        match statement:
            case s.Let(name) | s.Pick(name):
                of = statement.value.type if isinstance(statement, s.Let) else statement.type
                kept = ((name, self._keep(name, of)),)
                return self._one(statement, Edge(after, body=(statement,), sets=kept))
            case s.Await(condition) | s.Require(condition):
                return self._one(statement, Edge(after, condition))
            case s.If():
                return self._if(statement, after, context)
            case s.While(condition) if simplify(condition) != x.TRUE:
                return self._while(statement, after, context)
            case s.Loop() | s.While():
                return self._loop(statement, after, context)
            case s.For():
                return self._for(statement, after, context)
            case s.Choose(branches):
                return self._choose(statement, branches, after, context)
            case s.Labelled():
                return self._labelled(statement, after, context)
            case s.Atomic(body):
                return self._atomic(statement, body, after, context)
            case s.Lock():
                return self._lock(statement, after, context)
            case s.Receive():
                return self._receive(statement, after, context)
            case s.Collect():
                return self._collect(statement, after, context)
            case s.Scoped() | s.Try() | s.Leave() | s.Throw() | s.Break() | s.Stop():
                return self._jumping(statement, after, context)
            case _:
                return self._one(statement, Edge(after, body=(statement,)))

    def _atomic(self, statement: s.Atomic, body: s.Block, after: int, context: _Context) -> int:
        """One step, from which a throw may lead elsewhere."""
        code = atomic(body, THROWN)
        edge = Edge(after, body=(s.Atomic(code),), fault=_fault(body))
        if any(isinstance(st, s.Leave) and st.name == THROWN for st in s.walk(code)):
            catch = context.catch or _Target(DONE, 0)
            unwind = self._given_back(catch, context)
            edge = replace(edge, caught=catch.point, unwind=unwind)
        return self._one(statement, edge)

    def _labelled(self, statement: s.Labelled, after: int, context: _Context) -> int:
        entry = self._block(statement.body, after, context)
        if self.graph.resolve(entry) == self.graph.resolve(after):
            entry = self._one(statement, Edge(after))
        point = self.graph.points[self.graph.resolve(entry)]
        point.labels.append(statement.label)
        point.steps = [replace(e, title=f"{statement.label}: {e.title}") for e in point.steps]
        return entry

    # ------------------------------------------------------------ jumps

    def _jumping(self, statement: s.Statement, after: int, context: _Context) -> int:
        stop = _Target(DONE, 0)
        match statement:
            case s.Scoped(name, body):
                scopes = (*context.scopes, (name, context.target(after)))
                return self._block(body, after, replace(context, scopes=scopes))
            case s.Try(body, handler):
                caught = context.target(self._block(handler, after, context))
                return self._block(body, after, replace(context, catch=caught))
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
        release = self._given_back(target, context)
        if not release:
            return target.point
        return self._one(statement, Edge(target.point, body=release))

    def _given_back(self, target: _Target, context: _Context) -> s.Block:
        """The locks that a jump leaves are released, the last one first."""
        left = context.locks[target.locks :]
        return tuple(held.release for held in reversed(left))

    # ------------------------------------------------------------ branches and loops

    def _if(self, statement: s.If, after: int, context: _Context) -> int:
        then = self._block(statement.then, after, context)
        orelse = self._block(statement.orelse, after, context)
        known = simplify(statement.condition)
        if isinstance(known, x.Lit):
            return then if known.value else orelse
        return self._forked(self._point(statement), statement, statement.condition, then, orelse)

    def _while(self, statement: s.While, after: int, context: _Context) -> int:
        at = self._point(statement)
        body = self._block(statement.body, at, context.looping(after))
        return self._forked(at, statement, statement.condition, body, after)

    def _forked(self, at: int, statement: s.Statement, condition: x.Expr, yes: int, no: int) -> int:
        self._edge(at, statement, Edge(yes, condition))
        negative = title(statement)
        self._edge(
            at, statement, Edge(no, x.negation(condition), title=negative and f"{negative}: no")
        )
        return at

    def _loop(self, statement: s.Loop | s.While, after: int, context: _Context) -> int:
        again = self._point(statement)
        start = self._block(statement.body, again, context.looping(after))
        if self.graph.resolve(start) == again:
            self._edge(again, statement, Edge(again))
            return again
        self.graph.points[again].same_as = start
        return start

    def _for(self, statement: s.For, after: int, context: _Context) -> int:
        """Evaluating the domain is a step and takes the first element; each further one is a step."""
        rest = self._keep_own("rest", loops.held(statement.domain.type))
        self._keep(statement.name, statement.type)
        more = self._point(statement)
        body = self._block(statement.body, more, context.looping(after))
        first = self._point(statement)
        for at, left in ((first, loops.as_held(statement.domain)), (more, rest)):
            self._take_one(at, statement, left, rest, body, after)
        return first

    def _take_one(
        self, at: int, statement: s.For, left: x.Expr, rest: x.Local, body: int, after: int
    ) -> None:
        empty = x.equal(left, default(rest.type))
        element = loops.first_of(left, statement)
        taken = x.Local(statement.name, statement.type)
        sets = ((statement.name, taken), (rest.name, loops.without(left, taken)))
        take = Edge(body, x.negation(empty), (s.Let(statement.name, element),), sets=sets)
        self._edge(at, statement, take)
        self._edge(at, statement, Edge(after, empty, title=f"end of {title(statement)}"))

    def _choose(
        self, statement: s.Statement, branches: tuple[s.Block, ...], after: int, context: _Context
    ) -> int:
        at = self._point(statement)
        for branch in branches:
            entry = self._block(branch, after, context)
            if entry == after or not branch:
                self._edge(at, statement, Edge(entry, title="skip"))
            else:
                self.graph.points[at].choices.append(entry)
        return at

    # ------------------------------------------------------------ locks

    def _lock(self, statement: s.Lock, after: int, context: _Context) -> int:
        place, noted = self._lasting(statement.mutex)
        give_back = mutexes.released(place, self._holder)
        if _is_within(statement, context):
            had = self._keep_own("had", BOOL)
            noted = (*noted, s.Let(had.name, mutexes.is_reading(place, self._holder)))
            give_back = s.If(had, (), (give_back,))
        release = self._point(statement)
        edge = Edge(after, body=(give_back,), title=f"un{title(statement)}")
        self._edge(release, statement, edge)
        held = _Held(place, statement.shared, give_back)
        body = self._block(statement.body, release, replace(context, locks=(*context.locks, held)))
        free, _ = mutexes.taken(statement, self._holder)
        _, take = mutexes.taken(replace(statement, mutex=place), self._holder)
        sets = tuple((let.name, x.Local(let.name, let.value.type)) for let in noted)
        return self._one(statement, Edge(body, free, (*noted, take), sets=sets))

    def _lasting(self, place: s.Place) -> tuple[s.Place, tuple[s.Let, ...]]:
        """The place with keys that vary kept under names, which they have before it is taken: it is
        released where it was taken.
        """
        keys: list[s.Let] = []
        path: list[s.Step] = []
        for step in place.path:
            if isinstance(step, s.Key) and not self._is_constant(step.key):
                kept = self._keep_own("locked", step.key.type)
                keys.append(s.Let(kept.name, step.key))
                step = s.Key(kept)
            path.append(step)
        return replace(place, path=tuple(path)), tuple(keys)

    # ------------------------------------------------------------ messages

    def _receive(self, statement: s.Receive, after: int, context: _Context) -> int:
        at = self._point(statement)
        for arm in statement.arms:
            entry = self._block(arm.body, after, context)
            if arm.pattern is None:
                edge = Edge(entry, timeout=True, title="timeout")
            else:
                kept = self._bound(arm.pattern)
                edge = Edge(entry, arm.when, (), arm.pattern, kept, f"receive {arm.pattern.kind}")
            self._edge(at, arm, edge)
        return at

    def _bound(self, pattern: s.Pattern) -> tuple[tuple[str, x.Expr], ...]:
        """What a message brings."""
        bound = ((pattern.sender, pattern.sender_type), *(b for b in pattern.bound if b))
        return tuple((name, self._keep(name, of)) for name, of in bound)

    def _collect(self, statement: s.Collect, after: int, context: _Context) -> int:
        pattern = statement.pattern
        held = self._keep_own("said", said_type(pattern, statement.element.type))
        self._keep(statement.bound, statement.bound_type)
        body = self._block(statement.body, after, context)
        at = self._point(statement)
        self.graph.points[at].fresh = frozenset({held.name})
        collection = Collection(held, pattern)
        sender = x.Local(pattern.sender, pattern.sender_type)
        new, enough = collection.new_from(sender), collection.enough(statement.count, 1)
        named = f"receive {pattern.kind}"
        more = ((held.name, collection.with_one(sender, statement.element)),)
        every = ((statement.bound, collection.all_with(statement.element, statement.bound_type)),)
        told = s.Mark("set", (collection.number(1),), "collected")
        waiting = Edge(at, conj(new, x.negation(enough)), (told,), pattern, more, named)
        self._edge(at, statement, waiting)
        self._edge(at, statement, Edge(body, conj(new, enough), (), pattern, every, named))
        return at


def _is_within(lock: s.Lock, context: _Context) -> bool:
    """May a thread that takes the read side have it already? Then the inner block leaves it."""
    same = (held for held in context.locks if held.place.base == lock.mutex.base)
    return lock.shared and any(held.shared for held in same)


def _fault(body: s.Block) -> str:
    """The fault that an atomic block commits, if it does."""
    return next((st.kind for st in body if isinstance(st, s.Mark) and st.kind in FAULTS), "")
