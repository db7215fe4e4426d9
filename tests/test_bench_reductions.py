"""Reductions in a table: the states and seconds of each, and what is said when two columns disagree."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench.peers.processes import run
from bench.peers.tools import Measured, Verdict
from bench.peers.workloads import ROOT
from bench.reductions.columns import Found, found_of
from bench.reductions.once import KINDS, at_once
from bench.reductions.systems import CASES, Case
from bench.reductions.table import OURS, SPINS, Row, complaints, render
from dsmc import Overrides, load
from dsmc.reduce.plan import NO_REDUCTIONS
from dsmc.session import compile_job

CASE = CASES[0]
HELD = (("agreed", "holds"),)
BROKEN = (("agreed", "violated in 3 steps"),)


def holds(states: int, whole: float = 2) -> Found:
    return Found(Verdict.HOLDS, whole, states, decided=HELD)


def breaks(states: int, told: tuple[tuple[str, str], ...] = BROKEN) -> Found:
    return Found(Verdict.VIOLATED, 2, states, decided=told)


def over(states: int, decided: tuple[tuple[str, str], ...] = ()) -> Found:
    return Found(Verdict.CUT_OFF, 60, states, decided=decided, stopped="stopped after a while")


def row(*found: Measured | None) -> Row:
    """Of dsmc with none, symmetry, partial order, both; of SPIN with none, and with its own."""
    named = zip((*OURS, *SPINS), found, strict=False)
    return Row(CASE, {name: each for name, each in named if each is not None})


def cells(row: Row) -> list[str]:
    """The last line of the table."""
    lines = [line for line in render(["a day"], [row]).splitlines() if line.startswith("|")]
    return [each.strip() for each in lines[-1].strip("|").split("|")]


# ---------------------------------------------------------------- the table


def test_states_seconds_and_how_many_times_fewer() -> None:
    found = row(
        holds(1_000, 0.5), holds(200), holds(500), holds(50),
        Measured(Verdict.HOLDS, 1.5, 1_000), Measured(Verdict.HOLDS, 1.25, 800),
    )  # fmt: skip
    assert cells(found) == [
        CASE.name, "holds", "1,000, 0.5 s", "200, 2 s", "500, 2 s", "50, 2 s", "20×",
        "1,000, 1.5 s", "800, 1.25 s", "1.25×",
    ]  # fmt: skip
    assert not list(complaints(found))


def test_without_spin() -> None:
    """Its columns are not there."""
    page = render(["a day"], [row(holds(9), holds(9), holds(9), holds(9))])
    (head,) = [line for line in page.splitlines() if line.startswith("| system")]
    assert "SPIN" not in head
    assert len(cells(row(holds(9), holds(9), holds(9), holds(9)))) == head.count("|") - 1


def test_a_limit_is_said() -> None:
    """Also what it makes of the ratio."""
    found = row(over(5_000), over(4_000), over(900), holds(50))
    assert cells(found)[1:7] == [
        "holds", "over 5,000, 60 s", "over 4,000, 60 s", "over 900, 60 s", "50, 2 s", "over 100×",
    ]  # fmt: skip
    assert not list(complaints(found))
    assert cells(row(holds(5_000), holds(4_000), over(900), over(50)))[6] == "—"


def test_nobody_came_to_the_end() -> None:
    assert cells(row(over(1), over(1), over(1), over(1)))[1] == "unknown"


def test_what_is_violated_is_told() -> None:
    found = row(breaks(9), breaks(9), breaks(3), breaks(3))
    assert cells(found)[1] == "agreed violated in 3 steps"
    assert not list(complaints(found))


# ---------------------------------------------------------------- contradictions


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (row(holds(9), breaks(9)), "the verdicts differ: holds (none), violated (symmetry)"),
        (
            row(breaks(9), breaks(9, (("agreed", "violated in 4 steps"),))),
            "agreed differs: violated in 3 steps (none), violated in 4 steps (symmetry)",
        ),
        (row(holds(9), over(9, BROKEN)), "agreed differs: holds (none), violated in 3 steps"),
        (row(holds(9), holds(10)), "symmetry has more states than none"),
        (row(holds(9), None, None, Measured(Verdict.FAILED, 1)), "both failed"),
        (
            row(holds(9), None, None, None, Measured(Verdict.HOLDS, 1, 8)),
            "SPIN has 8 states, dsmc 9",
        ),
        (
            row(holds(9), None, None, None, Measured(Verdict.VIOLATED, 1, 9)),
            "the verdicts differ: holds (none), violated (SPIN, none)",
        ),
    ],
)
def test_contradictions(found: Row, why: str) -> None:
    """They are said, and mark the row."""
    assert any(why in each for each in complaints(found))
    assert cells(found)[0] == f"**{CASE.name}**"
    assert why in render([], [found])


# ---------------------------------------------------------------- what is measured


def test_reports_are_read() -> None:
    report = {
        "statistics": {"states": 7, "seconds": 0.5, "stopped": "stopped after 7 states"},
        "properties": [
            {"name": "a", "verdict": "violated", "word": "violated", "steps": 3},
            {"name": "b", "verdict": "unknown", "word": "unknown", "steps": None},
        ],
    }
    found = found_of(report, 1.5)
    assert found.decided == (("a", "violated in 3 steps"),)
    assert found.verdict is Verdict.CUT_OFF
    report["statistics"]["stopped"] = ""  # type: ignore[index]
    assert found_of(report, 1.5).verdict is Verdict.FAILED


def test_only_what_is_named() -> None:
    """And at once."""
    both, none = at_once(list(KINDS)), at_once([])
    assert (both.symmetry, both.partial_order, both.dead_values, both.slices) == (1, 1, 0, 0)
    assert (both.after, both.patience) == (0, 0)
    assert not none.any
    assert not NO_REDUCTIONS.any


def test_once(tmp_path: Path) -> None:
    """A process for one cell: the same verdicts, fewer states with both."""
    spec = tmp_path / "three.dsm"
    spec.write_text(
        "spec three\nsymbols Peer[3]\nvar at: map<Peer, 0..3> = [n: 0 for n in Peer]\n"
        "action go(n in Peer) when at[n] < 3 { at[n] += 1 }\n"
        "invariant small { forall n in Peer: at[n] <= 3 }\n"
        "quiescent done { forall n in Peer: at[n] == 3 }\n"
    )
    found = {kinds: once(spec, kinds) for kinds in ((), *OURS.values())}
    assert {each.decided for each in found.values()} == {(("small", "holds"), ("done", "holds"))}
    assert found[()].states == 64
    assert found["symmetry",].states == 20
    assert found[OURS["both"]].states == found[OURS["partial order"]].states == 10


def once(spec: Path, kinds: tuple[str, ...]) -> Found:
    options = [option for kind in kinds for option in ("--use", kind)]
    ran = run(
        [sys.executable, "-m", "bench.reductions.once", str(spec), *options, "--max-states", "99"],
        ROOT, 60, DSMC_CACHE="",
    )  # fmt: skip
    return found_of(json.loads(ran.text)[0], ran.seconds)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases(case: Case) -> None:
    """Each is an instance, and has the properties that are asked of it."""
    constants = Overrides(case.asked.constants, case.faults or None)
    (job,) = load(case.asked.spec, constants)
    names = {p.name for p in compile_job(job).properties}
    assert set(case.asked.properties) <= names


def test_names_select() -> None:
    """No two cases have one name."""
    assert len({case.name for case in CASES}) == len(CASES)
