"""Expressions as Python expressions on registers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import assert_never

from dsmc.backends.python import runtime
from dsmc.backends.python.codec import (
    decode,
    encode,
    entry_shift,
    is_scalar,
    length_shift,
    low,
    mask,
    members,
    ranks,
    slots,
    tag_shift,
    width,
)
from dsmc.backends.python.ops import PYTHON
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import convert as convert_value
from dsmc.ir.ops import Op
from dsmc.ir.simplify import certain
from dsmc.ir.types import Type

#: Quantifiers over at most so many values are written out, where their bodies are small.
UNROLL = 8
_SMALL = 40


class Pool:
    """Objects that generated code refers to by name."""

    def __init__(self) -> None:
        self.objects: dict[str, object] = {
            name: value for name, value in vars(runtime).items() if not name.startswith("_")
        }
        self._names: dict[object, str] = {}

    def name(self, prefix: str, value: object, key: object = None) -> str:
        """The name of an object; objects of one key are the same."""
        key = (prefix, value if key is None else key)
        if key not in self._names:
            self._names[key] = f"{prefix}_{len(self._names)}"
            self.objects[self._names[key]] = value
        return self._names[key]


class Access:
    """A part of a fixed value: in the number `word`, `shift` (and `moves`) bits from the right."""

    def __init__(self, word: str, shift: int, moves: tuple[str, ...], type: Type) -> None:
        self.word = word
        self.shift = shift
        self.moves = moves
        self.type = type

    def inner(self, shift: int, type: Type, *moves: str) -> Access:
        """A part of this part."""
        return Access(self.word, self.shift + shift, self.moves + moves, type)

    @property
    def amount(self) -> str:
        """By how much the word must be shifted."""
        return f"({self.shift}{''.join(self.moves)})" if self.moves else str(self.shift)

    @property
    def shifted(self) -> str:
        """The word with the part rightmost, other bits still on its left."""
        return f"{self.word} >> {self.amount}" if self.moves or self.shift else self.word

    def register(self) -> str:
        """The part's register."""
        if not width(self.type) and self.word.isidentifier() and not self.moves:
            return str(low(self.type))
        text = f"({self.shifted} & {mask(self.type)})"
        return f"({text} + {low(self.type)})" if low(self.type) else text


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
        self._named = True  # may a value be named inside an expression (`:=`)?

    # ------------------------------------------------------------ names

    def temporary(self) -> str:
        """A name for a value inside an expression."""
        self._count += 1
        return f"t{self._count}"

    def local(self, name: str) -> str:
        """The Python name of a local name."""
        if name not in self.locals:
            self.locals[name] = "v_" + re.sub(r"\W", "_", name)
        return self.locals[name]

    @contextmanager
    def _unnamed(self) -> Iterator[None]:
        """Write what stands after `in` in a comprehension: Python forbids `:=` there."""
        outer, self._named = self._named, False
        try:
            yield
        finally:
            self._named = outer

    def named(self, value: str, use: Callable[[str], str]) -> str:
        """An expression that uses a value more than once."""
        name = self.temporary()
        if self._named:
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
                return self._make(e)
            case x.Field():
                return self._field(e)
            case x.IsCase(of, case):
                return f"({self._tag(of)} == {case})"
            case x.Cond(condition, yes, no):
                with self.knowing(condition):
                    first = self.value(yes)
                return f"({first} if {self.test(condition)} else {self.value(no)})"
            case x.Let(name, value, body):
                return self._let(name, self.value(value), self.value(body))
            case x.Fold():
                return self._fold(e)
            case x.Call(function, args):
                name = self.function(function)
                return f"{name}({', '.join(map(self.value, args))})"
            case x.Convert():
                return self._convert(e)
            case _:
                assert_never(e)

    def _let(self, name: str, value: str, body: str) -> str:
        local = self.local(name)
        if self._named:
            return f"(({local} := {value}), {body})[1]"
        return f"(lambda {local}: {body})({value})"

    def function(self, name: str) -> str:
        """The Python name of a function of the spec."""
        return "f_" + re.sub(r"\W", lambda m: f"_{ord(m.group()):x}_", name)

    def code(self, e: x.Expr) -> str:
        """The code of an expression of a fixed type."""
        least = low(e.type)
        if isinstance(e, x.Lit):
            register = encode(e.type, e.value)
            assert isinstance(register, int)
            return str(register - least)
        return f"({self.value(e)} - {least})" if least else self.value(e)

    def code_as(self, e: x.Expr, type: Type) -> str:
        """The code of an expression in a place of some type (an integer's may be wider)."""
        if isinstance(e, x.Lit) and isinstance(type, t.Int):
            return str(e.value - type.low)
        if isinstance(type, t.Int):
            return f"({self.value(e)} - {type.low})" if type.low else self.value(e)
        return self.code(e)

    def rank(self, e: x.Expr, type: Type | None = None) -> str:
        """The place of a value among all values of its type."""
        type = type or e.type
        if is_scalar(type):
            return self.code_as(e, type)
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

    # ------------------------------------------------------------ making values

    def _make(self, e: x.Make) -> str:
        match e.type:
            case t.Set(of):
                ranks_ = [self.rank(a, of) for a in e.args]
                return "(" + " | ".join(f"1 << {r}" for r in ranks_) + ")" if ranks_ else "0"
            case t.Map(_, of) if t.fixed(e.type):
                return self._joined([(a, of) for a in e.args])
            case t.Seq(of) if t.fixed(e.type):
                return self._made_sequence(e, of)
            case t.Option() | t.Tuple() | t.Record() | t.Message():
                return self._made_variant(e)
            case t.Bag():
                return f"tuple(sorted({self._tuple(e.args)}))"
            case _:
                return self._tuple(e.args)

    def _tuple(self, args: tuple[x.Expr, ...]) -> str:
        return "(" + "".join(f"{self.value(a)}, " for a in args) + ")"

    def _made_variant(self, e: x.Make) -> str:
        if not t.fixed(e.type):
            return f"({e.case}, " + "".join(f"{self.value(a)}, " for a in e.args) + ")"
        tag = e.case << tag_shift(e.type)
        fields = [
            (a, slot.type, slot.shift)
            for a, slot in zip(e.args, slots(e.type, e.case), strict=True)
        ]
        # What has one value only needs no room; but computing it may be a range error.
        parts = [self._moved(a, of, n) for a, of, n in fields if width(of) or not certain(a)]
        return "(" + " | ".join([*([str(tag)] if tag or not parts else []), *parts]) + ")"

    def _moved(self, e: x.Expr, of: Type, shift: int) -> str:
        code = self.code_as(e, of)
        if code.isdigit():
            return str(int(code) << shift)
        return f"{code} << {shift}" if shift else code

    def _joined(self, parts: list[tuple[x.Expr, Type]]) -> str:
        shift, found = 0, []
        for part, of in reversed(parts):
            found.append(self._moved(part, of, shift))
            shift += width(of)
        needed = shift or not all(code.isdigit() for code in found)
        return "(" + " | ".join(reversed(found)) + ")" if needed else "0"

    def _made_sequence(self, e: x.Make, of: Type) -> str:
        assert isinstance(e.type, t.Seq)
        size = width(of)
        parts = [self._moved(a, of, i * size) for i, a in enumerate(e.args)]
        return "(" + " | ".join([str(len(e.args) << length_shift(e.type)), *parts]) + ")"

    # ------------------------------------------------------------ conversion

    def _convert(self, e: x.Convert) -> str:
        value, source, to = e.of, e.of.type, e.type
        match source, to:
            case t.Int(), t.Int(least, most):
                text = self.value(value)
                if not self._named:
                    return f"within({text}, {least}, {most})"
                v = self.temporary()
                inside = f"{least} <= ({v} := {text}) <= {most}"
                return f"({v} if {inside} else outside({v}, {least}, {most}))"
            case t.Role(), t.NodeId():
                return (
                    f"({self.value(value)} + {source.first})" if source.first else self.value(value)
                )
            case t.NodeId(), t.Role(name, size, first):
                return self.named(
                    self.value(value),
                    lambda v: (
                        f"({v} - {first} if {first} <= {v} < {first + size} else not_a({name!r}))"
                    ),
                )
            case (t.Seq(of), t.Seq(to_of, bound)) if of == to_of:
                return self._resized(value, source, to, bound)
            case (t.Bag(of), t.Bag(to_of, bound)) if of == to_of:
                return (
                    self.value(value) if bound is None else f"bounded({self.value(value)}, {bound})"
                )
            case _:
                return f"{self._converter(source, to)}[{self.value(value)}]"

    def _resized(self, value: x.Expr, source: t.Seq, to: t.Seq, bound: int | None) -> str:
        if not t.fixed(source) or not t.fixed(to):
            text = self.boxed_sequence(value)
            if t.fixed(to):
                codes = f"{text}" if not low(to.of) else f"(v - {low(to.of)} for v in {text})"
                return f"seq_of(bounded({codes}, {bound}), {length_shift(to)}, {width(to.of)})"
            return text if bound is None else f"bounded({text}, {bound})"
        shifts = length_shift(source), length_shift(to)
        return f"seq_resized({self.value(value)}, {shifts[0]}, {bound}, {shifts[1]})"

    def _converter(self, source: Type, to: Type) -> str:
        def convert(register: object) -> object:
            return encode(to, convert_value(decode(source, register), source, to))  # type: ignore[arg-type]

        return self.pool.name("as", runtime.Memo(convert), ("as", source, to))

    def boxed_sequence(self, e: x.Expr) -> str:
        """A sequence as a tuple of registers."""
        assert isinstance(e.type, t.Seq)
        if not t.fixed(e.type):
            return self.value(e)
        return f"tuple({self.items(e)})"

    # ------------------------------------------------------------ folds

    def items(self, domain: x.Expr, *, distinct: bool = False) -> str:
        """What a domain goes through, as a Python iterable of registers."""
        with self._unnamed():
            return self._items(domain, distinct)

    def _items(self, domain: x.Expr, distinct: bool) -> str:
        match domain, domain.type:
            case x.Apply(Op.ALL), t.Set(of):
                return self._whole(of)
            case x.Apply(Op.RANGE, (first, last)), _:
                return f"range({self.value(first)}, {self.value(last)} + 1)"
            case x.Apply(Op.SUBSETS, (whole,)), _:
                return f"subsets({self.value(whole)})"
            case _, t.Set(of):
                memo = self.pool.name(
                    "elements", runtime.elements_of(members(of)), ("elements", of)
                )
                return f"{memo}[{self.value(domain)}]"
            case _, t.Seq(of) if t.fixed(domain.type):
                assert isinstance(domain.type, t.Seq)
                shape = f"{length_shift(domain.type)}, {width(of)}, {low(of)}"
                items = f"seq_items({self.value(domain)}, {shape})"
                return f"dict.fromkeys({items})" if distinct else items
            case _ if distinct:
                return f"dict.fromkeys({self.value(domain)})"
            case _:
                return self.value(domain)

    def _whole(self, of: Type) -> str:
        match of:
            case t.Int(least, most):
                return f"range({least}, {most + 1})"
            case t.Bool():
                return "(0, 1)"
            case t.Enum() | t.Symbols() | t.Role() | t.NodeId():
                return f"range({t.names_count(of)})"
            case _:
                return self.pool.name("all", members(of), ("all", of))

    def _fold(self, e: x.Fold) -> str:
        if e.quantifier in (x.Quantifier.FORALL, x.Quantifier.EXISTS):
            return f"(1 if {self.test(e)} else 0)"
        match e.quantifier:
            case x.Quantifier.THE | x.Quantifier.CHOOSE:
                each = self._each(e, self.local(e.binders[0].name), e.body)
                return f"{e.quantifier.value}({each})"
            case x.Quantifier.SUM:
                return f"sum({self._each(e, self.value(e.body))})"
            case x.Quantifier.MIN:
                return f"least({self._each(e, self.value(e.body))})"
            case x.Quantifier.MAX:
                return f"most({self._each(e, self.value(e.body))})"
            case _:
                return self._collected(e)

    def _collected(self, e: x.Fold) -> str:
        match e.type:
            case t.Set(of):
                return f"set_of({self._each(e, self.rank(e.body, of))})"
            case t.Map(_, of) if t.fixed(e.type):
                return f"side_by_side({self._each(e, self.code_as(e.body, of))}, {width(of)})"
            case t.Seq(of) if t.fixed(e.type):
                shape = f"{length_shift(e.type)}, {width(of)}"
                return f"seq_of({self._each(e, self.code_as(e.body, of))}, {shape})"
            case t.Bag(_, bound):
                bag = f"tuple(sorted({self._each(e, self.value(e.body))}))"
                return bag if bound is None else f"bounded({bag}, {bound})"
            case _:
                return f"tuple({self._each(e, self.value(e.body))})"

    def _each(self, e: x.Fold, body: str, condition: x.Expr = x.TRUE) -> str:
        """A generator of the values of the body, in parentheses."""
        text = f"({body}"
        for i, binder in enumerate(e.binders):
            text += f" for {self.local(binder.name)} in {self.items(binder.domain)}"
            last = condition if i == len(e.binders) - 1 else x.TRUE
            wanted = x.conjunction([binder.where, last])
            if wanted != x.TRUE:
                text += f" if {self.test(wanted)}"
        return text + ")"

    # ------------------------------------------------------------ tests

    def test(self, e: x.Expr) -> str:
        """A Python expression that is true (in Python's sense) where the expression is."""
        match e:
            case x.Lit(value):
                return "True" if value else "False"
            case x.Apply(Op.AND, (left, right)):
                with self.knowing(left):
                    second = self.test(right)
                return f"({self.test(left)} and {second})"
            case x.Apply(Op.OR, (left, right)):
                return f"({self.test(left)} or {self.test(right)})"
            case x.Apply(Op.IMPLIES, (left, right)):
                with self.knowing(left):
                    second = self.test(right)
                return f"(not {self.test(left)} or {second})"
            case x.Apply(Op.NOT, (inner,)):
                return f"(not {self.test(inner)})"
            case x.Apply(Op.EQ | Op.NE, (left, right)):
                return self._equal(e, left, right)
            case x.Apply(Op.IN, (element, whole)):
                return self._has(element, whole)
            case x.Fold(x.Quantifier.FORALL | x.Quantifier.EXISTS):
                return self._quantified(e)
            case x.Let(name, value, body):
                return self._let(name, self.value(value), self.test(body))
            case _ if isinstance(e.type, t.Bool):
                return self._bit(e)
            case _:
                return self.value(e)

    def _bit(self, e: x.Expr) -> str:
        found = self.access(e)
        if found is None or found.moves:
            return self.value(e)
        return f"{found.word} & {1 << found.shift}"

    def _equal(self, e: x.Apply, left: x.Expr, right: x.Expr) -> str:
        """A comparison; with a constant it needs no shift."""
        left, right = _constant(left), _constant(right)
        if isinstance(left, x.Lit):
            left, right = right, left
        found = self.access(left) if isinstance(right, x.Lit) else None
        if found is None or found.moves or not width(found.type):
            return self.value(e)
        assert isinstance(right, x.Lit)
        wanted = self.code_as(right, found.type)
        bits_ = mask(found.type) << found.shift
        if not wanted.isdigit() or int(wanted) > mask(found.type):
            return "False" if e.op is Op.EQ else "True"
        if int(wanted) == 0:
            return f"not {found.word} & {bits_}" if e.op is Op.EQ else f"{found.word} & {bits_}"
        sign = "==" if e.op is Op.EQ else "!="
        return f"{found.word} & {bits_} {sign} {int(wanted) << found.shift}"

    def _has(self, element: x.Expr, whole: x.Expr) -> str:
        rank = self.rank(element)
        found = self.access(whole)
        if found is not None and not found.moves and rank.isdigit():
            return f"{found.word} & {1 << found.shift + int(rank)}"
        if found is not None:
            return f"{found.word} >> {found.inner(0, t.BOOL, f' + {rank}').amount} & 1"
        return f"({self.value(whole)} >> {rank} & 1)"

    def _quantified(self, e: x.Fold) -> str:
        every = e.quantifier is x.Quantifier.FORALL
        unrolled = self._unrolled(e, every)
        if unrolled is not None:
            return unrolled
        return f"{'all' if every else 'any'}({self._each(e, self.test(e.body))})"

    def _unrolled(self, e: x.Fold, every: bool) -> str | None:
        """The quantifier written out, if it is over few values."""
        from dsmc.ir.simplify import simplify

        binder, rest = e.binders[0], e.binders[1:]
        values = _few(binder)
        if values is None or sum(1 for _ in x.walk(e)) > _SMALL:
            return None
        inner = x.Fold(e.quantifier, rest, e.body, t.BOOL) if rest else e.body
        joined = x.Apply(Op.IMPLIES if every else Op.AND, (binder.where, inner), t.BOOL)
        parts = [
            self.test(simplify(x.substitute(joined, {binder.name: x.Lit(v, binder.type)})))
            for v in values
        ]
        neutral = "True" if every else "False"
        parts = [part for part in dict.fromkeys(parts) if part != neutral]
        return "(" + (" and " if every else " or ").join(parts) + ")" if parts else neutral


def _constant(e: x.Expr) -> x.Expr:
    """The set of all values of a type as the constant that it is."""
    match e:
        case x.Apply(Op.ALL, _, t.Set(of)):
            return x.Lit(frozenset(t.values(of)), e.type)
        case _:
            return e


def _few(binder: x.Binder) -> list[object] | None:
    """The values of a binder, if they are few and known."""
    match binder.domain:
        case x.Apply(Op.ALL, _, t.Set(of)) if 0 < (t.size(of) or 0) <= UNROLL:
            return list(t.values(of))
        case x.Apply(Op.RANGE, (x.Lit(first), x.Lit(last))) if last - first < UNROLL:
            return list(range(first, last + 1))
        case _:
            return None
