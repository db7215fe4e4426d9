"""What every network semantics does."""

from __future__ import annotations

from typing import Protocol

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Channel, MessageDecl, Program, Step
from dsmc.ir.stmt import Pattern
from dsmc.ir.system import Action, Variable
from dsmc.ir.types import Type
from dsmc.lower.build import apply, conj


class Handling(Protocol):
    """What a synchronous wire needs: code that is part of the sender's step."""

    def handling(self, block: s.Block) -> s.Block:
        """The code with its own messages on their way."""


class Wire(Protocol):
    """The messages of some kinds in flight."""

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables that hold them."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The same, as faults of the network see them."""

    def send(
        self, decl: MessageDecl, fields: tuple[x.Expr, ...], sender: x.Expr, to: x.Expr,
        handling: Handling,
    ) -> s.Block:  # fmt: skip
        """Puts a message on its way."""

    def receive(self, decl: MessageDecl, step: Step) -> list[Action]:
        """The actions of a step that takes a message."""

    def forget(self, node: x.Expr) -> s.Block:
        """Drops what is on its way to a node."""


def record_of(decl: MessageDecl) -> t.Record:
    """A message of one kind with its ends."""
    ends: tuple[tuple[str, Type], ...] = (("from", decl.sender), ("to", decl.receiver))
    return t.Record(f"{decl.kind.name}InFlight", (*ends, *decl.kind.fields))


def narrowed(node: x.Expr, to: Type) -> x.Expr:
    """A node as a value of another type of nodes."""
    return node if node.type == to else x.Convert(node, to)


def can_be(node: Type, role: Type) -> bool:
    """May a node of one type be of a role? No message goes to another role than it is sent to."""
    return node == role or isinstance(node, t.NodeId)


def is_node_of(node: x.Expr, role: Type) -> x.Expr:
    """Is the node one of the role's?"""
    if node.type == role:
        return x.TRUE
    nodes = x.Convert(x.whole(role), t.Set(node.type))
    return apply(Op.IN, node, nodes)


def matches(pattern: Pattern, fields: tuple[x.Expr, ...], sender: x.Expr) -> x.Expr:
    """Does a message fit a pattern? The sender is known under the pattern's name for it."""
    parts = [
        x.equal(field, value)
        for field, value in zip(fields, pattern.equal, strict=True)
        if value is not None
    ]
    return conj(*parts, x.substitute(pattern.senders, {pattern.sender: sender}))


def bound_names(
    pattern: Pattern, fields: tuple[x.Expr, ...], sender: x.Expr
) -> tuple[tuple[str, x.Expr], ...]:
    """The names that a pattern binds to parts of a message."""
    values = zip(pattern.bound, fields, strict=True)
    found = [(name[0], field) for name, field in values if name is not None]
    return ((pattern.sender, narrowed(sender, pattern.sender_type)), *found)


def mark(
    kind: str, decl: MessageDecl, program: Program, sender: x.Expr, to: x.Expr,
    fields: tuple[x.Expr, ...],
) -> s.Mark:  # fmt: skip
    """Tells traces what happened to a message (`send`, `receive`, `lose`, …)."""
    nodes = t.NodeId(program.roles)
    ends = (narrowed(sender, nodes), narrowed(to, nodes))
    kinds = t.Message(tuple(m.kind for m in program.messages))
    return s.Mark(kind, (*ends, x.Make(kinds, fields, program.messages.index(decl))))
