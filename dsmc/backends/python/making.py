"""Values made from their parts: packed where their types are fixed, else tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.backends.codec import (
    length_shift,
    slots,
    tag_shift,
    width,
)
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.simplify import certain
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.python.expressions import Expressions


def make(emit: Expressions, e: x.Make) -> str:
    """The register of a value with these parts."""
    match e.type:
        case t.Set(of):
            ranks_ = [emit.rank(a, of) for a in e.args]
            return "(" + " | ".join(f"1 << {r}" for r in ranks_) + ")" if ranks_ else "0"
        case t.Map(_, of) if t.fixed(e.type):
            return _joined(emit, [(a, of) for a in e.args])
        case t.Seq(of) if t.fixed(e.type):
            return _made_sequence(emit, e, of)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            return _made_variant(emit, e)
        case t.Bag():
            return f"tuple(sorted({_tuple(emit, e.args)}))"
        case _:
            return _tuple(emit, e.args)


def _tuple(emit: Expressions, args: tuple[x.Expr, ...]) -> str:
    return "(" + "".join(f"{emit.value(a)}, " for a in args) + ")"


def _made_variant(emit: Expressions, e: x.Make) -> str:
    if not t.fixed(e.type):
        return f"({e.case}, " + "".join(f"{emit.value(a)}, " for a in e.args) + ")"
    tag = e.case << tag_shift(e.type)
    fields = [
        (a, slot.type, slot.shift) for a, slot in zip(e.args, slots(e.type, e.case), strict=True)
    ]
    parts = [_moved(emit, a, of, shift) for a, of, shift in fields if _matters(a, of)]
    return "(" + " | ".join([*([str(tag)] if tag or not parts else []), *parts]) + ")"


def _moved(emit: Expressions, e: x.Expr, of: Type, shift: int) -> str:
    code = emit.code(e, of)
    if code.isdigit():
        return str(int(code) << shift)
    return f"{code} << {shift}" if shift else code


def _joined(emit: Expressions, parts: list[tuple[x.Expr, Type]]) -> str:
    shift, found = 0, []
    for part, of in reversed(parts):
        if _matters(part, of):
            found.append(_moved(emit, part, of, shift))
        shift += width(of)
    return "(" + " | ".join(reversed(found)) + ")" if found else "0"


def _made_sequence(emit: Expressions, e: x.Make, of: Type) -> str:
    assert isinstance(e.type, t.Seq)
    size = width(of)
    parts = [_moved(emit, a, of, i * size) for i, a in enumerate(e.args)]
    return "(" + " | ".join([str(len(e.args) << length_shift(e.type)), *parts]) + ")"


def _matters(part: x.Expr, place: Type) -> bool:
    """Is a part of a packed value to be written: has it bits, or may it have no value?"""
    return bool(width(place)) or not certain(part)
