"""Which steps are enough: what a solver proves of a system, if it pays to choose among its steps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dsmc.backends.python.guided import GuidedMachine
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.growing import some_of
from dsmc.engine.splitmix import SplitMix
from dsmc.frozen import replace
from dsmc.ir.system import System
from dsmc.reduce.permute import Values
from dsmc.reduce.plan import Led, Reductions
from dsmc.reduce.proofs import Proofs
from dsmc.reduce.schedules import Schedules, scheduled
from dsmc.reduce.stubborn import Stubborn

#: So many states are the first ones.
_FIRST = 3_000
#: In so many states it is asked how many steps a partial order leaves out: of those on so many random walks
#: of so many steps.
_SAMPLE, _WALKS, _LONGEST = 300, 200, 100


#: To put steps off takes time for each state, and its steps are looked at twice. It pays if no more than so
#: many are left of those that are taken otherwise.
_PUTTING_OFF_PAYS = 0.6


class _Tried(NamedTuple):
    """What may lead a search, and which part of the steps that are possible it takes."""

    led: Led
    part: float


class Ordering:
    """Finds the steps that are enough for the properties with some names. They may be put off, if the
    search can do that (`may_put_off`). Now and then it calls `tick`, which may end it by an exception. What
    is to be said of it goes to the `notes`, and what a solver has answered to the `proofs`.
    """

    def __init__(
        self, names: frozenset[str], reductions: Reductions, may_put_off: bool,
        tick: Callable[[], object], notes: list[str], proofs: Proofs | None,
    ) -> None:  # fmt: skip
        self._names = names
        self._reductions = reductions
        self._may_put_off = may_put_off and not reductions.led
        self._tick = tick
        self._found: dict[System, _Tried | None] = {}
        self._notes = notes
        self._proofs = proofs

    def is_known(self, system: System) -> bool:
        """Does nobody have to ask a solver?"""
        if self._proofs is None:
            return False
        return self._proofs.get(system, self._wanted(system)) is not None

    def best(self, system: System) -> Led | None:
        """What leads a search with its faults chosen beforehand, if that leaves fewer steps; else a search of
        the system as it is.
        """
        under, plain = self._under_schedules(system), self._of(system)
        most = min(
            self._reductions.pays,
            self._reductions.chosen * (plain.part if plain is not None else 1),
        )
        return under.led if under is not None and under.part <= most else self.plain(system)

    def plain(self, system: System) -> Led | None:
        """What leads a search of the system as it is, if that pays."""
        found = self._of(system)
        if found is not None and found.part > self._reductions.pays:
            self._notes.append("no partial order: it would leave out too few steps")
            return None
        return found.led if found is not None else None

    def _of(self, system: System) -> _Tried | None:
        if system not in self._found:
            order = self._proved(system, self._notes)
            self._found[system] = self._fewest(order, system) if order is not None else None
        return self._found[system]

    def _under_schedules(self, system: System) -> _Tried | None:
        schedules = scheduled(system)
        order = self._proved(schedules.system, []) if schedules is not None else None
        among = schedules.among(order) if schedules is not None and order is not None else None
        if schedules is None or among is None:
            return None
        begun = replace(schedules.system, init=among.system.init)
        return self._fewest(among, begun, schedules)

    def _proved(self, system: System, notes: list[str]) -> Stubborn | None:
        from dsmc.reduce.order import NoOrderError, ordered

        try:
            return ordered(system, self._wanted(system), self._tick, self._proofs)
        except NoOrderError as why:
            notes.append(f"no partial order: {why}")
            return None

    def _wanted(self, system: System) -> frozenset[int]:
        return frozenset(n for n, p in enumerate(system.properties) if p.name in self._names)

    def _fewest(
        self, order: Stubborn, system: System, schedules: Schedules | None = None
    ) -> _Tried:
        """Of what is asked of a step the one that takes fewest in some states."""
        led = order.led(self._wanted(system))
        orders = [led, order] if order.staying and self._may_put_off else [led]
        possible, most, *fewer = self._counts(system, orders)
        if fewer and fewer[0] <= _PUTTING_OFF_PAYS * most:
            led, most = order, fewer[0]
        return _Tried(Led(led, schedules), most / max(possible, 1))

    def _counts(self, system: System, orders: list[Stubborn]) -> list[int]:
        """How many steps are possible in some states, and how many each order takes."""
        about = ("the steps of an order", system, self._wanted(system), len(orders))
        found = self._proofs.get(*about) if self._proofs is not None else None
        if found is None:
            found = _counted(orders, _states_on_walks(PythonMachine(system)))
            if self._proofs is not None:
                self._proofs.put(found, *about)
        return found


def first_states(machine: PythonMachine) -> list[Values]:
    """The states that are nearest."""
    found = dict.fromkeys(some_of(machine.initial))
    waiting = list(found)
    for state in waiting:
        if len(found) >= _FIRST:
            break
        successors = some_of(functools.partial(_expand, machine, state))
        new = [s for s in dict.fromkeys(successors) if s not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return [machine.decode(state) for state in found]


def _expand(machine: PythonMachine, state: object, successors: list[object]) -> None:
    machine.expand(state, successors, [])


def _states_on_walks(machine: PythonMachine) -> list[Values]:
    """States near and far: what can be left out of the first steps says little of the rest."""
    found: dict[object, None] = {}
    initial = list(dict.fromkeys(some_of(machine.initial)))
    for walk in range(_WALKS if initial else 0):
        random = SplitMix(0, walk)
        state = random.choice(initial)
        for _ in range(_LONGEST):
            found[state] = None
            successors = some_of(functools.partial(_expand, machine, state))
            elsewhere = [s for s in dict.fromkeys(successors) if s != state]
            if not elsewhere or len(found) >= _FIRST:
                break
            state = random.choice(elsewhere)
    return [machine.decode(state) for state in found]


def _counted(orders: Sequence[Stubborn], known: Sequence[Values]) -> list[int]:
    """How many steps are possible in some states, and how many each of the orders of a system takes."""
    sample = known[:: max(1, len(known) // _SAMPLE)]
    machine = GuidedMachine(orders[0])
    states = [machine.encode(values) for values in sample]
    possible, taken = 0, []
    for machine.order in orders:
        found = [machine.chosen(state) for state in states]
        possible = sum(possible.bit_count() for possible, _, _ in found)
        taken.append(sum(chosen.bit_count() for _, chosen, _ in found))
    return [possible, *taken]
