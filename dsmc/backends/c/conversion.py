"""A value of one type as a value of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.backends.c import making, sequences
from dsmc.backends.c.access import signed
from dsmc.backends.c.layout import words
from dsmc.backends.c.loops import through_set
from dsmc.backends.c.ops import add_rank, empty
from dsmc.backends.codec import entry_shift
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.backends.c.expressions import Expressions


def convert(emit: Expressions, e: x.Convert) -> str:
    """The register of a value of another type; no value if that type has it not."""
    return converted(emit, emit.value(e.of), e.of.type, e.type)


def converted(emit: Expressions, text: str, source: Type, to: Type) -> str:
    """The same for a register."""
    match source, to:
        case _ if source == to:
            return text
        case t.Int(), t.Int():
            return _integer(emit, text, source, to)
        case t.Role(_, _, first), t.NodeId():
            return f"({text} + {first})" if first else text
        case t.NodeId(), t.Role(_, size, first):
            node = emit.held(text, source)
            emit.fail_if(f"{node} < {first} || {node} >= {first + size}")
            return f"({node} - {first})"
        case t.Role(), t.Role():
            emit.fail_if("1")
            return "0ull"
        case t.Empty(), _:  # there is no such value
            emit.fail_if("1")
            return emit.literal(to, t.default(to))
        case t.Set(of), t.Set(to_of):
            return _set(emit, text, source, to, of, to_of)
        case (t.Map(_, of), t.Map(_, to_of)) if t.fixed(source):
            return _map(emit, text, source, to, of, to_of)
        case (t.Seq(), t.Seq()) | (t.Bag(), t.Bag()) | (t.Map(), t.Map()):
            return _elements(emit, text, source, to)
        case (t.Option() | t.Tuple() | t.Record(), t.Option() | t.Tuple() | t.Record()):
            return _variant(emit, text, source, to)
        case _:
            raise AssertionError((source, to))


def _integer(emit: Expressions, text: str, source: t.Int, to: t.Int) -> str:
    tests = [f"{{0}} < {signed(to.low)}"] if source.low < to.low else []
    tests += [f"{{0}} > {signed(to.high)}"] if source.high > to.high else []
    if not tests:
        return text
    value = emit.held(text, source)
    emit.fail_if(" || ".join(tests).format(value))
    return value


def _set(emit: Expressions, text: str, source: t.Set, to: t.Set, of: Type, to_of: Type) -> str:
    name = empty(emit, to)
    if isinstance(of, t.Empty):
        return name

    def add(element: str) -> None:
        add_rank(emit, name, to, emit.place(converted(emit, element, of, to_of), to_of))

    through_set(emit, text, source, add)
    return name


def _map(emit: Expressions, text: str, source: t.Map, to: Type, of: Type, to_of: Type) -> str:
    """Key by key."""
    assert isinstance(to, t.Map)
    whole = emit.held(text, source)
    base = emit.computed(whole, source)
    count = t.size(source.key) or 0
    values = [
        converted(emit, base.inner(entry_shift(source, k), of).register(emit.w), of, to_of)
        for k in range(count)
    ]
    if t.fixed(to):
        return making.packed(emit, to, making.row(to, values))
    return making.box(emit, to_of, values)


def _elements(emit: Expressions, text: str, source: Type, to: Type) -> str:
    """Sequences, bags and maps that are boxes, element by element; the number may be too great."""
    of, to_of = element_of(source), element_of(to)
    bound = to.bound if isinstance(to, t.Seq | t.Bag) else None
    if isinstance(of, t.Empty):
        return _nothing(emit, to)
    if isinstance(source, t.Seq) and t.fixed(source):
        if of == to_of and isinstance(to, t.Seq) and t.fixed(to):
            return sequences.resized(emit, text, source, to)
        text = sequences.unpacked(emit, text, source)
    whole = emit.held(text, t.Bag(of))
    if bound is not None:
        emit.fail_if(f"{whole}->count > {bound}")
    if of == to_of and not t.fixed(to):
        return whole
    return copied(emit, whole, of, to)


def _nothing(emit: Expressions, to: Type) -> str:
    return emit.literal(to, ())


def copied(emit: Expressions, whole: str, of: Type, to: Type) -> str:
    """Another collection of the elements of a box."""
    to_of = element_of(to)
    place = emit.w.name("i")
    head = f"for (u32 {place} = 0; {place} < {whole}->count; {place}++)"
    if t.fixed(to) and isinstance(to, t.Seq):
        target = sequences.made(emit, to, f"{whole}->count")
        with emit.w.block(head):
            value = converted(emit, emit.item(whole, place, of), of, to_of)
            sequences.write_code(emit, target, place, emit.lowered(value, to_of))
        return sequences.result(target)
    if t.fixed(to):
        return _packed_map(emit, whole, of, to)
    name = emit.w.name("t")
    emit.w.line(f"box *{name} = box_new(c, {whole}->count, {words(to_of)});")
    with emit.w.block(head):
        item = emit.stored(converted(emit, emit.item(whole, place, of), of, to_of), to_of)
        emit.w.line(f"{name} = box_push(c, {name}, {item}, {words(to_of)});")
    return f"bag_of(c, {name}, {emit.pool.shape(to)})" if isinstance(to, t.Bag) else name


def _packed_map(emit: Expressions, whole: str, of: Type, to: Type) -> str:
    assert isinstance(to, t.Map)
    values = [
        converted(emit, emit.item(whole, str(k), of), of, to.value)
        for k in range(t.size(to.key) or 0)
    ]
    return making.packed(emit, to, making.row(to, values))


def element_of(type: Type) -> Type:
    """The type of the elements of a collection that is gone through in order."""
    match type:
        case t.Seq(of) | t.Bag(of) | t.Map(_, of):
            return of
        case _:
            raise AssertionError(type)


def _variant(emit: Expressions, text: str, source: Type, to: Type) -> str:
    """Case by case."""
    assert isinstance(source, t.Option | t.Tuple | t.Record)
    assert isinstance(to, t.Option | t.Tuple | t.Record)
    whole, count = emit.held(text, source), len(t.cases(source))
    if count == 1:
        return _case(emit, whole, source, to, 0)
    name = emit.room(to)
    for case in range(count):
        with emit.w.block(f"if ({emit.tag_of(whole, source)} == {case})"):
            emit.keep(name, to, _case(emit, whole, source, to, case))
    return name


def _case(emit: Expressions, whole: str, source: t.Variant, to: t.Variant, case: int) -> str:
    kinds = zip(t.field_types(source, case), t.field_types(to, case), strict=True)
    values = [
        converted(emit, emit.field_of(whole, source, case, i), of, to_of)
        for i, (of, to_of) in enumerate(kinds)
        if not isinstance(of, t.Empty)
    ]
    if len(values) < len(t.field_types(to, case)):  # `some` of nothing: there is no such value
        return emit.literal(to, t.default(to))
    return making.variant(emit, to, case, values)
