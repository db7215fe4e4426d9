"""k-induction: what is true in k states of a run, one after the other, is true in the next.

Claims are shown together: those that fail are left out until the others need none of them (Houdini,
Flanagan and Leino, FME 2001). A claim is a property, by its number, or a candidate. The k states differ: the
shortest way to where something fails goes through no state twice (Sheeran, Singh and Stålmarck, FMCAD 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import system as y
from dsmc.smt import asking
from dsmc.smt import scalar as sc
from dsmc.smt.bounded import Found
from dsmc.smt.candidates import Candidate, Never, holds
from dsmc.smt.features import View, Views
from dsmc.smt.models import Model, reading
from dsmc.smt.runs import Move, Runs
from dsmc.smt.scalar import Truth
from dsmc.smt.solving import Clock, Solver
from dsmc.smt.values import Unsupported

Claim: TypeAlias = int | Candidate


class Shown(Frozen):
    """The claims that are shown together, and for each property that is not, a run of k steps that ends
    where it fails: it begins in a state of which nobody knows whether it is reachable.
    """

    claims: tuple[Claim, ...]
    refuted: dict[int, Found]


class Induction:
    """The steps of a system from any k states in a row. Raises `Unsupported`, `GaveUp`."""

    def __init__(self, system: y.System, k: int, clock: Clock) -> None:
        self._system = system
        self._solver = Solver(clock)
        self._runs = Runs(system, self._solver)
        self._views = Views(system)
        self._assumed: dict[Claim, Truth] = {}
        self._bad: dict[tuple[int, Claim], Truth] = {}
        self.refused: dict[int, str] = {}
        self._unrolled(k)

    def _unrolled(self, k: int) -> None:
        runs = self._runs
        runs.begin_anywhere()
        for _ in range(k - 1):
            runs.look()
            runs.go()
        self._moves = runs.look()
        self._taken = [sc.flag(f"taken.{n}") for n in range(len(self._moves))]
        for name, move in zip(self._taken, self._moves, strict=True):
            self._solver.add(sc.same(name, move.way.taken))
        self._before = [self._view(state) for state in runs.states]
        for a, b in combinations(range(k), 2):
            self._solver.add(runs.differ(a, b))

    def _view(self, state: Any) -> View:
        return self._views.of(state)

    # ------------------------------------------------------------ the fixpoint

    def shown(self, claims: Sequence[Claim], lemmas: Sequence[Claim]) -> Shown:
        """As many of the claims as can be shown together, where the lemmas are true."""
        kept = [claim for claim in claims if self._assume(claim)]
        known = [claim for claim in lemmas if self._assume(claim)]
        refuted: dict[int, Found] = {}
        again = True
        while again:
            again = False
            for number, move in enumerate(self._moves):
                while failing := self._failing(number, move, kept, known, refuted):
                    kept = [claim for claim in kept if claim not in failing]
                    again = True
        return Shown(tuple(kept), refuted)

    def _failing(
        self, number: int, move: Move, kept: list[Claim], known: list[Claim],
        refuted: dict[int, Found],
    ) -> set[Claim]:  # fmt: skip
        """Claims that one way of a step makes false; none if it can make none so."""
        bad = {claim: self._falsified(number, move, claim) for claim in kept}
        wanted = sc.either(bad.values())
        assumed = [self._assumed[claim] for claim in (*kept, *known)]
        model = self._solver.model(wanted, assumed)
        if model is None:
            return set()
        read = reading(model)
        failing = {claim for claim, truth in bad.items() if read(truth)}
        for claim in failing:
            if isinstance(claim, int):
                few = self._solver.small(sc.both((wanted, bad[claim])), assumed, self._few())
                refuted[claim] = self._found(few or model, move, claim)
        return failing

    def _few(self) -> Truth:
        """Is no message in flight twice? A counterexample is easier to read then."""
        return sc.both(sc.at_most(count, 1) for count in self._runs.counts())

    def _found(self, model: Model, move: Move, claim: int) -> Found:
        states = tuple(self._runs.plain(model, state) for state in self._runs.states)
        target, taken = self._runs.plain(model, move.way.state), self._runs.taken(model, (move,))
        match self._system.properties[claim]:
            case y.Invariant() | y.Reachable():
                return Found((*states, target), taken)
            case y.NoError():
                return Found(states, taken, in_step=True)
            case _:
                return Found(states, taken, True, target)

    # ------------------------------------------------------------ claims as formulas

    def _assume(self, claim: Claim) -> bool:
        """Give the claim a name under which it can be assumed; False if there is no formula of it."""
        if claim in self._assumed:
            return True
        try:
            good = sc.both(self._good(claim, n) for n in range(len(self._runs.states)))
        except Unsupported as error:
            if isinstance(claim, int):
                self.refused[claim] = error.what
            return False
        name = sc.flag(f"claim.{len(self._assumed)}")
        self._solver.add(sc.either((sc.negated(name), good)))
        self._assumed[claim] = name
        return True

    def _good(self, claim: Claim, number: int) -> Truth:
        """Is a claim true of a state, and of the step from it if there is another state after it?"""
        if not isinstance(claim, int):
            return holds(claim, self._before[number])
        prop, state = self._system.properties[claim], self._runs.states[number]
        if isinstance(prop, asking.OF_STATES):
            return sc.negated(asking.decided_by_state(self._runs, prop, state))
        if number + 1 == len(self._runs.states):
            return True
        bad = (
            sc.both((move.chosen, asking.decided_by_step(self._runs, prop, state, move)))
            for move in self._runs.moves[number]
        )
        return sc.negated(sc.either(bad))

    def _falsified(self, number: int, move: Move, claim: Claim) -> Truth:
        """When does a way of the last step make a claim false?"""
        key = (number, claim)
        if key not in self._bad:
            self._bad[key] = self._made_false(self._taken[number], move, claim)
        return self._bad[key]

    def _made_false(self, taken: Truth, move: Move, claim: Claim) -> Truth:
        before, after = self._runs.states[-1], move.way.state
        if isinstance(claim, int):
            prop = self._system.properties[claim]
            if isinstance(prop, asking.OF_STATES):
                bad = asking.decided_by_state(self._runs, prop, after)
                return sc.both((taken, bad))
            return asking.decided_by_step(self._runs, prop, before, move)
        view = self._view(after)
        if isinstance(claim, Never) and _untouched(claim, self._before[-1], view):
            return False
        return sc.both((taken, sc.negated(holds(claim, view))))


def _untouched(claim: Never, before: View, after: View) -> bool:
    """Does the claim say the same of both?"""
    old, new = before.conditions, after.conditions
    return all(sc.same_term(old[n], new[n]) for n, _ in claim.literals)
