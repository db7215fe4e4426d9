"""Whether all runs come to rest: what is decided without a graph is what the graph says."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import system_of
from test_liveness_c import assert_c_agrees, in_c

from dsmc.backends.c import whole
from dsmc.backends.c.cycles import fields, steps_to_rest
from dsmc.backends.codec import width
from dsmc.engine.outcome import Verdict
from dsmc.ir import types as t
from dsmc.ir.types import Type

_COLOUR = t.Enum("Colour", ("red", "green", "blue"))
_PAIR = t.Record("Pair", (("a", t.Int(0, 9)), ("of", t.Set(_COLOUR))))
_TYPES = st.recursive(
    st.sampled_from([t.Bool(), t.Int(-3, 200), t.Int(0, 1 << 45), _COLOUR, t.Set(_COLOUR), _PAIR]),
    lambda of: (
        of.map(t.Option)
        | of.map(lambda one: t.Map(_COLOUR, one))
        | of.map(lambda one: t.Seq(one, 3))
    ),
    max_leaves=4,
)


@given(_TYPES, st.integers(0, 200))
def test_fields_take_each_bit_once(of: Type, at: int) -> None:
    found = sorted(fields(of, at))
    assert [bit for begin, end in found for bit in range(begin, end)] == [
        *range(at, at + width(of))
    ]
    assert all(end - begin <= 32 and begin // 64 == (end - 1) // 64 for begin, end in found)


def decided_at_rest(text: str) -> list[bool]:
    """Of each property that was asked: was it decided without a graph? The verdicts are the reference's."""
    found: list[bool] = []

    def spied(*args: object, **how: object) -> int | None:
        steps = steps_to_rest(*args, **how)  # type: ignore[arg-type]
        found.append(steps is not None)
        return steps

    with mock.patch.object(whole, "steps_to_rest", spied):
        assert assert_c_agrees(system_of(text))
    return found


#: Three phones learn a rumour, each from itself or from others; nobody forgets it.
RUMOUR = """spec rumour
symbols P[3]
var knows: set<P> = {}
var told: map<P, 0..2> = [p: 0 for p in P]
FAIR action hear(p in P) when p not in knows { knows += p }
action tell(p in P) when p in knows and told[p] < 2 { told[p] += 1 }
"""
ALL = "eventually all_know { knows == P }\n"
SPREADS = "spreads: knows.len > 0 leads to knows == P\n"


@pytest.mark.parametrize(
    ("fair", "more", "at_rest"),
    [
        ("fair", ALL, True),
        ("fair", SPREADS, True),
        ("fair", "always eventually stays { knows == P }", True),
        ("fair", "eventually always known { knows == P }", True),
        ("strong fair", ALL, True),
        ("", ALL, False),
        ("", SPREADS, False),
        ("fair", ALL + "action forget(p in P) when p in knows { knows -= p }", False),
        # What begins to break it does not last.
        ("fair", "first: knows.len == 1 leads to knows == P", False),
        # Something comes back, but not while the property is broken.
        ("fair", ALL + "action again(p in P) when knows == P { told[p] := 0 }", True),
        # Each field comes back, but never together with the others.
        ("fair", ALL + "action swap(p in P) when told[p] == 2 { told[p] := 1 }", False),
        # It comes back in few of the states, and late.
        (
            "fair",
            ALL + "action undo when knows.len == 2 and (forall p in knows: told[p] == 2) "
            "{ knows := {}; told := [p: 0 for p in P] }",
            False,
        ),
    ],
)
def test_rumour(fair: str, more: str, at_rest: bool) -> None:
    assert decided_at_rest(RUMOUR.replace("FAIR", fair) + more) == [at_rest]


_VALUES = st.integers(0, 2)
_NAMES = st.sampled_from("abc")
_ACTIONS = st.tuples(
    st.sampled_from(["", "fair", "fair", "strong fair"]),
    st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=2),
    st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=2),
)


def _text(actions: list[tuple[str, dict[str, int], dict[str, int]]], limits: dict[str, int]) -> str:
    lines = [f"var {name}: 0..2" for name in "abc"]
    for n, (fair, when, then) in enumerate(actions):
        guard = " and ".join(f"{name} == {value}" for name, value in when.items())
        body = "; ".join(f"{name} := {value}" for name, value in then.items())
        lines.append(f"{fair} action do{n} when {guard} {{ {body} }}")
    goal = " and ".join(f"{name} >= {value}" for name, value in limits.items())
    asked = [
        f"eventually e {{ {goal} }}",
        f"always eventually ae {{ {goal} }}",
        f"eventually always ea {{ {goal} }}",
        f"leads: a > 0 leads to {goal}",
    ]
    return "\n".join(["spec steps", *lines, *asked])


@given(
    st.lists(_ACTIONS, min_size=1, max_size=7),
    st.dictionaries(_NAMES, st.integers(1, 2), min_size=1, max_size=2),
)
def test_random_steps(
    actions: list[tuple[str, dict[str, int], dict[str, int]]], limits: dict[str, int]
) -> None:
    assert_c_agrees(system_of(_text(actions, limits)))


def test_many_effects() -> None:
    """Where steps change a state in more ways than are remembered, the graph is built."""
    text = """spec wide
var a: 0..400
var b: 0..400
action both(x in 1..400) when a == 0 { a := x; b := 0 }
action other(x in 0..400) when a > 0 and b < x { b := x; a := (a * 7 + x) mod 400 + 1 }
eventually never { a == 0 and b == 1 }
"""
    system = system_of(text)
    fast = in_c(system, most=200_000)
    assert fast is not None
    assert {lived.verdict for lived in fast.found.values()} == {Verdict.VIOLATED}
