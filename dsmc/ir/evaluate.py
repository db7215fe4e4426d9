"""The meaning of expressions on plain values, straight from the table of operators.

It serves constants, `assume`, laws and explanations, where speed does not matter, and the tests,
as an independent oracle for the back ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, assert_never

from dsmc.ir import types as t
from dsmc.ir.expr import (
    Apply,
    Binder,
    Call,
    Cond,
    Convert,
    Expr,
    Field,
    Fold,
    Global,
    IsCase,
    Let,
    Lit,
    Local,
    Make,
    Observe,
    Quantifier,
)
from dsmc.ir.ops import OPS, Op, RangeError
from dsmc.ir.types import Type, Value

#: How deep functions may call each other.
MAX_DEPTH = 1000


class FunctionLike(Protocol):
    """What `evaluate` needs to know of a function."""

    @property
    def parameters(self) -> tuple[tuple[str, Type], ...]:
        """Names and types."""

    @property
    def body(self) -> Expr:
        """What it gives."""


class World:
    """What names stand for: functions by name, state variables now and before the step; and who answers
    for the observers of histories, where steps are evaluated.
    """

    def __init__(
        self,
        functions: Mapping[str, FunctionLike] | None = None,
        state: Mapping[str, Value] | None = None,
        old: Mapping[str, Value] | None = None,
        observe: Callable[[str, int, list[Value]], int] | None = None,
    ) -> None:
        self.functions = functions or {}
        self.state = state or {}
        self.old = old or {}
        self.observe = observe
        self.depth = 0


NOTHING = World()


def evaluate(e: Expr, world: World = NOTHING, names: Mapping[str, Value] | None = None) -> Value:
    """The value of an expression. Raises `RangeError` where it has none."""
    return _value(e, world, names or {})


def _value(e: Expr, world: World, names: Mapping[str, Value]) -> Value:
    match e:
        case Lit(value):
            return value
        case Local(name):
            return names[name]
        case Global(name, _, old):
            return (world.old if old else world.state)[name]
        case Apply():
            return _apply(e, world, names)
        case Make(type, args, case):
            return make(type, [_value(a, world, names) for a in args], case)
        case Field(of, case, index):
            return field(_value(of, world, names), case, index)
        case IsCase(of, case):
            return _value(of, world, names)[0] == case
        case Cond(condition, yes, no):
            return _value(yes if _value(condition, world, names) else no, world, names)
        case Let(name, value, body):
            return _value(body, world, {**names, name: _value(value, world, names)})
        case Fold():
            return _fold(e, world, names)
        case Call(function, args):
            return _call(function, [_value(a, world, names) for a in args], world)
        case Convert(of, type):
            return convert(_value(of, world, names), of.type, type)
        case Observe(observer, event, args):
            assert world.observe is not None
            return world.observe(observer, event, [_value(a, world, names) for a in args])
        case _:
            assert_never(e)


def _apply(e: Apply, world: World, names: Mapping[str, Value]) -> Value:
    if e.op is Op.ALL:
        assert isinstance(e.type, t.Set)
        return frozenset(t.values(e.type.of))
    if e.op is Op.GET:
        collection, key = (_value(a, world, names) for a in e.args)
        mapped = e.args[0].type
        assert isinstance(mapped, t.Map)
        return collection[rank(mapped.key, key)]
    if e.op is Op.PUT:
        collection, key, value = (_value(a, world, names) for a in e.args)
        mapped = e.args[0].type
        assert isinstance(mapped, t.Map)
        return OPS[Op.PUT].evaluate(collection, rank(mapped.key, key), value)
    if e.op is Op.BAG_ADD:
        bag, element = (_value(a, world, names) for a in e.args)
        return make(e.type, [*bag, element])
    if OPS[e.op].lazy:
        first = _value(e.args[0], world, names)
        decided = first if e.op is Op.OR else not first
        return (e.op is not Op.AND) if decided else _value(e.args[1], world, names)
    return OPS[e.op].evaluate(*(_value(a, world, names) for a in e.args))


def rank(type: Type, value: Value) -> int:
    """The place of a value among all values of its type, from 0."""
    match type:
        case t.Bool():
            return int(value)
        case t.Int(low, _):
            return int(value - low)
        case t.Enum() | t.Symbols() | t.Role() | t.NodeId():
            return int(value)
        case _:
            return next(i for i, v in enumerate(t.values(type)) if v == value)


def make(type: Type, args: list[Value], case: int = 0) -> Value:
    """A variant or collection from its parts."""
    match type:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            return (case, *args)
        case t.Set():
            return frozenset(args)
        case t.Bag(of):
            return tuple(sorted(args, key=lambda v: sort_key(of, v)))
        case _:
            return tuple(args)


def field(value: Value, case: int, index: int) -> Value:
    """A field of a variant."""
    if value[0] != case:
        raise RangeError("it has no such content")
    return value[index + 1]


def _call(function: str, args: list[Value], world: World) -> Value:
    definition = world.functions[function]
    if world.depth >= MAX_DEPTH:
        raise RangeError(f"calls nested deeper than {MAX_DEPTH}")
    world.depth += 1
    try:
        names = {name: arg for (name, _), arg in zip(definition.parameters, args, strict=True)}
        return _value(definition.body, world, names)
    finally:
        world.depth -= 1


# ---------------------------------------------------------------- folds


def members(type: Type, value: Value) -> Iterator[Value]:
    """The elements of a collection in the order in which they are gone through."""
    if isinstance(type, t.Set):
        yield from sorted(value, key=lambda v: sort_key(type.of, v))
    else:
        yield from value


def sort_key(type: Type, value: Value) -> Value:
    """A key that puts the values of a type in type order."""
    match type:
        case t.Set(of):
            return sum(1 << rank(of, v) for v in value)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            types = t.field_types(type, value[0])
            return (value[0], *(sort_key(of, v) for of, v in zip(types, value[1:], strict=True)))
        case t.Map(_, of):
            return tuple(sort_key(of, v) for v in value)
        case t.Seq(of) | t.Bag(of):
            return (len(value), *(sort_key(of, v) for v in reversed(value)))
        case _:
            return value


def _bindings(
    binders: tuple[Binder, ...], world: World, names: Mapping[str, Value]
) -> Iterator[Mapping[str, Value]]:
    if not binders:
        yield names
        return
    first, *rest = binders
    for value in members(first.domain.type, _value(first.domain, world, names)):
        inner = {**names, first.name: value}
        if _value(first.where, world, inner):
            yield from _bindings(tuple(rest), world, inner)


def _fold(e: Fold, world: World, names: Mapping[str, Value]) -> Value:
    bindings = _bindings(e.binders, world, names)
    if e.quantifier in (Quantifier.THE, Quantifier.CHOOSE):
        found = [b[e.binders[0].name] for b in bindings if _value(e.body, world, b)]
        if e.quantifier is Quantifier.THE:
            found = list(dict.fromkeys(found))
        return _chosen(e.quantifier, found)
    return combine(e, (_value(e.body, world, b) for b in bindings))


def _chosen(quantifier: Quantifier, found: list[Value]) -> Value:
    if not found:
        raise RangeError(f"`{quantifier.value}`: nothing fits")
    if quantifier is Quantifier.THE and len(found) > 1:
        raise RangeError("`the`: more than one fits")
    return found[0]


def combine(e: Fold, values: Iterator[Value]) -> Value:
    """What a fold makes of the values of its body."""
    match e.quantifier:
        case Quantifier.FORALL:
            return all(values)
        case Quantifier.EXISTS:
            return any(values)
        case Quantifier.SUM:
            return sum(values)
        case Quantifier.MIN | Quantifier.MAX:
            found = list(values)
            if not found:
                raise RangeError(f"`{e.quantifier.value}` of nothing")
            return min(found) if e.quantifier is Quantifier.MIN else max(found)
        case Quantifier.SET | Quantifier.SEQ | Quantifier.BAG | Quantifier.MAP:
            return make(e.type, list(values))
        case _:
            raise AssertionError(e.quantifier)


# ---------------------------------------------------------------- conversion


def convert(value: Value, source: Type, target: Type) -> Value:
    """The same value as another type. Raises `RangeError` if that type does not have it."""
    match source, target:
        case _ if source == target:
            return value
        case t.Int(), t.Int(low, high):
            if not low <= value <= high:
                raise RangeError(f"{value} is not in {t.show(target)}")
            return value
        case t.Role(), t.NodeId():
            return value + source.first
        case t.NodeId(), t.Role(name, size, first):
            if not first <= value < first + size:
                raise RangeError(f"the node is no {name}")
            return value - first
        case t.Role(), t.Role(name):
            raise RangeError(f"the node is no {name}")
        case t.Set(of), t.Set(to):
            return frozenset(convert(v, of, to) for v in value)
        case (t.Seq(of), t.Seq(to, bound)) | (t.Bag(of), t.Bag(to, bound)):
            if bound is not None and len(value) > bound:
                raise RangeError(f"{len(value)} elements are more than {bound}")
            return make(target, [convert(v, of, to) for v in value])
        case t.Map(_, of), t.Map(_, to):
            return tuple(convert(v, of, to) for v in value)
        case (t.Option() | t.Tuple() | t.Record(), t.Option() | t.Tuple() | t.Record()):
            case = value[0]
            fields = zip(
                value[1:], t.field_types(source, case), t.field_types(target, case), strict=True
            )
            return (case, *(convert(v, of, to) for v, of, to in fields))
        case _:
            raise AssertionError((source, target))
