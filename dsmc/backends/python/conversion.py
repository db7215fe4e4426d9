"""A value of one type as a value of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.backends.codec import (
    decode,
    encode,
    length_shift,
    low,
    width,
)
from dsmc.backends.python import runtime
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import convert as convert_value
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.python.expressions import Expressions


def convert(emit: Expressions, e: x.Convert) -> str:
    """The register of a value of another type; a range error if that type has it not."""
    value, source, to = e.of, e.of.type, e.type
    match source, to:
        case t.Int(), t.Int(least, most):
            text = emit.value(value)
            if not emit.may_name:
                return f"within({text}, {least}, {most})"
            v = emit.temporary()
            inside = f"{least} <= ({v} := {text}) <= {most}"
            return f"({v} if {inside} else outside({v}, {least}, {most}))"
        case t.Role(), t.NodeId():
            return f"({emit.value(value)} + {source.first})" if source.first else emit.value(value)
        case t.NodeId(), t.Role(name, size, first):
            return emit.named(
                emit.value(value),
                lambda v: (
                    f"({v} - {first} if {first} <= {v} < {first + size} else not_a({name!r}))"
                ),
            )
        case (t.Seq(of), t.Seq(to_of, bound)) if of == to_of:
            return _resized(emit, value, source, to, bound)
        case (t.Bag(of), t.Bag(to_of, bound)) if of == to_of:
            return emit.value(value) if bound is None else f"bounded({emit.value(value)}, {bound})"
        case _:
            return f"{_converter(emit, source, to)}[{emit.value(value)}]"


def _resized(emit: Expressions, value: x.Expr, source: t.Seq, to: t.Seq, bound: int | None) -> str:
    if not t.fixed(source) or not t.fixed(to):
        text = boxed_sequence(emit, value)
        if t.fixed(to):
            codes = f"{text}" if not low(to.of) else f"(v - {low(to.of)} for v in {text})"
            return f"seq_of(bounded({codes}, {bound}), {length_shift(to)}, {width(to.of)})"
        return text if bound is None else f"bounded({text}, {bound})"
    shifts = length_shift(source), length_shift(to)
    return f"seq_resized({emit.value(value)}, {shifts[0]}, {bound}, {shifts[1]})"


def _converter(emit: Expressions, source: Type, to: Type) -> str:
    def convert(register: object) -> object:
        return encode(to, convert_value(decode(source, register), source, to))  # type: ignore[arg-type]

    return emit.pool.name("as", runtime.Memo(convert), ("as", source, to))


def boxed_sequence(emit: Expressions, e: x.Expr) -> str:
    """A sequence as a tuple of registers."""
    assert isinstance(e.type, t.Seq)
    if not t.fixed(e.type):
        return emit.value(e)
    return f"tuple({emit.items(e)})"
