"""Slices: what a property does not depend on is left out, and the answer is the same."""

from __future__ import annotations

import automorphisms
import pytest
import random_systems
from agreement import by_reference
from test_agreement import small_jobs, system_of

from dsmc.backends.python.machine import PythonMachine
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.slice import sliced, slices
from dsmc.session import compile_job

SMALL = 400


def assert_same_answers(system: System, limit: int = SMALL) -> bool:
    """Every property is decided in as many steps by its slice; whether anything was left out."""
    automorphisms.reachable(PythonMachine(system), limit)
    whole = by_reference(system)
    for part in slices(system):
        found = by_reference(part.system)
        assert found.states <= whole.states
        for prop in part.system.properties:
            assert found.decided.get(prop.name) == whole.decided.get(prop.name), prop.name
    return any(part.left_out for part in slices(system))


LEFT_OUT = {
    # nothing depends on it
    "var y: 0..1\naction b { y := 1 - 1 }\ninvariant i { x == 0 }": ("y",),
    # a guard of what matters looks at it
    "var y: 0..1\naction b { y := 1 - 1 }\naction c when y == 1 { x := 1 }\ninvariant i { x == 0 }": (),
    # it may leave its range
    "var y: 0..1\naction b { y += 1 }\ninvariant i { x == 0 }": (),
    # what may leave its range looks at it
    "var y: 0..1\nvar z: 0..1\naction b { z := 1 - 1 }\naction c { y := 1 div z }\ninvariant i { x == 0 }":
        (),
    # a step that changes nothing else violates a property of steps
    "var y: 0..1\naction b when y == 0 { y := 1 }\ntransition t { x != old(x) }": (),
    # it is asked whether the system rests
    "var y: 0..1\nfair action b { y := 1 - y }\nquiescent q { x == 1 }": (),
    # the bound
    "var y: 0..1\naction b { y := 1 - 1 }\nexplore while y == 0\ninvariant i { x == 0 }": (),
    # messages that no one is asked about
    "message M\nnetwork unordered\nrole A { action go when x < 2 { x := x + 1; send M to B.1 } }\n"
    "role B {\n  volatile got: bool = false\n  on M { got := true }\n}\ninvariant i { x < 2 }":
        ("B.got", "network~.M"),
}  # fmt: skip


@pytest.mark.parametrize("text", LEFT_OUT)
def test_left_out(text: str) -> None:
    system = system_of(f"spec s\nvar x: 0..2 = 0\n{text}\n")
    assert sliced(system).left_out == LEFT_OUT[text]
    assert_same_answers(system)


def test_shared() -> None:
    """Properties with equal slices share a search."""
    text = (
        "spec s\nvar x: 0..1\nvar y: 0..1\naction a { x := 1 - 1 }\naction b { y := 1 - 1 }\n"
        "invariant i { x < 2 }\nreachable r { x == 1 }\ninvariant j { y == 0 }\n"
    )
    found = [(s.left_out, [p.name for p in s.system.properties]) for s in slices(system_of(text))]
    errors = "no_range_error"
    assert found == [(("y",), ["i", "r", errors]), (("x",), ["j", errors])]


@pytest.mark.parametrize("job", small_jobs(SMALL))
def test_models(job: Job) -> None:
    assert_same_answers(compile_job(job))


PROPERTIES = (
    "invariant i { forall n in A: n.a == 0 }", "reachable r { exists n in B: n.b == 1 }",
)  # fmt: skip


test_random = random_systems.test_of(assert_same_answers, random_systems.all_kinds(PROPERTIES))
