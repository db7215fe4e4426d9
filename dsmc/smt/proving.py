"""Proofs: 1-induction, then k-induction, each with the properties alone and then with candidates."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.frozen import Frozen
from dsmc.ir.system import System
from dsmc.smt import scalar as sc
from dsmc.smt.bounded import Bounded, Found
from dsmc.smt.candidates import Candidate, holds
from dsmc.smt.features import Views
from dsmc.smt.induction import Claim, Induction
from dsmc.smt.models import reading
from dsmc.smt.solving import Clock, GaveUp, Solver
from dsmc.smt.values import Unsupported


class Proven(Frozen):
    """How a property is proved: by k-induction, with so many auxiliary invariants."""

    k: int
    helpers: int


class Prover:
    """What is `proved`, what a run from an initial state breaks (`base.found`), and for what is neither
    the last counterexample to induction (`refuted`); or `stopped`, and why.
    """

    def __init__(
        self, system: System, wanted: frozenset[int], guesses: Sequence[Candidate], clock: Clock
    ) -> None:
        self.base = Bounded(system, wanted, Solver(clock))
        self.proved: dict[int, Proven] = {}
        self.refuted: dict[int, Found] = {}
        self.refused: dict[int, str] = {}
        self.stopped = ""
        self.k = 0
        self._system = system
        self._clock = clock
        self._views = Views(system)
        self._guesses = list(guesses)
        self._lemmas: list[Claim] = []

    @property
    def open_(self) -> list[int]:
        """What is neither proved nor violated."""
        decided = self.proved.keys() | self.refused.keys()
        return [number for number in self.base.open_ if number not in decided]

    def prove(self, most: int) -> None:
        """Try k-induction for each k up to the most."""
        try:
            while self.k < most and (self.open_ or not self.k):
                self.k += 1
                self._try()
        except Unsupported as error:
            self.stopped = f"there is no formula of {error.what}"
        except GaveUp as error:
            self.stopped = error.why

    def _try(self) -> None:
        self.base.go_on()
        if not self.base.started:
            return
        self._guesses = self._not_refuted()
        induction = Induction(self._system, self.k, self._clock)
        self._show(induction, self.open_)
        if self.open_ and self._guesses:
            self._show(induction, [*self.open_, *self._guesses])

    def _not_refuted(self) -> list[Candidate]:
        """The candidates that are true in all states that k - 1 steps lead to."""
        view = self._views.of(self.base.runs.states[-1])
        goals = {guess: sc.negated(holds(guess, view)) for guess in self._guesses}
        while (model := self.base.runs.solver.model(sc.either(goals.values()))) is not None:
            read = reading(model)
            goals = {guess: bad for guess, bad in goals.items() if not read(bad)}
        return list(goals)

    def _show(self, induction: Induction, claims: Sequence[Claim]) -> None:
        shown = induction.shown(claims, self._lemmas)
        self._lemmas += shown.claims
        self._guesses = [guess for guess in self._guesses if guess not in set(shown.claims)]
        helpers = sum(not isinstance(claim, int) for claim in self._lemmas)
        self.proved |= {c: Proven(self.k, helpers) for c in shown.claims if isinstance(c, int)}
        self.refuted |= shown.refuted
        self.refused |= induction.refused
