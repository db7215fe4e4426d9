"""Initial states, or successors of one state, without end: limits and interrupts are looked at among them."""

from __future__ import annotations

import functools
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from test_agreement import system_of

from dsmc.backends.c.explore import Manner
from dsmc.backends.c.explore import explore as in_c
from dsmc.backends.c.simulate import simulate as walk_in_c
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.memory import resident_bytes
from dsmc.engine.outcome import Explored, Limits, Verdict
from dsmc.engine.search import explore
from dsmc.engine.simulate import Plan, simulate
from dsmc.session import Options, check, load

#: Of 40 bits, every one may be set: nobody sees the end of it.
BITS = "spec {}\nvar bits: map<0..39, bool> = [i: false for i in 0..39]\nvar done: bool = false\n"
SET = "for i in 0..39 { either { bits[i] := true } or { skip } }"
REST = "invariant early { not done or not bits[39] }\ninvariant ever { true or bits[0] }\n"
INITIAL = BITS.format("initial") + f"init {{ {SET} }}\naction end {{ done := true }}\n" + REST
STEP = BITS.format("step") + f"action end when not done {{ done := true\n{SET} }}\n" + REST

Search = Callable[..., Explored]
ENGINES = {
    "python": explore,
    "one": functools.partial(in_c, manner=Manner(1)),
    "two": functools.partial(in_c, manner=Manner(2)),
    "depth": functools.partial(in_c, manner=Manner(depth_first=True)),
    "tcc": functools.partial(in_c, manner=Manner(compiler="tcc")),
    "prints": functools.partial(in_c, manner=Manner(1, fingerprints=True)),
}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Search:
    return ENGINES[request.param]


@pytest.mark.parametrize("text", [INITIAL, STEP], ids=["initial", "step"])
@pytest.mark.parametrize(
    "limits",
    [{"states": 30_000}, {"seconds": 0.5}, {"memory": lambda: resident_bytes() + (20 << 20)}],
    ids=["states", "seconds", "memory"],
)
def test_limits(engine: Search, text: str, limits: dict[str, Any]) -> None:
    """The level in which a limit is met does not count, and is not taken for all there is."""
    given = {name: one() if callable(one) else one for name, one in limits.items()}
    began = time.perf_counter()
    found = engine(PythonMachine(system_of(text)), frozenset({0, 1}), limits=Limits(**given))
    statistics = found.statistics
    assert "the limit of" in statistics.stopped
    assert not statistics.complete
    assert (statistics.depth, statistics.complete_depth) == ((0, 0) if text == INITIAL else (1, 0))
    assert not found.decided
    assert time.perf_counter() - began < 60


@pytest.mark.parametrize("text", [INITIAL, STEP], ids=["initial", "step"])
@pytest.mark.parametrize("walk", [simulate, walk_in_c], ids=["python", "c"])
def test_random_runs(walk: Callable[..., Any], text: str) -> None:
    """None can be taken."""
    found = walk(PythonMachine(system_of(text)), frozenset({0, 1}), Plan(10, 10, seconds=0.5))
    assert (found.runs, found.steps, found.stopped) == (0, 0, "the limit of 0.5 seconds")


@pytest.mark.parametrize("text", [INITIAL, STEP], ids=["initial", "step"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("engine_", ["python", "c"])
def test_interrupted(tmp_path: Path, text: str, by: signal.Signals, engine_: str) -> None:
    process = _check(tmp_path, text, "--engine", engine_)
    time.sleep(4)
    process.send_signal(by)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "")
    assert "unknown (interrupted)" in out


@pytest.mark.parametrize("text", [INITIAL, STEP], ids=["initial", "step"])
def test_no_memory(tmp_path: Path, text: str) -> None:
    """What the system refuses ends the search as a limit does."""
    process = _check(tmp_path, text, "--engine", "c", "--threads", "1", address_space=1200 << 20)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (3, "")
    assert "unknown (out of memory)" in out


def _check(folder: Path, text: str, *options: str, address_space: int = 0) -> Any:
    path = folder / "many.dsm"
    path.write_text(text)

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if address_space:
            resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))

    return subprocess.Popen(
        [sys.executable, "-m", "dsmc", "check", str(path), "--no-reductions", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, preexec_fn=prepare,  # noqa: PLW1509
    )  # fmt: skip


LIVE = (
    "eventually last { bits[39] }\nltl early_ { (eventually done) implies eventually bits[39] }\n"
)


@pytest.mark.parametrize("text", [INITIAL, STEP], ids=["initial", "step"])
@pytest.mark.parametrize(
    "limits", [Limits(states=30_000), Limits(seconds=1.0)], ids=["states", "time"]
)
@pytest.mark.parametrize("engine_", ["python", "c", "auto"])
def test_whole_runs(tmp_path: Path, text: str, limits: Limits, engine_: str) -> None:
    """Of what was not seen nothing is said, and nothing is said to be vacuous."""
    path = tmp_path / "many.dsm"
    path.write_text(text + LIVE)
    (job,) = load(path)
    report = check(job, Options(limits=limits, engine=engine_))
    for name in ("last", "early_"):
        assert report.result(name).verdict is Verdict.UNKNOWN
        assert report.result(name).vacuity is None


BEYOND = """spec beyond
var x: 0..80000 = 0
var done: bool = false
START
action back when done { done := false }
invariant low { x != 65637 }
reachable gone by action back
explore while x <= 100
"""
STARTS = {
    "step": "action go when not done and x == 0 { pick v in 0..70000; x := v; done := true }",
    "initial": "init { pick v in 0..70000; x := v; done := true }",
}


@pytest.mark.parametrize("start", STARTS)
def test_states_beyond_the_bound(start: str) -> None:
    """All of them are looked at, and none is written over before."""
    machine = PythonMachine(system_of(BEYOND.replace("START", STARTS[start])))
    wanted = frozenset({0, 1})
    slow = explore(machine, wanted, to_the_end=True)
    for threads in (1, 2):
        fast = in_c(machine, wanted, manner=Manner(threads), to_the_end=True)
        assert fast.decided.keys() == slow.decided.keys() == wanted
        assert fast.statistics.states == slow.statistics.states


WIDE = """spec wide
var a: 0..9999 in 0..9999
var bits: map<0..39, bool> = [i: false for i in 0..39]
action go when a == 9999 { a := 0 SET }
invariant ever { true or bits[0] }
""".replace("SET", SET.replace("for", "\n for", 1))


@pytest.mark.parametrize(
    "limits", [Limits(seconds=1.0), Limits(memory=resident_bytes() + (200 << 20))]
)
def test_a_state_of_another_worker(limits: Limits) -> None:
    """The first worker asks while it waits."""
    began = time.perf_counter()
    found = in_c(PythonMachine(system_of(WIDE)), frozenset({0}), manner=Manner(2), limits=limits)
    assert "the limit of" in found.statistics.stopped
    assert not found.statistics.complete
    assert time.perf_counter() - began < 60
