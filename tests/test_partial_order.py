"""Only some of the steps, and every property is decided as if all were taken."""

from __future__ import annotations

from contextlib import suppress

import pytest
import random_systems
from conftest import ROOT, TooLarge
from hypothesis import given, settings
from hypothesis import strategies as st
from test_agreement import small_jobs, system_of

from dsmc.backends.c.explore import Manner
from dsmc.backends.c.explore import explore as explore_in_c
from dsmc.backends.python.guided import GuidedMachine
from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How
from dsmc.engine.outcome import Explored, Limits
from dsmc.engine.search import explore
from dsmc.frozen import replace
from dsmc.ir import system as y
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.alike import Alike
from dsmc.reduce.cases import told_apart
from dsmc.reduce.order import NoOrderError, ordered
from dsmc.reduce.plan import NO_REDUCTIONS
from dsmc.reduce.stubborn import Stubborn
from dsmc.reductions import search
from dsmc.session import compile_job, load

MOST = 2_000


def wanted_of(system: System) -> frozenset[int]:
    return frozenset(n for n, p in enumerate(system.properties) if not isinstance(p, y.APART))


def lengths(found: Explored, wanted: frozenset[int]) -> dict[int, int]:
    return {number: found.decided[number].length for number in found.decided.keys() & wanted}


def assert_enough(system: System, *, alone: bool = True) -> int:
    """All properties at once, and each `alone`; how many fewer steps were taken."""
    machine, all_ = PythonMachine(system), wanted_of(system)
    full = explore(machine, all_, limits=Limits(MOST), to_the_end=True)
    if full.statistics.stopped:
        raise TooLarge
    fewer = 0
    for wanted in (all_, *(frozenset([n]) for n in all_ if alone)):
        less = explore(GuidedMachine(ordered(system, wanted).led(wanted)), wanted)
        if machine.error in full.decided:  # then the system is searched as it is
            wanted &= {machine.error}
        assert lengths(less, wanted) == lengths(full, wanted), wanted
        fewer += full.statistics.transitions - less.statistics.transitions
    return fewer


def assert_same_in_c(order: Stubborn, wanted: frozenset[int]) -> None:
    slow = explore(GuidedMachine(order), wanted, limits=Limits(MOST))
    if slow.statistics.stopped:
        raise TooLarge
    fast = explore_in_c(GuidedMachine(order), wanted, manner=Manner(1), to_the_end=False)
    assert fast.decided == slow.decided
    s, f = slow.statistics, fast.statistics
    assert (f.states, f.transitions, f.depth) == (s.states, s.transitions, s.depth)


#: How many random systems of each kind: what has messages has more steps, and more questions.
EXAMPLES = {"systems": 120, "names": 15, "protocols": 40}
#: What is at rest, also before a fault and after it.
PROPERTIES = (
    "quiescent q { exists n in A: n.a == 1 }", "quiescent q { forall n in A: n.b == 0 }",
    "quiescent q { forall n in A, m in B: n.b == m.a }", "no deadlock",
    "reachable r { exists n in B: n.b == 1 and n.a == 0 }",
    "invariant i { forall n in A: n.a == 0 or n.b == 0 }",
)  # fmt: skip
#: So many times as many where an evening is allowed.
EVENING = 100 if settings.default.max_examples > settings.get_profile("dsmc").max_examples else 1


@pytest.mark.parametrize("kind", EXAMPLES)
def test_random(kind: str) -> None:
    fewer = 0

    @settings(max_examples=EXAMPLES[kind] * EVENING)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        nonlocal fewer
        text = data.draw(random_systems.all_kinds(PROPERTIES)[kind])
        system = system_of(
            text.replace("network fifo", "network unordered")
        )  # the other is refused
        with suppress(TooLarge, NoOrderError):
            fewer += assert_enough(system) > 0

    run()
    assert fewer


@settings(max_examples=60 * EVENING)
@given(st.one_of(*random_systems.all_kinds().values()))
def test_random_cases(text: str) -> None:
    """Whether an action is one or two, the states and the steps are the same."""
    system = system_of(text)
    one, two = PythonMachine(system), PythonMachine(told_apart(system))
    all_ = wanted_of(system)
    found = [explore(m, all_, limits=Limits(MOST), to_the_end=True) for m in (one, two)]
    counts = [(f.statistics.states, f.statistics.transitions, f.decided.keys()) for f in found]
    if one.error not in found[0].decided and not found[0].statistics.stopped:
        assert counts[0] == counts[1]


def test_late_messages() -> None:
    """What comes too late is in nobody's way."""
    text = (
        "spec late\nvar top: 0..3 = 0\nvar sent: set<1..3> = {1, 2, 3}\nvar seen: set<1..3> = {}\n"
    )
    text += (
        "action take(n in 1..3) when n in sent { sent -= n\nif n > top { top := n\nseen += n } }\n"
    )
    system = system_of(text + "invariant all_ { count(seen) < 3 }")
    order = ordered(system, wanted_of(system))
    assert len(order.guards) == 6
    assert explore(GuidedMachine(order), frozenset([0])).decided.keys() == {0}


@pytest.mark.parametrize("model", ["two_phase", "bulkhead", "chang_roberts", "quorum_store"])
def test_asked_once(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions that differ in names only have the same answer, if each is asked."""
    system = compile_job(load(ROOT / f"models/{model}.dsm")[0])
    order = ordered(system, wanted_of(system))
    monkeypatch.setattr(Alike, "key", lambda _, numbers, condition=None: (*numbers, condition))
    assert ordered(system, wanted_of(system)) == order


@pytest.mark.parametrize("job", small_jobs(100))
def test_models(job: Job) -> None:
    try:
        assert_enough(compile_job(job), alone=False)
    except NoOrderError as why:
        pytest.skip(str(why))


# ---------------------------------------------------------------- what is refused, what is left out

COUNTERS = """
spec counters
var a: 0..3 = 0
var b: 0..3 = 0
var c: 0..3 = 0
action one when a < 3 { a += 1 }
action two when b < 3 { b += 1 }
action three when c < 3 { c += 1 }
"""


def states_of(text: str, *names: str) -> int:
    system = system_of(text)
    wanted = frozenset(n for n, p in enumerate(system.properties) if p.name in names)
    found = explore(GuidedMachine(ordered(system, wanted).led(wanted)), wanted)
    assert found.statistics.complete or wanted == found.decided.keys()
    return found.statistics.states


def test_only_what_leads_there() -> None:
    """The goal is out of reach once its own counter stands; the others do not matter."""
    assert states_of(COUNTERS + "invariant small { a <= 3 }", "small") == 1
    assert states_of(COUNTERS + "invariant small { a < 3 }", "small") == 4


def test_one_order_to_rest() -> None:
    assert states_of(COUNTERS + "quiescent done { a + b + c == 9 }", "done") == 10


def test_what_faults_make_of_rest() -> None:
    """Who has crashed comes back without what it knew: then it rests once more."""
    text = """spec forgetful
message Ping
message Pong
role Client[2] {
  var answered: bool = false
  start { send Ping to Server.1 }
  on Pong { answered := true }
}
role Server { on Ping from c { send Pong to c } }
faults { restart Client at most 2 between steps }
quiescent somebody { exists c in Client: c.answered }
quiescent all_answered { forall c in Client: c.answered }
"""
    system = system_of(text)
    assert_enough(system)
    found = explore(GuidedMachine(ordered(system, wanted_of(system))), wanted_of(system))
    assert {system.properties[n].name for n in found.decided} == {"somebody", "all_answered"}


def test_what_commutes() -> None:
    """By what is read and written, they would not."""
    text = "spec largest\nvar n: 0..9 = 0\nvar x: 0..1 = 0\nvar y: 0..1 = 0\n"
    text += "action one when x == 0 { x := 1; n := max(n, 2) }\n"
    text += "action two when y == 0 { y := 1; n := max(n, 3) }\n"
    assert states_of(text + "quiescent done { n == 3 }", "done") == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (COUNTERS + "explore while a < 2", "cuts runs off"),
        (COUNTERS + "action all(p in 0..14, q in 0..14) when a == 3 and p == q { a := 0 }", ""),
        (COUNTERS + "action all(p in 0..20, q in 0..20) when a == 3 { a := 0 }", "too many"),
        (
            COUNTERS + "var s: set<0..4000> = {}\naction put when 1 not in s { s += 1 }",
            "many values",
        ),
    ],
)
def test_refused(text: str, why: str) -> None:
    system = system_of(text + "\ninvariant true_ { a <= 3 }")
    if why:
        with pytest.raises(NoOrderError, match=why):
            ordered(system, wanted_of(system))
    else:
        assert_enough(system)


def test_errors_are_not_missed() -> None:
    """What is asked for has nothing to do with the step that leaves its range."""
    system = system_of(COUNTERS + "action more { c += 1 }\ninvariant small { a <= 3 }")
    at_once = replace(NO_REDUCTIONS, partial_order=True, after=0, patience=0)
    machine = PythonMachine(system)
    asked = frozenset([0])
    found = search(machine, asked, How(), at_once, limits=Limits())
    assert found.decided.keys() == {machine.error}


# ---------------------------------------------------------------- in C


@pytest.mark.parametrize("model", ["two_phase", "lease", "philosophers", "bulkhead"])
def test_the_same_in_c(model: str) -> None:
    for job in load(ROOT / f"models/{model}.dsm"):
        system = compile_job(job)
        wanted = wanted_of(system)
        with suppress(TooLarge):
            assert_same_in_c(ordered(system, wanted).led(wanted), wanted)
