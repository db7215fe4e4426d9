"""Searches with reductions: the answers of the system as it is, and runs of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import random_systems
from click.testing import CliRunner
from conftest import MODELS, TooLarge, words
from test_agreement import small_jobs, system_of

from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How
from dsmc.backends.tiers import search as search_plainly
from dsmc.cache.key import key_of
from dsmc.cli import main
from dsmc.engine.outcome import Explored, Limits, Run, Statistics
from dsmc.frozen import replace
from dsmc.ir import system as y
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.plan import NO_REDUCTIONS, Reduced, Reductions
from dsmc.reductions import search
from dsmc.reductions.searching import _Search
from dsmc.session import Options, check, compile_job, load
from dsmc.traces.lift import Lift, shows
from dsmc.traces.replay import ReplayError, replay

Write = Callable[[str], Path]

#: From the first state on: all of them, and each alone.
ALL = Reductions(after=0)
SYMMETRY = Reductions(dead_values=False, slices=False, after=0)
DEAD_VALUES = Reductions(symmetry=False, slices=False, after=0)
SLICES = Reductions(symmetry=False, dead_values=False, after=0)

#: Steps are left out, however few.
WITH_ORDER = Reductions(after=0, patience=0, pays=1)
ORDER = replace(WITH_ORDER, symmetry=False, dead_values=False, slices=False)

SMALL = 2_000


def assert_same_answers(system: System, *kinds: Reductions) -> str:
    """The same properties are decided, in as many steps, and the runs can be told; what was used."""
    machine = PythonMachine(system)
    wanted = frozenset(
        n for n, p in enumerate(system.properties) if not isinstance(p, (*y.APART, y.NoError))
    )
    how, used = How("python"), ""
    full = search_plainly(machine, wanted, how, limits=Limits(SMALL), to_the_end=False)
    if full.statistics.stopped:
        raise TooLarge
    for reductions in kinds:
        less = search(machine, wanted, how, reductions, limits=Limits(SMALL + 1))
        assert lengths(less) == lengths(full)
        assert wanted <= less.decided.keys() | less.proven or less.statistics.complete
        for number, run in less.decided.items():
            told(machine, number, run)
        used = used or less.statistics.reductions
    return used


def lengths(found: Explored) -> dict[int, int]:
    return {number: run.length for number, run in found.decided.items()}


def told(machine: PythonMachine, number: int, run: Run) -> None:
    """A trace takes each step again."""
    assert shows(machine, number, run)
    if run.states:
        trace = replay(machine, machine.system.properties[number], run, spec="s", model="")
        assert len(trace.states) >= len(run.states)


# ---------------------------------------------------------------- the same answers


@pytest.mark.parametrize("job", small_jobs(300))
def test_models(job: Job) -> None:
    assert_same_answers(compile_job(job), ALL)


@pytest.mark.parametrize("job", small_jobs(80))
def test_each_alone(job: Job) -> None:
    assert_same_answers(compile_job(job), SYMMETRY, DEAD_VALUES, SLICES)


@pytest.mark.parametrize("job", small_jobs(50))
def test_order(job: Job) -> None:
    assert_same_answers(compile_job(job), ORDER, replace(ORDER, schedules=False), WITH_ORDER)


PROPERTIES = (
    "", "quiescent q { forall n in A: n.a == 1 }", "reachable r { exists n in B: n.b == 1 }",
    "invariant i { forall n in A: n.a == 0 }\ninvariant j { forall n in B: n.b == 0 }",
    "transition t { forall n in A: n.a >= old(n.a) }",
)  # fmt: skip


test_random = random_systems.test_of(
    lambda system: assert_same_answers(system, ALL, SYMMETRY, DEAD_VALUES, SLICES),
    random_systems.all_kinds(PROPERTIES),
)


LONG = """spec long
var a: 0..4 = 0
var b: 0..4 = 0
var c: 0..4 = 0
action one when a < 4 { a += 1 }
action two when b < 4 { b += 1 }
action three when c < 4 { c += 1 }
invariant small { a < 2 }
invariant kept { a + b + c <= 12 }
reachable middle { a + b == 5 }
reachable last { a + b + c == 12 }
"""


def test_an_order_that_leaves_too_many_steps_is_not_used(spec: Write) -> None:
    """Of the two steps that are possible at first only one is needed."""
    (job,) = load(
        spec(
            "spec two\nvar a: 0..1 = 0\nvar b: 0..1 = 0\n"
            "action left when a == 0 { a := 1 }\naction right when b == 0 { b := 1 }\n"
            "quiescent done { a == 1 and b == 1 }\n"
        )
    )
    used = {}
    for pays in (0.4, 1.0):
        report = check(job, Options(reductions=replace(ORDER, pays=pays), engine="python"))
        assert report.result("done").verdict.value == "holds"
        used[pays] = report.statistics.states, *report.notes
    assert used == {
        0.4: (4, "no partial order: it would leave out too few steps"),
        1.0: (3, "partial order"),
    }


@pytest.mark.parametrize("after", [0, 5, 40])
@pytest.mark.parametrize("patience", [0, 10, 60, 1_000])
def test_what_was_decided_on_the_way_stays_so(spec: Write, after: int, patience: int) -> None:
    (job,) = load(spec(LONG))
    for reductions in (Reductions(after=after, patience=patience), NO_REDUCTIONS):
        found = {
            r.name: (r.word, r.steps) for r in check(job, Options(reductions=reductions)).results
        }
        assert found == {
            "small": ("violated", 2), "kept": ("holds", None), "middle": ("reachable", 5),
            "last": ("reachable", 12),
        }  # fmt: skip


# ---------------------------------------------------------------- what was left out comes back

WHOLE = """spec whole
symbols S[3]
enum P { a, b, c }
var p: P = a
var x: 0..2 = 0
var y: 0..2 = 0
var unused: 0..3 = 0
var who: set<S> = {}
init { pick n in 0..2; unused := n }
action put(n in 0..2) when p == a { x := n; unused := n; p := b }
action join(s in S) when p == a { who += s }
action use when p == b and x == 2 { p := c; y := 1 }
action other { unused := 3 - unused }
invariant never { p != c }
invariant outside { not forall s in S: s in who }
transition up { p != c or old(y) == 0 }
reachable there { p == b }
"""


def test_values_of_the_trace(spec: Write) -> None:
    """Traces show all variables, and no value that is forgotten as a change."""
    (job,) = load(spec(WHOLE))
    report = check(job, Options(reductions=ALL))
    assert report.statistics.reductions == (
        "symmetry of S (up to 6 times fewer states); dead values of x reset; unused left out"
    )
    trace = report.result("never").trace
    assert trace is not None
    assert [values["x"] for values in trace.states] == [0, 2, 2]
    assert [values["unused"] for values in trace.states] == [0, 2, 2]
    assert assert_same_answers(report.system, ALL, DEAD_VALUES) == report.statistics.reductions


def test_a_run_of_another_system() -> None:
    """What the system itself does not do is never shown."""
    text = "spec s\nvar x: 0..2 = 0\naction a when x < {} {{ x := x + 1 }}\n"
    short, long = (PythonMachine(system_of(text.format(n))) for n in (1, 2))
    (state,) = long.initial()[0]
    states = [state]
    for _ in range(2):
        (step,) = long.steps_from(states[-1])
        states.append(step.target)  # type: ignore[arg-type]
    assert Lift(long, long, ()).run(Run(tuple(states))).length == 2
    with pytest.raises(ReplayError):
        Lift(short, long, ()).run(Run(tuple(states)))


# ---------------------------------------------------------------- slices apart

APART = """spec apart
var x: 0..40 = 0
var y: 0..40 = 0
action a { x := (x + 1) mod 41 }
action b { y := (y + 1) mod 41 }
invariant i { x < 40 }
invariant j { y <= 40 }
"""


def test_slices_apart(spec: Write) -> None:
    """Each property is searched for in its own part of the system."""
    (job,) = load(spec(APART))
    report = check(job, Options(reductions=ALL))
    assert report.statistics.reductions == "2 slices"
    assert report.statistics.states == 41 + 41
    assert (words(report), report.result("i").steps) == ({"i": "violated", "j": "holds"}, 40)
    full = check(job, Options(reductions=NO_REDUCTIONS))
    assert (full.statistics.states, words(full)) == (41 * 41, words(report))


def test_a_limit_of_one_slice(spec: Write) -> None:
    """What the first slice proved stands when the second is stopped."""
    text = APART.replace("x < 40", "x <= 40").replace("var y: 0..40", "var y: 0..9999")
    (job,) = load(
        spec(text.replace("mod 41 }\ninv", "mod 10000 }\ninv").replace("y <= 40", "y < 9999"))
    )
    report = check(job, Options(reductions=ALL, limits=Limits(states=1_000)))
    assert words(report) == {"i": "holds", "j": "unknown"}


def test_a_slice_that_is_the_whole(spec: Write) -> None:
    """A slice inside another is no search of its own."""
    (job,) = load(spec(APART + "invariant both { x + y < 100 }\n"))
    report = check(job, Options(reductions=ALL))
    assert (report.statistics.reductions, report.statistics.states) == ("", 41 * 41)


# ---------------------------------------------------------------- names and range errors

FAILS = """spec fails
symbols S[3]
var got: set<S> = {}
var n: 0..2 = 0
action take(s in S) when not (s in got) { got += s; n += 1 }
invariant few { got.len < 3 }
invariant one { n < 2 }
"""


def test_range_errors(spec: Write) -> None:
    """A step without a value is found, and hides what it hides without reductions."""
    (job,) = load(spec(FAILS))
    full, less = (check(job, Options(reductions=r)) for r in (NO_REDUCTIONS, ALL))
    assert words(full) == words(less)
    assert [r.steps for r in full.results] == [r.steps for r in less.results]


# ---------------------------------------------------------------- when they are used

LARGE = "spec large\n" + "".join(
    f"var x{n}: 0..9 = 0\naction a{n} {{ x{n} := (x{n} + 1) mod 10 }}\n"
    f"invariant i{n} {{ x{n} < 10 }}\n"
    for n in range(6)
)  # a million states


def dsmc(*arguments: str) -> str:
    return CliRunner().invoke(main, arguments).output


def test_of_what_is_large_only(spec: Write) -> None:
    """Small spaces are counted as they are."""
    assert "60 states" in dsmc("check", str(spec(LARGE)))
    assert "6 slices" in dsmc("check", str(spec(LARGE)))
    assert "1,681 states" in dsmc("check", str(spec(APART)))


def test_what_was_decided_before_they_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays decided, whatever ends the search with reductions; and it is not searched for again."""
    asked = []

    def stopped(self: _Search, parts: Sequence[Reduced], _: Limits) -> Explored:
        asked.append(self._wanted)
        return Explored({}, replace(_nothing_of(parts), stopped="the limit"))

    monkeypatch.setattr(_Search, "_in_parts", stopped)
    system = system_of(
        f"{LARGE}invariant soon {{ x0 < 2 }}\ninvariant late {{ x0 + x1 + x2 + x3 < 36 }}\n"
    )
    names = {p.name: n for n, p in enumerate(system.properties)}
    wanted = frozenset(names[name] for name in ("soon", "late"))
    found = search(
        PythonMachine(system), wanted, How("python"), replace(SLICES, after=500), limits=Limits()
    )
    assert found.decided.keys() == {names["soon"]}
    assert found.decided[names["soon"]].length == 2
    assert asked == [{names["late"]}]


def _nothing_of(parts: Sequence[Reduced]) -> Statistics:
    return Statistics(len(parts), 0, 1, 1, 0, 0.0, complete=False)


def test_switched_off(spec: Write) -> None:
    """One by one, or all."""
    path = str(spec(LARGE))
    for flag in ("--no-slices", "--no-reductions", "--all"):
        assert "slices" not in dsmc("check", path, flag, "--max-states", "60000")
    assert "6 slices" in dsmc("check", path, "--no-symmetry", "--no-dead-values")
    assert "6 slices" not in dsmc("test", path, "--no-slices", "--max-states", "60000")


def test_expected_counts() -> None:
    """Counts that a model states are those of the system as it is."""
    path = next(path for path in MODELS if path.stem == "two_phase")
    job = next(job for job in load(path) if job.name == "three")
    counted = check(job, Options(reductions=ALL))
    assert (counted.statistics.states, counted.statistics.reductions) == (288, "")
    less = check(replace(job, expectations=()), Options(reductions=ALL))
    assert less.statistics.states < 288


def test_reports(spec: Write) -> None:
    """The report says what was used, and why names are not interchangeable if it is asked."""
    text = "spec s\nsymbols S[2]\nvar x: S in S\naction a { x := S.1 }\ninvariant i { true }\n"
    path = str(spec(text))
    assert "S is not symmetric: `S.1` is named (" in dsmc("check", path, "--explain-reductions")
    assert "symmetric" not in dsmc("check", path)
    (report,) = json.loads(dsmc("check", path, "--json"))
    assert report["reductions"]["used"] == ""
    assert report["reductions"]["not_symmetric"][0]["type"] == "S"
    assert (
        json.loads(dsmc("check", str(spec(LARGE)), "--json"))[0]["reductions"]["used"] == "6 slices"
    )


def test_part_of_the_question() -> None:
    """An answer with reductions is not one without."""
    kinds = (ALL, SYMMETRY, DEAD_VALUES, SLICES, NO_REDUCTIONS, replace(ALL, after=1))
    assert len({key_of(Options(reductions=r)) for r in kinds}) == len(kinds)
