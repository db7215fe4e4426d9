"""How messages travel: the counts and verdicts are worked out by hand from the reference."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import size, words

from dsmc.diagnostics import Mistakes
from dsmc.session import Report

Checked = Callable[..., Report]

TWO_MESSAGES = """spec two_messages
network {network}
message A(n: 1..2)
role Client {{ start {{ send A(1) to Server.1; send A(2) to Server.1 }} }}
role Server {{
  var got: seq<1..2, 2> = []
  on A(n) {{ got += n }}
}}
reachable in_order {{ Server.1.got == [1, 2] }}
reachable swapped {{ Server.1.got == [2, 1] }}
"""


def test_unordered(checked: Checked) -> None:
    """Nothing, 1, 2, and either order of both."""
    report = checked(TWO_MESSAGES.format(network="unordered"))
    assert words(report) == {"in_order": "reachable", "swapped": "reachable"}
    assert size(report) == (5, 4)


def test_fifo(checked: Checked) -> None:
    """One after the other."""
    report = checked(TWO_MESSAGES.format(network="fifo"))
    assert words(report) == {"in_order": "reachable", "swapped": "unreachable"}
    assert size(report) == (3, 2)
    trace = report.result("in_order").trace
    assert trace is not None
    taken = [trace.message(number).text for step in trace.steps for number in step.received]
    assert taken == ["A(1)", "A(2)"]


def test_reorder(checked: Checked) -> None:
    """The second overtakes the first, once; alone in its queue it has nothing to overtake."""
    report = checked(TWO_MESSAGES.format(network="fifo"), "reorder at most 1")
    assert words(report) == {"in_order": "reachable", "swapped": "reachable"}
    assert size(report) == (6, 5)


@pytest.mark.parametrize("faults", ["reorder at most 1", "reorder A"])
def test_reorder_needs_a_queue(checked: Checked, faults: str) -> None:
    """What has no order cannot be reordered."""
    with pytest.raises(Mistakes) as found:
        checked(TWO_MESSAGES.format(network="unordered"), faults)
    assert [problem.code for problem in found.value.diagnostics] == ["D405"]


def test_fifo_orders_pairs_only(checked: Checked) -> None:
    """The messages of two senders may arrive in any order."""
    report = checked("""spec pairs
        network fifo
        message A
        role Client[2] { start { send A to Server.1 } }
        role Server {
          var got: seq<Client, 2> = []
          on A from c { got += c }
        }
        reachable one_two { Server.1.got == [Client.1, Client.2] }
        reachable two_one { Server.1.got == [Client.2, Client.1] }
        """)
    assert words(report) == {"one_two": "reachable", "two_one": "reachable"}
    assert size(report) == (5, 4)


BLOCKED = """spec blocked
network {network}
message A
message B
role Client {{ start {{ send A to Server.1; send B to Server.1 }} }}
role Server {{
  var ready: bool = false
  on A when ready {{ skip }}
  on B {{ ready := true }}
}}
reachable ready {{ Server.1.ready }}
"""


@pytest.mark.parametrize(
    ("network", "word", "counts"),
    [("fifo", "unreachable", (1, 0)), ("unordered", "reachable", (3, 2))],
)
def test_head_of_a_queue(
    checked: Checked, network: str, word: str, counts: tuple[int, int]
) -> None:
    """In a queue a message that no handler accepts blocks those behind it."""
    report = checked(BLOCKED.format(network=network))
    assert words(report) == {"ready": word}
    assert size(report) == counts


def test_a_message_may_differ(checked: Checked) -> None:
    """Only what is declared fifo keeps its order."""
    text = TWO_MESSAGES.format(network="unordered").replace("A(n: 1..2)", "A(n: 1..2) fifo")
    assert size(checked(text)) == (3, 2)


def test_lossy(checked: Checked) -> None:
    """In flight, received, lost."""
    report = checked("""spec lossy_beat
        message Beat lossy
        role Client { start { send Beat to Server.1 } }
        role Server {
          var got: bool = false
          on Beat { got := true }
        }
        """)
    assert size(report) == (3, 2)


def test_equal_messages_are_counted(checked: Checked) -> None:
    """Two in flight, one, none: which of two equal ones arrives makes no difference."""
    report = checked("""spec equal
        message A
        role Client { start { send A to Server.1; send A to Server.1 } }
        role Server {
          var got: 0..2 = 0
          on A { got += 1 }
        }
        """)
    assert size(report) == (3, 2)


def test_any_handler_that_accepts(checked: Checked) -> None:
    """One message, two handlers, two outcomes; the third does not accept it."""
    report = checked("""spec handlers
        message A(n: 0..1)
        role Client { start { send A(1) to Server.1 } }
        role Server {
          var by: 0..3 = 0
          on A(n) { by := 1 }
          on A(n) when n == 1 { by := 2 }
          on A(n) when n == 0 { by := 3 }
        }
        reachable first { Server.1.by == 1 }
        reachable second { Server.1.by == 2 }
        reachable third { Server.1.by == 3 }
        """)
    assert words(report) == {"first": "reachable", "second": "reachable", "third": "unreachable"}
    assert size(report) == (3, 2)


def test_patterns(checked: Checked) -> None:
    """A known name must be equal, `_` fits everything; what fits nothing stays in flight."""
    report = checked("""spec patterns
        message Ack(op: 0..2, x: 0..1)
        role Client { start { for o in 0..2 { send Ack(o, 1) to Server.1 } } }
        role Server {
          var op: 0..2 = 0
          on Ack(op, _) when op < 2 { op += 1 }
        }
        invariant in_turn { true }
        reachable one { Server.1.op == 1 }
        """)
    # The answers to 0 and to 1 are taken, in this order; the answer to 2 never is.
    assert size(report) == (3, 2)


def test_senders(checked: Checked) -> None:
    """`from p in S` takes the messages of some senders."""
    report = checked("""spec senders
        message A
        role Client[3] { start { send A to Server.1 } }
        role Server {
          var got: set<Client> = {}
          on A from c in {Client.1, Client.3} { got += c }
        }
        reachable two { Client.2 in Server.1.got }
        """)
    assert words(report) == {"two": "unreachable"}
    assert size(report) == (4, 4)


def test_broadcast_and_reply(checked: Checked) -> None:
    """To each node of the set once, `self` too if it is in it; answers go to who asked."""
    report = checked("""spec asking
        message Ask
        message Answer
        role Node_[2] {
          var asked: 0..2 = 0
          var answered: set<Node_> = {}
          start { if self == Node_.1 { broadcast Ask to Node_ } }
          on Ask { asked += 1; reply Answer }
          on Answer from p { answered += p }
        }
        reachable all { Node_.1.answered == Node_ }
        invariant once { forall p in Node_: p.asked <= 1 }
        invariant to_who_asked { Node_.2.answered == {} }
        """)
    assert words(report) == {
        "all": "reachable", "once": "holds", "to_who_asked": "holds"
    }  # fmt: skip
    assert size(report) == (9, 12)  # for each of two nodes: asked, answering, answered


@pytest.mark.parametrize("network", ["unordered", "fifo", "synchronous"])
def test_another_role_hears_nothing(checked: Checked, network: str) -> None:
    """A handler of a message that is only sent to others is never run."""
    report = checked(f"""spec elsewhere
        network {network}
        message Ask
        message Answer
        role A {{
          var asked: bool = false
          action ask when not asked {{ asked := true; send Ask to B.1 }}
          on Answer {{ skip }}
        }}
        role B {{ on Ask {{ reply Answer }} }}
        role C {{
          var heard: bool = false
          on Answer {{ heard := true }}
        }}
        invariant deaf {{ not C.1.heard }}
        """)
    assert words(report) == {"deaf": "holds"}
    assert size(report) == ((2, 1) if network == "synchronous" else (4, 3))


def test_sent_to_who_does_not_handle_it(checked: Checked) -> None:
    """It stays in flight for ever; the one that handles it hears nothing."""
    report = checked("""spec misdirected
        message M
        role A { start { for n in Node { if n != C.1 { send M to n } } } }
        role B { }
        role C {
          var heard: bool = false
          on M { heard := true }
        }
        invariant deaf { not C.1.heard }
        """)
    assert words(report) == {"deaf": "holds"}
    assert size(report) == (1, 0)


@pytest.mark.parametrize("network", ["unordered", "fifo", "synchronous"])
def test_who_sent_it(checked: Checked, network: str) -> None:
    """Told of the second role as of the first."""
    report = checked(f"""spec from_whom
        network {network}
        message M
        role A {{
          var heard: option<B> = none
          on M from sender {{ heard := some(sender) }}
        }}
        role B[2] {{
          var sent: bool = false
          action go when self == B.2 and not sent {{ sent := true; send M to A.1 }}
        }}
        reachable told {{ A.1.heard == some(B.2) }}
        invariant none_else {{ A.1.heard != some(B.1) }}
        """)
    assert words(report) == {"told": "reachable", "none_else": "holds"}
    trace = report.result("told").trace
    assert trace is not None
    assert [trace.lanes[m.sender].name for m in trace.messages] == ["B.2"]


SYNCHRONOUS = """spec at_once
network synchronous
message A
role Client {
  var sent: bool = false
  action go when not sent { sent := true; send A to Server.1 }
}
role Server {
  var ready: bool = false
  var got: bool = false
  action get_ready when not ready { ready := true }
  on A when ready { got := true }
}
invariant one_step { Client.1.sent implies Server.1.got or not Server.1.up }
"""


def test_synchronous(checked: Checked) -> None:
    """Sent and handled in one step, and not sent before it can be handled."""
    report = checked(SYNCHRONOUS)
    assert words(report) == {"one_step": "holds"}
    assert size(report) == (3, 2)


NAMES = """spec names
message M(x: 0..3) synchronous
message L(n: 0..3)
role A {
  stable k: 0..1 = 0
  action go when k < 1 {
    let x_s1 = 2
    let to_1 = x_s1
    let same = to_1
    let reached_1 = same
    let self_s1 = reached_1
    k := 1
    send M(1) to B.1
    send L(x_s1) to B.1
    broadcast L(to_1) to B
    broadcast L(self_s1) to B
    send L(same) to B.1
  }
}
role B[2] {
  stable got: 0..3 = 0
  on M(x) { let x_s1 = 3; got := x + x_s1 - x_s1 }
  on L(n) { got := n }
}
invariant as_written { forall b in B: b.got in {0, 1, 2} }
reachable all_of_it { B.1.got == 2 and B.2.got == 2 }
"""


@pytest.mark.parametrize("faults", ["crash A at most 1", "duplicate; lose at most 1"])
def test_names_like_the_tools_own(checked: Checked, faults: str) -> None:
    """What users call a thing is not taken for what the network makes of messages."""
    assert words(checked(NAMES, faults)) == {"as_written": "holds", "all_of_it": "reachable"}


def test_synchronous_to_a_node_that_is_down(checked: Checked) -> None:
    """It is sent into nothing: nothing waits for a node that has stopped."""
    report = checked(SYNCHRONOUS, "crash Server at most 1")
    assert words(report) == {"one_step": "holds"}
    # Up: fresh, ready, sent. Down: not sent, sent. Each of the three can crash, and once sent into
    # nothing: 2 + 2 + 1 + 1.
    assert size(report) == (5, 6)


def test_synchronous_across_a_partition(checked: Checked) -> None:
    """The same where the receiver is cut off."""
    report = checked(SYNCHRONOUS, "partition {Client.1} | {Server.1} at most 1")
    # Whole: fresh, ready, sent. Cut: the same, not ready but sent, ready but sent into nothing.
    assert size(report) == (8, 9)
    assert words(report) == {"one_step": "violated"}


def test_a_synchronous_message_is_matched_with_what_its_receiver_has(checked: Checked) -> None:
    """The first server wants a 0, the second one a 1: 1 is sent to the second one only."""
    report = checked("""spec offers
network synchronous
message Offer(n: 0..1)
role Client { action offer(s in Server) { send Offer(1) to s } }
role Server[2] {
  var wanted: 0..1 = self.index
  var got: bool = false
  on Offer(wanted) { got := true }
}
reachable first { Server.1.got }
reachable second { Server.2.got }
""")
    assert words(report) == {"first": "unreachable", "second": "reachable"}
