"""What is counted beside the source: against the steps of the reference, and in each engine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import MODELS, ROOT

from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How
from dsmc.cli import main
from dsmc.coverage.count import Coverage, coverage, passed
from dsmc.coverage.points import Sort
from dsmc.engine.outcome import Limits
from dsmc.ir.protocol import Program
from dsmc.ir.system import Action, System
from dsmc.project import Job
from dsmc.session import Options, check, compile_job, load
from dsmc.typecheck.program import check_spec

SPEC = """spec counted
const DEEP: bool = false
message Go(n: 0..2)
message Never
role A {
  volatile n: 0..2 = 0
  start { send Go(1) to B.1 }
  action push when n < 2 and DEEP { n += 1 }
  timeout tick when n < 2 and n >= 0 {
    either { n += 1 }
    or { skip }
    or { require n == 9; n := 0 }
  }
  on Never { n := 0 }
}
role B {
  stable seen: 0..2 = 0
  on Go(n) when seen < 2 {
    if n == 1 { seen := 1 } else { seen := 2 }
  }
}
"""
FAULTS = "crash B at most 1; lose Go at most 1; lose Never at most 1"


def _program(job: Job) -> Program:
    found = check_spec(job.files, job.instance).program
    assert found is not None
    return found


def _job(spec: Callable[[str], Path], text: str, faults: str = "") -> Job:
    (job,) = load(spec(text + (f"\nfaults {{ {faults} }}" if faults else "")))
    return job


def _counts(found: Coverage, *sorts: Sort) -> dict[str, int]:
    return {point.name: n for point, n in found.counts if point.sort in sorts}


def test_code_branches_faults_and_messages(spec: Callable[[str], Path]) -> None:
    """A: n is 0, 1, 2; B: the message is in flight, seen, or (crashed or lost) gone."""
    found = coverage(_program(_job(spec, SPEC)), Limits())
    assert found.statistics.states == 6
    assert _counts(found, Sort.ACTION) == {
        "A on Never": 0, "A.push": 0, "A.tick": 2 * 2 * 2, "B on Go(n)": 3,
    }  # fmt: skip
    assert _counts(found, Sort.BRANCH) == {
        "n += 1": 4, "require n == 9": 0, "seen := 1": 3, "seen := 2": 0,
    }  # fmt: skip
    assert _counts(found, Sort.MESSAGE) == {"Go": 3, "Never": 0}
    told = [span.text for span in (*found.never_true, *found.never_false)]
    assert told == ["n >= 0", "seen < 2"]


def test_declared_faults(spec: Callable[[str], Path]) -> None:
    found = coverage(_program(_job(spec, SPEC, FAULTS)), Limits())
    counts = _counts(found, Sort.FAULT)
    assert counts["crash B"] > 0
    assert counts["lose Go"] > 0
    assert counts["lose Never"] == 0


@pytest.mark.parametrize("engine", ["python", "c"])
def test_what_never_happens(spec: Callable[[str], Path], engine: str) -> None:
    job = _job(spec, SPEC, FAULTS)
    found = passed(_program(job), How(engine), Limits())
    assert [point.name for point in found.never] == ["A on Never", "A.push", "lose Never"]
    assert found.certain


# ---------------------------------------------------------------- against the reference


def _counted(path: Path) -> Iterator[tuple[Job, Coverage]]:
    """The small models, with what is known of their coverage."""
    for job in load(path):
        found = coverage(_program(job), Limits(states=500))
        if found.statistics.complete:
            yield job, found


def _taken(system: System) -> Counter[Action]:
    """How many steps each action takes, by looking at all of them."""
    machine = PythonMachine(system)
    waiting = list(machine.initial()[0])
    seen, found = set(waiting), Counter[Action]()
    for state in waiting:
        for step in machine.steps_from(state):
            if step.target is not None:
                found[step.action] += 1
                if step.target not in seen and _within(machine, step.target):
                    seen.add(step.target)
                    waiting.append(step.target)
    return found


def _within(machine: PythonMachine, state: object) -> bool:
    return machine.is_within is None or machine.is_within(state)


@pytest.mark.parametrize("path", MODELS[::2], ids=lambda p: p.stem)
def test_counts_are_those_of_the_steps(path: Path) -> None:
    """Steps of processes and faults by name and place, and in all every step that is counted."""
    for job, found in _counted(path):
        taken = _taken(compile_job(job))
        assert found.statistics.transitions == sum(taken.values())
        steps, cut = Counter[tuple[str, object]](), 0
        for action, count in taken.items():
            steps[action.origin.title, action.origin.span] += count
            cut += count if action.origin.fault else 0
        for point, count in found.counts:
            if point.sort is Sort.STEP:
                assert count == steps[point.name, point.span], point
        inside = sum(n for p, n in found.counts if p.sort is Sort.FAULT)
        assert inside >= cut
        if not _throws(job):
            assert inside == cut


def _throws(job: Job) -> bool:
    """Is there a fault that happens inside the steps of a node?"""
    return any(fault.label for fault in _program(job).faults)


def test_the_same_never_happens_in_each_engine() -> None:
    for job in load(ROOT / "models/two_phase_commit.dsm")[:5]:
        ways = [passed(_program(job), How(engine), Limits()) for engine in ("python", "c")]
        counts = coverage(_program(job), Limits()).counts
        never = tuple(
            p for p, n in counts if not n and p.sort in (Sort.ACTION, Sort.FAULT, Sort.STEP)
        )
        assert [way.never for way in ways] == [never, never]


# ---------------------------------------------------------------- models and the command line

MODEL = """
model covered { expect all hold; expect covered }
model deep { const DEEP = true; faults { lose Go at most 1 }; expect all hold; expect covered }
"""


def test_a_model_expects_to_be_covered(spec: Callable[[str], Path]) -> None:
    path = spec(SPEC + MODEL)
    result = CliRunner().invoke(main, ["test", str(path)])
    assert result.exit_code == 1
    assert f"expected: A.push ({path}:8:3) happens; found: never happens" in result.output
    without = SPEC.replace("  on Never { n := 0 }\n", "").replace("message Never\n", "")
    spec(without + MODEL)
    result = CliRunner().invoke(main, ["test", str(path)])
    assert result.output.count("NOT AS EXPECTED") == 1
    assert CliRunner().invoke(main, ["check", str(path), "-m", "deep"]).exit_code == 0


def test_what_a_limit_leaves_open_is_unknown(spec: Callable[[str], Path]) -> None:
    text = "spec s\nvar x: 0..9999 = 0\naction up when x < 9999 { x += 1 }\n"
    text += "action late when x == 9999 { x := 0 }\nmodel m { expect covered }"
    result = CliRunner().invoke(main, ["test", str(spec(text)), "--max-states", "600"])
    assert result.exit_code == 3
    assert "late" in result.output
    assert "did not happen before it stopped: the limit of 600 states" in result.output


def test_vacuity_as_an_error(spec: Callable[[str], Path]) -> None:
    text = "spec s\nvar x: 0..1 = 0\naction up when x < 1 { x += 1 }\n"
    text += "invariant i { x == 1 implies x > 0 }\ninvariant v { x > 1 implies x > 2 }\n"
    path = str(spec(text + "model m { expect all hold }"))
    assert CliRunner().invoke(main, ["test", path]).exit_code == 0
    result = CliRunner().invoke(main, ["test", path, "--vacuity", "error"])
    assert result.exit_code == 1
    assert "v says something; found: it holds, but vacuously: `x > 1` was" in result.output


def test_the_source_is_annotated(spec: Callable[[str], Path]) -> None:
    path = str(spec(SPEC))
    told = CliRunner().invoke(main, ["check", path, "--coverage"]).output
    assert "        8     9    timeout tick when n < 2 and n >= 0 {" in told
    assert "    never    12      or { require n == 9; n := 0 }" in told
    assert "        3    19      seen := 1\n    never            seen := 2\n" in told
    assert "  never received: Never\n" in told
    data = json.loads(CliRunner().invoke(main, ["check", path, "--coverage", "--json"]).stdout)
    counted = {point["name"]: point["steps"] for point in data[0]["coverage"]["points"]}
    assert counted["A.tick"] == 8
    assert data[0]["coverage"]["never_received"] == ["Never"]


CALLED = """spec s
var x: 0..9 = 0
role T {
  process { either { f() } or { atomic { g() } }; g() }
  proc f() { either { x := 1 } or { x := 2 } }
  proc g() { if x == 3 { x := 4 } else { x := 5 } }
}
"""


def test_procedures_of_processes(spec: Callable[[str], Path]) -> None:
    """What is counted makes no steps, and what both kinds of code call is counted in both."""
    job = _job(spec, CALLED)
    found = coverage(_program(job), Limits())
    report = check(job)
    assert report.statistics.states == found.statistics.states == 8
    assert report.statistics.transitions == found.statistics.transitions
    assert _counts(found, Sort.BRANCH) == {"x := 4": 0, "x := 5": 1}
    asked = "if x == 3 { x := 4 } else { x := 5 }"
    assert _counts(found, Sort.STEP) == {
        "x := 1": 1, "x := 2": 1, "atomic { g() }": 1, asked: 0, f"{asked}: no": 3,
        "x := 4": 0, "x := 5": 3,
    }  # fmt: skip


WITNESSES = """spec s
var x: 0..3 = 0
action up when x < 2 { x += 1 }
action also when x == 3 { x := 1 }
action blocked when x == 1 { require x == 2; x := 2 }
action beyond when x == 2 { x := 0 }
reachable by_up by action up
reachable by_also by action also
reachable by_blocked by action blocked
reachable by_beyond by action beyond
"""


@pytest.mark.parametrize("engine", ["python", "c"])
def test_a_witness_by_an_action_is_the_action(spec: Callable[[str], Path], engine: str) -> None:
    """Not a state that another one leads to; nor one beyond the bound, from which nothing is taken."""
    report = check(load(spec(WITNESSES))[0], Options(engine=engine))
    words = {r.name: (r.word, r.steps) for r in report.results}
    assert words["by_up"] == ("reachable", 1)
    assert words["by_also"] == words["by_blocked"] == ("unreachable", None)
    assert words["by_beyond"] == ("reachable", 3)
    report = check(load(spec(WITNESSES + "explore while x < 2"))[0], Options(engine=engine))
    assert report.result("by_beyond").word == "unreachable"


def test_messages_as_values() -> None:
    """Where there are no roles, nobody receives: what is in a set of messages is no message in flight."""
    result = CliRunner().invoke(main, ["check", str(ROOT / "specs/two_phase.dsm"), "--coverage"])
    assert "tm_abort" in result.output
    assert "never received" not in result.output


def test_actions_without_roles(tmp_path: Path) -> None:
    """Each is one line, as it is written."""
    path = tmp_path / "core.dsm"
    path.write_text(
        "spec core\nvar x: 0..3 = 0\naction never_ when x == 3 { x := 1 }\n"
        "fair action up when x < 2 { x += 1 }\nreachable two { x == 2 }\nmodel m { expect covered }\n"
    )
    text = CliRunner().invoke(main, ["check", str(path), "--coverage"]).output
    assert "never     3  action never_ when x == 3 { x := 1 }\n" in text
    assert "2     4  fair action up when x < 2 { x += 1 }\n" in text
    assert text.count("happens; found: never happens") == 1
