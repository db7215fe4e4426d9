"""Where a crash may strike in the middle of a step, and what is left after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import size, words

from dsmc.session import Report

Checked = Callable[..., Report]

# ---------------------------------------------------------------- sync

ACKNOWLEDGED = """spec acknowledged
message Write
message Ok
role Server[2] {
  buffered data: bool = false
  on Write from c { CODE }
}
role Client {
  stable acked: set<Server> = {}
  start { broadcast Write to Server }
  on Ok from s { acked += s }
}
invariant durable { forall s in Client.1.acked: s.data }
"""


@pytest.mark.parametrize("fault", ["crash", "restart", "outage"])
@pytest.mark.parametrize(
    ("code", "durable"),
    [
        ("data := true; reply Ok; sync data", "violated"),
        ("data := true; reply Ok; sync", "violated"),
        ("data := true; sync data; reply Ok", "holds"),
    ],
)
def test_acknowledged_before_the_sync(
    checked: Checked, fault: str, code: str, durable: str
) -> None:
    """What is answered first and made lasting afterwards may be lost in between."""
    report = checked(ACKNOWLEDGED.replace("CODE", code), f"{fault} Server at most 1")
    assert words(report) == {"durable": durable}


def test_between_two_syncs(checked: Checked) -> None:
    """Making something lasting is an effect, before which others were and after which others are."""
    report = checked(
        """spec two_syncs
        role A {
          buffered a: bool = false
          buffered b: bool = false
          stable c: bool = false
          action go when not c { a := true; b := true; sync a; sync b; c := true }
        }
        reachable only_a { not A.1.up and A.1.a and not A.1.b }
        reachable not_c { not A.1.up and A.1.b and not A.1.c }
        invariant a_first { A.1.b implies A.1.a }
        """,
        "crash A at most 1",
    )
    assert words(report) == {"only_a": "reachable", "not_c": "reachable", "a_first": "holds"}


# ---------------------------------------------------------------- what nobody in the system sees

REGISTER = """spec told_before_it_is_kept
history h: register<0..1> = 0
role S {
  stable d: 0..1 = 0
  stable went: bool = false
  action w when not went { went := true; begin h.write(1); CODE }
}
role T {
  stable did: bool = false
  action r when not did { did := true; begin h.read; end h.read -> S.1.d }
}
guarantee linearizable(h)
"""


@pytest.mark.parametrize(
    ("code", "linearizable"),
    [
        ("end h.write; d := 1", "violated"),
        ("d := 1; end h.write", "holds"),
        ("atomic { end h.write; d := 1 }", "holds"),
    ],
)
def test_answered_before_it_is_kept(checked: Checked, code: str, linearizable: str) -> None:
    """The events of a history are effects: who was answered has seen it."""
    report = checked(REGISTER.replace("CODE", code), "restart S at most 1")
    assert words(report) == {"linearizable": linearizable}


@pytest.mark.parametrize(
    ("code", "d_without_g", "g_without_d"),
    [
        ("d := 1; g := true", "reachable", "unreachable"),
        ("g := true; d := 1", "unreachable", "reachable"),
        ("atomic { g := true; d := 1 }", "unreachable", "unreachable"),
    ],
)
def test_ghosts(checked: Checked, code: str, d_without_g: str, g_without_d: str) -> None:
    """A ghost is updated where the text says, unless `atomic` holds it together with something."""
    report = checked(
        f"""spec ghostly
        role A {{
          stable d: 0..1 = 0
          ghost g: bool = false
          action go when d == 0 {{ {code} }}
        }}
        reachable d_without_g {{ A.1.d == 1 and not A.1.g }}
        reachable g_without_d {{ A.1.g and A.1.d == 0 }}
        """,
        "crash A at most 1",
    )
    assert words(report) == {"d_without_g": d_without_g, "g_without_d": g_without_d}


def test_what_a_hook_reads(checked: Checked) -> None:
    """A hook sees what the volatile variables were when the node stopped."""
    report = checked(
        """spec last_words
        role A {
          volatile v: 0..2 = 0
          volatile w: 0..2 = 0
          stable seen: 0..2 = 0
          action go when v == 0 { v := 1; w := 1; v := 2; w := 2 }
          on crash when w == 1 { seen := v }
        }
        reachable early { A.1.seen == 1 }
        reachable late { A.1.seen == 2 }
        """,
        "crash A at most 1",
    )
    assert words(report) == {"early": "reachable", "late": "reachable"}


# ---------------------------------------------------------------- blocks that are a part of a step


def test_return_from_a_hook_of_the_crash(checked: Checked) -> None:
    """It ends the hook; the node stops all the same, and the next hook runs."""
    report = checked(
        """spec last_will
        role A {
          stable n: 0..3 = 0
          stable told: bool = false
          volatile v: 0..2 = 1
          action go when v < 2 { v += 1 }
          on crash {
            n := 1
            if v == 2 { return }
            n := 2
          }
          on crash { told := true }
        }
        invariant stopped { A.1.n > 0 implies not A.1.up and A.1.told and A.1.v == 1 }
        reachable returned { A.1.n == 1 }
        reachable went_on { A.1.n == 2 }
        """,
        "crash A at most 1",
    )
    assert words(report) == {
        "stopped": "holds", "returned": "reachable", "went_on": "reachable"
    }  # fmt: skip


def test_return_from_a_hook_of_the_restart(checked: Checked) -> None:
    """The next hook runs."""
    report = checked(
        """spec second_hook
        role A {
          stable n: bool = false
          stable k: bool = false
          on restart { if not k { return }; n := true }
          on restart { k := true }
        }
        invariant first_returns { not A.1.n }
        reachable second_runs { A.1.up and A.1.k }
        """,
        "restart A at most 1",
    )
    assert words(report) == {"first_returns": "holds", "second_runs": "reachable"}


def test_a_hook_of_the_crash_throws(checked: Checked) -> None:
    """What fails in it does not keep the node from stopping."""
    report = checked(
        """spec failing_hook
        role A {
          stable begun: bool = false
          stable done: bool = false
          on crash { begun := true; write: done := true }
        }
        invariant stopped { A.1.begun implies not A.1.up }
        reachable failed { A.1.begun and not A.1.done }
        """,
        "crash A at most 1; fail write at most 1",
    )
    assert words(report) == {"stopped": "holds", "failed": "reachable"}


def test_return_at_the_start(checked: Checked) -> None:
    """It ends one block of one node."""
    report = checked(
        """spec starting
        var g: 0..2 = 0
        var h: 0..2 = 0
        init { if g == 0 { return }; g := 2 }
        init { h := 2 }
        role A[3] {
          var x: 0..2 = 0
          start { if self == A.1 { return }; x := 1 }
          start { x += 1 }
        }
        invariant blocks { g == 0 and h == 2 }
        invariant nodes { A.1.x == 1 and A.2.x == 2 and A.3.x == 2 }
        """
    )
    assert words(report) == {"blocks": "holds", "nodes": "holds"}


# ---------------------------------------------------------------- labels


@pytest.mark.parametrize("fault", ["crash", "restart", "outage"])
def test_who_is_down_is_at_no_label(checked: Checked, fault: str) -> None:
    """Not even at the first, where it will be when it comes back."""
    report = checked(
        """spec dead_in_the_section
        role A[2] {
          stable d: 0..2 = 0
          process {
            section: d := 1
            left: d := 2
          }
        }
        invariant nowhere { forall a in A: not a.up implies not (a.at(section) or a.at(left)) }
        invariant first { forall a in A: a.up and a.d == 0 implies a.at(section) }
        reachable both { A.1.at(left) and A.2.at(left) }
        """,
        f"{fault} A at most 1",
    )
    assert words(report) == {
        "nowhere": "holds", "first": "holds", "both": "reachable", "no_deadlock": "holds"
    }  # fmt: skip


# ---------------------------------------------------------------- one of several first values

CHOSEN = """spec chosen
role A {{
  {storage} d: 1..3 in 1..2
  ghost first: 1..3 = 1
  start {{ first := d }}
  {code}
}}
reachable same {{ not A.1.up and A.1.d == A.1.first }}
reachable other {{ not A.1.up and A.1.d != A.1.first }}
invariant a_first_value {{ not A.1.up implies A.1.d in 1..2 }}
"""


@pytest.mark.parametrize("code", ["", "action change when d < 3 { d := 3 }"])
@pytest.mark.parametrize(
    ("storage", "other"), [("buffered", "unreachable"), ("volatile", "reachable")]
)
def test_one_of_several_first_values(checked: Checked, storage: str, other: str, code: str) -> None:
    """What is on the disk is the value that was chosen; what was in memory is chosen again."""
    report = checked(CHOSEN.format(storage=storage, code=code), "crash A at most 1")
    assert words(report) == {"same": "reachable", "other": other, "a_first_value": "holds"}


# ---------------------------------------------------------------- steps that are not possible

REFUSED = """spec refused
message M
role A {
  stable n: 0..3 = 0
  stable d: 0..3 = 0
  stable e: 0..3 = 0
  volatile v: 0..3 = 0
  action go when n == 0 { n := 1; CODE }
}
role B {
  stable got: 0..3 = 0
  on M { got += 1 }
}
reachable begun { not A.1.up and A.1.n == 1 and A.1.d == 0 }
reachable between { not A.1.up and A.1.d == 1 and A.1.e == 0 }
reachable other { A.1.d == 2 }
reachable sent { B.1.got > 0 }
reachable done { A.1.e == 1 }
"""


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("d := 1; e := 1", {"begun", "between", "done"}),
        ("d := 1; e := 1; require e == 2", set()),
        ("d := 1; e := 1; require e == 1", {"begun", "between", "done"}),
        ("d := 1; e := 1; assert e == 2", {"begun", "between", "done", "asserted"}),
        ("d := 1; assert d == 2; e := 1; require false", set()),
        ("d := 1; e := 1; pick x in 1..3 where x < v", set()),
        ("d := 1; e := 1; v := 2; pick x in 1..3 where x < v", {"begun", "between", "done"}),
        # The choice that is made before the crash is the one that the rest is possible with.
        ("pick x in 1..2; d := x; e := x; require x == 1", {"begun", "between", "done"}),
        ("either { d := 1; e := 1; require false } or { d := 2 }", {"begun", "other"}),
        # What is tried after the crash is seen by nobody.
        ("d := 1; send M to B.1; e := 1; require e == 1", {"begun", "between", "sent", "done"}),
        ("d := 1; send M to B.1; e := 1; require e == 2", set()),
        ("d := 1; if d == 1 { e := 1; return }; require false", {"begun", "between", "done"}),
        # Another round refuses.
        ("for i in 1..2 { require i < 2; d := i; e := i }", set()),
        ("for i in 1..2 { require i < 3; d := 1; e := 1 }", {"begun", "between", "done"}),
        ("while v < 2 { v += 1; require v < 2; d := 1; e := 1 }", set()),
    ],
)
def test_the_rest_of_a_cut_step_is_possible(checked: Checked, code: str, found: set[str]) -> None:
    """What a `require` further on refuses has not happened up to a crash either."""
    report = checked(REFUSED.replace("CODE", code), "crash A at most 1")
    of = words(report)
    asserted = {"asserted" for name, word in of.items() if word == "violated"}
    assert {name for name, word in of.items() if word == "reachable"} | asserted == found


def test_what_is_tried_is_undone(checked: Checked) -> None:
    """Nothing is left of it: there are as many states as without a `require` that is always true."""
    code = "v := 1; d := 1; v := 2; send M to B.1; e := 1; v := 3"
    plain = checked(REFUSED.replace("CODE", code), "restart A at most 1")
    tried = checked(REFUSED.replace("CODE", f"{code}; require v == 3"), "restart A at most 1")
    assert plain.statistics.states == tried.statistics.states
    assert size(plain) == size(tried)


def test_a_taken_message_stays(checked: Checked) -> None:
    """A handler that is not possible takes no message, with or without a crash."""
    report = checked(
        """spec refused_handler
        message M
        role A {
          stable d: 0..1 = 0
          stable e: 0..1 = 0
          on M { d := 1; e := 1; require d == 0 }
        }
        role C { start { send M to A.1 } }
        invariant nothing { A.1.d == 0 }
        """,
        "restart A at most 2",
    )
    assert words(report) == {"nothing": "holds"}
    assert size(report) == (5, 4)


EXCHANGE = """spec exchange
network synchronous
message M
role P[2] {{
  stable a: 0..1 = 0
  stable b: 0..1 = 0
  stable c: 0..2 = 0
  action go when self == P.1 and a == 0 {{ a := 1; send M to P.2; c := 1{more} }}
  on M {{ a := 1; b := 1; c := 2{more} }}
}}
reachable both {{ not P.1.up and not P.2.up and P.1.a == 1 and P.1.c == 0 and P.2.b == 1 and P.2.c == 0 }}
reachable handler_is_cut {{ not P.2.up and P.2.a == 1 and P.2.b == 0 and P.1.c == 1 }}
reachable handler_cuts_sender {{ not P.2.up and P.2.a == 1 and P.2.b == 0 and P.1.up and P.1.c == 0 }}
"""


@pytest.mark.parametrize("more", ["", "; require c > 0"])
def test_steps_that_are_tried_inside_each_other(checked: Checked, more: str) -> None:
    """Where sending and handling are one step, both may be cut, each in its own places."""
    report = checked(EXCHANGE.format(more=more), "crash P at most 2")
    assert words(report) == {
        "both": "reachable", "handler_is_cut": "reachable", "handler_cuts_sender": "unreachable"
    }  # fmt: skip
    assert size(report) == (20, 23)
