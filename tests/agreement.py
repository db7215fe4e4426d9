"""The reference and the oracle on one system: everything that both say must be the same."""

from __future__ import annotations

import oracle
from conftest import TooLarge

from dsmc.backends.c.explore import Manner
from dsmc.backends.c.explore import explore as explore_in_c
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Explored, Limits
from dsmc.engine.search import Form, explore, states_limit
from dsmc.ir.system import APART, Fires, Law, NoError, Scenario, System


def by_reference(system: System, canonical: Form | None = None) -> oracle.Found:
    """What the reference finds, in the oracle's terms."""
    machine = PythonMachine(system)
    wanted = frozenset(
        n for n, p in enumerate(system.properties) if not isinstance(p, Law | Scenario)
    )
    explored = explore(machine, wanted, to_the_end=True, canonical=canonical)
    s = explored.statistics
    assert s.complete
    found = oracle.Found(s.states, s.transitions, s.depth)
    for number, run in explored.decided.items():
        prop = system.properties[number]
        steps = len(run.states) - 1 + (run.in_step or isinstance(prop, Fires))
        found.decided[prop.name] = max(steps, 0)
    return found


def assert_agree(system: System, limit: int = 100_000) -> oracle.Found:
    """Explore with both; what they found."""
    slow = oracle.explore(system, limit)
    assert by_reference(system) == slow
    return slow


def all_of(explored: Explored) -> tuple[object, ...]:
    """Everything that does not depend on the machine it ran on."""
    s = explored.statistics
    counts = (s.states, s.transitions, s.initial, s.depth, s.complete_depth, s.complete, s.stopped)
    return (counts, explored.decided, explored.pump)


def assert_c_agrees(system: System, *, to_the_end: bool = True, most: int = 100_000) -> Explored:
    """Explore in generated Python and in generated C: counts, verdicts and runs are the same."""
    machine = PythonMachine(system)
    wanted = frozenset(
        n for n, p in enumerate(system.properties) if not isinstance(p, (*APART, NoError))
    )
    slow = explore(machine, wanted, limits=Limits(states=most), to_the_end=to_the_end)
    if slow.statistics.stopped == states_limit(most):
        raise TooLarge
    fast = explore_in_c(machine, wanted, manner=Manner(1), to_the_end=to_the_end)
    assert all_of(fast) == all_of(slow)
    return fast
