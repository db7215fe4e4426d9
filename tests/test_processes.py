"""Sequential code: what its steps may and may not do, worked out by hand from the reference.

Facts only: into how many steps a process is cut is not what it means.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import words

from dsmc.session import Report

Checked = Callable[..., Report]


def verdicts(checked: Checked, text: str, faults: str | None = None) -> dict[str, str]:
    """The verdicts of a spec of this text."""
    return words(checked(f"spec processes\n{text}", faults))


# ---------------------------------------------------------------- steps

CHECK_THEN_ACT = """
var x: 0..2 = 0
role P[2] {{ process {{ {code} }} }}
reachable both {{ x == 2 }}
quiescent one {{ x > 0 }}
"""


@pytest.mark.parametrize(
    ("code", "both"),
    [
        ("if x == 0 { x += 1 }", "reachable"),
        ("let seen = x; if seen == 0 { x += 1 }", "reachable"),
        ("while x == 0 { x += 1 }", "reachable"),
        ("atomic { if x == 0 { x += 1 } }", "unreachable"),
        ("atomic { require x == 0; x += 1 }", "unreachable"),
        ("await x == 0; x += 1", "reachable"),
    ],
)
def test_check_then_act(checked: Checked, code: str, both: str) -> None:
    """Between a condition and what it guards another process may step in."""
    found = verdicts(checked, CHECK_THEN_ACT.format(code=code))
    assert (found["both"], found["one"]) == (both, "holds")


def test_lost_update(checked: Checked) -> None:
    """Read, add, write back: one of two increments is lost; `+=` is one step."""
    text = """
        var x: 0..2 = 0
        role P[2] {{ process {{ {code} }} }}
        quiescent two {{ x == 2 }}
        """
    assert verdicts(checked, text.format(code="let seen = x; x := seen + 1"))["two"] == "violated"
    assert verdicts(checked, text.format(code="x += 1"))["two"] == "holds"


def test_await(checked: Checked) -> None:
    """Who waits goes on when it is true, and not before; for ever is a deadlock."""
    text = """
        role Ping { stable turn: 0..2 = 0; process { turn := 1; await Pong_done == true; turn := 2 } }
        role Pong { process { await go; atomic { Pong_done := true } } }
        var go: bool = false
        var Pong_done: bool = false
        role Starter { process { START } }
        invariant order { Ping.1.turn == 2 implies Pong_done and go }
        quiescent done { Ping.1.turn == 2 }
        """
    found = verdicts(checked, text.replace("START", "go := true"))
    assert found == {"order": "holds", "done": "holds", "no_deadlock": "holds"}
    found = verdicts(checked, text.replace("START", "skip"))
    assert found == {"order": "holds", "done": "violated", "no_deadlock": "violated"}


LOOPS = """
role P {{
  var seen: seq<0..4, 6> = []
  process {{ {code} }}
}}
quiescent result {{ P.1.seen == {result} }}
"""


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("for i in {2, 0, 1} { seen += i }", "[0, 1, 2]"),
        ("for i in [2, 0, 2] { seen += i }", "[2, 0, 2]"),
        ("for i in 0..4 { if i == 2 { break }; seen += i }", "[0, 1]"),
        ("for i in 0..1 { for j in 0..1 { if j == 1 { break }; seen += j }; seen += 4 }",
         "[0, 4, 0, 4]"),
        ("while seen.len < 3 { seen += 1 }; seen += 4", "[1, 1, 1, 4]"),
        ("loop { seen += 3; if seen.len == 2 { break } }; seen += 4", "[3, 3, 4]"),
        ("loop { seen += 3; if seen.len == 2 { stop } }; seen += 4", "[3, 3]"),
        ("put(1); put(2); seen += 4", "[1, 4]"),
        ("try { seen += 1 } catch { seen += 2 }; seen += 3", "[1, 3]"),
        ("if seen == [] { seen += 1 } else { seen += 2 }; seen += 3", "[1, 3]"),
    ],
)  # fmt: skip
def test_control(checked: Checked, code: str, result: str) -> None:
    """One way through; the end of a process is no deadlock."""
    text = LOOPS.format(code=code, result=result)
    text += "role Other { }\n"
    if "put" in code:
        text = text.replace("process {", "proc put(n: 0..4) { if n == 2 { return }; seen += n }\n"
                            "  process {", 1)  # fmt: skip
    assert verdicts(checked, text) == {"result": "holds", "no_deadlock": "holds"}


def test_choices_wait(checked: Checked) -> None:
    """`either` and `pick` wait until a branch or an element is possible."""
    found = verdicts(checked, """
        var open: set<0..2> = {}
        role P {
          var took: option<0..2> = none
          var way: 0..2 = 0
          process {
            pick i in open where i != 0
            took := some(i)
            either { await open == {}; way := 1 } or { await open == {0, 1, 2}; way := 2 }
          }
        }
        role Q { process { open := {0}; open := {0, 1}; open := {0, 1, 2} } }
        invariant not_0 { P.1.took != some(0) }
        reachable one { P.1.took == some(1) }
        reachable two { P.1.took == some(2) }
        invariant second_way { P.1.way != 1 }
        quiescent done { P.1.way == 2 }
        """)  # fmt: skip
    assert found == {
        "not_0": "holds", "one": "reachable", "two": "reachable", "second_way": "holds",
        "done": "holds", "no_deadlock": "holds",
    }  # fmt: skip


def test_threads(checked: Checked) -> None:
    """Several processes of a node share its variables; a thread knows its number."""
    found = verdicts(checked, """
        role P {
          var by: set<0..2> = {}
          var last: 0..2 = 0
          process w[2] { by += w; last := w }
          process other { by += 2 }
        }
        quiescent all { P.1.by == {0, 1, 2} }
        quiescent last_0 { P.1.last == 0 }
        quiescent last_1 { P.1.last == 1 }
        """)  # fmt: skip
    assert found == {
        "all": "holds", "last_0": "violated", "last_1": "violated", "no_deadlock": "holds"
    }  # fmt: skip


def test_labels(checked: Checked) -> None:
    """`p.at(label)` is true before the statement is run."""
    found = verdicts(checked, """
        var x: 0..1 = 0
        role P { process { skip; here: x := 1; there: await false } }
        invariant before { P.1.at(here) implies x == 0 }
        invariant after { P.1.at(there) iff x == 1 }
        reachable at_here { P.1.at(here) }
        final { P.1.at(there) }
        """)  # fmt: skip
    assert found == {
        "before": "holds", "after": "holds", "at_here": "reachable", "no_deadlock": "holds"
    }  # fmt: skip


# ---------------------------------------------------------------- messages

RECEIVER = """
message A(n: 0..1)
message B
role Sender {{ process {{ {sends} }} }}
role Receiver {{
  var got: seq<0..3, 2> = []
  process {{ {code} }}
}}
reachable a {{ Receiver.1.got == [1] }}
reachable b {{ Receiver.1.got == [2] }}
reachable gave_up {{ Receiver.1.got == [3] }}
"""


@pytest.mark.parametrize(
    ("sends", "code", "found"),
    [
        ("send A(1) to Receiver.1", "receive { A(n) { got += n }; B { got += 2 } }", "a"),
        ("send B to Receiver.1", "receive { A(n) { got += n }; B { got += 2 } }", "b"),
        ("send B to Receiver.1", "receive { B { got += 2 }; timeout { got += 3 } }", "b gave_up"),
        ("skip", "receive { B { got += 2 }; timeout { got += 3 } }", "gave_up"),
        ("send A(0) to Receiver.1", "receive { A(1) { got += 1 }; timeout { got += 3 } }",
         "gave_up"),
        ("send A(0) to Receiver.1",
         "receive { A(n) when n == 1 { got += 1 }; timeout { got += 3 } }", "gave_up"),
        ("send A(1) to Receiver.1; send B to Receiver.1",
         "receive { A(n) { got += n }; B { got += 2 } }", "a b"),
    ],
)  # fmt: skip
def test_receive(checked: Checked, sends: str, code: str, found: str) -> None:
    """A message that an arm accepts, or the timeout, at any time."""
    words_ = verdicts(checked, RECEIVER.format(sends=sends, code=code))
    assert {name for name, word in words_.items() if word == "reachable"} == set(found.split())
    assert words_["no_deadlock"] == "holds"


def test_receive_for_ever(checked: Checked) -> None:
    """A process that waits for a message that never comes is stuck."""
    text = RECEIVER.format(sends="skip", code="receive { B { got += 2 } }")
    assert verdicts(checked, text)["no_deadlock"] == "violated"
    final = text + "final { true }\n"
    assert verdicts(checked, final)["no_deadlock"] == "holds"


# ---------------------------------------------------------------- locks

CRITICAL = """
var m: {kind}
var inside: 0..2 = 0
ghost most: 0..2 = 0
role P[2] {{
  process {{
    lock m {how} {{
      atomic {{ inside += 1; most := max(most, inside) }}
      inside -= 1
    }}
  }}
}}
invariant alone {{ most < 2 }}
quiescent free {{ {free} }}
"""


@pytest.mark.parametrize(
    ("kind", "how", "free", "alone"),
    [
        ("mutex", "", "m.holder == none", "holds"),
        ("rwlock", "", "m.writer == none and m.readers == {}", "holds"),
        ("rwlock", "shared", "m.writer == none and m.readers == {}", "violated"),
    ],
)
def test_mutual_exclusion(checked: Checked, kind: str, how: str, free: str, alone: str) -> None:
    """One at a time; readers share."""
    found = verdicts(checked, CRITICAL.format(kind=kind, how=how, free=free))
    assert found == {"alone": alone, "free": "holds", "no_deadlock": "holds"}


def test_readers_and_a_writer(checked: Checked) -> None:
    """Readers keep the writer out, and the writer readers."""
    found = verdicts(checked, """
        var m: rwlock
        var reading: 0..2 = 0
        var writing: bool = false
        role Reader[2] { process { lock m shared { reading += 1; reading -= 1 } } }
        role Writer { process { lock m { writing := true; writing := false } } }
        invariant apart { not (writing and reading > 0) }
        reachable two_readers { reading == 2 }
        reachable written { writing }
        """)  # fmt: skip
    assert found == {
        "apart": "holds", "two_readers": "reachable", "written": "reachable",
        "no_deadlock": "holds",
    }  # fmt: skip


ORDERS = """
var m: map<0..1, mutex>
role P[2] {{
  process {{
    let first = {first}
    lock m[first] {{ lock m[1 - first] {{ skip }} }}
  }}
}}
"""


@pytest.mark.parametrize(("first", "stuck"), [("self.index", "violated"), ("0", "holds")])
def test_lock_order(checked: Checked, first: str, stuck: str) -> None:
    """Opposite orders are a deadlock, one order is none."""
    assert verdicts(checked, ORDERS.format(first=first)) == {"no_deadlock": stuck}


@pytest.mark.parametrize(
    "leaving",
    [
        "loop { lock m { break } }",
        "lock m { stop }",
        "hold()",
        "try { lock m { call: skip } } catch { skip }",
        "lock m { call: skip }",
    ],
)
def test_a_lock_is_given_back(checked: Checked, leaving: str) -> None:
    """However its block is left."""
    text = f"""
        var m: mutex
        role P {{
          proc hold() {{ lock m {{ return }} }}
          process {{ {leaving} }}
        }}
        quiescent free {{ m.holder == none }}
        reachable held {{ m.holder != none }}
        """
    faults = "fail call at most 1" if "call" in leaving else None
    if "hold()" not in leaving:
        text = text.replace("proc hold() { lock m { return } }", "")
    found = verdicts(checked, text, faults)
    assert found == {"free": "holds", "held": "reachable", "no_deadlock": "holds"}


def test_a_lock_taken_in_a_map_is_the_one_given_back(checked: Checked) -> None:
    """Though what the key was computed from has changed."""
    found = verdicts(checked, """
        var m: map<0..1, mutex>
        var k: 0..1 = 0
        role P { process { lock m[k] { k := 1 } } }
        quiescent both_free { m[0].holder == none and m[1].holder == none }
        """)  # fmt: skip
    assert found == {"both_free": "holds", "no_deadlock": "holds"}


# ---------------------------------------------------------------- crashes

HOLDER = """
{shared}
role P {{
  {own}
  stable began: 0..2 = 0
  process {{
    began += 1
    lock m {{ here: skip }}
  }}
}}
reachable began_again {{ P.1.began == 2 }}
reachable holds_again {{ P.1.began == 2 and P.1.at(here) }}
"""


def test_who_comes_back_starts_over(checked: Checked) -> None:
    """Volatile locks are free again; a shared one that was held when its holder crashed is not."""
    own = HOLDER.format(shared="", own="volatile m: mutex")
    found = verdicts(checked, own, "restart P at most 1")
    assert found["began_again"] == found["holds_again"] == "reachable"
    assert found["no_deadlock"] == "holds"
    shared = HOLDER.format(shared="var m: mutex", own="")
    found = verdicts(checked, shared, "restart P at most 1")
    assert found["began_again"] == "reachable"
    assert found["no_deadlock"] == "violated"


def test_a_lock_of_a_dead_holder(checked: Checked) -> None:
    """Who needs it waits for ever."""
    found = verdicts(
        checked,
        """
        var m: mutex
        role P[2] { process { lock m { skip } } }
        invariant held_by_the_dead { m.holder == none or P.1.up and P.2.up }
        """,
        "crash P at most 1",
    )
    assert found == {"held_by_the_dead": "violated", "no_deadlock": "violated"}


@pytest.mark.parametrize(
    ("code", "half"),
    [
        ("x := true; y := true", "reachable"),
        ("atomic { x := true; y := true }", "unreachable"),
    ],
)
def test_a_crash_falls_between_two_steps(checked: Checked, code: str, half: str) -> None:
    """And so not into what is made one step."""
    text = f"""
        role P {{ stable x: bool = false; stable y: bool = false; process {{ {code} }} }}
        reachable half {{ P.1.x and not P.1.y and not P.1.up }}
        """
    assert verdicts(checked, text, "crash P at most 1")["half"] == half


def test_the_dead_are_not_stuck(checked: Checked) -> None:
    """A process of a node that is down for ever has no more to do; one that waits for it has."""
    text = """
        var x: 0..2 = 0
        role P[2] { process { atomic { x += 1 }; WAIT } }
        """
    plain, waiting = text.replace("; WAIT", ""), text.replace("WAIT", "await x == 2")
    assert verdicts(checked, plain, "crash P")["no_deadlock"] == "holds"
    assert verdicts(checked, waiting)["no_deadlock"] == "holds"
    assert verdicts(checked, waiting, "crash P at most 1")["no_deadlock"] == "violated"


def test_a_request_may_still_come(checked: Checked) -> None:
    """Who waits for a client is at rest, but not stuck."""
    found = verdicts(checked, """
        var asked: bool = false
        role Client { action ask when not asked { asked := true } }
        role Server { process { await asked } }
        quiescent asked_ { asked }
        """)  # fmt: skip
    assert found == {"asked_": "violated", "no_deadlock": "holds"}


# ---------------------------------------------------------------- assertions


def test_an_assertion_is_its_own_property(checked: Checked) -> None:
    """One that fails says nothing of the others."""
    report = checked("""spec asserts
        var x: 0..3 = 0
        action up when x < 3 {
          x += 1
          assert x != 2
          assert x < 4
        }
        invariant small { x < 4 }
        """)
    assert words(report) == {
        "small": "holds", "assert_line_5": "violated", "assert_line_6": "holds"
    }  # fmt: skip
    assert report.result("assert_line_5").steps == 2


def test_an_assertion_in_a_step_that_is_not_possible(checked: Checked) -> None:
    """Such a step does not happen, so nothing was asserted."""
    report = checked("""spec asserts
        var x: 0..1 = 0
        action never { assert x == 1; require x == 1 }
        action up when x == 0 { assert x == 0; x := 1 }
        """)
    assert words(report) == {"assert_line_3": "holds", "assert_line_4": "holds"}


POOL = """spec pool
var m: map<0..1, mutex>
var c: 0..2 = 0
role T[2] {
  process {
    await exists i in 0..1: m[i].holder == none
    lock m[choose i in 0..1: m[i].holder == none or i == 1] { c += 1; c -= 1 }
  }
}
quiescent freed { forall i in 0..1: m[i].holder == none }
reachable both { m[1].holder != none and m[0].holder != none }
"""


def test_the_lock_is_chosen_once(checked: Checked) -> None:
    """What is given back is what was taken, whatever the expression is afterwards."""
    found = words(checked(POOL))
    assert found == {"freed": "holds", "both": "reachable", "no_deadlock": "holds"}


NESTED = """spec nested
var l: map<0..1, rwlock>
role R {{ var busy: bool = false
  process {{ pick i in 0..1
    lock l[0] shared {{ busy := true
      lock l[i] shared {{ {inner} }}
      busy := false }} }} }}
role W {{ var busy: bool = false
  process {{ lock l[0] {{ busy := true; busy := false }} }} }}
invariant excluded {{ not (W.1.busy and R.1.busy) }}
quiescent free {{ forall i in 0..1: l[i].readers == {{}} and l[i].writer == none }}
"""


@pytest.mark.parametrize(
    ("inner", "verdict"), [("skip", "holds"), ("stop", "holds"), ("lock l[0] { skip }", "violated")]
)
def test_who_reads_may_read_again(checked: Checked, inner: str, verdict: str) -> None:
    """Leaving the inner block leaves what the outer one holds; who reads cannot come to write."""
    found = words(checked(NESTED.format(inner=inner)))
    assert found["excluded"] == ("violated" if inner == "stop" else "holds")  # it is busy for ever
    assert found["no_deadlock"] == verdict
    assert found["free"] == verdict
