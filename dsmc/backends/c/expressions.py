"""Expressions as C: a text without effects, and before it the statements that it needs.

Where an expression has no value, control goes to the label `failed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import assert_never

from dsmc.backends.c import conversion, folds, loops, making
from dsmc.backends.c.access import Access, raised, signed, unsigned
from dsmc.backends.c.layout import Form, Layout, form, words
from dsmc.backends.c.ops import C
from dsmc.backends.c.pool import Pool, box_fields
from dsmc.backends.c.writer import Writer
from dsmc.backends.codec import (
    encode,
    entry_shift,
    is_scalar,
    low,
    ranks,
    slots,
    tag_shift,
    width,
)
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type


class Expressions:
    """Writes expressions. `state` is the C name of the state that they read, `old` of the one before."""

    def __init__(self, pool: Pool, layout: Layout, state: str = "s") -> None:
        self.pool = pool
        self.layout = layout
        self.w = Writer()
        self.state = state
        self.old = "s"
        self.locals: dict[str, str] = {}
        self.fails = False  # is there a way to `failed`?
        self._facts: list[tuple[x.Expr, int]] = []

    # ------------------------------------------------------------ names

    def bind(self, name: str) -> str:
        """A C name for a local name, from here on."""
        self.locals[name] = self.w.name(re.sub(r"\W", "_", name))
        return self.locals[name]

    def let(self, name: str, value: x.Expr) -> None:
        """A local name for a value."""
        text = self.value(value)
        self.declare(self.bind(name), value.type, text)

    def declare(self, name: str, type: Type, text: str) -> None:
        """A C variable with a value."""
        if form(type) is Form.WIDE:
            self.w.line(f"u64 {name}[{words(type)}];")
            self.w.line(f"copy({name}, {text}, {words(type)});")
        else:
            self.w.line(f"{c_type(type)}{name} = {text};")

    def held(self, text: str, type: Type) -> str:
        """A name for a value that is used more than once."""
        if text.isidentifier() or form(type) is Form.WIDE:
            return text
        name = self.w.name("t")
        self.w.line(f"{c_type(type)}{name} = {text};")
        return name

    def function(self, name: str) -> str:
        """The C name of a function of the spec."""
        return "f_" + re.sub(r"\W", lambda m: f"_{ord(m.group()):x}_", name)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Names that are bound inside mean afterwards what they meant before."""
        outer = dict(self.locals)
        try:
            yield
        finally:
            self.locals = outer

    @contextmanager
    def knowing(self, condition: x.Expr) -> Iterator[None]:
        """Write what is evaluated only where a condition is true."""
        found = [(c.of, c.case) for c in x.conjuncts(condition) if isinstance(c, x.IsCase)]
        self._facts += found
        try:
            yield
        finally:
            del self._facts[len(self._facts) - len(found) :]

    def fail_if(self, condition: str) -> None:
        """There is no value if the condition is true."""
        self.fails = True
        self.w.line(f"if ({condition}) goto failed;")

    # ------------------------------------------------------------ registers

    def value(self, e: x.Expr) -> str:
        """The register of an expression."""
        match e:
            case x.Lit(value, type):
                return self.literal(type, value)
            case x.Local(name):
                return self.locals[name]
            case x.Global():
                return self._global(e)
            case x.Apply(Op.GET):
                return self._get(e)
            case x.Apply(Op.AND | Op.OR | Op.IMPLIES | Op.NOT):
                return f"(u64){self.test(e)}"
            case x.Apply(op, args):
                row = C[op]
                return row.format(*map(self.value, args)) if isinstance(row, str) else row(self, e)
            case x.Make():
                return making.make(self, e)
            case x.Field():
                return self._field(e)
            case x.IsCase(of, case):
                return f"(u64)({self._tag(of)} == {case})"
            case x.Cond():
                return self._cond(e)
            case x.Let(name, value, body):
                self.let(name, value)
                return self.value(body)
            case x.Fold():
                return folds.fold(self, e)
            case x.Call():
                return self._call(e)
            case x.Observe():
                return self._observe(e)
            case x.Convert():
                return conversion.convert(self, e)
            case _:
                assert_never(e)

    def literal(self, type: Type, value: object) -> str:
        """A constant."""
        if form(type) is Form.BOX:
            return self.pool.box(type, value)
        register = encode(type, value)
        assert isinstance(register, int)
        if form(type) is Form.WIDE:
            return self.pool.wide(register, words(type))
        return signed(register) if isinstance(type, t.Int) else unsigned(register)

    def code(self, e: x.Expr, type: Type) -> str:
        """The code of an expression in a place of a fixed type; of a wide one, its words."""
        return (
            self.lowered(self.value(e), type) if not isinstance(e, x.Lit) else self._code(e, type)
        )

    def _code(self, e: x.Lit, type: Type) -> str:
        if form(type) is not Form.WORD:
            return self.literal(type, e.value)
        register = encode(type, e.value)
        assert isinstance(register, int)
        return unsigned(register - low(type))

    def lowered(self, text: str, type: Type) -> str:
        """The code of a register."""
        if not isinstance(type, t.Int):
            return text
        return f"(u64)({text} - {signed(low(type))})" if low(type) else f"(u64){text}"

    def rank(self, e: x.Expr, type: Type) -> str:
        """The place of a value among all values of a type (an integer's may be wider)."""
        if is_scalar(type):
            return self.code(e, type)
        if isinstance(e, x.Lit):
            return unsigned(ranks(type)[encode(type, e.value)])
        return self.place(self.value(e), type)

    def place(self, text: str, type: Type) -> str:
        """The place of a register among all values of a type."""
        if is_scalar(type):
            return self.lowered(text, type)
        return self.pool.place(type, text)

    def test(self, e: x.Expr) -> str:
        """A C condition that is true where the expression is."""
        match e:
            case x.Lit(value):
                return "1" if value else "0"
            case x.Apply(Op.AND, (left, right)):
                return self._lazy(left, right, "&&", known=left)
            case x.Apply(Op.OR, (left, right)):
                return self._lazy(left, right, "||", known=None)
            case x.Apply(Op.IMPLIES, (left, right)):
                return self._lazy(left, right, "implies", known=left)
            case x.Apply(Op.NOT, (inner,)):
                return f"!{self.test(inner)}"
            case x.Fold(x.Quantifier.FORALL | x.Quantifier.EXISTS):
                return folds.quantified(self, e)
            case x.Let(name, value, body):
                self.let(name, value)
                return self.test(body)
            case x.IsCase(of, case):
                return f"({self._tag(of)} == {case})"
            case _:
                return self.value(e)

    def _lazy(self, left: x.Expr, right: x.Expr, sign: str, known: x.Expr | None) -> str:
        """The second is looked at only where it matters."""
        first = self.test(left)
        with self.w.captured() as lines, self.knowing(known or x.TRUE):
            second = self.test(right)
        first = f"!{first}" if sign == "implies" else first
        if not lines:
            return f"({first} {'||' if sign == 'implies' else sign} {second})"
        name = self.w.name("t")
        self.w.line(f"int {name} = !!{first};")
        with self.w.block(f"if ({name})" if sign == "&&" else f"if (!{name})"):
            self.w.lines += lines
            self.w.line(f"{name} = !!{second};")
        return name

    def _cond(self, e: x.Cond) -> str:
        condition = self.test(e.condition)
        with self.w.captured() as yes_lines, self.knowing(e.condition):
            yes = self.value(e.yes)
        with self.w.captured() as no_lines:
            no = self.value(e.no)
        if not yes_lines and not no_lines and form(e.type) is not Form.WIDE:
            return f"({condition} ? {yes} : {no})"
        name = self.room(e.type)
        for head, lines, text in ((f"if ({condition})", yes_lines, yes), ("else", no_lines, no)):
            with self.w.block(head):
                self.w.lines += lines
                self.keep(name, e.type, text)
        return name

    def room(self, type: Type) -> str:
        """A C variable without a value yet."""
        name = self.w.name("t")
        count = f"[{words(type)}]" if form(type) is Form.WIDE else " = 0"
        self.w.line(f"{c_type(type)}{name}{count};")
        return name

    def keep(self, name: str, type: Type, text: str) -> None:
        """Give a C variable its value."""
        if form(type) is Form.WIDE:
            self.w.line(f"copy({name}, {text}, {words(type)});")
        else:
            self.w.line(f"{name} = {text};")

    def _call(self, e: x.Call) -> str:
        args = ["c", *map(self.value, e.args)]
        name = self.room(e.type)
        call = f"{self.function(e.function)}({', '.join(args)}"
        if form(e.type) is Form.WIDE:
            self.w.line(f"{call}, {name});")
        else:
            self.w.line(f"{name} = {call});")
        self.fail_if("c->broken")
        return name

    def _observe(self, e: x.Observe) -> str:
        values = [(self.value(arg), arg.type) for arg in e.args]
        told, count = self.w.name("told"), sum(words(of) for _, of in values)
        self.w.line(f"u64 {told}[{count}];")
        at = 0
        for text, of in values:
            if form(of) is Form.WIDE:
                self.w.line(f"copy({told} + {at}, {text}, {words(of)});")
            else:
                self.w.line(f"{told}[{at}] = (u64)({text});")
            at += words(of)
        name = self.w.name("t")
        which = self.pool.observers.index(e.observer)
        self.w.line(f"u64 {name} = c->observe(c, {which}, {e.event}, {told}, {count});")
        self.fail_if(f"{name} == 0xffffffffu")
        return name

    # ------------------------------------------------------------ variables, and parts of values

    def _global(self, e: x.Global) -> str:
        base = self.old if e.old else self.state
        if e.name in self.layout.box_at:
            return f"BOX({base}[{self.layout.box_at[e.name]}])"
        found = self.access(e)
        assert found is not None
        return found.register(self.w)

    def access(self, e: x.Expr) -> Access | None:
        """Where an expression is inside the bits of something; None if it must be computed."""
        match e:
            case x.Global(name, type, old) if name in self.layout.packed:
                at = self.layout.packed[name].offset
                base = self.old if old else self.state
                return Access(base, type, at, is_array=True, span=(at, at + width(type)))
            case x.Apply(Op.GET, (mapped, key)) if t.fixed(mapped.type):
                return self.entry(self.base(mapped), mapped.type, key)
            case x.Field(of, _, index) if t.fixed(of.type) and self.is_sure(e):
                slot = slots(of.type, e.case)[index]
                return self.base(of).inner(slot.shift, slot.type)
            case _:
                return None

    def base(self, e: x.Expr) -> Access:
        """The bits of a value of a fixed type."""
        found = self.access(e)
        return found if found is not None else self.computed(self.value(e), e.type)

    def computed(self, text: str, type: Type) -> Access:
        """The bits of a register that is not an integer."""
        wide = form(type) is Form.WIDE
        return Access(text, type, is_array=wide, span=(0, width(type)) if wide else None)

    def entry(self, base: Access, mapped: Type, key: x.Expr) -> Access:
        """A value of a map."""
        assert isinstance(mapped, t.Map)
        if isinstance(key, x.Lit):
            rank = ranks(mapped.key)[encode(mapped.key, key.value)]
            return base.inner(entry_shift(mapped, rank), mapped.value)
        return self.entry_at(base, mapped, self.rank(key, mapped.key))

    def entry_at(self, base: Access, mapped: t.Map, rank: str) -> Access:
        """The value of a map at a place."""
        size = width(mapped.value)
        move = f" - {rank} * {size}" if size != 1 else f" - {rank}"
        return base.inner(entry_shift(mapped, 0), mapped.value, move)

    def is_sure(self, e: x.Field) -> bool:
        """Is the value surely of the field's case?"""
        assert isinstance(e.of.type, t.Option | t.Tuple | t.Record | t.Message)
        return len(t.cases(e.of.type)) == 1 or (e.of, e.case) in self._facts

    def _get(self, e: x.Apply) -> str:
        found = self.access(e)
        if found is not None:
            return found.register(self.w)
        mapped, key = e.args
        assert isinstance(mapped.type, t.Map)
        whole = self.value(mapped)
        return self.item(whole, self.rank(key, mapped.type.key), mapped.type.value)

    def _field(self, e: x.Field) -> str:
        found = self.access(e)
        if found is not None:
            return found.register(self.w)
        whole = self.held(self.value(e.of), e.of.type)
        if not self.is_sure(e):
            self.fail_if(f"{self.tag_of(whole, e.of.type)} != {e.case}")
        return self.field_of(whole, e.of.type, e.case, e.index)

    def field_of(self, whole: str, type: Type, case: int, index: int) -> str:
        """A field of a register that is of the case."""
        assert isinstance(type, t.Option | t.Tuple | t.Record | t.Message)
        if not t.fixed(type):
            of = t.field_types(type, case)[index]
            return self.in_box(f"{whole}->item[{box_fields(type, case)[index]}]", of)
        slot = slots(type, case)[index]
        return self.computed(whole, type).inner(slot.shift, slot.type).register(self.w)

    def _tag(self, of: x.Expr) -> str:
        if not t.fixed(of.type):
            return self.tag_of(self.value(of), of.type)
        return self._tag_in(self.base(of), of.type)

    def tag_of(self, whole: str, type: Type) -> str:
        """The case of a register."""
        if not t.fixed(type):
            return f"{whole}->item[0]"
        return self._tag_in(self.computed(whole, type), type)

    def _tag_in(self, base: Access, type: Type) -> str:
        size = width(type) - tag_shift(type)
        return base.inner(tag_shift(type), t.Int(0, (1 << size) - 1)).code(self.w)

    # ------------------------------------------------------------ elements of boxes

    def item(self, whole: str, place: str, of: Type) -> str:
        """The register of an element of a box."""
        at = f"({place}) * {words(of)}" if words(of) > 1 else place
        return self.in_box(f"{whole}->item[{at}]", of)

    def in_box(self, word: str, of: Type) -> str:
        """The register of what begins at a word of a box."""
        match form(of):
            case Form.WORD:
                return raised(word, of)
            case Form.WIDE:
                return f"(&{word})"
            case Form.BOX:
                return f"BOX({word})"

    def stored(self, text: str, of: Type) -> str:
        """A pointer to the words that a register is in a box."""
        if form(of) is Form.WIDE:
            return text
        name = self.w.name("t")
        word = f"WORD({text})" if form(of) is Form.BOX else self.lowered(text, of)
        self.w.line(f"u64 {name}[1] = {{{word}}};")
        return name

    def equal(self, left: str, right: str, type: Type) -> str:
        """Are two registers of one type the same?"""
        match form(type):
            case Form.WORD:
                return f"({left} == {right})"
            case Form.WIDE:
                return f"same({left}, {right}, {words(type)})"
            case Form.BOX:
                return f"box_same({left}, {right}, {self.pool.shape(type)})"

    # ------------------------------------------------------------ what has a module of its own

    def loop(
        self, domain: x.Expr, name: str, body: Callable[[], None], *, distinct: bool = False
    ) -> None:
        """Write code for each element of a domain."""
        with self.scope():
            loops.loop(self, domain, name, body, distinct=distinct)


def c_type(type: Type) -> str:
    """What stands before the name of a C variable of a type."""
    match form(type):
        case Form.WORD:
            return "i64 " if isinstance(type, t.Int) else "u64 "
        case Form.WIDE:
            return "u64 "
        case Form.BOX:
            return "const box *"
