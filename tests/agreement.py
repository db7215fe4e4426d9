"""The reference and the oracle on one system: everything that both say must be the same."""

from __future__ import annotations

import oracle

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.search import explore
from dsmc.ir.system import Fires, Law, Scenario, System


def by_reference(system: System) -> oracle.Found:
    """What the reference finds, in the oracle's terms."""
    machine = PythonMachine(system)
    wanted = frozenset(
        n for n, p in enumerate(system.properties) if not isinstance(p, Law | Scenario)
    )
    explored = explore(machine, wanted, to_the_end=True)
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
