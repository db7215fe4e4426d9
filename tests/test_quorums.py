"""Handlers that wait for many: the counts and verdicts are worked out by hand from the reference."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import size, words

from dsmc.session import Report

Checked = Callable[..., Report]

VOTES = """spec votes
message Vote(yes: bool)
role Voter[3] {{ start {{ send Vote(self != Voter.3) to Counter.1 }} }}
role Counter {{
  var rounds: 0..3 = 0
  var agreed: 0..3 = 0
  {handler}
}}
reachable counted {{ Counter.1.rounds > 0 }}
reachable twice {{ Counter.1.rounds > 1 }}
reachable two_yes {{ Counter.1.agreed == 2 }}
reachable one_yes {{ Counter.1.agreed == 1 }}
"""
COUNT = "rounds += 1; agreed := count(v for v in votes if v)"


def votes(handler: str) -> str:
    return VOTES.format(handler=handler)


def test_a_majority(checked: Checked) -> None:
    """Two of three; the third is collected for a next time that never comes."""
    report = checked(votes(f"on quorum of Vote(yes) from Voter as votes {{ {COUNT} }}"))
    assert words(report) == {
        "counted": "reachable", "twice": "unreachable", "two_yes": "reachable",
        "one_yes": "reachable",
    }  # fmt: skip
    # Nobody, one of 3, two of 3 (which have been counted), and then the third.
    assert size(report) == (1 + 3 + 3 + 3, 3 + 6 + 3)


@pytest.mark.parametrize(("number", "rounds"), [(1, 3), (2, 1), (3, 1)])
def test_so_many(checked: Checked, number: int, rounds: int) -> None:
    """What was collected is forgotten when the handler runs: three votes are one round of three,
    one of two, three of one."""
    report = checked(
        votes(f"on {number} of Vote(yes) from Voter as votes {{ {COUNT} }}")
        + f"quiescent rounds {{ Counter.1.rounds == {rounds} }}\n"
    )
    assert words(report)["rounds"] == "holds"


def test_different_senders(checked: Checked) -> None:
    """Two messages of one node are one voice; the second stays in flight."""
    report = checked("""spec voices
        message Vote
        role Voter[2] {
          start { if self == Voter.1 { send Vote to Counter.1; send Vote to Counter.1 } }
        }
        role Counter {
          var done: bool = false
          on 2 of Vote from Voter { done := true }
        }
        reachable done { Counter.1.done }
        """)
    assert words(report) == {"done": "unreachable"}
    assert size(report) == (2, 1)


def test_a_duplicate_is_no_voice(checked: Checked) -> None:
    """A copy of a vote makes no majority."""
    text = """spec copies
        message Vote
        role Voter[3] { start { if self == Voter.1 { send Vote to Counter.1 } } }
        role Counter {
          var done: bool = false
          on quorum of Vote from Voter { done := true }
        }
        reachable done { Counter.1.done }
        """
    assert words(checked(text, "duplicate at most 2"))["done"] == "unreachable"
    both = text.replace("self == Voter.1", "self != Voter.3")
    assert words(checked(both, "duplicate at most 1"))["done"] == "reachable"


def test_a_guard_over_what_was_collected(checked: Checked) -> None:
    """It runs when there are enough and the guard accepts them: here with the one who said no."""
    report = checked(
        votes(
            "on 2 of Vote(yes) from Voter as votes when exists v in votes: not v "
            "{ rounds += 1; agreed := count(v for v in votes if v) }"
        )
        + "invariant with_a_no { Counter.1.rounds > 0 implies Counter.1.agreed < 3 }\n"
        + "quiescent done { Counter.1.rounds == 1 }\n"
    )
    found = words(report)
    assert found["with_a_no"] == found["done"] == "holds"
    assert found["two_yes"] == "reachable"  # all three, the last of them said no
    assert found["one_yes"] == "reachable"


def test_a_guard_that_becomes_true_later(checked: Checked) -> None:
    """A full quorum waits for its guard."""
    report = checked(
        votes(
            "var ready: bool = false\n"
            "  timeout get_ready when not ready { ready := true }\n"
            f"  on 3 of Vote(yes) from Voter as votes when ready {{ {COUNT} }}"
        )
        + "invariant ready_first { Counter.1.rounds > 0 implies Counter.1.ready }\n"
        + "quiescent done { Counter.1.rounds == 1 and Counter.1.agreed == 2 }\n"
    )
    assert words(report)["ready_first"] == words(report)["done"] == "holds"


def test_senders_as_what_is_bound(checked: Checked) -> None:
    """Where the pattern binds nothing, `as` names the senders."""
    report = checked("""spec senders
        message Vote
        role Voter[3] { start { send Vote to Counter.1 } }
        role Counter {
          var who: set<Voter> = {}
          on 2 of Vote from Voter as voters { who := {v for v in voters} }
        }
        invariant two_of_them { Counter.1.who.len in {0, 2} }
        reachable first_and_third { Counter.1.who == {Voter.1, Voter.3} }
        """)
    assert words(report) == {"two_of_them": "holds", "first_and_third": "reachable"}


def test_a_crash_forgets(checked: Checked) -> None:
    """Who comes back has heard nobody, so one vote before and one after are none of two."""
    text = votes(f"stable back: bool = false\n  on restart {{ back := true }}\n"
                 f"  on quorum of Vote(yes) from Voter as votes {{ {COUNT} }}")  # fmt: skip
    text = text.replace("Voter[3]", "Voter[2]").replace("Voter.3", "Voter.1")
    report = checked(
        text + "quiescent counted_or_back { Counter.1.rounds == 1 or Counter.1.back }\n"
        "quiescent always_counted { Counter.1.rounds == 1 }\n",
        "restart Counter at most 1 between steps",
    )
    assert words(report)["counted_or_back"] == "holds"
    assert words(report)["always_counted"] == "violated"


def test_receive_in_a_process(checked: Checked) -> None:
    """The same in sequential code."""
    report = checked(
        votes(
            "process { receive quorum of Vote(yes) from Voter as votes { atomic { "
            f"{COUNT} }} }} }}"
        )
        + "quiescent done { Counter.1.rounds == 1 }\n"
    )
    found = words(report)
    assert found["done"] == found["no_deadlock"] == "holds"
    assert found["two_yes"] == found["one_yes"] == "reachable"
    assert found["twice"] == "unreachable"


@pytest.mark.parametrize(
    ("of", "least"),
    [("{1, 2, 3}", 2), ("{1, 2, 3, 4}", 3), ("1..5", 3), ("Voter", 2), ("{1}", 1)],
)
def test_majority(checked: Checked, of: str, least: int) -> None:
    """The least number that is more than half, of any set."""
    report = checked(f"spec most\nrole Voter[3] {{}}\nlaw half() {{ majority({of}) == {least} }}\n")
    assert words(report) == {"half": "holds"}
    assert words(
        checked(f"spec most\nrole Voter[3] {{}}\nlaw half() {{ majority({of}) != {least} }}\n")
    ) == {"half": "violated"}


def test_majority_of_a_literal_set_in_a_step(checked: Checked) -> None:
    """Where nothing is constant but the set."""
    report = checked("""spec step
        var n: 0..3 = 0
        action up when n < majority({1, 2, 3}) { n += 1 }
        reachable two { n == 2 }
        reachable three { n == 3 }
        """)
    assert words(report) == {"two": "reachable", "three": "unreachable"}
