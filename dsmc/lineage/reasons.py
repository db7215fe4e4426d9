"""Why an expression has a value that passes a test: as a formula over facts about the state.

What is said is enough: in every run in which the formula is true, the expression has a value there, and the
value passes the test. Where nothing better is known, all that it is made of is what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate, rank
from dsmc.ir.expr import Expr
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.system import System
from dsmc.ir.types import Value
from dsmc.lineage.facts import Has, Lacks, NoneOf, OneOf, Only, Test, equal, holds
from dsmc.lineage.folds import Folds
from dsmc.lineage.operators import Operators
from dsmc.lineage.slots import Slot, Slots
from dsmc.lineage.things import Made, Scope, Thing, exactly
from dsmc.reduce.total import total as has_value
from dsmc.smt.monotone import TRUE, Formulas, Id

#: Why a slot passes a test at a place of the run.
Fact: TypeAlias = Callable[[Slot, Test, int], Id]


class Reasons:
    """Reasons of expressions, from those of facts."""

    def __init__(self, system: System, slots: Slots, formulas: Formulas[Any], fact: Fact) -> None:
        self.functions = {function.name: function for function in system.functions}
        self._slots = slots
        self._fact = fact
        self._known: dict[int, tuple[Expr, bool]] = {}
        self._operators = Operators(self, slots)
        self._folds = Folds(self)
        self.all, self.any = formulas.all, formulas.any
        self.at_least = formulas.at_least

    def total(self, e: Expr) -> bool:
        """Has it always a value?"""
        if id(e) not in self._known:
            self._known[id(e)] = (e, has_value(e, self.functions))
        return self._known[id(e)][1]

    # ------------------------------------------------------------ values

    def value(self, e: Expr, scope: Scope) -> Value:
        """What it is. Raises `RangeError`."""
        return evaluate(e, World(self.functions, scope.values), scope.plain)

    def thing(self, e: Expr, scope: Scope) -> Thing:
        """The value with its reasons."""
        return Made(self.value(e, scope), lambda test: self.why(e, scope, test))

    def slot(self, slot: Slot, scope: Scope) -> Thing:
        """What stands in a slot."""
        if slot in scope.written:
            return scope.written[slot]
        value = self._slots.value(scope.values, slot)
        return Made(value, lambda test: self._fact(slot, test, scope.place))

    def exact(self, e: Expr, scope: Scope) -> Id:
        """Why it is just what it is."""
        return self.why(e, scope, equal(self.value(e, scope)))

    def truth(self, e: Expr, scope: Scope, *, wanted: bool) -> Id:
        """Why a condition is true, or false."""
        return self.why(e, scope, equal(wanted))

    # ------------------------------------------------------------ reasons

    def why(self, e: Expr, scope: Scope, test: Test) -> Id:
        """The reasons for its value passing a test that it passes."""
        match e, test:
            case x.Lit(), _:
                return TRUE
            case x.Local(name), _:
                return scope.names[name].why(test)
            case _, OneOf(values) if isinstance(e.type, t.Set) and len(values) == 1:
                return self._set(e, scope, next(iter(values)))
            case x.Apply(), _:
                way = self.way(e)
                return (
                    self._place(*way, scope, test) if way else self._operators.apply(e, scope, test)
                )
            case x.Global(name), _:
                return self._place(name, [], scope, test)
            case x.Fold(), _:
                return self._folds.why(e, scope, test)
            case x.Cond(), _:
                return self._cond(e, scope, test)
            case x.Let(name, value, body), _:
                inner = scope.named(name, self.thing(value, scope))
                return self.all([self.unless_total(value, scope), self.why(body, inner, test)])
            case x.Call(), _:
                return self._call(e, scope, test)
            case x.IsCase(of, case), _ if isinstance(of.type, t.Option):
                return self._is_some(of, scope, wanted=self.value(e, scope) is (case == 1))
            case x.Field(of, 1, 0), OneOf(values) if isinstance(of.type, t.Option):
                return self.why(of, scope, OneOf(frozenset((1, v) for v in values)))
            case x.Make(t.Set(), args), _:
                return self._listed(args, scope, test)
            case x.Make(t.Option(), _, 1), NoneOf(values) if values == {(0,)}:
                return self.unless_total(e, scope)
            case x.Convert(of, _), _ if isinstance(e.type, t.Int) and self.total(e):
                return self.why(of, scope, test)
            case _:
                return self.parts(e, scope)

    def parts(self, e: Expr, scope: Scope) -> Id:
        """Because all that it is made of is what it is."""
        return self.all([self.exact(child, scope) for child in x.children(e)])

    def unless_total(self, e: Expr, scope: Scope) -> Id:
        """Why it has a value at all."""
        return TRUE if self.total(e) else self.exact(e, scope)

    def _set(self, e: Expr, scope: Scope, value: frozenset[Value]) -> Id:
        """A set is what it is because it has its elements, and no others."""
        elements = [self.why(e, scope, Has(one)) for one in sorted(value, key=repr)]
        assert isinstance(e.type, t.Set)
        if len(value) == t.size(e.type.of) and value:
            return self.all(elements)
        return self.all([*elements, self.why(e, scope, Only(value))])

    # ------------------------------------------------------------ places

    def way(self, e: Expr) -> tuple[str, list[Expr]] | None:
        """The variable and the keys, if the expression is a place."""
        match e:
            case x.Global(name):
                return name, []
            case x.Apply(Op.GET, (of, key)):
                way = self.way(of)
                return way and (way[0], [*way[1], key])
            case _:
                return None

    def _place(self, variable: str, keys: list[Expr], scope: Scope, test: Test) -> Id:
        ranks = tuple(rank(key.type, self.value(key, scope)) for key in keys)
        where = [self.exact(key, scope) for key in keys]
        slots = list(self._slots.under(variable, ranks))
        if slots == [Slot(variable, ranks)]:
            return self.all([*where, self.slot(slots[0], scope).why(test)])
        return self.all([*where, *(exactly(self.slot(slot, scope)) for slot in slots)])

    # ------------------------------------------------------------ what is inside others

    def _cond(self, e: x.Cond, scope: Scope, test: Test) -> Id:
        """The condition and its branch; or both branches, if both pass."""
        chosen = bool(self.value(e.condition, scope))
        branch = self.why(e.yes if chosen else e.no, scope, test)
        condition = self.truth(e.condition, scope, wanted=chosen)
        ways = [self.all([condition, branch])]
        try:
            other = e.no if chosen else e.yes
            if self.total(e.condition) and holds(test, self.value(other, scope)):
                ways.append(self.all([branch, self.why(other, scope, test)]))
        except RangeError:
            pass
        return self.any(ways)

    def _call(self, e: x.Call, scope: Scope, test: Test) -> Id:
        function = self.functions[e.function]
        things = [self.thing(arg, scope) for arg in e.args]
        names = {name: thing for (name, _), thing in zip(function.parameters, things, strict=True)}
        has_values = [self.unless_total(arg, scope) for arg in e.args]
        return self.all([*has_values, self.why(function.body, scope.only(names), test)])

    def _listed(self, args: tuple[Expr, ...], scope: Scope, test: Test) -> Id:
        """A set whose elements are listed."""
        match test:
            case Has(element):
                others = self.all([self.unless_total(arg, scope) for arg in args])
                found = [
                    self.exact(arg, scope) for arg in args if self.value(arg, scope) == element
                ]
                return self.all([others, self.any(found)])
            case Lacks(element):
                differs = NoneOf(frozenset({element}))
                return self.all([self.why(arg, scope, differs) for arg in args])
            case Only(elements):
                return self.all([self.why(arg, scope, OneOf(elements)) for arg in args])
            case _:
                return self.all([self.exact(arg, scope) for arg in args])

    def _is_some(self, of: Expr, scope: Scope, *, wanted: bool) -> Id:
        nothing: frozenset[Value] = frozenset({(0,)})
        return self.why(of, scope, NoneOf(nothing) if wanted else OneOf(nothing))
