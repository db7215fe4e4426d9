"""What a search found out."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any, TypeAlias

from dsmc.engine.machine import State
from dsmc.frozen import Frozen, replace


class Verdict(enum.Enum):
    """Three values: a search that stopped early never says `HOLDS`."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


class Limits(Frozen):
    """When to stop early: distinct states, seconds, bytes of memory (of the whole process); properties
    of which any that is decided is `enough`; those that no search goes on for (`aside`), and those
    whose runs nobody wants to see (`untold`). The seconds may be what is left of those that were `given`.
    """

    states: int | None = None
    seconds: float | None = None
    memory: int | None = None
    enough: frozenset[int] = frozenset()
    aside: frozenset[int] = frozenset()
    untold: frozenset[int] = frozenset()
    given: float | None = None

    @property
    def all_seconds(self) -> float:
        """Those for everything."""
        return self.given or self.seconds or 0.0

    def with_left(self, seconds: float | None) -> Limits:
        """The same, with so many seconds left."""
        return replace(self, seconds=seconds, given=self.given or self.seconds)


class Run(Frozen):
    """States from an initial one to where a property was decided.

    If `in_step`, it was decided by a step from the last state; `target` is where that step leads,
    if it leads anywhere. A run that goes on for ever does again and again what it did after its first
    `start` steps: it stays in its last state, or is there in the state that it was in then. `owed` says
    of each of its steps to whom it was owed (None: to nobody).
    """

    states: tuple[State, ...]
    in_step: bool = False
    target: State | None = None
    start: int | None = None
    owed: tuple[tuple[Any, ...] | None, ...] = ()

    @property
    def length(self) -> int:
        """How many steps it takes."""
        return len(self.states) - 1 + self.in_step


#: The run of a property that is decided, but `untold`.
NOT_TOLD = Run(())


class Lived(Frozen):
    """What was found of a property of whole runs, and a run that breaks it."""

    verdict: Verdict
    note: str = ""
    run: Run | None = None


class Lives(Frozen):
    """What was found of the properties of whole runs, by number, and on what it rests."""

    found: dict[int, Lived]
    note: str = ""


#: Decides that from what a search knows of its states, and why these are not all.
Whole: TypeAlias = Callable[[Any, str], Lives]


class Pump(Frozen):
    """A run after whose first `start` states the rest can be repeated for ever."""

    run: Run
    start: int


class Engine(Frozen):
    """What the search ran on: `python`, or `c` with the compiler that made it (`tcc`, `cc`), and
    threads. `note` says why it is not what one would expect.
    """

    name: str = "python"
    compiler: str = ""
    threads: int = 1
    note: str = ""


class Statistics(Frozen):
    """What was covered.

    `transitions` counts each successor of each expanded state; `depth` the levels, so that the
    initial states alone are depth 1; every state of the first `complete_depth` levels was expanded.
    `seconds` are those of the search; before it, so many were spent on `preparation`: generating and
    compiling, and what was searched by a slower engine first.
    Where the search went on from a checkpoint, so many transitions are of `earlier` processes.
    With symmetry `unreduced` is the number of states that those stand for that were kept, if it is
    known (otherwise 0). `reductions` says what was searched in the place of the system; empty if that
    was the system itself.
    """

    states: int
    transitions: int
    initial: int
    depth: int
    complete_depth: int
    seconds: float
    complete: bool
    stopped: str = ""
    engine: Engine = Engine()
    preparation: float = 0.0
    unreduced: int = 0
    earlier: int = 0
    reductions: str = ""

    @property
    def generated(self) -> int:
        """Initial states and successors, as some checkers count."""
        return self.initial + self.transitions


class Rounds(Frozen):
    """Runs by a synchronous schedule: of how many rounds, with faults in how many of them; how many runs
    were taken.
    """

    number: int
    with_faults: int
    runs: int


class Explored(Frozen):
    """The runs that decided properties, by number, and what was covered; what else is worth saying.

    No run decides those that are `proven`; if all states were seen, these are all that are not decided.
    Of properties of whole runs a search may know as well what `lives`.
    """

    decided: dict[int, Run]
    statistics: Statistics
    pump: Pump | None = None
    proven: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    lives: Lives | None = None
