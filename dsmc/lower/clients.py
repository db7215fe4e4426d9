"""Who asks something of a history, and where."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.protocol import NetworkKind, Program
from dsmc.lower.build import node_type
from dsmc.source import Source, Span


class Clients:
    """The `roles` whose nodes have events of a history, the type of a client's `node` and of its
    `threads`.
    """

    def __init__(self, program: Program, history: str) -> None:
        self._history = history
        self._program = program
        self.events = [
            st for block in _code(program) for st in s.walk(block)
            if isinstance(st, s.Event) and st.history == history
        ]  # fmt: skip
        self.roles = [r for r in program.roles if any(_is_by(e, r) for e in self.events)]
        self.node: t.Type = node_type(program) if self.roles else t.Int(0, 0)
        self.threads = t.Int(0, max((_threads(e) for e in self.events), default=0))

    def renewing(self, ends: tuple[str, ...]) -> list[s.Event]:
        """The events that end an operation in a step that may then begin another one."""
        return [e for code in self._steps() for e in _renewed(code, ends)]

    def _steps(self) -> list[list[s.Event]]:
        """The events of this history in each step, in their order. On a synchronous network handlers
        run, in any order, in the steps that send.
        """
        found = [self._in_order(block) for block in _code(self._program)]
        if all(m.network is not NetworkKind.SYNCHRONOUS for m in self._program.messages):
            return found
        handled = [step.body for step in self._program.steps if step.receive is not None]
        sending = [block for block in _code(self._program) if any(map(_sends, s.walk(block)))]
        joined = [event for block in (*handled, *sending) for event in self._in_order(block)]
        return [*found, joined + joined]

    def _in_order(self, block: s.Block) -> list[s.Event]:
        found: list[s.Event] = []
        for st in block:
            if isinstance(st, s.Event) and st.history == self._history:
                found.append(st)
            inner = [event for body in s.blocks_of(st) for event in self._in_order(body)]
            found += inner * (2 if isinstance(st, s.For | s.While) else 1)
        return found

    def each(self, of: t.Type) -> t.Map:
        """A value for each client."""
        return t.Map(self.node, t.Map(self.threads, of))

    def place(self, node: x.Expr, thread: x.Expr) -> tuple[x.Expr, x.Expr]:
        """Where a client's value is."""
        return node, x.Convert(thread, self.threads)


def _renewed(events: list[s.Event], ends: tuple[str, ...]) -> list[s.Event]:
    begins = [n for n, event in enumerate(events) if event.kind == "begin"]
    last = begins[-1] if begins else 0
    return [event for event in events[:last] if event.kind in ends]


def said(text: str) -> Span:
    """Words for what nobody has written."""
    return Span(Source("", text), 0, len(text))


def _code(program: Program) -> list[s.Block]:
    return [
        *(step.body for step in program.steps),
        *(a.body for a in program.actions),
        program.init,
    ]


def _sends(statement: s.Statement) -> bool:
    return isinstance(statement, s.Send | s.Broadcast)


def _is_by(event: s.Event, role: t.Role) -> bool:
    assert isinstance(event.client, x.Make)
    return event.client.args[0].type == role


def _threads(event: s.Event) -> int:
    assert isinstance(event.client, x.Make)
    of = event.client.args[1].type
    assert isinstance(of, t.Int)
    return of.high
