"""A search with reductions: small spaces as they are, larger ones by what is left of them.

What is small is answered as if there were no reductions, so its counts and runs are those of the
system. Of what is larger, runs of reduced systems are taken in the system itself.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Collection, Sequence

from dsmc.backends.python.guided import GuidedMachine
from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How
from dsmc.backends.tiers import search as search_plainly
from dsmc.engine.machine import State
from dsmc.engine.outcome import Explored, Limits, Pump, Run, Whole
from dsmc.engine.search import INTERRUPTED, Watcher, states_limit
from dsmc.frozen import replace
from dsmc.reduce.permute import Named
from dsmc.reduce.plan import Ordered, Reduced, Reductions, plan
from dsmc.reduce.proofs import Proofs
from dsmc.reduce.schedules import Schedules
from dsmc.reduce.stubborn import Stubborn
from dsmc.reductions.ordering import Ordering, first_states
from dsmc.reductions.together import after, together
from dsmc.traces.lift import Lift, shows
from dsmc.traces.replay import ReplayError

_PLAIN = "a search that is kept on disk is without reductions"
#: After so many states a search whose faults are chosen beforehand is given up, and one with budgets begins.
_TRIED = 1_000_000


def search(
    machine: PythonMachine,
    wanted: frozenset[int],
    how: How,
    reductions: Reductions,
    *,
    limits: Limits,
    to_the_end: bool = False,
    watch: Watcher | None = None,
    whole: Whole | None = None,
    proofs: Proofs | None = None,
) -> Explored:
    """See `engine.search.explore`. To see every state (`to_the_end`) is to see the system as it is; and
    what is kept on disk is one search, not several. What a solver has answered is kept as `proofs`.

    Raises `ReplayError` if a run that was found with reductions is none of the system's.
    """
    if to_the_end or how.checkpoint or not reductions.any:
        found = search_plainly(
            machine, wanted, how, limits=limits, to_the_end=to_the_end, watch=watch, whole=whole
        )
        plain = bool(how.checkpoint) and reductions.any and not to_the_end
        return replace(found, notes=(*found.notes, *([_PLAIN] * plain)))
    return _Search(machine, wanted, how, limits, watch, reductions, proofs).explored()


class _Search:
    def __init__(
        self, machine: PythonMachine, wanted: frozenset[int], how: How, limits: Limits,
        watch: Watcher | None, reductions: Reductions, proofs: Proofs | None,
    ) -> None:  # fmt: skip
        self._machine = machine
        self._reductions = reductions
        self._wanted = wanted
        self._how = how
        self._limits = limits
        self._watch = watch
        self._proofs = proofs
        self._began = time.perf_counter()
        self._known: dict[int, Run] = {}
        self._notes: list[str] = []
        self._numbers = {p.name: n for n, p in enumerate(machine.system.properties)}

    def explored(self) -> Explored:
        most = self._reductions.after
        if self._limits.states is not None and self._limits.states <= most:
            return self._plainly(self._limits)
        if most:
            found = self._plainly(replace(self._limits, states=most))
            if found.statistics.stopped != states_limit(most):
                return found
            self._go_on_from(found)
        found = self._less()
        preparation = time.perf_counter() - self._began - found.statistics.seconds
        statistics = replace(found.statistics, preparation=preparation)
        notes = tuple(dict.fromkeys((*found.notes, *self._notes)))
        decided = found.decided | self._known
        return replace(found, decided=decided, statistics=statistics, notes=notes)

    def _less(self) -> Explored:
        """With what costs little; and only if that is not enough with an order of steps too."""
        found, first = None, self._first_limits()
        parts = self._plan() if first is not None else ()
        if first is self._limits or (first is not None and not self._is_proved(parts)):
            found = self._planned(parts, first)
            if first is self._limits or found.statistics.stopped != states_limit(first.states or 0):
                return found
            self._go_on_from(found)
        try:
            return self._led()
        except KeyboardInterrupt:
            if found is None:
                raise
            return replace(found, statistics=replace(found.statistics, stopped=INTERRUPTED))

    def _is_proved(self, parts: Sequence[Reduced]) -> bool:
        """Is it known from an earlier time how steps may be ordered?"""
        ordering = self._ordering()
        systems = [part.system for part in parts] or [self._machine.system]
        return all(map(ordering.is_known, systems))

    def _led(self) -> Explored:
        """With an order of steps: under schedules of faults, as long as these are not too many states."""
        ordering = self._ordering()
        parts = self._plan(ordering.best) if self._reductions.schedules else ()
        if any(part.schedules for part in parts):
            most = min(_TRIED, self._limits.states or _TRIED)
            found = self._planned(parts, replace(self._limits, states=most))
            if found.statistics.stopped != states_limit(most):
                return found
            self._go_on_from(found)
        return self._planned(self._plan(ordering.plain), self._limits)

    def _plan(self, ordered: Ordered = lambda _: None) -> tuple[Reduced, ...]:
        system, first = self._machine.system, functools.partial(first_states, self._machine)
        return plan(system, self._reductions, first, ordered)

    def _ordering(self) -> Ordering:
        error = self._machine.error  # no search waits for it, and none may miss it
        names = frozenset(self._names((*self._wanted, error)))
        kept = (self._how.order, self._how.store) == ("breadth", "exact")
        return Ordering(names, self._reductions, kept, self._tick, self._notes, self._proofs)

    def _tick(self) -> None:
        from dsmc.reduce.order import NoOrderError

        if self._seconds_left() == 0:
            raise NoOrderError("there was no time left for it")

    def _first_limits(self) -> Limits | None:
        """The limits of what is done before a solver is asked; None if it is asked at once."""
        most, patience = self._limits.states, self._reductions.patience
        if not self._reductions.partial_order or (most is not None and most <= patience):
            return self._limits
        return replace(self._limits, states=patience) if patience else None

    def _planned(self, parts: Sequence[Reduced], limits: Limits) -> Explored:
        return self._in_parts(parts, limits) if parts else self._plainly(limits)

    def _go_on_from(self, found: Explored) -> None:
        """What whole levels decided is decided, by shortest runs; where C was needed, it will be again."""
        self._known |= found.decided
        self._wanted -= found.decided.keys()
        if found.statistics.engine.name == "c":
            self._how = replace(self._how, engine="c")

    # ------------------------------------------------------------ the system as it is

    def _plainly(self, limits: Limits) -> Explored:
        return self._timed(self._machine, self._wanted, limits)

    # ------------------------------------------------------------ what is left of it

    def _in_parts(self, parts: Sequence[Reduced], limits: Limits) -> Explored:
        """Search one part after the other, until one is stopped."""
        found: list[Explored] = []
        for part in parts:
            found.append(self._part(part, limits))
            if found[-1].statistics.stopped:
                break
        return together(found, parts)

    def _part(self, part: Reduced, limits: Limits) -> Explored:
        """Where violations stay it is first asked whether there are any, and then for the shortest runs."""
        if part.order is None or not part.order.staying:
            return self._shortest(part, limits, self._wanted)
        machine = GuidedMachine(part.order)
        every = frozenset(self._numbers.values())
        found = self._searched(machine, part.types, replace(limits, untold=every), self._wanted)
        found = self._lifted(found, machine, part, untold=every)
        return self._shown(found, part, part.order, limits) if found.decided else found

    def _shown(self, first: Explored, part: Reduced, order: Stubborn, limits: Limits) -> Explored:
        """With the shortest runs to what was found without telling of them, if somebody wants to see them."""
        if self._machine.error in first.decided:
            return self._shortest(replace(part, led=None, types=()), limits, self._wanted)
        untold = {n: run for n, run in first.decided.items() if n in self._limits.untold}
        first = replace(first, decided={n: r for n, r in first.decided.items() if n not in untold})
        found = replace(first, decided={})
        if first.decided and first.statistics.stopped != INTERRUPTED:
            wanted = self._wanted - first.proven - untold.keys()
            asked = self._names(wanted | {self._machine.error})
            numbers = (n for n, p in enumerate(order.system.properties) if p.name in asked)
            assert part.led is not None
            led = replace(part.led, order=order.led(frozenset(numbers)))
            found = after(first, self._shortest(replace(part, led=led), limits, wanted))
        lost = self._names(first.decided.keys() - found.decided)
        if lost and found.statistics.complete:
            raise ReplayError(f"no run leads to what was found of {', '.join(lost)}")
        self._notes += [f"{name}: decided, but by no run that was found in time" for name in lost]
        return replace(found, decided={**untold, **found.decided})

    def _names(self, numbers: Collection[int]) -> list[str]:
        return [self._machine.system.properties[n].name for n in sorted(numbers)]

    def _shortest(self, part: Reduced, limits: Limits, wanted: frozenset[int]) -> Explored:
        machine = PythonMachine(part.system) if part.order is None else GuidedMachine(part.order)
        found = self._searched(machine, part.types, limits, wanted)
        less = part.types or part.order
        if less and machine.error in found.decided and not found.statistics.stopped:
            # What else such a step would have done depends on the order of the names, and of the steps.
            machine = PythonMachine(part.system)
            found = self._searched(machine, (), limits, self._wanted)
        return self._lifted(found, machine, part, untold=self._limits.untold)

    def _searched(
        self, machine: PythonMachine, symmetric: tuple[Named, ...], limits: Limits,
        wanted: frozenset[int],
    ) -> Explored:  # fmt: skip
        own = {self._numbers[p.name]: n for n, p in enumerate(machine.system.properties)}
        enough, aside, untold, wanted = (
            frozenset(own[n] for n in numbers if n in own)
            for numbers in (limits.enough, limits.aside, limits.untold, wanted)
        )
        limits = replace(limits, enough=enough, aside=aside, untold=untold)
        return self._timed(machine, wanted, limits, symmetric)

    def _timed(
        self, machine: PythonMachine, wanted: frozenset[int], limits: Limits,
        symmetric: tuple[Named, ...] = (),
    ) -> Explored:  # fmt: skip
        """One search of several: the time is for all of them."""
        return search_plainly(
            machine, wanted, self._how, limits=limits.with_left(self._seconds_left()),
            to_the_end=False, watch=self._watch, symmetric=symmetric,
        )  # fmt: skip

    def _seconds_left(self) -> float | None:
        seconds = self._limits.seconds
        return seconds and max(0.0, seconds - (time.perf_counter() - self._began))

    def _lifted(
        self, found: Explored, machine: PythonMachine, part: Reduced, *, untold: frozenset[int]
    ) -> Explored:
        """The same of the system itself."""
        every = PythonMachine(part.system) if part.order else machine  # all steps of each state
        lift = Lift(self._machine, every, part.forgotten)

        def lifted(run: Run) -> Run:
            if part.schedules is not None and isinstance(machine, GuidedMachine):
                run = _with_budgets(run, machine, every, part.schedules)
            return lift.run(run)

        numbers = [self._numbers[p.name] for p in machine.system.properties]
        decided = {numbers[n]: run for n, run in found.decided.items()}
        for number in decided.keys() - untold:
            decided[number] = lifted(decided[number])
            self._look_again(number, decided[number])
        pump = found.pump and Pump(lifted(found.pump.run), found.pump.start)
        proven = frozenset(numbers) - decided.keys() if found.statistics.complete else frozenset()
        return Explored(decided, found.statistics, pump, proven)

    def _look_again(self, number: int, run: Run) -> None:
        if not shows(self._machine, number, run):
            name = self._machine.system.properties[number].name
            raise ReplayError(f"the run that was found with reductions does not decide {name}")


def _with_budgets(
    run: Run, machine: PythonMachine, every: PythonMachine, schedules: Schedules
) -> Run:
    """A run under a schedule as one of the system with budgets."""

    def plain(state: State) -> State:
        return every.encode(schedules.plain(machine.decode(state)))

    target = None if run.target is None else plain(run.target)
    return replace(run, states=tuple(map(plain, run.states)), target=target)
