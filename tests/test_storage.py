"""What a crash leaves of each class of variables, worked out by hand from the reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import size, words

from dsmc.graph import state_graph
from dsmc.session import Report, load

Checked = Callable[..., Report]

COUNTER = """spec counter
role P {{
  {storage} n: 0..2 = 1
  action up when n == 1 {{ n := 2 }}
}}
reachable lost {{ not P.1.up and P.1.n == 1 }}
reachable kept {{ not P.1.up and P.1.n == 2 }}
transition kept_in_a_crash {{ not P.1.up implies P.1.n == old(P.1.n) }}
"""


@pytest.mark.parametrize(
    ("storage", "counts", "kept"),
    [
        # Up with 1 or 2, down, up again with 1 or 2.
        ("volatile", (5, (1 + 2) + 1 + 1), False),
        ("var", (5, (1 + 2) + 1 + 1), False),
        ("stable", (6, (1 + 2) + 2 + 1), True),
        # Nothing is ever synced: the first value is what lasts.
        ("buffered", (5, (1 + 2) + 1 + 1), False),
        ("ghost", (6, (1 + 2) + 2 + 1), True),
    ],
)
def test_restart(checked: Checked, storage: str, counts: tuple[int, int], kept: bool) -> None:
    """Back to the first value, or kept."""
    text = COUNTER.format(storage=storage)
    if storage == "ghost":  # no guard may depend on it
        text = text.replace("role P {", "role P {\n  stable done: bool = false")
        text = text.replace("when n == 1 { n := 2 }", "when not done { done := true; n := 2 }")
    report = checked(text, "restart P at most 1 between steps")
    assert size(report) == counts
    found = words(report)
    assert found["lost"] == "reachable"
    assert found["kept"] == ("reachable" if kept else "unreachable")
    assert found["kept_in_a_crash"] == ("holds" if kept else "violated")


DISK = """spec disk
role P {
  buffered x: 0..2 = 0
  action write when x < 2 { x += 1 }
  action flush { sync x }
}
"""


def test_unsynced_writes_are_lost(checked: Checked) -> None:
    """Written and synced, each at most 2: six pairs; three that a crash leaves."""
    report = checked(DISK, "restart P at most 1 between steps")
    assert size(report) == (6 + 3 + 6, (3 + 6 + 6) + 3 + (3 + 6))


def test_sync_makes_it_last(checked: Checked) -> None:
    """What was synced is there, what was not is not."""
    report = checked(
        """spec synced
        role P {
          buffered x: 0..2 = 0
          buffered y: 0..2 = 0
          stable step: 0..3 = 0
          action one when step == 0 { x := 1; y := 1; step := 1 }
          action two when step == 1 { sync x; step := 2 }
          action three when step == 2 { x := 2; y := 2; sync; step := 3 }
        }
        invariant before { not P.1.up and P.1.step == 1 implies P.1.x == 0 and P.1.y == 0 }
        invariant one_of_two { not P.1.up and P.1.step == 2 implies P.1.x == 1 and P.1.y == 0 }
        invariant both { not P.1.up and P.1.step == 3 implies P.1.x == 2 and P.1.y == 2 }
        """,
        "restart P at most 1 between steps",
    )
    assert words(report) == {"before": "holds", "one_of_two": "holds", "both": "holds"}


def test_a_log_keeps_a_prefix(checked: Checked) -> None:
    """What was appended may have reached the disk in part, from its front."""
    left = {
        "nothing": "[]", "first": "[0]", "both": "[0, 1]", "second": "[1]"
    }  # fmt: skip
    text = """spec log
        role P {
          buffered log: seq<0..1, 2> = []
          action append when log.len < 2 { log += log.len; if log.len == SYNCED { sync log } }
        }
        """ + "\n".join(
        f"reachable {name} {{ not P.1.up and P.1.log == {value} }}" for name, value in left.items()
    )
    found = words(checked(text.replace("SYNCED", "0"), "crash P at most 1"))
    assert found == {
        "nothing": "reachable", "first": "reachable", "both": "reachable", "second": "unreachable"
    }  # fmt: skip
    text += "\nreachable lost { not P.1.up and P.1.log == [] and P.1.appended > 0 }"
    text = text.replace("action append", "ghost appended: 0..2 = 0\n  action append")
    text = text.replace("log += log.len;", "log += log.len; appended += 1;")
    found = words(checked(text.replace("SYNCED", "1"), "crash P at most 1 between steps"))
    assert found["lost"] == "unreachable"
    assert found["first"] == found["both"] == "reachable"


def test_a_rewritten_log_is_all_or_nothing(checked: Checked) -> None:
    """Of a sequence that does not contain what was synced, only that is left."""
    report = checked(
        """spec rewritten
        role P {
          buffered log: seq<0..2, 2> = [0]
          stable step: 0..1 = 0
          action rewrite when step == 0 { log := [1, 2]; step := 1 }
        }
        invariant first_value { not P.1.up implies P.1.log == [0] }
        """,
        "crash P at most 1",
    )
    assert words(report) == {"first_value": "holds"}


def test_sync_is_nothing_where_nothing_crashes(checked: Checked) -> None:
    """Without crashes there is one state for each value."""
    assert size(checked(DISK)) == (3, 2 + 3)


def test_a_top_level_variable_survives(checked: Checked) -> None:
    """What all nodes share is no node's to lose."""
    report = checked(
        """spec shared
        var x: 0..1 = 0
        role P { action set_ when x == 0 { x := 1 } }
        invariant kept { true }
        reachable down_and_set { not P.1.up and x == 1 }
        """,
        "crash P at most 1",
    )
    assert words(report)["down_and_set"] == "reachable"
    assert size(report) == (4, 3)


WATCHED = """spec watched
{ghost}
var lamp: bool = false
var left: 0..2 = 2
action toggle when left > 0 {{ lamp := not lamp; left -= 1 {count} }}
action spend when left > 0 {{ left -= 1 }}
"""


def plain_states(path: Path) -> set[tuple[object, ...]]:
    """The values of everything but the ghost."""
    (job,) = load(path)
    graph = state_graph(job)
    assert graph.graph["complete"]
    return {(values["lamp"], values["left"]) for _, values in graph.nodes(data="values")}


def test_ghosts_only_watch(checked: Checked, spec: Callable[..., Path]) -> None:
    """With a ghost and without there are the same states of everything else."""
    with_ghost = WATCHED.format(ghost="ghost toggles: 0..2 = 0", count="; toggles += 1")
    without = WATCHED.format(ghost="", count="")
    # 2 left; 1 left, on or off; none left, on or off. The ghost tells 0 toggles from 2.
    assert size(checked(without))[0] == 1 + 2 + 2
    assert size(checked(with_ghost))[0] == 1 + 2 + 3
    assert plain_states(spec(with_ghost, "a.dsm")) == plain_states(spec(without, "b.dsm"))


def test_a_ghost_that_says_nothing_new(checked: Checked) -> None:
    """A ghost that the rest determines adds no states."""
    text = WATCHED.format(ghost="ghost left_: 0..2 = 2", count="; left_ := left")
    text = text.replace("{ left -= 1 }", "{ left -= 1; left_ := left }")
    assert size(checked(text)) == size(checked(WATCHED.format(ghost="", count="")))
