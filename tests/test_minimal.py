"""Smaller runs that show the same: they are runs, they show it, and they are smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import lassos
import pytest
import random_systems
from conftest import ROOT, TooLarge
from test_liveness import JOBS, word_of

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.lookout import Lookout
from dsmc.engine.outcome import Limits, Run
from dsmc.engine.search import explore
from dsmc.engine.simulate import Plan
from dsmc.engine.simulate import simulate as walk
from dsmc.ir import system as y
from dsmc.ir.system import System
from dsmc.lives import lives
from dsmc.project import Job
from dsmc.session import compile_job, load
from dsmc.traces.faulty import fault_in
from dsmc.traces.minimal import budget, minimal
from dsmc.traces.minimal.acts import act_of
from dsmc.traces.minimal.order import rank, switches
from dsmc.traces.replay import steps_of

PROPERTIES = (
    "",
    "invariant apart { not (A.1.a == 1 and B.1.a == 1) }",
    "quiescent same { A.1.b == B.1.b }",
    "transition stays { A.1.a >= old(A.1.a) }",
)
FEW = 5_000


def faults_of(machine: PythonMachine, prop: y.Property, run: Run) -> int:
    return sum(bool(fault_in(step)) for step in steps_of(machine, prop, run))


def decided(machine: PythonMachine, number: int, run: Run) -> bool:
    """Does one of the run's states, or a step from its last, decide the property?"""
    lookout = Lookout(machine, frozenset({number}))
    lookout.start()
    for length in range(1, len(run.states) + 1):
        lookout.look(run.states[:length])
    return number in lookout.decided


def assert_smaller(machine: PythonMachine, number: int, run: Run) -> Run:
    prop = machine.system.properties[number]
    found = minimal(machine, number, run).run
    old, new = (steps_of(machine, prop, one) for one in (run, found))  # raises if it is no run
    assert not found.states or found.states[0] in machine.initial()[0]
    assert found.length <= run.length
    assert faults_of(machine, prop, found) <= faults_of(machine, prop, run)
    assert rank([act_of(s) for s in new]) <= rank([act_of(s) for s in old])
    assert decided(machine, number, found)
    return found


def runs_of(machine: PythonMachine) -> Iterator[tuple[int, Run]]:
    """Shortest runs, and random ones, which are not."""
    props = enumerate(machine.system.properties)
    wanted = frozenset(n for n, p in props if not isinstance(p, y.APART))
    found = explore(machine, wanted, limits=Limits(states=FEW))
    if found.statistics.stopped:
        raise TooLarge
    yield from found.decided.items()
    yield from walk(machine, wanted, Plan(runs=3, depth=40)).decided.items()


def all_smaller(system: System) -> None:
    machine = PythonMachine(system)
    for number, run in runs_of(machine):
        assert_smaller(machine, number, run)


test_random_systems = random_systems.test_of(
    all_smaller, random_systems.all_kinds(PROPERTIES)
)  # fmt: skip


@pytest.mark.parametrize("job", JOBS)
def test_lassos(job: Job) -> None:
    """The way into the round may change; that it is a fair run and breaks the property does not."""
    machine = PythonMachine(compile_job(job))
    slow = lassos.slow(machine.system)
    for number, lived in lives(machine, fair=True).found.items():
        if lived.run is not None:
            prop = machine.system.properties[number]
            found = minimal(machine, number, lived.run).run
            word = word_of(machine, slow, found, fair=True)
            assert found.length <= lived.run.length
            assert lassos.is_run(slow, word)
            assert lassos.is_fair(slow, word)
            assert not lassos.holds(slow, word, prop.formula)


# ---------------------------------------------------------------- what each pass leaves out

WANDERING = """spec wandering

type Number = 0..9
var there: Number = 0
var aside: Number = 0
var drawn: Number = 0
action go when there < 3 { there := there + 1 }
action wander when aside < 9 { aside := aside + 1 }
action draw(n in Number) when n > 0 and drawn == 0 { drawn := n }
invariant near { there < 3 or drawn == 0 }
"""


def machine_of(path: Path, model: str = "") -> PythonMachine:
    return PythonMachine(compile_job(next(j for j in load(path) if j.name == model)))


def taken(machine: PythonMachine, *titles: str) -> Run:
    """The run of the last possible step of each title."""
    states = [machine.initial()[0][0]]
    for title in titles:
        steps = [s for s in machine.steps_from(states[-1]) if s.action.origin.title == title]
        states.append(steps[-1].target)
    return Run(tuple(states))


def test_what_the_violation_does_not_depend_on(spec: Callable[[str], Path]) -> None:
    machine = machine_of(spec(WANDERING))
    titles = ["wander", "go", "wander", "draw", "wander", "go", "wander", "go"]
    found = minimal(machine, 0, taken(machine, *titles)).run
    steps = steps_of(machine, machine.system.properties[0], found)
    assert [step.action.origin.title for step in steps] == ["go", "draw", "go", "go"]
    assert [value for _, value, _ in steps[1].labels] == [1]


def test_a_spent_budget_is_told(
    spec: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = machine_of(spec(WANDERING))
    run = taken(machine, *["wander", "go", "draw", "go", "go"])
    monkeypatch.setattr(budget, "STEPS", 1)
    found = minimal(machine, 0, run)
    assert found.spent
    assert found.run.length <= run.length


def test_random_runs_need_no_crash() -> None:
    """A read after one write of three, with or without the crash that a random run had."""
    machine = machine_of(ROOT / "models/quorum_store.dsm", "r1_w1_crash")
    number = next(n for n, p in enumerate(machine.system.properties) if p.name == "fresh")
    run = walk(machine, frozenset({number}), Plan(runs=300, depth=100, seed=1)).decided[number]
    prop = machine.system.properties[number]
    assert faults_of(machine, prop, run) == 1
    assert faults_of(machine, prop, minimal(machine, number, run).run) == 0


def test_nodes_go_on_for_as_long_as_they_can() -> None:
    """Two processes of Peterson's algorithm: one goes to its gate, then the other passes."""
    machine = machine_of(ROOT / "models/peterson.dsm", "turn_first")
    number = next(n for n, p in enumerate(machine.system.properties) if p.name == "exclusion")
    run = walk(machine, frozenset({number}), Plan(runs=300, depth=100, seed=1)).decided[number]
    prop = machine.system.properties[number]
    old, new = (
        switches([act_of(s) for s in steps_of(machine, prop, one)])
        for one in (run, minimal(machine, number, run).run)
    )
    assert (old, new) == (5, 2)
