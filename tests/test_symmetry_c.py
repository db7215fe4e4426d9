"""Symmetry in the C back end: as many states as there are classes, and runs that are runs."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import pytest
import random_systems
from conftest import MODELS
from hypothesis import given
from hypothesis import strategies as st
from test_agreement import small_jobs
from test_canonical import STATES, values

from dsmc.backends.c.explore import Manner
from dsmc.backends.c.explore import explore as explore_in_c
from dsmc.backends.python.forms import forms
from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How, search
from dsmc.engine.outcome import Explored, Limits, Run, Statistics
from dsmc.engine.search import explore, states_limit
from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.system import APART, NoError, Storage, System, Variable
from dsmc.project import Job
from dsmc.reduce.permute import Named, permuted_state
from dsmc.reduce.plan import Reductions
from dsmc.reduce.symmetry import symmetry
from dsmc.session import Options, check, compile_job, load

S, A = t.Symbols("S", 3), t.Role("A", 2)
WIDE = t.Set(t.Int(0, 69))
NUMBERED = t.Tuple((S, t.Int(0, 29)))
HELD = t.Record("Held", (("by", S), ("what", t.Seq(t.Option(S), None)), ("wide", WIDE)))
#: Values of several words, and boxes in boxes.
LARGE = (
    ((t.Set(NUMBERED),), (S,)),
    ((t.Map(S, WIDE), t.Option(S)), (S,)),
    ((t.Map(t.BOOL, t.Map(S, t.Option(NUMBERED))), t.Map(S, t.Int(-3, 1 << 9))), (S,)),
    ((t.Seq(t.Tuple((S, WIDE)), 3),), (S,)),
    ((t.Bag(HELD), t.Map(S, t.Bag(t.Int(0, 1)))), (S,)),
    ((t.Option(t.Seq(t.Set(S), None)), t.Map(A, t.Bag(t.Tuple((A, S))))), (A, S)),
    ((t.Set(t.Map(S, t.BOOL)), t.Map(t.Option(S), t.Set(A))), (A, S)),
)

#: The reference takes long to bring more states than these into their canonical form.
MOST = 400


def job(model: str, name: str) -> Job:
    path = next(path for path in MODELS if path.stem == model)
    return next(job for job in load(path) if job.name == name)


def in_c(system: System, *, to_the_end: bool = True, threads: int = 1) -> Explored:
    return explore_in_c(
        PythonMachine(system), wanted(system), manner=Manner(threads), to_the_end=to_the_end,
        symmetric=symmetry(system).types,
    )  # fmt: skip


def wanted(system: System) -> frozenset[int]:
    apart = (*APART, NoError)
    return frozenset(n for n, p in enumerate(system.properties) if not isinstance(p, apart))


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize(
    ("name", "states", "all_states"),
    [("three", 80, 288), ("five", 314, 8_832), ("seven", 920, 296_448)],
)
def test_two_phase(name: str, states: int, all_states: int) -> None:
    """As many states as TLC finds with symmetry; those that they stand for are all states."""
    found = in_c(compile_job(job("two_phase", name))).statistics
    assert (found.states, found.unreduced, found.complete) == (states, all_states, True)


@pytest.mark.parametrize(("kinds", "types"), STATES + LARGE)
@given(data=st.data())
def test_one_form_for_each_orbit(
    kinds: tuple[t.Type, ...], types: tuple[Named, ...], data: st.DataObject
) -> None:
    """A system that begins in all states that differ from two in names only has one state or two."""
    system = System("s", (), _variables(kinds), (), (), (), (NoError("error"),))
    drawn = [{f"v{i}": data.draw(values(of)) for i, of in enumerate(kinds)} for _ in range(2)]
    orbits = [_orbit(system, types, state) for state in drawn]
    starts = [state for orbit in orbits for state in orbit]
    system = replace(system, init=(_one_of(system, starts),))
    distinct = {tuple(state.values()) for state in starts}
    found = explore_in_c(
        PythonMachine(system), frozenset(), manner=Manner(1), to_the_end=True, symmetric=types
    ).statistics
    same = orbits[0][0] in orbits[1]
    assert (found.states, found.initial) == (2 - same, len(distinct))
    assert found.unreduced == len(distinct)


def _variables(kinds: tuple[t.Type, ...]) -> tuple[Variable, ...]:
    return tuple(Variable(f"v{i}", of, Storage.SHARED) for i, of in enumerate(kinds))


def _orbit(
    system: System, types: tuple[Named, ...], state: dict[str, Any]
) -> list[dict[str, Any]]:  # fmt: skip
    renamings = product(*(permutations(range(of.size)) for of in types))
    return [
        permuted_state(system, state, dict(zip(types, chosen, strict=True))) for chosen in renamings
    ]


def _one_of(system: System, states: list[dict[str, Any]]) -> s.Choose:
    """The statement after which the variables have the values of one of these states."""
    blocks = (
        tuple(
            s.Assign(s.Place(x.Global(v.name, v.type)), x.Lit(state[v.name], v.type))
            for v in system.variables
        )
        for state in states
    )
    return s.Choose(tuple(blocks))


# ---------------------------------------------------------------- as the reference does


def agrees(system: System) -> None:
    """States, depth, what is decided after how many steps; for how many states those stand."""
    machine, types = PythonMachine(system), symmetry(system).types
    full = explore(machine, wanted(system), limits=Limits(states=MOST), to_the_end=True)
    if full.statistics.stopped == states_limit(MOST):
        return
    slow = explore(machine, wanted(system), to_the_end=True, canonical=forms(machine, types))
    fast = in_c(system)
    for run in fast.decided.items():
        assert_is_run(machine, *run)
    if machine.error in full.decided:
        assert fast.decided[machine.error].length == slow.decided[machine.error].length
        assert fast.statistics.unreduced == 0
        return
    assert counts(fast.statistics) == counts(slow.statistics)
    assert fast.statistics.unreduced == full.statistics.states
    assert lengths(fast) == lengths(slow) == lengths(full)


def counts(found: Statistics) -> tuple[object, ...]:
    return (
        found.states, found.transitions, found.initial, found.depth, found.complete_depth,
        found.complete, found.stopped,
    )  # fmt: skip


def lengths(found: Explored) -> dict[int, int]:
    return {number: run.length for number, run in found.decided.items()}


def assert_is_run(machine: PythonMachine, number: int, run: Run) -> None:
    """Each state follows from the one before, the last decides the property."""
    before: list[Any] = machine.initial()[0]
    violated: list[int] = list(machine.initial()[1])
    for state in run.states:
        assert state in before
        before, violated = [], []
        machine.expand(state, before, violated)
    ends = {**machine.rest_deciders, **machine.stuck_deciders}
    if number in machine.state_deciders:
        assert machine.state_deciders[number]([run.states[-1]]) == 0
    elif number in machine.step_deciders:
        assert run.target in before
        assert machine.step_deciders[number](run.states[-1], [run.target]) == 0
    elif number in ends:
        assert ends[number](run.states[-1])
    else:
        assert number in violated


@pytest.mark.parametrize("job", small_jobs(MOST))
def test_models(job: Job) -> None:
    system = compile_job(job)
    if not symmetry(system).types:
        pytest.skip("no type is symmetric")
    agrees(system)


def agrees_if_symmetric(system: System) -> None:
    if symmetry(system).types:
        agrees(system)


test_random = random_systems.test_of(agrees_if_symmetric, random_systems.with_names())


# ---------------------------------------------------------------- threads, reports


def test_threads(impatient: None) -> None:
    """Counts and runs are the same, whoever finds a state first."""
    system = compile_job(job("two_phase_commit", "fenced_restart"))
    one, two = (in_c(system, threads=n) for n in (1, 2))
    assert two.statistics.engine.threads == 2
    assert (
        two.statistics.states > 4 * two.statistics.depth
    )  # there are levels that are large enough
    assert counts(one.statistics) == counts(two.statistics)
    assert one.statistics.unreduced == two.statistics.unreduced
    assert one.decided == two.decided
    assert one.decided


def test_options() -> None:
    """Asked for by its option, and told."""
    by_names = Reductions(dead_values=False, slices=False, after=0)
    uncounted = replace(job("two_phase", "seven"), expectations=())
    report = check(uncounted, Options(reductions=by_names, engine="c"))
    assert report.statistics.engine.name == "c"
    assert report.statistics.states == 920
    assert report.statistics.unreduced == 296_448
    assert report.notes == ("symmetry of RM (322.2 times fewer states)",)


def test_tiers() -> None:
    """The same states, by whichever engine."""
    system = compile_job(job("two_phase", "three"))
    found = [
        search(
            PythonMachine(system), frozenset(), How(engine, 1), limits=Limits(), to_the_end=True,
            symmetric=symmetry(system).types,
        ).statistics
        for engine in ("python", "c")
    ]  # fmt: skip
    assert counts(found[0]) == counts(found[1])
