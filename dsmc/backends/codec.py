"""How values are kept in generated Python: as small integers where a type allows it.

A value of a *fixed* type is one integer, called its register: an integer type's value itself, the
ordinal of a name, the bits of a set; for variants, maps and bounded sequences, the codes of the
parts side by side in the bits of one number, the first part highest, so that registers are ordered
as their values are. (A code is a register minus the least value of its type.) Values of other types
- bags, sequences without a bound and what contains them - are tuples of registers.
"""

from __future__ import annotations

import functools
from typing import TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.evaluate import sort_key
from dsmc.ir.types import Type, Value

Register: TypeAlias = "int | tuple[Register, ...]"


def bits(count: int) -> int:
    """How many bits tell `count` things apart."""
    return max(0, count - 1).bit_length()


@functools.cache
def width(type: Type) -> int:
    """How many bits a fixed type's code takes."""
    match type:
        case t.Bool():
            return 1
        case t.Int(low, high):
            return bits(high - low + 1)
        case t.Enum() | t.Symbols() | t.Role() | t.NodeId():
            return bits(t.names_count(type))
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            payloads = [sum(map(width, t.field_types(type, c))) for c in range(len(t.cases(type)))]
            return bits(len(payloads)) + max(payloads, default=0)
        case t.Set(of):
            return t.size(of) or 0
        case t.Map(key, value):
            return (t.size(key) or 0) * width(value)
        case t.Seq(of, int(bound)):
            return bits(bound + 1) + bound * width(of)
        case t.Empty():  # the elements of `[]`: there are none
            return 0
        case _:
            raise AssertionError(f"{t.show(type)} has no fixed width")


def low(type: Type) -> int:
    """What a code must be raised by to give the register."""
    return type.low if isinstance(type, t.Int) else 0


def mask(type: Type) -> int:
    """The bits of a code."""
    return (1 << width(type)) - 1


class Slot(Frozen):
    """Where a part is inside a code: so many bits from the right, of this type."""

    shift: int
    type: Type


@functools.cache
def slots(type: Type, case: int) -> tuple[Slot, ...]:
    """The fields of a case of a fixed variant."""
    assert isinstance(type, t.Option | t.Tuple | t.Record | t.Message)
    found: list[Slot] = []
    shift = 0
    for of in reversed(t.field_types(type, case)):
        found.insert(0, Slot(shift, of))
        shift += width(of)
    return tuple(found)


@functools.cache
def tag_shift(type: Type) -> int:
    """How many bits from the right a fixed variant's case number is."""
    assert isinstance(type, t.Option | t.Tuple | t.Record | t.Message)
    return width(type) - bits(len(t.cases(type)))


def entry_shift(type: t.Map, rank: int) -> int:
    """How many bits from the right the value of the key of that rank is."""
    return ((t.size(type.key) or 0) - 1 - rank) * width(type.value)


def length_shift(type: t.Seq) -> int:
    """How many bits from the right the length of a bounded sequence is."""
    assert type.bound is not None
    return type.bound * width(type.of)


# ---------------------------------------------------------------- plain values and registers


@functools.cache
def members(type: Type) -> tuple[Register, ...]:
    """The registers of all values of a type, in type order."""
    return tuple(encode(type, value) for value in t.values(type))


@functools.cache
def ranks(type: Type) -> dict[Register, int]:
    """The place of each register of a type among all."""
    return {register: rank for rank, register in enumerate(members(type))}


def is_scalar(type: Type) -> bool:
    """Is the rank of a value its code?"""
    return isinstance(type, t.SCALARS)


def encode(type: Type, value: Value) -> Register:
    """The register of a plain value."""
    if not t.fixed(type):
        return _encode_boxed(type, value)
    match type:
        case t.Bool():
            return int(value)
        case t.Int() | t.Enum() | t.Symbols() | t.Role() | t.NodeId():
            return int(value)
        case t.Set(of):
            return sum(1 << rank_of(of, member) for member in value)
        case t.Map(_, of):
            return _side_by_side([(code(of, v), width(of)) for v in value])
        case t.Seq(of):
            elements = sum(code(of, v) << i * width(of) for i, v in enumerate(value))
            return len(value) << length_shift(type) | elements
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            case, *fields = value
            case = int(case)
            kinds = t.field_types(type, case)
            parts = [(code(of, f), width(of)) for of, f in zip(kinds, fields, strict=True)]
            return case << tag_shift(type) | _side_by_side(parts)
        case _:
            raise AssertionError(type)


def code(type: Type, value: Value) -> int:
    """The code of a plain value of a fixed type."""
    register = encode(type, value)
    assert isinstance(register, int)
    return register - low(type)


def _side_by_side(parts: list[tuple[int, int]]) -> int:
    total = 0
    for part, size in parts:
        total = total << size | part
    return total


def rank_of(type: Type, value: Value) -> int:
    """The place of a plain value among all values of its type."""
    return code(type, value) if is_scalar(type) else ranks(type)[encode(type, value)]


def _encode_boxed(type: Type, value: Value) -> Register:
    match type:
        case t.Bag(of):
            return tuple(sorted(encode(of, v) for v in value))
        case t.Seq(of) | t.Map(_, of):
            return tuple(encode(of, v) for v in value)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            case, *fields = value
            kinds = t.field_types(type, case)
            return (case, *(encode(of, f) for of, f in zip(kinds, fields, strict=True)))
        case _:
            raise AssertionError(type)


def decode(type: Type, register: Register) -> Value:
    """The plain value of a register."""
    if not isinstance(register, int):
        return _decode_boxed(type, register)
    match type:
        case t.Bool():
            return bool(register)
        case t.Int() | t.Enum() | t.Symbols() | t.Role() | t.NodeId():
            return register
        case t.Set(of):
            return frozenset(decode(of, m) for i, m in enumerate(members(of)) if register >> i & 1)
        case t.Map(key, of):
            count = t.size(key) or 0
            return tuple(_part(register, entry_shift(type, k), of) for k in range(count))
        case t.Seq(of):
            length = register >> length_shift(type)
            return tuple(_part(register, i * width(of), of) for i in range(length))
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            case = register >> tag_shift(type)
            return (case, *(_part(register, slot.shift, slot.type) for slot in slots(type, case)))
        case _:
            raise AssertionError(type)


def _part(register: int, shift: int, type: Type) -> Value:
    return decode(type, (register >> shift & mask(type)) + low(type))


def _decode_boxed(type: Type, register: tuple[Register, ...]) -> Value:
    match type:
        case t.Bag(of):
            return tuple(sorted((decode(of, r) for r in register), key=lambda v: sort_key(of, v)))
        case t.Seq(of) | t.Map(_, of):
            return tuple(decode(of, r) for r in register)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            case, *fields = register
            assert isinstance(case, int)
            kinds = t.field_types(type, case)
            return (case, *(decode(of, f) for of, f in zip(kinds, fields, strict=True)))
        case _:
            raise AssertionError(type)
