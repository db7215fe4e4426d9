"""What holds of whole runs: decided on the graph of all states, after the search for states."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from dsmc.backends.owed import Labelled
from dsmc.backends.python.graph import build
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.machine import State
from dsmc.engine.outcome import Limits, Lived, Lives, Run, Verdict
from dsmc.engine.search import (
    INTERRUPTED,
    OUT_OF_MEMORY,
    Watcher,
    is_full,
    memory_limit,
    time_limit,
)
from dsmc.frozen import Frozen, replace
from dsmc.ir.expr import Expr
from dsmc.ir.system import System, Temporal
from dsmc.liveness.asked import conditions_of, temporal
from dsmc.liveness.decide import Decider
from dsmc.liveness.formula import broken
from dsmc.liveness.graph import NOBODY
from dsmc.liveness.lasso import Lasso

if TYPE_CHECKING:
    from dsmc.backends.c.driver import Driver

#: Properties of whole runs, with their numbers.
Asked: TypeAlias = Sequence[tuple[int, Temporal]]

_CUT_OFF = "a range error cut off part of the runs"
_BOUND = "a run that leaves the bound may break it"


def lives(
    machine: PythonMachine, *, fair: bool = True, limits: Limits = Limits(),  # noqa: B008
    watch: Watcher | None = None, stopped: str = "",
) -> Lives:  # fmt: skip
    """Decide all properties of whole runs, on one graph that the reference builds. Why the search before it
    `stopped`, if it did: then so does this, for the same reason.
    """
    tick = _clock(limits)
    conditions = conditions_of(machine.system)
    labelled = build(machine, conditions, fair=fair, limits=limits, watch=watch)
    if labelled.stopped and stopped:
        labelled = replace(labelled, stopped=stopped)
    built = _Built(labelled)
    decider = Decider(lambda: built.labelled.graph, tick=tick)
    return _lives(machine.system, built, decider, _how("the reference", fair=fair))


def lives_in_c(
    driver: Driver, system: System, stopped: str = "", *, fair: bool, limits: Limits
) -> Lives:
    """The same, on the graph of the states that a search in C has found; why it `stopped`, if it did."""
    from dsmc.backends.c.whole import WholeRuns

    whole = WholeRuns(driver, system, stopped, fair=fair, limits=limits)
    try:
        decider = Decider(lambda: whole.labelled.graph, whole.breaking, _clock(limits))
        return _lives(system, whole, decider, _how("C", fair=fair))
    finally:
        whole.close()


class _LimitError(Exception):
    """A limit was met: which."""


def _clock(limits: Limits) -> Callable[[], None]:
    """Raises `_LimitError` once a limit of time or memory is met, from now on."""
    began = time.perf_counter()

    def look() -> None:
        if limits.seconds is not None and time.perf_counter() - began >= limits.seconds:
            raise _LimitError(time_limit(limits.all_seconds))
        if is_full(limits):
            raise _LimitError(memory_limit(limits.memory or 0))

    return look


def _how(engine: str, *, fair: bool) -> str:
    return f"in {engine}, without reductions{'' if fair else ', without fairness'}"


class _Source(Protocol):
    """What properties are decided on."""

    @property
    def labelled(self) -> Labelled:
        """The graph. Raises `MemoryError`, or `KeyboardInterrupt`."""

    def state(self, number: int) -> State:
        """The state of a number in a lasso."""

    def owed(self, number: int) -> tuple[Any, ...]:
        """The obligation of a number in a lasso."""

    @property
    def size(self) -> str:
        """How much of it was looked at, in words."""


class _Built(Frozen):
    """A graph that is there."""

    labelled: Labelled

    def state(self, number: int) -> State:
        return self.labelled.state(number)

    def owed(self, number: int) -> tuple[Any, ...]:
        return self.labelled.owed[number]

    @property
    def size(self) -> str:
        return self.labelled.graph.told


def _lives(system: System, source: _Source, decider: Decider, how: str) -> Lives:
    asked = temporal(system)
    numbers = {condition: n for n, condition in enumerate(conditions_of(system))}
    found: dict[int, Lived] = {}
    try:
        for number, prop in asked:
            found[number] = _lived(source, decider, prop, numbers)
    except (KeyboardInterrupt, MemoryError) as end:
        found = _unknown(asked, end) | found
    return Lives(found, _told(source, asked, found, how))


def _unknown(asked: Asked, end: KeyboardInterrupt | MemoryError) -> dict[int, Lived]:
    """What is known of all properties when that has ended it."""
    why = OUT_OF_MEMORY if isinstance(end, MemoryError) else INTERRUPTED
    return {number: Lived(Verdict.UNKNOWN, why) for number, _ in asked}


def _told(source: _Source, asked: Asked, found: dict[int, Lived], how: str) -> str:
    """What the verdicts rest on."""
    told = [(number, prop.name) for number, prop in asked if prop.form]
    names = ", ".join(name for _, name in told)
    is_open = all(found[number].verdict is Verdict.UNKNOWN for number, _ in told)
    return f"{names}: {'asked of' if is_open else 'decided on'} {source.size} {how}"


def _lived(source: _Source, decider: Decider, prop: Temporal, numbers: dict[Expr, int]) -> Lived:
    try:
        decided = decider.decide(broken(prop.formula, numbers.__getitem__))
    except _LimitError as limit:
        return Lived(Verdict.UNKNOWN, str(limit))
    if decided.lasso is not None:
        run = _run(source, decided.lasso) if prop.form else None  # nobody asks for that of a probe
        return Lived(Verdict.VIOLATED, run=run)
    if decided.is_open:
        return Lived(Verdict.UNKNOWN, _why_open(source.labelled))
    return Lived(Verdict.HOLDS)


def _why_open(labelled: Labelled) -> str:
    return labelled.stopped or (_CUT_OFF if labelled.cuts_off else _BOUND)


def _run(source: _Source, lasso: Lasso) -> Run:
    """The lasso as a run; staying in a state for ever is no step."""
    whole = lasso.stem.then(lasso.cycle)
    taken = [(t, label) for s, t, label in whole.steps if s != t]
    states = [whole.nodes[0], *(target for target, _ in taken)]
    start = sum(s != t for s, t, _ in lasso.stem.steps)
    owed = tuple(None if label == NOBODY else source.owed(label) for _, label in taken)
    return folded(Run(tuple(source.state(s) for s in states), start=start, owed=owed))


def folded(run: Run) -> Run:
    """The same run for ever in as few steps as there can be: a round that goes round several times goes round
    once, and one that begins later than it might, begins as soon as it can.
    """
    assert run.start is not None
    steps = [*zip(run.states, run.owed, run.states[1:], strict=False)]
    stem, round_ = steps[: run.start], steps[run.start :]
    times = range(1, len(round_) + 1)
    round_ = next((round_[:n] for n in times if round_ == round_[:n] * (len(round_) // n)), [])
    while stem and round_ and stem[-1] == round_[-1]:
        stem.pop()
        round_ = [round_[-1], *round_[:-1]]
    left = [*stem, *round_]
    states = (run.states[0], *(target for _, _, target in left))
    return Run(states, start=len(stem), owed=tuple(owed for _, owed, _ in left))
