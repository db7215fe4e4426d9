"""Runs that break a property are looked for near the start first: the verdicts are the same, and so are the
runs of both engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import system_of
from test_liveness import JOBS, live_specs
from test_liveness_c import assert_c_agrees, in_c

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Verdict
from dsmc.ir.system import System
from dsmc.liveness.graph import Graph
from dsmc.liveness.near import EACH, near, sizes, starts
from dsmc.lives import lives
from dsmc.project import Job
from dsmc.session import compile_job


@contextmanager
def everywhere() -> Iterator[None]:
    """Also in small graphs, from the first step on."""
    with mock.patch.multiple("dsmc.liveness.near", LARGE=0, LESS=2, FIRST=1, MORE=2, EACH=2):
        yield


def verdicts(system: System) -> dict[int, Verdict]:
    found = lives(PythonMachine(system)).found
    return {number: lived.verdict for number, lived in found.items()}


def assert_same(system: System) -> None:
    with everywhere():
        found = verdicts(system)
        assert_c_agrees(system)
    assert found == verdicts(system)


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
        found = in_c(system, most=100_000)
    assert found is not None
    assert found.found == {0: found.found[0]}
    assert found.found[0].verdict is Verdict.VIOLATED
    assert "63,021 states and" in found.note
    assert "that matter" in found.note


def test_many_initial_states() -> None:
    """The first of them show nothing; others do."""
    system = system_of(
        """spec many
        var a: 0..9999 in 0..9999
        var b: 0..29
        fair action down when a < 9000 and b > 0 { b := 0 }
        action up when b < 29 { b += 1 }
        action end when b == 29 { a := 0 }
        eventually always low { b == 0 or a < 9900 }
        """
    )
    found = in_c(system, most=400_000)
    assert found is not None
    assert found.found == lives(PythonMachine(system)).found
    assert found.found[0].verdict is Verdict.VIOLATED
    assert "that matter" in found.note


@pytest.mark.parametrize(
    ("states", "found"),
    [
        (100_000, []),
        (100_001, [4_096, 16_384]),
        (10_000_000, [4_096, 16_384, 65_536, 262_144, 1_048_576]),
    ],
)
def test_sizes(states: int, found: list[int]) -> None:
    assert list(sizes(states)) == found


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_starts(initial: int, most: int) -> None:
    """From everywhere, each once."""
    found = starts(initial, most)
    assert len(set(found)) == len(found) == min(initial, -(-most // EACH))
    assert found == sorted(found)
    assert all(0 <= number < initial for number in found)
    gaps = {b - a for a, b in zip(found, [*found[1:], initial], strict=True)} if found else {0}
    assert max(gaps) - min(gaps) <= 1


def test_parts() -> None:
    """What is known of them is what is known of the graph."""
    graph = Graph(range(3), [0, 2, 3, 4, 6, 6], [3, 1, 4, 0, 4, 2], [0, -1, 1, 0, 1, -1], [0, 1],
                  [1, 2, 4, 8, 16], {4})  # fmt: skip
    with mock.patch.multiple("dsmc.liveness.near", EACH=2):
        part = near(graph, 3)
    assert list(part.nodes) == [0, 1, 3, 4, 2]
    assert (part.graph.targets, part.graph.labels) == ([2, 1, 3, 3, 4], [0, -1, 1, 1, -1])
    assert part.graph.first == [0, 2, 3, 5, 5, 5]
    assert part.graph.facts == [1, 2, 8, 16, 4]
    assert (list(part.graph.initial), part.graph.unexpanded) == ([0, 1], {3, 4})
