"""Breadth-first search, level by level: the first run found to a state is a shortest one.

The same machine gives the same states in the same order, so the same runs, every time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias

from dsmc.engine.growing import EnoughError, Growing
from dsmc.engine.ignored import Ignored
from dsmc.engine.machine import Machine, State
from dsmc.engine.memory import resident_bytes
from dsmc.engine.outcome import NOT_TOLD, Explored, Limits, Pump, Run, Statistics
from dsmc.frozen import Frozen

#: Why a search stopped.
INTERRUPTED = "interrupted"
GROWS = "the messages in flight grow for ever"
OUT_OF_MEMORY = "out of memory"
FIRST_FOUND = "there is a counterexample"
#: How many states are expanded between two looks at the clock and the memory.
_BATCH = 512
#: The number of messages in flight at which it is first asked whether they grow for ever.
FIRST_LOAD = 12
#: How many of the fullest states of a level are looked at then.
_SUSPECTS = 16


class Progress(Frozen):
    """How far a search is; `note` is what is known besides."""

    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float
    note: str = ""


Watcher: TypeAlias = Callable[[Progress], None]
#: Appends the successors of a state: see `Machine`.
Expand: TypeAlias = Callable[[Any, list[Any], list[int]], tuple[int, int]]
#: What states have in common that count as one.
Form: TypeAlias = Callable[[Any], Hashable]


def explore(
    machine: Machine,
    wanted: frozenset[int],
    *,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    to_the_end: bool = False,
    watch: Watcher | None = None,
    canonical: Form | None = None,
) -> Explored:
    """Search until all `wanted` properties are decided, or (`to_the_end`, or one never is) until
    every state was seen, or a limit is met, or Ctrl-C is pressed.

    Of states with the same `canonical` form only the first is kept, as it was found: what leads
    from state to state remains a run.
    """
    search = _Search(machine, wanted, limits, to_the_end, watch, canonical)
    try:
        search.run()
    except KeyboardInterrupt:
        search.stopped = INTERRUPTED
    except EnoughError:
        pass  # a limit was met within a state
    except MemoryError:
        search.parents.clear()
        search.forms.clear()
        search.stopped = OUT_OF_MEMORY
    return search.result()


# ---------------------------------------------------------------- what every search does so


def states_limit(most: int) -> str:
    """Why a search stopped."""
    return f"the limit of {most} states"


def time_limit(seconds: float) -> str:
    """Why a search stopped."""
    return f"the limit of {seconds:g} seconds"


def memory_limit(most: int) -> str:
    """Why a search stopped."""
    size = f"{most >> 20} MiB" if most >> 20 else f"{most >> 10} KiB"
    return f"the limit of {size} of memory"


def is_full(limits: Limits) -> bool:
    """Does the process use as much memory as it may?"""
    return limits.memory is not None and resident_bytes() >= limits.memory


def is_over(stopped: str, depth: int, limits: Limits) -> bool:
    """May nothing more be looked at after a search that was stopped so, with so many levels? Without one,
    not even the initial states are known.
    """
    if stopped and not depth:
        return True
    full = () if limits.memory is None else (memory_limit(limits.memory),)
    return stopped in (INTERRUPTED, FIRST_FOUND, OUT_OF_MEMORY, *full)


def pump_among(
    machine: Machine, full: list[State], path_to: Callable[[State], Sequence[State]]
) -> Pump | None:
    """A run by which messages grow for ever, to one of the states that hold the most of them."""
    load = machine.load
    assert load is not None
    for state in sorted(full, key=lambda s: (-load(s), s))[:_SUSPECTS]:
        path = tuple(path_to(state))
        for start in range(len(path) - 2, -1, -1):
            if machine.pumps(path[start:]):
                return Pump(Run(path), start)
    return None


class _Search:
    def __init__(
        self, machine: Machine, wanted: frozenset[int], limits: Limits, to_the_end: bool,
        watch: Watcher | None, canonical: Form | None,
    ) -> None:  # fmt: skip
        self._machine = machine
        self._wanted = wanted
        self._limits = limits
        self._to_the_end = to_the_end
        self._watch = watch
        self._canonical = canonical
        self._began = time.perf_counter()
        self._load_limit = FIRST_LOAD
        self._initial = 0
        self._levels = 0
        self._level_at: list[int] = []
        partial = machine.partial
        self._ignored = Ignored(machine, partial, canonical) if partial is not None else None
        self._complete = 0
        self._transitions = 0
        self._decided: dict[int, Run] = {}
        self._pump: Pump | None = None
        self.parents: dict[State, State | None] = {}
        self.forms: set[Hashable] = set()
        self.stopped = ""
        self._count = 0
        self._finished = False

    # ------------------------------------------------------------ levels

    def run(self) -> None:
        """Go through the levels."""
        frontier = self._start()
        while frontier and not self.stopped:
            self._levels += 1
            self._level_at.append(len(self.parents) - len(frontier))
            self._look(frontier)
            if self.stopped or self._satisfied():
                break
            frontier = self._level(frontier)
            self._complete += not self.stopped
            frontier = frontier or self._put_off()
        self._finished = not frontier and not self.stopped
        self._tell(len(frontier))

    def _start(self) -> list[State]:
        initial, violated = self._machine.initial(Growing(self._look_at_made))
        for number in violated:
            self._decided.setdefault(number, Run((), in_step=True))
        self._initial = len(initial)
        self._look_outside([state for state in initial if self._outside(state)], None)
        inside = [state for state in initial if not self._outside(state)]
        if self._canonical is not None:
            inside = self._first_of_form(inside, self._canonical)
        self.parents = dict.fromkeys(inside)
        return inside

    def _outside(self, state: State) -> bool:
        within = self._machine.is_within
        return within is not None and not within(state)

    def _level(self, frontier: list[State]) -> list[State]:
        """Expand all states of a level; the new states, in order."""
        found: list[State] = []
        for start in range(0, len(frontier), _BATCH):
            self._expand(frontier[start : start + _BATCH], found, self._machine.expand)
            self._check_limits(len(found))
            if self.stopped:
                break
        return found

    def _put_off(self) -> list[State]:
        """What is found by steps that were put off for ever; all else was seen."""
        if self._ignored is None or self.stopped:
            return []
        found: list[State] = []
        states = self._ignored.among(list(self.parents), self._level_at)
        self._expand(states, found, self._ignored.lead)
        self._check_limits(len(found))
        return found

    def _expand(self, batch: list[State], found: list[State], expand: Expand) -> None:
        """The hot loop."""
        parents = self.parents
        machine, canonical = self._machine, self._canonical
        simple = not (
            machine.step_deciders or machine.rest_deciders or machine.stuck_deciders
            or machine.is_within
        )  # fmt: skip
        violated: list[int] = []
        for state in batch:
            successors: list[Any] = Growing(self._look_at_made)
            counts = expand(state, successors, violated)
            self._transitions += len(successors)
            cut_off = machine.error in violated
            if violated:
                self._note_steps(state, violated)
            if not simple:
                successors = self._examined(state, successors, counts, cut_off)
            if canonical is not None:
                successors = self._first_of_form(successors, canonical)
            for successor in successors:
                if successor not in parents:
                    parents[successor] = state
                    found.append(successor)

    def _first_of_form(self, states: list[Any], canonical: Form) -> list[Any]:
        """The states whose form no state had before."""
        new = []
        for state in states:
            if state not in self.parents:
                form = canonical(state)
                if form not in self.forms:
                    self.forms.add(form)
                    new.append(state)
        return new

    # ------------------------------------------------------------ properties

    def _satisfied(self) -> bool:
        """Is everything decided that was asked for, or enough?"""
        if not self._limits.enough.isdisjoint(self._decided):
            self.stopped = FIRST_FOUND
        wanted = self._wanted - self._limits.aside
        return bool(self.stopped) or (not self._to_the_end and wanted <= self._decided.keys())

    def _look(self, states: list[State]) -> None:
        """What do the states of a level decide?"""
        for number, decide in self._machine.state_deciders.items():
            if number not in self._decided and number in self._wanted:
                index = decide(states)
                if index >= 0:
                    self._decided[number] = Run(self.path(states[index]))
        self._look_for_pumps(states)

    def _note_steps(self, state: State, violated: list[int]) -> None:
        for number in violated:
            if number not in self._decided:
                self._decided[number] = Run(self.path(state), in_step=True)
        violated.clear()

    def _examined(
        self, state: State, successors: list[Any], counts: tuple[int, int], cut_off: bool
    ) -> list[Any]:
        """Check what steps and states at rest decide; the successors inside the bound. A state with a
        step that has no result (`cut_off`) is not at rest.
        """
        for number, decide in self._machine.step_deciders.items():
            if number not in self._decided and number in self._wanted:
                index = decide(state, successors)
                if index >= 0:
                    target = successors[index]
                    self._decided[number] = Run(self.path(state), in_step=True, target=target)
        ends = (self._machine.rest_deciders, self._machine.stuck_deciders)
        for count, deciders in zip(counts, ends, strict=True):
            if (
                deciders
                and not cut_off
                and all(successor == state for successor in successors[:count])
            ):
                self._look_at_end(state, deciders)
        outside = [s for s in successors if self._outside(s)]
        if not outside:
            return successors
        self._look_outside(outside, state)
        return [s for s in successors if not self._outside(s)]

    def _look_at_end(self, state: State, deciders: Mapping[int, Callable[[Any], bool]]) -> None:
        for number, violates in deciders.items():
            if number not in self._decided and number in self._wanted and violates(state):
                self._decided[number] = Run(self.path(state))

    def _look_outside(self, states: list[State], parent: State | None) -> None:
        """States beyond the bound are checked, but not kept."""
        for number, decide in self._machine.state_deciders.items():
            if states and number not in self._decided and number in self._wanted:
                index = decide(states)
                if index >= 0:
                    before = self.path(parent) if parent is not None else ()
                    self._decided[number] = Run((*before, states[index]))

    def path(self, state: State) -> tuple[State, ...]:
        """The states from an initial one to this one."""
        path = [state]
        while (parent := self.parents[path[-1]]) is not None:
            path.append(parent)
        return tuple(reversed(path))

    # ------------------------------------------------------------ growth

    def _look_for_pumps(self, states: list[State]) -> None:
        """Do messages in flight grow for ever? Asked each time their number has doubled."""
        load = self._machine.load
        if load is None:
            return
        full = [s for s in states if load(s) > self._load_limit]
        self._pump = pump_among(self._machine, full, self.path)
        if self._pump is not None:
            self.stopped = GROWS
        elif full:
            self._load_limit *= 2

    # ------------------------------------------------------------ limits

    def _look_at_made(self, made: list[Any]) -> None:
        """Are the successors of one state too many? Which are equal is asked for each time that they have
        doubled.
        """
        doubled = not len(made) & (len(made) - 1)
        self._check_limits(0, len(set(made).difference(self.parents)) if doubled else 0)
        if self.stopped:
            raise EnoughError

    def _check_limits(self, frontier: int, new: int = 0) -> None:
        self._tell(frontier)
        limits = self._limits
        if limits.states is not None and len(self.parents) + new >= limits.states:
            self.stopped = states_limit(limits.states)
        elif limits.seconds is not None and self._seconds >= limits.seconds:
            self.stopped = time_limit(limits.all_seconds)
        elif is_full(limits):
            self.stopped = memory_limit(limits.memory or 0)

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    def _tell(self, frontier: int) -> None:
        self._count = len(self.parents) or self._count
        if self._watch is not None:
            progress = Progress(
                self._count, self._transitions, self._levels, frontier, self._seconds
            )
            self._watch(progress)

    # ------------------------------------------------------------ the result

    def result(self) -> Explored:
        """What was found out."""
        statistics = Statistics(
            states=len(self.parents) or self._count, transitions=self._transitions,
            initial=self._initial, depth=self._levels, complete_depth=self._complete,
            seconds=self._seconds, complete=self._finished, stopped=self.stopped,
        )  # fmt: skip
        untold = self._decided.keys() & self._limits.untold
        return Explored(self._decided | dict.fromkeys(untold, NOT_TOLD), statistics, self._pump)
