"""Parameters that a guard determines are not tried out. What a guard asks is tested as soon as the
parameters that it mentions are chosen, and the range of a parameter ends where the guard says: of
`p in 0..1000` with `p == x + 1`, one value is looked at, not each of them.

Only what surely has a value is tested earlier than it is written, and nothing is tested earlier than
something that may have none: the range errors are those of the guard as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.frozen import Node, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import OPS, Op
from dsmc.ir.signatures import WIDEST
from dsmc.ir.system import Action, Param, System
from dsmc.reduce.total import NO_FACTS, Facts, Functions, facts_of, total

#: The same comparison with its sides exchanged.
_TURNED = {Op.EQ: Op.EQ, Op.LT: Op.GT, Op.GT: Op.LT, Op.LE: Op.GE, Op.GE: Op.LE}


class Staged(Node):
    """What is tested before any parameter is chosen, and the action that tests the rest."""

    first: x.Expr
    action: Action


def staged(action: Action, system: System) -> Staged:
    """The action with its guard tested as early as can be, and narrow ranges of parameters and picks."""
    functions = {f.name: f for f in system.functions}
    action = replace(action, body=narrow(action.body, system))
    if not action.params or not _is_free(action, functions):
        return Staged(x.TRUE, action)
    stages, rest = _stages(action, functions)
    params, facts = [], _facts(stages[0])
    for number, param in enumerate(action.params, start=1):
        later = {p.name for p in action.params[number:]}
        tests = [test for stage in stages[number:] for test in stage]
        domain = _Range(tests, later, functions, facts).narrowed(param)
        where = x.conjunction([param.where, *stages[number]])
        params.append(replace(param, domain=domain, where=where))
        facts |= facts_of(where, True)
    first = x.conjunction(stages[0])
    return Staged(first, replace(action, params=tuple(params), guard=x.conjunction(rest)))


def narrow(block: s.Block, system: System) -> s.Block:
    """The block with narrow ranges of picks."""
    functions = {f.name: f for f in system.functions}
    return _picks(block, functions)


def _picks(block: s.Block, functions: Functions) -> s.Block:
    return tuple(_pick(statement, functions) for statement in block)


def _pick(statement: s.Statement, functions: Functions) -> s.Statement:
    if not isinstance(statement, s.Pick):
        return s.map_parts(statement, lambda e: e, lambda block: _picks(block, functions))
    tests = _surely(x.conjuncts(statement.where), functions)
    return replace(statement, domain=_Range(tests, set(), functions, NO_FACTS).narrowed(statement))


def _surely(parts: list[x.Expr], functions: Functions) -> list[x.Expr]:
    """The first parts of a condition, up to one that may have no value."""
    for done, part in enumerate(parts):
        if not total(part, functions, _facts(parts[:done])):
            return parts[:done]
    return parts


def _is_free(action: Action, functions: Functions) -> bool:
    """Does all that is evaluated before the guard surely have a value?"""
    before = [e for p in action.params for e in (p.domain, p.where)]
    before += [value for _, value in action.names]
    return all(total(e, functions) for e in before)


def _stages(action: Action, functions: Functions) -> tuple[list[list[x.Expr]], list[x.Expr]]:
    """The parts of the guard that are tested after so many parameters, and those left for the end."""
    places = {p.name: n for n, p in enumerate(action.params, start=1)}
    late = {name for name, _ in action.names}
    stages: list[list[x.Expr]] = [[] for _ in range(len(places) + 1)]
    parts = x.conjuncts(action.guard)
    for done, part in enumerate(parts):
        names = x.free_names(part)
        stage = max((places[name] for name in names if name in places), default=0)
        known = frozenset().union(*(_facts(tests) for tests in stages[: stage + 1]))
        if names & late or not total(part, functions, known):
            return stages, parts[done:]
        stages[stage].append(part)
    return stages, []


def _facts(parts: list[x.Expr]) -> Facts:
    return NO_FACTS.union(*(facts_of(part, True) for part in parts))


class _Range:
    """Where the range of a name ends, by the tests of it and of the names chosen after it, `later`;
    `facts` hold where the range is evaluated.
    """

    def __init__(
        self, tests: list[x.Expr], later: set[str], functions: Functions, facts: Facts
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
        mentioned = x.free_names(e) & (self._later | {name})
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
