"""Codes of parts of values, in functions that go through a value of any type.

A value of one word is its code, a wider one an array of words, others are boxes.
"""

from __future__ import annotations

from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.c.pool import box_fields
from dsmc.backends.c.writer import Writer
from dsmc.backends.codec import bits, entry_shift, length_shift, mask, slots, tag_shift, width
from dsmc.ir import types as t
from dsmc.ir.types import Type


def parameter(type: Type, name: str) -> str:
    """How a function takes a value."""
    kinds = {Form.WORD: "u64 ", Form.WIDE: "const u64 *", Form.BOX: "const box *"}
    return f"{kinds[form(type)]}{name}"


# ---------------------------------------------------------------- bits


def get(w: Writer, whole: Type, value: str, shift: str, part: Type) -> str:
    """The code of a part that stands so far from the right."""
    if form(part) is Form.WIDE:
        name = w.name("t")
        w.line(f"u64 {name}[{words(part)}] = {{0}};")
        w.line(f"copy_bits({name}, 0, {value}, {shift}, {width(part)});")
        return name
    return _bits(whole, value, shift, width(part))


def _bits(whole: Type, value: str, shift: str, size: int) -> str:
    if not size:
        return "0ull"
    if form(whole) is Form.WIDE:
        return f"bits({value}, {shift}, {size})"
    lifted = value if shift == "0" else f"{value} >> ({shift})"
    return f"({lifted} & {(1 << size) - 1:#x}ull)"


def put(w: Writer, whole: Type, target: str, shift: str, part: Type, code: str) -> None:
    """Replace a part."""
    if not width(part):
        return
    if form(part) is Form.WIDE:
        w.line(f"copy_bits({target}, {shift}, {code}, 0, {width(part)});")
    elif form(whole) is Form.WIDE:
        w.line(f"set_bits({target}, {shift}, {width(part)}, {code});")
    else:
        kept = f"({target} & ~({mask(part):#x}ull << ({shift})))"
        w.line(f"{target} = {kept} | {code} << ({shift});")


# ---------------------------------------------------------------- boxes


def item(value: str, at: str, part: Type) -> str:
    """What begins at a word of a box."""
    match form(part):
        case Form.WORD:
            return f"{value}->item[{at}]"
        case Form.WIDE:
            return f"({value}->item + {at})"
        case Form.BOX:
            return f"BOX({value}->item[{at}])"


def put_item(w: Writer, target: str, at: str, part: Type, code: str) -> None:
    """Replace what begins at a word of a box."""
    match form(part):
        case Form.WORD:
            w.line(f"{target}->item[{at}] = {code};")
        case Form.WIDE:
            w.line(f"copy({target}->item + {at}, {code}, {words(part)});")
        case Form.BOX:
            w.line(f"{target}->item[{at}] = WORD({code});")


# ---------------------------------------------------------------- variants and collections


def tag(type: t.Variant, value: str) -> str:
    """The number of the case."""
    if not t.fixed(type):
        return f"{value}->item[0]"
    return _bits(type, value, str(tag_shift(type)), bits(len(t.cases(type))))


def field(w: Writer, type: t.Variant, value: str, case: int, number: int) -> str:
    """A field of a case."""
    of = t.field_types(type, case)[number]
    if not t.fixed(type):
        return item(value, str(box_fields(type, case)[number]), of)
    return get(w, type, value, str(slots(type, case)[number].shift), of)


def put_field(
    w: Writer, type: t.Variant, target: str, case: int, number: int, code: str
) -> None:  # fmt: skip
    """Replace a field."""
    of = t.field_types(type, case)[number]
    if t.fixed(type):
        put(w, type, target, str(slots(type, case)[number].shift), of, code)
    else:
        put_item(w, target, str(box_fields(type, case)[number]), of, code)


def element(w: Writer, type: t.Map | t.Seq | t.Bag, value: str, at: str) -> str:
    """The element at a place, of a map that of the key of that rank."""
    of = content(type)
    if not t.fixed(type):
        return item(value, _scaled(at, words(of)), of)
    return get(w, type, value, _shift(type, at), of)


def put_element(w: Writer, type: t.Map | t.Seq | t.Bag, target: str, at: str, code: str) -> None:
    """Replace the element at a place."""
    of = content(type)
    if t.fixed(type):
        put(w, type, target, _shift(type, at), of, code)
    else:
        put_item(w, target, _scaled(at, words(of)), of, code)


def count(type: t.Map | t.Seq | t.Bag, value: str) -> str:
    """How many elements there are."""
    if isinstance(type, t.Map):
        return str(t.size(type.key))
    if not t.fixed(type):
        return f"{value}->count"
    assert isinstance(type, t.Seq)
    assert type.bound is not None
    return _bits(type, value, str(length_shift(type)), bits(type.bound + 1))


def content(type: t.Map | t.Seq | t.Bag) -> Type:
    """The type of the elements."""
    return type.value if isinstance(type, t.Map) else type.of


def _shift(type: t.Map | t.Seq | t.Bag, at: str) -> str:
    size = width(content(type))
    if isinstance(type, t.Map):
        return f"{entry_shift(type, 0)} - {_scaled(at, size)}"
    return _scaled(at, size)


def _scaled(at: str, size: int) -> str:
    return at if size == 1 else f"{at} * {size}"
