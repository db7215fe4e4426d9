"""Names in terms: which there are, and terms with others in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, assert_never

from dsmc.smt import scalar as sc
from dsmc.smt import terms as t
from dsmc.smt.scalar import Scalar


class Mentions:
    """Which names are in terms, as the bits of a number; found out once for each term."""

    def __init__(self) -> None:
        self.bits: dict[Any, int] = {}  # of what was asked for, and its parts
        self._count = 0

    def of(self, scalar: Scalar) -> int:
        """The names in it."""
        if scalar not in self.bits:
            if sc.known(scalar):
                return 0
            for one in t.inside((scalar,), self.bits.__contains__):
                self.bits[one] = self._new() if isinstance(one, t.Name) else self._in(one.parts)
        return self.bits[scalar]

    def all(self, scalars: Iterable[Scalar]) -> int:
        """The names in any of them."""
        return joined(map(self.of, scalars))

    def _new(self) -> int:
        self._count += 1
        return 1 << self._count - 1

    def _in(self, parts: Sequence[Any]) -> int:
        return joined(self.bits.get(part, 0) for part in parts)


def joined(sets: Iterable[int]) -> int:
    """All of some sets."""
    found = 0
    for one in sets:
        found |= one
    return found


class Replaced:
    """What terms are with some names replaced all at once. What stands for a name is between its ends
    wherever that matters: for they were taken for granted.
    """

    def __init__(self, mentions: Mentions, new: Mapping[t.Name, Scalar]) -> None:
        self._mentions = mentions
        self._names = mentions.all(new)
        self._known: dict[Any, Scalar] = dict(new)

    def of(self, scalar: Scalar) -> Scalar:
        """A scalar with the names replaced."""
        return self.all((scalar,))[0]

    def all(self, scalars: Sequence[Scalar]) -> list[Scalar]:
        """The same of several."""
        self._mentions.all(scalars)
        known = self._known
        for one in t.inside(scalars, self._stays):
            known[one] = _again(one, [known.get(part, part) for part in one.parts])
        return [known.get(scalar, scalar) for scalar in scalars]

    def _stays(self, term: t.Term) -> bool:
        return term in self._known or not self._mentions.bits[term] & self._names


def _again(term: t.Term, parts: Sequence[Any]) -> Scalar:
    """A term of the same kind, with other parts."""
    match term:
        case t.Sum():
            return sc.weighted(*parts)
        case t.And():
            return sc.both(parts)
        case t.Choice():
            return sc.chosen(*parts)
        case t.Equal():
            return sc.same(*parts)
        case t.Not():
            return sc.negated(parts[0])
        case t.AtMost():
            return sc.at_most(*parts)
        case t.Product():
            return sc.times(*parts)
        case t.Quotient():
            return sc.quotient(*parts)
        case t.Applied():
            return sc.applied(*parts)
        case t.Name():
            return term
        case _:
            assert_never(term)
