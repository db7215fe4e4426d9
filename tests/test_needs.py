"""Which faults a violation needs: asked by searches without them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from dsmc import session
from dsmc.cache.store import Cache, Store
from dsmc.cli import main
from dsmc.engine.outcome import Verdict
from dsmc.project import Overrides
from dsmc.session import Options, Report, check, load
from dsmc.traces.model import Need, Trace
from dsmc.traces.render import RENDERERS

Write = Callable[[str], Path]
FORGETFUL = ROOT / "specs/forgetful_commit.dsm"
RESTARTS = "restart Coordinator at most 1"
#: By `a` and a crash, or by `b`, `c` and, if there are so many, `d`.
TWO_WAYS = """spec two_ways

role Worker {
  stable s: 0..9 = 0
  action a when s == 0 { s := 1 }
  action b when s == 0 { s := 2 }
  action c when s == 2 { s := {AFTER_C} }
  action d when s == 3 { s := 9 }
  on crash { if s == 1 { s := 9 } }
}
faults { crash Worker at most 1 }
invariant low { forall n in Worker: n.s < 9 }
"""
#: Two of three nodes have to be down.
MAJORITY = """spec majority

role Worker[3] {
  stable gone: bool = false
  on crash { gone := true }
}
faults { crash Worker at most 3 }
invariant most_are_up { not exists p in Worker, q in Worker: p != q and p.gone and q.gone }
"""


def report_of(path: Path, faults: str | None = None, options: Options = Options()) -> Report:  # noqa: B008
    (job,) = load(path, Overrides((), faults))
    return check(job, options)


def trace_of(path: Path, name: str, faults: str | None = None) -> Trace:
    trace = report_of(path, faults).result(name).trace
    assert trace is not None
    return trace


def texts(trace: Trace) -> list[str]:
    return [need.text for need in trace.needs]


def test_a_fault_that_is_needed() -> None:
    trace = trace_of(FORGETFUL, "agreement", RESTARTS)
    told = (
        "needs: restart of Coordinator in `on Vote(true) from Participant.2`;"
        " without restarts agreement holds"
    )
    (step,) = (s.number for s in trace.steps if s.fault)
    assert trace.needs == (Need("restart", (step,), 0, "holds", told),)
    for ending in ("txt", "svg", "dot", "json"):
        assert "without restarts agreement holds" in RENDERERS[ending](trace)


def test_of_runs_of_the_same_length_one_without_faults(spec: Write) -> None:
    path = spec(TWO_WAYS.replace("{AFTER_C}", "9"))
    plain = report_of(path, options=Options(minimise=False)).result("low").trace
    trace = trace_of(path, "low")
    assert plain is not None
    assert [step.title for step in plain.steps[1:]] == ["a", "crash"]
    assert [step.title for step in trace.steps[1:]] == ["b", "c"]
    assert texts(trace) == ["needs no fault"]


def test_a_fault_that_only_makes_it_shorter(spec: Write) -> None:
    trace = trace_of(spec(TWO_WAYS.replace("{AFTER_C}", "3")), "low")
    assert [step.title for step in trace.steps[1:]] == ["a", "crash"]
    assert texts(trace) == [
        "does not need: crash of Worker after `a`; without crashes low is violated too, in 3 steps"
    ]


def test_one_fewer_is_not_enough(spec: Write) -> None:
    trace = trace_of(spec(MAJORITY), "most_are_up")
    both = "crash of Worker.1 at the start and crash of Worker.2 at the start"
    assert texts(trace) == [
        f"needs: {both}; without crashes most_are_up holds",
        f"needs: {both}; with at most 1 crash most_are_up holds",
    ]
    assert [need.most for need in trace.needs] == [0, 1]


def test_what_took_too_long_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.checking, "STATES", 2)
    (need,) = trace_of(FORGETFUL, "agreement", RESTARTS).needs
    assert need.verdict == Verdict.UNKNOWN.value
    assert "whether agreement holds without restarts is not known" in need.text


def test_without_possible_faults_nothing_is_said() -> None:
    report = next(
        check(job) for job in load(ROOT / "models/peterson.dsm") if job.name == "turn_first"
    )
    trace = report.result("exclusion").trace
    assert trace is not None
    assert not trace.needs


def test_lossy_messages() -> None:
    """They are lost without a line that says so."""
    (job,) = (
        j for j in load(ROOT / "models/two_phase_commit.dsm") if j.name == "fenced_lossy_asks_once"
    )
    trace = check(job).result("everyone_decides").trace
    assert trace is not None
    assert texts(trace) == [
        "needs: loss of TakeOver from Backup to Participant.1;"
        " without losses everyone_decides holds"
    ]


def test_it_is_kept_with_the_answer(tmp_path: Path) -> None:
    cache = Cache(Store(tmp_path / "answers"), Store(tmp_path / "last"))
    (job,) = load(FORGETFUL, Overrides((), RESTARTS))
    first, again = (check(job, cache=cache) for _ in range(2))
    assert again.cached
    assert first.results == again.results
    assert first.result("agreement").trace.needs  # type: ignore[union-attr]


def test_no_minimise() -> None:
    arguments = ["check", str(FORGETFUL), "--faults", RESTARTS, "--json"]
    plain, told = (
        json.loads(CliRunner().invoke(main, [*arguments, *more]).stdout)[0]["properties"][0]
        for more in (["--no-minimise"], [])
    )
    assert "needs" not in plain["trace"]
    assert told["trace"]["needs"][0]["fault"] == "restart"
    assert told["steps"] == plain["steps"]


def test_ctrl_c_while_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found is told; and nothing else is begun."""

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session.checking.Check, "_without", pressed)
    report = report_of(FORGETFUL, RESTARTS)
    assert report.interrupted
    assert report.result("agreement").steps == 8
    assert not report.result("agreement").trace.needs  # type: ignore[union-attr]


#: A crash is enough, and so is a partition.
EITHER = """spec either_fault
message M
role A { start { send M to B.1 } }
role B {
  var got: bool = false
  on M { got := true }
}
faults { crash B at most 1; partition at most 1 }
quiescent arrived { B.1.got }
"""


def test_one_of_two_faults_is_enough(tmp_path: Path) -> None:
    """Neither run takes the place of the other, again and again."""
    path = tmp_path / "spec.dsm"
    path.write_text(EITHER, encoding="utf-8")
    (need,) = trace_of(path, "arrived").needs
    assert need.verdict == Verdict.VIOLATED.value
