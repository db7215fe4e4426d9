"""Which names are interchangeable, and that they are: every permutation is an automorphism."""

from __future__ import annotations

import automorphisms
import pytest
import random_specs
import random_systems
from conftest import MODELS
from hypothesis import given
from test_agreement import small_jobs, system_of

from dsmc.frozen import replace
from dsmc.ir import types as t
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.permute import generators, permuted
from dsmc.reduce.symmetry import symmetry
from dsmc.session import compile_job, load

#: Larger systems are not looked at state by state.
SMALL = 400

S = t.Symbols("S", 3)
A, B = t.Role("A", 2), t.Role("B", 2, 2)
NODES = t.NodeId((A, B))
SWAPPED = {S: (1, 0, 2), B: (1, 0)}


def system(model: str, name: str) -> System:
    path = next(path for path in MODELS if path.stem == model)
    return compile_job(next(job for job in load(path) if job.name == name))


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("type", "value", "renamed"),
    [
        (S, 0, 1),
        (A, 0, 0),
        (NODES, 1, 1),
        (NODES, 2, 3),
        (t.Int(0, 2), 0, 0),
        (t.Option(S), (1, 1), (1, 0)),
        (t.Option(S), (0,), (0,)),
        (t.Set(S), frozenset({0, 2}), frozenset({1, 2})),
        (t.Map(S, t.BOOL), (True, False, False), (False, True, False)),
        (t.Map(S, S), (0, 0, 2), (1, 1, 2)),
        (t.Map(NODES, t.BOOL), (True, False, True, False), (True, False, False, True)),
        (t.Map(t.Tuple((S, t.BOOL)), t.BOOL), (True, *[False] * 5), (False, False, True, *[False] * 3)),
        (t.Seq(S), (2, 1, 0), (2, 0, 1)),
        (t.Bag(S), (0, 1, 1), (0, 0, 1)),
    ],
)  # fmt: skip
def test_renamed_values(type: t.Type, value: object, renamed: object) -> None:
    assert permuted(type, value, SWAPPED) == renamed


def test_generators() -> None:
    """An exchange and a rotation; of two values only the exchange, of one nothing."""
    assert list(generators(S)) == [{S: (1, 0, 2)}, {S: (1, 2, 0)}]
    assert list(generators(A)) == [{A: (1, 0)}]
    assert list(generators(t.Role("C", 1))) == []


# ---------------------------------------------------------------- what is symmetric

EXPECTED = {
    ("two_phase", "three"): ("RM",),
    ("tcommit", "three"): ("RM",),
    ("alternating_bit", "queues_of_two"): ("Data",),
    ("causal_broadcast", "corrected"): ("Peer",),
    ("fifo_broadcast", "corrected_loss"): ("Receiver",),
    ("forgetful_commit", "restart"): ("Participant",),
    ("quorum_store", "write_back_elsewhere"): ("Reader", "Replica"),
    ("transfers", "locks_in_order"): ("Teller",),
    ("two_phase_commit", "fenced_restart"): ("Participant",),
    ("chang_roberts", "three"): (),  # integers are no names
    ("ewd840", "three"): (),
    ("saga", "durable_restart"): (),
}


@pytest.mark.parametrize(("model", "job"), EXPECTED)
def test_symmetric_types(model: str, job: str) -> None:
    found = symmetry(system(model, job))
    assert tuple(of.name for of in found.types) == EXPECTED[model, job]
    assert found.reasons == ()


REASONS = {
    (
        "causal_broadcast",
        "keeps_copies",
    ): "the order of a `for` over its values may matter, line 45",
    ("partition_handler", "bridge"): "`{(Replica.1, Replica.3), (Replica.3, Replica.1)}` is named",
    ("partition_handler", "quorum"): "`Replica.1` is named",
    ("transfers", "deadlock"): "`Teller.2` is named, line 31",
    ("hlc_database", "corrected"): "its values are numbered, line 39",
}


@pytest.mark.parametrize(("model", "job"), REASONS)
def test_reasons(model: str, job: str) -> None:
    found = symmetry(system(model, job))
    assert found.types == ()
    told = [f"{r.text}, line {r.span.line}" for r in found.reasons]
    assert any(text.startswith(REASONS[model, job]) for text in told), told


def alone(text: str) -> tuple[tuple[str, ...], list[str]]:
    """The symmetric types, and the reasons, of a spec with `symbols S[3]`."""
    found = symmetry(system_of(f"spec s\nsymbols S[3]\n{text}\n"))
    return tuple(of.name for of in found.types), [r.text for r in found.reasons]


SYMMETRIC = (
    "var x: S in S",
    "var m: map<S, 0..3>\naction a { for s in S { m[s] := m[s] + 1 } }",
    "var m: set<S>\nvar n: 0..3\naction a { for s in S { m += s; n += 1 } }",
    "var m: map<S, set<S>>\naction a(q in S) { for s in S { m[s] += q } }",
    "var m: map<S, set<S>>\naction a(q in S) { for s in S { m[q] += s } }",
    "var m: map<S, option<S>>\naction a when exists s in S: m[s] != none and m[s]? == s { skip }",
    "var m: map<S, option<S>>\ninvariant i { forall s in S: m[s]? == s }",
    "var m: map<S, bool>\naction a { for s in S { require m[s] } }",
    "var m: set<S>\naction a { m := {the s in m: true} }",
    "var m: seq<S, 3> = []\naction a(s in S) { for q in m { m += s } }",
    "var m: set<S>\naction a { for s in S { either { m += s } or { skip } } }",
)


@pytest.mark.parametrize("text", SYMMETRIC)
def test_symmetric(text: str) -> None:
    assert alone(text) == (("S",), [])


ORDER = "the order of a `for` over its values may matter"
EARLY = "ends early, perhaps before what has no value"
NOT_SYMMETRIC = {
    "var x: S": "`x` begins with the first value of its type",
    "var x: S in S\naction a { x := S.1 }": "`S.1` is named",
    "var x: S in S\ninvariant i { x != S.1 }": "`S.1` is named",
    "var m: set<S>\naction a { m := {choose s in S: true} }": "`choose` takes its values in order",
    "var m: seq<S, 3> = []\naction a { m := seq(s for s in S) }": "`seq` takes its values in order",
    "var x: S in S\naction a { for s in S { x := s } }": ORDER,
    "var m: seq<S, 3> = []\naction a { for s in S { m += s } }": ORDER,
    "var m: map<S, bool>\naction a { for s in S { m[s] := exists q in S: m[q] } }": ORDER,
    "var m: map<S, bool>\nvar n: 0..3\naction a { for s in S { m[s] := n > 1; n += 1 } }": ORDER,
    "var n: -1..1 = 0\nvar m: set<S>\naction a { for s in S { if s in m { n += 1 } else { n -= 1 } } }":
        ORDER,
    "var m: map<S, option<S>>\naction a { for s in S { require m[s]? == s } }": ORDER,
    "var m: map<S, option<S>>\naction a when exists s in S: m[s]? == s { skip }": f"`exists` {EARLY}",
    "var m: map<S, option<S>>\naction a when forall s in S: m[s]? == s { skip }": f"`forall` {EARLY}",
    "var m: map<S, option<S>>\ninvariant i { not forall s in S: m[s]? == s }": f"`forall` {EARLY}",
    "var m: set<S>\naction a { for s in S { if s in m { return } } }": ORDER,
}  # fmt: skip


@pytest.mark.parametrize("text", NOT_SYMMETRIC)
def test_not_symmetric(text: str) -> None:
    types, reasons = alone(text)
    assert types == ()
    assert NOT_SYMMETRIC[text] in reasons


def test_only_what_is_asked_for() -> None:
    """A property that names a node counts only if it is asked for."""
    whole = system_of("spec s\nsymbols S[3]\nvar x: S in S\ninvariant i { x != S.1 }\n")
    asked = replace(whole, properties=tuple(p for p in whole.properties if p.name != "i"))
    assert (symmetry(whole).types, symmetry(asked).types) == ((), (t.Symbols("S", 3),))


# ---------------------------------------------------------------- they are automorphisms


@pytest.mark.parametrize("job", small_jobs(SMALL))
def test_models(job: Job) -> None:
    automorphisms.assert_symmetric(compile_job(job), SMALL)


@pytest.mark.parametrize("text", SYMMETRIC)
def test_small(text: str) -> None:
    automorphisms.assert_symmetric(system_of(f"spec s\nsymbols S[3]\n{text}\n"), SMALL)


test_random = random_systems.test_of(
    lambda one: automorphisms.assert_symmetric(one, SMALL), random_systems.with_names()
)


@given(random_specs.specs())
def test_random_systems(text: str) -> None:
    """They have no names: nothing is said to be symmetric."""
    assert symmetry(system_of(text)).types == ()
