"""The partial order reduction of a system, from relations that a solver has proved."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, assert_never

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.reduce.cases import told_apart
from dsmc.reduce.goals import broken, reached
from dsmc.reduce.instances import Instances, unfolded
from dsmc.reduce.proofs import Proofs
from dsmc.reduce.questions import NEVER, Questions
from dsmc.reduce.stubborn import Forced, Goal, Rest, Stubborn
from dsmc.smt.relations import TooManyQuestionsError
from dsmc.smt.values import Unsupported

#: With more steps than this, looking at each of them in each state costs more than it saves.
MOST = 256
_TOO_MANY = "there are too many different steps"


class NoOrderError(Exception):
    """Why there is no such reduction."""


#: Asks a question; gives its answer, also one that was given before.
_Ask: TypeAlias = Callable[[Callable[[Questions], int]], int]


def ordered(
    system: y.System, wanted: frozenset[int], tick: Callable[[], object] = lambda: None,
    proofs: Proofs | None = None,
) -> Stubborn:  # fmt: skip
    """What decides which steps are taken to decide the `wanted` properties. Raises `NoOrderError`. Now and
    then it calls `tick`, which may end it by an exception. A solver is asked only what is not in the
    `proofs`.
    """
    if system.within != x.TRUE:
        raise NoOrderError("`explore while` cuts runs off, and the order of their steps matters")
    if system.observers:
        raise NoOrderError("histories depend on the order of all their events")
    cases = told_apart(system)
    instances = unfolded(cases)
    if instances is None:
        cases, instances = system, unfolded(system)
    if instances is None:
        raise NoOrderError(_TOO_MANY)
    questions = Questions(cases, instances, tick)
    known = proofs.get(system, wanted) if proofs is not None else None
    try:
        if known is not None:
            again = iter(known)
            return _Order(instances, wanted, lambda _: next(again)).found()
        given: list[int] = []
        found = _Order(instances, wanted, functools.partial(_asked, questions, given)).found()
    except Unsupported as error:
        raise NoOrderError(f"no formula says {error.what}") from None
    except TooManyQuestionsError:
        raise NoOrderError("the steps have too much to do with one another") from None
    if proofs is not None:
        proofs.put(given, system, wanted)
    return found


def _asked(questions: Questions, given: list[int], ask: Callable[[Questions], int]) -> int:
    given.append(ask(questions))
    return given[-1]


class _Order:
    def __init__(self, instances: Instances, wanted: frozenset[int], ask: _Ask) -> None:
        self._system = instances.system
        self._guards = instances.guards
        self._wanted = [(n, p) for n, p in enumerate(self._system.properties) if n in wanted]
        self._ask = ask
        live = ask(lambda asked: asked.live())
        self._live = [n for n in range(len(self._guards)) if live >> n & 1]
        if len(self._live) > MOST:
            raise NoOrderError(_TOO_MANY)
        self._conditions: dict[x.Expr, int] = {}
        self._makers: list[int] = []

    def found(self) -> Stubborn:
        """What is known of the steps that may ever be possible; there are no others."""
        guards = tuple(self._numbers(self._guards[n]) for n in self._live)
        goals = [goal for wanted in self._wanted for goal in self._goals(*wanted)]
        forced = tuple(one for wanted in self._wanted for one in self._forced(*wanted))
        rests = tuple(one for wanted in self._wanted for one in self._rests(*wanted))
        depends = map(self._depends, self._live)
        actions = tuple(self._system.actions[n] for n in self._live)
        return Stubborn(
            replace(self._system, actions=actions), tuple(self._conditions), guards,
            tuple(map(self._places, depends)), tuple(map(self._places, self._makers)),
            tuple(sorted(goals, key=lambda goal: goal.stays)), forced, rests,
        )  # fmt: skip

    def _depends(self, number: int) -> int:
        return self._ask(lambda asked: asked.dependent(number, self._live))

    def _places(self, numbers: int) -> int:
        """The steps with these numbers by their places among those that may ever be possible."""
        return sum(1 << place for place, n in enumerate(self._live) if numbers >> n & 1)

    def _numbers(self, conditions: Sequence[x.Expr]) -> tuple[int, ...]:
        return tuple(map(self._number, conditions))

    def _number(self, condition: x.Expr) -> int:
        if condition not in self._conditions:
            self._conditions[condition] = len(self._conditions)
            self._makers.append(self._ask(lambda asked: asked.makers(condition, self._live)))
        return self._conditions[condition]

    # ------------------------------------------------------------ what is looked for

    def _goals(self, of: int, prop: y.Property) -> Iterator[Goal]:
        stays = bool(self._ask(lambda asked: asked.stays(prop, self._live)))
        for conditions in self._alternatives(prop):
            yield Goal(of, self._numbers(conditions), stays)

    def _alternatives(self, prop: y.Property) -> Iterator[Sequence[x.Expr]]:
        match prop:
            case y.Invariant(_, expr):
                yield from broken(expr)
            case y.Reachable(_, expr):
                yield from reached(expr)
            case y.Fires(_, names):
                for n in self._live:
                    if self._system.actions[n].name in names:
                        yield self._guards[n]
            case y.Transition() | y.Quiescent() | y.NoDeadlock() | y.NoError() | y.Assertion():
                return
            case y.Law() | y.Scenario() | y.Temporal():
                return
            case _:
                assert_never(prop)

    def _rests(self, of: int, prop: y.Property) -> Iterator[Rest]:
        match prop:
            case y.Quiescent(_, good):
                kinds = [action.origin.kind.is_work for action in self._system.actions]
            case y.NoDeadlock(_, good):
                kinds = [action.origin.kind.is_own for action in self._system.actions]
            case _:
                return
        actions = sum(1 << n for n, is_one in enumerate(kinds) if is_one)
        move = sum(1 << n for n in self._live if actions >> n & 1 and self._moves(n))
        places = self._places(actions), self._places(move)
        yield Rest(of, *places, tuple(map(self._numbers, broken(good))))

    def _moves(self, number: int) -> bool:
        return bool(self._ask(lambda asked: asked.moves(number)))

    def _forced(self, of: int, prop: y.Property) -> Iterator[Forced]:
        if isinstance(prop, y.NoError | y.Assertion | y.Transition):
            for place, number in enumerate(self._live):
                makers = self._brings(prop, number)
                if makers != NEVER:
                    yield Forced(of, place, self._places(makers))

    def _brings(self, prop: y.Property, number: int) -> int:
        return self._ask(lambda asked: asked.bringing(prop, number, self._live))
