"""Quantifiers, comprehensions and sums: every element that a domain may have is looked at."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.expr import Quantifier
from dsmc.ir.types import Type
from dsmc.smt import scalar as sc
from dsmc.smt import sequences
from dsmc.smt import values as v
from dsmc.smt.operators import changed, index_of
from dsmc.smt.scalar import Number, Truth
from dsmc.smt.values import Symbolic, Unsupported

if TYPE_CHECKING:
    from dsmc.smt.expressions import Encoder, World


class Member(Frozen):
    """An element that a domain may have: `there` says when, `count` how often it has it then."""

    value: Symbolic
    there: Truth
    count: Number = 1


def members(at: Encoder, domain: x.Expr, world: World) -> list[Member]:
    """The elements of a domain in the order in which they are gone through."""
    value = at.value(domain, world)
    match domain.type:
        case t.Set(of):
            found = list(map(Member, v.constants(of), value))
        case t.Bag(of):
            counts = zip(v.constants(of), value, strict=True)
            found = [Member(element, sc.less(0, n), n) for element, n in counts]
        case t.Seq():
            length, places = value
            found = [Member(place, sc.less(n, length)) for n, place in enumerate(places)]
        case _:
            raise AssertionError(domain.type)
    return [member for member in found if member.there is not False]


class _Case(Frozen):
    """What binders are bound to: when it is so, and how often."""

    there: Truth
    count: Number
    world: World


def _cases(at: Encoder, binders: Sequence[x.Binder], case: _Case) -> Generator[_Case, None, None]:
    if not binders:
        yield case
        return
    first, *rest = binders
    for member in members(at, first.domain, case.world):
        world = case.world.with_name(first.name, member.value)
        with at.assuming(member.there):
            there = sc.both((member.there, at.value(first.where, world)))
        if there is not False:
            with at.assuming(there):
                inner = _Case(
                    sc.both((case.there, there)), sc.times(case.count, member.count), world
                )
                yield from _cases(at, rest, inner)


def fold(at: Encoder, e: x.Fold, world: World) -> Symbolic:
    """The value of a fold."""
    match e.quantifier:
        case Quantifier.THE | Quantifier.CHOOSE:
            return _chosen(at, e, world)
        case Quantifier.FORALL | Quantifier.EXISTS:
            return _quantified(at, e, world)
    found = [
        (case.there, case.count, at.value(e.body, case.world))
        for case in _cases(at, e.binders, _Case(True, 1, world))
    ]
    match e.quantifier:
        case Quantifier.SUM:
            return sc.total([sc.chosen(p, sc.times(n, value), 0) for p, n, value in found])
        case Quantifier.MIN | Quantifier.MAX:
            at.refuse(sc.negated(sc.either(p for p, _, _ in found)))
            return _extreme(e.quantifier, [(p, value) for p, _, value in found])
        case _:
            return _collected(e.type, found)


def _quantified(at: Encoder, e: x.Fold, world: World) -> Truth:
    """In order, and only as long as nothing has decided it: `open_` says when each part has not."""
    every = e.quantifier is Quantifier.FORALL
    open_: list[Truth] = []
    cases = _cases(at, e.binders, _Case(True, 1, world))
    while False not in open_[-1:]:
        errors = len(at.errors)
        case = next(cases, None)
        value = case is None or at.value(e.body, case.world)
        if len(at.errors) > errors:
            at.matters(errors, sc.both(open_))
        if case is None:
            break
        open_.append(sc.negated(sc.both((case.there, sc.negated(value) if every else value))))
    cases.close()
    return sc.both(open_) if every else sc.negated(sc.both(open_))


def _chosen(at: Encoder, e: x.Fold, world: World) -> Symbolic:
    name, of = e.binders[0].name, e.type
    fits = []
    for case in _cases(at, e.binders, _Case(True, 1, world)):
        is_it = sc.both((case.there, at.value(e.body, case.world)))
        if is_it is not False:
            fits.append((is_it, case.world.names[name]))
    at.refuse(sc.negated(sc.either(is_it for is_it, _ in fits)))
    if not fits:
        return v.constant(of, t.default(of))
    found = fits[-1][1]
    for is_it, value in reversed(fits[:-1]):
        found = v.chosen(of, is_it, value, found)
    if e.quantifier is Quantifier.THE:
        at.refuse(
            sc.either(
                sc.both((is_it, sc.negated(v.equal(of, value, found)))) for is_it, value in fits
            )
        )
    return found


def _extreme(quantifier: Quantifier, found: list[tuple[Truth, Number]]) -> Number:
    """The least or the greatest of the numbers that are there."""
    best: Number = 0
    any_: Truth = False
    for there, value in found:
        better = sc.less(value, best) if quantifier is Quantifier.MIN else sc.less(best, value)
        takes = sc.both((there, sc.either((sc.negated(any_), better))))
        best, any_ = sc.chosen(takes, value, best), sc.either((any_, there))
    return best


# ---------------------------------------------------------------- collections


def _collected(type: Type, found: list[tuple[Truth, Number, Symbolic]]) -> Symbolic:
    match type:
        case t.Map():
            assert all(there is True for there, _, _ in found)
            return tuple(value for _, _, value in found)
        case t.Bag(of):
            bag: Symbolic = (0,) * len(v.universe(of))
            for there, count, value in found:
                bag = changed(of, bag, value, sc.chosen(there, count, 0))
            return bag
        case _:
            once = all(sc.known(count) and count == 1 for _, count, _ in found)
            if isinstance(type, t.Seq) and not once:
                raise Unsupported("a sequence made of the elements of a bag")
            return collection(type, [(there, value) for there, _, value in found])


def collection(type: Type, found: Sequence[tuple[Truth, Symbolic]]) -> Symbolic:
    """A set, bag or sequence of the values that are there."""
    match type:
        case t.Set(of):
            return _set(of, found)
        case t.Bag(of):
            return _collected(type, [(there, 1, value) for there, value in found])
        case t.Seq(of):
            sequence: Symbolic = (0, ())
            for there, value in found:
                sequence = sequences.appended(of, sequence, there, value)
            return sequence
        case _:
            raise AssertionError(type)


def _set(of: Type, found: Sequence[tuple[Truth, Symbolic]]) -> Symbolic:
    has: list[list[Truth]] = [[] for _ in v.universe(of)]
    for there, value in found:
        for n, is_it in index_of(of, value):
            has[n].append(sc.both((there, is_it)))
    return tuple(map(sc.either, has))
