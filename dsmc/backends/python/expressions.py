"""Expressions as Python expressions on registers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import assert_never

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
from dsmc.backends.python import conditions, conversion, folds, making
from dsmc.backends.python.access import Access, Pool
from dsmc.backends.python.ops import PYTHON
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type


class Expressions:
    """Writes expressions. `globals_` says where each state variable is.

    A place is an offset in the packed word, or the name of a Python variable that holds a tuple.
    """

    def __init__(self, pool: Pool, places: dict[str, int | str]) -> None:
        self.pool = pool
        self.places = dict(places)
        self.word = "p"
        self.old_word = "old_p"
        self.old_places: dict[str, int | str] = {}
        self.locals: dict[str, str] = {}
        self._facts: list[tuple[x.Expr, int]] = []
        self._count = 0
        self.may_name = True  # may a value be named inside an expression (`:=`)?

    # ------------------------------------------------------------ names

    def temporary(self) -> str:
        """A name for a value inside an expression."""
        self._count += 1
        return f"t{self._count}"

    def local(self, name: str) -> str:
        """The Python name of a local name."""
        if name not in self.locals:
            self.locals[name] = f"v_{name}" if name.isidentifier() else f"w_{_escaped(name)}"
        return self.locals[name]

    @contextmanager
    def unnamed(self) -> Iterator[None]:
        """Write what stands after `in` in a comprehension: Python forbids `:=` there."""
        outer, self.may_name = self.may_name, False
        try:
            yield
        finally:
            self.may_name = outer

    def named(self, value: str, use: Callable[[str], str]) -> str:
        """An expression that uses a value more than once."""
        name = self.temporary()
        if self.may_name:
            return f"(({name} := {value}), {use(name)})[1]"
        return f"(lambda {name}: {use(name)})({value})"

    @contextmanager
    def knowing(self, condition: x.Expr) -> Iterator[None]:
        """Write what is evaluated only where a condition is true."""
        found = [(c.of, c.case) for c in x.conjuncts(condition) if isinstance(c, x.IsCase)]
        self._facts += found
        try:
            yield
        finally:
            del self._facts[len(self._facts) - len(found) :]

    # ------------------------------------------------------------ registers

    def value(self, e: x.Expr) -> str:
        """The register of an expression."""
        match e:
            case x.Lit(value, type):
                return self._literal(type, value)
            case x.Local(name):
                return self.local(name)
            case x.Global(name, type, old):
                return self._global(name, type, old)
            case x.Apply(Op.GET):
                return self._get(e)
            case x.Apply(Op.AND | Op.OR | Op.NOT | Op.IMPLIES):
                return f"(1 if {self.test(e)} else 0)"
            case x.Apply(op, args):
                row = PYTHON[op]
                return row.format(*map(self.value, args)) if isinstance(row, str) else row(self, e)
            case x.Make():
                return making.make(self, e)
            case x.Field():
                return self._field(e)
            case x.IsCase(of, case):
                return f"({self._tag(of)} == {case})"
            case x.Cond(condition, yes, no):
                with self.knowing(condition):
                    first = self.value(yes)
                return f"({first} if {self.test(condition)} else {self.value(no)})"
            case x.Let(name, value, body):
                return self.let(name, self.value(value), self.value(body))
            case x.Fold():
                return folds.fold(self, e)
            case x.Call(function, args):
                name = self.function(function)
                return f"{name}({', '.join(map(self.value, args))})"
            case x.Observe():
                return self._observe(e)
            case x.Convert():
                return conversion.convert(self, e)
            case _:
                assert_never(e)

    def _observe(self, e: x.Observe) -> str:
        from dsmc.backends import observing

        observer = self.pool.observers[e.observer]
        step = self.pool.name("observe", observing.step(observer, e.event), (observer, e.event))
        return f"{step}({', '.join(map(self.value, e.args))})"

    def let(self, name: str, value: str, body: str) -> str:
        """A local name for a value, in what is written."""
        local = self.local(name)
        if self.may_name:
            return f"(({local} := {value}), {body})[1]"
        return f"(lambda {local}: {body})({value})"

    def function(self, name: str) -> str:
        """The Python name of a function of the spec."""
        return "f_" + re.sub(r"\W", lambda m: f"_{ord(m.group()):x}_", name)

    def code(self, e: x.Expr, type: Type) -> str:
        """The code of an expression in a place of a fixed type (an integer's may be wider)."""
        least = low(type)
        if isinstance(e, x.Lit):
            register = encode(type, e.value)
            assert isinstance(register, int)
            return str(register - least)
        return f"({self.value(e)} - {least})" if least else self.value(e)

    def rank(self, e: x.Expr, type: Type) -> str:
        """The place of a value among all values of a type (an integer's may be wider)."""
        if is_scalar(type):
            return self.code(e, type)
        if isinstance(e, x.Lit):
            return str(ranks(type)[encode(type, e.value)])
        return f"{self.pool.name('ranks', ranks(type), ('ranks', type))}[{self.value(e)}]"

    def _literal(self, type: Type, value: object) -> str:
        register = encode(type, value)
        if isinstance(register, int):
            return str(register) if register >= 0 else f"({register})"
        return self.pool.name("c", register, (type, register))

    def _global(self, name: str, type: Type, old: bool) -> str:
        place = (self.old_places if old else self.places)[name]
        if isinstance(place, str):
            return place
        return Access(self.old_word if old else self.word, place, (), type).register()

    # ------------------------------------------------------------ parts of packed values

    def access(self, e: x.Expr) -> Access | None:
        """Where an expression is inside a packed value; None if it must be computed."""
        match e:
            case x.Global(name, type, old):
                place = (self.old_places if old else self.places)[name]
                word = self.old_word if old else self.word
                return None if isinstance(place, str) else Access(word, place, (), type)
            case x.Apply(Op.GET, (mapped, key)) if t.fixed(mapped.type):
                return self._entry(self._base(mapped), mapped.type, key)
            case x.Field(of, _, index) if t.fixed(of.type) and self._sure(e):
                slot = slots(of.type, e.case)[index]
                return self._base(of).inner(slot.shift, slot.type)
            case _:
                return None

    def _base(self, e: x.Expr) -> Access:
        found = self.access(e)
        if found is not None:
            return found
        return Access(self.value(e), 0, (), e.type)

    def _entry(self, base: Access, mapped: Type, key: x.Expr) -> Access:
        assert isinstance(mapped, t.Map)
        rank = self.rank(key, mapped.key)
        size = width(mapped.value)
        if rank.isdigit():
            return base.inner(entry_shift(mapped, int(rank)), mapped.value)
        move = f" - {rank} * {size}" if size != 1 else f" - {rank}"
        return base.inner(entry_shift(mapped, 0), mapped.value, move)

    def entry_shift(self, mapped: t.Map, key: x.Expr) -> str:
        """How far from the right a map has the value of a key."""
        return self._entry(Access("", 0, (), mapped), mapped, key).amount

    def _sure(self, e: x.Field) -> bool:
        """Is the value surely of the field's case?"""
        assert isinstance(e.of.type, t.Option | t.Tuple | t.Record | t.Message)
        return len(t.cases(e.of.type)) == 1 or (e.of, e.case) in self._facts

    def _get(self, e: x.Apply) -> str:
        found = self.access(e)
        if found is not None:
            return found.register()
        mapped, key = e.args
        assert isinstance(mapped.type, t.Map)
        return f"{self.value(mapped)}[{self.rank(key, mapped.type.key)}]"

    def _field(self, e: x.Field) -> str:
        found = self.access(e)
        if found is not None:
            return found.register()
        if not t.fixed(e.of.type):
            part = f"{self.value(e.of)}[{e.index + 1}]"
            if self._sure(e):
                return part
            return self.named(
                self.value(e.of),
                lambda v: f"({v}[{e.index + 1}] if {v}[0] == {e.case} else no_content())",
            )
        slot, tag = slots(e.of.type, e.case)[e.index], tag_shift(e.of.type)

        def checked(v: str) -> str:
            part = Access(v, slot.shift, (), slot.type).register()
            return f"({part} if {v} >> {tag} == {e.case} else no_content())"

        return self.named(self.value(e.of), checked)

    def _tag(self, of: x.Expr) -> str:
        if not t.fixed(of.type):
            return f"{self.value(of)}[0]"
        base = self._base(of)
        size = width(of.type) - tag_shift(of.type)
        if not size:
            return "0"
        return f"({base.inner(tag_shift(of.type), t.BOOL).shifted} & {(1 << size) - 1})"

    # ------------------------------------------------------------ what has modules of its own

    def test(self, e: x.Expr) -> str:
        """A Python expression that is true (in Python's sense) where the expression is."""
        return conditions.test(self, e)

    def items(self, domain: x.Expr, *, distinct: bool = False) -> str:
        """What a domain goes through, as a Python iterable of registers."""
        return folds.items(self, domain, distinct=distinct)


def _escaped(name: str) -> str:
    """A name that Python does not know as one, and no two alike."""
    return re.sub(r"\W|_", lambda m: f"_{ord(m.group()):x}_", name)
