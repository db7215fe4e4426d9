"""Violations that stay: steps towards them may be put off, but not for ever."""

from __future__ import annotations

from contextlib import suppress

import pytest
import random_cycles
import random_systems
from conftest import TooLarge
from hypothesis import given, settings
from hypothesis import strategies as st
from test_agreement import small_jobs, system_of
from test_partial_order import wanted_of

from dsmc.backends.c.explore import Manner
from dsmc.backends.c.explore import explore as explore_in_c
from dsmc.backends.python.forms import forms
from dsmc.backends.python.guided import GuidedMachine
from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How
from dsmc.engine.ignored import Ignored
from dsmc.engine.outcome import NOT_TOLD, Explored, Limits
from dsmc.engine.search import explore
from dsmc.frozen import replace
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.order import NoOrderError, ordered
from dsmc.reduce.permute import Named
from dsmc.reduce.plan import NO_REDUCTIONS
from dsmc.reduce.stubborn import Stubborn
from dsmc.reduce.symmetry import symmetry
from dsmc.reductions import search
from dsmc.session import compile_job

MOST = 3_000

#: The one of `flip` keeps the others waiting for ever.
ROUND = """
spec round
var flipped: bool = false
var a: 0..2 = 0
var b: 0..2 = 0
var bad: bool = false
action flip { flipped := not flipped }
action one when a < 2 { a += 1 }
action two when b < 2 { b += 1 }
action spoil when a == 2 { bad := true }
action spoil_too when b == 2 { bad := true }
invariant good { not bad }
"""
#: The same by names: a name's own steps are not those of another one.
NAMES = """
spec names
symbols S[2]
var at: map<S, 0..1> = [s: 0 for s in S]
var set_: map<S, 0..2> = [s: 0 for s in S]
var bad: bool = false
action go(s in S) { at[s] := 1 - at[s] }
action put(s in S) when set_[s] < 2 { set_[s] += 1 }
action spoil(s in S) when set_[s] == 2 { bad := true }
invariant good { not bad }
"""
AT_ONCE = replace(NO_REDUCTIONS, partial_order=True, after=0, patience=0)


def explored(order: Stubborn, *types: Named) -> Explored:
    machine = GuidedMachine(order)
    return explore(machine, wanted_of(machine.system), canonical=forms(machine, types))


def in_c(order: Stubborn, *types: Named) -> Explored:
    machine, wanted = GuidedMachine(order), wanted_of(order.system)
    limits = Limits(untold=wanted)
    return explore_in_c(machine, wanted, manner=Manner(1), limits=limits, symmetric=types)


def assert_same_in_c(order: Stubborn, slow: Explored) -> None:
    fast = in_c(order)
    assert fast.decided.keys() == slow.decided.keys()
    s, f = slow.statistics, fast.statistics
    assert (f.states, f.transitions, f.depth) == (s.states, s.transitions, s.depth)


def assert_decided(system: System, *, compiled: bool = False) -> int:
    """The same properties are decided as in the whole system, with its names told apart or not; how many
    states fewer there were. In C there are as many.
    """
    machine, wanted = PythonMachine(system), wanted_of(system)
    full = explore(machine, wanted, limits=Limits(MOST), to_the_end=True)
    if full.statistics.stopped:
        raise TooLarge
    order, types = ordered(system, wanted), symmetry(system).types
    expected = {machine.error} if machine.error in full.decided else set(full.decided)
    plain = explored(order)
    for found in (plain, explored(order, *types), *([in_c(order, *types)] * compiled)):
        assert found.decided.keys() & wanted >= expected
        assert machine.error in expected or found.decided.keys() == expected
    if compiled:
        assert_same_in_c(order, plain)
    return full.statistics.states - plain.statistics.states


# ---------------------------------------------------------------- what goes round


@pytest.mark.parametrize("text", [ROUND, NAMES], ids=["round", "names"])
def test_put_off_for_ever(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found, and it would not be if nobody looked at where the search ended."""
    system = system_of(text)
    assert assert_decided(system, compiled=True) > 0
    order, types = ordered(system, wanted_of(system)), symmetry(system).types
    monkeypatch.setattr(Ignored, "among", lambda *_: [])
    assert not explored(order).decided
    assert not explored(order, *types).decided


def test_nothing_is_put_off() -> None:
    """Where the violation does not stay, its own steps lead."""
    text = ROUND + "action mend when bad { bad := false }"
    order = ordered(system_of(text), frozenset([0]))
    assert not order.staying
    assert explored(order).decided[0].length == 3


def test_nothing_leads_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that changes nothing is no reason to put off others."""
    system = system_of(ROUND.replace("not flipped }", "flipped }"))
    assert_decided(system, compiled=True)
    monkeypatch.setattr(Ignored, "among", lambda *_: [])
    assert explored(ordered(system, wanted_of(system))).decided


# ---------------------------------------------------------------- which search tells what


def found(system: System, engine: str) -> Explored:
    wanted = wanted_of(system) - {PythonMachine(system).error}
    return search(PythonMachine(system), wanted, How(engine), AT_ONCE, limits=Limits())


@pytest.mark.parametrize("engine", ["python", "c"])
def test_shortest_runs(engine: str) -> None:
    """What is violated is shown by a run as short as ever."""
    system = system_of(ROUND)
    full = explore(PythonMachine(system), frozenset([0]))
    assert found(system, engine).decided[0].length == full.decided[0].length


@pytest.mark.parametrize("engine", ["python", "c"])
def test_what_holds(engine: str) -> None:
    system = system_of(ROUND + "action wait { b := 0 }\n" + "invariant few { a < 3 or not bad }")
    less = found(system, engine)
    assert less.decided.keys() == {0}
    assert 1 in less.proven
    assert "stay" in less.statistics.reductions


def test_what_nobody_wants_to_see() -> None:
    """It is decided, and no run to it is looked for."""
    text = ROUND.replace("invariant good { not bad }", "reachable seen { bad }")
    system = system_of(text + "invariant few { a < 3 or not bad }")
    aside = frozenset([0])
    limits = Limits(aside=aside, untold=aside)
    less = search(PythonMachine(system), frozenset([0, 1]), How(), AT_ONCE, limits=limits)
    assert less.decided == {0: NOT_TOLD}
    assert 1 in less.proven
    assert less.statistics.complete


def test_errors_are_not_put_off() -> None:
    system = system_of(ROUND.replace("bad := true", "a += 1"))
    machine = PythonMachine(system)
    full = explore(machine, frozenset([machine.error]))
    assert found(system, "c").decided[machine.error] == full.decided[machine.error]


# ---------------------------------------------------------------- models, random systems


@pytest.mark.parametrize("job", small_jobs(60))
def test_models(job: Job) -> None:
    try:
        assert_decided(compile_job(job))
    except NoOrderError as why:
        pytest.skip(str(why))


#: How many of each kind.
EXAMPLES = {"cycles": 120, "named": 15, "protocols": 6}
#: So many times as many where an evening is allowed.
EVENING = 100 if settings.default.max_examples > settings.get_profile("dsmc").max_examples else 1
KINDS = {
    "cycles": random_cycles.specs(), "named": random_cycles.named(),
    "protocols": random_systems.protocols(),
}  # fmt: skip


@pytest.mark.parametrize("kind", EXAMPLES)
def test_random(kind: str) -> None:
    fewer = count = 0

    @settings(max_examples=EXAMPLES[kind] * EVENING)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        nonlocal fewer, count
        count += 1
        system = system_of(data.draw(KINDS[kind]))
        with suppress(TooLarge, NoOrderError):
            fewer += assert_decided(system, compiled=count % 10 == 0) > 0

    run()
    assert fewer
