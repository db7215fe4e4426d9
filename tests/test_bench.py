"""What is measured is the same work."""

from __future__ import annotations

import pytest

from bench.hand_written import packed, tuples
from bench.speed import measure, reference


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_all_ways_agree(n: int) -> None:
    """States, transitions and depth."""
    assert reference(n) == tuples(n) == packed(n)


def test_measured() -> None:
    """288 states, as Gray and Lamport's module has with three resource managers."""
    counts, seconds = measure(3)
    assert counts.states == 288
    assert all(each > 0 for each in seconds.values())
