"""The search in C and what is generated for it, looked at by compilers and sanitizers."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import ROOT
from test_agreement import system_of

from dsmc.backends.acting import nodes
from dsmc.backends.c.build import PARTS, SIMULATION
from dsmc.backends.c.driver import OUTSIDE
from dsmc.backends.c.generate import RUNTIME, generate
from dsmc.backends.c.layout import Layout
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.search import explore
from dsmc.engine.simulate import SCHEDULERS, Plan, simulate
from dsmc.ir.system import APART, NoError, System
from dsmc.session import compile_job, load

FOLDER = Path(str(RUNTIME))
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
#: Small numbers, so that threads meet, and tables grow, in a small search.
FLAGS = (
    "-std=gnu11", "-pthread", "-g", "-O1", "-DBATCH=8", "-DUNIT=2", "-DPARALLEL=4", "-DPAGE=512",
    "-DPLACES=4", "-w",
    "-fno-strict-aliasing", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", f"-I{FOLDER}",
)  # fmt: skip
#: How `main.c` searches.
MANNERS = ("exact", "prints", "depth")
SANITIZERS = {"address,undefined": 1, "thread": 3}

WIDE = """spec wide
record Pair { left: 0..300, right: set<0..20> }
var sets: map<0..3, set<0..70>>
var pair: Pair = Pair(left: 0, right: {})
var pairs: set<0..80> = {}
var last: seq<0..80, 3> = []
action put(k in 0..3, n in {3, 64, 70}) when n not in sets[k] { sets[k] := sets[k] union {n} }
action move(k in 0..3) when pair.left < 300 and 70 in sets[k] {
  pair := Pair(left: pair.left + 150, right: pair.right union {k + 10})
}
action shrink when pair.left == 300 { pairs := pairs union {80}; pair.left := 0 }
invariant few { not (80 in pairs and 64 in sets[3]) }
reachable full { forall k in 0..3: 64 in sets[k] }
"""
QUEUES = """spec queues
network fifo
message Say(n: 0..3)
role Peer[2] {
  var said: 0..3 = 0
  var heard: 0..3 = 0
  action say when said < 2 { said += 1; broadcast Say(said) to Peer }
  on Say(n) { heard := n }
}
reachable crossed { Peer.1.heard == 2 and Peer.2.heard == 0 }
invariant never { Peer.1.heard + Peer.2.heard < 4 }
"""
#: More than fit into the tables that a search begins with.
MANY = """spec many
var a: 0..1023 in 0..1023
var b: 0..7 in 0..7
var c: set<0..90> = {}
action fill when a == 1023 and b < 7 { b += 1; c := {90} }
invariant bound { b < 8 }
"""
#: More successors of one state than are collected before some are put into the set, by a step that chooses.
FAN = """spec fan
symbols S[3]
var bits: map<0..8, bool> = [i: false for i in 0..8]
var at: map<S, 0..2> = [s: 0 for s in S]
var seen: bag<0..3>
var steps: 0..3 = 0
action spread when steps == 0 {
  steps := 1
  for i in 0..8 { either { bits[i] := true } or { skip } }
  pick s in S
  at[s] := 1
}
action go(s in S) when at[s] == 1 and steps < 3 {
  at[s] := 2
  steps += 1
  either { seen := seen.add(steps) } or { for i in 0..8 { bits[i] := not bits[i] } }
}
explore while not (bits[0] and bits[1] and bits[2])
invariant few { seen.len < 1 }
reachable far { steps == 2 and bits[8] }
reachable gone by action go
transition grows { steps >= old(steps) }
transition stays { old(at[S.1]) == 1 implies at[S.1] == 1 }
"""
#: As many in a table that keeps only a part of each.
NARROW = """spec narrow
var a: 0..4095 in 0..4095
var b: 0..65535 = 0
action up when b mod 16 < 15 { b += 1 }
action far when a mod 64 == 63 and b < 60000 { b += 5001 }
invariant bound { b < 60000 or a == 4095 }
"""
#: What is asked of whole runs, too.
LIVE = """spec live
symbols S[3]
var at: map<S, 0..3> = [s: 0 for s in S]
var boxed: bag<0..3>
fair action go(s in S) when at[s] < 3 { at[s] += 1 }
action back(s in S) when at[s] == 3 { at[s] := 1 }
strong fair action done(s in S) when at[s] == 2 and boxed.len == 0 { boxed := boxed.add(at[s]) }
action drop(k in boxed) { boxed := boxed.remove(k) }
always eventually all_back { forall s in S: at[s] != 3 }
invariant few { boxed.len < 2 }
"""
#: Words, and pairs of words, of which every bit is set.
ONES = """spec ones
var a: set<0..127> = {}
var b: 0..3 = 0
action fill when b == 0 { a := {k for k in 0..127}; b := 1 }
action up when b == 1 { b := 2 }
reachable all_ones { b == 2 and 5 in a }
"""
ONES_ALONE = """spec ones
var a: map<0..62, bool>
var b: bool = false
action fill when not b and not a[0] { for k in 0..62 { a[k] := true } }
action up when a[0] and not b { b := true }
reachable all_ones { b and a[0] }
"""


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("flags", [("-O2",), ("-O2", "-march=native"), ("-O0",)], ids=" ".join)
@pytest.mark.parametrize("part", [*PARTS, *SIMULATION])
def test_no_warning(compiler: str, flags: tuple[str, ...], part: str) -> None:
    """Each file on its own."""
    command = [compiler, *flags, "-std=gnu11", "-pthread", "-Wall", "-Wextra", "-Werror", "-c"]
    done = _done([*command, "-o", "/dev/null", str(FOLDER / part)])
    assert done.returncode == 0, done.stderr


def of_model(file: str, name: str) -> System:
    return compile_job(next(j for j in load(ROOT / "models" / file) if j.name == name))


SYSTEMS = {
    "one word": lambda: of_model("two_phase.dsm", "four"),
    "bags and sequences": lambda: of_model("causal_broadcast.dsm", "forgets"),
    "queues": lambda: system_of(QUEUES),
    "processes": lambda: of_model("wal.dsm", "corrected"),
    "wide values": lambda: system_of(WIDE),
    "many initial states": lambda: system_of(MANY),
    "many successors": lambda: system_of(FAN),
    "whole runs": lambda: system_of(LIVE),
    "many in a narrow table": lambda: system_of(NARROW),
    "all bits": lambda: system_of(ONES),
    "all bits of a state": lambda: system_of(ONES_ALONE),
}


@pytest.mark.skipif("gcc" not in COMPILERS, reason="there is no compiler with sanitizers")
@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("sanitizer", SANITIZERS)
@pytest.mark.parametrize("manner", MANNERS)
def test_sanitizers(name: str, manner: str, sanitizer: str, tmp_path: Path) -> None:
    """They have nothing to say, and the search finds what the reference finds."""
    system = SYSTEMS[name]()
    wanted = [n for n, p in enumerate(system.properties) if not isinstance(p, (*APART, NoError))]
    source, program = tmp_path / "model.c", tmp_path / "program"
    source.write_text(generate(system, Layout(system)), encoding="utf-8")
    parts = [*_objects(sanitizer, PARTS, "main.c"), str(source), "-o", str(program)]
    built = _done(["gcc", *FLAGS, f"-fsanitize={sanitizer}", *parts])
    assert built.returncode == 0, built.stderr
    ran = _done([str(program), manner, str(SANITIZERS[sanitizer]), *map(str, wanted)])
    assert (ran.returncode, ran.stderr) == (0, "")
    counts, decided = _as_numbers(ran.stdout)
    expected, shortest = _by_reference(system, frozenset(wanted))
    if manner == "depth":
        assert counts[:3] == expected[:3]
        assert decided.keys() == shortest.keys()
        assert all(decided[prop] >= least for prop, least in shortest.items())
    else:
        assert (counts, decided) == (expected, shortest)


@pytest.mark.skipif("gcc" not in COMPILERS, reason="there is no compiler with sanitizers")
@pytest.mark.parametrize("name", SYSTEMS)
def test_sanitizers_of_random_runs(name: str, tmp_path: Path) -> None:
    """They have nothing to say, and the runs are those of the reference."""
    system = SYSTEMS[name]()
    source, program = tmp_path / "model.c", tmp_path / "program"
    source.write_text(generate(system, Layout(system), walked=True), encoding="utf-8")
    parts = [*_objects("address,undefined", SIMULATION, "simulate.c"), str(source)]
    built = _done(["gcc", *FLAGS, "-fsanitize=address,undefined", *parts, "-o", str(program)])
    assert built.returncode == 0, built.stderr
    for scheduler in SCHEDULERS:
        plan = Plan(20, 60, 1, scheduler)
        found = simulate(PythonMachine(system), frozenset(), plan)
        ran = _done([str(program), *_arguments(system, plan)])
        assert (ran.returncode, ran.stderr) == (0, "")
        counts, taken, enabled, *_ = [list(map(int, t.split())) for t in ran.stdout.splitlines()]
        told = [found.runs, found.steps, found.states, found.initial, found.longest]
        assert counts == told
        actions = range(len(system.actions))
        assert (taken, enabled) == (
            [found.taken[n] for n in actions],
            [found.enabled[n] for n in actions],
        )


def _arguments(system: System, plan: Plan) -> list[str]:
    """The plan, and that runs are wanted that decide any property."""
    numbers = (plan.runs, plan.depth, plan.seed, plan.scheduler == "pct")
    sizes = (len(system.actions), nodes(system))
    return [str(int(n)) for n in (*numbers, *sizes, *(1 << 40 for _ in system.properties))]


@functools.cache
def _objects(sanitizer: str, parts: tuple[str, ...], main: str) -> tuple[str, ...]:
    """Parts of the runtime with what calls them, once for all systems."""
    if not _works(sanitizer):
        pytest.skip(f"-fsanitize={sanitizer} does not work here")
    folder = Path(tempfile.mkdtemp(prefix="dsmc-"))
    _FOLDERS.append(folder)
    made = []
    for path in (*(FOLDER / part for part in parts), ROOT / "tests" / "c" / main):
        made.append(str(folder / f"{len(made)}.o"))
        done = _done(["gcc", *FLAGS, f"-fsanitize={sanitizer}", "-c", "-o", made[-1], str(path)])
        assert done.returncode == 0, done.stderr
    return tuple(made)


_FOLDERS: list[Path] = []


@pytest.fixture(autouse=True, scope="module")
def clean() -> object:
    """Remove the objects."""
    yield
    for folder in _FOLDERS:
        shutil.rmtree(folder)


def _works(sanitizer: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "empty.c", Path(folder) / "empty"
        source.write_text("int main(void) { return 0; }\n")
        built = _done(["gcc", f"-fsanitize={sanitizer}", "-o", str(program), str(source)])
        return built.returncode == 0 and _done([str(program)]).returncode == 0


def _done(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def _as_numbers(text: str) -> tuple[list[int], dict[int, int]]:
    """The counts; of each property that was decided the number of levels of its run: one more where that
    ends beyond the bound.
    """
    counts, *decided = [list(map(int, line.split())) for line in text.splitlines()]
    return counts, {number: level + (kind == OUTSIDE) for number, level, kind in decided}


def _by_reference(system: System, wanted: frozenset[int]) -> tuple[list[int], dict[int, int]]:
    found = explore(PythonMachine(system), wanted, to_the_end=True)
    s = found.statistics
    levels = {number: len(run.states) for number, run in found.decided.items()}
    return [s.states, s.transitions, s.initial, s.depth], levels
