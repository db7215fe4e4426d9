"""A number for each fault, of how often it may still happen, in the place of a budget."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.names import own
from dsmc.ir.ops import Op
from dsmc.ir.types import Value
from dsmc.reduce.budgets import at, has_to_do, instead, most, one_less
from dsmc.reduce.slots import Slot, anyhow, by_nodes, nodes_of, numbers_in


class Counted(Frozen):
    """A number for each fault, by the actions that spent the budget."""

    budget: y.Variable
    variables: tuple[y.Variable, ...]

    def ways(self, slots: int) -> int:
        """How many schedules there are."""
        return math.comb(slots + most(self.budget) - 1, most(self.budget))

    def schedules(self, slots: Sequence[Slot]) -> Iterator[s.Block]:
        """How runs begin. Less than the whole budget allows nothing more."""
        for chosen in itertools.combinations_with_replacement(slots, most(self.budget)):
            times = Counter(chosen).items()
            yield tuple(s.Assign(at(v, *keys), x.number(n)) for (v, keys), n in times)

    def anyhow(self) -> Iterator[s.Statement]:
        """From any numbers."""
        for variable in self.variables:
            yield from anyhow(variable, most(self.budget))

    def left(self, values: dict[str, Value]) -> int:
        """What is left of the budget; takes what it stands in out of the values."""
        return sum(sum(numbers_in(values.pop(v.name))) for v in self.variables)


def counted(system: y.System, budget: y.Variable) -> tuple[y.System, Counted]:
    """The system with numbers."""
    counters: list[y.Variable] = []
    actions: list[y.Action] = []
    for action in system.actions:
        if has_to_do(action, budget.name):
            counters.append(
                by_nodes(f"{own('left')}.{action.name}", nodes_of(action.params), budget.type)
            )
            action = _counting(action, budget.name, at(counters[-1], *nodes_of(action.params)))
        actions.append(action)
    rest = tuple(v for v in system.variables if v != budget)
    found = replace(system, variables=(*rest, *counters), actions=tuple(actions))
    return found, Counted(budget, tuple(counters))


def _counting(action: y.Action, budget: str, number: s.Place) -> y.Action:
    some = x.Apply(Op.GT, (number.value, x.number(0)), t.BOOL)
    return instead(action, budget, some, one_less(number))
