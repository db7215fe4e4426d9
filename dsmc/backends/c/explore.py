"""`engine.search.explore`, by the search in C: the same answers, the same runs."""

from __future__ import annotations

import os
import time

from dsmc.backends.c import build
from dsmc.backends.c.checkpoint import identity
from dsmc.backends.c.cooling import Cooler
from dsmc.backends.c.driver import (
    FINISHED,
    KEY,
    LOADED,
    NO_MEMORY,
    PAUSED,
    TOO_MANY,
    Driver,
    LostError,
)
from dsmc.backends.c.generate import generate, knows_whole_runs
from dsmc.backends.c.keeping import Checkpoint, Keeper
from dsmc.backends.c.layout import Layout
from dsmc.backends.c.tier import Tier
from dsmc.backends.c.told import Told
from dsmc.backends.python.machine import PythonMachine
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.engine.machine import State
from dsmc.engine.outcome import NOT_TOLD, Engine, Explored, Limits, Pump, Run, Statistics, Whole
from dsmc.engine.search import (
    FIRST_FOUND,
    FIRST_LOAD,
    GROWS,
    INTERRUPTED,
    OUT_OF_MEMORY,
    Progress,
    Watcher,
    is_full,
    is_over,
    memory_limit,
    pump_among,
    states_limit,
    time_limit,
)
from dsmc.frozen import Frozen, replace
from dsmc.ir.expr import TRUE
from dsmc.reduce.permute import Named
from dsmc.source import NOWHERE

#: The first slices are short, so that faster code takes over soon.
_FIRST_SLICE = 0.02
_SLICE = 0.1
#: A search that lives so long is worth compiling the search, which is kept for all others, …
_FIRST_PATIENCE = 0.1
#: … and one that lives so long is worth compiling the model.
_PATIENCE = 0.2


_HISTORIES = Diagnostic(
    "D716", "a checkpoint cannot keep what is remembered of histories", NOWHERE, "",
    "leave out --checkpoint, or the guarantees: --property takes the others",
)  # fmt: skip


def cores() -> int:
    """How many threads there may be."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Manner(Frozen):
    """With how many threads (0: as many as there are cores); whether states are told apart by
    `fingerprints`; whether what was found last is expanded first (`depth_first`); and by which `compiler`
    (empty: by TinyCC at once, by the system's as soon as it is ready).
    """

    threads: int = 0
    fingerprints: bool = False
    depth_first: bool = False
    compiler: str = ""


def explore(
    machine: PythonMachine,
    wanted: frozenset[int],
    *,
    manner: Manner = Manner(),  # noqa: B008 - immutable
    limits: Limits = Limits(),  # noqa: B008 - immutable
    to_the_end: bool = False,
    watch: Watcher | None = None,
    asked: float | None = None,
    checkpoint: Checkpoint | None = None,
    symmetric: tuple[Named, ...] = (),
    whole: Whole | None = None,
) -> Explored:
    """See `engine.search.explore`. The time is limited from when the answer was `asked` for. With a
    `checkpoint`, what was found is kept on disk. States that differ in names of the `symmetric` types
    only count as one. Where the states are kept as they are, `whole` is asked what holds of whole runs.
    Raises `CompileError` where nothing can be compiled, `Mistakes` if a checkpoint is not of this
    search.
    """
    asked = time.perf_counter() if asked is None else asked
    try:
        search = _Search(machine, wanted, manner, limits, to_the_end, watch, asked, symmetric)
    except KeyboardInterrupt:
        return _nothing(INTERRUPTED, asked)
    except MemoryError:
        return _nothing(OUT_OF_MEMORY, asked)
    try:
        search.keep(checkpoint)
        return search.with_lives(search.run(), whole)
    finally:
        search.close()


def error_bound(states: int) -> str:
    """How likely it is that two of so many states have the same fingerprint: no more than the number of
    pairs over that of fingerprints.
    """
    most = states * (states - 1) / 2**65
    return (
        f"states were told apart by fingerprints of 64 bits: the probability that one was missed is at"
        f" most {most:.1e}"
    )


def _nothing(stopped: str, asked: float) -> Explored:
    """What is known of a search that did not begin."""
    preparation = time.perf_counter() - asked
    statistics = Statistics(
        0, 0, 0, 0, 0, 0.0, complete=False, stopped=stopped, preparation=preparation
    )
    return Explored({}, statistics)


def _tiers(text: str, compiler: str) -> tuple[Tier, Tier]:
    """The code of the model and of the search, with something to run. Raises `CompileError`."""
    model = Tier(text, build.MODEL_FLAGS, shared=False, compiler=compiler)
    search = Tier(build.search_text(), build.SEARCH_FLAGS, shared=True, compiler=compiler)
    for tier in (model, search):
        tier.begin()
    for tier in (model, search):
        tier.wait()
    return model, search


class _Search:
    def __init__(
        self, machine: PythonMachine, wanted: frozenset[int], manner: Manner, limits: Limits,
        to_the_end: bool, watch: Watcher | None, asked: float, symmetric: tuple[Named, ...],
    ) -> None:  # fmt: skip
        self._asked = asked
        self._machine = machine
        self._wanted = wanted
        self._limits = limits
        self._to_the_end = to_the_end
        self._watch = watch
        self._threads = 1 if manner.depth_first else manner.threads or cores()
        self._depth_first = manner.depth_first
        self._symmetric = symmetric
        layout = Layout(machine.system)
        self._text = generate(machine.system, layout, symmetric, order=machine.order)
        self._model, self._code = _tiers(self._text, manner.compiler)
        self._driver = Driver(
            machine.system,
            layout,
            self._model,
            self._code,
            self._threads,
            wanted,
            limits.states,
            fingerprints=manner.fingerprints,
        )
        self._driver.ask(self._meets_limit)
        self._keeper: Keeper | None = None
        self._cooler = Cooler()
        self._stopped = ""
        self._finished = False
        self._load_limit = FIRST_LOAD
        self._pump: Pump | None = None
        self._pumping = 0.0
        self._began = time.perf_counter()

    def close(self) -> None:
        """Wait for nothing more, give the memory back."""
        self._driver.close()
        self._cooler.close()
        self._model.close()
        self._code.close()

    # ------------------------------------------------------------ searching

    def keep(self, where: Checkpoint | None) -> None:
        """Write checkpoints."""
        if where is not None and self._machine.system.observers:
            raise Mistakes((_HISTORIES,))
        if where is not None:
            whose = identity(self._text, self._wanted, to_the_end=self._to_the_end)
            self._keeper = Keeper(where, whose)

    def run(self) -> Explored:
        """Search, until something ends it."""
        try:
            self._go(self._begin())
        except KeyboardInterrupt:
            self._stopped = INTERRUPTED
        except MemoryError:
            self._stopped = OUT_OF_MEMORY
        if self._keeper is not None and self._stopped:
            self._keeper.save(self._driver)
        return self._result()

    def with_lives(self, explored: Explored, whole: Whole | None) -> Explored:
        """What holds of whole runs as well, of the states that were found."""
        plain = not (self._symmetric or self._depth_first or self._driver.has_fingerprints())
        known = plain and knows_whole_runs(self._machine.system)
        over = is_over(self._stopped, explored.statistics.depth, self._limits)
        if whole is None or not known or over:
            return explored
        return replace(explored, lives=whole(self._driver, self._stopped))

    def _begin(self) -> int:
        """The initial states, or those of the checkpoint; what they decide."""
        event = self._keeper.begin(self._driver) if self._keeper is not None else None
        if event is not None:
            self._load_limit = self._driver.mark().load_limit
            return event
        self._driver.load_limit(self._load_limit)
        event = self._driver.begin()
        if self._depth_first and not self._stopped:
            self._driver.first_dive()
        return event

    def _go(self, event: int) -> None:
        """Slice by slice, until everything is known or a limit is met."""
        while not self._settled(event):
            left = self._seconds_left()
            length = _SLICE if self._seconds > _PATIENCE else _FIRST_SLICE
            run = self._driver.dive if self._depth_first else self._driver.run
            event = run(min(length, left))
            self._tell()
            self._order()
            self._driver.take_what_came()
            if self._keeper is not None:
                self._keeper.look(self._driver)
            if not self._depth_first:
                self._cooler.look(self._driver)

    def _order(self) -> None:
        """What lives long gets something faster."""
        if self._seconds > _FIRST_PATIENCE:
            self._code.order()
        if self._seconds > _PATIENCE:
            self._model.order()

    def _settled(self, event: int) -> bool:
        """Is there nothing more to do?"""
        frontier = self._driver.stats()[4]
        if event in (NO_MEMORY, TOO_MANY):
            self._stopped = (
                OUT_OF_MEMORY if event == NO_MEMORY else states_limit(self._limits.states or 0)
            )
        elif event == LOADED:
            self._look_for_pump()
        if self._is_end(event) and not frontier and not self._stopped:
            self._finished = True
        if event == FINISHED or self._stopped or self._finished or self._satisfied(event):
            return True
        return self._meets_limit()

    def _meets_limit(self) -> bool:
        if self._seconds_left() <= 0:
            self._stopped = time_limit(self._limits.all_seconds)
        elif is_full(self._limits):
            self._stopped = memory_limit(self._limits.memory or 0)
        return bool(self._stopped)

    def _is_end(self, event: int) -> bool:
        """Is nothing left once there are no new states? Where steps are put off, it is looked for them."""
        return event == FINISHED or (event != PAUSED and self._machine.partial is None)

    def _satisfied(self, event: int) -> bool:
        if event == PAUSED:
            return False
        decided = self._driver.decided().keys()
        if not self._limits.enough.isdisjoint(decided):
            self._stopped = FIRST_FOUND
        wanted = self._wanted - self._limits.aside
        return bool(self._stopped) or (not self._to_the_end and wanted <= decided)

    def _look_for_pump(self) -> None:
        """For no longer, all in all, than the search itself has taken."""
        level = self._driver.stats()[3]
        suspects = {self._driver.state(key): key for key in self._driver.loaded()}

        began = time.perf_counter()
        searching = self._seconds - self._pumping
        end = began + min(self._seconds_left(), max(_PATIENCE, searching) - self._pumping)

        def path_to(state: State) -> list[State]:
            if time.perf_counter() >= end:  # to be found later, if at all: the search goes on
                return []
            try:
                return self._driver.path(0, level, KEY, suspects[state])
            except LostError:
                return []

        self._pump = pump_among(self._machine, list(suspects), path_to)
        self._pumping += time.perf_counter() - began
        if self._pump is not None:
            self._stopped = GROWS
        self._load_limit *= 2
        self._driver.load_limit(self._load_limit)

    # ------------------------------------------------------------ limits

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    def _seconds_left(self) -> float:
        limit = self._limits.seconds
        return float("inf") if limit is None else self._asked + limit - time.perf_counter()

    def _tell(self) -> None:
        if self._watch is not None:
            states, transitions, _, levels, frontier = self._driver.stats()
            self._watch(Progress(states, transitions, levels, frontier, self._seconds))

    # ------------------------------------------------------------ the result

    def _result(self) -> Explored:
        states, transitions, initial, levels, frontier = self._driver.stats()
        seconds = self._seconds
        runs = self._runs()
        depth = levels if frontier or self._depth_first else max(0, levels - 1)
        statistics = Statistics(
            states=states, transitions=transitions, initial=self._initial(initial, levels), depth=depth,
            complete_depth=self._complete_depth(levels), seconds=seconds,
            complete=self._finished and not self._stopped, stopped=self._stopped,
            engine=self._engine(), preparation=self._began - self._asked,
            unreduced=self._unreduced(), earlier=self._keeper.earlier if self._keeper is not None else 0,
        )  # fmt: skip
        notes = self._keeper.notes(stopped=self._may_go_on) if self._keeper is not None else ()
        if self._driver.has_fingerprints():
            notes = (*notes, error_bound(states))
        return Explored(runs, statistics, self._pump, notes=notes)

    def _complete_depth(self, levels: int) -> int:
        """Depth first, only the whole space is complete."""
        if self._depth_first:
            return levels if self._finished else 0
        return max(0, levels - 1)

    @property
    def _may_go_on(self) -> bool:
        """Would the search find out more, if it were not stopped?"""
        return self._stopped not in ("", GROWS, FIRST_FOUND)

    def _runs(self) -> dict[int, Run]:
        """The runs that decided properties. What cannot be shown, for want of memory or of patience, is not
        known.
        """
        told = Told(self._machine, self._driver, self._symmetric)
        found: dict[int, Run] = {}
        lost = set()
        try:
            for prop, how in self._driver.decided().items():
                try:
                    untold = prop in self._limits.untold
                    found[prop] = NOT_TOLD if untold else told.run(prop, *how)
                except LostError:
                    lost.add(prop)
            return found | told.found_again(frozenset(lost))
        except MemoryError:
            self._stopped = OUT_OF_MEMORY
        except KeyboardInterrupt:
            self._stopped = INTERRUPTED
        return found

    def _unreduced(self) -> int:
        """What a step does that has no value depends on names: then nobody knows. Nor does a checkpoint."""
        known = self._machine.error not in self._driver.decided() and self._keeper is None
        return self._driver.unreduced() if self._symmetric and known else 0

    def _engine(self) -> Engine:
        names = {self._model.name, self._code.name}
        threads = self._threads if self._code.name == "cc" else 1  # TinyCC's code has no threads
        refused = self._code.refused or self._model.refused
        note = f"slower than it could be: {refused}" if refused else ""
        return Engine("c", "cc" if names == {"cc"} else "tcc", threads, note)

    def _initial(self, inside: int, levels: int) -> int:
        """How many initial states there are: those outside the bound are not stored. Where the search ended
        among them (there is no level), nobody knows.
        """
        if (self._machine.system.within == TRUE and not self._symmetric) or not levels:
            return inside
        return len(self._machine.initial()[0])
