"""What happens first to the messages from one node to another, in the place of a budget of their faults.

Where it is the fault, nothing else can happen to them before it. What happens to later ones shares what
is left of the budget.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.names import own
from dsmc.ir.ops import Op
from dsmc.ir.types import Value
from dsmc.reduce.access import reads
from dsmc.reduce.budgets import at, has_to_do, instead, most, one_less
from dsmc.reduce.mentions import renamed
from dsmc.reduce.slots import Slot, anyhow, by_nodes, nodes_of, numbers_in

#: Whose first messages meet with the fault: these do; not these, so far; they did, or something else did.
_OPEN, _FORCED, _PAST = 0, 1, 2
_STATES = t.Int(_OPEN, _PAST)
#: How the name begins of what says so, before that of the channel.
_FIRST = f"{own('first')}."


class First(Frozen):
    """What happens first to messages, by channels."""

    budget: y.Variable
    variables: tuple[y.Variable, ...]

    def ways(self, slots: int) -> int:
        """How many schedules there are."""
        return sum(math.comb(slots, n) for n in range(most(self.budget) + 1))

    def schedules(self, slots: Sequence[Slot]) -> Iterator[s.Block]:
        """How runs begin."""
        for count in range(min(most(self.budget), len(slots)) + 1):
            rest = s.Assign(at(self.budget), x.number(most(self.budget) - count))
            for chosen in itertools.combinations(slots, count):
                yield rest, *(s.Assign(at(v, *keys), x.number(_FORCED)) for v, keys in chosen)

    def anyhow(self) -> Iterator[s.Statement]:
        """From any of these."""
        yield from anyhow(self.budget, most(self.budget))
        for variable in self.variables:
            yield from anyhow(variable, _FORCED)

    def left(self, values: dict[str, Value]) -> int:
        """What is left of the budget; takes what it stands in out of the values."""
        forced = sum(numbers_in(values.pop(v.name)).count(_FORCED) for v in self.variables)
        return forced + int(values[self.budget.name])


def firsts(system: y.System, budget: y.Variable) -> tuple[y.System, First]:
    """The system with what happens first."""
    spending = [a for a in system.actions if has_to_do(a, budget.name)]
    variables = {
        channel: by_nodes(f"{_FIRST}{channel}, {budget.name}", nodes_of([message]), _STATES)
        for a in spending for channel, message in _messages(a, system)
    }  # fmt: skip
    actions: list[y.Action] = []
    for action in system.actions:
        first = [
            at(variables[channel], *nodes_of([message]))
            for channel, message in _messages(action, system) if channel in variables
        ]  # fmt: skip
        spends = action in spending
        actions += _either(action, budget, *first) if spends else [_not_first(action, first)]
    made = {a.name: (a.name, *[_forced(a.name)] * (a in spending)) for a in system.actions}
    found = replace(
        system, variables=(*system.variables, *variables.values()), actions=tuple(actions),
        properties=tuple(renamed(prop, made) for prop in system.properties),
    )  # fmt: skip
    return found, First(budget, tuple(variables.values()))


def _either(action: y.Action, budget: y.Variable, first: s.Place) -> tuple[y.Action, y.Action]:
    """The fault of messages that are not the first, and of those that are. The latter has to come: so the
    system does not rest before.
    """
    some = x.Apply(Op.GT, (at(budget).value, x.number(0)), t.BOOL)
    is_past, is_forced = (x.equal(first.value, x.number(n)) for n in (_PAST, _FORCED))
    later = instead(action, budget.name, x.conjunction([is_past, some]), one_less(at(budget)))
    forced = instead(action, budget.name, is_forced, s.Assign(first, x.number(_PAST)))
    origin = replace(action.origin, kind=y.Kind.HANDLER)
    return later, replace(forced, name=_forced(action.name), origin=origin)


def _forced(name: str) -> str:
    return f"{name}, first"


def _not_first(action: y.Action, first: Sequence[s.Place]) -> y.Action:
    """What happens to messages that do not meet with the fault first; now it is past."""
    free = [x.Apply(Op.NE, (one.value, x.number(_FORCED)), t.BOOL) for one in first]
    past = (s.Assign(one, x.number(_PAST)) for one in first)
    return replace(
        action, guard=x.conjunction([*free, action.guard]), body=(*past, *action.body)
    )  # fmt: skip


def meets_any(action: y.Action, system: y.System) -> bool:
    """Can the fault of an action happen to any message that is there? Nothing but a schedule is asked."""
    asked = [e for e in x.conjuncts(action.guard) if not _is_of_schedule(e)]
    messages = [message for _, message in _messages(action, system)]
    return len(messages) == len(action.params) == len(asked) == 1 and messages[0].where == x.TRUE


def _is_of_schedule(e: x.Expr) -> bool:
    """Does it ask whether another fault has to come first? No schedule wants both."""
    return any(read.variable.startswith(_FIRST) for read in reads(e))


def is_possible(schedule: s.Block) -> bool:
    """Does no message have to meet with two faults first?"""
    forced = [
        (st.place.base.name.partition(",")[0], st.place.path)
        for st in schedule if isinstance(st, s.Assign) and st.place.base.name.startswith(_FIRST)
    ]  # fmt: skip
    return len(forced) == len(set(forced))


def _messages(action: y.Action, system: y.System) -> Iterator[tuple[str, y.Param]]:
    """The messages that an action chooses, with their channels."""
    for param in action.params:
        match param.domain:
            case x.Global(name) if name in system.channels:
                yield name, param
