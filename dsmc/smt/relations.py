"""How the steps of a system get in each other's way, decided by a solver.

Actions have no parameters here. An action *depends* on another if it matters which of the two is taken
first: where the first can be taken, the other disables it, or leads to where it does something that it
could not do before, or both orders lead to different states. It *enables* a condition if it can make it
true. What the solver does not know counts as true (Laarman, Pater, van de Pol, Hansen, Guard-based
partial-order reduction, STTT 2016, sections 3 and 4; there from read and write sets).

That a step after others can be taken first needs only one direction: it commutes to the left with each
of them (Valmari and Hansen, Stubborn Set Intuition Explained, ToPNoC 2017, condition D1).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import z3

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.types import Type
from dsmc.smt import scalar as sc
from dsmc.smt import values as v
from dsmc.smt.scalar import Truth
from dsmc.smt.steps import Steps, Way
from dsmc.smt.values import Fresh, Symbolic

#: What a solver may spend on one question, in its own units (some tenth of a second), and on all.
_EFFORT = 400_000
MOST_QUESTIONS = 40_000


class TooManyQuestions(Exception):
    """The actions have too much to do with one another."""


class Effect(Frozen):
    """What a way of an action does: when it is taken, and the new values of the scalars that change,
    by the numbers of their terms.
    """

    way: Way
    taken: Any
    changes: tuple[tuple[Any, Any], ...]
    reads: frozenset[int]
    writes: frozenset[int]

    def after(self, term: Truth) -> Truth:
        """What is true before, if something is true after it."""
        return term if sc.known(term) or not self.changes else z3.substitute(term, *self.changes)


class Relations:
    """The relations of a system without parameters, each found out when it is asked for."""

    def __init__(self, system: y.System, guards: Sequence[Sequence[x.Expr]]) -> None:
        self.system = system
        self._fresh = Fresh()
        self._steps = Steps(system, self._fresh)
        self.before = self._steps.any_state("s.")
        self._names: dict[int, frozenset[int]] = {}
        self._kept: list[Any] = []  # or others would get their numbers
        self._types = {variable.name: variable.type for variable in system.variables}
        self.effects = [self._effects(n, a) for n, a in enumerate(system.actions)]
        self._guards = [[self.condition(e) for e in guard] for guard in guards]
        self.solver = z3.Solver()
        self.solver.add(*self._fresh.facts)
        self.solver.set("rlimit", _EFFORT)
        self.questions = 0

    def _effects(self, number: int, action: y.Action) -> list[Effect]:
        ways = self._steps.by(action, self.before, {}, f"a{number}.")
        return [self._effect(way) for way in ways]

    def _effect(self, way: Way) -> Effect:
        changes = [
            (old, sc.term(new))
            for name, value in way.state.items()
            if value is not self.before[name]
            for old, new in _pairs(self._types[name], self.before[name], value)
            if not sc.known(old) and not sc.same_term(old, new)
        ]
        writes = frozenset(old.get_id() for old, _ in changes)
        terms = [way.path, way.error, *(new for _, new in changes)]
        reads = frozenset[int]().union(*map(self.names_in, terms))
        return Effect(way, sc.term(way.taken), tuple(changes), reads, writes)

    # ------------------------------------------------------------ conditions

    @functools.cache  # noqa: B019  as long as the relations are
    def condition(self, e: x.Expr) -> Truth:
        """A condition, where it has a value and is true."""
        true, error = self._steps.truth(e, self.before)
        return sc.both((true, sc.negated(error)))

    def step(self, e: x.Expr, effect: Effect) -> Truth:
        """The same of a step: `old` variables are those before it."""
        true, error = self._steps.truth(e, effect.way.state, self.before)
        return sc.both((true, sc.negated(error)))

    def guard(self, action: int) -> Truth:
        """Are all conditions of an action true?"""
        return sc.both(self._guards[action])

    def names_in(self, term: Truth) -> frozenset[int]:
        """The numbers of the free names of a term."""
        if sc.known(term):
            return frozenset()
        number = term.get_id()
        if number not in self._names:
            self._kept.append(term)
            self._names[number] = self._found_in(term)
        return self._names[number]

    def _found_in(self, term: Any) -> frozenset[int]:
        if z3.is_const(term):
            is_name = term.decl().kind() == z3.Z3_OP_UNINTERPRETED
            return frozenset([term.get_id()]) if is_name else frozenset()
        parts = (self.names_in(term.arg(n)) for n in range(term.num_args()))
        return frozenset[int]().union(*parts)

    # ------------------------------------------------------------ questions

    def possible(self, *parts: Truth) -> bool:
        """Is there a state where all of it is true? Also if nobody knows."""
        whole = sc.both(parts)
        if sc.known(whole):
            return bool(whole)
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            raise TooManyQuestions
        self.solver.push()
        self.solver.add(whole)
        found = self.solver.check()
        self.solver.pop()
        return bool(found != z3.unsat)

    def makers(self, true: Truth) -> int:
        """The actions that can make a condition true, as bits."""
        reads = self.names_in(true)
        found = 0
        for number, effects in enumerate(self.effects):
            for effect in effects:
                if reads & effect.writes and self.possible(
                    sc.negated(true), effect.taken, effect.after(true)
                ):
                    found |= 1 << number
                    break
        return found

    def dependent(self, action: int) -> int:
        """The actions that an action depends on, as bits; itself is none of them."""
        guard = self.guard(action)
        others = enumerate(self.effects)
        return sum(
            1 << n for n, effects in others if n != action and self._depends(action, guard, effects)
        )

    def _depends(self, action: int, guard: Truth, others: Iterable[Effect]) -> bool:
        own = self.effects[action]
        return any(self._in_the_way(guard, ours, theirs) for theirs in others for ours in own)

    def _in_the_way(self, guard: Truth, ours: Effect, theirs: Effect) -> bool:
        touched = ours.reads | ours.writes | self.names_in(guard)
        if not (theirs.writes & touched or ours.writes & theirs.reads):
            return False
        if self.possible(guard, theirs.taken, sc.negated(theirs.after(guard))):
            return True
        both = (guard, theirs.taken, theirs.after(ours.taken))
        first = sc.both((ours.taken, ours.after(theirs.taken), self._same_end(ours, theirs)))
        return self.possible(*both, sc.negated(first))

    def _same_end(self, a: Effect, b: Effect) -> Truth:
        """Do both orders lead to the same state?"""
        return sc.both(
            v.equal(self._types[name], _mapped(a.after, b.way.state[name]), _mapped(b.after, value))
            for name, value in a.way.state.items()
            if value is not self.before[name] or b.way.state[name] is not self.before[name]
        )


def _pairs(type: Type, old: Symbolic, new: Symbolic) -> Iterator[tuple[sc.Scalar, sc.Scalar]]:
    """The scalars of a value with those that stand there afterwards. What is beyond the end of a
    sequence is arbitrary, and stays.
    """
    match type:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            yield old[0], new[0]
            for case, (before, after) in enumerate(zip(old[1], new[1], strict=True)):
                types = t.field_types(type, case)
                yield from _all_pairs(zip(types, before, after, strict=True))
        case t.Set() | t.Bag():
            yield from zip(old, new, strict=True)
        case t.Map(_, of):
            yield from _all_pairs((of, a, b) for a, b in zip(old, new, strict=True))
        case t.Seq(of):
            yield old[0], new[0]
            yield from _all_pairs((of, a, b) for a, b in zip(old[1], new[1], strict=False))
        case _:
            yield old, new


def _all_pairs(
    parts: Iterable[tuple[Type, Symbolic, Symbolic]],
) -> Iterator[tuple[sc.Scalar, sc.Scalar]]:
    for of, old, new in parts:
        yield from _pairs(of, old, new)


def _mapped(f: Callable[[Any], Any], value: Symbolic) -> Symbolic:
    if isinstance(value, tuple):
        return tuple(_mapped(f, part) for part in value)
    return f(value)
