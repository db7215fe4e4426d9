"""Sequences whose lengths need not be known: see `smt.values`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dsmc.ir.types import Seq, Type, default
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.scalar import Number, Truth
from dsmc.smt.values import Symbolic

if TYPE_CHECKING:
    from dsmc.smt.operators import Refuses


def _made(of: Type, length: Number, most: int, place: Callable[[int], Symbolic]) -> Symbolic:
    """A sequence place by place; a known length says how many places there are."""
    count = min(most, length) if sc.known(length) else most
    return (length, tuple(place(n) for n in range(count)))


def _get(of: Type, sequence: Symbolic, place: Number) -> Symbolic:
    """What stands at a place; anything, if it is outside."""
    places = sequence[1]
    if sc.known(place):
        return places[place] if 0 <= place < len(places) else v.constant(of, default(of))
    found = places[-1] if places else v.constant(of, default(of))
    for n in reversed(range(len(places) - 1)):
        found = v.chosen(of, sc.same(place, n), places[n], found)
    return found


def _outside(sequence: Symbolic, place: Number) -> Truth:
    return sc.either((sc.less(place, 0), sc.at_most(sequence[0], place)))


def at(who: Refuses, of: Type, sequence: Symbolic, place: Number) -> Symbolic:
    """`s[i]`"""
    who.refuse(_outside(sequence, place))
    return _get(of, sequence, place)


def joined(of: Type, a: Symbolic, b: Symbolic) -> Symbolic:
    """`a + b`"""
    if not a[1] or not b[1]:
        return b if not a[1] else a
    length = sc.total((a[0], b[0]))

    def place(n: int) -> Symbolic:
        there = _get(of, b, sc.total((n, sc.times(-1, a[0]))))
        return v.chosen(of, sc.less(n, a[0]), _get(of, a, n), there)

    return _made(of, length, len(a[1]) + len(b[1]), place)


def part(who: Refuses, of: Type, sequence: Symbolic, first: Number, last: Number) -> Symbolic:
    """`s[i..j]`"""
    behind = sc.total((last, 1))
    inside = (sc.at_most(0, first), sc.at_most(first, behind), sc.at_most(behind, sequence[0]))
    who.refuse(sc.negated(sc.both(inside)))
    length = sc.total((behind, sc.times(-1, first)))
    return _made(of, length, len(sequence[1]), lambda n: _get(of, sequence, sc.total((first, n))))


def inserted(who: Refuses, of: Type, sequence: Symbolic, at: Number, new: Symbolic) -> Symbolic:
    """`s.insert(i, x)`"""
    who.refuse(sc.either((sc.less(at, 0), sc.less(sequence[0], at))))

    def place(n: int) -> Symbolic:
        after = v.chosen(of, sc.same(n, at), new, _get(of, sequence, n - 1))
        return v.chosen(of, sc.less(n, at), _get(of, sequence, n), after)

    return _made(of, sc.total((sequence[0], 1)), len(sequence[1]) + 1, place)


def removed(who: Refuses, of: Type, sequence: Symbolic, at: Number) -> Symbolic:
    """`s.remove(i)`"""
    who.refuse(_outside(sequence, at))

    def place(n: int) -> Symbolic:
        return v.chosen(of, sc.less(n, at), _get(of, sequence, n), _get(of, sequence, n + 1))

    return _made(of, sc.total((sequence[0], -1)), len(sequence[1]), place)


def replaced(who: Refuses, of: Type, sequence: Symbolic, at: Number, new: Symbolic) -> Symbolic:
    """`s[i] := x`"""
    who.refuse(_outside(sequence, at))
    places = enumerate(sequence[1])
    return (sequence[0], tuple(v.chosen(of, sc.same(n, at), new, old) for n, old in places))


def contains(of: Type, element: Symbolic, sequence: Symbolic) -> Truth:
    """`x in s`"""
    return sc.either(
        sc.both((sc.less(n, sequence[0]), v.equal(of, element, there)))
        for n, there in enumerate(sequence[1])
    )


def appended(of: Type, sequence: Symbolic, condition: Truth, element: Symbolic) -> Symbolic:
    """The sequence with one more element, where the condition is true."""
    return v.chosen(Seq(of), condition, joined(of, sequence, (1, (element,))), sequence)
