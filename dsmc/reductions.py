"""A search with reductions: small spaces as they are, larger ones by what is left of them.

What is small is answered as if there were no reductions, so its counts and runs are those of the
system. Of what is larger, runs of reduced systems are taken in the system itself.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from dsmc.backends.python.guided import GuidedMachine
from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How
from dsmc.backends.tiers import search as search_plainly
from dsmc.engine.outcome import Explored, Limits, Pump, Run, Statistics, Whole
from dsmc.engine.search import INTERRUPTED, Watcher, states_limit, time_limit
from dsmc.frozen import replace
from dsmc.ir.system import System
from dsmc.reduce.permute import Named, Values
from dsmc.reduce.plan import Reduced, Reductions, plan, told
from dsmc.reduce.stubborn import Stubborn
from dsmc.traces.lift import Lift, shows
from dsmc.traces.replay import ReplayError

_PLAIN = "a search that is kept on disk is without reductions"
#: So many states say how large slices are.
_FIRST = 3_000
#: In so many of them it is asked how many steps a partial order leaves out.
_SAMPLE = 300


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
) -> Explored:
    """See `engine.search.explore`. To see every state (`to_the_end`) is to see the system as it is; and
    what is kept on disk is one search, not several.

    Raises `ReplayError` if a run that was found with reductions is none of the system's.
    """
    if to_the_end or how.checkpoint or not reductions.any:
        found = search_plainly(
            machine, wanted, how, limits=limits, to_the_end=to_the_end, watch=watch, whole=whole
        )
        plain = bool(how.checkpoint) and reductions.any and not to_the_end
        return replace(found, notes=(*found.notes, *([_PLAIN] * plain)))
    return _Search(machine, wanted, how, limits, watch, reductions).explored()


class _Search:
    def __init__(
        self, machine: PythonMachine, wanted: frozenset[int], how: How, limits: Limits,
        watch: Watcher | None, reductions: Reductions,
    ) -> None:  # fmt: skip
        self._machine = machine
        self._reductions = reductions
        self._wanted = wanted
        self._how = how
        self._limits = limits
        self._watch = watch
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
        system, reductions = self._machine.system, self._reductions
        parts = plan(system, reductions, self._first_states)
        first = self._first_limits()
        if first is not None:
            found = self._planned(parts, first)
            if first is self._limits or found.statistics.stopped != states_limit(first.states or 0):
                return found
            self._go_on_from(found)
        try:
            ordered = plan(system, reductions, self._first_states, self._ordered)
        except KeyboardInterrupt:
            if first is None:
                raise
            return replace(found, statistics=replace(found.statistics, stopped=INTERRUPTED))
        return self._planned(ordered, self._limits)

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

    def _first_states(self) -> Sequence[Values]:
        found = dict.fromkeys(self._machine.initial()[0])
        waiting = list(found)
        for state in waiting:
            if len(found) >= _FIRST:
                break
            successors: list[object] = []
            self._machine.expand(state, successors, [])
            new = [s for s in dict.fromkeys(successors) if s not in found]
            found.update(dict.fromkeys(new))
            waiting += new
        return [self._machine.decode(state) for state in found]

    # ------------------------------------------------------------ which steps are enough

    def _ordered(self, system: System) -> Stubborn | None:
        from dsmc.reduce.order import NoOrderError, ordered

        error = self._machine.error  # no search waits for it, and none may miss it
        names = {self._machine.system.properties[n].name for n in (*self._wanted, error)}
        wanted = frozenset(n for n, p in enumerate(system.properties) if p.name in names)
        try:
            order = ordered(system, wanted, self._tick)
        except NoOrderError as why:
            self._notes.append(f"no partial order: {why}")
            return None
        found = self._fewest(order, wanted)
        if found is None:
            self._notes.append("no partial order: it would leave out too few steps")
        return found

    def _tick(self) -> None:
        from dsmc.reduce.order import NoOrderError

        if self._seconds_left() == 0:
            raise NoOrderError("there was no time left for it")

    def _fewest(self, order: Stubborn, wanted: frozenset[int]) -> Stubborn | None:
        """Of what is asked of a step the one that takes fewest in some of the first states; None if so many
        are taken that choosing them costs more.
        """
        led = order.led(wanted)
        possible, most = self._counted(led)
        if order.staying and self._may_put_off:
            _, fewer = self._counted(order)
            led, most = (order, fewer) if fewer < most else (led, most)
        return led if most <= self._reductions.pays * possible else None

    @property
    def _may_put_off(self) -> bool:
        """Only breadth first, and where states are kept as they are."""
        kept = (self._how.order, self._how.store) == ("breadth", "exact")
        return kept and not self._reductions.led

    def _counted(self, order: Stubborn) -> tuple[int, int]:
        """How many steps are possible in some of the first states, and how many are taken."""
        machine = GuidedMachine(order)
        known = self._first_states()
        sample = known[:: max(1, len(known) // _SAMPLE)]
        names = [variable.name for variable in machine.system.variables]
        states = (machine.encode({name: values[name] for name in names}) for values in sample)
        found = [machine.chosen(state) for state in states]
        return (
            sum(possible.bit_count() for possible, _, _ in found),
            sum(chosen.bit_count() for _, chosen, _ in found),
        )

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
            return self._shortest(replace(part, order=None, types=()), limits, self._wanted)
        untold = {n: run for n, run in first.decided.items() if n in self._limits.untold}
        first = replace(first, decided={n: r for n, r in first.decided.items() if n not in untold})
        found = replace(first, decided={})
        if first.decided and first.statistics.stopped != INTERRUPTED:
            wanted = self._wanted - first.proven - untold.keys()
            asked = self._names(wanted | {self._machine.error})
            numbers = (n for n, p in enumerate(order.system.properties) if p.name in asked)
            led = replace(part, order=order.led(frozenset(numbers)))
            found = after(first, self._shortest(led, limits, wanted))
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
        limits = replace(limits, seconds=self._seconds_left())
        found = search_plainly(
            machine, wanted, self._how, limits=limits, to_the_end=False, watch=self._watch,
            symmetric=symmetric,
        )  # fmt: skip
        s = found.statistics
        if limits.seconds is not None and s.stopped == time_limit(limits.seconds):
            assert self._limits.seconds is not None
            s = replace(s, stopped=time_limit(self._limits.seconds))
        return replace(found, statistics=s)

    def _seconds_left(self) -> float | None:
        seconds = self._limits.seconds
        return seconds and max(0.0, seconds - (time.perf_counter() - self._began))

    def _lifted(
        self, found: Explored, machine: PythonMachine, part: Reduced, *, untold: frozenset[int]
    ) -> Explored:
        """The same of the system itself."""
        every = (
            PythonMachine(part.system) if part.order else machine
        )  # the same states, and all steps
        lift = Lift(self._machine, every, part.forgotten)
        numbers = [self._numbers[p.name] for p in machine.system.properties]
        decided = {numbers[n]: run for n, run in found.decided.items()}
        for number in decided.keys() - untold:
            decided[number] = lift.run(decided[number])
            self._look_again(number, decided[number])
        pump = found.pump and Pump(lift.run(found.pump.run), found.pump.start)
        proven = frozenset(numbers) - decided.keys() if found.statistics.complete else frozenset()
        return Explored(decided, found.statistics, pump, proven)

    def _look_again(self, number: int, run: Run) -> None:
        if not shows(self._machine, number, run):
            name = self._machine.system.properties[number].name
            raise ReplayError(f"the run that was found with reductions does not decide {name}")


def after(first: Explored, found: Explored) -> Explored:
    """What a search has found that tells of runs, after one that does not."""
    before, last = first.statistics, found.statistics
    counted = replace(
        last, states=before.states + last.states, transitions=before.transitions + last.transitions,
        seconds=before.seconds + last.seconds, preparation=before.preparation + last.preparation,
    )  # fmt: skip
    return replace(found, statistics=counted, proven=first.proven | found.proven)


def together(found: Sequence[Explored], parts: Sequence[Reduced]) -> Explored:
    """What the searches of the parts found, as far as they got: of each property the shortest run."""
    decided: dict[int, Run] = {}
    for explored in found:
        for number, run in explored.decided.items():
            if number not in decided or run.length < decided[number].length:
                decided[number] = run
    proven = frozenset[int]().union(*(explored.proven for explored in found))
    pump = next((explored.pump for explored in found if explored.pump), None)
    each = [explored.statistics for explored in found]
    return Explored(decided, _sum(each, parts), pump, proven)


def _sum(each: Sequence[Statistics], parts: Sequence[Reduced]) -> Statistics:
    complete = len(each) == len(parts) and all(s.complete for s in each)
    unreduced = each[0].unreduced if len(parts) == 1 else 0
    return Statistics(
        states=sum(s.states for s in each), transitions=sum(s.transitions for s in each),
        initial=sum(s.initial for s in each), depth=max(s.depth for s in each),
        complete_depth=min(s.complete_depth for s in each),
        seconds=sum(s.seconds for s in each), complete=complete,
        stopped=each[-1].stopped, engine=max(each, key=lambda s: s.states).engine,
        preparation=sum(s.preparation for s in each), unreduced=unreduced,
        reductions=told(parts, unreduced / max(each[0].states, 1)),
    )  # fmt: skip
