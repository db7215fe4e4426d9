"""What a trace tells: of messages, faults, cuts and reasons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trace_specs

from dsmc.engine.outcome import Limits
from dsmc.ir import stmt as s
from dsmc.ir.system import Scenario, System
from dsmc.project import Overrides
from dsmc.session import Options, check, compile_job, load
from dsmc.traces.cuts import cut
from dsmc.traces.model import Lane, Message, Step, Trace
from dsmc.traces.render import svg
from dsmc.traces.render.text import render
from dsmc.traces.replay import retell
from dsmc.traces.scenario import enact

Traced = Callable[..., Trace]


@pytest.fixture
def traced(spec: Callable[..., Path]) -> Traced:
    """The trace of a property of a text."""

    def run(text: str, name: str, faults: str | None = None) -> Trace:
        (job,) = load(spec(text), Overrides((), faults))
        trace = check(job, Options((name,), Limits(5_000))).result(name).trace
        assert trace is not None
        return trace

    return run


def titles(trace: Trace) -> list[str]:
    return [step.title for step in trace.steps[1:]]


def fates(trace: Trace) -> list[tuple[str, str, int, int | None]]:
    return [(m.text, m.fate, m.sent, m.ended) for m in trace.messages]


# ---------------------------------------------------------------- messages and faults


def test_the_text_of_a_run(traced: Traced) -> None:
    assert render(traced(trace_specs.UNORDERED, "everything")) == trace_specs.EVERYTHING


def test_what_becomes_of_messages(traced: Traced) -> None:
    """Those on their way to a node that is gone for ever are dropped, as is what is sent later."""
    assert fates(traced(trace_specs.UNORDERED, "everything")) == [
        ("Ping(0)", "lost", 1, 2),
        ("Ping(1)", "received", 3, 9),
        ("Ping(1)", "dropped", 4, 12),
        ("Ping(0)", "dropped", 5, 12),
        ("Pong(1)", "received", 9, 10),
        ("Ping(2)", "dropped", 11, 12),
        ("Ping(0)", "dropped", 14, 14),
    ]


def test_a_copy_knows_of_what(traced: Traced) -> None:
    messages = traced(trace_specs.UNORDERED, "everything").messages
    assert [m.copy_of for m in messages] == [None, None, 1, None, None, None, None]


def test_messages_in_flight_at_the_end(traced: Traced) -> None:
    trace = traced(trace_specs.UNORDERED, "in_flight")
    assert fates(trace) == [("Ping(0)", "received", 1, 2), ("Pong(0)", "in flight", 2, None)]
    assert "  still in flight:\n    Pong(0) from Server to Client.2\n" in render(trace)


STOPPED_INSIDE = """spec stopped_inside
message M synchronous
role A {
  var k: 0..1 = 0
  action go when k < 1 { k := 1; send M to B.1 }
}
role B {
  stable got: bool = false
  stable also: bool = false
  on M { got := true; also := true }
}
invariant both { B.1.got implies B.1.also }
"""


def test_a_crash_in_what_another_step_sets_off(traced: Traced) -> None:
    """It is a fault, told where it strikes."""
    step = traced(STOPPED_INSIDE, "both", "crash B at most 1").steps[1]
    assert (step.fault, step.place, step.crashed) == ("crash", "line 10", (1,))
    assert step.title == "go; B stops in `on M`"


def test_synchronous_messages(traced: Traced) -> None:
    """They arrive in the step that sends them, or go nowhere; each has its own sender."""
    trace = traced(trace_specs.SYNCHRONOUS, "half")
    assert fates(trace) == [
        ("Ask", "received", 2, 2),
        ("Tell", "received", 2, 2),
        ("Ask", "dropped", 2, 2),
    ]
    assert [(m.sender, m.receiver) for m in trace.messages] == [(0, 1), (1, 0), (0, 2)]
    text = render(trace)
    assert "sends Ask to Node_.2, Node_.3\n" in text
    assert "Node_.2 sends Tell to Node_.1\n" in text
    assert "Ask to Node_.3 goes nowhere\n" in text
    assert "still in flight" not in text


def test_reordering(traced: Traced) -> None:
    trace = traced(trace_specs.FIFO, "overtaken")
    assert titles(trace) == [
        "say",
        "say",
        "Item(1) from Sender to Receiver overtakes what was sent before it",
        "on Item(1) from Sender",
    ]
    assert trace.steps[3].fault == "reorder"


def test_an_unlimited_duplicate_stays_in_flight(traced: Traced) -> None:
    text = trace_specs.UNORDERED + "invariant once { Server.1.count < 2 }"
    trace = traced(text, "once", "duplicate")
    assert titles(trace)[1] == "on Ping(0) from Client.1, a copy stays in flight"
    assert trace.steps[2].fault == "duplicate"
    assert fates(trace)[:3:2] == [("Ping(0)", "received", 1, 2), ("Pong(0)", "in flight", 2, None)]


FAILED = "invariant accepted { not refused }\ninvariant sober { not refused or charged == 0 }"


def test_a_statement_throws(traced: Traced) -> None:
    trace = traced(trace_specs.FAILING + FAILED, "accepted", "fail charge at most 1")
    assert titles(trace)[:2] == ["idle: receive Order from Client", "`charge` throws"]
    assert trace.steps[2].fault == "fail"
    assert "   2 ! Shop    `charge` throws" in render(trace)


def test_a_reply_is_lost(traced: Traced) -> None:
    trace = traced(trace_specs.FAILING + FAILED, "sober", "lose reply of charge at most 1")
    assert titles(trace)[1] == "the reply of `charge` is lost"
    assert [c.now for c in trace.steps[2].changes] == ["1"]


HANDLER = """
spec handler
message Order
var charged: 0..1 = 0
role Client { start { send Order to Shop.1 } }
role Shop { on Order { charge: charged := 1 } }
quiescent paid { charged == 1 }
"""


def test_a_statement_of_a_handler_throws(traced: Traced) -> None:
    trace = traced(HANDLER, "paid", "fail charge at most 1")
    assert titles(trace) == ["on Order from Client; `charge` throws"]
    assert trace.steps[1].fault == "fail"


LOST_UPDATE = """
spec lost_update
var balance: 0..4 = 1
role Teller[2] { process {
  let seen = balance
  balance := seen + 1
} }
quiescent both_count { balance == 3 }
"""


def test_an_update_is_lost(traced: Traced) -> None:
    trace = traced(LOST_UPDATE, "both_count")
    told = [(c.name, c.was, c.now) for step in trace.steps for c in step.changes]
    seen, first, again = ("seen", "", "1"), ("balance", "1", "2"), ("balance", "2", "2")
    assert told == [seen, seen, first, again]
    assert "seen = 1\n" in render(trace)
    assert "balance: 2 → 2\n" in render(trace)


def test_an_outage(traced: Traced) -> None:
    text = trace_specs.UNORDERED + "invariant some_up { exists c in Client: c.up }"
    trace = traced(text, "some_up", "outage Client at most 1 between steps")
    assert titles(trace) == ["outage of Client"]
    assert "Client.1, Client.2 are down\n" in render(trace)


def marks_in(system: System) -> set[str]:
    """The kinds of the events that a system can tell of."""
    blocks = [system.init, *(action.body for action in system.actions)]
    return {st.kind for block in blocks for st in s.walk(block) if isinstance(st, s.Mark)}


def test_every_kind_of_event_is_told_above(spec: Callable[..., Path]) -> None:
    """A new kind of event needs words, and a test."""
    faulty = ((trace_specs.FAILING, "fail charge"), (trace_specs.FAILING, "lose reply of charge"))
    specs = ((trace_specs.UNORDERED, None), (trace_specs.FIFO, None), *faulty)
    specs = (*specs, (trace_specs.SYNCHRONOUS, None), (LOST_UPDATE, None))
    found: set[str] = set()
    for text, faults in specs:
        (job,) = load(spec(text), Overrides((), faults))
        found |= marks_in(compile_job(job))
    assert found == {
        "send", "receive", "lose", "duplicate", "reorder", "drop", "forget", "partition", "heal",
        "fail", "lose reply of", "set", "write",
    }  # fmt: skip


# ---------------------------------------------------------------- cuts


LANES = tuple(Lane(name, "R") for name in "ABCD")
A, B, C, D = range(4)


def both(*pairs: tuple[int, int]) -> frozenset[tuple[int, int]]:
    return frozenset(pairs) | {(b, a) for a, b in pairs}


@pytest.mark.parametrize(
    ("pairs", "text", "groups"),
    [
        (both((A, C), (B, C)), "{A, B} | {C}", ((A, B), (C,))),
        (both((A, C)), "{A} | {C}", ((A,), (C,))),
        (both((A, B), (A, C), (B, C)), "{A} | {B} | {C}", ((A,), (B,), (C,))),
        (both((A, B), (A, C), (A, D)), "{A} | {B, C, D}", ((A,), (B, C, D))),
        ({(A, C), (B, C)}, "{A, B} ↛ {C}", ()),
        ({(D, A)}, "{D} ↛ {A}", ()),
        ({(A, B), (B, C)}, "A ↛ B, B ↛ C", ()),
        (both((A, B)) | {(C, D)}, "A ↛ B, B ↛ A, C ↛ D", ()),
        (set(), "", ()),
    ],
)
def test_cuts(pairs: set[tuple[int, int]], text: str, groups: tuple[tuple[int, ...], ...]) -> None:
    found = cut(LANES, frozenset(pairs))
    assert (found.text, found.groups) == (text, groups)
    assert set(found.pairs) == pairs


def test_an_asymmetric_partition(traced: Traced) -> None:
    text = trace_specs.SYNCHRONOUS + "reachable alone { Node_.1.heard == {Node_.2} }"
    trace = traced(text, "alone", "partition asymmetric at most 1")
    cuts = [step.cut for step in trace.steps if step.cut is not None]
    assert [c.text for c in cuts] == ["{Node_.1, Node_.2} ↛ {Node_.3}"]


# ---------------------------------------------------------------- places and names


def test_a_place_in_another_file(spec: Callable[..., Path]) -> None:
    spec("role Other {\n  var n: 0..1 = 0\n  action go { n := 1 }\n}", "other.dsm")
    path = spec('import "other.dsm"\nspec two\ninvariant none_went { Other.1.n == 0 }')
    (job,) = load(path)
    trace = check(job).result("none_went").trace
    assert trace is not None
    assert trace.steps[1].place == "other.dsm:3"


def test_a_fault_of_a_model_of_the_same_name(spec: Callable[..., Path], tmp_path: Path) -> None:
    """Then the name of the folder tells the two files apart."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "models").mkdir()
    spec("spec a\nrole R { }\ninvariant up { R.1.up }", "specs/a.dsm")
    path = spec('model m of "../specs/a.dsm" {\n  faults { crash R }\n}', "models/a.dsm")
    (job,) = load(path)
    trace = check(job).result("up").trace
    assert trace is not None
    assert trace.steps[1].place == "models/a.dsm:2"


# ---------------------------------------------------------------- reasons


def reasons(traced: Traced, text: str, name: str = "p", faults: str | None = None) -> list[str]:
    return list(traced(text, name, faults).reasons)


SMALL = """
spec small
var n: 0..9 = 0
var s: set<0..9> = {}
action grow when n < 9 { n += 1; s += n }
fun near(a: 0..9, b: 0..9): bool = a == b or a - b == 1
"""


def test_not_in(traced: Traced) -> None:
    assert reasons(traced, SMALL + "invariant p { 2 not in s }") == [
        "`2 not in s` is false: `s` is {1, 2}"
    ]


def test_membership_of_what_is_listed(traced: Traced) -> None:
    """`x in {a, b}` is one thing for the reader, whatever the tool makes of it."""
    assert reasons(traced, SMALL + "invariant p { n in {0, 1} }") == [
        "`n in {0, 1}` is false: `n` is 2"
    ]
    assert reasons(traced, SMALL + "invariant p { n not in {2, 3} }") == [
        "`n not in {2, 3}` is false: `n` is 2"
    ]
    assert reasons(traced, SMALL + "invariant p { n in 0..1 }") == [
        "`n in 0..1` is false: `n` is 2"
    ]


def test_the_false_conjunct(traced: Traced) -> None:
    text = SMALL + "invariant p { n < 9 and n + 1 < 4 and s subset {1, 2, 3} }"
    assert reasons(traced, text) == ["`n + 1 < 4` is false: `n + 1` is 4"]


def test_both_sides_of_an_or(traced: Traced) -> None:
    assert reasons(traced, SMALL + "invariant p { n < 1 or 1 not in s }") == [
        "`n < 1` is false: `n` is 1",
        "`1 not in s` is false: `s` is {1}",
    ]


def test_the_instance_of_a_quantifier(traced: Traced) -> None:
    """Names are the user's, though the checker numbers the second `x`."""
    text = "invariant p { (forall x in s: x > 0) implies forall x in s, y in s: x <= y + 1 }"
    assert reasons(traced, SMALL + text) == [
        "`forall x in s: x > 0` is true",
        "with x = 3, y = 1:",
        "  `x <= y + 1` is false: `y + 1` is 2",
    ]


@pytest.mark.parametrize(
    "claim",
    [
        "exists k in {(choose n in {1}: n == x)}: k == 1",
        "forall k in {[0, 1][x .. 1].first}: k == 1",
    ],
)
def test_what_has_no_value_is_said_to_have_none(traced: Traced, claim: str) -> None:
    trace = traced(
        f"spec s\nvar x: 1..2 = 1\naction a {{ x := 2 }}\ninvariant p {{ {claim} }}\n", "p"
    )
    assert trace.reasons == (f"`{claim}` has no value",)


def test_what_was_chosen_in_the_beginning(traced: Traced) -> None:
    text = "spec s\nvar n: 0..9 = 3\nvar m: map<0..1, 0..3> in {[0: 0, 1: 2], [0: 2, 1: 2]}\n"
    trace = traced(text + "invariant p { m[0] < 2 }\n", "p")
    assert [(c.name, c.was, c.now) for c in trace.steps[0].changes] == [("m[0]", "", "2")]
    assert "   0     start\n         m[0] = 2\n" in render(trace)
    assert "m[0] = 2" in svg.render(trace)


def test_both_sides_of_an_iff(traced: Traced) -> None:
    assert reasons(traced, SMALL + "invariant p { n > 1 iff 1 not in s }") == [
        "`n > 1 iff 1 not in s` is false",
        "  `n > 1` is false: `n` is 0",
        "  `1 not in s` is true: `s` is {}",
    ]


def test_why_there_is_none(traced: Traced) -> None:
    text = SMALL + "invariant p { n < 2 or exists x in 3..7: x - n == 0 }"
    assert reasons(traced, text) == [
        "`n < 2` is false: `n` is 2",
        "`exists x in 3..7: x - n == 0` is false",
        "  with x = 3:",
        "    `x - n == 0` is false: `x - n` is 1",
        "  with x = 4:",
        "    `x - n == 0` is false: `x - n` is 2",
        "  with x = 5:",
        "    `x - n == 0` is false: `x - n` is 3",
        "  and so it is for 2 others",
    ]


def test_the_arguments_of_a_call(traced: Traced) -> None:
    assert reasons(traced, SMALL + "invariant p { near(n, n mod 2) }") == [
        "`near(n, n mod 2)` is false: `n` is 2, `n mod 2` is 0",
        "  `a == b` is false: `a` is 2, `b` is 0",
        "  `a - b == 1` is false: `a - b` is 2",
    ]


def test_before_and_after(traced: Traced) -> None:
    assert reasons(traced, SMALL + "transition p { n == old(n) }") == [
        "`n == old(n)` is false: `n` is 1, `old(n)` is 0"
    ]


def test_names_for_values(traced: Traced) -> None:
    assert reasons(traced, SMALL + "invariant p { let twice = n + n; twice < 3 }") == [
        "with twice = 4:",
        "  `twice < 3` is false",
    ]


def test_the_words_of_the_user(traced: Traced) -> None:
    """What can be computed beforehand is quoted all the same."""
    text = "const N = 2\nrole One { var m: 0..9 = 0; action up when m < 5 { m += 1 } }\n"
    text += "invariant p { forall o in One: N < 1 or o.m < N }"
    assert reasons(traced, "spec w\n" + text) == [
        "with o = One:",
        "  `N < 1` is false",
        "  `o.m < N` is false: `o.m` is 2",
    ]


def test_what_is_reached(traced: Traced) -> None:
    assert reasons(traced, SMALL + "reachable p { exists x in s: x == 2 }") == [
        "with x = 2:",
        "  `x == 2` is true",
    ]


def test_a_range_error(spec: Callable[..., Path]) -> None:
    (job,) = load(spec("spec r\nvar n: 0..1 = 0\naction up { n += 1 }"))
    trace = check(job).result("no_range_error").trace
    assert trace is not None
    assert trace.steps[-1].error
    assert trace.reasons == (f"step 2: {trace.steps[-1].error}",)


# ---------------------------------------------------------------- who waits for what


def test_who_waits_for_whom(traced: Traced) -> None:
    text = trace_specs.LOCKS.replace("{ skip }", "{\n skip\n }")
    trace = traced(text, "no_deadlock")
    assert list(trace.reasons) == [
        "Thread.1 waits at `lock m[1 - first]` (line 8): `m[1]` is held by Thread.2",
        "Thread.2 waits at `lock m[1 - first]` (line 8): `m[0]` is held by Thread.1",
        "a circle: Thread.1 waits for Thread.2 waits for Thread.1",
    ]
    assert [c.now for step in trace.steps for c in step.changes if c.name.startswith("m[")] == [
        "held by Thread.1", "held by Thread.2",
    ]  # fmt: skip


def test_a_lock_of_a_node_that_is_down(traced: Traced) -> None:
    text = trace_specs.LOCKS.replace("self.index", "0")
    found = reasons(traced, text, "no_deadlock", "crash Thread at most 1")
    assert len(found) == 1
    assert found[0].startswith("Thread.2 waits at `lock m[first]` (line 7): ")
    assert found[0].endswith(": `m[0]` is held by Thread.1, which is down")


WAITING = """
spec waits
message Go
var n: 0..3 = 0
role A { process { await n > 1 and true; skip } }
role B { process { receive { Go { skip } } } }
action up when n < 1 { n += 1 }
"""


def test_what_processes_wait_for(traced: Traced) -> None:
    assert reasons(traced, WAITING, "no_deadlock") == [
        "A waits at `await n > 1 and true` (line 5): `n > 1` is false: `n` is 1",
        "B waits at `receive Go` (line 6): no `Go` is on its way",
        "`up` (line 7): `n < 1` is false: `n` is 1",
    ]


MESSAGES = """
spec messages
message Ping(n: 0..2)
message Vote
var m: mutex
role A {
  process {
    send Ping(1) to B.1
    receive { Ping(0) from b { skip } }
  }
}
role B {
  var ready: bool = false
  process worker { receive { Ping(2) from a { skip } Vote from a { skip } } }
  on Ping(1) from a when ready { skip }
}
role C[3] { process { send Vote to D.1 } }
role D {
  process {
    receive 2 of Vote from C as votes { skip }
    receive 2 of Vote from C as more { skip }
  }
}
"""


def test_who_waits_for_which_message(traced: Traced) -> None:
    assert reasons(traced, MESSAGES, "no_deadlock") == [
        "A waits at `receive Ping` (line 9): no `Ping` is on its way",
        "B waits in `worker` at `receive Ping` or `receive Vote` (line 14):"
        " a `Ping` is on its way, but none that it takes; no `Vote` is on its way",
        "D waits at `receive Vote` (line 21): no `Vote` is on its way (1 collected so far)",
        "B: `on Ping` from A (line 15): `ready` is false",
    ]


ACTIONS = """
spec actions
var x: 0..3 = 0
action up(by in 1..2) when x + by < 3 and x >= 0 { x := x + by }
action late when x == 3 { x := 0 }
action idle when x == 2 { x := 2 }
no deadlock
"""


def test_why_no_action_is_taken(traced: Traced) -> None:
    assert reasons(traced, ACTIONS, "no_deadlock") == [
        "`up` by = 1 (line 4): `x + by < 3` is false: `x + by` is 3",
        "`up` by = 2 (line 4): `x + by < 3` is false: `x + by` is 4",
        "`late` (line 5): `x == 3` is false: `x` is 2",
        "`idle` (line 6): it would change nothing",
    ]


def test_how_many_more_wait(traced: Traced) -> None:
    found = reasons(traced, ACTIONS.replace("1..2", "1..40"), "no_deadlock")
    assert len(found) == 13
    assert found[-1] == "and 30 more that wait"


# ---------------------------------------------------------------- scenarios


def test_how_far_an_impossible_scenario_gets(spec: Callable[..., Path]) -> None:
    text = trace_specs.UNORDERED + "scenario s { Client.1.ask(0); Client.2 on Pong(0) }"
    (job,) = load(spec(text))
    from dsmc.backends.python.machine import PythonMachine

    machine = PythonMachine(compile_job(job))
    script = next(p for p in machine.system.properties if p.name == "s")
    assert isinstance(script, Scenario)
    found = enact(machine, script, within=lambda n: True)
    assert found.stuck == 1
    trace = retell(
        machine, script, found.first, found.steps, spec="post", model="", stuck=found.stuck
    )
    assert (trace.verdict, trace.headline) == ("impossible", "s is not possible")
    assert trace.reasons == ("after step 1 there is no `Client.2 on Pong(0)`",)


def test_types_of_the_model() -> None:
    """Data only: equal if they say the same."""
    one = Message(0, "M", "M", 0, 1, 0, None, "in flight")
    assert one == Message(0, "M", "M", 0, 1, 0, None, "in flight")
    assert Step(0, None, "start", "start", "", "", "", (), (), (), (), ()).cut is None


# ---------------------------------------------------------------- steps that cannot be taken

WAITS = """spec waits
message M
role P {
  var x: 0..1 = 0
  var s: set<0..1> = {}
  process { loop { receive { M { skip } timeout { skip } } } }
  process first { atomic { await x == 1; x := 0 } }
  process later { atomic { x := 1; await s != {} } }
  process picks { atomic { pick y in s; x := y } }
  process either_ { atomic { either { await x == 1 } or { await s != {} } } }
}
"""


def test_what_a_step_that_is_not_possible_waits_for(traced: Traced) -> None:
    told = [reason.rpartition("(line")[2] for reason in traced(WAITS, "no_deadlock").reasons]
    assert told == [
        " 6): no `M` is on its way; `timeout` would change nothing",
        " 7): `x == 1` is false: `x` is 0",
        " 8): `s != {}` does not come true in it",
        " 9): `pick y in s` finds nothing",
        " 10): `x == 1` is false: `x` is 0; `s != {}` is false: `s` is {}",
    ]
