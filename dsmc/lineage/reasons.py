"""Why an expression has a value that passes a test: as a formula over facts about the state.

What is said is enough: in every run in which the formula is true, the expression has a value there, and the
value passes the test. Where nothing better is known, all that it is made of is what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate, members, rank
from dsmc.ir.expr import Expr, Quantifier
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.system import System
from dsmc.ir.types import Value
from dsmc.lineage.facts import Has, Lacks, Least, Most, NoneOf, OneOf, Only, Test, equal, holds
from dsmc.lineage.slots import Slot, Slots
from dsmc.lineage.things import Known, Made, Scope, Thing, exactly
from dsmc.reduce.total import total
from dsmc.smt.monotone import TRUE, Formulas, Id

#: Why a slot passes a test at a place of the run.
Fact: TypeAlias = Callable[[Slot, Test, int], Id]
_CONNECTIVES = (Op.AND, Op.OR, Op.IMPLIES)


class Reasons:
    """Reasons of expressions, from those of facts."""

    def __init__(self, system: System, slots: Slots, formulas: Formulas[Any], fact: Fact) -> None:
        self._functions = {function.name: function for function in system.functions}
        self._slots = slots
        self._fact = fact
        self._known: dict[int, tuple[Expr, bool]] = {}
        self.all, self.any = formulas.all, formulas.any
        self.at_least = formulas.at_least

    def _total(self, e: Expr) -> bool:
        """Has it always a value?"""
        if id(e) not in self._known:
            self._known[id(e)] = (e, total(e, self._functions))
        return self._known[id(e)][1]

    # ------------------------------------------------------------ values

    def value(self, e: Expr, scope: Scope) -> Value:
        """What it is. Raises `RangeError`."""
        return evaluate(e, World(self._functions, scope.values), scope.plain)

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
                way = self._way(e)
                return self._place(*way, scope, test) if way else self._apply(e, scope, test)
            case x.Global(name), _:
                return self._place(name, [], scope, test)
            case x.Fold(), _:
                return self._fold(e, scope, test)
            case x.Cond(), _:
                return self._cond(e, scope, test)
            case x.Let(name, value, body), _:
                inner = scope.named(name, self.thing(value, scope))
                return self.all([self._unless_total(value, scope), self.why(body, inner, test)])
            case x.Call(), _:
                return self._call(e, scope, test)
            case x.IsCase(of, case), _ if isinstance(of.type, t.Option):
                return self._is_some(of, scope, wanted=self.value(e, scope) is (case == 1))
            case x.Field(of, 1, 0), OneOf(values) if isinstance(of.type, t.Option):
                return self.why(of, scope, OneOf(frozenset((1, v) for v in values)))
            case x.Make(t.Set(), args), _:
                return self._listed(args, scope, test)
            case x.Make(t.Option(), _, 1), NoneOf(values) if values == {(0,)}:
                return self._unless_total(e, scope)
            case x.Convert(of, _), _ if isinstance(e.type, t.Int) and self._total(e):
                return self.why(of, scope, test)
            case _:
                return self._parts(e, scope)

    def _parts(self, e: Expr, scope: Scope) -> Id:
        """Because all that it is made of is what it is."""
        return self.all([self.exact(child, scope) for child in x.children(e)])

    def _unless_total(self, e: Expr, scope: Scope) -> Id:
        """Why it has a value at all."""
        return TRUE if self._total(e) else self.exact(e, scope)

    def _set(self, e: Expr, scope: Scope, value: frozenset[Value]) -> Id:
        """A set is what it is because it has its elements, and no others."""
        elements = [self.why(e, scope, Has(one)) for one in sorted(value, key=repr)]
        assert isinstance(e.type, t.Set)
        if len(value) == t.size(e.type.of) and value:
            return self.all(elements)
        return self.all([*elements, self.why(e, scope, Only(value))])

    # ------------------------------------------------------------ places

    def _way(self, e: Expr) -> tuple[str, list[Expr]] | None:
        """The variable and the keys, if the expression is a place."""
        match e:
            case x.Global(name):
                return name, []
            case x.Apply(Op.GET, (of, key)):
                way = self._way(of)
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

    # ------------------------------------------------------------ operators

    def _apply(self, e: x.Apply, scope: Scope, test: Test) -> Id:
        match e.op, e.args, test:
            case Op.NOT, (of,), _:
                return self.truth(of, scope, wanted=not self.value(e, scope))
            case op, (left, right), _ if op in _CONNECTIVES:
                return self._connective(op, left, right, scope)
            case Op.EQ | Op.NE, (left, right), _:
                return self._equation(left, right, scope)
            case Op.LT | Op.LE | Op.GT | Op.GE, (left, right), _:
                return self._comparison(e.op, left, right, scope)
            case Op.ADD | Op.SUB, (left, right), Least() | Most():
                return self._sum(e.op, left, right, scope, test)
            case Op.IN | Op.CONTAINS | Op.BAG_HAS, (element, of), _:
                return self._membership(element, of, scope)
            case Op.SUBSET, (left, right), _:
                return self._subset(left, right, scope)
            case Op.COUNT, (of,), _:
                return self._count(e, of, scope, test)
            case Op.UNION | Op.MINUS | Op.INTERSECT, (left, right), Has() | Lacks() | Only():
                return self._combined(e.op, left, right, scope, test)
            case _:
                return self._parts(e, scope)

    def _connective(self, op: Op, left: Expr, right: Expr, scope: Scope) -> Id:
        """Both sides, or the one that decides."""
        first = bool(self.value(left, scope))
        decided = not first if op is Op.IMPLIES else first
        decides = op is not Op.AND  # what a side that decides makes of the whole
        left_why = self.truth(left, scope, wanted=first)
        second = self._truth_of(right, scope)
        right_decides = second is not None and second is decides and self._total(left)
        alone = [self.truth(right, scope, wanted=decides)] if right_decides else []
        if decided is decides:
            return self.any([left_why, *alone])
        assert second is not None
        return self.any([self.all([left_why, self.truth(right, scope, wanted=second)]), *alone])

    def _truth_of(self, e: Expr, scope: Scope) -> bool | None:
        try:
            return bool(self.value(e, scope))
        except RangeError:
            return None

    def _equation(self, left: Expr, right: Expr, scope: Scope) -> Id:
        a, b = self.value(left, scope), self.value(right, scope)
        if a == b:
            return self.all([self.exact(left, scope), self.exact(right, scope)])
        one, other = NoneOf(frozenset({b})), NoneOf(frozenset({a}))
        return self.any([
            self.all([self.exact(right, scope), self.why(left, scope, one)]),
            self.all([self.exact(left, scope), self.why(right, scope, other)]),
        ])  # fmt: skip

    def _comparison(self, op: Op, left: Expr, right: Expr, scope: Scope) -> Id:
        if op in (Op.GT, Op.GE):
            return self._comparison(Op.LT if op is Op.GT else Op.LE, right, left, scope)
        a, b = self.value(left, scope), self.value(right, scope)
        true = a < b if op is Op.LT else a <= b
        if true:
            return self._below(left, right, scope, int(op is Op.LT))
        return self._below(right, left, scope, int(op is Op.LE))

    def _below(self, small: Expr, large: Expr, scope: Scope, gap: int) -> Id:
        """Why one number is so much less than another."""
        a, b = self.value(small, scope), self.value(large, scope)
        return self.any([
            self.all([self.exact(small, scope), self.why(large, scope, Least(a + gap))]),
            self.all([self.exact(large, scope), self.why(small, scope, Most(b - gap))]),
        ])  # fmt: skip

    def _sum(self, op: Op, left: Expr, right: Expr, scope: Scope, test: Least | Most) -> Id:
        a, b = self.value(left, scope), self.value(right, scope)
        same, other = type(test), Most if isinstance(test, Least) else Least
        if op is Op.ADD:
            first, second = same(test.number - b), same(test.number - a)
        else:
            first, second = same(test.number + b), other(a - test.number)
        return self.any([
            self.all([self.exact(right, scope), self.why(left, scope, first)]),
            self.all([self.exact(left, scope), self.why(right, scope, second)]),
        ])  # fmt: skip

    def _membership(self, element: Expr, of: Expr, scope: Scope) -> Id:
        value, whole = self.value(element, scope), self.value(of, scope)
        inside = value in whole
        listed = frozenset(whole)
        known = self.all([
            self.exact(element, scope),
            self._of_collection(of, scope, value, Has(value) if inside else Lacks(value)),
        ])  # fmt: skip
        among = OneOf(listed) if inside else NoneOf(listed)
        if self._way(of) is not None and self._slots.is_bag(self._way(of)[0]):  # type: ignore[index]
            return known
        return self.any([known, self.all([self.exact(of, scope), self.why(element, scope, among)])])

    def _of_collection(self, of: Expr, scope: Scope, value: Value, test: Test) -> Id:
        """Of messages in flight only those between the same nodes matter."""
        way = self._way(of)
        if way is not None and not way[1] and self._slots.is_bag(way[0]):
            return self.slot(self._slots.of_message(way[0], value), scope).why(test)
        return self.why(of, scope, test)

    def _subset(self, left: Expr, right: Expr, scope: Scope) -> Id:
        a, b = self.value(left, scope), self.value(right, scope)
        if a <= b:
            has = [self.why(right, scope, Has(one)) for one in sorted(a, key=repr)]
            return self.any([
                self.all([self.exact(left, scope), self._unless_total(right, scope), *has]),
                self.all([self.exact(right, scope), self.why(left, scope, Only(b))]),
            ])  # fmt: skip
        return self.any(
            self.all([self.why(left, scope, Has(one)), self.why(right, scope, Lacks(one))])
            for one in sorted(a - b, key=repr)
        )

    def _count(self, e: Expr, of: Expr, scope: Scope, test: Test) -> Id:
        value = self.value(of, scope)
        has = [self.why(of, scope, Has(one)) for one in sorted(value, key=repr)]
        enough = self._unless_total(of, scope)
        match test:
            case Least(number):
                return self.all([enough, self.at_least(number, has)])
            case Most():
                return self.why(of, scope, Only(value))
            case _:
                return self.exact(of, scope)

    def _combined(
        self, op: Op, left: Expr, right: Expr, scope: Scope, test: Has | Lacks | Only
    ) -> Id:
        """Sets made of two: what one of them has, or both, or one alone."""
        sides = [(left, test), (right, test)]
        if op is Op.MINUS:
            match test:
                case Only(elements):
                    rest = frozenset(self.value(left, scope)) - elements
                    has = [self.why(right, scope, Has(one)) for one in sorted(rest, key=repr)]
                    only = self.why(left, scope, Only(elements | rest))
                    return self.all([only, self._unless_total(right, scope), *has])
                case Has(element):
                    sides[1] = (right, Lacks(element))
                case Lacks(element):
                    sides[1] = (right, Has(element))
        good = [
            self.all([self.why(e, scope, one), self._unless_total(other, scope)])
            for (e, one), other in zip(sides, (right, left), strict=True)
            if holds(one, self.value(e, scope))
        ]
        one_is_enough = (op is Op.UNION) == isinstance(test, Has) and not (
            op is Op.MINUS and isinstance(test, Has)
        )
        if op is Op.MINUS:
            one_is_enough = isinstance(test, Lacks)
        if one_is_enough:
            return self.any(good)
        return self.all(good) if len(good) == len(sides) else self._both(left, right, scope)

    def _both(self, left: Expr, right: Expr, scope: Scope) -> Id:
        return self.all([self.exact(left, scope), self.exact(right, scope)])

    def _listed(self, args: tuple[Expr, ...], scope: Scope, test: Test) -> Id:
        """A set whose elements are listed."""
        match test:
            case Has(element):
                others = self.all([self._unless_total(arg, scope) for arg in args])
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

    # ------------------------------------------------------------ what is inside others

    def _cond(self, e: x.Cond, scope: Scope, test: Test) -> Id:
        """The condition and its branch; or both branches, if both pass."""
        chosen = bool(self.value(e.condition, scope))
        branch = self.why(e.yes if chosen else e.no, scope, test)
        condition = self.truth(e.condition, scope, wanted=chosen)
        ways = [self.all([condition, branch])]
        try:
            other = e.no if chosen else e.yes
            if self._total(e.condition) and holds(test, self.value(other, scope)):
                ways.append(self.all([branch, self.why(other, scope, test)]))
        except RangeError:
            pass
        return self.any(ways)

    def _call(self, e: x.Call, scope: Scope, test: Test) -> Id:
        function = self._functions[e.function]
        things = [self.thing(arg, scope) for arg in e.args]
        names = {name: thing for (name, _), thing in zip(function.parameters, things, strict=True)}
        has_values = [self._unless_total(arg, scope) for arg in e.args]
        return self.all([*has_values, self.why(function.body, scope.only(names), test)])

    # ------------------------------------------------------------ folds

    def _fold(self, e: x.Fold, scope: Scope, test: Test) -> Id:
        wheres = [part for binder in e.binders for part in (binder.where, binder.domain)]
        simple = len(e.binders) == 1 and isinstance(e.binders[0].domain.type, t.Set)
        if not all(map(self._total, (*wheres, e.body))):
            return self._every(e, scope)
        match e.quantifier:
            case Quantifier.EXISTS | Quantifier.FORALL:
                witness = e.quantifier is Quantifier.EXISTS
                if bool(self.value(e, scope)) is witness:
                    return self._some(e.binders, e.body, scope, wanted=witness)
                return self._none(e.binders, e.body, scope, unwanted=witness)
            case Quantifier.SUM if simple and e.body == x.Lit(1, e.body.type):
                return self._number(e, scope, test)
            case Quantifier.SET if simple and not isinstance(test, OneOf | NoneOf):
                return self._collected(e, scope, test)
            case _:
                return self._every(e, scope)

    def _each(self, binder: x.Binder, scope: Scope) -> Iterator[tuple[Value, Scope, bool]]:
        """The members of a domain, each with its scope, and whether it is looked at."""
        domain = self.value(binder.domain, scope)
        for value in dict.fromkeys(members(binder.domain.type, domain)):
            inner = scope.named(binder.name, Known(value))
            yield value, inner, bool(self.value(binder.where, inner))

    def _some(self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, *, wanted: bool) -> Id:
        """Why the body is as wanted for some values."""
        if not binders:
            return self.truth(body, scope, wanted=wanted)
        first, rest = binders[0], binders[1:]
        return self.any([
            self.all([
                self.why(first.domain, scope, Has(value)),
                self.truth(first.where, inner, wanted=True),
                self._some(rest, body, inner, wanted=wanted),
            ])
            for value, inner, looked_at in self._each(first, scope)
            if looked_at and self._is_some_value(rest, body, inner, wanted=wanted)
        ])  # fmt: skip

    def _is_some_value(
        self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, *, wanted: bool
    ) -> bool:
        if not binders:
            return bool(self.value(body, scope)) is wanted
        first, rest = binders[0], binders[1:]
        return any(
            looked_at and self._is_some_value(rest, body, inner, wanted=wanted)
            for _, inner, looked_at in self._each(first, scope)
        )

    def _none(
        self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, *, unwanted: bool
    ) -> Id:
        """Why the body is as unwanted for no values."""
        if not binders:
            return self.truth(body, scope, wanted=not unwanted)
        first, rest = binders[0], binders[1:]
        whole = self.value(first.domain, scope)
        parts = [self.why(first.domain, scope, Only(frozenset(whole)))]
        for _, inner, looked_at in self._each(first, scope):
            if looked_at:
                parts.append(self._none(rest, body, inner, unwanted=unwanted))
            else:
                parts.append(self.truth(first.where, inner, wanted=False))
        return self.all(parts)

    def _every(self, e: x.Fold, scope: Scope) -> Id:
        """All that is looked at is what it is."""
        ends = {Quantifier.EXISTS: True, Quantifier.FORALL: False}.get(e.quantifier)
        return self.all(self._seen(e.binders, e.body, scope, ends))

    def _seen(
        self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, ends: bool | None
    ) -> list[Id]:
        """Why each part is what it is, up to the first body that `ends` it: that comes as the last."""
        if not binders:
            return [self.exact(body, scope)]
        first, rest = binders[0], binders[1:]
        parts = [self.exact(first.domain, scope)]
        for _, inner, looked_at in self._each(first, scope):
            parts.append(self.truth(first.where, inner, wanted=looked_at))
            if looked_at:
                parts += self._seen(rest, body, inner, ends)
                if ends is not None and self._is_some_value(rest, body, inner, wanted=ends):
                    break
        return parts

    def _number(self, e: x.Fold, scope: Scope, test: Test) -> Id:
        """How many members of a set there are that are looked at."""
        binder = e.binders[0]
        seen = list(self._each(binder, scope))
        there = [
            self.all([
                self.why(binder.domain, scope, Has(value)),
                self.truth(binder.where, inner, wanted=True),
            ])
            for value, inner, looked_at in seen if looked_at
        ]  # fmt: skip
        away = [
            self.truth(binder.where, inner, wanted=False) for _, inner, looked_at in seen
            if not looked_at
        ]  # fmt: skip
        only = self.why(binder.domain, scope, Only(frozenset(value for value, _, _ in seen)))
        match test:
            case Least(number):
                return self.at_least(number, there)
            case Most(number):
                return self.all([only, self.at_least(len(seen) - number, away)])
            case _:
                return self.all([only, *there, *away])

    def _collected(self, e: x.Fold, scope: Scope, test: Test) -> Id:
        """A set of the values of the body."""
        binder = e.binders[0]
        seen = list(self._each(binder, scope))
        if isinstance(test, Has):
            return self.any([
                self.all([
                    self.why(binder.domain, scope, Has(value)),
                    self.truth(binder.where, inner, wanted=True),
                    self.exact(e.body, inner),
                ])
                for value, inner, looked_at in seen
                if looked_at and self.value(e.body, inner) == test.element
            ])  # fmt: skip
        one = OneOf(test.elements) if isinstance(test, Only) else NoneOf(frozenset({test.element}))  # type: ignore[union-attr]
        parts = [self.why(binder.domain, scope, Only(frozenset(value for value, _, _ in seen)))]
        for _, inner, looked_at in seen:
            if looked_at:
                parts.append(self.why(e.body, inner, one))
            else:
                parts.append(self.truth(binder.where, inner, wanted=False))
        return self.all(parts)
