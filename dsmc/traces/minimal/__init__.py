"""Smaller runs that show the same: small passes under one order, each result verified by replay.

The order is in `order.py`: faults, then steps, then choices. A pass proposes lists of acts; the
reference takes them (`attempts.py`), and what does not show the same is no candidate (`goals.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Run
from dsmc.frozen import Frozen
from dsmc.traces.minimal.attempts import Attempts, Candidate
from dsmc.traces.minimal.budget import Budget, Spent
from dsmc.traces.minimal.faults import fewer_faults
from dsmc.traces.minimal.goals import goal_of
from dsmc.traces.minimal.past import causal_past
from dsmc.traces.minimal.steps import fewer_steps
from dsmc.traces.minimal.switches import fewer_switches
from dsmc.traces.minimal.values import smaller_values

Pass: TypeAlias = Callable[[Attempts, Candidate], Candidate]
#: What leaves out most at once comes first.
PASSES: tuple[Pass, ...] = (
    causal_past, fewer_faults, fewer_steps, fewer_switches, smaller_values,
)  # fmt: skip


class Minimal(Frozen):
    """A run that no pass makes smaller; or, if the budget was `spent`, the smallest that was found."""

    run: Run
    spent: bool = False


def minimal(machine: PythonMachine, number: int, run: Run) -> Minimal:
    """A run that decides the property as this one does, and is none larger. The same one, if no pass
    finds a smaller one. Raises `ReplayError` if this is no run.
    """
    if not run.states or not run.length:
        return Minimal(run)
    prop = machine.system.properties[number]
    budget = Budget(machine.system)
    attempts = Attempts(machine, prop, goal_of(machine, number, run, budget), budget)
    first = attempts.found(run)
    spent = _passed(attempts, first)
    best = attempts.best
    return Minimal(run if best is first else best.run, spent)


def _passed(attempts: Attempts, best: Candidate) -> bool:
    """Take all passes until none of them finds anything; was the budget spent before?"""
    try:
        while True:
            before = best
            for one in PASSES:
                best = one(attempts, best)
            if best is before:
                return False
    except Spent:
        return True
