"""Fault schedules: which faults may happen is said before a run, not by a budget that they share.

A budget makes every two faults that spend it depend on each other, and through them all that they touch:
little is left that can be put off. So it is dealt out (see `dealing`), and each *schedule*, a way to do
so, is an initial state. One search of all of them sees the same violations, as near; schedules that are
equal up to names count once, and what a solver says of steps it says of all schedules.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.names import BUDGET
from dsmc.ir.types import Type
from dsmc.reduce.access import reads
from dsmc.reduce.budgets import is_only_spent
from dsmc.reduce.dealing import Dealt, dealt_out
from dsmc.reduce.firsts import is_possible
from dsmc.reduce.mentions import head_of, variables_in
from dsmc.reduce.permute import Values
from dsmc.reduce.slots import Slot
from dsmc.reduce.stubborn import Stubborn

#: With more schedules there would be more initial states than a search can save.
MOST = 1_000


class Schedules(Frozen):
    """The `system` with budgets dealt out in any way at all, and how it begins (`begun`) but for that."""

    system: y.System
    begun: s.Block
    dealt: tuple[Dealt, ...]

    def among(self, order: Stubborn) -> Stubborn | None:
        """What chooses the steps, from the initial states in which budgets are dealt out among the faults
        that can happen; None if there are none of these, or too many schedules, or if what rests would not.
        """
        slots = self._faults(order)
        if slots is None or self._wakes(order):
            return None
        among = [[slot for slot in slots if slot[0] in one.variables] for one in self.dealt]
        pairs = list(zip(self.dealt, among, strict=True))
        many = math.prod(one.ways(len(mine)) for one, mine in pairs)
        if many > MOST or not all(among):
            return None
        every = itertools.product(*(one.schedules(mine) for one, mine in pairs))
        branches = tuple(filter(is_possible, map(_joined, every)))
        return replace(order, system=replace(order.system, init=(*self.begun, s.Choose(branches))))

    def _wakes(self, order: Stubborn) -> bool:
        """May a step that changes nothing else, and so is a rest, change what is known of messages?"""
        known = {v.name for one in self.dealt for v in one.variables}
        return any(
            rest.actions & ~rest.move & 1 << place and known & s.assigned(action.body)
            for rest in order.rests for place, action in enumerate(order.system.actions)
        )  # fmt: skip

    def _faults(self, order: Stubborn) -> list[Slot] | None:
        """Those that can happen at all; None if not all are known."""
        known = {v.name: v for one in self.dealt for v in one.variables}
        found: dict[Slot, None] = {}
        for action, guard in zip(order.system.actions, order.guards, strict=True):
            if action.origin.fault:
                asked = [order.conditions[number] for number in guard]
                slots = list(_slots(action, asked, known))
                if not known.keys() & _mentioned(action) <= {v.name for v, _ in slots}:
                    return None
                found |= dict.fromkeys(slots)
        return list(found)

    def plain(self, values: Values) -> Values:
        """The state of the system with budgets."""
        found = dict(values)
        for one in self.dealt:
            found[one.budget.name] = one.left(found)
        return found


def scheduled(system: y.System) -> Schedules | None:
    """The system with its budgets dealt out; None if it has none that can be."""
    dealt: list[Dealt] = []
    for variable in system.variables:
        if variable.name.startswith(BUDGET) and is_only_spent(system, variable):
            system, one = dealt_out(system, variable)
            dealt.append(one)
    if not dealt:
        return None
    picked = itertools.chain(*(one.anyhow() for one in dealt))
    return Schedules(replace(system, init=(*system.init, *picked)), system.init, tuple(dealt))


def _slots(
    action: y.Action, asked: Sequence[x.Expr], known: Mapping[str, y.Variable]
) -> Iterator[Slot]:
    """The numbers that a step looks at, or changes, where it is known which."""
    places = [st.place.value for st in s.walk(action.body) if isinstance(st, s.Assign)]
    for read in (read for e in (*asked, *places) for read in reads(e)):
        if read.variable in known:
            variable = known[read.variable]
            keys = tuple(key for key in read.keys if isinstance(key, x.Lit))
            if len(keys) == _depth(variable.type):
                yield variable, keys


def _mentioned(action: y.Action) -> set[str]:
    return variables_in([*head_of(action), *s.all_exprs(action.body)]) | s.assigned(action.body)


def _joined(schedule: Sequence[s.Block]) -> s.Block:
    return tuple(itertools.chain(*schedule))


def _depth(of: Type) -> int:
    return 1 + _depth(of.value) if isinstance(of, t.Map) else 0
