"""`network fifo`: a queue for each ordered pair of nodes; only its head can arrive.

A head that no handler accepts blocks the queue.
"""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import FROM, NETWORK, SELF, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Channel, MessageDecl, NetworkKind, Program, Step
from dsmc.ir.system import Action, Param
from dsmc.lower.build import apply, as_node, assign, between, conj, default, internal, read
from dsmc.lower.network.wire import Handling, bound_names, mark, matches, narrowed

QUEUES = f"{NETWORK}.{own('fifo')}"


def queues_type(program: Program, messages: tuple[MessageDecl, ...]) -> t.Map:
    """From sender to receiver to what is on its way."""
    nodes = t.NodeId(program.roles)
    return t.Map(nodes, t.Map(nodes, t.Seq(t.Message(tuple(m.kind for m in messages)))))


class Fifo:
    """A queue for each ordered pair of nodes."""

    def __init__(self, program: Program, messages: tuple[MessageDecl, ...]) -> None:
        self._program = program
        self._messages = messages
        self._queues = internal(QUEUES, queues_type(program, messages))
        self._nodes = t.NodeId(program.roles)
        self.variables = (self._queues,)
        self.channels = (Channel(QUEUES, messages, NetworkKind.FIFO),)

    def _queue(self, sender: x.Expr, to: x.Expr) -> x.Expr:
        return read(self._queues, as_node(self._program, sender), as_node(self._program, to))

    def _set(self, sender: x.Expr, to: x.Expr, queue: x.Expr) -> s.Statement:
        ends = (as_node(self._program, sender), as_node(self._program, to))
        return assign(self._queues, queue, *ends)

    def _kinds(self) -> t.Message:
        return t.Message(tuple(m.kind for m in self._messages))

    def send(
        self, decl: MessageDecl, fields: tuple[x.Expr, ...], sender: x.Expr, to: x.Expr,
        handling: Handling,
    ) -> s.Block:  # fmt: skip
        """See `Wire`."""
        queue = self._queue(sender, to)
        message = x.Make(self._kinds(), fields, self._messages.index(decl))
        last = x.Make(queue.type, (message,))
        longer = self._set(sender, to, x.Apply(Op.CONCAT, (queue, last), queue.type))
        return (longer, mark("send", decl, self._program, sender, to, fields))

    def receive(self, decl: MessageDecl, step: Step) -> list[Action]:
        """See `Wire`."""
        sender = x.Local(FROM, self._nodes)
        queue = self._queue(sender, x.Local(SELF, step.params[0].type))
        waiting = apply(Op.GT, x.Apply(Op.LEN, (queue,), t.Int(0, (1 << 31) - 1)), x.number(0))
        head = x.Apply(Op.FIRST, (queue,), self._kinds())
        rest = x.Apply(Op.REMOVE, (queue, x.number(0)), queue.type)
        params = (step.params[0], Param(FROM, self._nodes, x.whole(self._nodes), waiting))
        return [self._taking(decl, step, (*params, *step.params[1:]), head, rest)]

    def _taking(
        self, decl: MessageDecl, step: Step, params: tuple[Param, ...], message: x.Expr,
        rest: x.Expr,
    ) -> Action:  # fmt: skip
        """The action that takes a message of a queue and leaves the rest."""
        assert step.receive is not None
        me, sender = x.Local(SELF, step.params[0].type), x.Local(FROM, self._nodes)
        case = self._messages.index(decl)
        fields = tuple(x.Field(message, case, i, of) for i, (_, of) in enumerate(decl.kind.fields))
        fits = conj(
            x.IsCase(message, case),
            between(self._program.delivery, self._program, sender, me),
            matches(step.receive, fields, narrowed(sender, step.receive.sender_type)),
        )
        names = bound_names(step.receive, fields, sender)
        guard = x.substitute(step.guard, dict(names))
        # Told while the message is still there: what is told of it is read from the queue.
        taken = (
            mark("receive", decl, self._program, sender, me, fields), self._set(sender, me, rest)
        )  # fmt: skip
        lets = tuple(s.Let(name, value) for name, value in names)
        return Action(
            step.name,
            params,
            (),
            conj(fits, guard),
            (*lets, *taken, *step.body),
            step.fairness,
            step.origin,
            step.doc,
            tuple(FROM if name == step.receive.sender else name for name in step.key),
            step.owed,
        )

    def forget(self, node: x.Expr) -> s.Block:
        """See `Wire`."""
        sender = x.Local(FROM, self._nodes)
        queue = self._queue(sender, node)
        empty = self._set(sender, node, default(queue.type))
        return (s.For(FROM, self._nodes, x.whole(self._nodes), (empty,)),)
