"""Slices: a property is decided by the variables that it depends on, and by the steps that change them.

A variable matters if a property that is asked for looks at it, or the bound does; or if it decides
whether a step that matters is possible, what it writes where, or whether it has a value. All else is
left out: assignments to variables that do not matter, then actions that do nothing more.

That no step leaves a range is asked of every system. So what might have no value stays, with all
that it looks at, and the steps without a value are the same. Where it is asked whether a system rests,
every step matters, and nothing is left out.
"""

from __future__ import annotations

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir.ops import Op
from dsmc.reduce.mentions import head_of, of_property, variables_in
from dsmc.reduce.total import total


class Slice(Frozen):
    """What is left of a system for some of its properties."""

    system: y.System
    left_out: tuple[str, ...]


def sliced(system: y.System) -> Slice:
    """The slice for all properties that the system has."""
    if any(
        isinstance(p, y.Quiescent | y.NoDeadlock | y.Scenario | y.Temporal)
        for p in system.properties
    ):
        return Slice(system, ())
    return _Slicer(system).slice()


def slices(system: y.System) -> tuple[Slice, ...]:
    """A slice for each of the properties that are searched for; those with equal slices share one,
    and one that is part of another is no search of its own.

    Range errors and assertions are asked of every slice.
    """
    always = tuple(p for p in system.properties if isinstance(p, y.NoError | y.Assertion))
    shared: dict[tuple[str, ...], list[y.Property]] = {}
    for prop in system.properties:
        if not isinstance(prop, (y.NoError, y.Assertion, *y.APART)):
            alone = sliced(replace(system, properties=(prop, *always)))
            shared.setdefault(alone.left_out, []).append(prop)
    groups = _largest(shared) or [[]]
    return tuple(sliced(replace(system, properties=(*group, *always))) for group in groups)


def _largest(shared: dict[tuple[str, ...], list[y.Property]]) -> list[list[y.Property]]:
    """The properties in groups, those of a slice that is part of another with those of that one."""
    found: dict[tuple[str, ...], list[y.Property]] = {}
    for left_out in sorted(shared, key=len):
        larger = next((other for other in found if set(other) <= set(left_out)), left_out)
        found.setdefault(larger, []).extend(shared[left_out])
    return [found[left_out] for left_out in shared if left_out in found]


class _Slicer:
    def __init__(self, system: y.System) -> None:
        self._system = system
        self._functions = {f.name: f for f in system.functions}
        self._taking = _taking(system)
        self._matter = self._asked()

    def slice(self) -> Slice:
        """Everything that matters, however far away."""
        size = -1
        while len(self._matter) > size:
            size = len(self._matter)
            self._matter |= self._needed(self._system.init)
            for action in filter(self._acts, self._system.actions):
                self._matter |= variables_in(head_of(action)) | self._needed(action.body)
        names = [v.name for v in self._system.variables if v.name not in self._matter]
        return Slice(self._without() if names else self._system, tuple(names))

    def _asked(self) -> set[str]:
        said = [e for prop in self._system.properties for e in of_property(prop)]
        return variables_in([*said, self._system.within, *(f.body for f in self._system.functions)])

    def _without(self) -> y.System:
        kept = tuple(v for v in self._system.variables if v.name in self._matter)
        actions = filter(self._acts, self._system.actions)
        return replace(
            self._system,
            variables=kept,
            init=self._rest(self._system.init),
            actions=tuple(replace(a, body=self._rest(a.body)) for a in actions),
            channels=tuple(name for name in self._system.channels if name in self._matter),
        )

    # ------------------------------------------------------------ actions

    def _acts(self, action: y.Action) -> bool:
        """Does the action change what matters, or is it asked for, or might it have no value?

        A property of steps looks at those that change nothing, too.
        """
        properties = self._system.properties
        fires = {name for p in properties if isinstance(p, y.Fires) for name in p.actions}
        steps = any(isinstance(p, y.Transition) for p in properties)
        return (
            steps or action.name in fires or self._changes(action.body) or not self._quiet(action)
        )

    def _changes(self, body: s.Block) -> bool:
        assigned = (st.place.base.name for st in s.walk(body) if isinstance(st, s.Assign))
        return any(name in self._matter for name in assigned)

    def _quiet(self, action: y.Action) -> bool:
        """Has everything in the action a value, and does it end, whatever the state?"""
        return all(total(e, self._functions) for e in head_of(action)) and all(
            self._ends(st) for st in s.walk(action.body)
        )

    def _ends(self, st: s.Statement) -> bool:
        if isinstance(st, s.Mark) or st in self._taking:
            return True
        may_fail = isinstance(st, s.While | s.Assert)
        return not may_fail and all(total(e, self._functions) for e in s.exprs_of(st))

    # ------------------------------------------------------------ statements

    def _needed(self, body: s.Block) -> set[str]:
        """What the statements that stay look at."""
        kept = [st for st in s.walk(body) if not isinstance(st, s.Mark) and not self._goes(st)]
        assigned = {st.place.base.name for st in kept if isinstance(st, s.Assign)}
        return assigned | variables_in(e for st in kept for e in s.exprs_of(st))

    def _goes(self, st: s.Statement) -> bool:
        """May the statement be left out? What it writes does not matter, and it always has a value."""
        return (
            isinstance(st, s.Assign) and st.place.base.name not in self._matter and self._ends(st)
        )

    def _rest(self, body: s.Block) -> s.Block:
        kept = (st for st in body if not self._goes(st) and not self._tells_of_others(st))
        return tuple(s.map_parts(st, lambda e: e, self._rest) for st in kept)

    def _tells_of_others(self, st: s.Statement) -> bool:
        return isinstance(st, s.Mark) and not variables_in(s.exprs_of(st)) <= self._matter


def _taking(system: y.System) -> set[s.Statement]:
    """The statements that take a message out of a bag that it was just found in."""
    found: set[s.Statement] = set()
    others: set[s.Statement] = set()
    for action in system.actions:
        for st in s.walk(action.body):
            (found if _takes(st, action) else others).add(st)
    return found - others


def _takes(st: s.Statement, action: y.Action) -> bool:
    match st:
        case s.Assign(s.Place(bag, ()), x.Apply(Op.BAG_REMOVE, (x.Global() as old, x.Local(name)))):
            changes = (a for a in s.walk(action.body) if isinstance(a, s.Assign))
            first = next(a for a in changes if a.place.base == bag)
            chosen = any(p.name == name and p.domain == bag for p in action.params)
            return old == bag and chosen and first == st and _once(st, action)
        case _:
            return False


def _once(st: s.Statement, action: y.Action) -> bool:
    """Does it stand once in the action, and in no loop?"""
    loops = (b for b in s.walk(action.body) if isinstance(b, s.For | s.While))
    looped = (inner for loop in loops for inner in s.walk(loop.body))
    return list(s.walk(action.body)).count(st) == 1 and st not in looped
