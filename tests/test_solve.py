"""For which constants a property holds: combinations, the condition that fits them, its boundary."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from dsmc.cli import main
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Limits, Verdict
from dsmc.project import Overrides
from dsmc.session import Options, load
from dsmc.smt.conditions import MOST_PARTS, Condition, Linear, Name, simplest
from dsmc.solve.run import Table, solve

Write = Callable[..., Path]

#: A quorum is of any R of N voters, and another of any W of them: do they always meet?
QUORUMS = """spec quorums
const N: 1..4 = 3
const R: 1..N = 1
const W: 1..N = 1
const K = 1
type Voter = 1..N
var read: set<Voter> = {}
var written: set<Voter> = {}
action ask(v in Voter) when read.len < R { read += v }
action put(v in Voter) when written.len < W { written += v }
invariant meet { (read.len == R and written.len == W) implies exists v in read: v in written }
reachable apart { read.len == R and written.len == W and not exists v in read: v in written }
"""


def solved(path: Path, names: str, *, options: Options | None = None, **given_: Any) -> Table:
    (job,) = load(path, Overrides(given_.get("constants", ())))
    return solve(job, names.split(), given_.get("ranges", {}), options or Options())


def conditions(table: Table) -> dict[str, str | None]:
    return {a.property: a.condition and a.condition.text for a in table.answers}


# ---------------------------------------------------------------- combinations


def test_quorums_meet(spec: Write) -> None:
    """The constant that a range is declared with is spoken of, swept or not."""
    table = solved(spec(QUORUMS), "R W")
    assert [tuple(row.values.values()) for row in table.rows] == [
        *itertools.product((1, 2, 3), repeat=2)
    ]
    assert conditions(table) == {"meet": "R + W > N", "apart": "R + W <= N"}
    assert table.answers[0].fixed == {"N": 3}
    assert not table.is_open


def test_ranges_that_depend_on_others(spec: Write) -> None:
    """What others need comes first, whatever the order in which they are named."""
    table = solved(spec(QUORUMS), "R W N")
    assert len(table.rows) == sum(n * n for n in (1, 2, 3, 4))
    assert all(row.report is not None for row in table.rows)
    assert conditions(table)["meet"] == "R + W > N"
    assert table.answers[0].fixed == {}


def test_boundary(spec: Write) -> None:
    """The counterexamples that one constant less or more would mend, each with its run."""
    meet, _ = solved(spec(QUORUMS), "R W").answers
    assert [row.values for row in meet.boundary] == [{"R": 1, "W": 2}, {"R": 2, "W": 1}]
    for row in meet.boundary:
        result = row.result("meet")
        assert result is not None
        assert result.trace is not None
        assert result.steps == 3


def test_what_is_refused_is_no_counterexample(spec: Write) -> None:
    """Values outside of a type, and assumptions that are not satisfied, are told apart."""
    path = spec(f"{QUORUMS}assume R != 2\n")
    table = solved(path, "R", constants=("W=2",), ranges={"R": range(1, 6)})
    refused = {row.values["R"]: [d.code for d in row.mistakes] for row in table.rows}
    assert refused == {1: [], 2: ["D403"], 3: [], 4: ["D402"], 5: ["D402"]}
    assert conditions(table)["meet"] is not None
    told = CliRunner().invoke(main, ["solve", str(path), "--for", "R", "-D", "W=2"])
    assert told.exit_code == 0
    assert "R = 2 is refused: the constants do not satisfy this assumption [D403]" in told.output
    assert "(2 of 3 combinations" in told.output


def test_what_is_unknown_counts_as_neither(spec: Write) -> None:
    table = solved(spec(QUORUMS), "R W", options=Options(("meet",), limits=Limits(states=33)))
    verdicts = {row.verdict("meet") for row in table.rows}
    assert verdicts == {Verdict.UNKNOWN, Verdict.VIOLATED, Verdict.HOLDS}
    assert table.is_open
    condition = table.answers[0].condition
    assert condition is not None
    for row in table.rows:
        if row.verdict("meet") is not Verdict.UNKNOWN:
            assert condition.holds(row.combination.numbers) == (
                row.verdict("meet") is Verdict.HOLDS
            )


REFUSED = {
    "X": "D201",
    "FLAG": "D718",
    "FREE": "D718",
}


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_refused(name: str, code: str, spec: Write) -> None:
    path = spec(f"{QUORUMS}const FLAG = true\nconst FREE = 1\n")
    with pytest.raises(Mistakes) as refused:
        solved(path, f"R {name}")
    assert [d.code for d in refused.value.diagnostics] == [code]


def test_mistakes_of_the_spec_are_told_once(spec: Write) -> None:
    told = CliRunner().invoke(main, ["solve", str(spec(f"{QUORUMS}var z: bol\n")), "--for", "R"])
    assert told.exit_code == 2
    assert told.output.count("error[") == 1


def test_negative_values(spec: Write) -> None:
    text = "spec s\nconst A: -3..3 = 0\nvar x: -3..3 = A\ninvariant low { x < 1 }\n"
    assert conditions(solved(spec(text), "A")) == {"low": "A <= 0"}


# ---------------------------------------------------------------- the command


def test_command(spec: Write, tmp_path: Path) -> None:
    path, out = spec(QUORUMS), tmp_path / "out"
    args = ["solve", str(path), "--for", "R, W", "-p", "meet"]
    told = CliRunner().invoke(main, [*args, "--traces", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "meet holds if and only if R + W > N (9 combinations; N is 3 in all)" in told.output
    assert told.output.count("meet is violated after 3 steps") == 2
    assert sorted(p.parent.name for p in out.rglob("meet.svg")) == ["R=1,W=2", "R=2,W=1"]
    (data,) = json.loads(CliRunner().invoke(main, [*args, "--json"]).output)
    (answer,) = data["answers"]
    assert answer["condition"]["parts"] == [{"times": {"R": 1, "W": 1, "N": -1}, "number": -1}]
    traces = [bool(row["properties"]["meet"]["trace"]) for row in data["rows"]]
    assert [n for n, shown in enumerate(traces) if shown] == [1, 3]


def test_exit_codes(spec: Write) -> None:
    def code(*args: str) -> int:
        return CliRunner().invoke(main, ["solve", str(path), *args]).exit_code

    path = spec(QUORUMS)
    assert code("--for", "R", "--max-states", "3") == 3
    assert code("--for", "R", "-p", "met") == 2
    assert code("--for", "R", "--range", "W=1..2") == 2
    assert code("--for", "R", "--range", "R=2..1") == 2
    assert code("--for", ",") == 2
    assert code() == 2


def test_all_none_and_no_simple_condition(spec: Write) -> None:
    text = """spec s
const A: 0..8 = 0
var x: 0..8 = A
invariant all_of_them { x >= 0 }
invariant not_one { x > 8 }
invariant even { x mod 2 == 0 }
reachable nowhere { x > 8 }
"""
    told = CliRunner().invoke(main, ["solve", str(spec(text)), "--for", "A"])
    assert told.output.splitlines()[-4:] == [
        "all_of_them holds for all of them (9 combinations)",
        "not_one: for none of them (9 combinations)",
        "even: no simple condition says for which (9 combinations)",
        "nowhere: for none of them (9 combinations)",
    ]


# ---------------------------------------------------------------- conditions

X, Y = Name("x", 2), Name("y", 2)
GRID = [{"x": x, "y": y, "n": 3, "one": 1} for x in range(1, 6) for y in range(1, 6)]
FIXED = (Name("n", 2, 3), Name("one", 4, 1))


def fitted(true: Callable[[Mapping[str, int]], bool], *names: Name) -> str | None:
    good, bad = [p for p in GRID if true(p)], [p for p in GRID if not true(p)]
    found = simplest(names or (X, Y), good, bad)
    return found and found.text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x > y", ()), ("x < y", ()), ("x <= y + 2", ()), ("x >= y + 2", ()), ("x + y <= 5", ()),
        ("2 * x > y", ()), ("3 * x <= y", ()), ("x >= 4", ()), ("x + y > n", (X, Y, *FIXED)),
        ("x >= 2", (X, Y, *FIXED)),  # and not `x > one`: what is small needs no name
        ("x >= 2 and y >= 3", ()), ("x >= 2 and x <= 2", ()), ("x >= 2 and x + y <= 6 and y >= 2", ()),
    ],
)  # fmt: skip
def test_fits(text: str, names: tuple[Name, ...]) -> None:
    """A condition is found as it was meant, where none is simpler."""
    code = compile(text, "condition", "eval")
    assert fitted(lambda point: bool(eval(code, {}, dict(point))), *names) == text


def test_no_condition() -> None:
    assert fitted(lambda p: (p["x"] + p["y"]) % 2 == 0) is None
    assert fitted(lambda p: True) == "true"


def test_the_weakest_of_the_simplest() -> None:
    """What is not known is let in, where that costs nothing."""
    good, bad = [{"x": 5, "y": 1}], [{"x": 1, "y": 5}]
    unknown = [{"x": 1, "y": 1}, {"x": 3, "y": 3}]
    found = simplest((X, Y), good, bad, unknown)
    assert found is not None
    assert found.text == "x >= y"
    assert simplest((X, Y), good, [*bad, *unknown]) == Condition(
        (Linear((("x", 1), ("y", -1)), -1),)
    )


@given(st.sets(st.sampled_from(range(16))))
def test_random_sets(chosen: set[int]) -> None:
    """Whatever is found is true of the good points, and false of the others."""
    points = [{"x": n % 4, "y": n // 4} for n in range(16)]
    good = [points[n] for n in chosen]
    bad = [p for p in points if p not in good]
    found = simplest((X, Y), good, bad)
    if found is not None:
        assert len(found.parts) <= MOST_PARTS
        assert all(map(found.holds, good))
        assert not any(map(found.holds, bad))
