"""How the steps of a system get in each other's way, decided by a solver.

A step *depends* on another if it matters which of the two is taken first: where the first can be taken,
the other disables it, or leads to where it does something that it could not do before, or both orders
lead to different states. It *enables* a condition if it can make it true. What the solver does not know
counts as true (Laarman, Pater, van de Pol, Hansen, Guard-based partial-order reduction, STTT 2016,
sections 3 and 4; there from read and write sets).

That a step after others can be taken first needs only one direction: it commutes to the left with each
of them (Valmari and Hansen, Stubborn Set Intuition Explained, ToPNoC 2017, condition D1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import z3

from dsmc.ir import expr as x
from dsmc.smt import scalar as sc
from dsmc.smt.effects import Effect, Effects, Instance
from dsmc.smt.scalar import Scalar, Truth

#: What a solver may spend on one question, in its own units (some tenth of a second), and on all.
_EFFORT = 400_000
MOST_QUESTIONS = 40_000


class TooManyQuestionsError(Exception):
    """The steps have too much to do with one another."""


class Step:
    """A step with what it reads and writes, by the numbers of names."""

    def __init__(self, names: Names, guard: Truth, effects: Sequence[Effect]) -> None:
        self.guard = guard
        self.effects = effects
        self.of_guard = names.of(guard)
        self.reads = [names.of(e.taken, *(new for _, new in e.changes.values())) for e in effects]
        self.writes = [frozenset(e.changes) for e in effects]


class Relations:
    """The relations of the steps of a system, each found out when it is asked for."""

    def __init__(
        self, effects: Effects, instances: Sequence[Instance], guards: Sequence[Sequence[x.Expr]]
    ) -> None:
        self.effects = effects
        self._names = Names()
        self.steps = [
            Step(
                self._names,
                sc.both(map(effects.condition, guard)),
                effects.of(instance, f"a{number}."),
            )
            for number, (instance, guard) in enumerate(zip(instances, guards, strict=True))
        ]
        self._solver = z3.SolverFor("QF_LIA")
        self._solver.add(*effects.facts)
        self._solver.set("rlimit", _EFFORT)
        self.questions = 0

    def possible(self, *parts: Truth) -> bool:
        """Is there a state where all of it is true? Also if nobody knows."""
        whole = sc.both(parts)
        if sc.known(whole):
            return bool(whole)
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            raise TooManyQuestionsError
        self._solver.push()
        self._solver.add(whole)
        found = self._solver.check()
        self._solver.pop()
        return bool(found != z3.unsat)

    # ------------------------------------------------------------ the relations

    def makers(self, true: Truth, among: Iterable[int]) -> int:
        """The steps, of some, that can make a condition true, as bits."""
        reads = self._names.of(true)
        return sum(1 << number for number in among if self._makes(self.steps[number], true, reads))

    def _makes(self, step: Step, true: Truth, reads: frozenset[int]) -> bool:
        return any(
            writes & reads
            and self.possible(sc.negated(true), effect.taken, *_after(effect, (true,)))
            for effect, writes in zip(step.effects, step.writes, strict=True)
        )

    def dependent(self, number: int, among: Iterable[int]) -> int:
        """The steps, of some, that a step depends on, as bits; itself is none of them."""
        ours = self.steps[number]
        return sum(1 << n for n in among if n != number and self._depends(ours, self.steps[n]))

    def _depends(self, ours: Step, theirs: Step) -> bool:
        return any(
            self._in_the_way(ours, effect, reads, writes)
            for effect, reads, writes in zip(
                theirs.effects, theirs.reads, theirs.writes, strict=True
            )
        )

    def _in_the_way(
        self, ours: Step, effect: Effect, reads: frozenset[int], writes: frozenset[int]
    ) -> bool:
        own = [
            e
            for e, r, w in zip(ours.effects, ours.reads, ours.writes, strict=True)
            if writes & (r | w) or w & reads
        ]
        if not own and not writes & ours.of_guard:
            return False
        there = (ours.guard, effect.taken)
        if writes & ours.of_guard:
            (still,) = _after(effect, (ours.guard,))
            if self.possible(*there, sc.negated(still)):
                return True
        return bool(own) and self.possible(*there, sc.either(map(self._stuck(effect), own)))

    def _stuck(self, theirs: Effect) -> Any:
        return lambda ours: self._cannot_be_first(ours, theirs)

    def _cannot_be_first(self, ours: Effect, theirs: Effect) -> Truth:
        """After the other step ours is taken, and if ours were the first it would be different."""
        both = list(ours.changes.keys() | theirs.changes.keys())
        mine = [_new(ours, n, theirs) for n in both]
        others = [_new(theirs, n, ours) for n in both]
        taken, *mine_last = _after(theirs, (ours.taken, *mine))
        still, *others_last = _after(ours, (theirs.taken, *others))
        same = map(sc.same, mine_last, others_last)
        return sc.both((taken, sc.negated(sc.both((ours.taken, still, *same)))))


def _new(effect: Effect, name: int, other: Effect) -> Scalar:
    """What a scalar is after a step; it is changed by this one or by the other."""
    return effect.changes[name][1] if name in effect.changes else other.changes[name][0]


def _after(effect: Effect, terms: Sequence[Scalar]) -> list[Scalar]:
    """What terms are before a step, if they are about the state after it."""
    changes = effect.changes.values()
    return sc.replaced(terms, [old for old, _ in changes], [sc.term(new) for _, new in changes])


class Names:
    """The free names of terms, by their numbers."""

    def __init__(self) -> None:
        self._found: dict[int, frozenset[int]] = {}
        self._kept: list[Any] = []  # or others would get their numbers

    def of(self, *terms: Truth) -> frozenset[int]:
        """All names in some terms."""
        return frozenset[int]().union(*(self._of(one) for one in terms if not sc.known(one)))

    def _of(self, term: Any) -> frozenset[int]:
        number = term.get_id()
        if number not in self._found:
            self._kept.append(term)
            self._found[number] = self._inside(term)
        return self._found[number]

    def _inside(self, term: Any) -> frozenset[int]:
        if z3.is_const(term):
            is_name = term.decl().kind() == z3.Z3_OP_UNINTERPRETED
            return frozenset([term.get_id()]) if is_name else frozenset()
        return self.of(*(term.arg(n) for n in range(term.num_args())))
