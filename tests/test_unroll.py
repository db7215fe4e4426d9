"""Actions that are written out for their first parameters: the same steps, in the same order."""

from __future__ import annotations

import agreement
import pytest
from test_agreement import system_of

from dsmc.backends.unroll import instances
from dsmc.ir.system import Action, System


def action_of(system: System, name: str) -> Action:
    return next(action for action in system.actions if action.name == name)


def written(text: str) -> list[int]:
    """For each action that is written out: how many parameters are left."""
    action = action_of(system_of(f"spec s\n{text}"), "a")
    return [len(one.params) for one in instances(action)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("var x: 0..9 = 0\naction a(p in 1..3) { x := p }", [0, 0, 0]),
        ("var x: 0..9 = 0\naction a(p in {7, 2}) { x := p }", [0, 0]),
        ("var x: 0..9 = 0\naction a(p in 1..2, q in 0..x) { x := q }", [1, 1]),
        ("var x: 0..9 = 0\naction a(p in 0..x, q in 1..2) { x := q }", [2]),
        ("var x: 0..9 = 0\naction a(p in 0..9, q in 0..9) { x := q }", [1] * 10),
        ("var x: 0..9 = 0\naction a(p in 1..2, q in 1..2 where p != q) { x := q }", [0, 0]),
        ("var x: 0..9 = 0\naction a(p in 1..2 where p != x, q in 0..x) { x := q }", [2]),
        ("var x: 0..9 = 0\naction a(p in 1..2 where p == 2, q in 0..x) { x := q }", [1]),
        ("var x: 0..9 = 0\naction a(p in 0..99) { x := p mod 10 }", [1]),
    ],
)
def test_what_is_written_out(text: str, left: list[int]) -> None:
    assert written(text) == left


SPEC = """spec order
symbols C[2]
var seen: set<0..9> = {}
var last: 0..9 = 0
var of: map<C, 0..9> = [c: 0 for c in C]
action both(p in {4, 1, 3}, c in C, q in 0..last) when p != q { last := p; of[c] := q }
action late(p in 1..3 where p > 1, q in seen where q < p) { last := q }
action add(p in 2..4) when last == 1 { seen := seen union {p} }
# no value where the first is 2: that is said, and not where it is left out
action fails(p in {1, 2} where p != 2, q in 0..9 div (2 - p)) when last == 3 and q == 8 { last := 9 }
invariant few { last < 9 }
reachable two { of[C.1] == 3 and of[C.2] == 1 }
"""


def test_same_order() -> None:
    """The counterexample is the same, so the order of the steps is."""
    system = system_of(SPEC)
    agreement.assert_agree(system, limit=20_000)
    agreement.assert_c_agrees(system, most=20_000)
