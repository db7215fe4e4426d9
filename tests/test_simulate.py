"""Random runs: what they find, and that they never say more than they know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from click import unstyle
from conftest import ROOT, words

from dsmc.backends.python.machine import PythonMachine
from dsmc.diagnostics import Mistakes
from dsmc.engine.simulate import SCHEDULERS, Choice, Plan, simulate
from dsmc.engine.splitmix import SplitMix
from dsmc.reports import simulation_data
from dsmc.session import check, compile_job, load
from dsmc.simulation import Simulation
from dsmc.simulation import simulate as simulate_job
from dsmc.terminal import simulation_text

FORGETFUL = ROOT / "models/forgetful_commit.dsm"
#: Everything that a run can decide, and what it cannot.
ALL = """spec all
var n: 0..6 = 0
var stuck: bool = false
action up when n < 6 and not stuck { n += 1 }
action wrong when n == 4 { n += 3 }
action checked when n == 3 { assert n < 3; n := 0 }
action halt when n == 5 { stuck := true }
action never when n > 6 { n := 0 }
invariant below { n < 6 }
invariant sane { n <= 6 }
transition by_one { n <= old(n) + 1 and n > 0 }
quiescent not_stuck { not stuck }
reachable five { n == 5 }
reachable ten { n == 6 and stuck }
law all_small(k in 0..9) { k < 10 }
"""


def simulated(path: Path, plan: Plan, model: str = "") -> Simulation:
    (job,) = (job for job in load(path) if job.name == model)
    return simulate_job(job, plan)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_known_violation_is_found(scheduler: str) -> None:
    """The search knows that there is none shorter than 8 steps."""
    found = simulated(FORGETFUL, Plan(300, scheduler=scheduler), "restart")
    (result,) = (r for r in found.results if r.name == "agreement")
    assert result.word == "violated"
    assert result.trace is not None
    assert result.steps == result.trace.length >= 8


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_what_holds_is_unknown(scheduler: str) -> None:
    found = simulated(ROOT / "specs/forgetful_commit.dsm", Plan(50, scheduler=scheduler))
    assert [(r.word, r.note) for r in found.results] == [("unknown", "no violation in 50 runs")]


def test_every_kind_of_property(spec: Callable[[str], Path]) -> None:
    """What is found is what the search finds; laws are not simulated."""
    path = spec(ALL)
    found = simulated(path, Plan(200, 40))
    (job,) = load(path)
    searched = words(check(job))
    verdicts = {r.name: r.word for r in found.results}
    assert {n for n, word in verdicts.items() if word == "unknown"} == {"all_small", "sane", "ten"}
    assert searched == verdicts | {"all_small": "holds"}


def test_a_deadlock_is_found(spec: Callable[[str], Path]) -> None:
    path = spec("""spec s
var left: mutex
var right: mutex
role A { process { lock left { lock right { skip } } } }
role B { process { lock right { lock left { skip } } } }
""")
    verdicts = {r.name: r.word for r in simulated(path, Plan(50)).results}
    assert verdicts["no_deadlock"] == "violated"


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_the_same_seed_gives_the_same_answer(scheduler: str) -> None:
    def told(seed: int) -> tuple[str, str]:
        found = simulated(FORGETFUL, Plan(40, seed=seed, scheduler=scheduler), "restart")
        text, data = simulation_text(found), simulation_data(found)
        del data["statistics"]["seconds"], data["statistics"]["engine"]
        return re.sub(r"in \d+\.\d\d s.*", "", text), json.dumps(data)

    assert told(1) == told(1)
    assert told(1)[0].replace("seed 1", "seed 2") != told(2)[0]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_the_numbers_add_up(scheduler: str) -> None:
    """Each step is by an action that was possible; no run is longer than it may be."""
    found = simulated(FORGETFUL, Plan(50, 7, scheduler=scheduler), "restart").simulated
    assert found.runs == 50
    assert found.taken.total() == found.steps <= 50 * 7
    assert found.longest == 7
    assert all(found.taken[n] <= found.enabled[n] for n in found.taken)
    assert max(found.enabled.values()) <= found.steps + found.runs
    assert 1 < found.states <= found.steps + 1


def test_states_are_those_of_the_search(spec: Callable[[str], Path]) -> None:
    """With enough runs all of a small space, and no more."""
    path = spec(
        "spec s\nvar a: 0..3 = 0\naction up when a < 3 { a += 1 }\naction down when a > 0 { a -= 1 }\n"
    )
    assert simulated(path, Plan(50, 20)).simulated.states == 4


def test_what_is_not_taken_is_marked(spec: Callable[[str], Path]) -> None:
    text = unstyle(simulation_text(simulated(spec(ALL), Plan(50, 40))))
    (line,) = (line for line in text.splitlines() if line.startswith("never "))
    assert line.split() == ["never", "0", "0", "never", "possible"]


def test_detours_are_cut_out(spec: Callable[[str], Path]) -> None:
    """A run that goes to and fro is told without that."""
    path = spec("""spec s
var n: 0..5 = 0
action up when n < 5 { n += 1 }
action down when n > 0 { n -= 1 }
invariant low { n < 5 }
""")
    found = simulated(path, Plan(30, 60))
    assert (found.results[0].steps, found.results[0].word) == (5, "violated")


def test_states_beyond_the_bound_are_looked_at_only(spec: Callable[[str], Path]) -> None:
    path = spec("""spec s
var n: 0..9 = 0
action up when n < 9 { n += 1 }
explore while n < 3
invariant low { n < 3 }
invariant lower { n < 4 }
""")
    found = simulated(path, Plan(3, 60))
    assert [r.word for r in found.results] == ["violated", "unknown"]
    assert found.simulated.longest == 3


def test_the_schedulers_choose_as_they_say() -> None:
    """Uniform: each action alike, whatever its choices; PCT: one actor until a change."""
    choices = [Choice(0, 0, 0), *(Choice(1, 1, n) for n in range(99))]
    choose = SCHEDULERS["uniform"](SplitMix(0), 1000)
    assert 400 < sum(choose(choices, 0).action for _ in range(1000)) < 600
    choose = SCHEDULERS["pct"](SplitMix(0), 1000)
    actors = [choose(choices, step).actor for step in range(1000)]
    assert 1 <= sum(a != b for a, b in pairwise(actors)) <= 3


def test_who_acts(spec: Callable[[str], Path]) -> None:
    """Nodes by their numbers, faults as one, each other action as one of its own."""
    path = spec("""spec s
var n: 0..1 = 0
action first when n == 0 { n := 1 }
action second when n == 0 { n := 1 }
role A[2] { var on_: bool = false
  action go when not on_ { on_ := true } }
faults { crash A at most 1 }
""")
    machine = PythonMachine(compile_job(load(path)[0]))
    (start,), _ = machine.initial()
    actors = {
        (machine.system.actions[c.action].origin.title, c.actor) for c in machine.choices(start)
    }
    assert {actor for title, actor in actors if title == "go"} >= {0, 1}
    assert {actor for title, actor in actors if title == "crash"} == {-1}
    named = [actor for title, actor in actors if title in ("first", "second")]
    assert len(set(named)) == 2
    assert max(named) < -1
    successors: list[object] = []
    machine.expand(start, successors, [])
    assert [c.target for c in machine.choices(start)] == successors


def test_ctrl_c_and_time(spec: Callable[[str], Path]) -> None:
    """What is known is told."""
    machine = PythonMachine(compile_job(load(spec(ALL))[0]))

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    found = simulate(machine, frozenset(range(9)), Plan(), interrupt)
    assert (found.runs, found.stopped) == (1, "interrupted")
    assert found.decided
    found = simulate(machine, frozenset(range(9)), Plan(seconds=1e-9))
    assert (found.runs, found.stopped) == (0, "the limit of 1e-09 seconds")


def test_no_start_is_a_mistake(spec: Callable[[str], Path]) -> None:
    with pytest.raises(Mistakes):
        simulated(spec("spec s\nvar n: 0..1\ninit { require n == 1 }\n"), Plan())
