"""Expressions on symbolic values, and where they have no value."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from typing import assert_never

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.ops import OPS, Op
from dsmc.smt import folds
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.conversion import converted
from dsmc.smt.operators import applied
from dsmc.smt.scalar import Truth
from dsmc.smt.terms import Function
from dsmc.smt.values import Symbolic, Unsupported

#: Calls inside calls that are written out.
_DEEPEST = 24

Names = Mapping[str, Symbolic]


class World(Frozen):
    """What names stand for: state variables now and before the step, and local names."""

    state: Names
    old: Names = {}  # noqa: RUF012  frozen nodes share their defaults
    names: Names = {}  # noqa: RUF012

    def with_name(self, name: str, value: Symbolic) -> World:
        """With one more name."""
        return World(self.state, self.old, {**self.names, name: value})


class Assuming:
    """While a condition is assumed. There are so many that `contextmanager` would take too long."""

    __slots__ = ("_at", "_condition", "_outer")

    def __init__(self, at: Encoder, condition: Truth) -> None:
        self._at = at
        self._condition = condition
        self._outer = at.path

    def __enter__(self) -> None:
        if self._condition is not True:
            self._at.path = (*self._outer, self._condition)

    def __exit__(self, *_: object) -> None:
        self._at.path = self._outer


class Encoder:
    """Makes symbolic values of expressions. `errors` are the conditions under which something that was
    looked at has no value. Now and then it calls `tick`, which may end it by an exception.
    """

    def __init__(
        self, functions: tuple[y.Function, ...], tick: Callable[[], object] = lambda: None
    ) -> None:
        self._tick = tick
        self.errors: list[Truth] = []
        self._functions = {f.name: f for f in functions}
        self.path: tuple[Truth, ...] = ()  # what is assumed
        self._depth = 0
        self._known: dict[Hashable, tuple[Symbolic, list[Truth], World]] = {}

    # ------------------------------------------------------------ where it is looked at

    def assuming(self, condition: Truth) -> Assuming:
        """What is looked at only where a condition is true."""
        return Assuming(self, condition)

    def matters(self, since: int, condition: Truth) -> None:
        """The errors, but for so many, only matter where a condition is true."""
        self.errors[since:] = [sc.both((condition, error)) for error in self.errors[since:]]

    def refuse(self, condition: Truth) -> None:
        """See `Refuses`."""
        bad = condition is not False and sc.both((*self.path, condition))
        if bad is not False:
            self.errors.append(bad)

    def taken(self) -> Truth:
        """Is there an error in what was looked at since it was last asked?"""
        self._known.clear()
        found, self.errors = sc.either(self.errors), []
        return found

    # ------------------------------------------------------------ values

    def value(self, e: x.Expr, world: World) -> Symbolic:
        """The value of an expression."""
        match e:
            case x.Lit(value, type):
                return v.constant(type, value)
            case x.Local(name):
                return world.names[name]
            case x.Global(name, _, old):
                return (world.old if old else world.state)[name]
            case x.Apply():
                return self._applied(e, world)
            case x.Make():
                return self._made(e, world)
            case x.Field(of, case, index):
                whole = self.value(of, world)
                self.refuse(sc.negated(sc.same(whole[0], case)))
                return whole[1][case][index]
            case x.IsCase(of, case):
                return sc.same(self.value(of, world)[0], case)
            case x.Cond():
                return self._conditional(e, world)
            case x.Let(name, value, body):
                return self.value(body, world.with_name(name, self.value(value, world)))
            case x.Fold() | x.Call():
                return self._once(e, world)
            case x.Convert(of, type):
                return converted(self, self.value(of, world), of.type, type)
            case x.Observe():
                return self._observed(e, world)
            case _:
                assert_never(e)

    def _once(self, e: x.Fold | x.Call, world: World) -> Symbolic:
        """What is the same for many values of other names is made once, with its errors."""
        names = map(world.names.get, _names(e))
        key = (e, id(world.state), id(world.old), *names)
        if key not in self._known:  # the world is kept as well, or another would get its numbers
            self._known[key] = (*self._alone(e, world), world)
        value, errors, _ = self._known[key]
        for error in errors:
            self.refuse(error)
        return value

    def _alone(self, e: x.Fold | x.Call, world: World) -> tuple[Symbolic, list[Truth]]:
        """A value, and where it has none, wherever it is looked at."""
        outer = self.errors, self.path
        self.errors, self.path = [], ()
        try:
            value = folds.fold(self, e, world) if isinstance(e, x.Fold) else self._called(e, world)
            return value, self.errors
        finally:
            self.errors, self.path = outer

    def _conditional(self, e: x.Cond, world: World) -> Symbolic:
        condition = self.value(e.condition, world)
        if sc.known(condition):
            return self.value(e.yes if condition else e.no, world)
        with self.assuming(condition):
            yes = self.value(e.yes, world)
        with self.assuming(sc.negated(condition)):
            no = self.value(e.no, world)
        return v.chosen(e.type, condition, yes, no)

    def _applied(self, e: x.Apply, world: World) -> Symbolic:
        self._tick()
        if OPS[e.op].lazy:
            return self._lazy(e, world)
        within = _interval(e) if e.op is Op.IN else None
        if within is None:
            return applied(self, e, tuple(self.value(a, world) for a in e.args))
        element, low, high = (self.value(a, world) for a in (e.args[0], *within))
        return sc.both((sc.at_most(low, element), sc.at_most(element, high)))

    def _lazy(self, e: x.Apply, world: World) -> Truth:
        first = self.value(e.args[0], world)
        matters = sc.negated(first) if e.op is Op.OR else first
        if matters is False:
            return e.op is not Op.AND
        with self.assuming(matters):
            second = self.value(e.args[1], world)
        if e.op is Op.AND:
            return sc.both((first, second))
        return sc.either((first if e.op is Op.OR else sc.negated(first), second))

    def _made(self, e: x.Make, world: World) -> Symbolic:
        args = tuple(self.value(a, world) for a in e.args)
        match e.type:
            case t.Option() | t.Tuple() | t.Record() | t.Message():
                return v.case_of(e.type, e.case, args)
            case t.Map():
                return args
            case t.Seq():
                return (len(args), args)
            case _:
                return folds.collection(e.type, [(True, a) for a in args])

    def _called(self, e: x.Call, world: World) -> Symbolic:
        if self._depth >= _DEEPEST:
            raise Unsupported(f"the recursive function {e.function.removesuffix('_')}")
        definition = self._functions[e.function]
        args = [self.value(a, world) for a in e.args]
        names = {name: a for (name, _), a in zip(definition.parameters, args, strict=True)}
        self._depth += 1
        found = self.value(definition.body, World(world.state, world.old, names))
        self._depth -= 1
        return found

    def _observed(self, e: x.Observe, world: World) -> Symbolic:
        """What an observer remembers is any function of what it is told."""
        told = [leaf for a in e.args for leaf in v.leaves(self.value(a, world))]
        types, name = tuple(map(sc.is_truth, told)), f"{e.observer}.{e.event}"
        self.refuse(sc.applied(Function(f"{name}.error", True, types), *told))
        return sc.applied(Function(name, False, types), *told)


@functools.lru_cache(4096)
def _names(e: x.Expr) -> tuple[str, ...]:
    return tuple(sorted(x.free_names(e)))


def _interval(e: x.Apply) -> tuple[x.Expr, x.Expr] | None:
    """The ends of `a..b`, of such a set that is a constant, and of all integers of a type."""
    match e.args[1]:
        case x.Lit(value, t.Set(t.Int())) if value and max(value) - min(value) + 1 == len(value):
            return x.number(min(value)), x.number(max(value))
        case x.Apply(Op.RANGE, (low, high)):
            return low, high
        case x.Apply(Op.ALL, (), t.Set(t.Int(low, high))):
            return x.number(low), x.number(high)
        case _:
            return None
