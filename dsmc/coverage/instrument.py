"""A system that tells which of its points are passed.

Whoever passes a point breaks an assertion there. So each engine finds out which points are passed, with
nothing but what it knows; and the reference, which names the broken assertions of each step, how often.
Whether a condition of a guard is ever true, or false, are questions about states.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.coverage.points import POINT, Marked, Point, Sort
from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.names import written
from dsmc.ir.protocol import Fault, Program
from dsmc.ir.simplify import simplify
from dsmc.source import Span


class Guard(Frozen):
    """A condition that a step waits for, and the properties that say that it is true, and false."""

    span: Span
    true: tuple[int, ...]
    false: tuple[int, ...]


class Instrumented(Frozen):
    """A system, and the property that is decided where each of its points is passed."""

    system: y.System
    points: tuple[tuple[Point, int], ...]
    guards: tuple[Guard, ...]


def instrumented(marked: Marked, system: y.System) -> Instrumented:
    """The system of a marked program, with assertions in the place of the marks."""
    return _Instrument(marked, system).done()


class _Instrument:
    def __init__(self, marked: Marked, system: y.System) -> None:
        self._program: Program = marked.program
        self._system = system
        kept = (y.NoError, y.Assertion)
        self._properties: list[y.Property] = [p for p in system.properties if isinstance(p, kept)]
        self._points: dict[Point, y.Assertion] = {}
        self._marked = marked.points
        self._faults = {fault: self._fault_point(fault) for fault in self._program.faults}
        for point in (*marked.points, *self._faults.values(), *_messages(self._program)):
            self._assertion(point)
        self._guards: dict[Span, tuple[list[int], list[int]]] = {}

    def done(self) -> Instrumented:
        actions = tuple(map(self._action, self._system.actions))
        for action in self._system.actions:
            if not action.origin.fault:
                self._guard(action)
        system = replace(self._system, actions=actions, properties=tuple(self._properties))
        numbers = {prop: number for number, prop in enumerate(self._properties)}
        return Instrumented(
            system,
            tuple((point, numbers[prop]) for point, prop in self._points.items()),
            tuple(Guard(span, tuple(yes), tuple(no)) for span, (yes, no) in self._guards.items()),
        )

    def _assertion(self, point: Point) -> s.Assert:
        """A statement that says that the point is passed."""
        if point not in self._points:
            number = len(self._properties)  # more than any that is in use
            self._points[point] = y.Assertion(f"point {number}", number)
            self._properties.append(self._points[point])
        return s.Assert(x.FALSE, self._points[point].number)

    # ------------------------------------------------------------ actions

    def _action(self, action: y.Action) -> y.Action:
        body = tuple(self._statement(st, action) for st in action.body)
        point = self._point_of(action)
        return replace(action, body=(self._assertion(point), *body) if point else body)

    def _point_of(self, action: y.Action) -> Point | None:
        """What the whole action is a step of, if no mark in it says so."""
        origin = action.origin
        if origin.fault:
            return self._fault_of(action)
        if any(point.span == origin.span for point in self._marks_in(action)):
            return None
        sort = Sort.RECOVERY if origin.kind is y.Kind.RECOVERY else Sort.STEP
        return Point(sort, origin.title, origin.span)

    def _marks_in(self, action: y.Action) -> Iterator[Point]:
        for statement in s.walk(action.body):
            if isinstance(statement, s.Mark) and statement.kind == POINT:
                yield self._marked[int(statement.text)]

    def _statement(self, statement: s.Statement, action: y.Action) -> s.Statement:
        match statement:
            case s.Mark(kind, _, text) if kind == POINT:
                point = self._marked[int(text)]
                # Code that a fault cuts off was begun, but it is a step of the fault's.
                counts = point.sort is Sort.HOOK or not action.origin.fault
                return self._assertion(point) if counts else statement
            case s.Mark("receive", args) if not action.origin.fault:
                return self._assertion(self._message(args[-1]))
            case s.Mark(kind, _, text):
                fault = self._inside(kind, text)
                own = action.origin.span == fault.span if fault else True
                return statement if fault is None or own else self._assertion(self._faults[fault])
            case _:
                return s.map_parts(
                    statement,
                    lambda e: e,
                    lambda block: tuple(self._statement(st, action) for st in block),
                )

    def _message(self, message: x.Expr) -> Point:
        match message:
            case x.Make(_, _, case) | x.Lit((case, *_)):
                decl = self._program.messages[case]
            case _:
                raise AssertionError(message)
        return Point(Sort.MESSAGE, decl.kind.name, decl.span)

    # ------------------------------------------------------------ faults

    def _fault_point(self, fault: Fault) -> Point:
        words = (fault.name, fault.role.name if fault.role else "", fault.message, fault.label)
        return Point(Sort.FAULT, " ".join(filter(None, words)), fault.span)

    def _fault_of(self, action: y.Action) -> Point:
        """The declared fault that an action commits; messages may be declared to be lossy."""
        origin = action.origin
        of_role = [
            f for f in self._faults
            if f.name == origin.fault and f.role is not None and f.role.name == origin.role
        ]  # fmt: skip
        found = [f for f in self._faults if f.span == origin.span] or of_role
        if found:
            return self._faults[found[0]]
        return Point(Sort.FAULT, written(action.name).replace("_", " "), origin.span)

    def _inside(self, kind: str, label: str) -> Fault | None:
        """The fault of a labelled statement that happens inside a step."""
        return next(
            (f for f in self._faults if f.label and (f.name, f.label) == (kind, label)), None
        )

    # ------------------------------------------------------------ guards

    def _guard(self, action: y.Action) -> None:
        """For each condition that was written: is it true, and false, where those before are true?"""
        before: list[x.Expr] = []
        for part in x.conjuncts(action.guard):
            if part.span.source.name:
                yes, no = self._guards.setdefault(part.span, ([], []))
                yes.append(self._asked(action, [*before, part]))
                no.append(self._asked(action, [*before, x.negation(part)]))
            before.append(part)

    def _asked(self, action: y.Action, parts: list[x.Expr]) -> int:
        e = x.conjunction(parts)
        for name, value in reversed(action.names):
            e = x.Let(name, value, e, t.BOOL)
        binders = tuple(x.Binder(p.name, p.type, p.domain, p.where) for p in action.params)
        e = x.Fold(x.Quantifier.EXISTS, binders, e, t.BOOL) if binders else e
        self._properties.append(y.Reachable(f"guard {len(self._properties)}", simplify(e)))
        return len(self._properties) - 1


def _messages(program: Program) -> Iterator[Point]:
    """A point for each message that is declared: it is received. Without roles messages are values."""
    for decl in program.messages if program.roles else ():
        yield Point(Sort.MESSAGE, decl.kind.name, decl.span)
