"""Operators in Python: a template for each, or a function where the types matter.

`{0}` and `{1}` are the arguments' registers. Registers of truth values are 0 or 1 (or `False` and
`True`, which are the same numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from dsmc.backends.codec import length_shift, low, mask, members, width
from dsmc.backends.python import conversion
from dsmc.ir import types as t
from dsmc.ir.expr import Apply
from dsmc.ir.ops import OPS, Op

if TYPE_CHECKING:
    from dsmc.backends.python.expressions import Expressions

Row: TypeAlias = "str | Callable[[Expressions, Apply], str]"


def _all(emit: Expressions, e: Apply) -> str:
    assert isinstance(e.type, t.Set)
    return str((1 << len(members(e.type.of))) - 1)


def _range(emit: Expressions, e: Apply) -> str:
    """The bits from one number to another; none if the first is the greater."""
    assert isinstance(e.type, t.Set)
    first, last = (emit.value(arg) for arg in e.args)
    return f"interval({first}, {last}, {low(e.type.of)})"


def _subsets(emit: Expressions, e: Apply) -> str:
    return f"set_of(subsets({emit.value(e.args[0])}))"


def _in(emit: Expressions, e: Apply) -> str:
    element, whole = e.args
    assert isinstance(whole.type, t.Set)
    return f"({emit.value(whole)} >> {emit.rank(element, whole.type.of)} & 1)"


def _majority(emit: Expressions, e: Apply) -> str:
    return f"(({emit.value(e.args[0])}).bit_count() // 2 + 1)"


def _put(emit: Expressions, e: Apply) -> str:
    mapped, key, value = e.args
    assert isinstance(mapped.type, t.Map)
    if not t.fixed(mapped.type):
        return f"put({emit.value(mapped)}, {emit.rank(key, mapped.type.key)}, {emit.value(value)})"
    shift = emit.entry_shift(mapped.type, key)
    cleared = f"{emit.value(mapped)} & ~({mask(mapped.type.value)} << {shift})"
    return f"({cleared} | {emit.code(value, mapped.type.value)} << {shift})"


def _boxed(emit: Expressions, e: Apply) -> str:
    """The plain meaning: elements of a tuple are registers, which is all that it needs to know."""
    name = emit.pool.name(f"op_{e.op.name.lower()}", OPS[e.op].evaluate)
    return f"{name}({', '.join(emit.value(a) for a in e.args)})"


def _sequence(packed: Callable[[Expressions, Apply], str]) -> Row:
    """A row for sequences: `packed` for bounded ones, else tuples."""
    return lambda emit, e: packed(emit, e) if t.fixed(_sequence_type(e)) else _boxed(emit, e)


def _sequence_type(e: Apply) -> t.Seq:
    return next(a.type for a in e.args if isinstance(a.type, t.Seq))


def _shape(e: Apply) -> tuple[int, int]:
    """How many bits from the right a sequence's length is, and how wide an element."""
    of = _sequence_type(e)
    return length_shift(of), width(of.of)


def _len(emit: Expressions, e: Apply) -> str:
    of = e.args[0].type
    if not t.fixed(of):
        return f"len({emit.value(e.args[0])})"
    length, _ = _shape(e)
    return f"({emit.value(e.args[0])} >> {length})"


def _raised(text: str, of: t.Type) -> str:
    return f"({text} + {low(of)})" if low(of) else text


def _at(emit: Expressions, e: Apply) -> str:
    length, size = _shape(e)
    sequence, place = emit.value(e.args[0]), emit.value(e.args[1])
    found = f"seq_at({sequence}, {place}, {length}, {size}, {mask(e.type)})"
    return _raised(found, e.type)


def _first(emit: Expressions, e: Apply) -> str:
    length, size = _shape(e)
    found = f"seq_at({emit.value(e.args[0])}, 0, {length}, {size}, {mask(e.type)})"
    return _raised(found, e.type)


def _last(emit: Expressions, e: Apply) -> str:
    length, size = _shape(e)
    found = f"seq_last({emit.value(e.args[0])}, {length}, {size}, {mask(e.type)})"
    return _raised(found, e.type)


def _concat(emit: Expressions, e: Apply) -> str:
    first, second = e.args
    if not t.fixed(e.type):
        parts = (conversion.boxed_sequence(emit, first), conversion.boxed_sequence(emit, second))
        return f"({parts[0]} + {parts[1]})"
    assert isinstance(e.type, t.Seq)
    assert isinstance(first.type, t.Seq)
    assert isinstance(second.type, t.Seq)
    shifts = (length_shift(first.type), length_shift(second.type), length_shift(e.type))
    return (
        f"seq_concat({emit.value(first)}, {shifts[0]}, {emit.value(second)}, {shifts[1]},"
        f" {width(e.type.of)}, {shifts[2]})"
    )


def _slice(emit: Expressions, e: Apply) -> str:
    length, size = _shape(e)
    sequence, first, last = (emit.value(a) for a in e.args)
    return f"seq_slice({sequence}, {first}, {last}, {length}, {size})"


def _element(e: Apply) -> t.Type:
    assert isinstance(e.type, t.Seq)
    return e.type.of


def _insert(emit: Expressions, e: Apply) -> str:
    length, size = _shape(e)
    sequence, place = emit.value(e.args[0]), emit.value(e.args[1])
    return f"seq_insert({sequence}, {place}, {emit.code(e.args[2], _element(e))}, {length}, {size})"


def _remove(emit: Expressions, e: Apply) -> str:
    length, size = _shape(e)
    return f"seq_remove({emit.value(e.args[0])}, {emit.value(e.args[1])}, {length}, {size})"


def _replace(emit: Expressions, e: Apply) -> str:
    length, size = _shape(e)
    sequence, place = emit.value(e.args[0]), emit.value(e.args[1])
    return (
        f"seq_replace({sequence}, {place}, {emit.code(e.args[2], _element(e))}, {length}, {size})"
    )


def _contains(emit: Expressions, e: Apply) -> str:
    return f"({emit.value(e.args[0])} in {emit.items(e.args[1])})"


def _bag_remove(emit: Expressions, e: Apply) -> str:
    name = emit.pool.name("op_bag_remove", OPS[Op.BAG_REMOVE].evaluate)
    return f"{name}({emit.value(e.args[0])}, {emit.value(e.args[1])})"


#: `AND`, `OR`, `NOT` and `IMPLIES` are tests: see `Expressions.test`.
PYTHON: dict[Op, Row] = {
    Op.ADD: "({0} + {1})",
    Op.SUB: "({0} - {1})",
    Op.MUL: "({0} * {1})",
    Op.DIV: "divide({0}, {1})",
    Op.MOD: "remainder({0}, {1})",
    Op.NEG: "(-{0})",
    Op.LEAST: "min({0}, {1})",
    Op.GREATEST: "max({0}, {1})",
    Op.EQ: "({0} == {1})",
    Op.NE: "({0} != {1})",
    Op.LT: "({0} < {1})",
    Op.LE: "({0} <= {1})",
    Op.GT: "({0} > {1})",
    Op.GE: "({0} >= {1})",
    Op.IFF: "({0} == {1})",
    Op.ALL: _all,
    Op.RANGE: _range,
    Op.SUBSETS: _subsets,
    Op.IN: _in,
    Op.UNION: "({0} | {1})",
    Op.INTERSECT: "({0} & {1})",
    Op.MINUS: "({0} & ~{1})",
    Op.SUBSET: "(not {0} & ~{1})",
    Op.COUNT: "({0}).bit_count()",
    Op.MAJORITY: _majority,
    Op.PUT: _put,
    Op.LEN: _len,
    Op.FIRST: _sequence(_first),
    Op.LAST: _sequence(_last),
    Op.AT: _sequence(_at),
    Op.CONCAT: _concat,
    Op.SLICE: _sequence(_slice),
    Op.INSERT: _sequence(_insert),
    Op.REMOVE: _sequence(_remove),
    Op.REPLACE: _sequence(_replace),
    Op.CONTAINS: _contains,
    Op.BAG_LEN: "len({0})",
    Op.BAG_ADD: "add({0}, {1})",
    Op.BAG_REMOVE: _bag_remove,
    Op.BAG_HAS: "({0} in {1})",
    Op.INDEX: "{0}",
    Op.NODE_AT: lambda emit, e: emit.value(e.args[1]),
}
