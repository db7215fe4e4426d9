"""A page of several tables: what is measured anew leaves the others as they are."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bench.peers.asked import is_wanted, parser
from bench.peers.measuring import filled
from bench.peers.page import digits, put, table
from bench.peers.tools import Measured, Verdict
from bench.peers.workloads import Tier


def test_each_table_has_its_place(tmp_path: Path) -> None:
    page = tmp_path / "out" / "page.md"
    for part in ("# One\n\nfirst\n", "# Two\n\n| # | a |\n", "# One\n\nsecond\n"):
        put(page, part)
    assert page.read_text() == "# One\n\nsecond\n\n# Two\n\n| # | a |\n"


def test_a_page_that_is_not_new_stays_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n\nmeasured\n")
    put(page, "# One\n\nmeasured\n")
    assert page.read_text() == "# One\n\nmeasured\n"


def test_table() -> None:
    assert table(["a", "b", "c"], [["x", "y", "1"]], texts=2) == [
        "| a | b | c |",
        "| --- | --- | ---: |",
        "| x | y | 1 |",
    ]


def test_digits() -> None:
    """Three, but no exponents."""
    shown = [digits(x) for x in (0.01234, 1.0, 12.345, 99.96, 1234.5)]
    assert shown == ["0.0123", "1", "12.3", "100", "1,234"]


# ---------------------------------------------------------------- what is asked for


def asked(*options: str, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.setattr("sys.argv", ["bench", *options])
    return parser("bench", "").parse_args()


@pytest.mark.parametrize(
    ("options", "tiers"),
    [
        ((), {Tier.SHORT}),
        (("--quick",), {Tier.QUICK}),
        (("--all",), set(Tier)),
        (("--only", "pax"), set(Tier)),
        (("--only", "raft"), set()),
        (("--quick", "--only", "paxos"), {Tier.QUICK}),
    ],
)
def test_selected(
    options: tuple[str, ...], tiers: set[Tier], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By size, by name, by both."""
    wanted = asked(*options, monkeypatch=monkeypatch)
    assert {tier for tier in Tier if is_wanted("paxos B=3", tier, wanted)} == tiers


# ---------------------------------------------------------------- measuring


class Subject:
    name = "row"


class Takes:
    """A column whose runs take these seconds; a run of no seconds is not to be had."""

    def __init__(self, *seconds: float, verdict: Verdict = Verdict.HOLDS) -> None:
        self.name = f"takes {seconds}"
        self.verdict = verdict
        self.left = list(seconds)

    def measure(self, _: Subject, folder: Path, limit: float, /) -> Measured | None:
        assert not list(folder.iterdir())
        assert limit == 9
        seconds = self.left.pop(0)
        return Measured(self.verdict, seconds) if seconds else None


WANTED = argparse.Namespace(runs=2, limit=9)


def test_the_fastest_of_some_runs() -> None:
    columns = [Takes(3, 2), Takes(0, 0)]
    ((_, found),) = filled([Subject()], columns, WANTED)
    assert found == {columns[0].name: Measured(Verdict.HOLDS, 2)}


def test_what_is_long_or_failed_is_not_run_again() -> None:
    columns = [Takes(100, 1), Takes(5, 1, verdict=Verdict.CUT_OFF)]
    ((_, found),) = filled([Subject()], columns, WANTED)
    assert [each.whole for each in found.values()] == [100, 5]
    assert [column.left for column in columns] == [[1], [1]]
