"""What is asked of a solver about the steps of a system, before any search."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.reduce.alike import Alike
from dsmc.reduce.instances import Instances
from dsmc.smt import scalar as sc
from dsmc.smt.effects import Effects
from dsmc.smt.relations import Relations
from dsmc.smt.scalar import Truth

#: No step decides it.
NEVER = -1


class Questions:
    """Questions about the instances of a system's actions, by their numbers; sets of them are the bits of a
    number. Nothing is written out before something is asked.
    """

    def __init__(self, system: y.System, instances: Instances, tick: Callable[[], object]) -> None:
        self._system = system
        self._instances = instances
        self._tick = tick

    @functools.cached_property
    def _effects(self) -> Effects:
        return Effects(self._system, self._tick)

    @functools.cached_property
    def _relations(self) -> Relations:
        origins, guards = self._instances.origins, self._instances.guards
        alike = Alike(self._system, origins)
        return Relations(self._effects, origins, guards, alike.key)

    def live(self) -> int:
        """The steps that may ever be possible: each of their conditions is true in the beginning, or made
        true by one of them.
        """
        guards, relations = self._instances.guards, self._relations
        conditions = dict.fromkeys(c for guard in guards for c in guard)
        open_ = [c for c in conditions if not relations.possible(self._effects.at_first(c))]
        live: list[int] = []
        while True:
            closed = set(open_)
            new = [n for n, g in enumerate(guards) if n not in live and closed.isdisjoint(g)]
            if not new:
                return sum(1 << n for n in live)
            live += new
            open_ = [c for c in open_ if not relations.makers_of(c, new)]

    def makers(self, condition: x.Expr, live: Sequence[int]) -> int:
        """The steps that can make a condition true."""
        return self._relations.makers_of(condition, live)

    def dependent(self, number: int, live: Sequence[int]) -> int:
        """The steps that one depends on."""
        return self._relations.dependent(number, live)

    def moves(self, number: int) -> int:
        """Does a step always lead to another state (1, else 0)?"""
        return int(self._relations.moves(number))

    def stays(self, prop: y.Property, live: Sequence[int]) -> int:
        """Is a property still decided after any step from where it is (1, else 0)?"""
        match prop:
            case y.Invariant(_, expr):
                undecided = self._effects.condition(expr)
            case y.Reachable(_, expr):
                undecided = sc.negated(self._effects.condition(expr))
            case _:
                return 0
        return int(not self._relations.makers(undecided, live))

    def bringing(self, prop: y.Property, number: int, live: Sequence[int]) -> int:
        """The steps that can bring about that one decides a property itself; `NEVER`, if it does not."""
        if isinstance(prop, y.NoError) and not self._relations.may_fail(number):
            return NEVER
        decides = sc.either(self._decides(prop, number))
        if decides is False or not self._relations.possible(decides):
            return NEVER
        return self._relations.makers(decides, live)

    def _decides(self, prop: y.Property, number: int) -> Iterator[Truth]:
        """When does a step itself decide a property?"""
        for effect in self._relations.step(number).effects:
            match prop:
                case y.NoError():
                    yield effect.error
                case y.Assertion(_, assertion):
                    yield from (where for of, where in effect.failed if of == assertion)
                case y.Transition(_, good):
                    holds = self._effects.of_step(good, effect)
                    yield sc.both((effect.taken, sc.negated(holds)))
                case _:
                    return
