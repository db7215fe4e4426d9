"""A property that holds is asked what it said: in each engine, with and without reductions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from dsmc.cache.store import Cache, Store
from dsmc.cli import main
from dsmc.engine.outcome import Limits
from dsmc.project import Overrides
from dsmc.reduce.plan import NO_REDUCTIONS, Reductions
from dsmc.session import Options, Report, check, load

COUNTER = """spec counter
enum Version { first, second }
const VERSION: Version = first
var x: 0..3 = 0
var s: set<0..3> = {}
action up when x < 2 { x := x + 1 }
action never when x == 3 and s == {} { x := 0 }

invariant implied { x == 3 implies x > 2 }
invariant meant { x == 1 implies x < 2 }
invariant one_of_two { (x == 3 implies s == {}) and x < 3 }
invariant in_nothing { forall i in s: i < 2 }
invariant nothing_in { not exists i in s: i == 3 }
invariant of_something { forall i in 0..x: i < 3 }
invariant constant { x == x }
invariant other_version { VERSION == second implies x == 0 }
invariant this_version { VERSION == first implies x < 3 }
invariant branches { if x == 1 then s == {} else x != 1 }
invariant branch { if x < 3 then s == {} else x == 3 }
invariant twice { x == 1 implies (x == 2 implies s == {}) }
invariant named { let y = x + 1: y == 4 implies x == 3 }
transition step { old(x) == 3 implies x == 0 }
transition stepped { old(x) == 0 implies x == 1 }
transition last { x == 0 implies s == {} }
quiescent rests { x == 2 implies s == {} }
quiescent rests_elsewhere { x == 1 implies s == {} }
"""
NEVER_3 = "but vacuously: `x == 3` was never true"
EXPECTED = {
    "implied": NEVER_3,
    "meant": "",
    "one_of_two": "in part vacuously: `x == 3` was never true",
    "in_nothing": "but vacuously: `forall i in s` never went through anything",
    "nothing_in": "but vacuously: `exists i in s` never went through anything",
    "of_something": "",
    "constant": "but vacuously: it is true whatever the state",
    "other_version": "but vacuously: `VERSION == second` was never true",
    "this_version": "",
    "branches": "",
    "branch": "in part vacuously: `x < 3` was never false",
    "twice": "but vacuously: `x == 2` was never true",
    "named": "but vacuously: `y == 4` was never true",
    "step": "but vacuously: `old(x) == 3` was never true",
    "stepped": "",
    # The first state is no target of a step.
    "last": "but vacuously: `x == 0` was never true",
    "rests": "",
    "rests_elsewhere": "but vacuously: `x == 1` was never true",
}
WAYS = {
    "python": Options(engine="python"),
    "c": Options(engine="c"),
    "as it is": Options(engine="python", reductions=NO_REDUCTIONS),
    "reduced": Options(engine="python", reductions=Reductions(after=0)),
    "reduced in C": Options(engine="c", reductions=Reductions(after=0)),
}


def _vacuity(report: Report) -> dict[str, str]:
    return {r.name: r.vacuity.text if r.vacuity else "" for r in report.results}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_never_true_is_told(spec: Callable[[str], Path], way: str) -> None:
    report = check(load(spec(COUNTER))[0], WAYS[way])
    assert {r.verdict.value for r in report.results} == {"holds"}
    assert _vacuity(report) == EXPECTED


PEERS = """spec peers
symbols Value[3]
message Set(v: Value)
role Peer[3] {
  stable has: set<Value> = {}
  stable done: bool = false
  action put(v in Value) when not done { broadcast Set(v) to others; done := true }
  on Set(v) from n { has += v }
}
invariant fine { forall p in Peer, v in p.has: exists q in Peer: q.done }
invariant idle { forall p in Peer, v in p.has: (exists q in Peer: v in q.has and not q.done and p.done
  and forall r in Peer: r.done) implies v in p.has }
quiescent all_told { forall p in Peer: p.has == {} or exists q in Peer: q.done }
"""


@pytest.mark.parametrize("way", WAYS)
def test_with_symmetry_and_slices(spec: Callable[[str], Path], way: str) -> None:
    told = _vacuity(check(load(spec(PEERS))[0], WAYS[way]))
    assert not told["fine"]
    assert told["idle"].startswith("but vacuously: `exists q in Peer: v in q.has")
    assert not told["all_told"]


TURNING = """spec turning
var x: 0..3 = 0
fair action up when x < 2 { x := x + 1 }
fair action back when x == 2 { x := 0 }
heard: x == 1 leads to x == 2
unheard: x == 3 leads to x == 0
ltl both { (always (x == 3 implies eventually x == 0)) and (always (x == 1 implies eventually x == 0)) }
ltl next_one { always (x == 3 implies next x == 0) }
always eventually again { x == 0 }
"""


@pytest.mark.parametrize("way", WAYS)
def test_of_whole_runs(spec: Callable[[str], Path], way: str) -> None:
    report = check(load(spec(TURNING))[0], WAYS[way])
    assert {r.verdict.value for r in report.results} == {"holds"}
    assert _vacuity(report) == {
        "heard": "", "unheard": NEVER_3, "both": f"in part {NEVER_3[4:]}", "next_one": NEVER_3,
        "again": "",
    }  # fmt: skip


MATCHES = """spec matches
enum V { a, b }
const W: V = b
var v: V = b
var x: 0..3 = 0
action up when x < 3 { x += 1 }
fun of(w: V): bool = match w { a => x < 2, b => x < 4, }
invariant constant { x < 3 implies match W { a => x < 2, else => x < 4 } }
invariant condition { if W == a then x < 2 else x < 4 }
invariant called { of(W) }
invariant branch { match v { a => x < 2, else => x <= 3 } }
"""


def test_cases_of_a_match(checked: Callable[..., Report]) -> None:
    """A case of a constant is no news; one that never comes up is told by what it claims."""
    assert _vacuity(checked(MATCHES)) == {
        "constant": "", "condition": "", "called": "",
        "branch": "in part vacuously: the case of `x < 2` never came up",
    }  # fmt: skip


def test_nothing_at_rest(checked: Callable[..., Report]) -> None:
    report = checked(
        "spec s\nvar x: 0..1 = 0\nfair action flip { x := 1 - x }\nquiescent q { x == 0 }"
    )
    assert _vacuity(report)["q"] == "but vacuously: nothing was ever at rest"


@pytest.mark.parametrize("way", WAYS)
def test_a_search_does_not_go_on_for_it(spec: Callable[[str], Path], way: str) -> None:
    """Both antecedents would come about later than the violation, that is the end of the search."""
    text = """spec s
    var x: 0..100 = 0
    action up when x < 100 { x := x + 1 }
    invariant low { x < 3 and (x == 50 implies x < 3) and (x == 70 implies x < 3) }"""
    report = check(load(spec(text))[0], WAYS[way])
    assert not report.statistics.complete
    assert report.statistics.states < 10


def test_a_search_that_was_stopped_says_nothing_of_it(checked: Callable[..., Report]) -> None:
    text = "spec s\nvar x: 0..9999 = 0\naction up when x < 9999 { x := x + 1 }\n"
    text += "invariant i { x == 9000 implies x > 2 }"
    assert _vacuity(checked(text, limits=Limits(states=600)))["i"] == ""
    assert _vacuity(checked(text))["i"] == ""


def test_an_answer_that_was_kept_says_it_too(spec: Callable[[str], Path], tmp_path: Path) -> None:
    cache = Cache(Store(tmp_path / "answers"), Store(tmp_path / "last"))
    job = load(spec(COUNTER))[0]
    check(job, cache=cache)
    again = check(job, cache=cache)
    assert again.cached
    assert _vacuity(again) == EXPECTED


def test_reports_say_it(spec: Callable[[str], Path]) -> None:
    path = str(spec(COUNTER + "model m { expect all hold }\n"))
    told = CliRunner().invoke(main, ["check", path]).output
    assert f"implied          holds, {NEVER_3}" in told
    assert (
        f"counter: m: implied holds, {NEVER_3}" in CliRunner().invoke(main, ["test", path]).output
    )
    data = CliRunner().invoke(main, ["check", "--json", path]).output
    assert '"reasons": [\n      "`x == 3` was never true"' in data


ASSUMED = """spec assumed
role R {
  stable done: bool = false
  timeout end when done { done := false }
}
ltl goes_down { (always eventually not R.1.up) implies eventually R.1.done }
ltl ends { (eventually R.1.done) implies always R.1.done }
ltl at_once { R.1.done implies eventually not R.1.up }
ltl again { always ((eventually not R.1.up) implies eventually R.1.up) }
"""


@pytest.mark.parametrize("engine", ["python", "c"])
def test_assumptions_on_runs(spec: Callable[[str], Path], engine: str) -> None:
    """That they are never true, a budget of faults may have brought about."""

    def told(faults: str) -> dict[str, str]:
        (job,) = load(spec(ASSUMED), Overrides((), faults))
        report = check(job, Options(engine=engine))
        return {r.name: r.vacuity.text if r.vacuity else r.word for r in report.results}

    never = "but vacuously: `{}` was never true".format
    assert told("restart R at most 2") == {
        "goes_down": never("always eventually not R.1.up"),
        "ends": never("eventually R.1.done"),
        "at_once": never("R.1.done") + " at the start",
        "again": "holds",
    }
    assert told("restart R")["goes_down"] == "violated"
    assert told("")["again"] == never("eventually not R.1.up")
