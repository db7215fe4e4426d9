"""A spec may call things as the tool calls its own: neither captures the other's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import words

from dsmc.ir.names import legible, numbered, own, shown, written
from dsmc.ir.system import System
from dsmc.session import Report, load

Checked = Callable[..., Report]

FIELD = """spec field
network {network}
message T(from: 0..3, to: 0..3)
role A {{ start {{ send T(1, 2) to B.1 }} }}
role B {{ var x: 0..3 = 0; var y: 0..3 = 0
 on T(from, to) {{ x := from; y := to }} }}
invariant one_step {{ B.1.x == 0 or (B.1.x == 1 and B.1.y == 2) }}
reachable both {{ B.1.x == 1 and B.1.y == 2 }}
"""


@pytest.mark.parametrize("network", ["unordered", "fifo", "synchronous"])
@pytest.mark.parametrize("faults", ["", "crash B at most 1", "partition heals at most 1"])
def test_fields_called_as_the_ends_of_a_message(
    checked: Checked, network: str, faults: str
) -> None:
    found = words(checked(FIELD.format(network=network), faults))
    assert found == {"one_step": "holds", "both": "reachable"}


LOCAL_UP = """spec local_up
role C { stable n: 0..3 = 0
  stable m: bool = false
  process { pick up in {true, false}
    n += 1
    m := up
    n += 1 } }
reachable without { C.1.n == 2 and not C.1.m }
reachable with_it { C.1.n == 2 and C.1.m }
"""


def test_a_local_name_up(checked: Checked) -> None:
    found = words(checked(LOCAL_UP, "restart C at most 0"))
    assert found == {"without": "reachable", "with_it": "reachable", "no_deadlock": "holds"}


CRASHING = """spec crashing
role A[2] { stable n: 0..9 = 0
  on crash { let node = 1; n := node + 1 } }
invariant both { forall a in A: a.up or a.n == 2 }
reachable down { A.1.n == 2 and A.2.n == 2 }
"""


def test_a_local_name_node(checked: Checked) -> None:
    found = words(checked(CRASHING, "outage A at most 1"))
    assert found == {"both": "holds", "down": "reachable"}


CUT = """spec cutting
message M
var cut: bool = false
role A { start { send M to B.1 } }
role B { var got: bool = false
 on M { got := true; cut := true } }
invariant told { B.1.got == cut }
eventually arrives { B.1.got }
"""


def test_a_variable_cut(checked: Checked) -> None:
    found = words(checked(CUT, "partition heals at most 1"))
    assert found == {"told": "holds", "arrives": "holds"}


QUORUM = """spec quorum
message V
role S[2] { start { send V to C.1 } }
role C { var quorum_V: 0..3 = 0
  on 2 of V from S { quorum_V += 1 } }
quiescent once { C.1.quorum_V == 1 }
"""


def test_a_variable_called_as_a_collection(checked: Checked) -> None:
    assert words(checked(QUORUM)) == {"once": "holds"}


ACTIONS = """spec actions
message M
var done: 0..2 = 0
role A { start { send M to B.1 } }
role B { action on_M when false { skip }; on M { skip } }
action lose_M when false { skip }
reachable mine by action B.on_M
reachable top by action lose_M
"""


def test_an_action_called_as_a_step_of_the_tool(checked: Checked) -> None:
    """It is asked whether the spec's own action is taken."""
    found = words(checked(ACTIONS, "lose at most 1"))
    assert found == {"mine": "unreachable", "top": "unreachable"}


LABELS = """spec labels
role R { var seen: bool = false
  process at { let back = 1 < 2; await true; seen := back; back: skip } }
reachable there { R.1.seen }
invariant only_then { not R.1.at(back) or R.1.seen }
"""


def test_a_process_at(checked: Checked) -> None:
    found = words(checked(LABELS))
    assert found == {"there": "reachable", "only_then": "holds", "no_deadlock": "holds"}


def test_a_variable_up_is_refused(spec: Callable[[str], Path]) -> None:
    """`p.up` could mean either."""
    from dsmc.diagnostics import Mistakes
    from dsmc.session import compile_job

    with pytest.raises(Mistakes) as found:
        compile_job(load(spec("spec s\nrole B { stable up: bool = true }\n"))[0])
    assert [problem.code for problem in found.value.diagnostics] == ["D202"]


def test_no_two_parts_of_a_system_are_called_alike(lowered: Callable[..., System]) -> None:
    """Nor is a name of the tool one that a spec can write."""
    system = lowered(QUORUM, "lose at most 1; lose V at most 1; crash C at most 1; crash C")
    names = [v.name for v in system.variables]
    assert len(set(names)) == len(names)
    assert len({a.name for a in system.actions}) == len(system.actions)
    assert [n for n in names if "~" not in n] == ["C.quorum_V"]


def test_names_for_people() -> None:
    twice = numbered("x", 2)
    assert (written(own("up")), written(twice), shown(twice)) == ("up", "x", "x~2")
    assert legible([f"A.{own('up')}", "A.up"]) == {"A.up": "A.up", "A.up~": "A.up~"}
