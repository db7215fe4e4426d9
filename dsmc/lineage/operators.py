"""Why what an operator gives passes a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.ir import expr as x
from dsmc.ir.expr import Expr
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.types import Value
from dsmc.lineage.facts import Has, Lacks, Least, Most, NoneOf, OneOf, Only, Test, holds
from dsmc.lineage.slots import Slots
from dsmc.lineage.things import Scope
from dsmc.smt.monotone import Id

if TYPE_CHECKING:
    from dsmc.lineage.reasons import Reasons

_CONNECTIVES = (Op.AND, Op.OR, Op.IMPLIES)


class Operators:
    """Reasons of operators, from those of their arguments."""

    def __init__(self, reasons: Reasons, slots: Slots) -> None:
        self._of = reasons
        self._slots = slots

    def apply(self, e: x.Apply, scope: Scope, test: Test) -> Id:
        """The reasons for what an operator gives passing a test."""
        match e.op, e.args, test:
            case Op.NOT, (of,), _:
                return self._of.truth(of, scope, wanted=not self._of.value(e, scope))
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
                return self._of.parts(e, scope)

    def _connective(self, op: Op, left: Expr, right: Expr, scope: Scope) -> Id:
        """Both sides, or the one that decides."""
        first = bool(self._of.value(left, scope))
        decided = not first if op is Op.IMPLIES else first
        decides = op is not Op.AND  # what a side that decides makes of the whole
        left_why = self._of.truth(left, scope, wanted=first)
        second = self._truth_of(right, scope)
        right_decides = second is not None and second is decides and self._of.total(left)
        alone = [self._of.truth(right, scope, wanted=decides)] if right_decides else []
        if decided is decides:
            return self._of.any([left_why, *alone])
        assert second is not None
        return self._of.any(
            [self._of.all([left_why, self._of.truth(right, scope, wanted=second)]), *alone]
        )

    def _truth_of(self, e: Expr, scope: Scope) -> bool | None:
        try:
            return bool(self._of.value(e, scope))
        except RangeError:
            return None

    def _equation(self, left: Expr, right: Expr, scope: Scope) -> Id:
        a, b = self._of.value(left, scope), self._of.value(right, scope)
        if a == b:
            return self._of.all([self._of.exact(left, scope), self._of.exact(right, scope)])
        one, other = NoneOf(frozenset({b})), NoneOf(frozenset({a}))
        return self._of.any([
            self._of.all([self._of.exact(right, scope), self._of.why(left, scope, one)]),
            self._of.all([self._of.exact(left, scope), self._of.why(right, scope, other)]),
        ])  # fmt: skip

    def _comparison(self, op: Op, left: Expr, right: Expr, scope: Scope) -> Id:
        if op in (Op.GT, Op.GE):
            return self._comparison(Op.LT if op is Op.GT else Op.LE, right, left, scope)
        a, b = self._of.value(left, scope), self._of.value(right, scope)
        true = a < b if op is Op.LT else a <= b
        if true:
            return self._below(left, right, scope, int(op is Op.LT))
        return self._below(right, left, scope, int(op is Op.LE))

    def _below(self, small: Expr, large: Expr, scope: Scope, gap: int) -> Id:
        """Why one number is so much less than another."""
        a, b = self._of.value(small, scope), self._of.value(large, scope)
        return self._of.any([
            self._of.all([self._of.exact(small, scope), self._of.why(large, scope, Least(a + gap))]),
            self._of.all([self._of.exact(large, scope), self._of.why(small, scope, Most(b - gap))]),
        ])  # fmt: skip

    def _sum(self, op: Op, left: Expr, right: Expr, scope: Scope, test: Least | Most) -> Id:
        a, b = self._of.value(left, scope), self._of.value(right, scope)
        same, other = type(test), Most if isinstance(test, Least) else Least
        if op is Op.ADD:
            first, second = same(test.number - b), same(test.number - a)
        else:
            first, second = same(test.number + b), other(a - test.number)
        return self._of.any([
            self._of.all([self._of.exact(right, scope), self._of.why(left, scope, first)]),
            self._of.all([self._of.exact(left, scope), self._of.why(right, scope, second)]),
        ])  # fmt: skip

    def _membership(self, element: Expr, of: Expr, scope: Scope) -> Id:
        value, whole = self._of.value(element, scope), self._of.value(of, scope)
        inside = value in whole
        listed = frozenset(whole)
        known = self._of.all([
            self._of.exact(element, scope),
            self._of_collection(of, scope, value, Has(value) if inside else Lacks(value)),
        ])  # fmt: skip
        among = OneOf(listed) if inside else NoneOf(listed)
        if self._of.way(of) is not None and self._slots.is_bag(self._of.way(of)[0]):  # type: ignore[index]
            return known
        return self._of.any(
            [known, self._of.all([self._of.exact(of, scope), self._of.why(element, scope, among)])]
        )

    def _of_collection(self, of: Expr, scope: Scope, value: Value, test: Test) -> Id:
        """Of messages in flight only those between the same nodes matter."""
        way = self._of.way(of)
        if way is not None and not way[1] and self._slots.is_bag(way[0]):
            return self._of.slot(self._slots.of_message(way[0], value), scope).why(test)
        return self._of.why(of, scope, test)

    def _subset(self, left: Expr, right: Expr, scope: Scope) -> Id:
        a, b = self._of.value(left, scope), self._of.value(right, scope)
        if a <= b:
            has = [self._of.why(right, scope, Has(one)) for one in sorted(a, key=repr)]
            return self._of.any([
                self._of.all([self._of.exact(left, scope), self._of.unless_total(right, scope), *has]),
                self._of.all([self._of.exact(right, scope), self._of.why(left, scope, Only(b))]),
            ])  # fmt: skip
        return self._of.any(
            self._of.all(
                [self._of.why(left, scope, Has(one)), self._of.why(right, scope, Lacks(one))]
            )
            for one in sorted(a - b, key=repr)
        )

    def _count(self, e: Expr, of: Expr, scope: Scope, test: Test) -> Id:
        value = self._of.value(of, scope)
        has = [self._of.why(of, scope, Has(one)) for one in sorted(value, key=repr)]
        enough = self._of.unless_total(of, scope)
        match test:
            case Least(number):
                return self._of.all([enough, self._of.at_least(number, has)])
            case Most():
                return self._of.why(of, scope, Only(value))
            case _:
                return self._of.exact(of, scope)

    def _combined(
        self, op: Op, left: Expr, right: Expr, scope: Scope, test: Has | Lacks | Only
    ) -> Id:
        """Sets made of two: what one of them has, or both, or one alone."""
        sides = [(left, test), (right, test)]
        if op is Op.MINUS:
            match test:
                case Only(elements):
                    rest = frozenset(self._of.value(left, scope)) - elements
                    has = [self._of.why(right, scope, Has(one)) for one in sorted(rest, key=repr)]
                    only = self._of.why(left, scope, Only(elements | rest))
                    return self._of.all([only, self._of.unless_total(right, scope), *has])
                case Has(element):
                    sides[1] = (right, Lacks(element))
                case Lacks(element):
                    sides[1] = (right, Has(element))
        good = [
            self._of.all([self._of.why(e, scope, one), self._of.unless_total(other, scope)])
            for (e, one), other in zip(sides, (right, left), strict=True)
            if holds(one, self._of.value(e, scope))
        ]
        if (op is Op.UNION) == isinstance(test, Has):  # one side is enough
            return self._of.any(good)
        return self._of.all(good) if len(good) == len(sides) else self._both(left, right, scope)

    def _both(self, left: Expr, right: Expr, scope: Scope) -> Id:
        return self._of.all([self._of.exact(left, scope), self._of.exact(right, scope)])
