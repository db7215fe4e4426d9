"""Whole runs in C: the same verdicts and the same lassos as in the reference."""

from __future__ import annotations

import pytest
import random_protocols
from conftest import unless_too_large
from hypothesis import given
from protocols import Protocol
from test_agreement import system_of
from test_liveness import JOBS, live_specs

from dsmc.backends.c.driver import Driver
from dsmc.backends.c.explore import Manner, explore
from dsmc.backends.c.generate import knows_whole_runs
from dsmc.backends.c.whole import WholeRuns
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Explored, Limits, Lives, Verdict
from dsmc.engine.search import INTERRUPTED, OUT_OF_MEMORY, memory_limit, states_limit
from dsmc.ir.system import System
from dsmc.lives import lives, lives_in_c
from dsmc.project import Job
from dsmc.session import Options, check, compile_job

MOST = 5_000
#: Formulas without a common shape make the graph several times as large.
TINY = 200


def explored_in_c(
    system: System, *, fair: bool = True, threads: int = 1, most: int = MOST
) -> Explored:
    """What is found with so many states at most."""

    def whole(driver: Driver, stopped: str) -> Lives:
        return lives_in_c(driver, system, stopped, fair=fair, limits=Limits())

    return explore(
        PythonMachine(system), frozenset(), manner=Manner(threads), to_the_end=True, whole=whole,
        limits=Limits(states=most),
    )  # fmt: skip


def in_c(system: System, *, fair: bool = True, threads: int = 1, most: int = MOST) -> Lives | None:
    """None if C leaves it to the reference, or if there are more states."""
    found = explored_in_c(system, fair=fair, threads=threads, most=most)
    return found.lives if found.statistics.complete else None


def assert_c_agrees(system: System, *, fair: bool = True, most: int = MOST) -> bool:
    """Was there something to compare?"""
    fast = in_c(system, fair=fair, most=most)
    if fast is None:
        return False
    slow = lives(PythonMachine(system), fair=fair)
    assert fast.found == slow.found
    assert_same_graph(system, slow, fair=fair, most=most)
    return True


def assert_same_graph(system: System, slow: Lives, *, fair: bool, most: int) -> None:
    """Whether or not a property needs all of it."""
    sizes: list[str] = []

    def whole(driver: Driver, stopped: str) -> Lives:
        runs = WholeRuns(driver, system, stopped, fair=fair, limits=Limits())
        sizes.append(runs.labelled.graph.told)
        runs.close()
        return slow

    explore(
        PythonMachine(system), frozenset(), manner=Manner(1), to_the_end=True, whole=whole,
        limits=Limits(states=most),
    )  # fmt: skip
    assert f"decided on {sizes[0]} in the reference" in slow.note


@pytest.mark.parametrize("fair", [True, False])
@pytest.mark.parametrize("job", JOBS)
def test_corpus(job: Job, fair: bool) -> None:
    """Everything that has no bound is decided in C."""
    system = compile_job(job)
    assert assert_c_agrees(system, fair=fair) == knows_whole_runs(system)


@pytest.mark.parametrize("job", JOBS)
def test_is_as_expected(job: Job) -> None:
    report = check(job, Options(engine="c"))
    assert not report.surprises
    engine = "in C" if knows_whole_runs(report.system) else "in the reference"
    assert any(engine in note for note in report.notes)


@given(live_specs())
def test_random_systems(text: str) -> None:
    assert assert_c_agrees(system_of(text))


#: Nodes of the random protocols have these.
ASKED = """eventually e { A.1.a == 1 }
always eventually ae { B.1.b == 0 }
eventually always ea { A.1.b == 1 }
resp: B.1.a == 1 leads to A.1.a == 0
ltl l { always (A.1.a == 0 implies next (B.1.b == 1 until A.1.a == 1)) }
"""


@given(random_protocols.protocols())
def test_random_protocols(protocol: Protocol) -> None:
    with unless_too_large():
        assert_c_agrees(system_of(f"{protocol.text()}\n{ASKED}"), most=TINY)


#: Pairs of which one is much larger than what its lassos need, and one is wide.
LARGE = """spec large
symbols S[6]
var at: map<S, 0..3> = [s: 0 for s in S]
var boxed: bag<0..3>
fair action go(s in S) when at[s] < 3 { at[s] += 1 }
action back(s in S) when at[s] == 3 { at[s] := 1 }
strong fair action done(s in S) when at[s] == 2 and boxed.len == 0 { boxed := boxed.add(at[s]) }
action drop(k in boxed) { boxed := boxed.remove(k) }
always eventually all_back { forall s in S: at[s] != 3 }
eventually always settles { exists s in S: at[s] == 3 }
full: exists s in S: at[s] == 2 leads to boxed.len == 1
eventually moves { forall s in S: at[s] > 0 }
"""


@pytest.mark.parametrize("threads", [1, 2])
def test_threads(impatient: None, threads: int) -> None:
    """However states are numbered, the lassos are the same."""
    system = system_of(LARGE)
    fast = in_c(system, threads=threads, most=100_000)
    assert fast is not None
    verdicts = {lived.verdict for lived in fast.found.values()}
    assert verdicts == {Verdict.HOLDS, Verdict.VIOLATED}
    assert fast.found == lives(PythonMachine(system)).found


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize("most", [10, 300, 3_000])
def test_of_a_part(most: int) -> None:
    """What a part of the states decides is so; the rest is unknown, and why."""
    system = system_of(LARGE)
    part, whole = explored_in_c(system, most=most).lives, in_c(system, most=100_000)
    assert part is not None
    assert whole is not None
    for number, lived in part.found.items():
        if lived.verdict is Verdict.UNKNOWN:
            assert lived.note == states_limit(most)
        else:
            assert lived.verdict is whole.found[number].verdict
    assert Verdict.HOLDS not in {lived.verdict for lived in part.found.values()}


def limited(limits: Limits) -> set[tuple[Verdict, str]]:
    """What is found under limits that hold for the looking at whole runs only."""
    system = system_of(LARGE)

    def whole(driver: Driver, stopped: str) -> Lives:
        return lives_in_c(driver, system, stopped, fair=True, limits=limits)

    found = explore(PythonMachine(system), frozenset(), to_the_end=True, whole=whole).lives
    assert found is not None
    return {(lived.verdict, lived.note) for lived in found.found.values()}


def test_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsmc.backends.c.graphs.SLICE", 0.0)
    assert (Verdict.UNKNOWN, memory_limit(1 << 20)) in limited(Limits(memory=1 << 20))


@pytest.mark.parametrize(
    ("end", "why"), [(KeyboardInterrupt, INTERRUPTED), (MemoryError, OUT_OF_MEMORY)]
)
@pytest.mark.parametrize("where", ["graphs.BuiltGraph._grow", "whole.Breaking.__init__"])
def test_ended(
    monkeypatch: pytest.MonkeyPatch, end: type[BaseException], why: str, where: str
) -> None:
    """What the search found is not lost."""

    def ended(*_: object) -> None:
        raise end

    monkeypatch.setattr(f"dsmc.backends.c.{where}", ended)
    assert limited(Limits()) == {(Verdict.UNKNOWN, why)}
