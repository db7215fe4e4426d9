"""`network synchronous`: sending and receiving are one step.

A send is possible only if a handler of the receiver accepts the message; the handler then runs as a
part of the sender's step. To a node that is down, or cut off, nothing is sent.
"""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir.names import SELF
from dsmc.ir.protocol import MessageDecl, Program, Step
from dsmc.ir.system import Action, Variable
from dsmc.lower.build import between, conj
from dsmc.lower.fresh import Fresh, code_of
from dsmc.lower.network.wire import (
    Handling,
    bound_names,
    can_be,
    is_node_of,
    mark,
    matches,
    narrowed,
)
from dsmc.lower.procs import rename_locals

#: How deep handlers may send to each other within one step …
MAX_DEPTH = 8
#: … for what goes deeper is taken to have no end: an error, which hides what it cuts off.
_ENDLESS = s.While(x.TRUE, ())


class Synchronous:
    """Handlers run inside the steps that send to them."""

    variables: tuple[Variable, ...] = ()
    channels = ()

    def __init__(self, program: Program, messages: tuple[MessageDecl, ...]) -> None:
        self._program = program
        self._fresh = Fresh(code_of(program))
        self._depth = 0

    def send(
        self, decl: MessageDecl, fields: tuple[x.Expr, ...], sender: x.Expr, to: x.Expr,
        handling: Handling,
    ) -> s.Block:  # fmt: skip
        """See `Wire`."""
        self._depth += 1
        handled = self._any_handler(decl, fields, sender, to, handling)
        self._depth -= 1
        passes = conj(self._program.delivery, self._program.awake)
        reached = between(passes, self._program, sender, to)
        marks = (
            mark("send", decl, self._program, sender, to, fields),
            mark("receive", decl, self._program, sender, to, fields),
        )
        lost = mark("drop", decl, self._program, sender, to, fields)
        if reached == x.TRUE:
            return (*marks, handled)
        return (s.If(reached, (*marks, handled), (marks[0], lost)), *self._unless_down(sender))

    def _any_handler(
        self, decl: MessageDecl, fields: tuple[x.Expr, ...], sender: x.Expr, to: x.Expr,
        handling: Handling,
    ) -> s.Statement:  # fmt: skip
        """One of the handlers that accept a message; without one the step is not possible."""
        steps = [st for st in self._program.steps if _takes(st, decl, to)]
        if not steps:
            return s.Require(x.FALSE)
        if self._depth > MAX_DEPTH:
            return _ENDLESS
        return s.Choose(
            tuple(self._handled(st, decl, fields, sender, to, handling) for st in steps)
        )

    def _unless_down(self, sender: x.Expr) -> s.Block:
        """What the message set off may have stopped its own sender: then its code ends here."""
        if self._program.awake == x.TRUE:
            return ()
        awake = between(self._program.awake, self._program, sender, sender)
        return (s.If(x.negation(awake), (s.Leave(),)),)

    def _handled(
        self, step: Step, decl: MessageDecl, fields: tuple[x.Expr, ...], sender: x.Expr,
        to: x.Expr, handling: Handling,
    ) -> s.Block:  # fmt: skip
        """One handler, as a part of the sender's step."""
        assert step.receive is not None
        suffix = self._fresh.suffix("s")
        me, *others = step.params
        node = narrowed(to, me.type)
        names = bound_names(step.receive, fields, sender)
        outer: dict[str, x.Expr] = {SELF: x.Local(f"self{suffix}", me.type)}
        inner: dict[str, x.Expr] = {n: x.Local(n + suffix, v.type) for n, v in names}
        inner |= {p.name: x.Local(p.name + suffix, p.type) for p in others} | outer
        lets = [s.Let(n + suffix, v) for n, v in names]
        picks = [s.Pick(p.name + suffix, p.type, p.domain, p.where) for p in others]
        fits = x.substitute(
            matches(step.receive, fields, narrowed(sender, step.receive.sender_type)), outer
        )
        own = (s.Require(is_node_of(to, me.type)), s.Let(f"self{suffix}", node))
        guard = x.substitute(step.guard, inner)
        body = s.substitute_in(rename_locals(step.body, suffix), inner)
        scope = f"handler{suffix}"
        run = s.Scoped(scope, _leaving(handling.handling(body), scope))
        return (*own, s.Require(fits), *lets, *picks, s.Require(guard), run)

    def receive(self, decl: MessageDecl, step: Step) -> list[Action]:
        """See `Wire`."""
        return []

    def forget(self, node: x.Expr) -> s.Block:
        """See `Wire`."""
        return ()


def _takes(step: Step, decl: MessageDecl, to: x.Expr) -> bool:
    fits = step.receive is not None and step.receive.kind == decl.kind.name
    return fits and can_be(to.type, step.params[0].type)


def _leaving(block: s.Block, scope: str) -> s.Block:
    """The block in which what ended the step ends the handler."""

    def one(statement: s.Statement) -> s.Statement:
        if isinstance(statement, s.Leave) and not statement.name:
            return s.Leave(scope).at(statement.span)
        return s.map_parts(statement, lambda e: e, lambda b: _leaving(b, scope))

    return tuple(map(one, block))
