"""Canonical forms: one for all states that differ in names only, and only for these."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product
from pathlib import Path
from typing import Any

import automorphisms
import pytest
import random_systems
from agreement import by_reference
from conftest import MODELS
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import small_jobs

from dsmc.backends.codec import encode
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Limits, Verdict
from dsmc.engine.search import explore
from dsmc.frozen import replace
from dsmc.ir import types as t
from dsmc.ir.system import Storage, System, Variable
from dsmc.project import Job
from dsmc.reduce.canonical import Canonical
from dsmc.reduce.permute import generators, permuted_state
from dsmc.reduce.plan import NO_REDUCTIONS, Reductions
from dsmc.reduce.symmetry import symmetry
from dsmc.session import Options, check, compile_job, load

SMALL = 400
#: From the first state on.
BY_NAMES = Reductions(dead_values=False, slices=False, after=0)

S, U = t.Symbols("S", 3), t.Symbols("U", 2)
A, B, C = t.Role("A", 3), t.Role("B", 2, 3), t.Role("C", 1, 5)
NODES = t.NodeId((A, B, C))
PAIR = t.Tuple((S, S))
VOTE = t.Message((t.MessageKind("Vote", (("of", S), ("at", U))), t.MessageKind("Stop", ())))
SENT = t.Record("Sent", (("from_", NODES), ("to", A), ("what", t.BOOL)))

#: The types of the variables of small states, and which names are interchangeable in them.
STATES = (
    ((S,), (S,)),
    ((t.Map(S, t.Int(0, 2)), t.Set(S), t.Option(S)), (S,)),
    ((t.Map(S, t.Set(S)),), (S,)),
    ((t.Map(S, S),), (S,)),
    ((t.Set(PAIR),), (S,)),
    ((t.Map(PAIR, t.BOOL), S), (S,)),
    ((t.Map(S, t.Map(S, t.Option(S))),), (S,)),
    ((t.Seq(S, 3), t.Set(S)), (S,)),
    ((t.Bag(PAIR, 3),), (S,)),
    ((t.Set(VOTE), t.Map(S, U)), (S, U)),
    ((t.Set(VOTE), t.Map(S, U)), (U,)),
    ((t.Map(t.BOOL, t.Option(S)), t.Map(U, t.Set(S))), (S, U)),
    ((t.Set(t.Set(S)),), (S,)),
    ((t.Bag(SENT, 3), t.Map(A, t.Int(0, 1))), (A, B)),
    ((t.Map(NODES, t.Option(NODES)), t.Set(A)), (A, B)),
    ((t.Map(NODES, t.Seq(NODES, 2)),), (B,)),
)


def values(of: t.Type) -> st.SearchStrategy[Any]:
    """Plain values of a type."""
    match of:
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            cases = range(len(t.cases(of)))
            return st.one_of(
                [st.tuples(st.just(c), *map(values, t.field_types(of, c))) for c in cases]
            )
        case t.Map(key, value):
            return st.tuples(*[values(value)] * (t.size(key) or 0))
        case t.Set(part):
            return st.frozensets(values(part))
        case t.Seq(part, bound):
            return st.lists(values(part), max_size=bound).map(tuple)
        case t.Bag(part, bound):
            return st.lists(values(part), max_size=bound).map(lambda v: tuple(sorted(v)))
        case _:
            return st.sampled_from(list(t.values(of)))


def system_with(kinds: tuple[t.Type, ...]) -> System:
    variables = tuple(Variable(f"v{i}", of, Storage.SHARED) for i, of in enumerate(kinds))
    return System("s", (), variables, (), (), (), ())


@pytest.mark.parametrize(("kinds", "types"), STATES)
@given(data=st.data())
def test_one_form_for_each_orbit(
    kinds: tuple[t.Type, ...], types: tuple[Any, ...], data: st.DataObject
) -> None:
    """All states that differ in names only have the form of one of them."""
    system = system_with(kinds)

    def key(state: dict[str, Any]) -> Any:
        return tuple(encode(v.type, state[v.name]) for v in system.variables)

    canonical = Canonical(system, types, key)
    state = {v.name: data.draw(values(v.type)) for v in system.variables}
    renamings = [permutations(range(of.size)) for of in types]
    orbit = [
        permuted_state(system, state, dict(zip(types, chosen, strict=True)))
        for chosen in product(*renamings)
    ]
    (form,) = {canonical(renamed) for renamed in orbit}
    assert form in map(key, orbit)


@pytest.mark.parametrize(
    ("kinds", "complete"),
    [
        ((t.Map(S, t.BOOL), t.Set(S), t.Option(S), S), True),
        ((t.Set(t.Message((t.MessageKind("P", (("of", S),)),))),), True),
        ((t.Map(S, t.Map(t.BOOL, t.Int(0, 1))), t.Seq(S, 2), PAIR), True),
        ((t.Map(S, S),), False),
        ((t.Set(PAIR),), False),
        ((t.Set(t.Set(S)),), False),
        ((t.Map(PAIR, t.BOOL),), False),
        ((t.Map(S, U),), False),
    ],
)
def test_complete(kinds: tuple[t.Type, ...], complete: bool) -> None:
    """Where every fact is about one name, names that see the same are alike."""
    assert Canonical(system_with(kinds), (S, U), id).complete is complete


# ---------------------------------------------------------------- searching


def reduced(machine: PythonMachine) -> Any:
    """The canonical form of a machine's states."""
    form = Canonical(machine.system, symmetry(machine.system).types, machine.encode)
    return lambda state: form(machine.decode(state))


@pytest.mark.parametrize(("name", "states"), [("three", 80), ("five", 314), ("seven", 920)])
def test_two_phase(name: str, states: int) -> None:
    """As many states as TLC finds with symmetry."""
    path = next(path for path in MODELS if path.stem == "two_phase")
    system = compile_job(next(job for job in load(path) if job.name == name))
    machine = PythonMachine(system)
    found = explore(machine, frozenset(), to_the_end=True, canonical=reduced(machine))
    assert found.statistics.states == states


def orbits(machine: PythonMachine, limit: int) -> int:
    """How many classes of reachable states there are, by renaming each."""
    left = set(automorphisms.reachable(machine, limit))
    types = symmetry(machine.system).types
    renamings = [p for of in types for p in generators(of)]
    found = 0
    while left:
        found += 1
        waiting = [left.pop()]
        while waiting:
            state = waiting.pop()
            images = {automorphisms.Check(machine, p).image(state) for p in renamings} & left
            left -= images
            waiting += images
    return found


def agrees(system: System, limit: int = SMALL) -> None:
    """As many states as there are classes, and everything decided in as many steps as without."""
    machine = PythonMachine(system)
    classes = orbits(machine, limit)
    full, less = by_reference(system), by_reference(system, reduced(machine))
    error = full.decided.get("no_range_error")
    assert less.decided.get("no_range_error") == error
    if error is None:
        assert (less.states, less.depth) == (classes, full.depth)
    for name in full.decided | less.decided:
        steps = [found.decided.get(name, 1 << 30) for found in (full, less)]
        # An error ends what an action does; what it has done before depends on the names.
        assert steps[0] == steps[1] or (error is not None and min(steps) >= error), name


@pytest.mark.parametrize("job", small_jobs(SMALL))
def test_models(job: Job) -> None:
    agrees(compile_job(job))


def agrees_if_symmetric(system: System) -> None:
    if symmetry(system).types:
        agrees(system)


test_random = random_systems.test_of(agrees_if_symmetric, random_systems.with_names())


# ---------------------------------------------------------------- reports


def test_report() -> None:
    """The trace is a run as without: each step was taken again."""
    path = next(path for path in MODELS if path.stem == "transfers")
    job = next(job for job in load(path) if job.name == "lost_update")
    job = replace(job, expectations=())  # counts are those of the system as it is
    full, less = (check(job, Options(reductions=r)) for r in (NO_REDUCTIONS, BY_NAMES))
    assert [(r.name, r.word, r.steps) for r in full.results] == [
        (r.name, r.word, r.steps) for r in less.results
    ]
    assert less.statistics.states < full.statistics.states
    assert any(r.verdict is Verdict.VIOLATED and r.trace for r in less.results)
    assert less.notes == ("symmetry of Teller (up to 2 times fewer states)",)


GROWING = """spec growing
network unordered
message Ping
role Sender[3] { action ask { send Ping to Sink.1 } }
role Sink {
  volatile seen: bool = false
  on Ping when seen { skip }
}
"""


def test_growth(spec: Callable[[str], Path]) -> None:
    """Messages that pile up are found out all the same."""
    (job,) = load(spec(GROWING))
    report = check(job, Options(reductions=BY_NAMES, limits=Limits(states=10_000)))
    assert report.statistics.stopped == "the messages in flight grow for ever"
