"""All ways to search one model, and whether what they do not agree on is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import dsmc.selfcheck as under_test
from dsmc.cli import main
from dsmc.engine.outcome import Limits, Verdict
from dsmc.frozen import replace
from dsmc.reduce.plan import NO_REDUCTIONS, Reductions, at_once
from dsmc.selfcheck import WAYS, Comparison, selfcheck
from dsmc.session import Report, check_system, load
from dsmc.traces.replay import ReplayError

Write = Callable[..., Path]

#: Nodes that are interchangeable, a value that is not read again, a variable that nothing depends on.
TEXT = """spec all_kinds
message Ask(n: 0..2)
role Client[3] {
  var asked: bool = false
  action ask(n in 0..2) when not asked { asked := true; send Ask(n) to Server.1 }
}
role Server {
  var last: 0..2 = 0
  var unused: 0..1 = 0
  on Ask(n) { last := n }
  action turn { unused := 1 - unused }
}
invariant low { Server.1.last < 2 }
invariant possible { Server.1.last <= 2 }
reachable one { Server.1.last == 1 }
settles: true leads to Server.1.last == 0
"""
#: The reference, C, C that goes depth first, a reduction.
FEW = tuple(
    way for way in WAYS if way.name in ("reference", "C by TinyCC", "depth first", "symmetry")
)


def compared(text: str, spec: Write, limits: Limits | None = None) -> Comparison:
    (job,) = load(spec(text))
    return selfcheck(job, limits or Limits(), ways=FEW)


def test_every_way(spec: Write) -> None:
    """Each engine, each manner and each reduction is there, and finds the same."""
    (job,) = load(spec(TEXT.replace("settles: true leads to Server.1.last == 0\n", "")))
    found = selfcheck(job, Limits())
    assert not found.differs
    assert not found.is_open
    reports = [one.report for one in found.found if one.report is not None]
    engines = {(r.statistics.engine.name, r.statistics.engine.compiler) for r in reports}
    assert engines >= {("python", ""), ("c", "tcc"), ("c", "cc")}
    by_name = {one.way.name: one for one in found.found}
    for name in ("symmetry", "slices", "all reductions", "all, in the reference"):
        assert not by_name[name].is_idle, name
    several = [r.statistics.engine.threads for r in reports if r.statistics.engine.threads > 1]
    assert several


def test_each_reduction_has_a_row() -> None:
    """Alone, from the first state on; schedules are of use to a partial order only."""
    kinds = [name for name in Reductions._fields if getattr(Reductions(), name) is True]
    for kind in kinds:
        used = {kind: True} | ({"partial_order": True} if kind == "schedules" else {})
        alone = at_once(replace(NO_REDUCTIONS, **used))
        assert any(way.options.reductions == alone for way in WAYS), kind


def test_whole_runs(spec: Write) -> None:
    """Runs that go round for ever may be of other lengths."""
    found = compared(TEXT, spec)
    assert {one.result("settles").verdict for one in found.found} == {Verdict.VIOLATED}  # type: ignore[union-attr]
    assert not found.differs


def test_a_limit_is_no_difference(spec: Write) -> None:
    found = compared(TEXT, spec, Limits(states=20))
    assert all(one.limit for one in found.found)
    assert found.is_open
    assert not found.differs


def test_errors_are_compared(spec: Write) -> None:
    text = "spec s\nvar x: 0..3 = 0\naction up { x += 1 }\ninvariant small { x < 9 }\n"
    found = compared(text, spec)
    assert not found.differs
    assert not found.is_open
    assert {one.result("small").verdict for one in found.found} == {Verdict.UNKNOWN}  # type: ignore[union-attr]


# ---------------------------------------------------------------- what is not the same


def other_verdict(report: Report) -> Report:
    return with_low(report, verdict=Verdict.HOLDS, steps=None, trace=None)


def longer(report: Report) -> Report:
    return with_low(report, steps=7)


def with_low(report: Report, **changes: Any) -> Report:
    results = [replace(r, **changes) if r.name == "low" else r for r in report.results]
    return replace(report, results=tuple(results))


def more_states(report: Report) -> Report:
    s = report.statistics
    return replace(report, statistics=replace(s, states=s.states + 1))


def no_run(_: Report) -> Report:
    raise ReplayError("no step leads there")


WRONG = [
    ("C by TinyCC", other_verdict, ["low"]), ("C by TinyCC", longer, ["low"]),
    ("C by TinyCC", more_states, ["states"]), ("depth first", other_verdict, ["low"]),
    ("depth first", longer, []), ("depth first", more_states, ["states"]),
    ("symmetry", other_verdict, ["low"]), ("symmetry", longer, ["low"]), ("symmetry", more_states, []),
    ("symmetry", no_run, ["a run that is none: no step leads there"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wrong", "seen"), WRONG)
def test_what_is_seen(
    name: str, wrong: Callable[[Report], Report], seen: list[str], spec: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What must be the same is compared, with the ways before; what need not is not."""
    (options,) = [way.options for way in FEW if way.name == name]

    def changed(job: Any, system: Any, asked: Any, watch: Any) -> Report:
        report = check_system(job, system, asked, watch)
        return wrong(report) if replace(asked, limits=Limits()) == options else report

    monkeypatch.setattr(under_test, "check_system", changed)
    found = compared(TEXT, spec)
    assert {one.way.name: list(one.differences) for one in found.found} == {
        way.name: seen if way.name == name else [] for way in FEW
    }


# ---------------------------------------------------------------- the command


def test_command(spec: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "WAYS", FEW)
    args = ["selfcheck", str(spec(TEXT))]
    told = CliRunner().invoke(main, args)
    assert told.exit_code == 0, told.output
    assert "All give the same answers." in told.output
    (data,) = json.loads(CliRunner().invoke(main, [*args, "--json"]).output)
    assert [way["name"] for way in data["ways"]] == [way.name for way in FEW]
    limited = CliRunner().invoke(main, [*args, "--max-states", "20"])
    assert limited.exit_code == 3
    assert "not compared: the limit of 20 states" in limited.output
    assert CliRunner().invoke(main, ["selfcheck", "nowhere.dsm"]).exit_code == 2


def test_differences_are_marked(spec: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(job: Any, system: Any, asked: Any, watch: Any) -> Report:
        report = check_system(job, system, asked, watch)
        return other_verdict(report) if asked.engine == "c" else report

    monkeypatch.setattr(under_test, "WAYS", FEW)
    monkeypatch.setattr(under_test, "check_system", changed)
    told = CliRunner().invoke(main, ["selfcheck", str(spec(TEXT))])
    assert told.exit_code == 1
    assert "holds ≠" in told.output
    assert told.output.count("differs: low") == len(FEW) - 1
    assert "this is a bug in dsmc" in told.output
