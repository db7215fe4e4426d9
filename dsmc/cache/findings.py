"""What was found out about a system, as data that can be kept: states, not traces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from dsmc.backends.python.machine import TracedStep
from dsmc.engine.machine import State
from dsmc.engine.outcome import (
    Engine,
    Explored,
    Lived,
    Lives,
    Pump,
    Run,
    Statistics,
    Verdict,
)
from dsmc.frozen import Frozen, replace
from dsmc.traces.model import Need
from dsmc.traces.scenario import Enacted

#: All steps from a state, in their order.
Steps: TypeAlias = Callable[[State], list[TracedStep]]


class Tried(Frozen):
    """What came of the values of a law."""

    verdict: Verdict
    note: str = ""


class Settled(Frozen):
    """What violations need, by the numbers of the properties; those whose runs may not be the smallest,
    because a budget was `spent`.
    """

    needs: dict[int, tuple[Need, ...]]
    spent: frozenset[int] = frozenset()


class Findings(Frozen):
    """What the search found, and what came of laws, scenarios and properties of whole runs, by the
    numbers of the properties; what is known of the violations.
    """

    explored: Explored
    tried: dict[int, Tried]
    enacted: dict[int, Enacted]
    lives: Lives = Lives({})
    settled: Settled = Settled({})

    @property
    def is_final(self) -> bool:
        """Would the same be found again, with more time and memory, too?"""
        explored = self.explored
        return (
            (not explored.statistics.stopped or explored.pump is not None)
            and all(tried.verdict is not Verdict.UNKNOWN for tried in self.tried.values())
            and all(enacted.complete for enacted in self.enacted.values())
            and all(lived.verdict is not Verdict.UNKNOWN for lived in self.lives.found.values())
        )


def as_data(found: Findings, steps_from: Steps) -> dict[str, Any]:
    """Findings as dictionaries, lists, strings and numbers."""
    explored = found.explored
    pump = explored.pump
    return {
        "statistics": _statistics_data(explored.statistics),
        "decided": [[n, *_run_data(run)] for n, run in explored.decided.items()],
        "pump": [pump.start, *_run_data(pump.run)] if pump is not None else None,
        "proven": sorted(explored.proven),
        "tried": [[n, t.verdict.value, t.note] for n, t in found.tried.items()],
        "enacted": [[n, *_enacted_data(e, steps_from)] for n, e in found.enacted.items()],
        "lives": [[n, *_lived_data(lived)] for n, lived in found.lives.found.items()],
        "lives_note": found.lives.note,
        "needs": [[n, *map(_need_data, needs)] for n, needs in found.settled.needs.items()],
        "spent": sorted(found.settled.spent),
    }


def from_data(data: Any, steps_from: Steps) -> Findings | None:
    """The findings again; None if the data are no such."""
    try:
        return _findings(data, steps_from)
    except (ValueError, TypeError, KeyError, IndexError):
        return None


def _findings(data: Any, steps_from: Steps) -> Findings:
    pump = data["pump"]
    explored = Explored(
        {n: _run(*run) for n, *run in data["decided"]},
        _statistics(**data["statistics"]),
        Pump(_run(*pump[1:]), pump[0]) if pump is not None else None,
        frozenset(data["proven"]),
    )
    tried = {n: Tried(Verdict(verdict), note) for n, verdict, note in data["tried"]}
    enacted = {n: _enacted(steps_from, *rest) for n, *rest in data["enacted"]}
    lives = Lives({n: _lived(*rest) for n, *rest in data["lives"]}, data["lives_note"])
    needs = {n: tuple(_need(*need) for need in needs) for n, *needs in data["needs"]}
    return Findings(explored, tried, enacted, lives, Settled(needs, frozenset(data["spent"])))


def _statistics_data(statistics: Statistics) -> dict[str, Any]:
    """Which engine it was is kept, but not what kept a faster one from running."""
    engine = statistics.engine
    plain = {field: getattr(statistics, field) for field in statistics._fields}
    return plain | {"engine": [engine.name, engine.compiler, engine.threads]}


def _statistics(engine: Any, **plain: Any) -> Statistics:
    return Statistics(**plain, engine=Engine(*engine))


def _run_data(run: Run) -> list[Any]:
    target = _state_data(run.target) if run.target is not None else None
    return [[_state_data(state) for state in run.states], run.in_step, target]


def _run(states: Any, in_step: Any, target: Any) -> Run:
    return Run(tuple(map(_state, states)), in_step, None if target is None else _state(target))


def _lived_data(lived: Lived) -> list[Any]:
    """A lasso is kept with where it begins to go round, and what was owed by its steps."""
    run = lived.run
    if run is None:
        return [lived.verdict.value, lived.note, None]
    owed = [o and [o[0], *map(_state_data, o[1:])] for o in run.owed]
    return [lived.verdict.value, lived.note, [*_run_data(run), run.start, owed]]


def _lived(verdict: Any, note: Any, data: Any) -> Lived:
    if data is None:
        return Lived(Verdict(verdict), note)
    *plain, start, owed = data
    steps = tuple(None if o is None else (o[0], *map(_state, o[1:])) for o in owed)
    return Lived(Verdict(verdict), note, replace(_run(*plain), start=start, owed=steps))


def _enacted_data(enacted: Enacted, steps_from: Steps) -> list[Any]:
    """Steps are kept as numbers among all steps from their states."""
    states = [enacted.first, *(step.target for step in enacted.steps)]
    numbers = [
        steps_from(state).index(step) for state, step in zip(states, enacted.steps, strict=False)
    ]
    return [_state_data(enacted.first), numbers, enacted.stuck]


def _enacted(steps_from: Steps, first: Any, numbers: Any, stuck: Any) -> Enacted:
    state, steps = _state(first), []
    for number in numbers:
        steps.append(steps_from(state)[number])
        state = steps[-1].target
    return Enacted(_state(first), tuple(steps), stuck, complete=True)


def _need_data(need: Need) -> list[Any]:
    return [need.fault, list(need.steps), need.most, need.verdict, need.text]


def _need(fault: Any, steps: Any, *rest: Any) -> Need:
    return Need(fault, tuple(steps), *rest)


def _state_data(state: Any) -> Any:
    """Numbers are written to the base of 16, in which they may be as long as they like."""
    return [_state_data(part) for part in state] if isinstance(state, tuple) else f"{state:x}"


def _state(data: Any) -> State:
    return tuple(map(_state, data)) if isinstance(data, list) else int(data, 16)
