"""Which steps are enough: what a solver proves of a system, if it pays to choose among its steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsmc.backends.python.guided import GuidedMachine
from dsmc.backends.python.machine import PythonMachine
from dsmc.frozen import replace
from dsmc.ir.system import System
from dsmc.reduce.permute import Values
from dsmc.reduce.plan import Led, Reductions
from dsmc.reduce.proofs import Proofs
from dsmc.reduce.schedules import scheduled
from dsmc.reduce.stubborn import Stubborn

#: So many states are the first ones.
_FIRST = 3_000
#: In so many of them it is asked how many steps a partial order leaves out.
_SAMPLE = 300


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
        self._found: dict[System, Led | None] = {}
        self._notes = notes
        self._proofs = proofs

    def is_known(self, system: System) -> bool:
        """Does nobody have to ask a solver?"""
        if self._proofs is None:
            return False
        schedules = scheduled(system) if self._reductions.schedules else None
        systems = [system] if schedules is None else [system, schedules.system]
        return any(self._proofs.get(one, self._wanted(one)) is not None for one in systems)

    def best(self, system: System) -> Led | None:
        """What leads a search with its faults chosen beforehand; if they cannot be, one of the system as it
        is.
        """
        return self._under_schedules(system) or self.plain(system)

    def plain(self, system: System) -> Led | None:
        """What leads a search of the system as it is, if that pays."""
        if system not in self._found:
            self._found[system] = self._plain(system)
        return self._found[system]

    def _under_schedules(self, system: System) -> Led | None:
        schedules = scheduled(system)
        order = self._proved(schedules.system) if schedules is not None else None
        if schedules is None or order is None:
            return None
        order = schedules.among(order)
        if order is None:
            return None
        found = self._fewest(order, replace(schedules.system, init=order.system.init))
        return Led(found, schedules) if found is not None else None

    def _plain(self, system: System) -> Led | None:
        order = self._proved(system)
        if order is None:
            return None
        found = self._fewest(order, system)
        if found is None:
            self._notes.append("no partial order: it would leave out too few steps")
        return Led(found) if found is not None else None

    def _proved(self, system: System) -> Stubborn | None:
        from dsmc.reduce.order import NoOrderError, ordered

        try:
            return ordered(system, self._wanted(system), self._tick, self._proofs)
        except NoOrderError as why:
            self._notes.append(f"no partial order: {why}")
            return None

    def _wanted(self, system: System) -> frozenset[int]:
        return frozenset(n for n, p in enumerate(system.properties) if p.name in self._names)

    def _fewest(self, order: Stubborn, system: System) -> Stubborn | None:
        """Of what is asked of a step the one that takes fewest in some of the first states; None if so many
        are taken that choosing them costs more.
        """
        known = first_states(PythonMachine(system))
        led = order.led(self._wanted(system))
        possible, most = _counted(led, known)
        if order.staying and self._may_put_off:
            _, fewer = _counted(order, known)
            led, most = (order, fewer) if fewer < most else (led, most)
        return led if most <= self._reductions.pays * possible else None


def first_states(machine: PythonMachine) -> list[Values]:
    """The states that are nearest."""
    found = dict.fromkeys(machine.initial()[0])
    waiting = list(found)
    for state in waiting:
        if len(found) >= _FIRST:
            break
        successors: list[object] = []
        machine.expand(state, successors, [])
        new = [s for s in dict.fromkeys(successors) if s not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return [machine.decode(state) for state in found]


def _counted(order: Stubborn, known: Sequence[Values]) -> tuple[int, int]:
    """How many steps are possible in some of the first states, and how many are taken."""
    machine = GuidedMachine(order)
    sample = known[:: max(1, len(known) // _SAMPLE)]
    names = [variable.name for variable in machine.system.variables]
    states = (machine.encode({name: values[name] for name in names}) for values in sample)
    found = [machine.chosen(state) for state in states]
    return (
        sum(possible.bit_count() for possible, _, _ in found),
        sum(chosen.bit_count() for _, chosen, _ in found),
    )
