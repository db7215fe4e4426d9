"""Operators of sequences: bounded ones are bits, others boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.codec import length_shift, width
from dsmc.ir import types as t
from dsmc.ir.expr import Apply, Expr

if TYPE_CHECKING:
    from dsmc.backends.c.expressions import Expressions


class Packed:
    """A bounded sequence as an array of words."""

    def __init__(self, name: str, type: t.Seq) -> None:
        self.name = name
        self.type = type
        self.size = width(type.of)
        self.shift = length_shift(type)

    @property
    def count(self) -> str:
        """How many elements it has."""
        return f"seq_length({self.name}, {self.shift}, {width(self.type) - self.shift})"

    def element(self, emit: Expressions, place: str) -> str:
        """The register of an element."""
        base = emit.computed(self.name, self.type)
        base.is_array, base.span = True, None
        if width(self.type) <= 64:
            base.span = (0, width(self.type))
        move = (f" + (u64){place} * {self.size}",) if self.size else ()
        return base.inner(0, self.type.of, *move).register(emit.w)


def packed(emit: Expressions, text: str, type: t.Type) -> Packed:
    """A bounded sequence's register as an array of words."""
    assert isinstance(type, t.Seq)
    if form(type) is Form.WIDE:
        return Packed(text, type)
    name = emit.w.name("t")
    emit.w.line(f"u64 {name}[1] = {{{text}}};")
    return Packed(name, type)


def made(emit: Expressions, type: t.Type, count: str) -> Packed:
    """A new bounded sequence, of that many elements that are still to be written."""
    assert isinstance(type, t.Seq)
    name = emit.w.name("t")
    emit.w.line(f"u64 {name}[{words(type)}] = {{0}};")
    found = Packed(name, type)
    size = width(type) - found.shift
    if size:
        emit.w.line(f"set_bits({name}, {found.shift}, {size}, (u64)({count}));")
    return found


def result(found: Packed) -> str:
    """The register of an array of words."""
    return found.name if form(found.type) is Form.WIDE else f"{found.name}[0]"


def move(emit: Expressions, to: Packed, at: str, source: Packed, first: str, count: str) -> None:
    """Copy elements."""
    size = source.size
    emit.w.line(
        f"copy_bits({to.name}, (u64)({at}) * {size}, {source.name}, (u64)({first}) * {size},"
        f" (u64)({count}) * {size});"
    )


def _write(emit: Expressions, to: Packed, at: str, value: Expr) -> None:
    write_code(emit, to, at, emit.code(value, to.type.of))


def write_code(emit: Expressions, to: Packed, at: str, code: str) -> None:
    """Put a code at a place."""
    if form(to.type.of) is Form.WIDE:
        emit.w.line(f"copy_bits({to.name}, (u64)({at}) * {to.size}, {code}, 0, {to.size});")
    elif to.size:
        emit.w.line(f"set_bits({to.name}, (u64)({at}) * {to.size}, {to.size}, {code});")


# ---------------------------------------------------------------- the operators


def _sequence(emit: Expressions, e: Apply, which: int = 0) -> tuple[Packed | None, str, str]:
    """The sequence: as bits, if it is; its register; how many elements it has."""
    of = e.args[which].type
    text = emit.value(e.args[which])
    if t.fixed(of):
        found = packed(emit, text, of)
        return found, text, _named(emit, found.count)
    text = emit.held(text, of)
    return None, text, _named(emit, f"(i64){text}->count")


def _named(emit: Expressions, text: str) -> str:
    return emit.w.number("i64", text)


def _item_type(e: Apply) -> t.Type:
    of = e.args[0].type
    assert isinstance(of, t.Seq)
    return of.of


def length(emit: Expressions, e: Apply) -> str:
    """`s.len`"""
    return _sequence(emit, e)[2]


def _read(emit: Expressions, found: Packed | None, text: str, place: str, of: t.Type) -> str:
    return found.element(emit, place) if found else emit.item(text, place, of)


def at(emit: Expressions, e: Apply) -> str:
    """`s[i]`"""
    found, text, count = _sequence(emit, e)
    place = _named(emit, emit.value(e.args[1]))
    emit.fail_if(f"{place} < 0 || {place} >= {count}")
    return _read(emit, found, text, place, e.type)


def first(emit: Expressions, e: Apply) -> str:
    """`s.first`"""
    found, text, count = _sequence(emit, e)
    emit.fail_if(f"{count} == 0")
    return _read(emit, found, text, "0", e.type)


def last(emit: Expressions, e: Apply) -> str:
    """`s.last`"""
    found, text, count = _sequence(emit, e)
    emit.fail_if(f"{count} == 0")
    return _read(emit, found, text, f"({count} - 1)", e.type)


def concat(emit: Expressions, e: Apply) -> str:
    """`s + t`"""
    if not t.fixed(e.type):
        left, right = (boxed(emit, a) for a in e.args)
        return f"box_concat(c, {left}, {right}, {words(_item_type(e))})"
    one, _, count = _sequence(emit, e)
    two, _, more = _sequence(emit, e, 1)
    assert one is not None
    assert two is not None
    to = made(emit, e.type, f"{count} + {more}")
    move(emit, to, "0", one, "0", count)
    move(emit, to, count, two, "0", more)
    return result(to)


def slice_(emit: Expressions, e: Apply) -> str:
    """`s[i..j]`"""
    found, text, count = _sequence(emit, e)
    low, high = (_named(emit, emit.value(a)) for a in e.args[1:])
    emit.fail_if(f"{low} < 0 || {low} > {high} + 1 || {high} + 1 > {count}")
    if found is None:
        return f"box_slice(c, {text}, {low}, {high} + 1, {words(_item_type(e))})"
    to = made(emit, e.type, f"{high} + 1 - {low}")
    move(emit, to, "0", found, low, f"{high} + 1 - {low}")
    return result(to)


def insert(emit: Expressions, e: Apply) -> str:
    """`s.insert(i, x)`"""
    found, text, count = _sequence(emit, e)
    place = _named(emit, emit.value(e.args[1]))
    emit.fail_if(f"{place} < 0 || {place} > {count}")
    if found is None:
        item = emit.stored(emit.value(e.args[2]), _item_type(e))
        return f"box_insert(c, {text}, {place}, {item}, {words(_item_type(e))})"
    to = made(emit, e.type, f"{count} + 1")
    move(emit, to, "0", found, "0", place)
    _write(emit, to, place, e.args[2])
    move(emit, to, f"{place} + 1", found, place, f"{count} - {place}")
    return result(to)


def remove(emit: Expressions, e: Apply) -> str:
    """`s.remove(i)`"""
    found, text, count = _sequence(emit, e)
    place = _named(emit, emit.value(e.args[1]))
    emit.fail_if(f"{place} < 0 || {place} >= {count}")
    if found is None:
        return f"box_remove(c, {text}, {place}, {words(_item_type(e))})"
    to = made(emit, e.type, f"{count} - 1")
    move(emit, to, "0", found, "0", place)
    move(emit, to, place, found, f"{place} + 1", f"{count} - 1 - {place}")
    return result(to)


def replace_(emit: Expressions, e: Apply) -> str:
    """`s[i] := x`"""
    found, text, count = _sequence(emit, e)
    place = _named(emit, emit.value(e.args[1]))
    emit.fail_if(f"{place} < 0 || {place} >= {count}")
    if found is None:
        item = emit.stored(emit.value(e.args[2]), _item_type(e))
        return f"box_replace(c, {text}, {place}, {item}, {words(_item_type(e))})"
    to = made(emit, e.type, count)
    move(emit, to, "0", found, "0", count)
    _write(emit, to, place, e.args[2])
    return result(to)


def contains(emit: Expressions, e: Apply) -> str:
    """`x in s`"""
    element, whole = e.args
    assert isinstance(whole.type, t.Seq)
    of = whole.type.of
    value = emit.value(element)
    found, text, count = _sequence(emit, e, 1)
    if found is None:
        return f"(u64)box_has({text}, {emit.stored(value, of)}, {emit.pool.shape(whole.type)})"
    if form(of) is Form.WIDE:
        room = emit.w.name("t")
        emit.w.line(f"u64 {room}[{words(of)}];")
        size = f"{found.size}, {value}, {room}, {words(of)}"
        return f"(u64)seq_has_many({found.name}, {count}, {size})"
    code = emit.lowered(value, of)
    return f"(u64)seq_has({found.name}, {count}, {found.size}, {code})"


def resized(emit: Expressions, text: str, source: t.Seq, to: t.Seq) -> str:
    """The same elements with room for another number of them, which may be too few."""
    found = packed(emit, text, source)
    count = _named(emit, found.count)
    assert source.bound is not None
    assert to.bound is not None
    if to.bound < source.bound:
        emit.fail_if(f"{count} > {to.bound}")
    target = made(emit, to, count)
    move(emit, target, "0", found, "0", count)
    return result(target)


def boxed(emit: Expressions, e: Expr) -> str:
    """A sequence as a box."""
    assert isinstance(e.type, t.Seq)
    text = emit.value(e)
    return text if not t.fixed(e.type) else unpacked(emit, text, e.type)


def unpacked(emit: Expressions, text: str, type: t.Seq) -> str:
    """The box of a bounded sequence's elements."""
    found = packed(emit, text, type)
    count = _named(emit, found.count)
    made_box, place = emit.w.name("t"), emit.w.name("i")
    emit.w.line(f"box *{made_box} = box_new(c, (u32){count}, {words(type.of)});")
    with emit.w.block(f"for (i64 {place} = 0; {place} < {count}; {place}++)"):
        item = emit.stored(found.element(emit, place), type.of)
        emit.w.line(f"{made_box} = box_push(c, {made_box}, {item}, {words(type.of)});")
    return made_box
