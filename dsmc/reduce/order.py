"""The partial order reduction of a system, from relations that a solver has proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.reduce.alike import Alike
from dsmc.reduce.cases import told_apart
from dsmc.reduce.goals import broken, reached
from dsmc.reduce.instances import Instances, unfolded
from dsmc.reduce.stubborn import Forced, Goal, Rest, Stubborn
from dsmc.smt import scalar as sc
from dsmc.smt.effects import Effects
from dsmc.smt.relations import Relations, TooManyQuestionsError
from dsmc.smt.scalar import Truth
from dsmc.smt.values import Unsupported

#: With more steps than this, looking at each of them in each state costs more than it saves.
MOST = 256
_TOO_MANY = "there are too many different steps"


class NoOrderError(Exception):
    """Why there is no such reduction."""


def ordered(
    system: y.System, wanted: frozenset[int], tick: Callable[[], object] = lambda: None
) -> Stubborn:
    """What decides which steps are taken to decide the `wanted` properties. Raises `NoOrderError`. Now and
    then it calls `tick`, which may end it by an exception.
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
    try:
        return _Order(Effects(cases, tick), instances, wanted).found()
    except Unsupported as error:
        raise NoOrderError(f"no formula says {error.what}") from None
    except TooManyQuestionsError:
        raise NoOrderError("the steps have too much to do with one another") from None


class _Order:
    def __init__(self, effects: Effects, instances: Instances, wanted: frozenset[int]) -> None:
        self._system = instances.system
        self._guards = instances.guards
        self._wanted = [(n, p) for n, p in enumerate(self._system.properties) if n in wanted]
        alike = Alike(effects.system, instances.origins)
        self._relations = Relations(effects, instances.origins, instances.guards, alike.key)
        self._effects = effects
        self._live = _live(effects, self._relations, instances.guards)
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
        depends = (self._relations.dependent(n, self._live) for n in self._live)
        actions = tuple(self._system.actions[n] for n in self._live)
        return Stubborn(
            replace(self._system, actions=actions), tuple(self._conditions), guards,
            tuple(map(self._places, depends)), tuple(map(self._places, self._makers)),
            tuple(sorted(goals, key=lambda goal: goal.stays)), forced, rests,
        )  # fmt: skip

    def _places(self, numbers: int) -> int:
        """The steps with these numbers by their places among those that may ever be possible."""
        return sum(1 << place for place, n in enumerate(self._live) if numbers >> n & 1)

    def _numbers(self, conditions: Sequence[x.Expr]) -> tuple[int, ...]:
        return tuple(map(self._number, conditions))

    def _number(self, condition: x.Expr) -> int:
        if condition not in self._conditions:
            self._conditions[condition] = len(self._conditions)
            self._makers.append(self._relations.makers_of(condition, self._live))
        return self._conditions[condition]

    # ------------------------------------------------------------ what is looked for

    def _goals(self, of: int, prop: y.Property) -> Iterator[Goal]:
        stays = self._stays(prop)
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

    def _stays(self, prop: y.Property) -> bool:
        """Is it still decided after any step from where it is?"""
        match prop:
            case y.Invariant(_, expr):
                undecided = self._effects.condition(expr)
            case y.Reachable(_, expr):
                undecided = sc.negated(self._effects.condition(expr))
            case _:
                return False
        return not self._relations.makers(undecided, self._live)

    def _rests(self, of: int, prop: y.Property) -> Iterator[Rest]:
        match prop:
            case y.Quiescent(_, good):
                kinds = [action.origin.kind.is_work for action in self._system.actions]
            case y.NoDeadlock(_, good):
                kinds = [action.origin.kind.is_own for action in self._system.actions]
            case _:
                return
        actions = sum(1 << n for n, is_one in enumerate(kinds) if is_one)
        move = sum(1 << n for n in self._live if actions >> n & 1 and self._relations.moves(n))
        places = self._places(actions), self._places(move)
        yield Rest(of, *places, tuple(map(self._numbers, broken(good))))

    def _forced(self, of: int, prop: y.Property) -> Iterator[Forced]:
        is_error = isinstance(prop, y.NoError)
        for number in self._live:
            if is_error and not self._relations.may_fail(number):
                continue
            decides = self._decides(prop, number)
            if decides is not False and self._relations.possible(decides):
                makers = self._places(self._relations.makers(decides, self._live))
                yield Forced(of, self._live.index(number), makers)

    def _decides(self, prop: y.Property, action: int) -> Truth:
        """When does a step of an action itself decide a property?"""
        effects = self._relations.step(action).effects
        match prop:
            case y.NoError():
                return sc.either(effect.error for effect in effects)
            case y.Assertion(_, number):
                failed = (one for effect in effects for one in effect.failed)
                return sc.either(where for of, where in failed if of == number)
            case y.Transition(_, good):
                return sc.either(
                    sc.both((e.taken, sc.negated(self._effects.of_step(good, e)))) for e in effects
                )
            case _:
                return False


def _live(
    effects: Effects, relations: Relations, guards: Sequence[tuple[x.Expr, ...]]
) -> list[int]:
    """The steps that may ever be possible: each of their conditions is true in the beginning, or made true
    by one of them.
    """
    conditions = dict.fromkeys(c for guard in guards for c in guard)
    open_ = [c for c in conditions if not relations.possible(effects.at_first(c))]
    live: list[int] = []
    while True:
        closed = set(open_)
        new = [n for n, g in enumerate(guards) if n not in live and closed.isdisjoint(g)]
        if not new:
            return sorted(live)
        live += new
        open_ = [c for c in open_ if not relations.makers_of(c, new)]
