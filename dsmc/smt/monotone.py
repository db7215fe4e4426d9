"""Formulas without negation over literals, each kept once: a table of their nodes.

A node is known by its number. What is equal has one number, and what is simple is made simple at once:
supports of long runs share most of their parts.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from typing import Generic, TypeAlias, TypeVar

from dsmc.frozen import Frozen

Atom = TypeVar("Atom")
#: The number of a formula.
Id: TypeAlias = int

TRUE: Id = 0
FALSE: Id = 1


class Literal(Frozen):
    """An atom is true, or (not `positive`) false."""

    atom: int
    positive: bool


class AtLeast(Frozen):
    """So many of the parts are true: all of them, one of them, or any other number."""

    count: int
    parts: tuple[Id, ...]


Formula: TypeAlias = "Literal | AtLeast"


class Formulas(Generic[Atom]):
    """The table; `atoms` are numbered as they come."""

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        self.nodes: list[Formula] = [AtLeast(0, ()), AtLeast(1, ())]
        self._numbers: dict[Atom, int] = {}
        self._known: dict[tuple[object, ...], Id] = {}

    def literal(self, atom: Atom, *, positive: bool) -> Id:
        """The atom is true, or false."""
        if atom not in self._numbers:
            self._numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
        number = self._numbers[atom]
        return self._node(("literal", number, positive), Literal(number, positive))

    def all(self, parts: Iterable[Id]) -> Id:
        """All of them."""
        left = dict.fromkeys(part for part in parts if part != TRUE)
        return FALSE if FALSE in left else self._joined(len(left), tuple(left))

    def any(self, parts: Iterable[Id]) -> Id:
        """One of them."""
        left = dict.fromkeys(part for part in parts if part != FALSE)
        return TRUE if TRUE in left else self._joined(1, tuple(left))

    def at_least(self, count: int, parts: Iterable[Id]) -> Id:
        """So many of them; one that is named twice counts twice."""
        listed = list(parts)
        count -= listed.count(TRUE)
        return self._joined(count, tuple(p for p in listed if p not in (TRUE, FALSE)))

    def _joined(self, count: int, parts: tuple[Id, ...]) -> Id:
        if count <= 0:
            return TRUE
        if count > len(parts):
            return FALSE
        if len(parts) == 1:
            return parts[0]
        return self._node((count, *sorted(parts)), AtLeast(count, parts))

    def _node(self, key: tuple[object, ...], node: Formula) -> Id:
        if key not in self._known:
            self._known[key] = len(self.nodes)
            self.nodes.append(node)
        return self._known[key]

    def inside(self, number: Id, known: Container[Id] = ()) -> list[Id]:
        """The formula and all that it is made of, but for what is known: parts before wholes."""
        found: set[Id] = set()
        waiting = [number]
        while waiting:
            one = waiting.pop()
            if one not in found and one not in known:
                found.add(one)
                node = self.nodes[one]
                waiting += node.parts if isinstance(node, AtLeast) else ()
        return sorted(found)  # parts are older than what is made of them

    def is_true(self, number: Id, true: Collection[Atom]) -> bool:
        """Is it true where just these atoms are?"""
        values: dict[Id, bool] = {}
        for one in self.inside(number):
            node = self.nodes[one]
            if isinstance(node, Literal):
                values[one] = (self.atoms[node.atom] in true) is node.positive
            else:
                values[one] = sum(values[part] for part in node.parts) >= node.count
        return values[number]
