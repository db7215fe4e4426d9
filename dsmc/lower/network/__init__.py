"""Messages in flight become variables; sending and receiving, changes of them.

Needs: steps, conditions on delivery. Leaves: actions; no `Send`, `Broadcast` or `Forget`. How a
message travels is decided for each kind; each semantics is a file here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.protocol import MessageDecl, NetworkKind, Program, Step
from dsmc.ir.system import Action
from dsmc.lower.build import between, node_type
from dsmc.lower.fresh import Fresh, code_of
from dsmc.lower.network import fifo, synchronous, unordered
from dsmc.lower.network.wire import Wire, mark

_KINDS: dict[NetworkKind, Callable[[Program, tuple[MessageDecl, ...]], Wire]] = {
    NetworkKind.UNORDERED: unordered.Unordered,
    NetworkKind.FIFO: fifo.Fifo,
    NetworkKind.SYNCHRONOUS: synchronous.Synchronous,
}


def network(program: Program) -> Program:
    """Give the messages a network."""
    messages = tuple(_addressed(decl, case, program) for case, decl in enumerate(program.messages))
    return _Lowering(replace(program, messages=messages)).lowered()


def _addressed(decl: MessageDecl, case: int, program: Program) -> MessageDecl:
    """The message with room for every node that it is sent to, handlers or not."""
    to = {of for kind, of in _sends(program) if kind in (case, None)}
    return decl if to <= {decl.receiver} else replace(decl, receiver=node_type(program))


def _sends(program: Program) -> Iterator[tuple[int | None, t.Type]]:
    """Which kind of message (None: any) is sent to which type of nodes."""
    steps, actions = (a.body for a in program.steps), (a.body for a in program.actions)
    for statement in (st for block in (program.init, *steps, *actions) for st in s.walk(block)):
        match statement:
            case s.Send(message, _, to):
                yield _kind(message), to.type
            case s.Broadcast(message, _, to):
                assert isinstance(to.type, t.Set)
                yield _kind(message), to.type.of


def _kind(message: x.Expr) -> int | None:
    return message.case if isinstance(message, x.Make) else None


class _Lowering:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._fresh = Fresh(code_of(program))
        used = [k for k in NetworkKind if any(m.network is k for m in program.messages)]
        self._wires: dict[NetworkKind, Wire] = {
            k: _KINDS[k](program, tuple(m for m in program.messages if m.network is k))
            for k in used
        }

    def lowered(self) -> Program:
        wires = tuple(self._wires.values())
        actions = [a for step in self._program.steps for a in self._actions(step)]
        return replace(
            self._program,
            variables=(*self._program.variables, *(v for w in wires for v in w.variables)),
            channels=tuple(c for w in wires for c in w.channels),
            actions=(
                *(replace(a, body=self._sending(a.body)) for a in self._program.actions), *actions
            ),
            init=self._sending(self._program.init),
            steps=(),
        )  # fmt: skip

    def _actions(self, step: Step) -> list[Action]:
        """The actions of a step: none for one that only runs inside its sender's step."""
        if step.receive is None:
            body = self._sending(step.body)
            origin = step.origin
            return [Action(
                step.name, step.params, (), step.guard, body, step.fairness, origin, step.doc,
                step.key, step.owed,
            ).at(step.span)]  # fmt: skip
        decl = self._declared(step.receive.kind)
        made = self._wires[decl.network].receive(decl, step)
        return [replace(a, body=self._sending(a.body)).at(step.span) for a in made]

    def _declared(self, kind: str) -> MessageDecl:
        return next(m for m in self._program.messages if m.kind.name == kind)

    # ------------------------------------------------------------ sending

    def _sending(self, block: s.Block) -> s.Block:
        return tuple(made for statement in block for made in self._statement(statement))

    def _statement(self, statement: s.Statement) -> s.Block:
        match statement:
            case s.Send(message, sender, to):
                return self._send(message, sender, to, statement)
            case s.Broadcast(message, sender, to):
                return self._broadcast(message, sender, to, statement)
            case s.Forget(node):
                dropped = tuple(st for wire in self._wires.values() for st in wire.forget(node))
                return (*dropped, s.Mark("forget", (node,)))
            case s.Atomic(body):
                return self._sending(body)
            case _:
                return (s.map_parts(statement, lambda e: e, self._sending),)

    def _broadcast(
        self, message: x.Expr, sender: x.Expr, to: x.Expr, statement: s.Statement
    ) -> s.Block:
        assert isinstance(to.type, t.Set)
        node = x.Local(f"to{self._fresh.suffix()}", to.type.of)
        inner = self._send(message, sender, node, statement)
        return (s.For(node.name, to.type.of, to, inner).at(statement.span),)

    def _send(self, message: x.Expr, sender: x.Expr, to: x.Expr, statement: s.Statement) -> s.Block:
        """A message, whose kind may be known only when it is sent."""
        if isinstance(message, x.Make):
            decl = self._program.messages[message.case]
            return self._known(decl, message.args, sender, to)
        held = x.Local(f"message{self._fresh.suffix()}", message.type)
        branches: s.Block = ()
        for case, decl in reversed(list(enumerate(self._program.messages))):
            args = tuple(x.Field(held, case, i, of) for i, (_, of) in enumerate(decl.kind.fields))
            body = self._known(decl, args, sender, to)
            branches = (s.If(x.IsCase(held, case), body, branches).at(statement.span),)
        return (s.Let(held.name, message).at(statement.span), *branches)

    def _known(
        self, decl: MessageDecl, fields: tuple[x.Expr, ...], sender: x.Expr, to: x.Expr
    ) -> s.Block:
        """The message on its way; to a node that can never be up again it goes nowhere."""
        on_its_way = self._wires[decl.network].send(decl, fields, sender, to, self)
        if self._program.gone == x.FALSE:
            return on_its_way
        gone = between(self._program.gone, self._program, sender, to)
        told = tuple(
            mark(what, decl, self._program, sender, to, fields) for what in ("send", "drop")
        )
        return (s.If(gone, told, on_its_way),)

    def handling(self, block: s.Block) -> s.Block:
        """Code that runs inside a sender's step, its own messages on their way."""
        return self._sending(block)
