"""Mutants: what is changed, who notices, and what the command says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import SPECS

import dsmc.session
from dsmc.cli import main
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Limits
from dsmc.ir.system import System
from dsmc.lower import lower
from dsmc.mutation.rules import NOTHING
from dsmc.mutation.run import Fate, Mutated, mutate
from dsmc.mutation.sites import mutated, mutations
from dsmc.session import Options, Report, load, program_of

COUNTER = """spec counter
const N = 3
var x: 0..N = 0
var y: 0..9 = 0
action up when x < N - 1 and y < 9 { x += 1; y := x }
action down when x > 0 { x -= 1 }
invariant small { x < 3 }
reachable two { x == 2 }
"""
FATES = {
    ("x < N - 1", "x <= N - 1"): "small violated 3",
    ("x < N - 1", NOTHING): "small violated 3",
    ("y < 9", "y <= 9"): "survived",
    ("y < 9", NOTHING): "survived",
    ("x += 1", NOTHING): "two unreachable None",
    ("y := x", NOTHING): "survived",
    ("x > 0", "x >= 0"): "no_range_error violated 1",
    ("x > 0", NOTHING): "no_range_error violated 1",
    ("x -= 1", NOTHING): "survived",
}


def _mutated(spec: Callable[[str], Path], text: str, states: int | None = None) -> Mutated:
    return mutate(load(spec(text)), Options(limits=Limits(states)))


def _fates(found: Mutated) -> dict[tuple[str, str], str]:
    return {
        (m.mutation.before, m.mutation.after): (
            f"{m.property} {m.note} {m.steps}" if m.fate is Fate.KILLED else m.fate.value
        )
        for m in found.mutants
    }


def test_who_notices(spec: Callable[[str], Path]) -> None:
    found = _mutated(spec, COUNTER)
    assert _fates(found) == FATES
    assert [found.count(fate) for fate in Fate] == [5, 4, 0]
    assert (found.same, found.left) == (0, 0)


PROTOCOL = """spec protocol
const K = 2
message Go
message Vote(n: 0..2)
role R[3] {
  buffered log: 0..2 = 0
  volatile seen: set<R> = {}
  proc store(n: 0..2) { log := n; sync log }
  on Go from c { store(1); send Vote(log) to c }
  on Vote(n) from p when n >= 1 {
    seen += p
    if seen == R or forall q in R: q in seen { store(2) }
    if seen.len >= majority(R) { store(2) }
  }
}
role C {
  volatile votes: 0..9 = 0
  start { broadcast Go to R }
  on quorum of Vote(n) from R as found { votes := 1 }
  process {
    await votes > 0
    receive K of Vote(n) from R as more { skip }
  }
}
"""


def test_what_is_changed(spec: Callable[[str], Path]) -> None:
    found = [(m.rule, m.before, m.after) for m in mutations(program_of(load(spec(PROTOCOL))[0]))]
    assert found == [
        ("update", "log := n", NOTHING),
        ("sync", "sync log", NOTHING),
        ("send", "send Vote(log) to c", NOTHING),
        ("comparison", "n >= 1", "n > 1"),
        ("guard", "n >= 1", NOTHING),
        ("update", "seen += p", NOTHING),
        ("comparison", "seen == R", "seen != R"),
        ("quorum", "seen == R", "seen is all of R but one"),
        ("quorum", "forall q in R: q in seen", "forall q in R: q in seen, but for one"),
        ("comparison", "seen.len >= majority(R)", "seen.len > majority(R)"),
        ("quorum", "majority(R)", "majority(R) - 1"),
        ("send", "broadcast Go to R", NOTHING),
        ("quorum", "quorum of", "quorum - 1 of"),
        ("update", "votes := 1", NOTHING),
        ("comparison", "votes > 0", "votes >= 0"),
        ("guard", "votes > 0", NOTHING),
        ("quorum", "K of", "K - 1 of"),
    ]


def test_a_procedure_is_changed_wherever_it_is_called(spec: Callable[[str], Path]) -> None:
    text = """spec s
    var x: 0..2 = 0
    proc put(n: 0..2) { x := n }
    action one when x == 0 { put(1) }
    action two when x == 1 { put(2) }
    reachable moved { x > 0 }"""
    program = program_of(load(spec(text))[0])
    (left_out,) = (m for m in mutations(program) if m.rule == "update")
    system = lower(mutated(program, left_out))
    assert [action.body for action in system.actions] == [(), ()]


@pytest.mark.parametrize("path", SPECS[::3], ids=lambda p: p.stem)
def test_every_mutation_of_every_spec_can_be_made(path: Path) -> None:
    """Each changes the program, and is its own; what it makes is a system, or refused in words."""
    program = program_of(load(path)[0])
    found = mutations(program)
    assert len(set(found)) == len(found) > 0
    for mutation in found:
        changed = mutated(program, mutation)
        assert changed != program, mutation
        assert not mutation.span.source.name.startswith("prelude/")
        try:
            assert isinstance(lower(changed), System)
        except Mistakes:
            continue


def test_what_makes_no_other_system_is_left_out(spec: Callable[[str], Path]) -> None:
    """Nor is changed what only properties use."""
    text = """spec s
    const A = 1
    var x: 0..2 = 0
    fun said(a: 0..2): bool = a <= 2
    fun may(a: 0..2): bool = a < 2
    action up when may(x) and A < 2 { x += 1 }
    invariant i { said(x) }"""
    found = _mutated(spec, text)
    assert [m.mutation.before for m in found.mutants] == ["a < 2", "may(x)", "x += 1"]
    assert found.same == 2


MODELS = """
model shallow { const N = 2; expect all hold }
model deep { const N = 3; expect all hold }
"""


def test_any_model_may_notice(spec: Callable[[str], Path]) -> None:
    text = """spec s
    const N: 1..9 = 3
    var x: 0..9 = 0
    action up when x < N { x += 1 }
    invariant small { x < 4 }"""
    (weaker, *_) = _mutated(spec, text + MODELS).mutants
    assert (weaker.mutation.after, weaker.fate) == ("x <= N", Fate.KILLED)
    assert (weaker.model, weaker.property, weaker.steps) == ("deep", "small", 4)


def test_what_was_violated_before_kills_nobody(spec: Callable[[str], Path]) -> None:
    """… by being violated; by no more being so it does."""
    text = COUNTER.replace("reachable two { x == 2 }", "invariant wrong { x < 1 }")
    assert _fates(_mutated(spec, text)) == FATES | {("x += 1", NOTHING): "wrong holds None"}


def test_what_a_limit_leaves_open(spec: Callable[[str], Path]) -> None:
    text = "spec s\nvar x: 0..9999 = 0\naction up when x < 100 { x += 1 }\ninvariant i { x < 9000 }"
    fates = _fates(_mutated(spec, text, states=600))
    assert fates == {
        ("x < 100", "x <= 100"): "survived", ("x < 100", NOTHING): "unknown",
        ("x += 1", NOTHING): "survived",
    }  # fmt: skip


def test_no_initial_state_is_noticed(spec: Callable[[str], Path]) -> None:
    text = """spec s
    role A {
      var n: 0..1 = 0
      start { n := 1; require n == 1 }
    }
    reachable started { true }"""
    found = {m.mutation.before: m for m in _mutated(spec, text).mutants}
    assert found["n := 1"].fate is Fate.KILLED
    assert found["n := 1"].note == "there is no initial state"


# ---------------------------------------------------------------- the command line


def test_the_table(spec: Callable[[str], Path]) -> None:
    path = spec(COUNTER)
    result = CliRunner().invoke(main, ["mutate", str(path)])
    assert result.exit_code == 1
    assert f"killed    {path}:5:16  x < N - 1 → x <= N - 1     small violated in 3" in result.output
    assert f"survived  {path}:5:30  guard left out: y < 9\n" in result.output
    assert result.output.endswith("9 mutants: 5 killed, 4 survived, 0 unknown\n")


def test_exit_codes(spec: Callable[[str], Path]) -> None:
    text = "spec s\nvar x: 0..9999 = 0\naction up when x < 100 { x += 1 }\n"
    path = str(spec(text + "invariant i { x <= 100 }\nreachable all_the_way { x == 100 }"))
    assert CliRunner().invoke(main, ["mutate", path]).exit_code == 0
    spec(
        text
        + "invariant i { x <= 9000 }\nreachable all_the_way { x == 100 }\ninvariant j { x < 101 }"
    )
    assert CliRunner().invoke(main, ["mutate", path, "--max-states", "50"]).exit_code == 3
    assert CliRunner().invoke(main, ["mutate", path + "x"]).exit_code == 2


def test_as_json(spec: Callable[[str], Path]) -> None:
    data = json.loads(CliRunner().invoke(main, ["mutate", str(spec(COUNTER)), "--json"]).stdout)
    assert data["format"] == "dsmc-mutation-1"
    first = data["mutants"][0]
    assert (first["line"], first["column"], first["fate"]) == (5, 16, "killed")
    assert (first["before"], first["after"]) == ("x < N - 1", "x <= N - 1")
    assert (first["property"], first["steps"]) == ("small", 3)


def test_what_was_found_before_an_interrupt_is_told(
    spec: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = dsmc.session.check_system, []

    def once(*args: object) -> Report:
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("dsmc.mutation.run.check_system", once)
    result = CliRunner().invoke(main, ["mutate", str(spec(COUNTER))])
    assert (
        "2 mutants: 2 killed, 0 survived, 0 unknown; interrupted: 7 were not tried" in result.output
    )
    assert result.exit_code == 3
