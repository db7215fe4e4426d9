"""Points of a spec that a step passes: code that is begun, branches, faults, messages that are received.

They are marked before a spec is lowered, so that what the passes copy is counted where it was written.
The steps of processes are marked by no statement: in the code of a process each would be a step.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

from dsmc.frozen import Frozen, replace
from dsmc.ir import stmt as s
from dsmc.ir.protocol import Hook, Proc, Process, Program, RoleCode
from dsmc.source import Span
from dsmc.traces.why import said

#: What the marks are called.
POINT = "point"


class Sort(enum.Enum):
    """What is passed."""

    ACTION = "action"
    HOOK = "hook"
    BRANCH = "branch"
    STEP = "step"
    FAULT = "fault"
    RECOVERY = "recovery"
    MESSAGE = "message"


class Point(Frozen):
    """A place where something is counted; `name` says what, in the words of a report."""

    sort: Sort
    name: str
    span: Span


class Marked(Frozen):
    """A program whose marks are the numbers of points."""

    program: Program
    points: tuple[Point, ...]


def marked(program: Program) -> Marked:
    """The program with a mark for each point of its code."""
    marker = _Marker(_run_at_once(program))
    found = replace(
        program,
        codes=tuple(map(marker.code, program.codes)),
        procs=tuple(map(marker.proc, program.procs)),
        actions=tuple(
            replace(a, body=marker.begun(Sort.ACTION, a.name, a.origin.span, a.body))
            for a in program.actions
        ),
    )
    return Marked(found, tuple(marker.points))


def _run_at_once(program: Program) -> frozenset[str]:
    """The procedures that code of one step calls, or those that it calls."""
    called = {proc.name: _calls(proc.body) for proc in program.procs}
    found: set[str] = set()
    new = {name for block in _codes_of_steps(program) for name in _calls(block)}
    while new:
        found |= new
        new = {name for one in new for name in called[one]} - found
    return frozenset(found)


def _codes_of_steps(program: Program) -> Iterator[s.Block]:
    """All code outside of procedures that is run in one step."""
    yield from (action.body for action in program.actions)
    for code in program.codes:
        parts = (code.handlers, code.quorum_handlers, code.actions, code.on_crash, code.on_restart)
        yield from (part.body for group in parts for part in group)
        yield from (block for process in code.processes for block in _atomic(process.body))
    yield from (block for proc in program.procs for block in _atomic(proc.body))


def _atomic(block: s.Block) -> Iterator[s.Block]:
    return (one.body for one in s.walk(block) if isinstance(one, s.Atomic))


def _calls(block: s.Block) -> set[str]:
    return {one.procedure for one in s.walk(block) if isinstance(one, s.CallProc)}


class _Marker:
    """Makes the points. The procedures that are run `at_once` have marks for their branches."""

    def __init__(self, at_once: frozenset[str]) -> None:
        self._at_once = at_once
        self.points: list[Point] = []

    def code(self, code: RoleCode) -> RoleCode:
        role = code.role.name
        return replace(
            code,
            handlers=tuple(
                replace(h, body=self.begun(Sort.ACTION, f"{role} {said(h.span)}", h.span, h.body))
                for h in code.handlers
            ),
            quorum_handlers=tuple(
                replace(h, body=self.begun(Sort.ACTION, f"{role} {said(h.span)}", h.span, h.body))
                for h in code.quorum_handlers
            ),
            actions=tuple(
                replace(a, body=self.begun(Sort.ACTION, f"{role}.{a.name}", a.span, a.body))
                for a in code.actions
            ),
            on_crash=tuple(self._hook(h, f"{role} on crash") for h in code.on_crash),
            on_restart=tuple(self._hook(h, f"{role} on restart") for h in code.on_restart),
            processes=tuple(map(self._process, code.processes)),
        )

    def proc(self, proc: Proc) -> Proc:
        marked = self._block if proc.name in self._at_once else self._steps
        return replace(proc, body=marked(proc.body))

    def begun(self, sort: Sort, name: str, span: Span, body: s.Block) -> s.Block:
        """Code, with a mark where it begins."""
        return (self._mark(sort, name, span), *self._block(body))

    def _hook(self, hook: Hook, name: str) -> Hook:
        return replace(hook, body=self.begun(Sort.HOOK, name, hook.span, hook.body))

    def _process(self, process: Process) -> Process:
        return replace(process, body=self._steps(process.body))

    def _mark(self, sort: Sort, name: str, span: Span) -> s.Mark:
        self.points.append(Point(sort, name, span))
        return s.Mark(POINT, (), str(len(self.points) - 1)).at(span)

    # ------------------------------------------------------------ branches

    def _steps(self, block: s.Block) -> s.Block:
        """The code of a process: only inside one step may there be marks."""
        return tuple(
            replace(st, body=self._block(st.body)) if isinstance(st, s.Atomic)
            else s.map_parts(st, lambda e: e, self._steps)
            for st in block
        )  # fmt: skip

    def _block(self, block: s.Block) -> s.Block:
        return tuple(map(self._statement, block))

    def _statement(self, statement: s.Statement) -> s.Statement:
        match statement:
            case s.If(condition, then, (s.If() as other,)):
                rest = (self._statement(other),)
                return s.If(condition, self._branch(then), rest).at(statement.span)
            case s.If() | s.Choose() | s.For() | s.While():
                return s.map_parts(statement, lambda e: e, self._branch)
            case _:
                return s.map_parts(statement, lambda e: e, self._block)

    def _branch(self, block: s.Block) -> s.Block:
        """A branch is told by its first statement that was written."""
        place = next((st.span for st in block if st.span.source.name), None)
        if place is None:
            return self._block(block)
        return (self._mark(Sort.BRANCH, said(place), place), *self._block(block))
