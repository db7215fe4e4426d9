"""Bounded search: it finds what the reference finds, as soon; and never says more than it knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import agreement
import oracle
import pytest
import random_systems
from click.testing import CliRunner, Result
from conftest import ROOT
from test_agreement import small_jobs

from dsmc.bounded import asked, check, deepened
from dsmc.cli import main
from dsmc.engine.outcome import Limits
from dsmc.ir import system as y
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.session import Options, compile_job, load
from dsmc.smt.bounded import Bounded
from dsmc.smt.solving import Clock, Solver

#: Runs of so many steps are looked at.
DEPTH = 3
OF_FORMULAS = (y.Invariant, y.Reachable, y.Transition, y.Assertion, y.NoError, y.Fires)
FORGETFUL = ROOT / "models/forgetful_commit.dsm"


def lengths(system: System, depth: int) -> dict[str, int | None] | None:
    """The lengths of the runs that decide properties, None of those that have no formula; nothing if
    there is none of the system.
    """
    search = Bounded(system, asked(system), Solver(Clock(2)))
    if deepened(search, depth):
        return None  # there may be more
    found = {n: max(0, len(f.states) - 1 + f.in_step) for n, f in search.found.items()}
    return {
        system.properties[n].name: found.get(n) for n in search.found.keys() | search.refused.keys()
    }  # fmt: skip


def assert_as_soon(system: System, found: oracle.Found) -> bool:
    """What an exhaustive search decides within the depth, in as many steps; nothing else. True if there
    are formulas.
    """
    mine = lengths(system, DEPTH)
    if mine is None or system.observers:
        return False
    names = {p.name for p in system.properties if isinstance(p, OF_FORMULAS)}
    if "no_range_error" in found.decided:
        names = {"no_range_error"}  # after an error the reference leaves out steps
    names -= {name for name, steps in mine.items() if steps is None}
    wanted = {n: steps for n, steps in found.decided.items() if n in names and steps <= DEPTH}
    assert {n: steps for n, steps in mine.items() if n in names} == wanted
    return True


@pytest.mark.parametrize("job", small_jobs(25))
def test_models(job: Job) -> None:
    system = compile_job(job)
    if not assert_as_soon(system, agreement.by_reference(system)):
        pytest.skip("there are no formulas")


def _of_random(system: System) -> None:
    assert_as_soon(system, oracle.explore(system, 400))


test_random_systems = random_systems.test_of(_of_random, random_systems.all_kinds(), slow=6)

WIDE = """spec wide
var x: 0..20000 in 0..20000
var y: 0..20000 = 0
action add when x + y <= 20000 { y := x + y; x := x div 3 }
action near { pick z in 0..20000 where z > y and z < y + 10
  y := z }
action checked when y == 222 { assert x != 74 }
invariant not_magic { not (x == 4115 and y == 12355) }
invariant small { y <= 20000 }
transition never_all { y < 20000 or old(y) < 19900 }
reachable there { x == 41 and y == 140 }
"""


def test_wide_ranges(spec: Callable[[str], Path]) -> None:
    """More states than could ever be seen: the runs are found, taken again, and as short as can be."""
    (job,) = load(spec(WIDE))
    report = check(job, Options(depth=4))
    found = {r.name: r for r in report.results}
    assert {n: (r.word, r.steps) for n, r in found.items()} == {
        "not_magic": ("violated", 2), "small": ("unknown", None), "never_all": ("violated", 2),
        "there": ("reachable", 3), "assert_line_7": ("violated", 2),
        "no_range_error": ("unknown", None),
    }  # fmt: skip
    assert found["small"].note == "no counterexample up to depth 4"
    trace = found["not_magic"].trace
    assert trace is not None
    assert (trace.states[-1]["x"], trace.states[-1]["y"]) == (4115, 12355)
    for result in found.values():
        assert result.trace is None or result.trace.length == result.steps


def test_what_has_no_formula_is_said_by_name(spec: Callable[[str], Path]) -> None:
    text = """spec s
const N: 1..3 = 3
var n: 0..N = 0
fair action up when n < N { n += 1 }
quiescent done { n == N }
always eventually top { n == N }
law little(k in 0..3) { k < 4 }
no deadlock
final { n == N }
"""
    (job,) = load(spec(text))
    notes = {r.name: r.note for r in check(job, Options()).results}
    assert notes == {
        "done": "there is no formula of what is at rest",
        "no_deadlock": "there is no formula of what is at rest",
        "top": "there is no formula of runs that go on for ever",
        "little": "`dsmc check` decides it",
        "no_range_error": "no counterexample up to depth 20",
    }


def test_histories_are_refused() -> None:
    (job, *_) = load(ROOT / "models/linearizable_register.dsm")
    report = check(job, Options(depth=2))
    assert {r.verdict.value for r in report.results} == {"unknown"}
    assert "there is no formula of what histories remember" in {r.note for r in report.results}


CHOICES = """spec choices
var x: 0..1000000000 = 5
var k: 0..99999 = 0
init { pick first in 0..1000000000; require first mod 1000 == 3; x := first }
action go(a in 0..99999, b in 0..99999) when a + b == 150000 {
  pick v in 0..1000000000
  require v mod 1000 == 7 and v > x
  x := v
  k := a
}
invariant small { x < 900000000 or k < 60000 }
"""


def test_choices_are_not_tried_one_by_one(spec: Callable[[str], Path]) -> None:
    """Of thousands of millions, the run takes the one that the formula found."""
    (job,) = load(spec(CHOICES))
    (small, _) = check(job, Options(depth=3)).results
    assert small.trace is not None
    assert small.steps == 1


def test_the_time_runs_out(spec: Callable[[str], Path]) -> None:
    (job,) = load(spec(WIDE))
    report = check(job, Options(limits=Limits(seconds=1e-6)))
    assert {r.note for r in report.results} == {"the limit of 1e-06 seconds"}


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["check", *args])


def test_from_the_command_line() -> None:
    """The same counterexample as that of the search; nothing holds, so a limit was reached."""
    told = run(str(FORGETFUL), "--model", "restart", "--engine", "z3", "--depth", "8", "--json")
    (data,) = json.loads(told.stdout)
    assert told.exit_code == 3
    (agreement_,) = (p for p in data["properties"] if p["name"] == "agreement")
    assert (agreement_["verdict"], agreement_["steps"]) == ("violated", 8)
    assert data["statistics"]["engine"]["name"] == "z3"
    text = run(str(FORGETFUL), "--model", "no_faults", "--engine", "z3", "--depth", "3")
    assert text.exit_code == 3
    assert "agreement       unknown (no counterexample up to depth 3)" in text.output
    assert "formulas of runs of up to 3 steps" in text.output


@pytest.mark.parametrize(
    ("asked_", "says"),
    [
        (["--depth", "3"], "--depth needs --engine z3"),
        (["--engine", "z3", "--all", "--store", "fingerprint"], "leave out --store, --all"),
    ],
)
def test_refused(asked_: list[str], says: str) -> None:
    told = run(str(FORGETFUL), *asked_)
    assert told.exit_code == 2
    assert says in told.output.replace("\n", " ")
