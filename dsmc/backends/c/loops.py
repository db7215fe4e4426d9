"""Loops: what a domain goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dsmc.backends.c import sequences
from dsmc.backends.c.access import signed
from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.codec import low
from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.c.expressions import Expressions

#: A choice has 32 bits.
_MOST = 1 << 32
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


class Numbered(Frozen):
    """A domain whose elements need not be gone through: how many there are, and each by its number."""

    count: str
    element: Callable[[str], str]


def numbered(emit: Expressions, domain: x.Expr) -> Numbered | None:
    """A range, or all values of a type; None if it is something else, or larger than a choice can be."""
    match domain:
        case x.Apply(Op.ALL, _, t.Set(of)) if 0 < (t.size(of) or 0) < _MOST:
            return Numbered(f"{t.size(of)}", lambda place: _member(emit, of, place))
        case x.Apply(Op.RANGE, (first, last), t.Set(t.Int() as of)) if (t.size(of) or 0) < _MOST:
            low = emit.held(emit.value(first), first.type)
            count = emit.w.number("i64", f"{emit.value(last)} - {low} + 1")
            return Numbered(count, lambda place: f"((i64){place} + {low})")
        case x.Lit(values, t.Set(t.Int())) if values and max(values) - min(values) < len(values):
            return Numbered(
                f"{len(values)}", lambda place: f"((i64){place} + {signed(min(values))})"
            )
        case _:
            return None


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
