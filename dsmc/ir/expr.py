"""Typed expressions: twelve closed kinds. What an operator does is a row of `ops.py`.

Every expression knows its type. Names are unique within an action or a function, so substitution
needs no renaming. Integers are plain wherever they are computed with: a value of type `0..3` may
stand where `0..5` is wanted; every other change of type is an explicit `Convert`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, assert_never

from dsmc.frozen import Node, replace
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type, Value


class Lit(Node):
    """A constant, as a plain value."""

    value: Value
    type: Type


class Local(Node):
    """A parameter or a local name."""

    name: str
    type: Type


class Global(Node):
    """A state variable; with `old`, its value before the step (in `transition` properties)."""

    name: str
    type: Type
    old: bool = False


class Apply(Node):
    """An operator on its arguments."""

    op: Op
    args: tuple[Expr, ...]
    type: Type


class Make(Node):
    """A new variant value (`case` says which case) or collection from its parts.

    For maps the parts are the values in the order of the keys.
    """

    type: Type
    args: tuple[Expr, ...]
    case: int = 0


class Field(Node):
    """A field of a variant. Of another case than `case` it is a range error."""

    of: Expr
    case: int
    index: int
    type: Type


class IsCase(Node):
    """Is the variant this case?"""

    of: Expr
    case: int
    type: Type = t.BOOL


class Cond(Node):
    """`if c then a else b`: only the branch that counts is evaluated."""

    condition: Expr
    yes: Expr
    no: Expr
    type: Type


class Let(Node):
    """`let name = value` in `body`."""

    name: str
    value: Expr
    body: Expr
    type: Type


class Quantifier(enum.Enum):
    """What a fold makes of the values of its body."""

    FORALL = "forall"
    EXISTS = "exists"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    THE = "the"
    CHOOSE = "choose"
    SET = "set"
    SEQ = "seq"
    BAG = "bag"
    MAP = "map"


class Binder(Node):
    """`name in domain where …`. The domain is a set, a sequence or a bag."""

    name: str
    type: Type
    domain: Expr
    where: Expr


class Fold(Node):
    """A quantifier over binders, the first outermost. For `THE` and `CHOOSE` the body says which."""

    quantifier: Quantifier
    binders: tuple[Binder, ...]
    body: Expr
    type: Type


class Call(Node):
    """A pure function of the spec, by its unique name."""

    function: str
    args: tuple[Expr, ...]
    type: Type


class Convert(Node):
    """The same value as another type; a range error where that type does not have it."""

    of: Expr
    type: Type


class Observe(Node):
    """What an observer remembers after an event: the number of it. `args` are the number of what it
    remembered before, then what the event is about. A range error where the event cannot be.
    """

    observer: str
    event: int
    args: tuple[Expr, ...]
    type: Type


Expr: TypeAlias = (
    "Lit | Local | Global | Apply | Make | Field | IsCase | Cond | Let | Fold | Call | Convert"
    " | Observe"
)

Rewrite: TypeAlias = Callable[["Expr"], "Expr"]

TRUE = Lit(True, t.BOOL)
FALSE = Lit(False, t.BOOL)


def children(e: Expr) -> Iterator[Expr]:
    """The expressions directly inside one."""
    match e:
        case Lit() | Local() | Global():
            return
        case Apply(_, args) | Make(_, args) | Call(_, args) | Observe(_, _, args):
            yield from args
        case Field(of) | IsCase(of) | Convert(of):
            yield of
        case Cond(condition, yes, no):
            yield from (condition, yes, no)
        case Let(_, value, body):
            yield from (value, body)
        case Fold(_, binders, body):
            for binder in binders:
                yield from (binder.domain, binder.where)
            yield body
        case _:
            assert_never(e)


def map_children(f: Callable[[Expr], Expr], e: Expr) -> Expr:
    """The expression with `f` applied to each expression directly inside it."""
    match e:
        case Lit() | Local() | Global():
            return e
        case Apply(op, args, type):
            return Apply(op, tuple(map(f, args)), type).at(e.span)
        case Make(type, args, case):
            return Make(type, tuple(map(f, args)), case).at(e.span)
        case Field(of, case, index, type):
            return Field(f(of), case, index, type).at(e.span)
        case IsCase(of, case):
            return IsCase(f(of), case).at(e.span)
        case Cond(condition, yes, no, type):
            return Cond(f(condition), f(yes), f(no), type).at(e.span)
        case Let(name, value, body, type):
            return Let(name, f(value), f(body), type).at(e.span)
        case Fold(quantifier, binders, body, type):
            mapped = tuple(replace(b, domain=f(b.domain), where=f(b.where)) for b in binders)
            return Fold(quantifier, mapped, f(body), type).at(e.span)
        case Call(function, args, type):
            return Call(function, tuple(map(f, args)), type).at(e.span)
        case Convert(of, type):
            return Convert(f(of), type).at(e.span)
        case Observe(observer, event, args, type):
            return Observe(observer, event, tuple(map(f, args)), type).at(e.span)
        case _:
            assert_never(e)


def walk(e: Expr) -> Iterator[Expr]:
    """An expression and everything inside it, outermost first."""
    yield e
    for child in children(e):
        yield from walk(child)


def substitute(e: Expr, values: Mapping[str, Expr]) -> Expr:
    """The expression with local names replaced."""
    if not values:
        return e
    if isinstance(e, Local):
        return values.get(e.name, e)
    return map_children(lambda child: substitute(child, values), e)


def conjunction(parts: list[Expr]) -> Expr:
    """All of them; `TRUE` if there are none."""
    parts = [p for p in parts if p != TRUE]
    result = parts[0] if parts else TRUE
    for part in parts[1:]:
        result = Apply(Op.AND, (result, part), t.BOOL).at(part.span)
    return result


def conjuncts(e: Expr) -> list[Expr]:
    """The parts that `and` joins."""
    if isinstance(e, Apply) and e.op is Op.AND:
        return [part for arg in e.args for part in conjuncts(arg)]
    return [] if e == TRUE else [e]


def negation(e: Expr) -> Expr:
    """`not e`"""
    return Apply(Op.NOT, (e,), t.BOOL).at(e.span)


def equal(left: Expr, right: Expr) -> Expr:
    """`left == right`, of one type."""
    return Apply(Op.EQ, (left, right), t.BOOL)


def whole(type: Type) -> Expr:
    """The set of all values of a type."""
    return Apply(Op.ALL, (), t.Set(type))


def number(value: int) -> Lit:
    """An integer constant."""
    return Lit(value, t.Int(value, value))


def free_names(e: Expr) -> set[str]:
    """The local names that an expression mentions (bound ones too: they are unique)."""
    return {part.name for part in walk(e) if isinstance(part, Local)}
