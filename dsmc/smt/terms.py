"""Terms: truth values and integers of which not all is known, each kept once.

Equal terms are one object: they are compared by identity, and what is made of terms is younger than they
are. They are made by the functions of `smt.scalar`, which keep them simple; a constant is no term.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from dsmc.frozen import Frozen

T = TypeVar("T", bound="Node")

#: The least and the greatest that an integer may be: infinite where there is no such end.
Ends: TypeAlias = tuple[float, float]
ANY: Ends = (float("-inf"), float("inf"))


class Node:
    """What all terms have: the `parts` that they are made of, the `ends` of an integer (None: it is a truth
    value), their age, their negation if it was made, and what they are for Z3 if that was asked for.
    """

    __slots__ = ("__weakref__", "age", "ends", "formula", "opposite", "parts")
    __match_args__ = ("parts",)

    def __init__(self, parts: tuple[Any, ...], ends: Ends | None) -> None:
        self.parts = parts
        self.ends = ends
        self.age = next(_ages)
        self.opposite: Any = None
        self.formula: Any = None


class Name(Node):
    """A name. Its ends are taken for granted: who makes it sees to it (`smt.values.Fresh`)."""

    __slots__ = ()


class Not(Node):
    """Another truth value is false."""

    __slots__ = ()


class And(Node):
    """All of several are true."""

    __slots__ = ()


class Asked(Node):
    """A number that is asked the same again and again: `answers` are what is known of it by now."""

    __slots__ = ("answers",)

    def __init__(self, parts: tuple[Any, ...], ends: Ends | None) -> None:
        super().__init__(parts, ends)
        self.answers: dict[Hashable, Any] = {}


class Choice(Asked):
    """If the first is true, the second, else the third. The first is no negation."""

    __slots__ = ()


class Equal(Node):
    """A number without a constant part is a constant."""

    __slots__ = ()


class AtMost(Node):
    """A number without a constant part is at most a constant."""

    __slots__ = ()


class Sum(Asked):
    """A constant, the factors of the others, and the others: by age, none of them a sum."""

    __slots__ = ()


class Product(Node):
    """Two numbers multiplied."""

    __slots__ = ()


class Quotient(Node):
    """A number divided by another that is more than 0 where it matters, rounded down."""

    __slots__ = ()


class Function(Frozen):
    """A function of which only the types are known: is it a truth value, and is each argument one?"""

    name: str
    is_truth: bool
    of_truths: tuple[bool, ...]


class Applied(Node):
    """A `Function`, and its arguments."""

    __slots__ = ()


Term: TypeAlias = Name | Not | And | Choice | Equal | AtMost | Sum | Product | Quotient | Applied

_ages = itertools.count()
_table: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()


def known(kind: type[T], key: Hashable) -> T | None:
    """The term of a kind with such a key, if there is one."""
    found: T | None = _table.get((kind, key))
    return found


def made(
    kind: type[T], parts: tuple[Any, ...], ends: Ends | None = None, key: Hashable = None
) -> T:
    """The term of a kind with such parts; `key` is what tells it from others, if these do not. In keys,
    terms are their ages: or the table would keep them for ever.
    """
    whole = (kind, tuple(map(_told, parts)) if key is None else key)
    found: T | None = _table.get(whole)
    if found is None:
        found = _table[whole] = kind(parts, ends)
    return found


def _told(part: Any) -> Hashable:
    """A part in a key: a term by its age, a constant as such."""
    return part.age if isinstance(part, Node) else (part,)


def name(label: str, ends: Ends | None) -> Name:
    """A name: of a truth value, if there are no ends."""
    return made(Name, (label,), ends, (label, ends))


def inside(wholes: Iterable[Any], is_known: Callable[[Any], bool]) -> list[Any]:
    """Terms with all that they are made of, parts before wholes, but for what is known."""
    found: set[Any] = set()
    waiting = list(wholes)
    while waiting:
        one = waiting.pop()
        if isinstance(one, Node) and one not in found and not is_known(one):
            found.add(one)
            waiting += one.parts
    return sorted(found, key=_AGE)


_AGE = attrgetter("age")


def by_age(terms: Iterable[T]) -> list[T]:
    """The oldest first."""
    return sorted(terms, key=_AGE)
