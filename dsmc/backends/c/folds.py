"""What quantifiers and comprehensions make of the values that they go through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dsmc.backends.c import conversion
from dsmc.backends.c.layout import words
from dsmc.backends.c.loops import loop
from dsmc.backends.c.ops import add_rank, empty
from dsmc.backends.unroll import unrolled
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.c.expressions import Expressions


def fold(emit: Expressions, e: x.Fold) -> str:
    """The register of a fold."""
    match e.quantifier:
        case x.Quantifier.FORALL | x.Quantifier.EXISTS:
            return f"(u64){quantified(emit, e)}"
        case x.Quantifier.THE | x.Quantifier.CHOOSE:
            return _one(emit, e)
        case x.Quantifier.SUM:
            return _sum(emit, e)
        case x.Quantifier.MIN | x.Quantifier.MAX:
            return _extreme(emit, e)
        case x.Quantifier.SET:
            return _set(emit, e)
        case x.Quantifier.SEQ | x.Quantifier.BAG | x.Quantifier.MAP:
            return _collected(emit, e)


def _each(emit: Expressions, e: x.Fold, body: Callable[[], None]) -> None:
    """Code for each choice of the binders' values."""

    def nested(binders: tuple[x.Binder, ...]) -> None:
        if not binders:
            body()
            return
        binder, rest = binders[0], binders[1:]

        def inner() -> None:
            if binder.where != x.TRUE:
                emit.w.line(f"if (!{emit.test(binder.where)}) continue;")
            nested(rest)

        loop(emit, binder.domain, binder.name, inner)

    nested(e.binders)


def quantified(emit: Expressions, e: x.Fold) -> str:
    """`forall` or `exists` as a test."""
    short = unrolled(e)
    if short is not None:
        return emit.test(short)
    every = e.quantifier is x.Quantifier.FORALL
    found, done = emit.w.name("t"), emit.w.name("done")
    emit.w.line(f"int {found} = {int(every)};")

    def body() -> None:
        test = emit.test(e.body)
        with emit.w.block(f"if ({'!' if every else ''}{test})"):
            emit.w.line(f"{found} = {int(not every)};")
            emit.w.line(f"goto {done};")

    _each(emit, e, body)
    emit.w.line(f"goto {done};")
    emit.w.line(f"{done}:;")
    return found


def _one(emit: Expressions, e: x.Fold) -> str:
    binder = e.binders[0]
    name, found, done = emit.room(e.type), emit.w.name("found"), emit.w.name("done")
    emit.w.line(f"int {found} = 0;")
    only = e.quantifier is x.Quantifier.THE

    def body() -> None:
        emit.w.line(f"if (!{emit.test(e.body)}) continue;")
        value = emit.locals[binder.name]
        if only:
            emit.fail_if(f"{found} && !{emit.equal(name, value, e.type)}")
        emit.keep(name, e.type, value)
        emit.w.line(f"{found} = 1;")
        if not only:
            emit.w.line(f"goto {done};")

    _each(emit, e, body)
    emit.w.line(f"goto {done};")
    emit.w.line(f"{done}:;")
    emit.fail_if(f"!{found}")
    return name


def _sum(emit: Expressions, e: x.Fold) -> str:
    name = emit.w.name("t")
    emit.w.line(f"i64 {name} = 0;")
    _each(emit, e, lambda: emit.w.line(f"{name} += {emit.value(e.body)};"))
    return name


def _extreme(emit: Expressions, e: x.Fold) -> str:
    name, found = emit.w.name("t"), emit.w.name("found")
    emit.w.line(f"i64 {name} = 0;")
    emit.w.line(f"int {found} = 0;")
    sign = "<" if e.quantifier is x.Quantifier.MIN else ">"

    def body() -> None:
        value = emit.held(emit.value(e.body), e.body.type)
        emit.w.line(f"if (!{found} || {value} {sign} {name}) {name} = {value};")
        emit.w.line(f"{found} = 1;")

    _each(emit, e, body)
    emit.fail_if(f"!{found}")
    return name


def _set(emit: Expressions, e: x.Fold) -> str:
    assert isinstance(e.type, t.Set)
    of = e.type.of
    name = empty(emit, e.type)
    _each(emit, e, lambda: add_rank(emit, name, e.type, emit.rank(e.body, of)))
    return name


def _collected(emit: Expressions, e: x.Fold) -> str:
    """Collect the elements in a box; then make of it what it shall be."""
    of = conversion.element_of(e.type)
    name = emit.w.name("t")
    emit.w.line(f"box *{name} = box_new(c, 0, {words(of)});")

    def body() -> None:
        item = emit.stored(emit.value(e.body), of)
        emit.w.line(f"{name} = box_push(c, {name}, {item}, {words(of)});")

    _each(emit, e, body)
    return _made(emit, name, of, e.type)


def _made(emit: Expressions, name: str, of: Type, type: Type) -> str:
    match type:
        case t.Bag(_, bound):
            if bound is not None:
                emit.fail_if(f"{name}->count > {bound}")
            return f"bag_of(c, {name}, {emit.pool.shape(type)})"
        case t.Map() | t.Seq() if t.fixed(type):
            return conversion.copied(emit, name, of, type)
        case _:
            return name
