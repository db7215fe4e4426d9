"""Dead values: what is never read again is forgotten, and nobody notices."""

from __future__ import annotations

from typing import Any

import pytest
import random_systems
from agreement import by_reference
from conftest import MODELS, TooLarge
from test_agreement import small_jobs, system_of

from dsmc.backends.python.machine import PythonMachine
from dsmc.ir import types as t
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.dead import forgetful
from dsmc.session import compile_job, load

SMALL = 400


def assert_unnoticed(system: System, limit: int) -> bool:
    """Step by step the two do the same, but for what was forgotten; whether anything was."""
    less = forgetful(system)
    if less.found:
        _Pairs(system, less.system, {data for data, _ in less.found}).follow(limit)
        before, after = by_reference(system), by_reference(less.system)
        assert before.decided == after.decided
        assert before.states >= after.states
    return bool(less.found)


class _Pairs:
    """States of two systems that must be the same, but for some variables of the second."""

    def __init__(self, full: System, less: System, forgotten: set[str]) -> None:
        self.full, self.less = PythonMachine(full), PythonMachine(less)
        self.types = {v.name: v.type for v in full.variables}
        self.forgotten = forgotten

    def follow(self, limit: int) -> None:
        inside = self.full.is_within or (lambda state: True)
        waiting = self.paired(self.full.initial()[0], self.initial())
        seen = set(waiting)
        while waiting:
            state, other = waiting.pop()
            if not inside(state):
                continue
            found: tuple[list[Any], list[Any]] = ([], [])
            violated: tuple[list[int], list[int]] = ([], [])
            counts = self.full.expand(state, found[0], violated[0])
            assert counts == self.less.expand(other, found[1], violated[1])
            assert violated[0] == violated[1]
            new = [pair for pair in self.paired(*found) if pair not in seen]
            seen.update(new)
            waiting += new
            if len(seen) > limit:
                raise TooLarge

    def initial(self) -> list[Any]:
        """The initial states of the second; those that became equal are there once."""
        full, less = self.full.initial()[0], self.less.initial()[0]
        if len(full) == len(less):
            return less
        kept = {self.rest(self.less, state): state for state in less}
        return [kept[self.rest(self.full, state)] for state in full]

    def rest(self, machine: PythonMachine, state: Any) -> Any:
        values = machine.decode(state)
        return tuple(values[name] for name in self.types if name not in self.forgotten)

    def paired(self, full: list[Any], less: list[Any]) -> list[tuple[Any, Any]]:
        pairs = list(dict.fromkeys(zip(full, less, strict=True)))
        for pair in pairs:
            self.compare(*map(lambda m, s: m.decode(s), (self.full, self.less), pair))
        return pairs

    def compare(self, full: dict[str, Any], less: dict[str, Any]) -> None:
        for name, of in self.types.items():
            if full[name] != less[name]:
                assert name in self.forgotten
                assert self.is_forgotten(of, full[name], less[name])

    def is_forgotten(self, of: t.Type, full: Any, less: Any) -> bool:
        """The default; in a map of nodes, for some of them."""
        if less == t.default(of):
            return True
        assert isinstance(of, t.Map)
        return all(a == b or b == t.default(of.value) for a, b in zip(full, less, strict=True))


# ---------------------------------------------------------------- what is found

FOUND = {
    ("two_phase", "five"): (8832, 2080, {"tm_prepared (by tm_state)"}),
    ("forgetful_commit", "no_faults"): (51, 35, {"network.Vote (by Coordinator.decided)"}),
    ("two_phase_commit", "fenced_no_faults"): (1443, 715, {"network.Vote (by Coordinator.decision)"}),
    ("saga", "in_memory_no_restart"): (276, 198, {"Orchestrator.notes (by Orchestrator.pc)"}),
    ("tcommit", "three"): (34, 34, set()),
}  # fmt: skip


@pytest.mark.parametrize(("model", "name"), FOUND)
def test_models_with_dead_values(model: str, name: str) -> None:
    path = next(path for path in MODELS if path.stem == model)
    system = compile_job(next(job for job in load(path) if job.name == name))
    before, after, told = FOUND[model, name]
    less = forgetful(system)
    assert by_reference(system).states == before
    assert by_reference(less.system).states == after
    assert all(text in less.note for text in told)
    assert bool(less.note) is bool(told)


def found(text: str) -> tuple[tuple[str, str], ...]:
    system = system_of(f"spec s\nenum P {{ a, b, c }}\nvar p: P = a\n{text}\n")
    try:
        assert_unnoticed(system, SMALL)
    except TooLarge:
        raise AssertionError(text) from None
    return forgetful(system).found


DEAD = (
    # read in a only, and never in a again
    "var x: 0..2 = 0\naction put(n in 0..2) when p == a { x := n; p := b }\n"
    "action look when p == b and x == 1 { p := c }",
    # given a new value on the way back
    "var x: 0..2 = 0\naction go(n in 0..2) when p == a { x := n; p := b }\n"
    "action use when p == b and x < 2 { p := c }\naction again when p == c { x := 0; p := a }",
    # it is changed by what it was, and by nothing else
    "var x: set<0..2> = {}\naction more(n in 0..2) { x += n }\n"
    "action go when p == a and 1 in x { p := b }",
)


@pytest.mark.parametrize("text", DEAD)
def test_dead(text: str) -> None:
    assert found(text) == (("x", "p"),)


ALIVE = (
    # a property reads it
    "var x: 0..2 = 0\naction put(n in 0..2) when p == a { x := n; p := b }\ninvariant i { x < 3 }",
    # it can be read later
    "var x: 0..2 = 0\naction put(n in 0..2) when p == a { x := n; p := b }\n"
    "action go_on when p == b { p := c }\naction look when p == c and x == 1 { skip }",
    # its old value may stay
    "var x: 0..2 = 0\naction go(n in 0..2) when p == a { if n > 0 { x := n }; p := b }\n"
    "action back when p == b { p := a }\naction look when p == a and x == 1 { skip }",
    # to change it is all that an action does: a system that does this does not rest
    "var x: 0..2 = 0\naction put(n in 0..2) when p == a { x := n; p := b }\n"
    "fair action other(n in 0..2) when p == b { x := n }\naction look when p == a and x == 1 { skip }\n"
    "quiescent q { p == c }",
    # what is added to it may be too much
    "var x: 0..2 = 0\naction go when p == a and x == 1 { p := b }\naction more { x += 1 }",
    # what is copied is read later
    "var x: 0..2 = 0\nvar z: 0..2 = 0\naction go(n in 0..2) when p == a { x := n; p := b }\n"
    "action copy when p == b { z := x }\ninvariant i { z < 3 }",
)


@pytest.mark.parametrize("text", ALIVE)
def test_alive(text: str) -> None:
    assert "x" not in {data for data, _ in found(text)}


NODES = """
role N[2] {
  volatile at: P = a
  stable x: 0..1 = 0
  action put(n in 0..1) when at == a { x := n; at := b }
  timeout use when at == b and x == 1 { at := c }
}
"""
TABLE = """
symbols N[2]
var at: map<N, P> = [n: a for n in N]
var x: map<N, 0..1> = [n: 0 for n in N]
action put(n in N, v in 0..1) when at[n] == a { x[n] := v; at[n] := b }
action use(n in N, m in N) when at[n] == b and x[m] == 1 { at[n] := c }
"""


def test_of_each_node() -> None:
    """By the control of the node itself; not if others look at it."""
    assert ("N.x", "N.at") in found(NODES)
    assert found(TABLE) == ()


# ---------------------------------------------------------------- nobody notices


@pytest.mark.parametrize("job", small_jobs(SMALL))
def test_models(job: Job) -> None:
    assert_unnoticed(compile_job(job), 100 * SMALL)


PROPERTIES = (
    "", "quiescent q { forall n in A: n.a == 1 }", "reachable r { exists n in B: n.b == 1 }",
    "no deadlock", "invariant i { forall n in A, m in B: n.b == 0 or m.a == 0 }",
)  # fmt: skip


test_random = random_systems.test_of(
    lambda system: assert_unnoticed(system, SMALL), random_systems.all_kinds(PROPERTIES)
)
