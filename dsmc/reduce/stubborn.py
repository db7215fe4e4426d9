"""Partial order reduction: in each state only some of the steps are taken, and what is asked for is
reached none the less, in as few steps.

A set T of actions is enough in a state if (question-guided stubborn sets: Kristensen, Schmidt, Valmari,
Question-Guided Stubborn Set Methods for State Properties, FMSD 2006):

* whatever leads to the goal takes an action of T: T holds the actions that can make true a condition of
  the goal that is false here;
* what is in T and possible here can be taken before anything that is not in T: T holds the actions that
  it depends on;
* what is in T and impossible here stays so until an action of T is taken: T holds the actions that can
  make true one of its conditions that is false here.

Of each run to the goal some action of T comes first among those of T, and can be moved to the front:
the run that is left is a step shorter. So shortest counterexamples stay, there is no condition on cycles,
and where T is empty the goal is out of reach.

A goal that stays, once it is met, asks for less: that T has an action that is possible here, closed as
above. Whatever was going to lead to the goal still does after a step of T, as neither gets in the way of
the other. But a step that leads there may be put off for ever. So, once all states were seen, it is
asked of each part of them that no step leaves (a terminal strongly connected component) whether it was;
and there the search goes on, led by the goal (Valmari, Stop It, and Be Stubborn!, arXiv 1504.02587).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import system as y


class Goal(Frozen):
    """Conditions that are true where a property `of` the system is decided. Does it stay so?"""

    of: int
    conditions: tuple[int, ...]
    stays: bool


class Forced(Frozen):
    """An action that may itself decide something, and those that can bring that about."""

    of: int
    action: int
    makers: int


class Rest(Frozen):
    """The goal that none of some actions changes anything, in a state that meets one of the alternatives.
    Some always change something where they are possible: these `move`.
    """

    of: int
    actions: int
    move: int
    alternatives: tuple[tuple[int, ...], ...]


class Stubborn(Frozen):
    """What decides in each state which actions are taken.

    `conditions` are told apart by their places; sets of actions are the bits of a number. An action is
    possible if all conditions of its `guard` are true; it `depends` on actions, and a condition has its
    `makers`. `goals` are alternatives; those that stay come last.
    """

    system: y.System
    conditions: tuple[x.Expr, ...]
    guards: tuple[tuple[int, ...], ...]
    depends: tuple[int, ...]
    makers: tuple[int, ...]
    goals: tuple[Goal, ...]
    forced: tuple[Forced, ...]
    rests: tuple[Rest, ...]

    @property
    def all(self) -> int:
        """Every action."""
        return (1 << len(self.guards)) - 1

    @property
    def staying(self) -> tuple[Goal, ...]:
        """The goals that stay, once they are met."""
        return tuple(goal for goal in self.goals if goal.stays)

    def led(self, by: frozenset[int]) -> Stubborn:
        """What decides it for some properties, all of which lead the search."""
        goals = tuple(replace(goal, stays=False) for goal in self.goals if goal.of in by)
        forced = tuple(one for one in self.forced if one.of in by)
        rests = tuple(one for one in self.rests if one.of in by)
        return replace(self, goals=goals, forced=forced, rests=rests)

    def possible(self, true: Sequence[bool]) -> int:
        """The actions that are possible, where it is known which conditions are true."""
        return _bits(
            n for n, guard in enumerate(self.guards) if all(true[number] for number in guard)
        )

    def leading(self, true: Sequence[bool], possible: int) -> int:
        """The actions that are enough for every goal; of those only what is possible need be taken."""
        return self._closed(self._seeds(self.goals, true, possible), true, possible)

    def chosen(self, true: Sequence[bool], possible: int, still: int = 0) -> tuple[int, bool]:
        """The actions that are enough if none is put off for ever, and whether they lead to every goal.
        Of those that are possible, some are known to leave everything as it is (`still`).
        """
        leading = self.leading(true, possible)
        if not self.staying:
            return leading, True
        fewest = self._any_first(true, possible, still)
        if (leading & possible).bit_count() <= (fewest & possible).bit_count():
            return leading, True
        return fewest, False

    def _any_first(self, true: Sequence[bool], possible: int, still: int) -> int:
        """What leads to the goals that do not stay, with something that leads elsewhere, if there is."""
        others = [goal for goal in self.goals if not goal.stays]
        found = self._closed(self._seeds(others, true, possible), true, possible)
        if found & possible & ~still or not possible & ~still:
            return found
        tried = (self._closed(found | 1 << n, true, possible) for n in _members(possible & ~still))
        return min(tried, key=lambda one: (one & possible).bit_count())

    def _seeds(self, goals: Sequence[Goal], true: Sequence[bool], possible: int) -> int:
        """The actions of which one comes before each of these goals."""
        found = 0
        for goal in goals:
            false = self._easiest(goal.conditions, true, found)
            found |= self.makers[false] if false is not None else 0
        for forced in self.forced:
            found |= 1 << forced.action
            found |= forced.makers if possible >> forced.action & 1 else 0
        for rest in self.rests:
            found |= self._unrest(rest, true, possible, found)
        return found

    def _easiest(self, conditions: Iterable[int], true: Sequence[bool], known: int) -> int | None:
        """The condition that is false and has the fewest makers that are not known yet."""
        false = [c for c in conditions if not true[c]]
        return min(false, key=lambda c: (self.makers[c] & ~known).bit_count(), default=None)

    def _unrest(self, rest: Rest, true: Sequence[bool], possible: int, known: int) -> int:
        """One of the actions that would have to end; or where there is none, what makes rest matter.
        Everything, if it is not known whether one that is possible changes anything.
        """
        going = possible & rest.actions & rest.move
        if going & known:
            return 0
        falses = [self._easiest(one, true, known) for one in rest.alternatives]
        matters = None in falses
        makers = _union(self.makers[c] for c in falses if c is not None)
        if not going:  # if it matters, rest is decided here, or else may be near
            return makers if not matters else self.all if possible & rest.actions else 0
        if not (matters or makers & ~known):
            return 0
        return 1 << min(_members(going), key=lambda n: (self.depends[n] & ~known).bit_count())

    def _closed(self, found: int, true: Sequence[bool], possible: int) -> int:
        """With all that matters to what is in a set."""
        waiting = found
        while waiting:
            number = (waiting & -waiting).bit_length() - 1
            waiting &= waiting - 1
            if possible >> number & 1:
                more = self.depends[number]
            else:
                false = self._easiest(self.guards[number], true, found)
                assert false is not None
                more = self.makers[false]
            waiting |= more & ~found
            found |= more
        return found


def _members(bits: int) -> Iterable[int]:
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1


def _union(sets: Iterable[int]) -> int:
    return functools.reduce(operator.or_, sets, 0)


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)
