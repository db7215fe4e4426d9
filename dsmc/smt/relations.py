"""How the steps of a system get in each other's way, decided by a solver.

A step *depends* on another if it matters which of the two is taken first: where the first can be taken,
the other disables it or something that it can do, or leads to where it does something that it could not
do before, or both orders lead to different states. It *enables* a condition if it can make it true.
What the solver does not know counts as true (Laarman, Pater, van de Pol, Hansen, Guard-based
partial-order reduction, STTT 2016, sections 3 and 4; there from read and write sets).

So a step after others can be taken first (Valmari and Hansen, Stubborn Set Intuition Explained, ToPNoC
2017, condition D1), and what it can do first can be done after the others (condition D2).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

import z3

from dsmc.ir import expr as x
from dsmc.smt import scalar as sc
from dsmc.smt.effects import Effect, Effects, Instance
from dsmc.smt.replacing import Mentions, joined
from dsmc.smt.scalar import Scalar, Truth
from dsmc.smt.terms import Name
from dsmc.smt.translation import term

#: What a solver may spend on one question, in its own units (some tenth of a second), and on all.
_EFFORT = 400_000
MOST_QUESTIONS = 4_000
#: How steps differ that change more than this together takes long to say: what is short is asked before.
_MANY = 40


class TooManyQuestionsError(Exception):
    """The steps have too much to do with one another."""


class Step:
    """A step with what it reads and writes, as bits of names."""

    def __init__(self, names: Mentions, guard: Truth, effects: Sequence[Effect]) -> None:
        self.guard = guard
        self.effects = effects
        self.of_guard = names.of(guard)
        self.taken = [names.of(e.taken) for e in effects]
        self.new = [{n: names.of(new) for n, new in e.changes.items()} for e in effects]
        self.reads = [names.all((e.taken, *e.changes.values())) for e in effects]
        self.writes = [names.all(e.changes) for e in effects]
        self.all_reads = joined(self.reads)
        self.all_writes = joined(self.writes)


class Relations:
    """The relations of the steps of a system, each found out when it is asked for."""

    def __init__(
        self, effects: Effects, instances: Sequence[Instance], guards: Sequence[Sequence[x.Expr]],
        alike: Callable[[Sequence[int], x.Expr | None], Hashable],
    ) -> None:  # fmt: skip
        """Questions about some steps and a condition that are `alike` have the same answer."""
        self.effects = effects
        self._alike = alike
        self._known: dict[tuple[str, Hashable], bool] = {}
        self._names = effects.mentions
        self._instances = instances
        self._guards = guards
        self._steps: dict[int, Step] = {}
        self._solver = z3.SolverFor("QF_LIA")
        self._facts = 0
        self._solver.set("rlimit", _EFFORT)
        self.questions = 0

    def step(self, number: int) -> Step:
        """A step by its number, written out when it is first asked for."""
        if number not in self._steps:
            guard = sc.both(map(self.effects.condition, self._guards[number]))
            effects = self.effects.of(self._instances[number], f"a{number}.")
            self._steps[number] = Step(self._names, guard, effects)
        return self._steps[number]

    def possible(self, *parts: Truth) -> bool:
        """Is there a state where all of it is true? Also if nobody knows."""
        whole = sc.both(parts)
        if sc.known(whole):
            return bool(whole)
        self.effects.tick()
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            raise TooManyQuestionsError
        self._solver.add(*map(term, self.effects.facts[self._facts :]))
        self._facts = len(self.effects.facts)
        self._solver.push()
        self._solver.add(term(whole))
        found = self._solver.check()
        self._solver.pop()
        return bool(found != z3.unsat)

    # ------------------------------------------------------------ the relations

    def makers(self, true: Truth, among: Iterable[int]) -> int:
        """The steps, of some, that can make it true, as bits."""
        reads = self._names.of(true)
        return _bits(among, lambda n: self._makes(self.step(n), true, reads))

    def makers_of(self, condition: x.Expr, among: Iterable[int]) -> int:
        """The steps, of some, that can make a condition true, as bits."""
        true = self.effects.condition(condition)
        reads = self._names.of(true)
        writers = (n for n in among if self.step(n).all_writes & reads)

        def makes(number: int) -> bool:
            return self._makes(self.step(number), true, reads)

        return _bits(writers, lambda n: self._once("makes", makes, n, condition=condition))

    def _makes(self, step: Step, true: Truth, reads: int) -> bool:
        made = (
            sc.both((effect.taken, effect.before(true)))
            for effect, writes in zip(step.effects, step.writes, strict=True)
            if writes & reads
        )
        return self.possible(sc.negated(true), sc.either(made))

    def moves(self, number: int) -> bool:
        """Does a step always lead to another state, where it is possible?"""
        return self._once("moves", self._moves, number)

    def _moves(self, number: int) -> bool:
        step = self.step(number)
        changed = (
            sc.both((e.taken, sc.either(sc.negated(sc.same(*both)) for both in e.changes.items())))
            for e in step.effects
        )
        return not self.possible(step.guard, sc.negated(sc.either(changed)))

    def may_fail(self, number: int) -> bool:
        """Is it not known that all of a step always has a value?"""
        return self._once("fails", self._may_fail, number)

    def _may_fail(self, number: int) -> bool:
        return self.possible(sc.either(effect.error for effect in self.step(number).effects))

    def dependent(self, number: int, among: Iterable[int]) -> int:
        """The steps, of some, that a step depends on, as bits; itself is none of them."""
        ours = self.step(number)
        others = (n for n in among if n != number and _touch(ours, self.step(n)))
        return _bits(others, lambda n: self._once("depends", self._depends, number, n))

    def _once(
        self,
        question: str,
        answer: Callable[..., bool],
        *steps: int,
        condition: x.Expr | None = None,
    ) -> bool:
        """Asked once of all that are alike."""
        key = (question, self._alike(steps, condition))
        if key not in self._known:
            self._known[key] = answer(*steps)
        return self._known[key]

    def _depends(self, one: int, other: int) -> bool:
        ours, theirs = self.step(one), self.step(other)
        return any(self._in_the_way(ours, theirs, n) for n in range(len(theirs.effects)))

    def _in_the_way(self, ours: Step, theirs: Step, way: int) -> bool:
        """Can a way of the other step not come after ours, though it can come before it?"""
        effect, own = theirs.effects[way], _meeting(ours, theirs, way)
        at_guard = bool(theirs.writes[way] & ours.of_guard)
        there = sc.both((ours.guard, effect.taken))
        if there is False or not (own or at_guard):
            return False
        disabled = at_guard and sc.negated(effect.before(ours.guard))
        if sum(len(one.changes) for one in (*ours.effects, effect)) > _MANY:
            if not self.possible(there):
                return False
            if self.possible(there, disabled):
                return True
        differ = (self._differs(ours, n, theirs, way) for n in own)
        return self.possible(there, sc.either((disabled, *differ)))

    def _differs(self, ours: Step, n: int, theirs: Step, way: int) -> Truth:
        """Ours is taken before the other step or after it, and not both, or with different ends."""
        mine, others = ours.effects[n], theirs.effects[way]
        same = [
            sc.same(_last(name, mine, others), _last(name, others, mine))
            for name in {**mine.changes, **others.changes}
            if (name in mine.changes and name in others.changes)
            or ours.new[n].get(name, 0) & theirs.writes[way]
            or theirs.new[way].get(name, 0) & ours.writes[n]
        ]
        taken, still = others.before(mine.taken), mine.before(others.taken)
        both = sc.both((mine.taken, taken, still, *same))
        return sc.both((sc.either((mine.taken, taken)), sc.negated(both)))


def _meeting(ours: Step, theirs: Step, way: int) -> list[int]:
    """Our ways that have to do with one of theirs."""
    reads, writes = theirs.reads[way], theirs.writes[way]
    return [
        n
        for n in range(len(ours.effects))
        if writes & (ours.reads[n] | ours.writes[n]) or ours.writes[n] & reads
    ]


def _last(name: Name, then: Effect, first: Effect) -> Scalar:
    """What is there after two steps."""
    if name in then.changes:
        return first.before(then.changes[name])
    return first.changes[name]


def _touch(ours: Step, theirs: Step) -> bool:
    """Does one write what the other speaks of?"""
    spoken = ours.all_reads | ours.all_writes | ours.of_guard
    return bool(theirs.all_writes & spoken or ours.all_writes & theirs.all_reads)


def _bits(among: Iterable[int], is_one: Callable[[int], bool]) -> int:
    return sum(1 << n for n in among if is_one(n))
