"""What each fault does: the counts and verdicts are worked out by hand from the reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import size, words

from dsmc.project import Overrides
from dsmc.session import Options, Report, check, load

Checked = Callable[..., Report]

# ---------------------------------------------------------------- nodes that stop

LAMPS = """spec lamps
role Lamp[2] {{
  {storage} on_: bool = false
  action switch when not on_ {{ on_ := true }}
}}
"""
VOLATILE, STABLE = LAMPS.format(storage="volatile"), LAMPS.format(storage="stable")


def test_no_faults(checked: Checked) -> None:
    assert size(checked(VOLATILE)) == (4, 4)


def test_crash(checked: Checked) -> None:
    """For either lamp that is gone, the other is on or off."""
    assert size(checked(VOLATILE, "crash Lamp at most 1")) == (4 + 2 * 2, 4 + 4 * 2 + 2)


def test_crash_keeps_what_is_stable(checked: Checked) -> None:
    """Of a lamp that is gone one knows whether it was on."""
    assert size(checked(STABLE, "crash Lamp at most 1")) == (4 + 2 * 4, 4 + 4 * 2 + 4)


def test_crash_without_a_limit(checked: Checked) -> None:
    """Both may go."""
    assert size(checked(VOLATILE, "crash Lamp")) == (9, 4 + 8 + 2 + 4)


def test_restart(checked: Checked) -> None:
    """Nobody was down, one of two is, one has come back."""
    assert size(checked(VOLATILE, "restart Lamp at most 1")) == (4 + 4 + 4, 12 + (2 + 4) + 4)


def test_outage(checked: Checked) -> None:
    """All at once; they come back one by one."""
    assert size(checked(VOLATILE, "outage Lamp at most 1")) == (4 + 1 + 4 + 4, 8 + 2 + 6 + 4)


def test_who_comes_back_starts_anew(checked: Checked) -> None:
    """Hooks run within the steps of going down and coming back."""
    report = checked(
        """spec hooks
        role P {
          stable downs: 0..2 = 0
          stable ups: 0..2 = 0
          on crash { downs += 1 }
          on restart { ups += 1 }
        }
        invariant in_step { P.1.downs == P.1.ups + (if P.1.up then 0 else 1) }
        reachable twice { P.1.up and P.1.ups == 2 }
        """,
        "restart P at most 2",
    )
    assert words(report) == {"in_step": "holds", "twice": "reachable"}
    assert size(report) == (5, 4)


SENDER = """spec sender
message M
role Sender {
  stable done: bool = false
  action go when not done { done := true; broadcast M to Receiver }
}
role Receiver[2] {
  stable got: bool = false
  on M { got := true }
}
quiescent all_or_none { Receiver.1.got == Receiver.2.got }
"""


def test_crash_between_steps(checked: Checked) -> None:
    """All of the broadcast is sent, or nothing."""
    report = checked(SENDER, "crash Sender at most 1 between steps")
    assert words(report) == {"all_or_none": "holds"}
    assert size(report) == (2 + 4 + 4, 2 + 8 + 4)


def test_crash_within_a_step(checked: Checked) -> None:
    """It is done, and nobody was told of it, or one of two."""
    report = checked(SENDER, "crash Sender at most 1")
    assert words(report) == {"all_or_none": "violated"}
    assert report.result("all_or_none").steps == 2
    assert size(report) == (10 + 1 + 2 + 2, 14 + 3 + 2)


def test_what_is_volatile_is_not_seen_of_a_cut_step(checked: Checked) -> None:
    """A crash before the first effect that lasts is a crash before the step."""
    text = SENDER.replace("stable done", "volatile done")
    # Who stopped before the step looks like who stopped after none was sent.
    assert size(checked(text, "crash Sender at most 1")) == (10 + 4, 14 + 2 + 2)


def test_a_step_costs_one_crash(checked: Checked) -> None:
    """Where sending and handling are one step, a budget of one is still one."""
    report = checked(
        """spec one_crash
        network synchronous
        message M
        role P[2] {
          stable a: bool = false
          stable b: bool = false
          stable c: bool = false
          action go when self == P.1 and not a { a := true; send M to P.2; c := true }
          on M { a := true; b := true }
        }
        invariant one_up { P.1.up or P.2.up }
        reachable handler_is_cut { not P.2.up and P.2.a and not P.2.b and P.1.c }
        reachable cut_after_sending { not P.1.up and P.1.a and not P.1.c and P.2.b }
        reachable cut_before_sending { not P.1.up and P.1.a and not P.2.a }
        reachable cut_handler_cuts_sender { not P.2.up and P.2.a and not P.2.b and not P.1.c }
        """,
        "crash P at most 1",
    )
    assert words(report) == {
        "one_up": "holds", "handler_is_cut": "reachable", "cut_after_sending": "reachable",
        "cut_before_sending": "reachable", "cut_handler_cuts_sender": "unreachable",
    }  # fmt: skip


def test_messages_to_the_dead_are_dropped(checked: Checked) -> None:
    """What is on its way to a node that never comes back need not be kept."""
    text = """spec dropped
        message M
        role A { start { send M to B.1 } }
        role B { stable got: bool = false; on M { got := true } }
        """
    # In flight or got, up or down; the message is dropped with the node.
    assert size(checked(text, "crash B at most 1")) == (4, 3)
    # Here it waits: not yet down, down, back; the same after it has arrived; and down and back
    # after a crash that fell between taking it and noting it.
    assert size(checked(text, "restart B at most 1")) == (3 + 3 + 2, (3 + 1 + 1) + (1 + 1) + 1)
    assert size(checked(text, "restart B at most 1 between steps")) == (3 + 3, (2 + 1 + 1) + 2)


# ---------------------------------------------------------------- messages in flight

MAIL = """spec mail
message Letter
role Sender { start { send Letter to Receiver.1 } }
role Receiver {
  stable got: 0..3 = 0
  on Letter when got < 3 { got += 1 }
}
reachable got { Receiver.1.got == 1 }
reachable thrice { Receiver.1.got == 3 }
quiescent arrives { Receiver.1.got > 0 }
"""


@pytest.mark.parametrize(
    ("faults", "counts"),
    [
        ("", (2, 1)),
        ("lose at most 1", (3, 2)),
        ("lose Letter at most 2", (3, 2)),
        ("lose", (3, 2)),
        # By the number of copies made: in flight or received, each in all ways.
        ("duplicate at most 1", (2 + 3, 2 + 2)),
        ("duplicate at most 2", (2 + 3 + 4, 2 + 4 + 3)),
    ],
)
def test_letters(checked: Checked, faults: str, counts: tuple[int, int]) -> None:
    """A fault that strikes a message does so exactly as often as it may."""
    report = checked(MAIL, faults)
    assert size(report) == counts
    assert words(report)["got"] == "reachable"
    assert words(report)["arrives"] == ("violated" if "lose" in faults else "holds")
    assert words(report)["thrice"] == ("reachable" if "most 2" in faults and "dup" in faults else
                                       "unreachable")  # fmt: skip


def test_duplicates_without_a_limit(checked: Checked) -> None:
    """Any number of copies, in a space that has an end."""
    assert words(checked(MAIL, "duplicate"))["thrice"] == "reachable"
    assert words(checked(MAIL, "duplicate; lose")) == {
        "got": "reachable", "thrice": "reachable", "arrives": "violated"
    }  # fmt: skip


TWICE = """spec twice
message Letter
role Sender {
  var sent: 0..2 = 0
  timeout one when sent < 2 { sent += 1; send Letter to Receiver.1 }
}
role Receiver {
  var got: 0..2 = 0
  on Letter when got < 2 { got += 1 }
}
eventually one { Receiver.1.got > 0 }
eventually both { Receiver.1.got == 2 }
"""


@pytest.mark.parametrize(
    ("faults", "one", "both"),
    [
        ("lose at most 1", "holds", "violated"),
        ("duplicate; lose at most 1", "holds", "violated"),
        ("duplicate; lose at most 2", "violated", "violated"),
        ("duplicate; lose", "violated", "violated"),
    ],
)
def test_a_loss_takes_one_of_two(checked: Checked, faults: str, one: str, both: str) -> None:
    """A message sent a second time is not lost with the first, whatever may be duplicated."""
    assert words(checked(TWICE, faults)) == {"one": one, "both": both}


def test_what_is_not_told_apart_arrives_at_once(checked: Checked) -> None:
    """Nothing is in flight any more, and the trace does not say that something is."""
    trace = checked(TWICE, "duplicate").result("both").trace
    assert trace is not None
    assert {message.fate for message in trace.messages} == {"received"}


TWO_KINDS = """spec two_kinds
{network}
message A
message B
role Sender {{ start {{ send A to Receiver.1; send B to Receiver.1 }} }}
role Receiver {{
  stable got: set<0..1> = {{}}
  on A {{ got += 0 }}
  on B {{ got += 1 }}
}}
quiescent a {{ 0 in Receiver.1.got }}
quiescent b {{ 1 in Receiver.1.got }}
quiescent one {{ Receiver.1.got != {{}} }}
"""


@pytest.mark.parametrize("network", ["", "network fifo"])
@pytest.mark.parametrize(
    ("faults", "violated"),
    [
        ("lose A at most 2", {"a"}),
        ("lose at most 1", {"a", "b"}),
        ("lose A at most 1; lose B at most 1", {"a", "b", "one"}),
        ("lose at most 2", {"a", "b", "one"}),
        ("lose A at most 1; duplicate at most 1", {"a"}),
    ],
)
def test_lose_some(checked: Checked, network: str, faults: str, violated: set[str]) -> None:
    """The limit is for all messages that the fault may strike, together."""
    found = words(checked(TWO_KINDS.format(network=network), faults))
    assert {name for name, word in found.items() if word == "violated"} == violated


# ---------------------------------------------------------------- partitions

RING = """spec cut_off
message M
role P[3] {
  stable got: bool = false
  start { if self == P.1 { broadcast M to others } }
  on M { got := true }
}
quiescent everyone { P.2.got and P.3.got }
quiescent someone { P.2.got or P.3.got }
"""


@pytest.mark.parametrize(
    ("faults", "counts"),
    [
        # 3 ways to split three nodes; with one of the others a node is reached.
        ("partition at most 1", (4 + 3 * 4, (4 + 12) + (0 + 2 + 2))),
        ("partition at most 1 heals", (4 + 3 * 4 + 4, (4 + 12) + (4 + 12) + 4)),
        # 6 sides out of which nothing passes.
        ("partition asymmetric at most 1", (4 + 6 * 4, (4 + 24) + (0 + 4 + 4 + 2 + 2 + 4))),
        ("partition {P.1, P.2} | {P.3} at most 1", (8, 4 + 4 + 2)),
        ("partition {1, 2} | {3} at most 1", (8, 4 + 4 + 2)),
        # Who is in no group reaches all.
        ("partition {P.2} | {P.3} at most 1", (8, 4 + 4 + 4)),
        ("partition {P.1} | {P.2} | {P.3} at most 1", (8, 4 + 4)),
    ],
)
def test_partition(checked: Checked, faults: str, counts: tuple[int, int]) -> None:
    assert size(checked(RING, faults)) == counts


@pytest.mark.parametrize(
    ("faults", "violated"),
    [
        ("partition at most 1", {"everyone", "someone"}),
        ("partition at most 1 heals", set()),
        ("partition {P.1, P.2} | {P.3} at most 1", {"everyone"}),
        ("partition {P.2} | {P.3} at most 1", set()),
    ],
)
def test_who_is_cut_off(checked: Checked, faults: str, violated: set[str]) -> None:
    found = words(checked(RING, faults))
    assert {name for name, word in found.items() if word == "violated"} == violated


ECHO = """spec echo
message Ask
message Answer
role A {
  stable answered: bool = false
  start { send Ask to B.1 }
  on Answer { answered := true }
}
role B {
  stable asked: bool = false
  on Ask { asked := true; reply Answer }
}
quiescent asked { B.1.asked }
quiescent both_ways { B.1.asked implies A.1.answered }
"""


def test_asymmetric(checked: Checked) -> None:
    """The question passes and the answer does not, or the other way round."""
    found = words(checked(ECHO, "partition asymmetric at most 1"))
    assert found == {"asked": "violated", "both_ways": "violated"}
    report = checked(ECHO, "partition asymmetric at most 1")
    # Asked, answering, answered: whole, B cut off from A, A from B.
    assert size(report) == (9, (2 + 6) + 1 + 1)


def test_a_further_partition_replaces_it(checked: Checked) -> None:
    """Not both at once: who was cut off by the first is reached again."""
    report = checked(
        RING + "reachable both { P.2.got and P.3.got }\n"
        "scenario one_after_the_other {\n"
        "  partition {P.1, P.3} | {P.2}\n  P.3 on M\n"
        "  partition {P.1, P.2} | {P.3}\n  P.2 on M\n  expect P.2.got and P.3.got\n}\n"
        "scenario cut_off impossible {\n"
        "  partition {P.1, P.3} | {P.2}\n  P.2 on M\n}\n",
        "partition {P.1, P.3} | {P.2} at most 1; partition {P.1, P.2} | {P.3} at most 1",
    )
    assert words(report) == {
        "everyone": "violated", "someone": "holds", "both": "reachable",
        "one_after_the_other": "possible", "cut_off": "holds",
    }  # fmt: skip


# ---------------------------------------------------------------- statements that throw

SHOP = """spec shop
role Shop {{
  stable charged: bool = false
  stable sent: bool = false
  stable failed: bool = false
  {code}
}}
invariant caught {{ not Shop.1.failed or not Shop.1.sent }}
reachable charged_and_failed {{ Shop.1.charged and Shop.1.failed }}
reachable failed {{ Shop.1.failed }}
reachable charged_not_sent {{ {still} Shop.1.charged and not Shop.1.sent and not Shop.1.failed }}
reachable sent_not_charged {{ Shop.1.sent and not Shop.1.charged }}
"""
BODY = "try { charge: charged := true; sent := true } catch { failed := true }"
HANDLER = f"stable begun: bool = false; action go when not begun {{ begun := true; {BODY} }}"
TWO_STEPS = "charge: charged := true; sent := true"


@pytest.mark.parametrize("code", [HANDLER, f"process {{ {BODY} }}"], ids=["handler", "process"])
def test_fail_is_caught(checked: Checked, code: str) -> None:
    """On to the `catch`: it was not charged."""
    found = words(checked(SHOP.format(code=code, still="false and"), "fail charge at most 1"))
    assert found["caught"] == "holds"
    assert found["failed"] == "reachable"
    assert found["charged_and_failed"] == "unreachable"
    assert found["sent_not_charged"] == "unreachable"


@pytest.mark.parametrize("code", [HANDLER, f"process {{ {BODY} }}"], ids=["handler", "process"])
def test_lost_reply_is_caught(checked: Checked, code: str) -> None:
    """On to the `catch`: it was charged all the same."""
    text = SHOP.format(code=code, still="false and")
    found = words(checked(text, "lose reply of charge at most 1"))
    assert found["caught"] == "holds"
    assert found["charged_and_failed"] == "reachable"
    assert found["sent_not_charged"] == "unreachable"


@pytest.mark.parametrize(
    ("faults", "charged"), [("fail charge", False), ("lose reply of charge", True)]
)
def test_thrown_out_of_a_handler(checked: Checked, faults: str, charged: bool) -> None:
    """What stands after it in the handler is not run; what stood before took effect."""
    code = f"stable begun: bool = false; action go when not begun {{ begun := true; {TWO_STEPS} }}"
    report = checked(
        SHOP.format(code=code, still="")
        + "reachable nothing { Shop.1.begun and not Shop.1.charged and not Shop.1.sent }\n",
        f"{faults} at most 1",
    )
    found = words(report)
    assert found["charged_not_sent"] == ("reachable" if charged else "unreachable")
    assert found["nothing"] == ("unreachable" if charged else "reachable")
    assert found["sent_not_charged"] == "unreachable"
    assert size(report) == (3, 2)


def test_thrown_out_of_a_process(checked: Checked) -> None:
    """The process ends, which is no deadlock."""
    text = SHOP.format(code=f"process {{ {TWO_STEPS} }}", still="") + (
        "quiescent sent { Shop.1.sent }\nquiescent all_or_none { Shop.1.charged == Shop.1.sent }\n"
    )
    found = words(checked(text, "fail charge at most 1"))
    assert (found["sent"], found["all_or_none"]) == ("violated", "holds")
    assert found["no_deadlock"] == "holds"
    found = words(checked(text, "lose reply of charge at most 1"))
    assert (found["sent"], found["all_or_none"]) == ("violated", "violated")


def test_fails_at_most_so_often(checked: Checked) -> None:
    """Who tries once more than it can fail succeeds."""
    text = """spec retry
        role P {
          stable tries: 0..3 = 0
          stable done: bool = false
          process {
            while not done {
              atomic { tries += 1 }
              try { call: done := true } catch { skip }
            }
          }
        }
        quiescent done { P.1.done }
        reachable thrice { P.1.tries == 3 }
        """
    assert words(checked(text, "fail call at most 2")) == {
        "done": "holds", "thrice": "reachable", "no_deadlock": "holds"
    }  # fmt: skip
    assert words(checked(text, "fail call at most 1"))["thrice"] == "unreachable"
    assert words(checked(text))["thrice"] == "unreachable"


# ---------------------------------------------------------------- one fault on two lines


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        ("lose at most 1; lose at most 1", 2),
        ("lose at most 1; lose Letter at most 2", 3),
        ("lose at most 2; lose at most 1", 3),
    ],
)
@pytest.mark.parametrize("engine", ["python", "c"])
def test_lines_have_their_own_limits(
    spec: Callable[[str], Path], lines: str, lost: int, engine: str
) -> None:
    text = (
        "spec lines\nmessage Letter\nrole A { start { for i in 1..4 { send Letter to B.1 } } }\n"
        f"role B {{ var got: 0..4 = 0; on Letter {{ got += 1 }} }}\n"
        f"quiescent all_but {{ B.1.got >= {4 - lost} }}\nquiescent more {{ B.1.got > {4 - lost} }}\n"
    )
    (job,) = load(spec(text), Overrides((), lines))
    report = check(job, Options(engine=engine, to_the_end=True))
    assert words(report) == {"all_but": "holds", "more": "violated"}
    assert len([s for s in report.result("more").trace.steps if s.fault == "lose"]) == lost


def test_crashes_of_two_lines(checked: Checked) -> None:
    text = (
        "spec lines\nrole A[3] { stable x: bool = false; action a when not x { x := true } }\n"
        "invariant one { count(a for a in A if not a.up) <= 1 }\n"
        "invariant two { count(a for a in A if not a.up) <= 2 }\n"
    )
    found = words(checked(text, "crash A at most 1; crash A at most 1"))
    assert found == {"one": "violated", "two": "holds"}


# ---------------------------------------------------------------- copies in a queue

QUEUE = """spec queue
network fifo
message M(n: 1..3)
role A {{ start {{ send M(1) to B.1; send M(2) to B.1 }} }}
role B {{ var got: seq<1..3, 4> = []
 on M(n) when got.len < 4 {{ got += n }} }}
reachable asked {{ B.1.got == {got} }}
"""


@pytest.mark.parametrize(
    ("faults", "got", "verdict"),
    [
        ("duplicate at most 1", "[1, 1, 2]", "reachable"),
        ("duplicate at most 1", "[1, 2, 2]", "reachable"),
        ("duplicate at most 1", "[1, 1, 2, 2]", "unreachable"),
        ("duplicate at most 2", "[1, 1, 2, 2]", "reachable"),
        ("duplicate at most 2", "[1, 2, 1]", "unreachable"),
        ("duplicate at most 1; reorder at most 1", "[1, 2, 1]", "reachable"),
        ("duplicate", "[1, 1, 1, 2]", "reachable"),
        ("duplicate", "[1, 2, 1]", "unreachable"),
        ("duplicate M; lose", "[1, 1]", "reachable"),
    ],
)
def test_copies_in_a_queue(checked: Checked, faults: str, got: str, verdict: str) -> None:
    """A copy stands right behind the message; without a limit too the space has an end."""
    assert words(checked(QUEUE.format(got=got), faults)) == {"asked": verdict}
