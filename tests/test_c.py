"""The C back end agrees with the reference: on every model, and on random systems."""

from __future__ import annotations

import agreement
import pytest
import random_systems
from conftest import MODELS
from test_agreement import system_of

from dsmc.project import Job
from dsmc.session import compile_job, load

#: Larger models take the reference too long to be compared in every run.
LARGE = 20_000


def jobs() -> list[object]:
    """The models that are not large, as far as they say how large they are."""
    found = []
    for path in MODELS:
        for job in load(path):
            counts = [e.number for e in job.expectations if getattr(e, "what", "") == "states"]
            if counts and counts[0] <= LARGE:
                found.append(pytest.param(job, id=f"{path.stem}-{job.name}"))
    return found


@pytest.mark.parametrize("job", jobs())
def test_models(job: Job) -> None:
    """Counts, verdicts and runs, to the end and only until all is decided."""
    system = compile_job(job)
    agreement.assert_c_agrees(system, to_the_end=True)
    agreement.assert_c_agrees(system, to_the_end=False)


#: What is easily done wrong in C.
HARD = {
    "the content of `none`": """symbols S[3]
var x: S in S
reachable same { x == none? }
action lose { x := none? }
""",
    "a function without a value": """var x: 0..9 = 0
fun half(n: 0..9): 0..4 = n div (n mod 2)
action up when x < 9 { x := x + 1 }
action down when half(x) > 1 { x := 0 }
action other when x > 5 { x := half(x) + half(x - 1) }
""",
    "functions that call themselves": """var x: 0..20 = 0
fun sum(n: 0..20): 0..210 = if n == 0 then 0 else n + sum(n - 1)
fun deep(n: 0..2000): 0..2000 = if n == 0 then 0 else deep(n - 1)
action up when sum(x) < 100 { x := x + 1 }
action fall when x == 3 and deep(1500) == 0 { x := 0 }
invariant small { sum(x) <= 50 }
""",
    "an assertion that another property only tries out": """var x: 0..3 = 0
action a when x < 3 { assert x < 2
  x := x + 1 }
reachable fired by action a
reachable never { x > 3 }
""",
    "sets and maps wider than a word": """var s: set<0..99> = {}
var m: map<0..40, 0..3> = [k: 0 for k in 0..40]
action add(i in {3, 64, 99}) when i not in s { s += i
  m[i mod 41] := s.len }
action drop when s.len == 3 { s := s minus {64} }
action fill when 99 in s { m := [k: if k in s then 1 else m[k] for k in 0..40] }
invariant members { s subset {3, 64, 99} and (exists k in 0..40: m[k] == 2) implies s.len > 0 }
invariant same { m == [k: m[k] for k in 0..40] }
""",
    "wide records in bags and sequences": """record R { a: set<0..69>, b: 0..3 }
var q: seq<R> = []
var b: bag<R>
action give(i in {0, 69}) when b.len < 2 { b := b.add(R(a: {i}, b: 1))
  q := q + [R(a: {i, 3}, b: 2)] }
action take(r in b) { b := b.remove(r)
  q := q[1..q.len - 1] }
invariant known { forall r in b: r.b == 1 and R(a: r.a union {3}, b: 2) in q }
""",
    "subsets, choices in loops and in choices": """var s: set<0..3> = {}
var n: 0..12 = 0
action go(t in subsets({0, 2, 3})) when n == 0 {
  for i in t { pick j in 0..1 where j <= i
    either { n := n + j } or { require i != 2
      s += i } }
  s := s union t
}
action back when n > 0 { n := 0 }
no deadlock
""",
    "a word whose bits are all 1": """type I = 0..63
var b: map<I, bool> = [i: false for i in I]
action fill { b := [i: true for i in I] }
invariant not_all { exists i in I: not b[i] }
""",
    "a handler that a crash cuts, whose sender may be down": """network fifo
message M(v: 0..1)
message N(v: 0..1)
role A[2] {
  on M(v) from s { skip }
  on N(v) from s { skip }
}
role B[1] {
  on M(v) from s { skip }
  on N(v) from s { send M(0) to A.1
    reply M(0) }
}
faults { crash B at most 1 }
""",
    "negative numbers": """var x: -7..7 = -7
var y: -3..3 = 0
action up when x < 7 { x := x + 1
  y := (x div -3) mod 4 - 1 }
action down when x mod 3 == 2 { x := max(-7, x - 5)
  y := min(y, x div 4) }
invariant small { y * x <= 14 and -x <= 7 }
""",
}


@pytest.mark.parametrize("name", HARD)
def test_hard(name: str) -> None:
    system = system_of(f"spec hard\n{HARD[name]}")
    found = agreement.assert_c_agrees(system)
    assert found.statistics.states > 1


test_random = random_systems.test_of(
    lambda system: agreement.assert_c_agrees(system, most=2_000), random_systems.all_kinds()
)
