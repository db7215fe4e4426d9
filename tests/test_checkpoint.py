"""A search that was stopped, or killed, and goes on from its checkpoint ends as if nothing had been."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import random_protocols
import random_specs
from agreement import all_of
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from test_agreement import system_of

from dsmc.backends.c import keeping
from dsmc.backends.c.explore import Manner, explore
from dsmc.backends.c.keeping import Checkpoint
from dsmc.backends.python.machine import PythonMachine
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Explored, Limits
from dsmc.engine.search import GROWS
from dsmc.ir.system import APART, NoError, System
from dsmc.session import compile_job, load

GROWING = """spec growing
message M(n: 0..3)
role A[2] {
  var n: 0..3 = 0
  action ask when n < 3 { n += 1; broadcast M(n) to A }
  action again { send M(0) to A.1 }
}
"""


@pytest.fixture(autouse=True, scope="module")
def unsynced() -> Iterator[None]:
    """Nothing here cuts the power: to wait for the disk would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


def search(system: System, **rest: Any) -> Explored:
    """To the end."""
    wanted = frozenset(
        n for n, p in enumerate(system.properties) if not isinstance(p, (*APART, NoError))
    )
    return explore(PythonMachine(system), wanted, manner=Manner(1), **{"to_the_end": True, **rest})


def by_pieces(system: System, folder: Path, limits: Iterator[int]) -> Explored:
    """Stopped at each of some numbers of states, and gone on with."""
    search(system, limits=Limits(next(limits)), checkpoint=Checkpoint(folder))
    for limit in limits:
        search(system, limits=Limits(limit), checkpoint=Checkpoint(folder, resume=True))
    return search(system, checkpoint=Checkpoint(folder, resume=True))


def model(file: str, name: str) -> System:
    (job,) = (job for job in load(ROOT / "models" / file) if job.name == name)
    return compile_job(job)


# ---------------------------------------------------------------- stopped


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("two_phase.dsm", "five"),
        ("causal_broadcast.dsm", "keeps_copies"),
        ("causal_broadcast.dsm", "forgets"),
        ("wal.dsm", "corrected"),
    ],
)
def test_models(file: str, name: str, tmp_path: Path) -> None:
    """Counts, verdicts and runs."""
    system = model(file, name)
    assert all_of(by_pieces(system, tmp_path / "kept", iter((1, 100, 700, 1_100)))) == all_of(
        search(system)
    )


@settings(max_examples=20)
@given(st.data())
def test_random_systems(data: st.DataObject) -> None:
    _agrees(system_of(data.draw(random_specs.specs())), data.draw(st.integers(1, 200)))


@settings(max_examples=20)
@given(st.data())
def test_random_protocols(data: st.DataObject) -> None:
    text = data.draw(random_protocols.protocols()).text()
    _agrees(system_of(text), data.draw(st.integers(1, 200)))


def _agrees(system: System, limit: int) -> None:
    most = Limits(5_000)
    whole = search(system, limits=most)
    if not whole.statistics.complete:
        return  # where exactly a limit stops a search depends on where it began
    with tempfile.TemporaryDirectory() as folder:
        assert all_of(by_pieces(system, Path(folder) / "kept", iter((limit,)))) == all_of(whole)


def test_growth(tmp_path: Path) -> None:
    """Messages that grow for ever are found at the same level, by the same run."""
    system = system_of(GROWING)
    whole = search(system)
    assert whole.statistics.stopped == GROWS
    for limit in range(1, whole.statistics.states, whole.statistics.states // 3):
        assert all_of(by_pieces(system, tmp_path / str(limit), iter((limit,)))) == all_of(whole)


def test_what_is_said(tmp_path: Path) -> None:
    system = model("two_phase.dsm", "five")
    fresh, again = Checkpoint(tmp_path / "m"), Checkpoint(tmp_path / "m", resume=True)
    assert search(system, checkpoint=again).notes == ("there was no checkpoint",)
    stopped = search(system, limits=Limits(1000), checkpoint=fresh)
    assert stopped.notes == (f"to go on: dsmc check … --checkpoint {tmp_path} --resume",)
    assert stopped.statistics.earlier == 0
    ended = search(system, checkpoint=again)
    (note,) = ended.notes
    assert note.startswith("went on from the checkpoint of ")
    assert 0 < ended.statistics.earlier <= stopped.statistics.transitions  # of whole levels


# ---------------------------------------------------------------- killed

#: Checkpoints as often as possible; killed at a step of writing, if there is one to be killed at.
CHILD = """
import os, signal, sys
from dsmc.backends.c import explore, keeping
keeping.LEAST = keeping.SHARE = 0
explore._SLICE = explore._FIRST_SLICE = 0.002
left = int(sys.argv.pop(1))
os.fsync = lambda _: None
def counting(call):
    def counted(*args, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **named)
    return counted
if left:
    os.fsync, os.fdopen = counting(os.fsync), counting(os.fdopen)
    from pathlib import Path
    Path.replace = counting(Path.replace)
from dsmc.cli import entry
entry()
"""


def child(folder: Path, *args: str, step: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(step), "check", *args, "--no-cache", "--json",
         "--checkpoint", str(folder), "--resume"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def report(process: subprocess.Popen[str]) -> Any:
    """What does not depend on when it ran; None if it was killed."""
    output, _ = process.communicate(timeout=60)
    if process.returncode < 0:
        return None
    (data,) = json.loads(output)
    for part in ("seconds", "engine", "preparation"):
        data["statistics"][part] = None
    data["notes"] = None
    return data


def wait_for_checkpoint(process: subprocess.Popen[str], path: Path) -> None:
    """Until it is another one than now, or nobody is there to write it."""
    before = path.read_bytes() if path.exists() else b""
    while process.poll() is None and (not path.exists() or path.read_bytes() == before):
        time.sleep(0.001)


def test_killed_at_any_time(tmp_path: Path) -> None:
    """Again and again, until it has come to its end."""
    args = (str(ROOT / "specs" / "two_phase.dsm"), "-D", "N=7", "--all")
    whole = report(child(tmp_path / "whole", *args))
    chance = random.Random(1)
    for _ in range(6):
        process = child(tmp_path / "killed", *args)
        wait_for_checkpoint(process, tmp_path / "killed" / "two_phase" / "checkpoint.json")
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.communicate()
    assert report(child(tmp_path / "killed", *args)) == whole


def test_killed_at_each_step_of_writing(tmp_path: Path) -> None:
    """Steps of a counterexample, too, are what they would have been."""
    args = (str(ROOT / "models" / "causal_broadcast.dsm"), "-m", "keeps_copies")
    whole = report(child(tmp_path / "whole", *args))
    killed = [report(child(tmp_path / "k", *args, step=step)) for step in range(1, 12)]
    assert killed[:9] == [None] * 9
    assert report(child(tmp_path / "k", *args)) == whole


# ---------------------------------------------------------------- refused


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The checkpoint of a search with nodes."""
    system = model("causal_broadcast.dsm", "keeps_copies")
    search(system, limits=Limits(2000), checkpoint=Checkpoint(tmp_path / "kept"))
    return tmp_path / "kept"


def refused(system: System, folder: Path, *, resume: bool = True, **rest: Any) -> str:
    """The code of why."""
    with pytest.raises(Mistakes) as caught:
        search(system, checkpoint=Checkpoint(folder, resume), **rest)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize("name", ["states", "levels", "nodes", "checkpoint.json"])
def test_damage(kept: Path, name: str) -> None:
    """A file that is cut off, changed or missing is noticed."""
    system = model("causal_broadcast.dsm", "keeps_copies")
    path = kept / name
    good = path.read_bytes()
    for place in (0, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert refused(system, kept) == "D710"
        path.write_bytes(good[:place])
        assert refused(system, kept) == "D710"
    if name != "checkpoint.json":
        path.unlink()
        assert refused(system, kept) == "D710"
    path.write_bytes(good)
    assert search(system, checkpoint=Checkpoint(kept, resume=True)).statistics.complete


def test_what_was_not_counted_yet(kept: Path) -> None:
    """The end of a file that no manifest tells of is no damage."""
    with (kept / "states").open("ab") as file:
        file.write(b"half a sta")
    system = model("causal_broadcast.dsm", "keeps_copies")
    resumed = search(system, checkpoint=Checkpoint(kept, resume=True))
    assert all_of(resumed) == all_of(search(system))


def test_another_search(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model, other options, another version; and no search writes over a checkpoint."""
    system = model("causal_broadcast.dsm", "keeps_copies")
    assert refused(model("causal_broadcast.dsm", "forgets"), kept) == "D709"
    assert refused(system, kept, to_the_end=False) == "D709"
    assert refused(system, kept, resume=False) == "D711"
    monkeypatch.setattr("dsmc.backends.c.checkpoint._FORMAT", 0)
    assert refused(system, kept) == "D709"


def test_the_command_line(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from dsmc.cli import main

    spec = str(ROOT / "specs" / "two_phase.dsm")
    for wrong in (["--resume"], ["--checkpoint", str(tmp_path), "--engine", "python"]):
        assert CliRunner().invoke(main, ["check", spec, *wrong]).exit_code == 2
    args = ["check", spec, "--all", "--no-cache", "--checkpoint", str(tmp_path / "kept")]
    stopped = CliRunner().invoke(main, [*args, "--max-states", "200"])
    assert stopped.exit_code == 3
    assert f"--checkpoint {tmp_path / 'kept'} --resume" in stopped.stdout
    assert CliRunner().invoke(main, args).exit_code == 2
    resumed = CliRunner().invoke(main, [*args, "--resume"])
    assert resumed.exit_code == 0
    assert "went on from the checkpoint" in resumed.stdout
    other = CliRunner().invoke(main, [*args, "--resume", "-D", "N=5"])
    assert other.exit_code == 2
    assert "D709" in other.stderr


# ---------------------------------------------------------------- a full disk


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search is not lost; it is said; what was written before can still be gone on from."""
    system = model("two_phase.dsm", "five")
    again = Checkpoint(tmp_path / "m", resume=True)
    search(system, limits=Limits(1000), checkpoint=again)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        patch.setattr(keeping, "LEAST", 0)
        patch.setattr(keeping, "SHARE", 0)
        stopped = search(system, limits=Limits(4000), checkpoint=again)
    assert "the last checkpoint could not be written: No space left on device" in stopped.notes
    resumed = search(system, checkpoint=again)
    assert resumed.statistics.complete
    assert all_of(resumed) == all_of(search(system))
