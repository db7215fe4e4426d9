"""A second meaning of systems, slow and plain: every statement is interpreted on plain values.

It shares the typed form with the reference and nothing else, but the observers of histories: no
registers, no generated code. What both say must agree, on every model and on random systems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from conftest import TooLarge
from observers import observing

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate, make, members, rank
from dsmc.ir.ops import RangeError

State = tuple[Any, ...]
Values = dict[str, Any]
MAX_ROUNDS = 10_000


@dataclass(frozen=True)
class Now:
    """A point of a run through a body: the state, the local names, where a jump goes."""

    state: Values
    names: Values
    leaving: str | None = None  # None: going on; "": the step ends; else the block that is left
    failed: frozenset[int] = frozenset()


class Oracle:
    """The transition relation of a system, interpreted."""

    def __init__(self, system: y.System) -> None:
        self.system = system
        self.functions = {f.name: f for f in system.functions}
        self.variables = [v.name for v in system.variables]
        self.observe = observing(system)

    def world(self, state: Values, old: Values | None = None) -> World:
        return World(self.functions, state, old, self.observe)

    def freeze(self, state: Values) -> State:
        return tuple(state[name] for name in self.variables)

    def thaw(self, state: State) -> Values:
        return dict(zip(self.variables, state, strict=True))

    def value(self, e: x.Expr, now: Now) -> Any:
        return evaluate(e, self.world(now.state), now.names)

    # ------------------------------------------------------------ runs through a body

    def run(self, block: s.Block, now: Now) -> Iterator[Now]:
        if not block or now.leaving is not None:
            yield now
            return
        for after in self.step(block[0], now):
            yield from self.run(block[1:], after)

    def scoped(self, block: s.Block, now: Now) -> Iterator[Now]:
        """A block whose names end with it."""
        for after in self.run(block, now):
            yield Now(after.state, now.names, after.leaving, after.failed)

    def step(self, statement: s.Statement, now: Now) -> Iterator[Now]:
        match statement:
            case s.Assign(place, value):
                yield Now(
                    self.assigned(place, self.value(value, now), now), now.names, None, now.failed
                )
            case s.Let(name, value):
                yield self.named(now, name, self.value(value, now))
            case s.Pick(name, _, domain, where):
                for element in self.distinct(domain, now):
                    inner = self.named(now, name, element)
                    if self.value(where, inner):
                        yield inner
            case s.Choose(branches):
                for branch in branches:
                    yield from self.scoped(branch, now)
            case s.If(condition, then, orelse):
                yield from self.scoped(then if self.value(condition, now) else orelse, now)
            case s.For(name, _, domain, body):
                elements = list(members(domain.type, self.value(domain, now)))
                yield from self.loop(name, elements, body, now)
            case s.While(condition, body):
                yield from self.rounds(condition, body, now, 0)
            case s.Require(condition):
                if self.value(condition, now):
                    yield now
            case s.Assert(condition, number):
                good = self.value(condition, now)
                failed = now.failed if good else now.failed | {number}
                yield Now(now.state, now.names, None, failed)
            case s.Scoped(name, body):
                for after in self.scoped(body, now):
                    stays = after.leaving if after.leaving != name else None
                    yield Now(after.state, after.names, stays, after.failed)
            case s.Leave(name):
                yield Now(now.state, now.names, name, now.failed)
            case s.Mark():
                yield now
            case _:
                raise AssertionError(statement)

    def named(self, now: Now, name: str, value: Any) -> Now:
        return Now(now.state, {**now.names, name: value}, None, now.failed)

    def distinct(self, domain: x.Expr, now: Now) -> list[Any]:
        return list(dict.fromkeys(members(domain.type, self.value(domain, now))))

    def loop(self, name: str, elements: list[Any], body: s.Block, now: Now) -> Iterator[Now]:
        if not elements or now.leaving is not None:
            yield Now(now.state, now.names, now.leaving, now.failed)
            return
        for after in self.scoped(body, self.named(now, name, elements[0])):
            kept = Now(after.state, now.names, after.leaving, after.failed)
            yield from self.loop(name, elements[1:], body, kept)

    def rounds(self, condition: x.Expr, body: s.Block, now: Now, count: int) -> Iterator[Now]:
        if count > MAX_ROUNDS:
            raise RangeError("the loop does not end")
        if now.leaving is not None or not self.value(condition, now):
            yield now
            return
        for after in self.scoped(body, now):
            yield from self.rounds(condition, body, after, count + 1)

    def assigned(self, place: s.Place, value: Any, now: Now) -> Values:
        name = place.base.name
        old = now.state[name]
        new = self.updated(place.base.type, old, place.path, value, now)
        return {**now.state, name: new}

    def updated(self, of: t.Type, old: Any, path: tuple[s.Step, ...], value: Any, now: Now) -> Any:
        if not path:
            return value
        step, rest = path[0], path[1:]
        match step, of:
            case s.Key(key), t.Map(wanted, inner):
                at = rank(wanted, self.value(key, now))
                part = self.updated(inner, old[at], rest, value, now)
                return (*old[:at], part, *old[at + 1 :])
            case s.Part(index, case), t.Option() | t.Tuple() | t.Record() | t.Message():
                inner = t.field_types(of, case)[index]
                part = self.updated(inner, old[index + 1], rest, value, now)
                return make(of, [*old[1 : index + 1], part, *old[index + 2 :]], old[0])
            case _:
                raise AssertionError((step, of))

    # ------------------------------------------------------------ the transition system

    def initial(self) -> list[State]:
        defaults = {v.name: t.default(v.type) for v in self.system.variables}
        ends = self.run(self.system.init, Now(defaults, {}))
        return list(dict.fromkeys(self.freeze(end.state) for end in ends))

    def instances(self, action: y.Action, now: Now) -> Iterator[Now]:
        def params(left: tuple[y.Param, ...], inner: Now) -> Iterator[Now]:
            if not left:
                for name, value in action.names:
                    inner = self.named(inner, name, self.value(value, inner))
                if self.value(action.guard, inner):
                    yield inner
                return
            for element in self.distinct(left[0].domain, inner):
                bound = self.named(inner, left[0].name, element)
                if self.value(left[0].where, bound):
                    yield from params(left[1:], bound)

        yield from params(action.params, now)

    def successors(self, state: State) -> tuple[list[State], set[str]]:
        """The successors in order, and the names of the properties that the steps violate."""
        found: list[State] = []
        violated: set[str] = set()
        asserts = {p.number: p.name for p in self.system.properties if isinstance(p, y.Assertion)}
        for action in self.system.actions:
            now = Now(self.thaw(state), {})
            try:
                for instance in self.instances(action, now):
                    for end in self.run(action.body, instance):
                        found.append(self.freeze(end.state))
                        violated |= {asserts[n] for n in end.failed}
            except RangeError:
                violated.add("no_range_error")
        return found, violated

    def holds(self, e: x.Expr, state: State, before: State | None = None) -> bool:
        old = self.thaw(before) if before is not None else {}
        try:
            return bool(evaluate(e, self.world(self.thaw(state), old)))
        except RangeError:
            return False


@dataclass
class Found:
    """What exploring found: counts, and for each decided property the depth at which it was."""

    states: int = 0
    transitions: int = 0
    depth: int = 0
    decided: dict[str, int] = field(default_factory=dict)


def explore(system: y.System, limit: int = 100_000) -> Found:
    """Breadth-first, to the end."""
    oracle = Oracle(system)
    found = Found()
    level = [s_ for s_ in oracle.initial() if oracle.holds(system.within, s_)]
    seen = set(level)

    def note(name: str, depth: int) -> None:
        found.decided.setdefault(name, depth)

    while level:
        found.depth += 1
        for state in level:
            _look(oracle, state, found.depth - 1, note)
        following: list[State] = []
        for state in level:
            successors, violated = oracle.successors(state)
            found.transitions += len(successors)
            for name in violated:
                note(name, found.depth)
            cut_off = "no_range_error" in violated
            _look_at_steps(oracle, state, successors, found.depth, note, cut_off)
            for target in successors:
                if not oracle.holds(system.within, target):
                    _look(oracle, target, found.depth, note)
                elif target not in seen:
                    seen.add(target)
                    following.append(target)
        if len(seen) > limit or found.transitions > 10 * limit:
            raise TooLarge
        level = following
    found.states = len(seen)
    return found


def _look(oracle: Oracle, state: State, depth: int, note: Any) -> None:
    for prop in oracle.system.properties:
        if isinstance(prop, y.Invariant) and not oracle.holds(prop.expr, state):
            note(prop.name, depth)
        if isinstance(prop, y.Reachable) and oracle.holds(prop.expr, state):
            note(prop.name, depth)


def _look_at_steps(
    oracle: Oracle, state: State, successors: list[State], depth: int, note: Any, cut_off: bool
) -> None:
    work = cut_off or _moves(oracle, state, lambda kind: kind.is_work)
    own = cut_off or _moves(oracle, state, lambda kind: kind.is_own)
    for prop in oracle.system.properties:
        match prop:
            case y.Transition(_, e):
                if any(not oracle.holds(e, after, state) for after in successors):
                    note(prop.name, depth)
            case y.Quiescent(_, e) if not work:
                if not oracle.holds(e, state):
                    note(prop.name, depth - 1)
            case y.NoDeadlock(_, final) if not own:
                if not oracle.holds(final, state):
                    note(prop.name, depth - 1)
            case y.Fires(_, names):
                if _fires(oracle, state, names):
                    note(prop.name, depth)


def _moves(oracle: Oracle, state: State, wanted: Callable[[y.Kind], bool]) -> bool:
    """Can a step of a wanted kind change anything?"""
    actions = tuple(a for a in oracle.system.actions if wanted(a.origin.kind))
    return any(target != state for target in _by(oracle, state, actions))


def _fires(oracle: Oracle, state: State, names: tuple[str, ...]) -> bool:
    actions = tuple(a for a in oracle.system.actions if a.name in names)
    return bool(_by(oracle, state, actions))


def _by(oracle: Oracle, state: State, actions: tuple[y.Action, ...]) -> list[State]:
    from dsmc.frozen import replace

    part = Oracle(replace(oracle.system, actions=actions))
    return part.successors(state)[0]
