"""Which points of a spec are passed, and how often."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any

from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How, search
from dsmc.coverage.instrument import Guard, Instrumented, instrumented
from dsmc.coverage.points import Point, Sort, marked
from dsmc.engine.outcome import Limits, Statistics
from dsmc.engine.search import Watcher, explore
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.protocol import Program
from dsmc.lower import lower
from dsmc.source import Span

#: What a model that expects to be covered expects to be passed.
REQUIRED = (Sort.ACTION, Sort.STEP, Sort.FAULT)


class Coverage(Frozen):
    """How many steps pass each point, of all steps from the states that were seen; the conditions of
    guards that are never true where those before them are, and never false.
    """

    counts: tuple[tuple[Point, int], ...]
    never_true: tuple[Span, ...]
    never_false: tuple[Span, ...]
    statistics: Statistics


class Passed(Frozen):
    """The points that must be passed and never are; if not `certain`, a search might find steps yet
    that pass them: `why` it did not go on.
    """

    never: tuple[Point, ...]
    certain: bool
    why: str = ""


def _made(program: Program) -> Instrumented:
    with_marks = marked(program)
    return instrumented(with_marks, lower(with_marks.program))


# ---------------------------------------------------------------- how often


def coverage(program: Program, limits: Limits, watch: Watcher | None = None) -> Coverage:
    """Count in the reference, in all states of the system as it is."""
    made = _made(program)
    machine = _Counting(made.system)
    asked = frozenset(n for guard in made.guards for n in (*guard.true, *guard.false))
    found = explore(machine, asked, limits=limits, to_the_end=True, watch=watch)
    decided = found.decided.keys()
    true, false = (
        tuple(g.span for g in made.guards if _never(g, which, decided)) for which in (True, False)
    )
    counts = tuple((point, machine.counts[number]) for point, number in made.points)
    return Coverage(counts, true, false, found.statistics)


def _never(guard: Guard, which: bool, decided: Any) -> bool:
    """Is a condition never so, though it is looked at?"""
    these, others = (guard.true, guard.false) if which else (guard.false, guard.true)
    return decided.isdisjoint(these) and not decided.isdisjoint(others)


class _Counting(PythonMachine):
    """Counts how often steps break each assertion."""

    def __init__(self, system: y.System) -> None:
        super().__init__(system)
        self.counts: Counter[int] = Counter()

    @functools.cached_property
    def expand(self) -> Callable[[Any, list[Any], list[int]], tuple[int, int]]:
        """See `Machine`."""
        run = self._run["expand"]

        def counted(state: Any, successors: list[Any], violated: list[int]) -> tuple[int, int]:
            passed: list[int] = []
            ends: tuple[int, int] = run(state, successors, passed)
            self.counts.update(passed)
            violated += passed
            return ends

        return counted


# ---------------------------------------------------------------- whether at all


def passed(program: Program, how: How, limits: Limits, watch: Watcher | None = None) -> Passed:
    """Is every action, every statement of a process and every declared fault passed? By any engine; the
    search ends when it is so.
    """
    made = _made(program)
    required = [(point, n) for point, n in made.points if point.sort in REQUIRED]
    wanted = frozenset(n for _, n in required)
    machine = PythonMachine(replace(made.system, properties=_without_guards(made.system)))
    limits = replace(limits, untold=wanted)
    found = search(machine, wanted, how, limits=limits, to_the_end=False, watch=watch)
    spans = {point.span for point, n in required if n in found.decided}
    never = tuple(p for p, n in required if n not in found.decided and p.span not in spans)
    s = found.statistics
    return Passed(never, s.complete, s.stopped)


def _without_guards(system: y.System) -> tuple[y.Property, ...]:
    """What is asked of steps only; it keeps its numbers."""
    return tuple(p for p in system.properties if not isinstance(p, y.Reachable))
