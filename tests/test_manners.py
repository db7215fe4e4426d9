"""Searches that keep fingerprints, or go depth first, find what the exact search by levels finds."""

from __future__ import annotations

import math
from pathlib import Path

import agreement
import pytest
import random_systems
from click.testing import CliRunner
from conftest import MODELS, TooLarge
from test_agreement import system_of
from test_c import HARD, jobs

from dsmc.backends.c.explore import Manner, error_bound, explore
from dsmc.backends.python.machine import PythonMachine
from dsmc.cli import main
from dsmc.engine.outcome import Explored, Limits, Run
from dsmc.engine.search import states_limit
from dsmc.ir.system import APART, NoError, System
from dsmc.project import Job
from dsmc.session import compile_job, load

EXACT = Manner(1)
PRINTS = Manner(1, fingerprints=True)
DEPTH = Manner(1, depth_first=True)
BOTH = Manner(1, fingerprints=True, depth_first=True)
MOST = 20_000


def found(system: System, manner: Manner, *, to_the_end: bool = True) -> Explored:
    wanted = frozenset(
        n for n, p in enumerate(system.properties) if not isinstance(p, (*APART, NoError))
    )
    return explore(
        PythonMachine(system), wanted, manner=manner, limits=Limits(states=MOST),
        to_the_end=to_the_end,
    )  # fmt: skip


def assert_alike(system: System) -> None:
    """Fingerprints: everything is the same. Depth first: what there is, though not the ways to it."""
    exact = found(system, EXACT)
    if exact.statistics.stopped == states_limit(MOST) or exact.pump is not None:
        raise TooLarge
    assert agreement.all_of(found(system, PRINTS)) == agreement.all_of(exact)
    for manner in (DEPTH, BOTH):
        deep = found(system, manner)
        assert deep.decided.keys() == exact.decided.keys()
        assert _counts(deep) == _counts(exact)
        for number, run in deep.decided.items():
            assert run.length >= exact.decided[number].length
            _assert_possible(PythonMachine(system), run)


def _counts(explored: Explored) -> tuple[object, ...]:
    s = explored.statistics
    return s.states, s.transitions, s.initial, s.complete, s.stopped


def _assert_possible(machine: PythonMachine, run: Run) -> None:
    """Each state of the run is initial, or a successor of the one before."""
    machine.prepare()
    before = machine.initial()[0]
    for state in run.states:
        assert state in before
        before = []
        machine.expand(state, before, [])


@pytest.mark.parametrize("job", jobs())
def test_models(job: Job) -> None:
    assert_alike(compile_job(job))


@pytest.mark.parametrize("name", HARD)
def test_hard(name: str) -> None:
    assert_alike(system_of(f"spec s\n{HARD[name]}"))


test_random = random_systems.test_of(assert_alike, random_systems.all_kinds())


def test_until_all_is_decided() -> None:
    """Depth first, a way is found before the space is seen."""
    text = "spec s\nvar x: 0..4999 = 0\nvar y: 0..9 = 0\n" + "".join(
        f"action {name} when {guard} {{ {step} }}\n"
        for name, guard, step in (("far", "x < 4999", "x += 1"), ("near", "y < 9", "y += 1"))
    )
    deep = found(system_of(f"{text}reachable end {{ x == 4999 }}\n"), DEPTH, to_the_end=False)
    assert deep.decided[0].length >= 4999
    assert not deep.statistics.complete
    assert deep.statistics.states < 20_000


def test_error_bound() -> None:
    """The number of pairs over that of fingerprints."""
    for states in (2, 1_000, 10**9):
        (_, _, text) = error_bound(states).rpartition(" ")
        assert math.isclose(float(text), math.comb(states, 2) / 2**64, rel_tol=0.05)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--engine", "python", "--store", "fingerprint"], "leave out --engine python"),
        (["--search", "depth", "--checkpoint", "x"], "level by level"),
    ],
)
def test_refused(asked: list[str], says: str) -> None:
    result = CliRunner().invoke(main, ["check", str(MODELS[0]), *asked])
    assert result.exit_code == 2
    assert says in result.output.replace("\n", " ")


def test_the_report_says_so(tmp_path: Path) -> None:
    """A model with messages, from the command line: the same verdicts, and how sure they are."""
    file = next(path for path in MODELS if path.stem == "causal_broadcast")
    job = next(job for job in load(file) if job.name == "forgets")
    asked = [
        "check",
        str(file),
        "-m",
        job.name,
        "--engine",
        "c",
        "--no-cache",
        "--store",
        "fingerprint",
    ]
    result = CliRunner().invoke(main, asked)
    assert "fingerprints of 64 bits" in result.output
    assert "violated" in result.output
