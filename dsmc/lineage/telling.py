"""A step interpreted: what it writes, and on which conditions, each with its reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import members
from dsmc.ir.expr import Expr
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.system import Action, Param
from dsmc.ir.types import Value
from dsmc.lineage.assigning import Assigning
from dsmc.lineage.conditions import Condition
from dsmc.lineage.mentions import looked_at
from dsmc.lineage.reasons import Reasons
from dsmc.lineage.slots import Slots
from dsmc.lineage.things import Known, Scope, exactly
from dsmc.lineage.writes import without_budgets
from dsmc.smt.monotone import Id

MAX_ROUNDS = 10_000


class Told:
    """What is known of trying an action: whether it was `able`, and why, or why not; on which conditions its
    body went the way that it went, and what it has written.
    """

    def __init__(
        self, scope: Scope, able: bool, why: Sequence[Condition], path: Sequence[Condition] = ()
    ) -> None:
        self.able, self.why, self.path = able, why, path
        self.written, self.values = scope.written, scope.values


class _Now(Frozen):
    """A point of a body: `leaving` is None where it goes on."""

    scope: Scope
    leaving: str | None = None


class Teller:
    """Tells what becomes of actions."""

    def __init__(self, reasons: Reasons, slots: Slots) -> None:
        self._reasons = reasons
        self._assigning = Assigning(reasons, slots)
        self._slots = slots

    def tell(self, action: Action, scope: Scope, *, arrived: bool = False) -> Told:
        """Try an action: the first of the choices that are left is taken. Of a message that `arrived` it is
        known that it is there.
        """
        self._arrived = arrived
        self._path: list[Condition] = []
        try:
            return self._told(action, scope)
        except RangeError:
            return Told(scope, False, [Condition(lambda: self._all_of(action, scope))])

    def _told(self, action: Action, scope: Scope) -> Told:
        heads: list[Condition] = []
        free = [p for p in action.params if p.name not in scope.names]
        for param in action.params:
            for asked in (self._there(param), param.where) if param not in free else ():
                heads.append(self._condition(asked, scope))
                if not self._reasons.value(asked, scope):
                    return Told(scope, False, heads[-1:])
        guard = without_budgets(action.guard)
        for named in self._chosen(free, scope):
            inner = self._with_names(action, named)
            true = bool(self._reasons.value(guard, inner))
            condition = self._condition(guard, inner)
            if not true and not free:
                return Told(scope, False, [condition])
            (self._path if free else heads).append(condition)
            for end in self._run(action.body, _Now(inner)) if true else ():
                return Told(end.scope, True, heads, self._path)
        return Told(scope, False, [*heads, *self._path])

    def _there(self, param: Param) -> Expr:
        """Is what was chosen there? Of messages in flight that is not so for ever."""
        bag = isinstance(param.domain, x.Global) and self._slots.is_bag(param.domain.name)
        if self._arrived or not bag:
            return x.TRUE
        return x.Apply(Op.BAG_HAS, (x.Local(param.name, param.type), param.domain), t.BOOL)

    def _with_names(self, action: Action, scope: Scope) -> Scope:
        for name, value in action.names:
            scope = scope.named(name, self._reasons.thing(value, scope))
        return scope

    def _condition(self, e: Expr, scope: Scope) -> Condition:
        """What it is, true or false."""
        return Condition(lambda: self._reasons.exact(e, scope))

    def _all_of(self, action: Action, scope: Scope) -> Id:
        """All that an action may look at is what it is."""
        expressions = (*_head(action), *s.all_exprs(action.body))
        names = looked_at(expressions, self._reasons.functions)
        slots = (slot for name in names for slot in self._slots.under(name))
        fresh = Scope(scope.place, scope.values, {}, {})
        return self._reasons.all(exactly(self._reasons.slot(slot, fresh)) for slot in slots)

    # ------------------------------------------------------------ whether it is possible

    def _chosen(self, params: Sequence[Param], scope: Scope) -> Iterator[Scope]:
        """The choices of parameters that are not given, in order."""
        if not params:
            yield scope
            return
        first, rest = params[0], params[1:]
        domain = self._reasons.value(first.domain, scope)
        self._note(lambda: self._reasons.exact(first.domain, scope))
        for value in dict.fromkeys(members(first.domain.type, domain)):
            inner = scope.named(first.name, Known(value))
            if self._tested(first.where, inner):
                yield from self._chosen(rest, inner)

    # ------------------------------------------------------------ bodies

    def _note(self, why: Callable[[], Id], variables: frozenset[str] | None = None) -> None:
        self._path.append(Condition(why, variables))

    def _tested(self, e: Expr, scope: Scope, variables: frozenset[str] | None = None) -> bool:
        """Is a condition true? The way depends on it."""
        true = bool(self._reasons.value(e, scope))
        if e != x.TRUE:
            self._note(lambda: self._reasons.truth(e, scope, wanted=true), variables)
        return true

    def _run(self, block: s.Block, now: _Now) -> Iterator[_Now]:
        if not block or now.leaving is not None:
            yield now
            return
        for after in self._step(block[0], now):
            yield from self._run(block[1:], after)

    def _inside(self, block: s.Block, now: _Now) -> Iterator[_Now]:
        """A block whose names end with it."""
        for after in self._run(block, now):
            scope = after.scope
            yield _Now(
                Scope(scope.place, scope.values, now.scope.names, scope.written), after.leaving
            )

    def _step(self, statement: s.Statement, now: _Now) -> Iterator[_Now]:
        scope = now.scope
        match statement:
            case s.Assign(place, value):
                yield _Now(self._assigning.assigned(place, value, scope, self._note))
            case s.Let(name, value):
                yield _Now(scope.named(name, self._reasons.thing(value, scope)))
            case s.Pick(name, _, domain, where):
                self._note(lambda: self._reasons.exact(domain, scope))
                for element in self._members(domain, scope):
                    inner = scope.named(name, Known(element))
                    if self._tested(where, inner):
                        yield _Now(inner)
            case s.Choose(branches):
                for branch in branches:
                    yield from self._inside(branch, now)
            case s.If(condition, then, orelse):
                true = self._tested(condition, scope, _touched(statement))
                yield from self._inside(then if true else orelse, now)
            case s.For(name, _, domain, body):
                self._note(lambda: self._reasons.exact(domain, scope), _touched(statement))
                yield from self._loop(name, self._members(domain, scope), body, now)
            case s.While(condition, body):
                yield from self._rounds(condition, body, now, _touched(statement))
            case s.Require(condition):
                if self._tested(condition, scope):
                    yield now
            case s.Scoped(name, body):
                for after in self._inside(body, now):
                    yield _Now(after.scope, None if after.leaving == name else after.leaving)
            case s.Leave(name):
                yield _Now(scope, name)
            case s.Mark() | s.Assert():
                yield now
            case _:
                raise AssertionError(statement)

    def _members(self, domain: Expr, scope: Scope) -> list[Value]:
        whole = self._reasons.value(domain, scope)
        return list(dict.fromkeys(members(domain.type, whole)))

    def _loop(self, name: str, elements: list[Value], body: s.Block, now: _Now) -> Iterator[_Now]:
        if not elements or now.leaving is not None:
            yield now
            return
        named = _Now(now.scope.named(name, Known(elements[0])))
        for after in self._inside(body, named):
            scope = after.scope
            kept = Scope(scope.place, scope.values, now.scope.names, scope.written)
            yield from self._loop(name, elements[1:], body, _Now(kept, after.leaving))

    def _rounds(
        self, condition: Expr, body: s.Block, now: _Now, touched: frozenset[str] | None,
        count: int = 0,
    ) -> Iterator[_Now]:  # fmt: skip
        if count > MAX_ROUNDS:
            raise RangeError("the loop does not end")
        if now.leaving is not None or not self._tested(condition, now.scope, touched):
            yield now
            return
        for after in self._inside(body, now):
            yield from self._rounds(condition, body, after, touched, count + 1)


def _head(action: Action) -> Iterator[Expr]:
    for param in action.params:
        yield from (param.domain, param.where)
    yield from (value for _, value in action.names)
    yield action.guard


def _touched(statement: s.Statement) -> frozenset[str] | None:
    """The variables that are written inside a statement; None if it may end the step, or be a choice."""
    found = set[str]()
    for one in s.walk((statement,)):
        match one:
            case s.Leave() | s.Require() | s.Pick() | s.Choose():
                return None
            case s.Assign(place):
                found.add(place.base.name)
    return frozenset(found)
