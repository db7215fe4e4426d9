"""Sets of atoms, the smallest first, in which no support of a table of formulas is true."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import z3

from dsmc.smt.monotone import AtLeast, Formulas, Id, Literal
from dsmc.smt.solving import NO_END, Clock, give_up

Atom = TypeVar("Atom")


class Cuts(Generic[Atom]):
    """Supports that have to be cut, by as few atoms as can be.

    A support may speak of atoms that are false as well: so that what was found cut once is not asked
    again, nor what differs from it where it does not matter. As every support makes cuts harder, the
    size of the smallest never falls.
    """

    def __init__(self, formulas: Formulas[Atom], clock: Clock) -> None:
        self._formulas = formulas
        self._clock = clock
        self._solver = z3.Solver()
        self._terms: dict[Id, z3.BoolRef] = {}
        self._atoms: list[z3.BoolRef] = []
        self._size = 0

    def add(self, support: Id) -> None:
        """One more support that has to be cut."""
        self._write(support)
        self._solver.add(z3.Not(self._terms[support]))

    def smallest(self, limits: Sequence[tuple[int, Sequence[Atom]]]) -> frozenset[Atom] | None:
        """The smallest set that cuts all supports, with at most so many of some atoms each; None if there
        is none. Raises `GaveUp`.
        """
        while self._size <= len(self._atoms):
            found = self._model(limits)
            if found is not None:
                return found
            if not self._is_possible(limits):
                return None
            self._size += 1
        return None

    def _is_possible(self, limits: Sequence[tuple[int, Sequence[Atom]]]) -> bool:
        """Is there any set, however large?"""
        return self._answer(self._limits(limits)) is not None

    def _model(self, limits: Sequence[tuple[int, Sequence[Atom]]]) -> frozenset[Atom] | None:
        small = [z3.AtMost(*self._atoms, self._size)] if self._atoms else []
        return self._answer([*self._limits(limits), *small])

    def _limits(self, limits: Sequence[tuple[int, Sequence[Atom]]]) -> list[z3.BoolRef]:
        numbers = {atom: n for n, atom in enumerate(self._formulas.atoms)}
        return [
            z3.AtMost(*(self._atoms[numbers[atom]] for atom in atoms), most)
            for most, atoms in limits if len(atoms) > most
        ]  # fmt: skip

    def _answer(self, wanted: list[z3.BoolRef]) -> frozenset[Atom] | None:
        """The atoms that are true in a model; None if there is no model."""
        left = self._clock.left()
        self._solver.set("timeout", NO_END if left is None else max(1, int(left * 1000)))
        self._solver.push()
        self._solver.add(*wanted)
        try:
            answer = self._solver.check()
            if answer == z3.unknown:
                give_up(self._solver, self._clock)
            return self._read(self._solver.model()) if answer == z3.sat else None
        finally:
            self._solver.pop()

    def _read(self, model: z3.ModelRef) -> frozenset[Atom]:
        true = (n for n, term in enumerate(self._atoms) if z3.is_true(model.eval(term)))
        return frozenset(self._formulas.atoms[n] for n in true)

    # ------------------------------------------------------------ terms

    def _write(self, support: Id) -> None:
        """Terms for a support and all that it is made of."""
        for n in range(len(self._atoms), len(self._formulas.atoms)):
            self._atoms.append(z3.Bool(f"atom.{n}"))
        for number in self._formulas.inside(support, self._terms):
            self._terms[number] = self._term(self._formulas.nodes[number])

    def _term(self, node: Literal | AtLeast) -> z3.BoolRef:
        if isinstance(node, Literal):
            atom = self._atoms[node.atom]
            return atom if node.positive else z3.Not(atom)
        parts = [self._terms[part] for part in node.parts]
        if node.count == len(parts):
            return z3.And(parts)
        return z3.Or(parts) if node.count == 1 else z3.AtLeast(*parts, node.count)
