"""`network unordered`: a bag of messages in flight; any of them may arrive next.

Each kind of message has a bag of its own: a handler looks at its kind only, and the ends and fields
of its messages have the types of that kind.
"""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import MESSAGE, NETWORK, SELF, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Channel, MessageDecl, NetworkKind, Program, Step
from dsmc.ir.system import Action, Param, Variable
from dsmc.lower.build import as_node, assign, between, conj, internal, read
from dsmc.lower.network.wire import (
    Handling,
    bound_names,
    can_be,
    is_node_of,
    mark,
    matches,
    narrowed,
    record_of,
)

_KEPT = own("kept")


class Unordered:
    """A bag for each kind of message."""

    def __init__(self, program: Program, messages: tuple[MessageDecl, ...]) -> None:
        self._program = program
        self._bags = {
            m.kind.name: internal(f"{NETWORK}.{m.kind.name}", t.Bag(record_of(m))) for m in messages
        }
        self._messages = messages

    @property
    def variables(self) -> tuple[Variable, ...]:
        """See `Wire`."""
        return tuple(self._bags.values())

    @property
    def channels(self) -> tuple[Channel, ...]:
        """See `Wire`."""
        return tuple(
            Channel(self._bags[m.kind.name].name, (m,), NetworkKind.UNORDERED)
            for m in self._messages
        )

    def send(
        self, decl: MessageDecl, fields: tuple[x.Expr, ...], sender: x.Expr, to: x.Expr,
        handling: Handling,
    ) -> s.Block:  # fmt: skip
        """See `Wire`."""
        bag = self._bags[decl.kind.name]
        record = record_of(decl)
        ends = (narrowed(sender, decl.sender), narrowed(to, decl.receiver))
        message = x.Make(record, (*ends, *fields))
        more = x.Apply(Op.BAG_ADD, (read(bag), message), bag.type)
        return (assign(bag, more), mark("send", decl, self._program, sender, to, fields))

    def receive(self, decl: MessageDecl, step: Step) -> list[Action]:
        """See `Wire`."""
        assert step.receive is not None
        bag, record = self._bags[decl.kind.name], record_of(decl)
        message = x.Local(MESSAGE, record)
        parts = tuple(x.Field(message, 0, i, of) for i, (_, of) in enumerate(record.fields))
        sender, to, fields = parts[0], parts[1], parts[2:]
        me, *others = step.params
        if not can_be(decl.receiver, me.type):
            return []
        node = narrowed(to, me.type)
        where = conj(is_node_of(to, me.type), _fits(step, fields, sender, node))
        names = ((SELF, node), *bound_names(step.receive, fields, sender))
        passes = between(self._program.delivery, self._program, sender, to)
        less = x.Apply(Op.BAG_REMOVE, (read(bag), message), bag.type)
        taken = assign(bag, less)
        body = (taken, mark("receive", decl, self._program, sender, to, fields), *step.body)
        return [Action(
            step.name, (Param(MESSAGE, record, read(bag), where), *others), names,
            conj(passes, step.guard), body, step.fairness, step.origin, step.doc, step.key,
            step.owed,
        )]  # fmt: skip

    def forget(self, node: x.Expr) -> s.Block:
        """See `Wire`."""
        return tuple(self._without(m, node) for m in self._messages)

    def _without(self, decl: MessageDecl, node: x.Expr) -> s.Statement:
        bag, record = self._bags[decl.kind.name], record_of(decl)
        message = x.Local(_KEPT, record)
        to = as_node(self._program, x.Field(message, 0, 1, decl.receiver))
        other = x.Apply(Op.NE, (to, node), t.BOOL)
        binder = x.Binder(_KEPT, record, read(bag), other)
        return assign(bag, x.Fold(x.Quantifier.BAG, (binder,), message, bag.type))


def _fits(step: Step, fields: tuple[x.Expr, ...], sender: x.Expr, node: x.Expr) -> x.Expr:
    """Does a message fit the step's pattern? The values in it may speak of the node."""
    assert step.receive is not None
    return x.substitute(matches(step.receive, fields, sender), {SELF: node})
