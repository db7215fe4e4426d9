"""`dsmc history check`: verdicts, exit codes, pictures, mistakes; and what was published."""

from __future__ import annotations

import csv
import json
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import histories
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from dsmc.cli import main
from dsmc.histories import check
from dsmc.histories.budget import Budget
from dsmc.histories.check import GUARANTEES, weaker
from dsmc.histories.findings import refuted_next, strongest
from dsmc.histories.reading import read_operations
from dsmc.histories.verdict import Holds, Undecided, Violated

EXAMPLES = ROOT / "tests" / "histories"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["history", "check", *map(str, args)])


# ---------------------------------------------------------------- the command

RUNS = [
    ("register.edn", ["-g", "linearizable"], 1, "linearizable is violated"),
    ("register.edn", ["-g", "sequential"], 1, "sequential is violated"),
    ("register.edn", ["-g", "read_your_writes"], 0, "read_your_writes holds"),
    ("register.edn", ["-g", "monotonic_reads"], 1, "non-monotonic reads"),
    ("register.edn", ["-g", "monotonic_writes"], 3, "the reads are not monotonic"),
    ("multi_register.edn", ["-g", "linearizable"], 0, "holds"),
    ("multi_register.edn", ["-g", "linearizable", "--initial", "7"], 1, "violated"),
    ("mutex.edn", ["-g", "linearizable", "-o", "mutex"], 1, "it is impossible where held: true"),
    ("cas.log", ["-g", "linearizable", "--object", "cas_register"], 0, "holds"),
    ("kv.txt", ["-g", "linearizable"], 0, "holds"),
    ("bank.json", ["-g", "constant_total"], 0, "constant_total holds"),
    ("bank.json", ["-g", "nonnegative"], 1, "#2 of 0 saw -10 in account a."),
    ("causal.jsonl", ["-g", "causal_memory"], 0, "holds"),
    ("causal.jsonl", ["-g", "causal_convergent"], 1, "CyclicCF"),
    ("causal.jsonl", [], 1, "strongest that hold: causal_memory"),
    ("multi_register.edn", [], 0, "strongest that hold: linearizable"),
]


@pytest.mark.parametrize(("name", "options", "code", "says"), RUNS)
def test_verdicts(name: str, options: list[str], code: int, says: str) -> None:
    result = run(EXAMPLES / name, *options)
    assert says in result.output
    assert result.exit_code == code


def test_several_files_end_with_the_worst() -> None:
    result = run(EXAMPLES / "cas.log", EXAMPLES / "mutex.edn", "-g", "linearizable")
    assert result.exit_code == 1
    assert result.output.count("linearizable") == 3  # holds; is violated: not linearizable


MISTAKES = [
    (["-g", "linearisable"], "D714", "did you mean `linearizable`?"),
    (["-o", "cas-register"], "D714", "did you mean `cas_register`?"),
    (["-o", "queue"], "D713", "a queue has no `write`"),
    (["--format", "jepsen-logs"], "D714", "did you mean `jepsen-log`?"),
    (["--format", "json-lines"], "D712", "this is not JSON"),
    (["-o", "kv"], "D713", "a kv has no `write`"),
    (["-g", "no_lost_adds"], "D713", "should be answered a collection"),
]


@pytest.mark.parametrize(("options", "code", "says"), MISTAKES)
def test_mistakes(options: list[str], code: str, says: str) -> None:
    result = run(EXAMPLES / "register.edn", *options)
    assert result.exit_code == 2
    assert code in result.output
    assert says in result.output


BAD_VALUES = [
    ("cas", "3", "cas_register", "it takes two values"),
    ("append", "3", "kv", "it takes a text"),
    ("add", '"a"', "counter", "it takes a number"),
    ("txn", "[1]", "multi_register", "it takes a list of"),
]


@pytest.mark.parametrize(("f", "arg", "object", "says"), BAD_VALUES)
def test_arguments_that_are_none(tmp_path: Path, f: str, arg: str, object: str, says: str) -> None:
    path = tmp_path / "h.jsonl"
    path.write_text(
        f'{{"session": 1, "f": "{f}", "arg": {arg}, "invoked": 1, "returned": 2}}', encoding="utf-8"
    )
    result = run(path, "-o", object)
    assert result.exit_code == 2
    assert says in result.output


def test_an_initial_value_of_another_kind() -> None:
    result = run(EXAMPLES / "kv.txt", "--initial", "5")
    assert result.exit_code == 2
    assert "a kv cannot begin with 5" in result.output


@pytest.mark.parametrize("text", ["{", '"open', ")"])
def test_an_initial_value_that_is_none(text: str) -> None:
    result = run(EXAMPLES / "register.edn", "--initial", text)
    assert result.exit_code == 2
    assert f"`--initial` is given `{text}`, which is no value" in result.output


def test_what_is_found_as_json() -> None:
    result = run(EXAMPLES / "causal.jsonl", "-g", "causal_convergent", "-g", "causal", "--json")
    (found,) = json.loads(result.output)
    broken, kept = found["guarantees"]
    assert (broken["verdict"], broken["anomaly"]) == ("violated", "CyclicCF")
    assert [(r["before"], r["after"], r["kind"]) for r in broken["reasons"]] == [
        (0, 1, "ww"), (1, 0, "ww"),
    ]  # fmt: skip
    assert kept["verdict"] == "holds"


def test_pictures(tmp_path: Path) -> None:
    run(EXAMPLES / "causal.jsonl", EXAMPLES / "mutex.edn", "--out", tmp_path, "-g", "linearizable")
    for stem in ("causal.linearizable", "mutex.linearizable"):
        svg = (tmp_path / f"{stem}.svg").read_text(encoding="utf-8")
        bars = [e for e in ET.fromstring(svg).iter() if e.get("class") == "operation"]
        assert len(bars) in (2, 5)
        page = (tmp_path / f"{stem}.html").read_text(encoding="utf-8")
        assert svg in page
        assert "has no place in any legal order" in (tmp_path / f"{stem}.txt").read_text("utf-8")


def test_a_long_history_is_drawn_in_part(tmp_path: Path) -> None:
    lines = [
        f'{{"session": {n % 3}, "f": "write", "arg": {n}, "invoked": {2 * n}, "returned": {2 * n + 1}}}'
        for n in range(100)
    ]
    lines.append('{"session": 0, "f": "read", "result": 5, "invoked": 200, "returned": 201}')
    path = tmp_path / "h.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    run(path, "-g", "linearizable", "--out", tmp_path)
    svg = (tmp_path / "h.linearizable.svg").read_text(encoding="utf-8")
    assert svg.count('class="operation"') == 7
    assert "94 other operations are not drawn" in svg


# ---------------------------------------------------------------- all guarantees


@pytest.mark.parametrize("name", ["register.edn", "causal.jsonl", "kv.txt", "cas.log"])
def test_what_follows_is_true(name: str) -> None:
    """What is not decided itself is what its decider says, or that one cannot know."""
    history = read_operations(EXAMPLES / name)
    spec = check.specification(history, None, None)
    for finding in check.check_all(history, spec, None):
        own = check.check(history, finding.guarantee, spec, Budget())
        assert type(own) in (type(finding.verdict), Undecided)


def test_the_strongest_and_the_next() -> None:
    history = read_operations(EXAMPLES / "causal.jsonl")
    found = check.check_all(history, check.specification(history, None, None), None)
    assert strongest(found, weaker) == ("causal_memory",)
    broken = refuted_next(found, weaker)
    assert broken is not None
    assert broken.guarantee == "causal_convergent"


def test_each_guarantee_implies_weaker_ones_only() -> None:
    places = {one.name: place for place, one in enumerate(GUARANTEES)}
    for one in GUARANTEES:
        assert all(places[name] > places[one.name] for name in weaker(one.name))


# ---------------------------------------------------------------- published verdicts

RECORDED = histories.recorded()
WORDS = {
    "linearizable": ("linearizable",),
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
        return [row for row in csv.DictReader(file, delimiter="\t") if row["property"] in WORDS]


@pytest.mark.skipif(RECORDED is None, reason="the recorded histories are not here")
@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row['path']}-{row['property']}")
def test_recorded_histories(row: dict[str, str]) -> None:
    assert RECORDED is not None
    started = time.monotonic()
    verdicts = [
        check.check(read_operations(RECORDED / row["path"]), name, None, Budget(60))
        for name in WORDS[row["property"]]
    ]
    assert not any(isinstance(v, Undecided) for v in verdicts)
    assert all(isinstance(v, Holds) for v in verdicts) == (row["expected"] == "true")
    assert time.monotonic() - started < (2 if "etcd" in row["path"] else 60)


ADDS = [("a", "add", 2, None, 0, 1), ("b", "add", 3, None, 2, None)]
FORK = ("a", "read", None, (("r", 1, 5), ("r", 2, None)), 0, 1)
WORKLOADS = [
    ("counter_bounds", [*ADDS, ("a", "read", None, 5, 3, 4)], True),
    ("counter_bounds", [*ADDS, ("a", "read", None, 2, 3, 4)], True),
    ("counter_bounds", [*ADDS, ("a", "read", None, 1, 3, 4)], False),
    ("counter_bounds", [*ADDS, ("a", "read", None, 6, 3, 4)], False),
    ("no_lost_adds", [*ADDS, ("a", "read", None, (2,), 3, 4)], True),
    ("no_lost_adds", [*ADDS, ("a", "read", None, (2, 3), 3, 4)], True),
    ("no_lost_adds", [*ADDS, ("a", "read", None, (3,), 3, 4)], False),
    ("no_lost_adds", [*ADDS, ("a", "read", None, (2, 9), 3, 4)], False),
    ("no_long_fork", [FORK, ("a", "read", None, (("r", 2, 6), ("r", 1, 5)), 2, 3)], True),
    ("no_long_fork", [FORK, ("a", "read", None, (("r", 2, 6), ("r", 1, None)), 2, 3)], False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "holds"), WORKLOADS)
def test_workloads(name: str, rows: list[histories.Row], holds: bool) -> None:
    found = check.check(histories.history(*rows), name, None, Budget())
    assert isinstance(found, Holds if holds else Violated)
