"""Loops: what a domain goes through, and what quantifiers and comprehensions make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dsmc.backends.c import sequences
from dsmc.backends.c.access import signed
from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.c.ops import add_rank, empty
from dsmc.backends.codec import low, members
from dsmc.backends.unroll import unrolled
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.c.expressions import Expressions

#: Written for each element; it gets its register.
Each = Callable[[str], None]


def loop(
    emit: Expressions,
    domain: x.Expr,
    name: str,
    body: Callable[[], None],
    *,
    distinct: bool = False,
) -> None:
    """Write code for each element of a domain, in order. `break` and `continue` are about it."""

    def each(register: str) -> None:
        emit.declare(emit.bind(name), _element(domain.type), register)
        body()

    through(emit, domain, each, distinct=distinct)


def _element(domain: Type) -> Type:
    match domain:
        case t.Set(of) | t.Seq(of) | t.Bag(of):
            return of
        case _:
            raise AssertionError(domain)


def through(emit: Expressions, domain: x.Expr, each: Each, *, distinct: bool = False) -> None:
    """Go through a domain."""
    match domain, domain.type:
        case _, t.Set(t.Empty()) | t.Seq(t.Empty()) | t.Bag(t.Empty()):
            emit.value(domain)
        case x.Apply(Op.ALL), t.Set(of):
            _whole(emit, of, each)
        case x.Apply(Op.RANGE, (first, last)), _:
            at, end = emit.w.name("i"), emit.held(emit.value(last), last.type)
            with emit.w.block(f"for (i64 {at} = {emit.value(first)}; {at} <= {end}; {at}++)"):
                each(at)
        case x.Apply(Op.SUBSETS, (whole,)), _:
            _subsets(emit, whole, each)
        case _, t.Set():
            through_set(emit, emit.value(domain), domain.type, each)
        case _, t.Seq() if t.fixed(domain.type):
            _through_packed(emit, domain, each, distinct)
        case _, t.Seq(of) | t.Bag(of):
            _through_box(emit, domain, of, each, distinct)
        case _:
            raise AssertionError(domain.type)


def _whole(emit: Expressions, of: Type, each: Each) -> None:
    at = emit.w.name("i")
    match of:
        case t.Int(least, most):
            with emit.w.block(f"for (i64 {at} = {signed(least)}; {at} <= {signed(most)}; {at}++)"):
                each(at)
        case _:
            with emit.w.block(f"for (u64 {at} = 0; {at} < {t.size(of)}; {at}++)"):
                each(_member(emit, of, at))


def _member(emit: Expressions, of: Type, place: str) -> str:
    """The value of a type at a place."""
    match of:
        case t.Int():
            return f"((i64){place} + {signed(low(of))})" if low(of) else f"(i64){place}"
        case t.Bool() | t.Enum() | t.Symbols() | t.Role() | t.NodeId():
            return place
        case _:
            return f"{emit.pool.members(of)}[{place}]"


def _subsets(emit: Expressions, whole: x.Expr, each: Each) -> None:
    everything = emit.w.name("t")
    emit.declare(everything, whole.type, emit.value(whole))
    if form(whole.type) is Form.WIDE:
        _wide_subsets(emit, everything, words(whole.type), each)
        return
    subset, more = emit.w.name("i"), emit.w.name("more")
    step = f"{more} = {subset} != {everything}, {subset} = ({subset} - {everything}) & {everything}"
    with emit.w.block(f"for (u64 {subset} = 0, {more} = 1; {more}; {step})"):
        each(subset)


def _wide_subsets(emit: Expressions, everything: str, count: int, each: Each) -> None:
    """The same with a borrow from word to word."""
    subset, more = emit.w.name("i"), emit.w.name("more")
    emit.w.line(f"u64 {subset}[{count}] = {{0}};")
    step = f"{more} = next_subset({subset}, {everything}, {count})"
    with emit.w.block(f"for (int {more} = 1; {more}; {step})"):
        each(subset)


def through_set(emit: Expressions, text: str, type: t.Set, each: Each) -> None:
    """Go through the bits of a set."""
    left, at = emit.w.name("left"), emit.w.name("i")
    if form(type) is Form.WORD:
        with emit.w.block(f"for (u64 {left} = {text}; {left}; {left} &= {left} - 1)"):
            emit.w.line(f"u64 {at} = (u64)lowest({left});")
            each(_member(emit, type.of, at))
        return
    name = emit.w.name("t")
    emit.declare(name, type, text)
    size = t.size(type.of)
    with emit.w.block(f"for (u64 {at} = 0; {at} < {size}; {at}++)"):
        emit.w.line(f"if (!(bits({name}, {at}, 1))) continue;")
        each(_member(emit, type.of, at))


def _through_packed(emit: Expressions, domain: x.Expr, each: Each, distinct: bool) -> None:
    assert isinstance(domain.type, t.Seq)
    text = emit.w.name("t")
    emit.declare(text, domain.type, emit.value(domain))
    found = sequences.packed(emit, text, domain.type)
    count, at = emit.w.number("i64", found.count), emit.w.name("i")
    with emit.w.block(f"for (i64 {at} = 0; {at} < {count}; {at}++)"):
        if distinct:
            _skip_repeated(emit, found, at)
        each(found.element(emit, at))


def _skip_repeated(emit: Expressions, found: sequences.Packed, at: str) -> None:
    of = found.type.of
    element = found.element(emit, at)
    if form(of) is Form.WIDE:
        room = emit.w.name("t")
        emit.w.line(f"u64 {room}[{words(of)}];")
        more = f"{element}, {room}, {words(of)}"
        emit.w.line(f"if (seq_has_many({found.name}, {at}, {found.size}, {more})) continue;")
        return
    code = emit.lowered(element, of)
    emit.w.line(f"if (seq_has({found.name}, {at}, {found.size}, {code})) continue;")


def _through_box(emit: Expressions, domain: x.Expr, of: Type, each: Each, distinct: bool) -> None:
    whole = emit.w.name("t")
    emit.declare(whole, domain.type, emit.value(domain))
    at = emit.w.name("i")
    with emit.w.block(f"for (u32 {at} = 0; {at} < {whole}->count; {at}++)"):
        if distinct:
            repeats = "bag_repeats" if isinstance(domain.type, t.Bag) else "box_repeats"
            shape = emit.pool.shape(domain.type)
            emit.w.line(f"if ({repeats}({whole}, {at}, {shape})) continue;")
        each(emit.item(whole, at, of))


# ---------------------------------------------------------------- folds


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
    from dsmc.backends.c import conversion

    of = conversion.element_of(e.type)
    name = emit.w.name("t")
    emit.w.line(f"box *{name} = box_new(c, 0, {words(of)});")

    def body() -> None:
        item = emit.stored(emit.value(e.body), of)
        emit.w.line(f"{name} = box_push(c, {name}, {item}, {words(of)});")

    _each(emit, e, body)
    return _made(emit, name, of, e.type)


def _made(emit: Expressions, name: str, of: Type, type: Type) -> str:
    from dsmc.backends.c import conversion

    match type:
        case t.Bag(_, bound):
            if bound is not None:
                emit.fail_if(f"{name}->count > {bound}")
            return f"bag_of(c, {name}, {emit.pool.shape(type)})"
        case t.Map() | t.Seq() if t.fixed(type):
            return conversion.copied(emit, name, of, type)
        case _:
            return name


__all__ = ["fold", "loop", "members", "quantified", "through", "through_set"]
