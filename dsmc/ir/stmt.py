"""Typed statements.

The first group is all that a system has: what the back ends run. The second group is the protocol
layer's; each of its kinds is removed by one pass of `lower/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, cast

from dsmc.frozen import Node, replace
from dsmc.ir import expr
from dsmc.ir import types as t
from dsmc.ir.expr import TRUE, Apply, Expr, Field, Global
from dsmc.ir.ops import Op
from dsmc.ir.types import Type


class Key(Node):
    """A step into a map."""

    key: Expr


class Part(Node):
    """A step into a field of a record or tuple, or of the given case of another variant."""

    index: int
    case: int = 0


Step: TypeAlias = "Key | Part"


class Place(Node):
    """What can be assigned to: a state variable (never `old`), and the way into it."""

    base: Global
    path: tuple[Step, ...] = ()

    @property
    def value(self) -> Expr:
        """What stands there."""
        e: Expr = self.base
        for step in self.path:
            match step, e.type:
                case Key(key), t.Map(_, of):
                    e = Apply(Op.GET, (e, key), of)
                case Part(index, case), t.Option() | t.Tuple() | t.Record() | t.Message():
                    e = Field(e, case, index, t.field_types(e.type, case)[index])
                case _:
                    raise AssertionError((step, e.type))
        return e

    @property
    def type(self) -> Type:
        """The type of what stands there."""
        return self.value.type


# ---------------------------------------------------------------- statements of a system


class Assign(Node):
    """`place := value`; outside the place's type: a range error."""

    place: Place
    value: Expr


class Let(Node):
    """`let name = value`, for the rest of the block."""

    name: str
    value: Expr


class Pick(Node):
    """One of the elements of the domain that satisfy `where`; without one, no step."""

    name: str
    type: Type
    domain: Expr
    where: Expr = TRUE


class Choose(Node):
    """One of the branches."""

    branches: tuple[Block, ...]


class If(Node):
    """The first block if the condition is true, else the second."""

    condition: Expr
    then: Block
    orelse: Block = ()


class For(Node):
    """The body for each element, in type order."""

    name: str
    type: Type
    domain: Expr
    body: Block


class While(Node):
    """The body while the condition is true; too often is a divergence error."""

    condition: Expr
    body: Block


class Require(Node):
    """Without it the step is not possible."""

    condition: Expr


class Assert(Node):
    """If it is false, the assertion of this number is violated; the step goes on."""

    condition: Expr
    number: int = 0


class Scoped(Node):
    """A block that `Leave` with its name jumps out of."""

    name: str
    body: Block


class Leave(Node):
    """Goes on after the `Scoped` block of that name; with an empty name, ends the step."""

    name: str = ""


class Mark(Node):
    """Something that a trace shall show; `text` is the label it concerns. It changes nothing."""

    kind: str
    args: tuple[Expr, ...]
    text: str = ""


# ---------------------------------------------------------------- the protocol layer's


class Send(Node):
    """A message from one node to another."""

    message: Expr
    sender: Expr
    to: Expr


class Broadcast(Node):
    """A message from one node to each of a set; a crash may cut it."""

    message: Expr
    sender: Expr
    to: Expr


class CallProc(Node):
    """A `proc` of the spec, by its unique name."""

    procedure: str
    args: tuple[Expr, ...]


class Return(Node):
    """Ends the procedure, handler or action around."""


class Labelled(Node):
    """A statement with a name: a control point, or one that a fault may make throw."""

    label: str
    body: Block


class Try(Node):
    """The body; where it throws, the handler."""

    body: Block
    handler: Block


class Throw(Node):
    """Leaves the innermost `Try`; without one it ends the code."""


class Sync(Node):
    """Makes buffered variables of a node lasting."""

    variables: tuple[str, ...]
    node: Expr


class Forget(Node):
    """Drops every message in flight to a node that can never be up again."""

    node: Expr


class Event(Node):
    """Something that a client asks or gets, for a history; without a history, what concerns them all.

    `kind` is `begin`, `end`, `refused`, `unknown` or `does` with the name of a `method`, or `crash`: what
    the client had begun stays open for ever. `args` are what was asked, or the one value that came back.
    """

    history: str
    kind: str
    method: str
    client: Expr
    args: tuple[Expr, ...] = ()


# statements that block: only in the code of a process


class Await(Node):
    """Waits until the condition is true."""

    condition: Expr


class Pattern(Node):
    """Which messages: a kind, and for each of its fields a name to bind or a value to be equal to.

    `bound` are the names and types of the fields that are bound (None for the others); `equal` are
    the values of the others (None for a wildcard). `sender` is bound to the node that sent it.
    """

    kind: str
    bound: tuple[tuple[str, Type] | None, ...]
    equal: tuple[Expr | None, ...]
    sender: str
    sender_type: Type
    senders: Expr = TRUE


class Arm(Node):
    """One way on from a `Receive`. `pattern` is None for a timeout."""

    pattern: Pattern | None
    when: Expr
    body: Block


class Receive(Node):
    """Waits for one of the messages."""

    arms: tuple[Arm, ...]


class Collect(Node):
    """Waits for matching messages from `count` different senders; `bound` is an `element` of each."""

    count: Expr
    pattern: Pattern
    element: Expr
    bound: str
    bound_type: Type
    body: Block


class Atomic(Node):
    """Many statements as one step."""

    body: Block


class Lock(Node):
    """The body while holding a mutex (shared: the read side of a read-write lock)."""

    mutex: Place
    shared: bool
    body: Block


class Loop(Node):
    """The body for ever."""

    body: Block


class Break(Node):
    """Leaves the innermost loop."""


class Stop(Node):
    """Ends the process."""


Statement: TypeAlias = (
    "Assign | Let | Pick | Choose | If | For | While | Require | Assert | Scoped | Leave | Mark"
    " | Send | Broadcast | CallProc | Return | Labelled | Try | Throw | Sync | Forget | Event"
    " | Await | Receive | Collect | Atomic | Lock | Loop | Break | Stop"
)
Block: TypeAlias = tuple["Statement", ...]


# ---------------------------------------------------------------- going through statements

_EXPRESSIONS = (
    expr.Lit, expr.Local, expr.Global, expr.Apply, expr.Make, expr.Field, expr.IsCase, expr.Cond,
    expr.Let, expr.Fold, expr.Call, expr.Convert, expr.Observe,
)  # fmt: skip
_PARTS = (Place, Key, Part, Pattern, Arm)
_STATEMENTS = (
    Assign, Let, Pick, Choose, If, For, While, Require, Assert, Scoped, Leave, Mark, Send,
    Broadcast, CallProc, Return, Labelled, Try, Throw, Sync, Forget, Event, Await, Receive, Collect, Atomic,
    Lock, Loop, Break, Stop,
)  # fmt: skip


def map_parts(
    statement: Statement, on_expr: Callable[[Expr], Expr], on_block: Callable[[Block], Block]
) -> Statement:
    """The statement with each expression and each block directly inside it replaced."""

    def mapped(value: Any) -> Any:
        if isinstance(value, _EXPRESSIONS):
            return on_expr(value)
        if isinstance(value, tuple):
            if value and isinstance(value[0], _STATEMENTS):
                return on_block(value)
            return tuple(map(mapped, value))
        return rebuilt(value) if isinstance(value, _PARTS) else value

    def rebuilt(node: Any) -> Any:
        if isinstance(node, Place):
            return Place(node.base, tuple(map(rebuilt, node.path))).at(node.span)
        return type(node)(*(mapped(getattr(node, f)) for f in node._fields)).at(node.span)

    return cast("Statement", rebuilt(statement))


def map_exprs(block: Block, f: Callable[[Expr], Expr]) -> Block:
    """The block with `f` applied to every outermost expression in it."""
    return tuple(map_parts(s, f, lambda inner: map_exprs(inner, f)) for s in block)


def substitute_in(block: Block, values: Mapping[str, Expr]) -> Block:
    """The block with local names replaced."""
    return map_exprs(block, lambda e: expr.substitute(e, values))


def exprs_of(statement: Statement) -> list[Expr]:
    """The expressions directly in a statement, not those of its inner blocks."""
    return [part for part in _inside(statement) if not isinstance(part, tuple)]


def blocks_of(statement: Statement) -> list[Block]:
    """The blocks directly in a statement."""
    return [part for part in _inside(statement) if isinstance(part, tuple)]


def _inside(node: Any) -> Iterator[Expr | Block]:
    """What `map_parts` replaces in a node, in the same order."""
    for value in node.path if isinstance(node, Place) else (getattr(node, f) for f in node._fields):
        yield from _parts(value)


def _parts(value: Any) -> Iterator[Expr | Block]:
    if isinstance(value, _EXPRESSIONS):
        yield value
    elif isinstance(value, tuple):
        if value and isinstance(value[0], _STATEMENTS):
            yield value
        else:
            for part in value:
                yield from _parts(part)
    elif isinstance(value, _PARTS):
        yield from _inside(value)


def walk(block: Block) -> Iterator[Statement]:
    """Every statement of a block and of the blocks inside it, in the order of the text."""
    for statement in block:
        yield statement
        for inner in blocks_of(statement):
            yield from walk(inner)


def all_exprs(block: Block) -> Iterator[Expr]:
    """Every outermost expression in a block."""
    for statement in walk(block):
        yield from exprs_of(statement)


Rewrite: TypeAlias = Callable[[Block], Block]


def assigned(block: Block) -> frozenset[str]:
    """The variables that a block may assign to."""
    return frozenset(one.place.base.name for one in walk(block) if isinstance(one, Assign))


def binds(statement: Statement) -> tuple[str, ...]:
    """The local names that a statement binds (in itself or for those after it)."""
    match statement:
        case Let(name) | Pick(name) | For(name):
            return (name,)
        case Receive(arms):
            return tuple(n for arm in arms if arm.pattern for n in pattern_binds(arm.pattern))
        case Collect(_, pattern, _, bound):
            return (*pattern_binds(pattern), bound)
        case _:
            return ()


def pattern_binds(pattern: Pattern) -> tuple[str, ...]:
    """The local names that a pattern binds."""
    return (pattern.sender, *(field[0] for field in pattern.bound if field is not None))


def rename_binding(statement: Statement, names: dict[str, str]) -> Statement:
    """The statement binding other names; uses of the names are not touched."""
    match statement:
        case Let(name) | Pick(name) | For(name):
            return replace(statement, name=names.get(name, name))
        case Receive(arms):
            return replace(statement, arms=tuple(_renamed_arm(arm, names) for arm in arms))
        case Collect(_, pattern, _, bound):
            renamed = rename_pattern(pattern, names)
            return replace(statement, pattern=renamed, bound=names.get(bound, bound))
        case _:
            return statement


def _renamed_arm(arm: Arm, names: dict[str, str]) -> Arm:
    return replace(arm, pattern=rename_pattern(arm.pattern, names)) if arm.pattern else arm


def rename_pattern(pattern: Pattern, names: dict[str, str]) -> Pattern:
    """The pattern binding other names."""
    bound = tuple(field and (names.get(field[0], field[0]), field[1]) for field in pattern.bound)
    return replace(pattern, bound=bound, sender=names.get(pattern.sender, pattern.sender))


def substitute_constants(
    block: Block, constant: Callable[[Expr], bool], known: dict[str, Expr]
) -> Block:
    """The block with each `let` of a constant expression left out and written where it is used."""
    found: list[Statement] = []
    for statement in block:
        replaced = substitute_in((statement,), known)[0]
        if isinstance(replaced, Let) and constant(replaced.value):
            known = {**known, replaced.name: replaced.value}
        else:
            found.append(replaced)
    return tuple(found)
