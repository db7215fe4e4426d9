"""Properties of whole runs in a table: what they cost, and what is said when two tools disagree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.liveness.questions import Question, questions
from bench.liveness.table import ALONE, LIVES, SPINS_ALONE, SPINS_LIVES, Row, complaints, render
from bench.peers.processes import run
from bench.peers.spin import Promela, verdict_of, verifier
from bench.peers.tools import Measured, Verdict
from bench.peers.workloads import Tier
from dsmc import Options, Overrides, check, load

QUESTION = next(q for q in questions() if q.size.tier is Tier.SHORT)
STATES = QUESTION.size.states
SMALLEST = [q for q in questions() if q.size == q.system.sizes[0]]


def took(worked: float, search: float | None = None, verdict: Verdict = Verdict.HOLDS) -> Measured:
    return Measured(verdict, 60, STATES, search, worked=worked)


def row(*found: Measured) -> Row:
    """Of dsmc alone and with the property, then of SPIN."""
    columns = (ALONE, LIVES, SPINS_ALONE, SPINS_LIVES)
    return Row(QUESTION, dict(zip(columns, found, strict=False)))


def cells(row: Row) -> list[str]:
    """The last line of the table."""
    lines = [line for line in render(["a day"], [row]).splitlines() if line.startswith("|")]
    return [each.strip() for each in lines[-1].strip("|").split("|")]


# ---------------------------------------------------------------- the table


def test_what_is_added_counts() -> None:
    """1 second of search, and 0.5 seconds more of work: 1.5 times as long."""
    found = row(took(2, 1), took(2.5, 1), took(4, 3), took(10, 9))
    assert cells(found)[2:] == [
        "holds", f"{STATES:,}", "1 s", "1.5 s", "1.5×", "3 s", "9 s", "3×", "6×",
    ]  # fmt: skip
    assert not list(complaints(found))


def test_without_spin() -> None:
    assert cells(row(took(2, 1), took(2.5, 1)))[4:] == ["1 s", "1.5 s", "1.5×"]


def test_a_limit_is_said() -> None:
    found = row(took(2, 1), took(2.5, 1), took(4, 3), took(60, verdict=Verdict.CUT_OFF))
    assert cells(found)[7:] == ["3 s", "over 60 s", "—", "—"]
    assert not list(complaints(found))


def test_short_searches_say_nothing() -> None:
    assert cells(row(took(1, 0.001), took(2, 0.001)))[6] == "—"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (
            row(took(1, 1), took(2, 1), took(1, 1), took(2, 1, Verdict.VIOLATED)),
            "the verdicts differ",
        ),
        (row(took(1, 1), took(2, 1, Verdict.FAILED)), f"{LIVES} failed"),
        (row(took(1, 1, Verdict.VIOLATED), took(2, 1)), "an invariant is violated"),
        (
            row(Measured(Verdict.HOLDS, 1, STATES + 1, 1, worked=1), took(2, 1)),
            f"{STATES + 1:,} states",
        ),
    ],
)
def test_contradictions(found: Row, why: str) -> None:
    """They are said, and mark the row."""
    assert any(why in each for each in complaints(found))
    assert cells(found)[0].startswith("**")
    assert why in render([], [found])


# ---------------------------------------------------------------- what is measured


@pytest.mark.parametrize("question", SMALLEST, ids=lambda question: question.name)
def test_smallest_size(question: Question) -> None:
    """The invariants hold, as many states as the peers count; and what holds of whole runs does not
    without fairness, or never did.
    """
    asked = question.with_property
    (job,) = load(asked.spec, Overrides(asked.constants))
    report = check(job, Options(properties=asked.properties))
    assert report.statistics.states == question.size.states
    assert all(report.result(name).verdict.value == "holds" for name in question.system.safety)
    unfair = check(job, Options(properties=asked.properties, fair=False))
    assert unfair.result(question.prop).verdict.value == "violated"


def test_names_select() -> None:
    """No two questions have one name."""
    names = [question.name for question in questions()]
    assert len(set(names)) == len(names)


TURNS = """
bool on, other;
active proctype Turner() { do :: on = !on od }
active proctype Other() { do :: other = !other od }
ltl its_own { [] !on }
"""


@pytest.mark.skipif(not shutil.which("spin") or not shutil.which("gcc"), reason="needs SPIN")
@pytest.mark.parametrize(
    ("formula", "verdict"),
    [("[] <> on", Verdict.HOLDS), ("<> [] on", Verdict.VIOLATED)],
)
def test_spin_is_fair(formula: str, verdict: Verdict, tmp_path: Path) -> None:
    """The turner may not wait for ever; and what it turns on it turns off again. The formula is in the
    place of the model's own.
    """
    kit, folder = tmp_path / "kit", tmp_path / "empty"
    for each in (kit / "promela", folder):
        each.mkdir(parents=True)
    (kit / "promela" / "turns.pml").write_text(TURNS)
    (kit / "promela" / "rep.h").touch()
    promela = Promela("turns", formula=formula)
    *made, last = verifier(kit, promela, folder, (), ("-a", "-f"))
    assert [run(command, folder, 60).code for command in made] == [0, 0]
    assert verdict_of(run(last, folder, 60).text) is verdict
