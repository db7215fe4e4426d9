"""Lineage-driven search: it finds what all sets of faults find, with as few faults; supports are proofs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import random_protocols
import random_specs
from click.testing import CliRunner, Result
from conftest import ROOT, TooLarge
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lineages import assert_proofs, fewest
from test_agreement import system_of

from dsmc.backends.python.machine import PythonMachine
from dsmc.cli import main
from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir.names import shown
from dsmc.ir.system import Action, Kind, System
from dsmc.lineage.facts import equal
from dsmc.lineage.gates import Fault
from dsmc.lineage.judging import Judge, is_judged
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.search import Search
from dsmc.lineage.slots import Slot
from dsmc.lineage.static import Static
from dsmc.lineage.supports import Supports
from dsmc.session import compile_job, load
from dsmc.smt.cuts import Cuts
from dsmc.smt.monotone import FALSE, TRUE, Formulas
from dsmc.smt.solving import Clock

PROGRAMS = ROOT / "bench/lineage"
Lowered = Callable[..., System]


def schedule_of(system: System, rounds: int, fault_rounds: int) -> Schedule:
    return Schedule(PythonMachine(system), rounds, fault_rounds)


def program(name: str, model: str) -> System:
    jobs = load(PROGRAMS / f"{name}.dsm")
    return compile_job(next(job for job in jobs if job.name == model))


def number(system: System, name: str) -> int:
    return next(n for n, p in enumerate(system.properties) if p.name == name)


# ---------------------------------------------------------------- formulas, and sets that cut them


def test_formulas_are_kept_once_and_made_simple() -> None:
    formulas: Formulas[str] = Formulas()
    a, b = (formulas.literal(name, positive=True) for name in "ab")
    assert formulas.all([]) == TRUE
    assert formulas.any([]) == FALSE
    assert formulas.all([a, TRUE]) == a == formulas.any([a, FALSE, a])
    assert formulas.all([a, b]) == formulas.all([b, a]) == formulas.at_least(2, [a, b])
    assert formulas.at_least(0, [a]) == TRUE
    assert formulas.at_least(3, [a, b]) == FALSE
    assert formulas.at_least(2, [a, TRUE, FALSE]) == a


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), max_size=4), st.integers(0, 3))
def test_the_smallest_sets_that_cut_come_first_and_each_once(
    supports: list[list[int]], most: int
) -> None:
    formulas: Formulas[int] = Formulas()
    cuts = Cuts(formulas, Clock())
    for support in supports:
        cuts.add(formulas.all(formulas.literal(n, positive=False) for n in support))
    found: list[frozenset[int]] = []
    while (one := cuts.smallest([(most, formulas.atoms)])) is not None:
        found.append(one)
        same = (formulas.literal(n, positive=n in one) for n in formulas.atoms)
        cuts.add(formulas.all(same))
    known = {n for support in supports for n in support}
    all_sets = [frozenset(n for n in known if bits >> n & 1) for bits in range(32)]
    good = {s for s in all_sets if len(s) <= most and all(s & set(one) for one in supports)}
    assert set(found) == good
    assert [len(one) for one in found] == sorted(map(len, found))


# ---------------------------------------------------------------- the schedule

ROUNDS = """
spec rounds
message Ping
message Pong
role Client {
  var got: 0..3 = 0
  var late: bool = false
  start { send Ping to Server.1 }
  on Pong { got += 1 }
  timeout again when got == 0 and not late { late := true; send Ping to Server.1 }
}
role Server { on Ping from c { send Pong to c } }
quiescent answered { Client.1.got > 0 }
"""


def test_a_message_takes_a_round_and_timeouts_wait_until_nothing_happens(lowered: Lowered) -> None:
    schedule = schedule_of(lowered(ROUNDS, "lose"), 5, 5)
    first = schedule.machine.initial()[0][0]
    run = schedule.run(first)
    assert [r.idle for r in run.rounds] == [False, False, True, True, True]
    assert run.values[-1]["Client.late"] == (False,)
    (lost,) = schedule.possible(1, first)
    late = schedule.run(first, frozenset({lost}))
    assert [r.idle for r in late.rounds] == [True, False, False, True, True]
    assert (late.values[-1]["Client.late"], late.values[-1]["Client.got"]) == ((True,), (1,))


def test_a_node_that_restarts_misses_one_round(lowered: Lowered) -> None:
    schedule = schedule_of(lowered(ROUNDS, "restart Server at most 1"), 5, 5)
    first = schedule.machine.initial()[0][0]
    (fault,) = schedule.possible(1, first)
    run = schedule.run(first, frozenset({fault}))
    taken = [(g.round, shown(g.step.action.name)) for g in run.gates if g.step is not None]
    assert taken == [
        (1, "Server.restart"), (1, "Server.comes_back"), (2, "Server.on_Ping"), (3, "Client.on_Pong"),
    ]  # fmt: skip


def test_a_run_is_a_run_of_the_reference() -> None:
    system = program("classic_deliv", "losses")
    schedule = schedule_of(system, 4, 2)
    first = schedule.machine.initial()[0][0]
    run = schedule.run(first, frozenset(schedule.possible(1, first)[:1]))
    for here, there in zip(run.states, run.states[1:], strict=False):
        assert there in [step.target for step in schedule.machine.steps_from(here)]


# ---------------------------------------------------------------- supports


def support(system: System, slot: Slot, has: object, rounds: int = 4) -> list[list[str]]:
    """The smallest sets of faults that cut the support of what a slot has in the run without faults."""
    schedule = schedule_of(system, rounds, rounds)
    formulas: Formulas[Fault] = Formulas()
    run = schedule.run(schedule.machine.initial()[0][0])
    supports = Supports(schedule, run, formulas, Static(schedule))
    assert schedule.slots.value(run.values[-1], slot) == has
    cuts = Cuts(formulas, Clock())
    cuts.add(supports.fact(slot, equal(has), len(run.gates)))
    found: list[list[str]] = []
    while (one := cuts.smallest([])) and (not found or len(one) == len(found[0])):
        found.append(sorted(f"{shown(fault.action)}@{fault.round}" for fault in one))
        cuts.add(formulas.all(formulas.literal(f, positive=True) for f in one))
    return found


TWO_WAYS = """
spec two_ways
message Short
message Long
message Last
role A { start { send Short to B.1; send Long to C.1 } }
role B {
  var got: bool = false
  on Short { got := true }
  on Last { got := true }
}
role C { on Long { send Last to B.1 } }
quiescent good { B.1.got }
"""


def test_what_comes_twice_is_cut_twice(lowered: Lowered) -> None:
    found = support(lowered(TWO_WAYS, "lose"), Slot("B.got", (0,)), True)
    assert sorted(found) == [
        ["lose_Last@2", "lose_Short@1"], ["lose_Long@1", "lose_Short@1"],
    ]  # fmt: skip


QUORUM = """
spec votes
message Vote
role Voter[3] { start { send Vote to Box.1 } }
role Box {
  var from_: set<Voter> = {}
  var done: bool = false
  on Vote from v { from_ += v }
  fair action close when count(from_) >= 2 and not done { done := true }
}
quiescent closed { Box.1.done }
"""


def test_a_threshold_is_cut_by_as_many_as_are_too_few(lowered: Lowered) -> None:
    found = support(lowered(QUORUM, "lose"), Slot("Box.done", (0,)), True)
    assert found == [["lose_Vote@1", "lose_Vote@1"]] * 3  # each two of three votes
    system = lowered(QUORUM, "lose at most 1")
    assert_none(system, "closed", 4, 4, runs=1)
    assert_broken(lowered(QUORUM, "lose at most 2"), "closed", 4, 4, faults=2)


def assert_none(system: System, name: str, rounds: int, fault_rounds: int, runs: int) -> None:
    schedule = schedule_of(system, rounds, fault_rounds)
    found = Search(schedule, Clock()).look(number(system, name), schedule.machine.initial()[0][0])
    assert (found.run, found.runs) == (None, runs)


def assert_broken(system: System, name: str, rounds: int, fault_rounds: int, faults: int) -> None:
    schedule = schedule_of(system, rounds, fault_rounds)
    found = Search(schedule, Clock()).look(number(system, name), schedule.machine.initial()[0][0])
    assert found.run is not None
    assert len(found.faults) == faults


# ---------------------------------------------------------------- against all sets of faults


def assert_finds_the_same(schedule: Schedule, most: int) -> None:
    """As few faults break each property as of all sets of faults."""
    properties = enumerate(schedule.system.properties)
    judges = [Judge(schedule, n) for n, prop in properties if is_judged(prop)]
    for first in schedule.machine.initial()[0][:1]:
        try:
            wanted, count = fewest(schedule, judges, first, most)
        except TooLarge:
            assume(False)
        for judge, least in zip(judges, wanted, strict=True):
            found = Search(schedule, Clock()).look(judge.number, first)
            assert (found.run is None) == (least is None)
            assert found.run is None or len(found.faults) == least
            assert found.runs <= count


@pytest.mark.parametrize(
    ("name", "model", "rounds", "fault_rounds"),
    [
        ("simple_deliv", "lost", 4, 2),
        ("retry_deliv", "losses_and_a_crash", 8, 2),
        ("classic_deliv", "losses", 5, 2),
        ("classic_deliv", "a_crash", 6, 6),
        ("two_phase", "a_crash", 5, 2),
    ],
)
def test_programs_break_by_as_few_faults_as_all_sets_say(
    name: str, model: str, rounds: int, fault_rounds: int
) -> None:
    assert_finds_the_same(schedule_of(program(name, model), rounds, fault_rounds), 1_000)


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """A condition on nodes of both roles of a random protocol."""

    def one() -> str:
        node, name = draw(st.sampled_from(["A.1", "B.1"])), draw(st.sampled_from("ab"))
        return f"{node}.{name} == {draw(st.integers(0, 1))}"

    form = draw(st.sampled_from(["{} or {}", "{} implies {}", "not ({} and {})"]))
    return form.format(one(), one())


@st.composite
def protocols(draw: st.DrawFn) -> str:
    """A random protocol with a property of each kind."""
    forms = ["invariant one {{ {} }}", "quiescent two {{ {} }}", "eventually three {{ {} }}"]
    properties = [form.format(draw(conditions())) for form in forms]
    return "\n".join([draw(random_protocols.protocols()).text(), *properties, ""])


#: Each example is some tens of runs.
FEW = settings(max_examples=settings().max_examples // 3)


@FEW
@given(protocols())
def test_random_protocols_break_by_as_few_faults_as_all_sets_say(text: str) -> None:
    system = system_of(text)
    assert_finds_the_same(schedule_of(system, 4, 2), 40)


@FEW
@given(protocols())
def test_supports_of_random_protocols_are_proofs(text: str) -> None:
    schedule = schedule_of(system_of(text), 3, 3)
    assert_proofs(schedule, schedule.machine.initial()[0][0], 8)


def is_fixed(action: Action) -> bool:
    """Do the choices of its parameters not depend on the state?"""
    parts = (e for p in action.params for e in (p.domain, p.where))
    return not any(isinstance(g, x.Global) for e in parts for g in x.walk(e))


@given(random_specs.specs(), st.integers(1, 255))
def test_supports_of_random_systems_are_proofs(text: str, chosen: int) -> None:
    """Some of the actions are taken to be faults: then all expressions and statements are in supports."""
    system = system_of(text)
    actions = [
        replace(a, origin=replace(a.origin, kind=Kind.FAULT, fault="crash"))
        if chosen >> n & 1 and is_fixed(a) else a for n, a in enumerate(system.actions)
    ]  # fmt: skip
    actions.sort(key=lambda a: a.origin.kind is Kind.FAULT)
    schedule = schedule_of(replace(system, actions=tuple(actions)), 3, 2)
    for first in schedule.machine.initial()[0][:1]:
        assert_proofs(schedule, first, 12)


# ---------------------------------------------------------------- the command


def checked(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments), "--strategy", "lineage"])


def test_a_counterexample_is_told_as_any_other(tmp_path: Path) -> None:
    done = checked(
        PROGRAMS / "classic_deliv.dsm", "-m", "losses", "--rounds", "5", "--out", tmp_path
    )
    assert done.exit_code == 0, done.output  # as it is expected
    assert "reliable is violated" in done.output
    assert "needs: loss of Entry" in done.output
    assert (tmp_path / "losses/reliable.svg").exists()


def test_what_is_certified_has_a_word_of_its_own() -> None:
    file = PROGRAMS / "classic_deliv.dsm"
    done = checked(file, "-m", "a_crash", "--rounds", "6", "--fault-rounds", "6")
    assert done.exit_code == 0
    assert (
        "no counterexample (in the synchronous model up to 6 rounds, faults up to round 6, 3 runs)"
        in done.output
    )
    assert "holds" not in done.output
    (data,) = json.loads(checked(file, "-m", "a_crash", "--rounds", "6", "--json").stdout)
    assert data["properties"][0]["verdict"] == "no_counterexample"
    assert data["lineage"] == {"rounds": 6, "fault_rounds": 3, "runs": data["lineage"]["runs"]}


def test_a_violation_without_faults(spec: Callable[..., Path]) -> None:
    bad = ROUNDS.replace("got > 0", "got > 1")
    done = checked(spec(bad))
    assert done.exit_code == 1
    assert "answered  violated" in done.output
    assert "found by 1 run)" in done.output


def test_where_nothing_happens_it_says_so(spec: Callable[..., Path]) -> None:
    idle = "spec idle\nrole A { var x: 0..1 = 0 }\ninvariant still { A.1.x == 0 }\n"
    assert "1 run; nothing ever happens)" in checked(spec(idle)).output


def test_where_nothing_came_to_rest_it_says_so() -> None:
    done = checked(PROGRAMS / "retry_deliv.dsm", "-m", "losses", "--rounds", "2")
    assert "no run came to rest: in more rounds one may" in done.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reachable r { A.1.x == 1 }", "the spec has no property that runs of rounds decide"),
        ("invariant i { true }\nvar y: 0..9 = 0\nexplore while y < 3", "knows no `explore while`"),
    ],
)
def test_what_rounds_do_not_decide_is_refused(
    text: str, said: str, spec: Callable[..., Path]
) -> None:
    done = checked(
        spec(f"spec s\nrole A {{ var x: 0..1 = 0\n on Go {{ x := 1 }} }}\nmessage Go\n{text}\n")
    )
    assert done.exit_code == 2
    assert "error[D720]" in done.output
    assert said in done.output


@pytest.mark.parametrize(
    "options",
    [
        ("--engine", "c"), ("--depth", "3"), ("--all",), ("--coverage",), ("--max-states", "3"),
        ("--search", "depth"), ("--rounds", "3", "--fault-rounds", "4"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_together_are_refused(options: tuple[str, ...]) -> None:
    done = checked(PROGRAMS / "simple_deliv.dsm", *options)
    assert done.exit_code == 2
    assert "Usage:" in done.output


def test_rounds_are_of_this_strategy_alone() -> None:
    file = str(PROGRAMS / "simple_deliv.dsm")
    assert CliRunner().invoke(main, ["check", file, "--rounds", "3"]).exit_code == 2
