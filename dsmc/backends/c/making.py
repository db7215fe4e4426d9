"""New values from their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.backends.c.access import constant, unsigned
from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.c.ops import add_rank, empty
from dsmc.backends.c.pool import box_fields
from dsmc.backends.codec import entry_shift, length_shift, slots, tag_shift, width
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.c.expressions import Expressions

#: A part: its register, its type, how far from the right it stands.
Part = tuple[str, Type, int]


def make(emit: Expressions, e: x.Make) -> str:
    """The register of a new value."""
    match e.type:
        case t.Set(of):
            return _set(emit, e, of)
        case t.Map() | t.Seq() if t.fixed(e.type):
            values = [emit.value(a) for a in e.args]
            return packed(emit, e.type, row(e.type, values), _length(e))
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            return variant(emit, e.type, e.case, [emit.value(a) for a in e.args])
        case t.Bag(of) | t.Seq(of) | t.Map(_, of):
            name = box(emit, of, [emit.value(a) for a in e.args])
            is_bag = isinstance(e.type, t.Bag)
            return f"bag_of(c, {name}, {emit.pool.shape(e.type)})" if is_bag else name
        case _:
            raise AssertionError(e.type)


def _set(emit: Expressions, e: x.Make, of: Type) -> str:
    ranks = [emit.rank(a, of) for a in e.args]
    if form(e.type) is Form.WORD:
        return "(" + " | ".join(f"1ull << {r}" for r in ranks) + ")" if ranks else "0ull"
    name = empty(emit, e.type)
    for rank in ranks:
        add_rank(emit, name, e.type, rank)
    return name


def _length(e: x.Make) -> int:
    return len(e.args) << length_shift(e.type) if isinstance(e.type, t.Seq) else 0


def row(type: t.Map | t.Seq, values: list[str]) -> list[Part]:
    """The parts of a packed map or sequence."""
    if isinstance(type, t.Map):
        return [(v, type.value, entry_shift(type, i)) for i, v in enumerate(values)]
    return [(v, type.of, i * width(type.of)) for i, v in enumerate(values)]


def variant(emit: Expressions, type: t.Variant, case: int, values: list[str]) -> str:
    """A case with its fields."""
    fields = t.field_types(type, case)
    if t.fixed(type):
        places = [slot.shift for slot in slots(type, case)]
        parts = list(zip(values, fields, places, strict=True))
        return packed(emit, type, parts, case << tag_shift(type))
    name = emit.w.name("t")
    count = 1 + sum(map(words, fields))
    emit.w.line(f"box *{name} = box_new(c, {count}, 1);")
    emit.w.line(f"{name}->count = {count};")
    emit.w.line(f"{name}->item[0] = {case};")
    for value, of, at in zip(values, fields, box_fields(type, case), strict=True):
        emit.w.line(f"copy({name}->item + {at}, {emit.stored(value, of)}, {words(of)});")
    return name


def packed(emit: Expressions, type: Type, parts: list[Part], start: int = 0) -> str:
    """Parts side by side in the bits of a value."""
    if form(type) is Form.WORD:
        return _word(emit, parts, start)
    name = emit.w.name("t")
    emit.w.line(f"u64 {name}[{words(type)}];")
    emit.w.line(f"copy({name}, {emit.pool.wide(start, words(type))}, {words(type)});")
    for text, of, shift in parts:
        emit.computed(name, type).inner(shift, of).write(emit.w, emit.lowered(text, of))
    return name


def _word(emit: Expressions, parts: list[Part], start: int) -> str:
    found, fixed = [], start
    for text, of, shift in parts:
        if not width(of):
            continue
        code = emit.lowered(text, of)
        value = constant(code.removeprefix("(u64)"))
        if value is not None and value >= 0:
            fixed |= value << shift
        else:
            found.append(f"{code} << {shift}" if shift else code)
    if fixed or not found:
        found.insert(0, unsigned(fixed))
    return "(" + " | ".join(found) + ")"


def box(emit: Expressions, of: Type, values: list[str]) -> str:
    """A box of these elements."""
    name = emit.w.name("t")
    emit.w.line(f"box *{name} = box_new(c, {len(values)}, {words(of)});")
    for value in values:
        emit.w.line(f"{name} = box_push(c, {name}, {emit.stored(value, of)}, {words(of)});")
    return name
