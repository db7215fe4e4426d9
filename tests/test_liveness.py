"""What holds of whole runs: a corpus with known verdicts, decided twice; random systems likewise."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import lassos
import pytest
from conftest import ROOT
from hypothesis import assume, given
from hypothesis import strategies as st
from lassos import Owed, Word
from oracle import TooLarge
from protocols import Protocol
from random_protocols import protocols
from test_agreement import system_of

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.machine import State
from dsmc.engine.outcome import Limits, Lived, Run, Verdict
from dsmc.ir import system as y
from dsmc.lives import lives, temporal
from dsmc.project import Job
from dsmc.session import Options, check, compile_job, load
from dsmc.traces.replay import replay

CORPUS = sorted((ROOT / "tests/liveness").glob("*.dsm"))
JOBS = [pytest.param(job, id=f"{path.stem}-{job.name}") for path in CORPUS for job in load(path)]
NODES = st.sampled_from(["A.1", "B.1"])
FACTS = st.sampled_from(["a == 0", "a == 1", "b == 0", "b == 1"])
#: So many states have subsets that can all be tried.
TINY = 10


def test_the_corpus_is_large() -> None:
    assert len(JOBS) >= 60


@pytest.mark.parametrize("job", JOBS)
def test_is_as_expected(job: Job) -> None:
    assert not check(job, Options(engine="python")).surprises


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_says_something_of_each_property(path: Path) -> None:
    jobs = load(path)
    named = {e.name for job in jobs for e in job.expectations if hasattr(e, "name")}
    assert named >= {p.name for _, p in temporal(compile_job(jobs[0]))}


@pytest.mark.parametrize("job", JOBS)
def test_is_decided_alike_by_brute_force(job: Job) -> None:
    assert_agree(compile_job(job))


@pytest.mark.parametrize("job", JOBS)
def test_is_decided_alike_without_fairness(job: Job) -> None:
    assert_agree(compile_job(job), fair=False)


def assert_agree(system: y.System, *, fair: bool = True) -> None:
    """Verdicts are those of brute force, and lassos are fair runs that break what they shall."""
    machine = PythonMachine(system)
    found = lives(machine, fair=fair)
    slow = lassos.slow(system, fair=fair)
    for number, prop in temporal(system):
        lived = found.found[number]
        if lived.run is not None:
            word = word_of(machine, slow, lived.run, fair=fair)
            assert lassos.is_run(slow, word)
            assert lassos.is_fair(slow, word)
            assert not lassos.holds(slow, word, prop.formula)
            trace = replay(machine, prop, lived.run, spec="", model="")
            assert trace.loop == lived.run.start
            assert trace.reasons
        if lived.verdict is not Verdict.UNKNOWN:
            assert_verdict(slow, prop, lived)


def assert_verdict(slow: lassos.Slow, prop: y.Temporal, lived: Lived) -> None:
    broken = lived.verdict is Verdict.VIOLATED
    if prop.form != "ltl":
        assert lassos.violated(slow, prop) == broken
        if len(slow.states) <= TINY:
            assert lassos.violated(slow, prop, by_hand=True) == broken
    elif not broken and len(slow.states) <= TINY:
        for word in lassos.words(slow, 5):
            assert lassos.holds(slow, word, prop.formula) or not lassos.is_fair(slow, word)


def word_of(machine: PythonMachine, slow: lassos.Slow, run: Run, *, fair: bool) -> Word:
    """A run in the terms of the slow decider."""
    names = [v.name for v in machine.system.variables]
    numbers = {state: n for n, state in enumerate(slow.states)}
    plain = [machine.decode(state) for state in run.states]
    states = [numbers[tuple(values[name] for name in names)] for values in plain]
    whose = [
        _owed(machine, *step) if fair else None
        for step in zip(run.states, run.states[1:], run.owed, strict=False)
    ]
    assert run.start is not None
    if run.start == len(run.states) - 1:
        return Word(states, run.start, [*whose, None])
    assert states[run.start] == states[-1]
    return Word(states[:-1], run.start, whose)


def _owed(machine: PythonMachine, here: State, there: State, owed: Owed | None) -> Owed | None:
    """Whose a step is, with plain values."""
    steps = machine.steps_from(here)
    step = next(step for step in steps if step.target == there and step.owed == owed)
    if owed is None:
        return None
    values = {name: value for name, value, _ in step.labels}
    return (step.action.owed or step.action.name, *(values[k] for k in step.action.key))


# ---------------------------------------------------------------- random systems


@st.composite
def guards(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["a", "b"]))
    return f"{name} {draw(st.sampled_from(['==', '!=', '<']))} {draw(st.integers(0, 2))}"


@st.composite
def effects(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["a", "b"]))
    value = draw(st.sampled_from(["0", "1", "2", "(a + 1) mod 3", "(b + 2) mod 3", "a", "b"]))
    return f"{name} := {value}"


@st.composite
def bodies(draw: st.DrawFn) -> str:
    first, second = draw(effects()), draw(effects())
    return draw(
        st.sampled_from(
            [
                first,
                f"{first}; {second}",
                f"either {{ {first} }} or {{ {second} }}",
                f"if {draw(guards())} {{ {first} }} else {{ {second} }}",
                f"pick k in 0..1; a := k; {second}",
            ]
        )
    )


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(guards())
    one = f"({draw(formulas(depth - 1))})"
    form = draw(st.integers(0, 5))
    if form < 4:
        return f"{['not', 'next', 'always', 'eventually'][form]} {one}"
    other = f"({draw(formulas(depth - 1))})"
    return f"{one} {draw(st.sampled_from(['until', 'and', 'or', 'implies', 'iff']))} {other}"


@st.composite
def live_specs(draw: st.DrawFn) -> str:
    lines = ["spec random", "var a: 0..2 = 0", "var b: 0..2 in 0..1"]
    for number in range(draw(st.integers(1, 4))):
        word = draw(st.sampled_from(["", "fair ", "fair ", "strong fair "]))
        param = draw(st.sampled_from(["", "", f"(p{number} in 1..2)"]))
        more = f"; b := p{number}" if param else ""
        lines.append(
            f"{word}action act{number}{param} when {draw(guards())} {{ {draw(bodies())}{more} }}"
        )
    for form in ("eventually", "always eventually", "eventually always"):
        lines.append(f"{form} {form.replace(' ', '_')}_ {{ {draw(guards())} }}")
    lines.append(f"response: {draw(guards())} leads to {draw(guards())}")
    lines += [f"ltl ltl{n} {{ {draw(formulas())} }}" for n in range(2)]
    return "\n".join(lines) + "\n"


@given(live_specs())
def test_random_systems(text: str) -> None:
    system = system_of(text)
    try:
        assert_agree(system)
    except TooLarge:
        assume(False)


@given(live_specs(), st.booleans())
def test_a_formula_and_its_opposite(text: str, fair: bool) -> None:
    """Of two opposites at most one holds: there is always a fair run, and it breaks one of them."""
    opposite = text.replace("ltl ltl0 { ", "ltl opposite { not (").replace(
        " }\nltl ltl1", ") }\nltl ltl1"
    )
    lines = [line for line in opposite.splitlines() if "opposite" in line]
    system = system_of(text + lines[0] + "\n")
    found = lives(PythonMachine(system), fair=fair).found
    verdicts = {p.name: found[n].verdict for n, p in temporal(system)}
    assert Verdict.VIOLATED in (verdicts["ltl0"], verdicts["opposite"])


@given(protocols(), st.lists(st.tuples(NODES, FACTS), min_size=4, max_size=4))
def test_random_protocols(protocol: Protocol, asked: list[tuple[str, str]]) -> None:
    """Crashes, losses and copies: what is owed there, and what is not."""
    one, two, three, four = (f"{node}.{fact}" for node, fact in asked)
    lines = [
        f"eventually e {{ {one} }}", f"always eventually ae {{ {two} }}",
        f"eventually always ea {{ {three} }}", f"resp: {four} leads to {one}",
    ]  # fmt: skip
    try:
        lassos.slow(system_of(protocol.text()), limit=150)
    except TooLarge:
        assume(False)
    assert_agree(system_of("\n".join([protocol.text(), *lines, ""])))


def test_the_slow_decider_is_not_the_one_under_test() -> None:
    text = (ROOT / "tests/lassos.py").read_text(encoding="utf-8")
    assert "import dsmc.liveness" not in text
    assert "from dsmc.liveness" not in text


COUNTERS = """spec counters
var c: map<0..4, 0..9> = [i: 0 for i in 0..4]
fair action step(i in 0..4) { c[i] := (c[i] + 1) mod 10 }
ltl goes { always (c[0] == 1 implies next (c[0] == 1) or next (c[0] == 2)) }
always eventually first { c[0] == 5 }
"""


@pytest.mark.parametrize("engine", ["python", "c"])
def test_the_time_is_for_formulas_of_any_shape(spec: Callable[[str], Path], engine: str) -> None:
    """There are 100,000 states, and the automaton makes them more. It is said what was asked for."""
    began = time.perf_counter()
    (job,) = load(spec(COUNTERS))
    report = check(job, Options(limits=Limits(seconds=1.5), engine=engine))
    assert report.result("goes").verdict is Verdict.UNKNOWN
    assert report.result("goes").note == "the limit of 1.5 seconds"
    assert time.perf_counter() - began < 30


GROWS = """spec grows
message M
role A {
  stable done: bool = false
  fair action tell when not done { send M to B.1 }
}
role B { stable n: 0..1 = 0 }
eventually rests { A.1.done }
"""


def test_why_the_search_stopped_is_why_it_is_unknown(spec: Callable[[str], Path]) -> None:
    (job,) = load(spec(GROWS))
    report = check(job, Options(engine="python"))
    assert report.result("rests").note == "the messages in flight grow for ever"
