"""What was wrong once, made small, with what is right worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import words

from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Limits, Verdict
from dsmc.session import Options, Report, check, load

Checked = Callable[..., Report]

THROWING = """
spec throwing
var a: 0..9 = 0
var m: mutex
role T { process {
  try { lock m { atomic { a += 1; lab: a += 1 } } } catch { a += 5 }
} }
faults { fail lab at most 1 }
reachable caught { a == 6 }
reachable went_well { a == 2 }
invariant not_twice { a != 3 and a != 8 }
quiescent given_back { m.holder == none }
"""


def test_a_throw_leaves_an_atomic_for_its_catch(checked: Checked) -> None:
    """With the locks that were taken inside given back; nothing is done twice."""
    assert words(checked(THROWING)) == {
        "caught": "reachable", "went_well": "reachable", "not_twice": "holds",
        "given_back": "holds", "no_deadlock": "holds",
    }  # fmt: skip


def test_a_throw_that_nothing_catches_ends_the_process(checked: Checked) -> None:
    text = "var a: 0..9 = 0\nrole T { process { atomic { a += 1; lab: a += 1 }; a += 5 } }\n"
    goals = "".join(f"reachable r{n} {{ a == {n} }}\n" for n in (1, 2, 7, 8))
    found = words(checked(text + goals, "fail lab at most 1"))
    assert [found[f"r{n}"] for n in (1, 2, 7, 8)] == [
        "reachable", "reachable", "reachable", "unreachable"
    ]  # fmt: skip


ROUNDS = """
message Store(n: 0..2)
message Stored(n: 0..2)
role Replica[3] {
  var has: 0..2 = 0
  on Store(n) from w { has := max(has, n); send Stored(n) to w }
}
role Writer {
  var n: 0..2 = 0
  var busy: bool = false
  ghost done: 0..2 = 0
  action write when not busy and n < 2 {
    n += 1
    busy := true
    broadcast Store(n) to Replica
  }
  on quorum of Stored(n) from Replica when busy { busy := false; done := n }
}
invariant quorum_has_it {
  count(r for r in Replica if r.has >= Writer.1.done) >= 2
}
reachable both { Writer.1.done == 2 }
"""


def test_votes_of_an_earlier_round_do_not_count(checked: Checked) -> None:
    found = words(checked(ROUNDS))
    assert (found["quorum_has_it"], found["both"]) == ("holds", "reachable")


NODES = """
message P
role N[2] {
  var got: bool = false
  start { if self == N.1 { send P to N.2 } else { send P to N.1 } }
  on P { got := true }
}
quiescent first { N.1.got }
quiescent second { N.2.got }
"""


def test_asymmetric_groups_cut_one_way(checked: Checked) -> None:
    found = words(checked(NODES, "partition asymmetric {N.1} | {N.2} at most 1"))
    assert found == {"first": "holds", "second": "violated"}


def test_only_partitions_that_heal_heal(checked: Checked) -> None:
    groups = "partition {N.1} | {N.2} at most 1"
    assert words(checked(NODES, f"{groups} heals"))["first"] == "holds"
    mixed = f"{groups}; partition asymmetric {{N.2}} | {{N.1}} at most 1 heals"
    assert words(checked(NODES, mixed))["first"] == "violated"


def test_a_step_without_a_result_is_not_the_end(checked: Checked) -> None:
    """A handler that fails is still something left to do."""
    text = """
message M(n: 0..3)
role A { start { send M(3) to B.1 } }
role B {
  var x: 0..3 = 1
  var done: bool = false
  on M(n) { x := x + n; done := true }
}
quiescent handled { B.1.done }
"""
    assert words(checked(text)) == {"handled": "unknown", "no_range_error": "violated"}


def test_a_limit_leaves_range_errors_open(spec: Callable[[str], Path]) -> None:
    (job,) = load(spec("var x: 0..5000 = 0\naction inc { x += 1 }"))
    report = check(job, Options(limits=Limits(states=1000)))
    assert report.result("no_range_error").verdict is Verdict.UNKNOWN
    assert [s.unknown for s in report.surprises] == [True]


def test_assertions_in_the_first_state(checked: Checked) -> None:
    good = checked("var x: 0..3 = 0\ninit { assert x == 0 }")
    bad = checked("var x: 0..3 = 0\ninit { assert x == 1 }")
    assert words(good) == {"assert_line_2": "holds"}
    assert words(bad) == {"assert_line_2": "violated"}
    told = "in the making of the initial state: `x == 1` is false: `x` is 0"
    assert bad.result("assert_line_2").note == told


def test_why_an_assertion_fails(checked: Checked) -> None:
    """By the values at the end of its step, if they are those it failed by."""
    report = checked("var x: 0..3 = 0\naction a when x < 2 { x += 1\n assert x < 2 }")
    trace = report.result("assert_line_3").trace
    assert trace is not None
    assert trace.reasons == ("`x < 2` is false: `x` is 2",)
    report = checked("var x: 0..3 = 0\naction a { x := 3\n assert x < 2\n x := 0 }")
    trace = report.result("assert_line_3").trace
    assert trace is not None
    assert trace.reasons == ()


def test_a_range_error_in_the_first_state(checked: Checked) -> None:
    report = checked("role A { var x: 0..3 = 3\n start { x += 1 } }")
    told = "in the making of the initial state: 4 is not in 0..3"
    assert report.result("no_range_error").note == told


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("model m { expect all hold }", "D708"),
        ("# nothing", "D708"),
        ("network synchronous\nmessage M lossy\nrole A { on M { skip } }", "D405"),
        (
            "network synchronous\nmessage M\nrole A { on M { skip } }\nfaults { lose at most 1 }",
            "D405",
        ),
        ("var x: 0..3\ninit { require x == 2 }\ninvariant i { false }", "D408"),
        ("role T { process { atomic { return } } }", "D506"),
        (
            "var m: mutex\nrole T { process { lab: lock m { skip } } }\n"
            "faults { lose reply of lab at most 1 }",
            "D405",
        ),
        ("record mutex { a: 0..3 }", "D202"),
        ("message M(x: 0..1)\nmessage N(y: 1..M)\nrole A { on N(y) { skip } }", "D204"),
    ],
)
def test_what_would_hold_for_nothing_is_refused(
    spec: Callable[[str], Path], text: str, code: str
) -> None:
    with pytest.raises(Mistakes) as caught:
        check(load(spec(text))[0])
    assert [d.code for d in caught.value.diagnostics] == [code]


def test_what_has_no_reply_is_shown(spec: Callable[[str], Path]) -> None:
    """The statement first, then the fault that asks for it."""
    text = "role T { process { lab: loop { skip } } }\nfaults { lose reply of lab at most 1 }"
    with pytest.raises(Mistakes) as caught:
        check(load(spec(text))[0])
    (problem,) = caught.value.diagnostics
    assert problem.span.text == "lab: loop { skip }"
    assert [note.span.text for note in problem.notes] == ["lose reply of lab at most 1"]


def test_long_chains(checked: Checked) -> None:
    """Python nests parentheses and blocks less deep than people write conditions."""
    chain = " else ".join(f"if x == {n} {{ x := {n + 1} }}" for n in range(150))
    every = " and ".join(f"x != {n}" for n in range(200, 500))
    some = " or ".join(f"x == {n}" for n in range(300))
    text = f"var x: 0..300 = 0\naction a {{ {chain} }}\ninvariant i {{ ({every}) and ({some}) }}"
    report = checked(text)
    assert words(report) == {"i": "holds"}
    assert report.statistics.states == 151


def test_a_step_without_a_result_is_told_in_full(checked: Checked) -> None:
    """Its node and the message that it takes."""
    text = """
message M(n: 0..3)
role A { start { send M(3) to B.2 } }
role B[2] {
  var x: 0..3 = 1
  on M(n) from a { x := x + n }
}
"""
    trace = checked(text).result("no_range_error").trace
    assert trace is not None
    step = trace.steps[1]
    assert (trace.lanes[step.lane or 0].name, step.title) == ("B.2", "on M(3) from A")
    assert step.error == "4 is not in 0..3"
    assert trace.messages[0].fate == "received"
