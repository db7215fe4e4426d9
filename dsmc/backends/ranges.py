"""Where the range of a parameter or of a `pick` ends, by what is asked of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import OPS, Op
from dsmc.ir.signatures import WIDEST
from dsmc.ir.system import Param
from dsmc.reduce.total import Facts, Functions, total

#: The same comparison with its sides exchanged.
_TURNED = {Op.EQ: Op.EQ, Op.LT: Op.GT, Op.GT: Op.LT, Op.LE: Op.GE, Op.GE: Op.LE}


class Range:
    """Where the range of a name ends, by the tests of it and of the names chosen after it, `later`;
    `facts` hold where the range is evaluated.
    """

    def __init__(
        self, tests: list[x.Expr], later: tuple[str, ...], functions: Functions, facts: Facts
    ) -> None:
        self._tests = tests
        self._later = later
        self._functions = functions
        self._facts = facts

    def narrowed(self, chosen: Param | s.Pick) -> x.Expr:
        """The values of the domain for which all tests may be true."""
        ends = _ends(chosen.domain)
        if ends is None or not isinstance(chosen.type, t.Int):
            return self._known(chosen)
        first, last = ends
        for op, bound in dict.fromkeys(self._bounds(chosen.name)):
            if op in (Op.EQ, Op.GE, Op.GT):
                first = _typed(Op.GREATEST, first, _moved(bound, Op.ADD, op is Op.GT))
            if op in (Op.EQ, Op.LE, Op.LT):
                last = _typed(Op.LEAST, last, _moved(bound, Op.SUB, op is Op.LT))
        if (first, last) == ends:
            return chosen.domain
        return x.Apply(Op.RANGE, (first, last), t.Set(chosen.type))

    def _known(self, chosen: Param | s.Pick) -> x.Expr:
        """The one value that it is equal to, of all of its type."""
        if chosen.domain == x.whole(chosen.type):
            for test in self._tests:
                for value in _equals(test, chosen.name):
                    if value.type == chosen.type and self._is_known(value, chosen.name):
                        return x.Make(t.Seq(chosen.type, 1), (value,))
        return chosen.domain

    def _bounds(self, name: str) -> Iterator[tuple[Op, x.Expr]]:
        """What the parameter is compared with, if that is known when its range is evaluated."""
        for test in (*self._tests, *self._implied()):
            for op, bound in _comparisons(test, name):
                if _fits(bound.type) and self._is_known(bound, name):
                    yield op, bound

    def _is_known(self, e: x.Expr, name: str) -> bool:
        mentioned = x.free_names(e) & {*self._later, name}
        return not mentioned and total(e, self._functions, self._facts)

    def _implied(self) -> Iterator[x.Expr]:
        """Tests with what a later parameter is equal to in its place."""
        for later in self._later:
            equal = [e for c in self._tests for op, e in _comparisons(c, later) if op is Op.EQ]
            for test in self._tests:
                for value in equal:
                    yield from _with_side(test, later, value)


def _fits(of: t.Type) -> bool:
    """May one be added?"""
    return isinstance(of, t.Int) and WIDEST.low < of.low and of.high < WIDEST.high


def _equals(test: x.Expr, name: str) -> Iterator[x.Expr]:
    """What a name is equal to."""
    match test:
        case x.Apply(Op.EQ, (x.Local(found), value)) if found == name:
            yield value
        case x.Apply(Op.EQ, (value, x.Local(found))) if found == name:
            yield value


def _ends(domain: x.Expr) -> tuple[x.Expr, x.Expr] | None:
    match domain:
        case x.Apply(Op.ALL, _, t.Set(t.Int(low, high))):
            return x.number(low), x.number(high)
        case x.Apply(Op.RANGE, (first, last)):
            return first, last
        case x.Lit(values, t.Set(t.Int())) if (
            len(values) == max(values, default=0) - min(values, default=0) + 1
        ):
            return x.number(min(values)), x.number(max(values))
        case _:
            return None


def _with_side(test: x.Expr, name: str, value: x.Expr) -> Iterator[x.Expr]:
    """A comparison with a name of which one side is replaced."""
    match test:
        case x.Apply(op, (x.Local(found), other)) if found == name and op in _TURNED:
            yield x.Apply(op, (value, other), t.BOOL)
        case x.Apply(op, (other, x.Local(found))) if found == name and op in _TURNED:
            yield x.Apply(op, (other, value), t.BOOL)


def _comparisons(test: x.Expr, name: str) -> Iterator[tuple[Op, x.Expr]]:
    """What a name is compared with, and how, if it stands on one side among sums and differences."""
    match test:
        case x.Apply(op, (left, right)) if op in _TURNED and isinstance(left.type, t.Int):
            yield from _solved(left, op, right, name)
            yield from _solved(right, _TURNED[op], left, name)


def _solved(side: x.Expr, op: Op, other: x.Expr, name: str) -> Iterator[tuple[Op, x.Expr]]:
    """`side op other` for the name."""
    if name not in x.free_names(side):
        return
    match side:
        case x.Local():
            yield op, other
        case x.Apply(Op.ADD, (left, right)):
            yield from _solved(left, op, _typed(Op.SUB, other, right), name)
            yield from _solved(right, op, _typed(Op.SUB, other, left), name)
        case x.Apply(Op.SUB, (left, right)):
            yield from _solved(left, op, _typed(Op.ADD, other, right), name)
            yield from _solved(right, _TURNED[op], _typed(Op.SUB, left, other), name)


def _moved(bound: x.Expr, op: Op, strict: bool) -> x.Expr:
    return _typed(op, bound, x.number(1)) if strict else bound


def _typed(op: Op, left: x.Expr, right: x.Expr) -> x.Expr:
    signature = OPS[op].rule((left.type, right.type))
    assert signature is not None
    return x.Apply(op, (left, right), signature.result)
