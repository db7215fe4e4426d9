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
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import system as y


class Forced(Frozen):
    """An action that may itself decide something, and those that can bring that about."""

    action: int
    makers: int


class Rest(Frozen):
    """The goal that none of some actions changes anything, in a state that meets one of the alternatives.
    Some always change something where they are possible: these `move`.
    """

    actions: int
    move: int
    alternatives: tuple[tuple[int, ...], ...]


class Stubborn(Frozen):
    """What decides in each state which actions are taken.

    `conditions` are told apart by their places; sets of actions are the bits of a number. An action is
    possible if all conditions of its `guard` are true; it `depends` on actions, and a condition has its
    `makers`. `goals` are alternatives: conditions that are true where a property is decided.
    """

    system: y.System
    conditions: tuple[x.Expr, ...]
    guards: tuple[tuple[int, ...], ...]
    depends: tuple[int, ...]
    makers: tuple[int, ...]
    goals: tuple[tuple[int, ...], ...]
    forced: tuple[Forced, ...]
    rests: tuple[Rest, ...]

    @property
    def all(self) -> int:
        """Every action."""
        return (1 << len(self.guards)) - 1

    def possible(self, true: Sequence[bool]) -> int:
        """The actions that are possible, where it is known which conditions are true."""
        return _bits(
            n for n, guard in enumerate(self.guards) if all(true[number] for number in guard)
        )

    def chosen(self, true: Sequence[bool]) -> int:
        """The actions that are enough; of those only what is possible need be taken."""
        possible = self.possible(true)
        return self._closed(self._seeds(true, possible), true, possible)

    def _seeds(self, true: Sequence[bool], possible: int) -> int:
        """The actions of which one comes before every goal."""
        found = 0
        for goal in self.goals:
            false = self._easiest(goal, true, found)
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
        """One of the actions that would have to end, or nothing if rest would not matter; everything, if it
        is not known whether one that is possible changes anything.
        """
        going = possible & rest.actions & rest.move
        if not possible & rest.actions or going & known:
            return 0
        falses = [self._easiest(one, true, known) for one in rest.alternatives]
        if all(c is not None and not self.makers[c] & ~known for c in falses):
            return 0
        if not going:
            return self.all
        return 1 << min(_members(going), key=lambda n: (self.depends[n] & ~known).bit_count())

    def _closed(self, found: int, true: Sequence[bool], possible: int) -> int:
        """With all that matters to what is in the set."""
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


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)
