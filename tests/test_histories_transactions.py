"""`dsmc history check` on transactions: verdicts, exit codes, pictures, and what was published."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from histories import recorded

from dsmc.cli import main
from dsmc.histories.guarantees import KNOWN

RECORDED = recorded()


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["history", "check", *map(str, args)])


LOST = """
{:process 0, :type :invoke, :f :txn, :value [[:r :x nil] [:append :x 1]]}
{:process 1, :type :invoke, :f :txn, :value [[:r :x nil] [:append :x 2]]}
{:process 0, :type :ok, :f :txn, :value [[:r :x []] [:append :x 1]]}
{:process 1, :type :ok, :f :txn, :value [[:r :x []] [:append :x 2]]}
{:process 0, :type :invoke, :f :txn, :value [[:r :x nil]]}
{:process 0, :type :ok, :f :txn, :value [[:r :x [1 2]]]}
"""
SKEW = "w 0 0\nw 1 0\n=====\nr 0 0\nr 1 0\nw 0 1\n=====\nr 0 0\nr 1 0\nw 1 1\n"
SERIAL = "w(0,1,1,1)\nr(0,1,2,2)\n"
REGISTERS = """
{:process 0, :type :invoke, :f :txn, :value [[:w 1 2]]}
{:process 0, :type :ok, :f :txn, :value [[:w 1 2]]}
{:process 1, :type :invoke, :f :txn, :value [[:r 1 nil]]}
{:process 1, :type :ok, :f :txn, :value [[:r 1 nil]]}
"""
MULTI = REGISTERS.replace(":w", ":write").replace(":r ", ":read ")

RUNS = [
    (LOST, ["-g", "serializable"], 1, "serializable is violated: lost update"),
    (LOST, ["-g", "SI"], 1, "snapshot_isolation is violated: lost update"),
    (LOST, ["-g", "causal"], 0, "causal holds"),
    (LOST, ["-g", "lost-update"], 1, "T1 and T2 both read nothing from x"),
    (LOST, ["-g", "P4", "-g", "G1c"], 1, "no_circular_information_flow holds"),
    (LOST, [], 1, "strongest that hold: prefix_consistency"),
    (SKEW, ["-g", "snapshot-isolation"], 0, "snapshot_isolation holds"),
    (SKEW, ["-g", "serializable"], 1, "serializable is violated: write skew"),
    (SKEW, ["-g", "write_skew"], 1, "no_write_skew is violated"),
    (SKEW, [], 1, "strongest that hold: snapshot_isolation"),
    (SERIAL, [], 0, "strongest that hold: serializable"),
    (SERIAL, ["-g", "strict_serializable"], 3, "when transactions began and ended is not recorded"),
    (REGISTERS, [], 1, "strongest that hold: serializable"),
    (REGISTERS, ["-g", "PL-3"], 0, "pl_3 holds"),
    (MULTI, [], 0, "strongest that hold: linearizable"),  # Knossos' nil: nothing is known
    (MULTI, ["-g", "strict_serializable"], 1, "G-single-realtime"),
    (REGISTERS, ["-g", "linearizable", "-o", "multi_register"], 0, "linearizable holds"),
    (SERIAL, ["-g", "linearizable"], 2, "records transactions, not operations"),
    (SERIAL, ["-g", "serialisable"], 2, "did you mean `serializable`?"),
    (SERIAL, ["-g", "serializable", "-o", "register"], 2, "leave out --object"),
    (SERIAL, ["-g", "serializable", "--format", "awdit"], 2, "this is no access"),
]


@pytest.mark.parametrize(("text", "options", "code", "says"), RUNS)
def test_verdicts(tmp_path: Path, text: str, options: list[str], code: int, says: str) -> None:
    path = tmp_path / "h.txt"
    path.write_text(text, encoding="utf-8")
    result = run(path, *options)
    assert says in result.output
    assert result.exit_code == code


def test_a_level_of_operations_that_are_no_transactions(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text('{"session": 1, "f": "read", "invoked": 0, "returned": 1}', encoding="utf-8")
    result = run(path, "-g", "read_atomic")
    assert "records operations, not transactions" in result.output
    assert result.exit_code == 2


def test_as_json(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text(LOST, encoding="utf-8")
    (found,) = json.loads(run(path, "-g", "ser", "-g", "no_write_skew", "--json").output)
    assert found["transactions"] == 3
    broken, kept = found["guarantees"]
    assert (broken["guarantee"], broken["anomaly"]) == ("serializable", "lost update")
    assert [(r["before"], r["after"]) for r in broken["reasons"]] == [("T1", "T2"), ("T2", "T1")]
    assert (kept["guarantee"], kept["verdict"]) == ("no_write_skew", "holds")


@pytest.mark.parametrize(("text", "bars", "table"), [(LOST, 3, "from"), (SKEW, 3, "outcome")])
def test_pictures(tmp_path: Path, text: str, bars: int, table: str) -> None:
    path = tmp_path / "h.txt"
    path.write_text(text, encoding="utf-8")
    run(path, "-g", "serializable", "--out", tmp_path / "out")
    svg = (tmp_path / "out" / "h.serializable.svg").read_text(encoding="utf-8")
    drawn = list(ET.fromstring(svg).iter())
    assert len([e for e in drawn if e.get("class") == "operation"]) == bars
    assert [e.text for e in drawn if e.get("class") == "halo change"] == ["rw", "rw"]
    page = (tmp_path / "out" / "h.serializable.html").read_text(encoding="utf-8")
    assert svg in page
    assert f"<th>{table}</th>" in page


def test_all_that_can_be_asked_is_listed() -> None:
    listed = CliRunner().invoke(main, ["history", "guarantees"]).output
    for one in KNOWN:
        assert f"  {one.name}" in listed
        assert all(word in listed for word in one.others)


# ---------------------------------------------------------------- published verdicts

WORDS = {
    "linearizable": ("linearizable",),
    "isolation:RC": ("read_committed_monotonic",),
    "isolation:RA": ("RA",),
    "isolation:CC": ("CC",),
    "isolation:SI": ("SI",),
    "isolation:SER": ("SER",),
    "constant-total": ("constant_total",),
    "constant-total and nonnegative": ("constant_total", "nonnegative"),
    "reads within [ok adds, attempted adds]": ("counter_bounds",),
    "no lost adds": ("no_lost_adds",),
    "no long fork": ("no_long_fork",),
}


def published() -> list[dict[str, str]]:
    if RECORDED is None:
        return []
    with (RECORDED / "VERDICTS.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.skipif(RECORDED is None, reason="the recorded histories are not here")
@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row['path']}-{row['property']}")
def test_published_verdicts_of_the_command(row: dict[str, str]) -> None:
    assert RECORDED is not None
    asked = [word for name in WORDS[row["property"]] for word in ("-g", name)]
    result = run(RECORDED / row["path"], *asked)
    assert result.exit_code == (0 if row["expected"] == "true" else 1), result.output
