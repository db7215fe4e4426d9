"""The core specs have the numbers of states that are published for them."""

from __future__ import annotations

import pytest
from conftest import ROOT

from dsmc.engine.outcome import Statistics
from dsmc.project import Overrides
from dsmc.session import Options, check, load


def explored(name: str, *constants: str) -> Statistics:
    """What the whole of a spec's state space is."""
    (job,) = load(ROOT / f"specs/{name}.dsm", Overrides(constants))
    return check(job, Options(to_the_end=True)).statistics


@pytest.mark.parametrize(
    ("n", "states", "generated", "depth"),
    [
        (3, 288, 1_146, 11),
        (4, 1_568, 8_258, 14),
        (5, 8_832, 58_146, 17),
        (6, 50_816, 402_306, 20),
    ],
)
def test_two_phase(n: int, states: int, generated: int, depth: int) -> None:
    """As TLC counts TwoPhase."""
    found = explored("two_phase", f"N={n}")
    assert (found.states, found.generated, found.depth) == (states, generated, depth)
    assert found.complete


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("tcommit", 34),
        ("ewd840", 302),
        ("chang_roberts", 137),
        ("alternating_bit", 240),
        ("coffee_can", 5_150),
    ],
)
def test_distinct_states(name: str, states: int) -> None:
    """As TLC counts those of the examples."""
    found = explored(name)
    assert found.states == states
    assert found.complete


def test_every_spec_has_models() -> None:
    """A spec whose expectations nobody states is not checked."""
    specs = {path.name for path in (ROOT / "specs").glob("*.dsm")}
    assert specs == {path.name for path in (ROOT / "models").glob("*.dsm")}
