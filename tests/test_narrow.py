"""Parameters that are not tried out: the same steps and the same errors as if they were."""

from __future__ import annotations

import agreement
import pytest
from conftest import unless_too_large
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import system_of

from dsmc.backends.narrow import staged
from dsmc.ir.print import expr
from dsmc.ir.system import System

HEADER = """spec narrow
var x: 0..9 = 0
var y: 0..9 = 3
var z: option<0..9> = none
fun after(n: 0..20): 0..20 = (n + 1) mod 20
action free(n in {0, 4, 9}) { y := n; z := if n == 4 then none else some(n) }
"""

TERMS = ("p", "q", "r", "x", "y", "p + 1", "q - p", "x + y", "9 - q", "r + p - x", "2", "after(x)")
COMPARED = st.builds(
    " ".join, st.tuples(st.sampled_from(TERMS), st.sampled_from(("==", "<", "<=", ">", ">=", "!=")),
                        st.sampled_from(TERMS)),
)  # fmt: skip
#: Some have no value for some choices: before them nothing may be tested that stands behind.
OTHERS = st.sampled_from(
    ("z != none", "z? == p", "(z != none and z? <= q)", "10 div p > 1", "x != y", "p in {x, y}")
)
GUARDS = st.lists(st.one_of(COMPARED, OTHERS), min_size=1, max_size=4).map(" and ".join)
DOMAINS = st.sampled_from(("0..9", "x..9", "0..y", "{1, 2, 3}", "{1, 5}", "0..14", "-3..7"))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A system with an action whose parameters are compared, and a pick that is."""
    p, q, r = draw(DOMAINS), draw(DOMAINS), draw(DOMAINS)
    chosen = f"pick v in {draw(DOMAINS)} where {draw(GUARDS)}; x := min(9, max(0, v - 1))"
    return (
        f"{HEADER}action all(p in {p}, q in {q}, r in {r}) when {draw(GUARDS)} "
        f"{{ x := (p + q + r) mod 10; {chosen} }}\n"
    )


@given(texts())
def test_random_guards(text: str) -> None:
    system = system_of(text)
    with unless_too_large():
        agreement.assert_agree(system, limit=300)
        agreement.assert_c_agrees(system, most=300)


OTHER_TYPES = """spec kinds
symbols C[3]
record Pair { a: 0..9, b: C }
var c: C in C
var p: Pair = Pair(3, C.1)
var q: option<Pair> = none
action move(n in 0..9) when n == p.a + 1 { p.a := n }
action turn(d in C, e in C) when e == d and d == c { pick f in C where f != e; p.b := f; c := e }
action keep(r in Pair) when r == p { q := some(r) }
action back(r in Pair) when q == some(r) and r.a < 5 { p := r }
"""


def test_other_types() -> None:
    """A symbol or a record that is equal to something is that."""
    system = system_of(OTHER_TYPES)
    agreement.assert_agree(system)
    agreement.assert_c_agrees(system)
    assert ranges(system, "turn") == ["[c]", "[d]"]
    assert ranges(system, "keep") == ["[p]"]


def ranges(system: System, name: str) -> list[str]:
    """What is gone through for the parameters of an action, where it is not the whole domain."""
    action = next(a for a in system.actions if a.name == name)
    found = zip(action.params, staged(action, system).action.params, strict=True)
    return ["" if p.domain == now.domain else expr(now.domain) for p, now in found]


@pytest.mark.parametrize(
    ("guard", "found"),
    [
        ("p == x", ["max(0, x)..min(99, x)", ""]),
        (
            "p == q and q == x + 1",
            ["max(0, x + 1)..min(99, x + 1)", "max(max(0, p), x + 1)..min(min(99, p), x + 1)"],
        ),
        ("q < p and p <= y", ["0..min(99, y)", "0..min(99, p - 1)"]),
        ("10 div y > 1 and p == x", ["", ""]),
        ("z? == p", ["", ""]),
        ("z != none and z? == p", ["max(0, z?)..min(99, z?)", ""]),
    ],
)
def test_ranges_end_where_the_guard_says(guard: str, found: list[str]) -> None:
    text = f"{HEADER}action all(p in 0..99, q in 0..99) when {guard} {{ x := 1 }}\n"
    assert ranges(system_of(text), "all") == found


def test_ten_thousand_million_choices() -> None:
    """Each state of a thousand has one step, and a thousand million choices of parameters."""
    system = system_of(
        "spec wide\nvar x: 0..1000 = 0\n"
        "action go(p in 0..1000, q in 0..1000, r in 0..1000)"
        " when p == q and q == x + 1 and r == p + q - x - 2 { x := p }\n"
        "invariant i { x <= 1000 }\n"
    )
    assert agreement.assert_c_agrees(system).statistics.states == 1001
