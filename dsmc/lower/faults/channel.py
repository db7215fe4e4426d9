"""What can happen to messages in flight: `lose`, `duplicate`, `reorder`.

Needs: the channels. Leaves: a step for each such fault and channel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import FROM, MESSAGE, PLACE, TO, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Channel, Fault, MessageDecl, NetworkKind, Program
from dsmc.ir.system import Action, Fairness, Kind, Origin, Param, Variable
from dsmc.lower.build import Budget, apply, assign, conj, names_of, read, unique
from dsmc.lower.network.wire import mark


def lose(program: Program) -> Program:
    """`lose`: a message in flight disappears; messages declared `lossy` do so at any time."""
    for fault in _named(program, "lose"):
        program = _added(program, fault, _lost)
    for decl in program.messages:
        if decl.lossy:
            fault = Fault("lose", None, decl.kind.name, "", None, frozenset()).at(decl.span)
            program = _added(program, fault, _lost)
    return program


def duplicate(program: Program) -> Program:
    """`duplicate`: a message in flight is there once more."""
    for fault in _named(program, "duplicate"):
        counted = fault.limit is not None
        program = _added(program, fault, _doubled) if counted else _unlimited(program, fault)
    return program


def reorder(program: Program) -> Program:
    """`reorder`: a message overtakes those before it in its queue."""
    for fault in _named(program, "reorder"):
        program = _added(program, fault, _overtaking)
    return program


def _named(program: Program, name: str) -> list[Fault]:
    return [f for f in program.faults if f.name == name]


def _title(fault: Fault) -> str:
    return f"{fault.name} {fault.message}".strip()


class _Message:
    """A message in a channel: how it is chosen, its content, and the channel changed by it."""

    def __init__(self, program: Program, channel: Channel, decl: MessageDecl) -> None:
        self.variable = next(v for v in program.variables if v.name == channel.variable)
        self.fifo = channel.network is NetworkKind.FIFO
        self.decl = decl
        self._program = program
        self._case = channel.kinds.index(decl)
        nodes = t.NodeId(program.roles)
        self.sender, self.to = x.Local(FROM, nodes), x.Local(TO, nodes)
        self.place = x.Local(PLACE, t.Int(0, (1 << 31) - 1))

    # ------------------------------------------------------------ in a bag

    @property
    def _record(self) -> t.Record:
        assert isinstance(self.variable.type, t.Bag)
        assert isinstance(self.variable.type.of, t.Record)
        return self.variable.type.of

    # ------------------------------------------------------------ in a queue

    @property
    def queue(self) -> x.Expr:
        return read(self.variable, self.sender, self.to)

    @property
    def _length(self) -> x.Expr:
        return x.Apply(Op.LEN, (self.queue,), self.place.type)

    def _in_queue(self) -> x.Expr:
        assert isinstance(self.queue.type, t.Seq)
        return x.Apply(Op.AT, (self.queue, self.place), self.queue.type.of)

    # ------------------------------------------------------------ either

    def params(self) -> tuple[Param, ...]:
        """How a message is chosen."""
        if not self.fifo:
            return (Param(MESSAGE, self._record, read(self.variable)),)
        nodes = self.sender.type
        last = x.Apply(Op.SUB, (self._length, x.number(1)), t.Int(-1, (1 << 31) - 1))
        places = x.Apply(Op.RANGE, (x.number(0), last), t.Set(self.place.type))
        return (
            Param(FROM, nodes, x.whole(nodes)), Param(TO, nodes, x.whole(nodes)),
            Param(PLACE, self.place.type, places, x.IsCase(self._in_queue(), self._case)),
        )  # fmt: skip

    def parts(self) -> tuple[x.Expr, x.Expr, tuple[x.Expr, ...]]:
        """Its sender, its receiver, its fields."""
        if self.fifo:
            of = self.decl.kind.fields
            fields = (x.Field(self._in_queue(), self._case, i, f) for i, (_, f) in enumerate(of))
            return self.sender, self.to, tuple(fields)
        message = x.Local(MESSAGE, self._record)
        parts = tuple(x.Field(message, 0, i, f) for i, (_, f) in enumerate(self._record.fields))
        return parts[0], parts[1], parts[2:]

    def marked(self, kind: str) -> s.Mark:
        """What a trace is told."""
        sender, to, fields = self.parts()
        return mark(kind, self.decl, self._program, sender, to, fields)

    def without(self) -> s.Statement:
        """The channel without the message."""
        if self.fifo:
            rest = x.Apply(Op.REMOVE, (self.queue, self.place), self.queue.type)
            return assign(self.variable, rest, self.sender, self.to)
        message = x.Local(MESSAGE, self._record)
        less = x.Apply(Op.BAG_REMOVE, (read(self.variable), message), self.variable.type)
        return assign(self.variable, less)

    def with_copy(self) -> s.Statement:
        """The channel with one more of it; in a queue, right behind it, so that order is kept."""
        if self.fifo:
            copy = (self.queue, self.place, self._in_queue())
            longer = x.Apply(Op.INSERT, copy, self.queue.type)
            return assign(self.variable, longer, self.sender, self.to)
        message = x.Local(MESSAGE, self._record)
        more = x.Apply(Op.BAG_ADD, (read(self.variable), message), self.variable.type)
        return assign(self.variable, more)

    def to_front(self) -> s.Statement:
        """The queue with the message before all others."""
        first = x.Make(self.queue.type, (self._in_queue(),))
        rest = x.Apply(Op.REMOVE, (self.queue, self.place), self.queue.type)
        return assign(
            self.variable, x.Apply(Op.CONCAT, (first, rest), self.queue.type), self.sender, self.to
        )


def _lost(message: _Message) -> tuple[x.Expr, s.Block] | None:
    return x.TRUE, (message.marked("lose"), message.without())


def _doubled(message: _Message) -> tuple[x.Expr, s.Block] | None:
    return x.TRUE, (message.marked("duplicate"), message.with_copy())


def _overtaking(message: _Message) -> tuple[x.Expr, s.Block] | None:
    if not message.fifo:
        return None
    behind = apply(Op.GT, message.place, x.number(0))
    return behind, (message.marked("reorder"), message.to_front())


_Effect: TypeAlias = Callable[[_Message], "tuple[x.Expr, s.Block] | None"]


def _added(program: Program, fault: Fault, effect: _Effect) -> Program:
    """The program with the fault's steps, one for each kind of message."""
    budget = Budget(_title(fault), fault.limit, names_of(program.variables))
    taken = names_of(program.actions)
    actions: list[Action] = []
    for channel in program.channels:
        for decl in channel.kinds:
            if fault.message in ("", decl.kind.name):
                message = _Message(program, channel, decl)
                made = effect(message)
                if made is not None:
                    actions.append(_action(fault, budget, message, *made, taken))
    variables: tuple[Variable, ...] = budget.variables if actions else ()
    return replace(
        program, actions=(*program.actions, *actions), variables=(*program.variables, *variables)
    )


def _action(
    fault: Fault,
    budget: Budget,
    message: _Message,
    condition: x.Expr,
    body: s.Block,
    taken: set[str],
) -> Action:
    kind = message.decl.kind.name
    origin = Origin(Kind.FAULT, fault.name, "", "", fault.name).at(fault.span)
    return Action(
        unique(f"{own(fault.name)}_{kind}", taken), message.params(), (), conj(budget.left, condition),
        (*body, *budget.spend), Fairness.NONE, origin,
    ).at(fault.span)  # fmt: skip


# ---------------------------------------------------------------- any number of copies


def _unlimited(program: Program, fault: Fault) -> Program:
    """Any number of copies: one is as good as many, so receiving it may leave it there.

    Where only so many can be lost, it matters that more were sent: in a bag these are counted. In a
    queue what is sent again is there again; what is received stays at the head.
    """
    bags = {
        c.variable: _enough(program, c.kinds[0]) for c in program.channels
        if c.network is NetworkKind.UNORDERED and fault.message in ("", c.kinds[0].kind.name)
    }  # fmt: skip
    holding = {
        c.variable for c in program.channels
        if any(fault.message in ("", decl.kind.name) for decl in c.kinds)
    }  # fmt: skip
    taken = names_of(program.actions)
    actions: list[Action] = []
    for action in program.actions:
        joined = replace(action, body=_joining(action.body, bags))
        actions += [joined, *_again(joined, fault, holding, taken)]
    return replace(program, actions=tuple(actions), init=_joining(program.init, bags))


def _enough(program: Program, decl: MessageDecl) -> int:
    """How many of a message stand for any number: more than can be lost, or one if all can be."""
    losses = [f.limit for f in _named(program, "lose") if f.message in ("", decl.kind.name)]
    return 1 if decl.lossy or None in losses else 1 + sum(n for n in losses if n is not None)


def _joining(block: s.Block, bags: dict[str, int]) -> s.Block:
    """The block in which a message of which enough are in flight joins these."""

    def one(statement: s.Statement) -> s.Statement:
        match statement:
            case s.Assign(place, x.Apply(Op.BAG_ADD, (bag, message))) if place.base.name in bags:
                few = _fewer(message, bag, bags[place.base.name])
                return s.If(few, (statement,), (s.Mark("join", ()),)).at(statement.span)
            case _:
                return s.map_parts(statement, lambda e: e, lambda b: _joining(b, bags))

    return tuple(map(one, block))


def _fewer(message: x.Expr, bag: x.Expr, count: int) -> x.Expr:
    """Are there fewer of a message in a bag?"""
    if count == 1:
        return x.negation(apply(Op.BAG_HAS, message, bag))
    same = x.Local(own("same"), message.type)
    alike = x.Binder(same.name, message.type, bag, x.equal(same, message))
    there = x.Fold(x.Quantifier.BAG, (alike,), same, bag.type)
    length = x.Apply(Op.BAG_LEN, (there,), t.Int(0, (1 << 31) - 1))
    return apply(Op.LT, length, x.number(count))


def _again(action: Action, fault: Fault, holding: set[str], taken: set[str]) -> list[Action]:
    """The action that receives a message and leaves a copy of it in flight."""
    received = [mark for st in action.body if (mark := _receives(st, fault.message))]
    less = [st for st in action.body if _takes(st, holding)]
    if not received or not less:
        return []
    copied = s.Mark("duplicate", received[0].args)
    body = (copied, *(st for st in action.body if st not in less))
    origin = replace(action.origin, kind=Kind.FAULT, fault="duplicate")
    name = unique(f"{action.name}_{own('again')}", taken)
    return [replace(action, name=name, body=body, origin=origin, fairness=Fairness.NONE)]


def _receives(statement: s.Statement, kind: str) -> s.Mark | None:
    """The mark that a message of the kind is received."""
    match statement:
        case s.Mark("receive", (_, _, x.Make(t.Message(kinds), _, case))):
            return statement if kind in ("", kinds[case].name) else None
        case _:
            return None


def _takes(statement: s.Statement, holding: set[str]) -> bool:
    """Does it take a message out of a channel?"""
    match statement:
        case s.Assign(place, x.Apply(Op.BAG_REMOVE | Op.REMOVE)):
            return place.base.name in holding
        case _:
            return False
