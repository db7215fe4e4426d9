"""Operators in C: a template for each, or a function where the types matter.

`{0}` and `{1}` are the arguments' registers. `AND`, `OR`, `NOT` and `IMPLIES` are tests: see
`Expressions.test`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from dsmc.backends.c import sequences
from dsmc.backends.c.access import signed
from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.codec import low, mask, width
from dsmc.ir import types as t
from dsmc.ir.expr import Apply
from dsmc.ir.ops import Op

if TYPE_CHECKING:
    from dsmc.backends.c.expressions import Expressions

Row: TypeAlias = "str | Callable[[Expressions, Apply], str]"


# ---------------------------------------------------------------- integers


def _divided(function: str) -> Row:
    def row(emit: Expressions, e: Apply) -> str:
        left, right = emit.value(e.args[0]), emit.held(emit.value(e.args[1]), e.args[1].type)
        emit.fail_if(f"{right} == 0")
        return f"{function}({left}, {right})"

    return row


def _extreme(sign: str) -> Row:
    def row(emit: Expressions, e: Apply) -> str:
        left, right = (emit.held(emit.value(a), a.type) for a in e.args)
        return f"({left} {sign} {right} ? {left} : {right})"

    return row


def _equal(negated: str) -> Row:
    def row(emit: Expressions, e: Apply) -> str:
        left, right = e.args
        text = emit.equal(emit.value(left), emit.value(right), left.type)
        return f"(u64)({negated}{text})"

    return row


def _compared(sign: str) -> str:
    return f"(u64)({{0}} {sign} {{1}})"


# ---------------------------------------------------------------- sets


def _all(emit: Expressions, e: Apply) -> str:
    assert isinstance(e.type, t.Set)
    return emit.literal(e.type, frozenset(t.values(e.type.of)))


def _range(emit: Expressions, e: Apply) -> str:
    """The bits from one number to another."""
    assert isinstance(e.type, t.Set)
    least = signed(low(e.type.of))
    first, last = (f"({emit.value(arg)} - {least})" for arg in e.args)
    if form(e.type) is Form.WORD:
        return f"interval({first}, {last})"
    name = empty(emit, e.type)
    at = emit.w.name("i")
    with emit.w.block(f"for (i64 {at} = {first}; {at} <= {last}; {at}++)"):
        add_rank(emit, name, e.type, f"(u64){at}")
    return name


def empty(emit: Expressions, type: t.Type) -> str:
    """A C variable for a packed value, all bits 0."""
    name = emit.w.name("t")
    emit.w.line(f"u64 {name}{f'[{words(type)}] = {{0}}' if form(type) is Form.WIDE else ' = 0'};")
    return name


def add_rank(emit: Expressions, name: str, type: t.Type, rank: str) -> None:
    """Put the element of that place into a set that is being made."""
    if form(type) is Form.WORD:
        emit.w.line(f"{name} |= 1ull << {rank};")
    else:
        emit.w.line(f"set_bits({name}, {rank}, 1, 1);")


def _subsets(emit: Expressions, e: Apply) -> str:
    assert isinstance(e.type, t.Set)
    whole = emit.held(emit.value(e.args[0]), e.args[0].type)
    name, subset = empty(emit, e.type), emit.w.name("i")
    step = f"({subset} - {whole}) & {whole}"
    with emit.w.block(f"for (u64 {subset} = 0;; {subset} = {step})"):
        add_rank(emit, name, e.type, subset)
        emit.w.line(f"if ({subset} == {whole}) break;")
    return name


def _in(emit: Expressions, e: Apply) -> str:
    element, whole = e.args
    assert isinstance(whole.type, t.Set)
    found = emit.access(whole)
    if found is None and form(whole.type) is Form.WORD:
        text = emit.value(whole)
        return f"({text} >> {emit.rank(element, whole.type.of)} & 1)"
    base = found or emit.computed(emit.value(whole), whole.type)
    rank = emit.rank(element, whole.type.of)
    return base.inner(0, t.BOOL, f" + {rank}").code(emit.w)


def _wide_or(template: str, operator: str) -> Row:
    """A template for sets of one word; for wide ones, word by word."""

    def row(emit: Expressions, e: Apply) -> str:
        left, right = (emit.value(a) for a in e.args)
        if form(e.type) is Form.WORD:
            return template.format(left, right)
        name, at = emit.w.name("t"), emit.w.name("i")
        emit.w.line(f"u64 {name}[{words(e.type)}];")
        with emit.w.block(f"for (u32 {at} = 0; {at} < {words(e.type)}; {at}++)"):
            emit.w.line(f"{name}[{at}] = {left}[{at}] {operator}{right}[{at}];")
        return name

    return row


def _subset(emit: Expressions, e: Apply) -> str:
    left, right = (emit.value(a) for a in e.args)
    if form(e.args[0].type) is Form.WORD:
        return f"(u64)!({left} & ~{right})"
    return f"(u64)subset({left}, {right}, {words(e.args[0].type)})"


def count(emit: Expressions, e: Apply) -> str:
    """How many elements a set has."""
    whole = emit.value(e.args[0])
    if form(e.args[0].type) is Form.WORD:
        return f"ones({whole})"
    return f"ones_of({whole}, {words(e.args[0].type)})"


def _majority(emit: Expressions, e: Apply) -> str:
    return f"({count(emit, e)} / 2 + 1)"


# ---------------------------------------------------------------- maps


def _put(emit: Expressions, e: Apply) -> str:
    mapped, key, value = e.args
    assert isinstance(mapped.type, t.Map)
    of = mapped.type.value
    if not t.fixed(mapped.type):
        whole, rank = emit.value(mapped), emit.rank(key, mapped.type.key)
        item = emit.stored(emit.value(value), of)
        return f"box_replace(c, {whole}, (i64){rank}, {item}, {words(of)})"
    name = emit.w.name("t")
    emit.declare(name, mapped.type, emit.value(mapped))
    whole_type = mapped.type
    base = emit.computed(name, whole_type) if form(whole_type) is Form.WIDE else None
    if base is not None:
        emit.entry(base, whole_type, key).write(emit.w, emit.code(value, of))
        return name
    place = emit.entry(emit.computed(name, whole_type), whole_type, key)
    code = emit.code(value, of)
    return put_in_word(name, place.position, code, of)


def put_in_word(word: str, position: str, code: str, of: t.Type) -> str:
    """A number with other bits at a place."""
    if not width(of):
        return word
    return f"(({word} & ~({mask(of):#x}ull << {position})) | {code} << {position})"


# ---------------------------------------------------------------- bags


def _bag_add(emit: Expressions, e: Apply) -> str:
    bag, item = emit.value(e.args[0]), _item(emit, e)
    return f"bag_add(c, {bag}, {item}, {emit.pool.shape(e.args[0].type)})"


def _bag_remove(emit: Expressions, e: Apply) -> str:
    bag, item = emit.value(e.args[0]), _item(emit, e)
    name = emit.w.name("t")
    removed = f"bag_remove(c, {bag}, {item}, {emit.pool.shape(e.args[0].type)})"
    emit.w.line(f"const box *{name} = {removed};")
    emit.fail_if(f"!{name}")
    return name


def _bag_has(emit: Expressions, e: Apply) -> str:
    bag = e.args[1].type
    assert isinstance(bag, t.Bag)
    item = emit.stored(emit.value(e.args[0]), bag.of)
    return f"(u64)bag_has({emit.value(e.args[1])}, {item}, {emit.pool.shape(e.args[1].type)})"


def _item(emit: Expressions, e: Apply) -> str:
    bag = e.args[0].type
    assert isinstance(bag, t.Bag)
    return emit.stored(emit.value(e.args[1]), bag.of)


C: dict[Op, Row] = {
    Op.ADD: "({0} + {1})",
    Op.SUB: "({0} - {1})",
    Op.MUL: "({0} * {1})",
    Op.DIV: _divided("quotient"),
    Op.MOD: _divided("modulo"),
    Op.NEG: "(-{0})",
    Op.LEAST: _extreme("<"),
    Op.GREATEST: _extreme(">"),
    Op.EQ: _equal(""),
    Op.NE: _equal("!"),
    Op.LT: _compared("<"),
    Op.LE: _compared("<="),
    Op.GT: _compared(">"),
    Op.GE: _compared(">="),
    Op.IFF: _compared("=="),
    Op.ALL: _all,
    Op.RANGE: _range,
    Op.SUBSETS: _subsets,
    Op.IN: _in,
    Op.UNION: _wide_or("({0} | {1})", "| "),
    Op.INTERSECT: _wide_or("({0} & {1})", "& "),
    Op.MINUS: _wide_or("({0} & ~{1})", "& ~"),
    Op.SUBSET: _subset,
    Op.COUNT: count,
    Op.MAJORITY: _majority,
    Op.PUT: _put,
    Op.LEN: sequences.length,
    Op.FIRST: sequences.first,
    Op.LAST: sequences.last,
    Op.AT: sequences.at,
    Op.CONCAT: sequences.concat,
    Op.SLICE: sequences.slice_,
    Op.INSERT: sequences.insert,
    Op.REMOVE: sequences.remove,
    Op.REPLACE: sequences.replace_,
    Op.CONTAINS: sequences.contains,
    Op.BAG_LEN: "(i64){0}->count",
    Op.BAG_ADD: _bag_add,
    Op.BAG_REMOVE: _bag_remove,
    Op.BAG_HAS: _bag_has,
    Op.INDEX: "(i64){0}",
    Op.NODE_AT: lambda emit, e: f"(u64){emit.value(e.args[1])}",
}
