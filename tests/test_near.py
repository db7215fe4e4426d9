"""Runs that break a property are looked for near the start first: the verdicts are the same, and so are the
runs of both engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from hypothesis import given
from test_agreement import system_of
from test_liveness import JOBS, live_specs
from test_liveness_c import assert_c_agrees, in_c

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Verdict
from dsmc.ir.system import System
from dsmc.liveness.near import horizons
from dsmc.lives import lives
from dsmc.project import Job
from dsmc.session import compile_job


@contextmanager
def everywhere() -> Iterator[None]:
    """Also in small graphs, from the first step on."""
    with mock.patch.multiple("dsmc.liveness.near", LARGE=0, LESS=2, FIRST=1):
        yield


def verdicts(system: System) -> dict[int, Verdict]:
    found = lives(PythonMachine(system)).found
    return {number: lived.verdict for number, lived in found.items()}


def assert_same(system: System) -> None:
    with everywhere():
        near = verdicts(system)
        assert_c_agrees(system)
    assert near == verdicts(system)


@pytest.mark.parametrize("job", JOBS)
def test_corpus(job: Job) -> None:
    assert_same(compile_job(job))


@given(live_specs())
def test_random_systems(text: str) -> None:
    assert_same(system_of(text))


def test_the_rest_is_not_looked_at() -> None:
    system = system_of(
        """spec far
        var at: 0..3000
        var other: 0..20
        action go when at < 3000 { at += 1 }
        fair action turn { other := (other + 1) mod 21 }
        always eventually far { at == 3000 and other == 20 }
        """
    )
    with everywhere():
        near = in_c(system, most=100_000)
    assert near is not None
    assert near.found == {0: near.found[0]}
    assert near.found[0].verdict is Verdict.VIOLATED
    assert "63,021 states and" in near.note
    assert "that matter" in near.note


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([1] * 9, []),  # small
        ([1, 10, 50_000, 200_000], []),  # soon as large as all
        ([min(200_000, 10 * n**3) for n in range(60)], [8, 16]),
        ([*range(1, 100_002)], [8 << n for n in range(12)]),
    ],
)
def test_horizons(counts: list[int], found: list[int]) -> None:
    def within(steps: int) -> int:
        return counts[min(steps, len(counts) - 1)]

    assert list(horizons(within, counts[-1])) == found
