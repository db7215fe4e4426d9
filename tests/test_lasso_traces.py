"""Runs that go on for ever, as they are told and drawn; and what the commands say of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, words
from test_liveness import CORPUS

from dsmc.cache.store import Cache, Store
from dsmc.cli import main
from dsmc.cli.options import LIMIT
from dsmc.engine.outcome import Limits, Verdict
from dsmc.engine.simulate import Plan
from dsmc.project import Overrides
from dsmc.session import Options, Report, check, load
from dsmc.simulation import simulate
from dsmc.traces.model import Trace
from dsmc.traces.render import RENDERERS

Write = Callable[[str], Path]
TURNING = """spec turning

var open: bool = false
var done: bool = false
fair action turn when not done { open := not open }
fair action go when open and not done { done := true }
action rest when open { open := false }
eventually finished { done }
"""
TURNING_TOLD = """finished is violated: again and again steps 1 to 2

   0     start
       == from here on again and again ==
   1     turn   [line 5]
         open: false → true
   2     turn   [line 5]
         open: true → false

  finished is violated:
    `done` is not true at the start, and never after
    `go` is possible after step 1 but not at the start: it does not stay possible
    `rest` is possible, but is owed to nobody
"""


def report_of(path: Path, options: Options = Options(), model: str = "") -> Report:  # noqa: B008
    jobs = load(path)
    return check(next(job for job in jobs if job.name == model or not model), options)


def trace_of(path: Path, name: str, model: str = "") -> Trace:
    trace = report_of(path, model=model).result(name).trace
    assert trace is not None
    return trace


def told(path: Path, name: str, model: str = "") -> str:
    return RENDERERS["txt"](trace_of(path, name, model))


@pytest.fixture
def turning(spec: Write) -> Path:
    return spec(TURNING)


# ---------------------------------------------------------------- what is told


def test_a_cycle_and_what_is_not_done_on_it(turning: Path) -> None:
    assert told(turning, "finished") == TURNING_TOLD


def test_the_end_of_a_run() -> None:
    text = told(ROOT / "tests/liveness/two_phase_commit.dsm", "termination", "blocks")
    assert "nothing happens any more after step 3" in text
    assert "== nothing happens any more, for ever ==" in text
    assert "`p.state` is prepared" in text


def test_messages_that_never_arrive() -> None:
    delivered = ROOT / "tests/liveness/delivered.dsm"
    cut = told(delivered, "answer", "the_server_is_cut_off")
    assert "Ping from Client to Server never arrives: the two are cut off from each other" in cut
    served = told(ROOT / "tests/liveness/served_by_a_process.dsm", "first_rests")
    assert "Ask from Client.1 to Server never arrives: Server could take it" in served
    blocked = told(ROOT / "tests/liveness/blocked_queue.dsm", "arrives", "in_order")
    assert "A from From to To never arrives: To does not take it: `open` is false" in blocked
    assert "B from From to To never arrives: it is behind A" in blocked


DOWN_AGAIN = """spec down_again
message Hi
role T[2] {
  stable got: bool = false
  on Hi { got := true }
}
role U { start { broadcast Hi to T } }
always eventually up { forall t in T: t.up }
faults { restart T between steps }
"""


def test_a_message_that_could_arrive_at_times(spec: Write) -> None:
    text = told(spec(DOWN_AGAIN), "up")
    assert "Hi from U to T.1 never arrives: again and again T.1 is down" in text
    assert "Hi from U to T.2 never arrives: again and again T.2 is down" in text


FLIPS = """spec flips
var f: bool = false
var d: bool = false
fair action flip { f := not f }
strong fair action go when f and not d { d := true }
ltl done { always eventually f and always eventually not f implies eventually d }
"""
FLIP = """spec flip
var f: bool = false
fair action flip { f := not f }
falls: f leads to false
ltl stays { next (not f) }
"""


@pytest.mark.parametrize("name", ["falls", "stays"])
def test_a_round_is_told_once(spec: Write, name: str) -> None:
    """It begins as soon as it can, and goes round once."""
    assert "again and again steps 1 to 2" in told(spec(FLIP), name)


def test_strong_fairness_that_is_not_asked_for(spec: Write) -> None:
    trace = report_of(spec(FLIPS), Options(fair=False)).result("done").trace
    assert trace is not None
    why = "`go` is possible again and again: without fairness it need not be done"
    assert why in RENDERERS["txt"](trace)


NO_VALUE = """spec no_value
var o: option<0..2> = none
var x: 0..1 = 0
fair action turn { x := 1 - x }
ltl FORM
"""


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ("p { not eventually (o? == 1) }", "at the start"),
        ("p { not (o? == 1) }", "at the start"),
        ("p { next not (o? == 1) }", "after step 1"),
        ("p { always not (x == 1 and o? == 1) }", "after step 1"),
        ("p { not eventually (x == 1 and o? == 1) }", "after step 1"),
    ],
)
def test_conditions_without_a_value(spec: Write, form: str, where: str) -> None:
    """They are as bad as those that are true where these are forbidden."""
    text = told(spec(NO_VALUE.replace("FORM", form)), "p")
    assert "has no value" in text
    assert where in text[text.index("p is violated:\n") :]


REFUSED = """spec refused
message M(n: 0..1)
role A { start { send M(0) to B.1; send M(1) to B.1; send M(0) to C.1; send M(0) to D.1 } }
role B {
  stable got: bool = false
  on M(0) from s when got and s == A.1 { skip }
}
role C { process { await false; receive { M(n) { skip } } } }
role D { process { skip } }
eventually arrives { B.1.got }
"""


def test_why_a_message_never_arrives(spec: Write) -> None:
    """The handler's condition is false, no handler is for it, or the process is elsewhere."""
    text = told(spec(REFUSED), "arrives")
    assert "M(0) from A to B never arrives: B does not take it: `got` is false" in text
    assert "M(1) from A to B never arrives: B takes no such message" in text
    assert "M(0) from A to C never arrives: C does not come to where it takes it" in text
    assert "M(0) from A to D never arrives: D takes no such message" in text


def test_who_waits_for_whom() -> None:
    text = told(ROOT / "tests/liveness/philosophers.dsm", "somebody_eats")
    assert "a circle: P.1 waits for P.2 waits for P.1" in text


def test_for_which_value_a_formula_is_false() -> None:
    text = told(ROOT / "tests/liveness/served_by_choice.dsm", "each")
    assert "`waiting[i]` with i = 0 is true after step 1" in text
    assert "`not waiting[i]` with i = 0 is not true after step 1, and never after" in text


FORMULAS = """spec formulas
var x: 0..3 = 0
fair action up when x < 3 { x += 1 }
ltl implied { (eventually x == 3) implies eventually (x == 0 and next x == 0) }
ltl not_until { not (x < 1 until x == 1) }
ltl each { forall i in 1..2: (eventually always x == 3) implies not eventually x == i }
"""


def test_a_formula_is_told_in_its_own_words(spec: Write) -> None:
    path = spec(FORMULAS)
    assert trace_of(path, "implied").reasons == (
        "`x == 3` is true after step 3",
        "`x == 0 and next x == 0` is not true at the start, and never after",
    )
    assert trace_of(path, "not_until").reasons == ("`x < 1 until x == 1` is true at the start",)
    assert trace_of(path, "each").reasons == (
        "`eventually always x == 3` is true at the start", "`x == i` with i = 1 is true after step 1"
    )  # fmt: skip


def test_what_does_not_stay() -> None:
    text = told(ROOT / "tests/liveness/back_and_forth.dsm", "at_rest")
    assert "`up` is false at the start, and so it is again each time round" in text


def test_what_an_until_waits_for() -> None:
    path = ROOT / "tests/liveness/waits_until.dsm"
    assert "`x == 1` is not true at the start, and never after" in told(path, "strict")
    assert "`up` is possible, but is owed to nobody" in told(path, "wrong")


# ---------------------------------------------------------------- what is drawn


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_each_form_shows_where_it_goes_round(path: Path) -> None:
    for job in load(path):
        for result in check(job).results:
            if result.trace is not None and result.trace.loop is not None:
                assert_drawn(result.trace)


def assert_drawn(trace: Trace) -> None:
    assert trace.loop is not None
    assert trace.loop <= trace.length
    states = json.loads(RENDERERS["json"](trace))["states"]
    assert states[-1] == states[trace.loop]
    itf = json.loads(RENDERERS["itf.json"](trace))
    assert itf["loop"] == trace.loop < len(itf["states"])
    assert RENDERERS["svg"](trace).count('class="round"') == 1
    assert "color=red, fontcolor=red, penwidth=2" in RENDERERS["dot"](trace)
    lines = RENDERERS["txt"](trace).splitlines()
    assert sum(line.startswith("       == ") for line in lines) == 1


# ---------------------------------------------------------------- reports


def test_the_report_says_what_the_verdicts_rest_on(turning: Path) -> None:
    report = report_of(turning)
    note = "finished: decided on 4 states and 5 steps in the reference, without reductions"
    assert note in report.notes


def test_what_was_never_asked_for_is_said() -> None:
    report = report_of(ROOT / "tests/liveness/request_and_grant.dsm")
    found = {r.name: r.vacuity for r in report.results if r.verdict is Verdict.HOLDS}
    assert found["granted"] is None
    assert found["vacuous"] is not None
    assert found["vacuous"].text == "but vacuously: `asked and given == 2` was never true"


def test_a_limit_makes_it_unknown(turning: Path, spec: Write) -> None:
    grows = spec("spec grows\nvar n: 0..5000 = 0\nfair action up when n < 5000 { n += 1 }\n"
                 "eventually top { n == 5000 }\neventually low { n == 9 }\n")  # fmt: skip
    report = report_of(grows, Options(limits=Limits(states=1_000)))
    assert words(report) == {"top": "unknown", "low": "holds", "no_range_error": "unknown"}
    assert report.result("top").note == "the limit of 1000 states"


def test_messages_that_grow_for_ever_make_it_unknown(spec: Write) -> None:
    report = report_of(
        spec("""spec pump
message M
role A { timeout send_ { send M to B.1 } }
role B { var got: bool = false
  on M when false { got := true } }
eventually got { B.1.got }
eventually sent { true }
""")
    )
    assert words(report)["got"] == "unknown"
    assert words(report)["sent"] == "holds"


def test_reductions_and_engines_do_not_matter(turning: Path) -> None:
    plain = report_of(turning, Options(engine="python"))
    assert words(plain) == words(report_of(turning, Options(engine="c")))


def test_an_answer_that_is_kept_is_the_same(turning: Path, tmp_path: Path) -> None:
    (job,) = load(turning)
    cache = Cache(Store(tmp_path / "answers"), Store(tmp_path / "last"))
    first, second = (check(job, Options(), None, cache) for _ in range(2))
    assert second.cached
    assert not first.cached
    assert second.result("finished") == first.result("finished")
    assert second.notes == first.notes


def test_fairness_none(turning: Path) -> None:
    holds = ROOT / "tests/liveness/fair_action_is_taken.dsm"
    result = run("check", str(holds), "--fairness", "none")
    assert "done   violated in 0 steps" in result.output
    assert "`go` stays possible: without fairness it need not be done" in result.output
    assert "done   holds" in run("check", str(holds)).output


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_simulation_leaves_them_out(turning: Path) -> None:
    (job,) = load(turning, Overrides())
    found = {r.name: r.verdict for r in simulate(job, Plan(runs=5)).results}
    assert found["finished"] is Verdict.UNKNOWN


def test_expectations_of_a_spec_without_models(turning: Path) -> None:
    assert [surprise.property for surprise in report_of(turning).surprises] == ["finished"]


def test_ctrl_c_while_runs_are_looked_at(turning: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before stays found, and nothing else is begun."""

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dsmc.lives.Decider.decide", pressed)
    report = report_of(turning)
    assert report.interrupted
    assert report.statistics.complete
    assert words(report) == {"finished": "unknown"}
    result = run("check", str(turning), str(turning))
    assert result.output.count("finished  unknown (interrupted)") == 1
    assert result.exit_code == LIMIT


def test_ctrl_c_while_the_graph_is_built(turning: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of what was seen still shows what it shows; all else is unknown."""

    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dsmc.backends.python.graph._Building._is_limited", pressed)
    assert report_of(turning).result("finished").note == "interrupted"
