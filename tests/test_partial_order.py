"""Only some of the steps, and every property is decided as if all were taken."""

from __future__ import annotations

import pytest
import random_systems
from conftest import TooLarge
from test_agreement import small_jobs, system_of

from dsmc.backends.c.explore import Manner
from dsmc.backends.c.explore import explore as explore_in_c
from dsmc.backends.python.guided import GuidedMachine
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Explored, Limits
from dsmc.engine.search import explore
from dsmc.ir import system as y
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.order import NoOrderError, ordered
from dsmc.session import compile_job

MOST = 2_000
#: Each is asked for, so that nothing is left out because something else is looked for.
PROPERTIES = (
    "", "reachable far { a.1.n == 2 }", "quiescent rest { true }", "no deadlock", "final { true }",
)  # fmt: skip


def wanted_of(system: System) -> frozenset[int]:
    return frozenset(n for n, p in enumerate(system.properties) if not isinstance(p, y.APART))


def lengths(found: Explored, wanted: frozenset[int]) -> dict[int, int]:
    return {number: found.decided[number].length for number in found.decided.keys() & wanted}


def assert_enough(system: System, *, in_c: bool = False) -> int:
    """All properties at once, and each alone; how many fewer steps were taken."""
    machine, all_ = PythonMachine(system), wanted_of(system)
    full = explore(machine, all_, limits=Limits(MOST), to_the_end=True)
    if full.statistics.stopped:
        raise TooLarge
    fewer = 0
    for wanted in (all_, *(frozenset([n]) for n in all_)):
        less = explore(GuidedMachine(ordered(system, wanted)), wanted)
        if machine.error in full.decided:  # then the system is searched as it is
            wanted &= {machine.error}
        assert lengths(less, wanted) == lengths(full, wanted), wanted
        fewer += full.statistics.transitions - less.statistics.transitions
    if in_c:
        assert_same_in_c(system, all_)
    return fewer


def assert_same_in_c(system: System, wanted: frozenset[int]) -> None:
    order = ordered(system, wanted)
    slow = explore(GuidedMachine(order), wanted)
    fast = explore_in_c(GuidedMachine(order), wanted, manner=Manner(1), to_the_end=False)
    assert fast.decided == slow.decided
    s, f = slow.statistics, fast.statistics
    assert (f.states, f.transitions, f.depth) == (s.states, s.transitions, s.depth)


def _enough_or_refused(system: System) -> None:
    try:
        assert_enough(system)
    except NoOrderError:
        return


test_random = random_systems.test_of(_enough_or_refused, random_systems.all_kinds())


@pytest.mark.parametrize("job", small_jobs(150))
def test_models(job: Job) -> None:
    try:
        assert_enough(compile_job(job), in_c=True)
    except NoOrderError as why:
        pytest.skip(str(why))
