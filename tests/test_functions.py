"""Functions: those that look at the state mean what their expression would mean where they are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import words

from dsmc.diagnostics import Mistakes
from dsmc.session import Report, compile_job, load

SPEC = """
const N = 2
enum Mode { idle, busy }
var turn: 0..1 = 0
fun is_idle(r: R): bool = r.mode == idle
fun free(t: 0..1): bool = t == 0 and turn == t
fun idle_ones(): 0..N = count(r for r in R if is_idle(r))
role R[N] {
  var mode: Mode = idle
  var n: 0..3 = 0
  fun ready(): bool = mode == idle and twice() < 4
  fun twice(): 0..6 = 2 * n
  action go when %s { mode := busy; n += 1; turn := 1 }
  action back when mode == busy { mode := idle; turn := 0 }
}
invariant one_is_idle { %s }
invariant all_are_idle { idle_ones() == N }
transition one_at_a_time { %s }
"""
CALLED = ("ready() and free(turn) and is_idle(self)", "idle_ones() >= N - 1",
          "old(idle_ones()) != idle_ones() or (forall r in R: r.n == old(r.n))")  # fmt: skip
WRITTEN_OUT = (
    "mode == idle and 2 * n < 4 and turn == 0", "count(r for r in R if r.mode == idle) >= N - 1",
    "old(count(r for r in R if r.mode == idle)) != count(r for r in R if r.mode == idle)"
    " or (forall r in R: r.n == old(r.n))",
)  # fmt: skip


def test_a_call_is_as_its_expression_written_out(checked: Callable[..., Report]) -> None:
    called, written = checked(SPEC % CALLED), checked(SPEC % WRITTEN_OUT)
    assert words(called) == words(written) == {
        "one_is_idle": "holds", "all_are_idle": "violated", "one_at_a_time": "holds",
    }  # fmt: skip
    assert called.statistics.states == written.statistics.states == 21
    assert called.statistics.transitions == written.statistics.transitions


VAR = "var turn: 0..3 = 0\n"
ROLE = "role R[2] {\n  ghost z: bool = true\n  var y: bool = true\n  action a when %s { skip }\n}\n"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (VAR + "fun f(n: 0..3): bool = if n == 0 then turn == 0 else f(n - 1)", "D206", "f"),
        (VAR + "fun f(n: 0..3): bool = if n == 0 then turn == 0 else g(n - 1)\n"
         "fun g(n: 0..3): bool = if n == 0 then true else f(n - 1)", "D206", "f"),
        (VAR + "fun f(): bool = turn == 0\nlaw l(x in 0..3) { f() }", "D206", "turn"),
        (VAR + "fun f(): 0..3 = turn\nconst N: 0..3 = f()", "D206", "turn"),
        (ROLE % "f(R.1)" + "fun f(r: R): bool = r.y", "D501", "y"),
        (ROLE % "f(self)" + "fun f(r: R): bool = r.z", "D502", "z"),
    ],
)  # fmt: skip
def test_what_the_caller_may_not_see_it_may_not_see_through_a_function(
    text: str, code: str, place: str, spec: Callable[..., Path]
) -> None:
    (job,) = load(spec(text))
    with pytest.raises(Mistakes) as refused:
        compile_job(job)
    assert [(d.code, d.span.text) for d in refused.value.diagnostics] == [(code, place)]


def test_a_function_nobody_calls_is_checked(spec: Callable[..., Path]) -> None:
    with pytest.raises(Mistakes) as refused:
        compile_job(load(spec(VAR + "fun f(): bool = turn"))[0])
    assert [d.code for d in refused.value.diagnostics] == ["D301"]


def test_a_constant_number_has_no_other_values(checked: Callable[..., Report]) -> None:
    text = "const N: 0..100000 = 3\ninvariant few { {x for x in 0..N} subset 0..3 }"
    assert words(checked(text)) == {"few": "holds"}


def test_what_only_the_last_line_uses_is_there(checked: Callable[..., Report]) -> None:
    text = "role R[2] { process { skip } }\nfun same<T>(a: T, b: T): bool = a == b\n"
    report = checked(text + "final { same(1, 1) and forall r in R: r.up }")
    assert words(report) == {"no_deadlock": "holds"}


def test_a_name_of_a_function_is_not_one_of_the_procedure_that_calls_it(
    checked: Callable[..., Report],
) -> None:
    """Here both are `c`, and both were `c_2` where the procedure is called the second time."""
    report = checked("""
var n: map<0..1, 0..2>
action first when n[0] == 0 { put(0) }
action second when n[1] == 0 { put(1) }
proc put(c: 0..1) { n[c] := latest() + 1 }
fun latest(): 0..2 = max(n[c] for c in 0..1)
invariant different { n[0] == n[1] implies n[0] == 0 }
""")
    assert words(report) == {"different": "holds"}


NOTES = """
var y: 0..2 = 0
ghost seen: 0..2 = 0
ghost most: 0..2 = 0
proc note(a: 0..2) { if a > most { keep(a) } }
proc keep(a: 0..2) { most := a }
action up when y < 2 { y += 1; seen := y; note(seen) }
invariant noted { most == y }
"""


def test_a_procedure_that_changes_ghosts_only_is_given_ghosts(
    checked: Callable[..., Report], spec: Callable[..., Path]
) -> None:
    assert words(checked(NOTES)) == {"noted": "holds"}
    with pytest.raises(Mistakes) as refused:
        compile_job(load(spec(NOTES.replace("{ most := a }", "{ most := a; y := y }")))[0])
    assert {d.code for d in refused.value.diagnostics} == {"D502"}


OVERLOADED = """spec overloaded
fun h(a: 0..3): 0..9 = 1
fun h(a: bool): 0..9 = 2
fun h(a: set<bool>): 0..9 = h(true) + 1
var x: bool = true
invariant each { h(true) == 2 and h(x) == 2 and h(0) == 1 and h({x}) == 3 }
"""


def test_functions_of_one_name_without_type_parameters(checked: Callable[..., Report]) -> None:
    """The first parameter says which is meant."""
    assert words(checked(OVERLOADED)) == {"each": "holds"}
