"""Proofs: what is proved is what an exhaustive search says; what is not proved is not said to be wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import oracle
import pytest
import random_systems
from click.testing import CliRunner, Result
from conftest import ROOT
from test_agreement import small_jobs

from dsmc.backends.python.machine import PythonMachine
from dsmc.bounded import asked
from dsmc.cli import main
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.proofs import Proof, _guessed, _sampled, prove
from dsmc.session import compile_job, load
from dsmc.smt.proving import Prover
from dsmc.smt.solving import Clock

#: Each proof may take so many seconds.
SECONDS = 2


def words(proof: Proof) -> dict[str, str]:
    return {result.name: result.word for result in proof.results}


def notes(proof: Proof) -> dict[str, str]:
    return {result.name: result.note for result in proof.results}


def proof_of(path: Path, model: str = "", most: int = 3) -> Proof:
    (job,) = (job for job in load(path) if job.name == model)
    return prove(job, most=most, seconds=30)


# ---------------------------------------------------------------- against exhaustive search


def assert_true(system: System, decided: dict[str, int], guess: bool = True) -> int:
    """What is proved is decided by no run; what a run shows is what an exhaustive search shows. The
    number of what was proved.
    """
    machine = PythonMachine(system)
    guesses, _ = _guessed(machine, _sampled(machine)[:20]) if guess else ([], 0)
    prover = Prover(system, asked(system), guesses, Clock(SECONDS))
    prover.prove(2)
    for number in prover.proved:
        assert system.properties[number].name not in decided
    for number, found in prover.base.found.items():
        steps = max(0, len(found.states) - 1 + found.in_step)
        assert decided[system.properties[number].name] == steps
    return len(prover.proved)


@pytest.mark.parametrize("job", small_jobs(25))
def test_models(job: Job) -> None:
    """With candidates of a sample of few states, so that many of them are wrong."""
    system = compile_job(job)
    if not asked(system):
        pytest.skip("there are no formulas of histories")
    decided = oracle.explore(system).decided
    assert_true(system, decided)


def _of_random(system: System) -> None:
    decided = oracle.explore(system, 400).decided
    if "no_range_error" not in decided:  # after an error the reference leaves out steps
        assert_true(system, decided)


test_random_systems = random_systems.test_of(_of_random, random_systems.all_kinds(), slow=6)


# ---------------------------------------------------------------- what is proved, and how


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("tcommit", "proved, k = 1"),
        ("two_phase", "proved, k = 1, with 100 auxiliary invariants"),
    ],
)
def test_commit(name: str, how: str) -> None:
    proof = proof_of(ROOT / f"specs/{name}.dsm")
    assert words(proof)["consistent"] == "holds"
    assert notes(proof)["consistent"] == how


STEPS = """spec s
var n: 0..1000000000 = 0
var m: 0..1000000000 = 0
action up when n < 999999999 { n += 2; m := n }
action down when n > 1 { n -= 2; m := n }
invariant same { n == m }
invariant odd { n mod 2 == 0 }
transition by_two { n == old(n) + 2 or n == old(n) - 2 }
reachable one { n == 1 }
action checked { assert n mod 2 == m mod 2 }
"""


def test_without_exploring(spec: Callable[[str], Path]) -> None:
    """Half a milliard states, invariants, witnesses that are none, assertions, range errors."""
    proof = proof_of(spec(STEPS.replace("action checked { ", "action checked when n < 7 { ")))
    assert words(proof) == {
        "same": "holds", "odd": "holds", "by_two": "violated", "one": "unreachable",
        "no_range_error": "holds", "assert_line_10": "holds",
    }  # fmt: skip
    assert notes(proof)["same"] == "proved, k = 1"


def test_k_is_needed(spec: Callable[[str], Path]) -> None:
    """From 3 a bad state is reached in two steps; but 3 is not, from 0."""
    text = """spec s
var n: 0..9 = 0
action up when n < 2 { n += 1 }
action back when n == 2 { n := 0 }
action away when n == 7 { n := 8 }
action bad when n == 8 { n := 9 }
invariant fine { n != 9 }
"""
    (job,) = load(spec(text))
    system = compile_job(job)
    prover = Prover(system, asked(system), [], Clock(30))
    prover.prove(1)
    assert set(prover.proved) == {1}
    prover.prove(3)
    assert prover.proved[0].k == 3
    assert notes(prove(job))["fine"].startswith("proved, k = 1, with")


def test_what_is_not_proved_is_not_violated(spec: Callable[[str], Path]) -> None:
    """The counterexample to induction begins in a state that nobody may get to, and says so."""
    text = """spec s
var n: 0..1000 = 0
var m: 0..1000 = 0
action up when n < 500 { n += 1; m := (m * 7 + n) mod 1000 }
action home when n == 500 { n := 0; m := 0 }
invariant hard { not (n == 499 and m == 3) }
"""
    proof = proof_of(spec(text), most=1)
    (hard,) = (r for r in proof.results if r.name == "hard")
    assert (hard.word, hard.note) == ("unknown", "not proved: not by k-induction, k = 1")
    assert hard.trace is not None
    assert hard.trace.verdict == "not proved"
    assert hard.trace.steps[0].title == "some state, which may be unreachable"
    assert [(s["n"], s["m"]) for s in hard.trace.states[1:]] == [(499, 3)]
    assert "n = 498" in hard.trace.steps[0].said


def test_a_base_that_fails_is_a_run(spec: Callable[[str], Path]) -> None:
    """It takes two steps: one is not enough to say so, two are."""
    text = """spec s
var n: 0..9 = 0
action up when n < 9 { n += 1 }
invariant few { n < 2 }
"""
    assert words(proof_of(spec(text), most=2))["few"] == "unknown"
    (result, _) = proof_of(spec(text), most=3).results
    assert (result.word, result.steps) == ("violated", 2)
    assert result.trace is not None
    assert result.trace.verdict == "violated"


def test_a_range_error_leaves_the_rest_unknown(spec: Callable[[str], Path]) -> None:
    text = "spec s\nvar n: 0..9 = 0\naction up { n += 1 }\ninvariant fine { n < 10 }\n"
    proof = proof_of(spec(text))
    assert notes(proof)["fine"] == "proved, but only for runs without a range error"
    assert words(proof) == {"fine": "unknown", "no_range_error": "unknown"}


def test_within_a_bound(spec: Callable[[str], Path]) -> None:
    """States beyond the bound are looked at, and no step goes on from them."""
    text = """spec s
var n: 0..9 = 0
action up when n < 9 { n += 1 }
invariant small { n <= 4 }
invariant smaller { n <= 3 }
model m { explore while n <= 3 }
"""
    assert words(proof_of(spec(text), "m", most=5)) == {
        "small": "holds", "smaller": "violated", "no_range_error": "holds",
    }  # fmt: skip


# ---------------------------------------------------------------- refusals, and the command


def test_refusals_are_by_name(spec: Callable[[str], Path]) -> None:
    histories = prove(load(ROOT / "models/linearizable_register.dsm")[0])
    assert set(words(histories).values()) == {"unknown"}
    assert "not proved: there is no formula of what histories remember" in notes(histories).values()
    queue = "spec s\nvar q: seq<0..3> = []\naction a { q := q + [1] }\ninvariant i { true }\n"
    (note,) = {*notes(proof_of(spec(queue))).values()}
    assert note.startswith("not proved: there is no formula of any value of seq<0..3>")


def test_no_time(spec: Callable[[str], Path]) -> None:
    (job,) = load(spec(STEPS))
    found = prove(job, seconds=1e-6)
    assert set(notes(found).values()) == {"not proved: the limit of 1e-06 seconds"}


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["prove", *args])


def test_exit_codes(spec: Callable[[str], Path]) -> None:
    good = run(str(ROOT / "specs/two_phase.dsm"))
    assert good.exit_code == 0
    assert "holds (proved, k = 1, with" in good.output
    bad = "spec s\nvar n: 0..9 = 0\naction up when n < 9 { n += 1 }\ninvariant few { n == 0 }\n"
    assert run(str(spec(bad))).exit_code == 1
    assert run(str(ROOT / "specs/two_phase_commit.dsm"), "-k", "1").exit_code == 3
    assert run(str(spec("spec s\nvar n: 0..9 = true\n"))).exit_code == 2


def test_as_data(tmp_path: Path) -> None:
    told = run(
        str(ROOT / "specs/two_phase_commit.dsm"), "-p", "agreement", "-k", "1", "--json",
        "--out", str(tmp_path),
    )  # fmt: skip
    (data,) = json.loads(told.stdout)
    assert data["format"] == "dsmc-proof-1"
    assert data["proof"]["k"] == 1
    assert data["proof"]["candidates"] > data["proof"]["left_out"] == 0
    assert {p["name"] for p in data["properties"]} == {"agreement", "no_range_error"}
    names = {path.name for path in tmp_path.rglob("agreement.*")}
    assert {"agreement.svg", "agreement.txt", "agreement.json"} <= names


def test_the_start_does_without_z3() -> None:
    code = "import sys, dsmc.cli; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
