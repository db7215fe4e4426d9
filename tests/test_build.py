"""Compilers, and what they made: shared, kept, damaged, missing; and what a search says then."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT
from processes import lives, until

from dsmc.backends.c import build, objects
from dsmc.backends.c.tinycc import CompileError
from dsmc.cli import main

TEXT = "int answer(void) { return 42; }"
FLAGS = ("-O1",)
COMPILER = build.compiler()[0]


def forget() -> None:
    """As in a new process."""
    build.end_all()
    build.compiler.cache_clear()
    build._maker.cache_clear()


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where objects are kept."""
    monkeypatch.setenv("DSMC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "objects"


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes a script the compiler."""

    def as_compiler(script: str, name: str = "some-cc") -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("CC", str(path))
        forget()
        return path

    return as_compiler


def answer(library: ctypes.CDLL | None) -> int | None:
    return None if library is None else library.answer()


def made() -> Path:
    """The object of the text, made and kept."""
    assert answer(build.order(TEXT, FLAGS).library()) == 42
    path = objects.find(build.key_of(TEXT, FLAGS))
    assert path is not None
    return path


# ---------------------------------------------------------------- keeping


def test_one_run_for_a_text(kept: Path) -> None:
    first, second = (build.order(TEXT, FLAGS) for _ in range(2))
    assert first is second
    assert build.order(TEXT, ("-O0",)) is not first
    assert answer(first.library()) == answer(build.ready(TEXT, FLAGS)) == 42


def test_what_is_kept_is_not_made_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made()
    build.end_all()
    monkeypatch.setattr(build.Compiling, "__init__", None)
    assert answer(build.ready(TEXT, FLAGS)) == 42
    assert sorted(p.suffix for p in kept.iterdir()) == [".so", ".sum"]


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _wrong_sum(path: Path) -> None:
    path.with_suffix(".sum").write_text("0" * 64)


def _no_text(path: Path) -> None:
    path.with_suffix(".sum").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize(
    "damage", [_cut_off, _flipped, _wrong_sum, _no_text, Path.unlink, lambda p: os.truncate(p, 0)]
)
def test_damage_is_mended(kept: Path, damage: Callable[[Path], None]) -> None:
    """What is not whole is never loaded: it is made again."""
    path = made()
    build.end_all()
    data = path.read_bytes()
    path.unlink()  # it is in use
    path.write_bytes(data)
    damage(path)
    assert build.ready(TEXT, FLAGS) is None
    assert made() == path
    assert answer(build.ready(TEXT, FLAGS)) == 42


def test_another_compiler_makes_another_object(kept: Path, use: Callable[..., Path]) -> None:
    keys = set()
    for name in ("first-cc", "second-cc"):
        use(f'exec {COMPILER} "$@"', name)
        assert build.ready(TEXT, FLAGS) is None
        made()
        keys.add(build.key_of(TEXT, FLAGS))
    use(f'# changed\nexec {COMPILER} "$@"', "second-cc")
    assert build.ready(TEXT, FLAGS) is None
    keys.add(build.key_of(TEXT, FLAGS))
    assert len(keys) == 3


def test_a_compiler_with_options(monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    """`CC` is a command, and its options are a part of what makes the object."""
    plain = build.key_of(TEXT, FLAGS)
    monkeypatch.setenv("CC", f"{COMPILER} -Danswer=other")
    forget()
    assert build.key_of(TEXT, FLAGS) != plain
    assert build.order(TEXT, FLAGS).library().other() == 42


def test_another_processor_makes_another_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code for this one may not run there."""
    here = build.key_of(TEXT, FLAGS)
    monkeypatch.setattr(build, "_processor", lambda: "flags: none")
    forget()
    assert build.key_of(TEXT, FLAGS) != here


MANY = f"""
from dsmc.backends.c import build
text = "int answer(void) {{ return 42; }} " + "int filler[100000] = {{1}};"
library = build.ready(text, {FLAGS}) or build.order(text, {FLAGS}).library()
assert library.answer() == 42
"""


def _python(text: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", text], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )  # fmt: skip


def test_many_at_once(kept: Path) -> None:
    """Each gets a working library, and one whole object is left."""
    for each in [_python(MANY) for _ in range(8)]:
        assert each.communicate(timeout=120)[1] == ""
        assert each.returncode == 0
    assert sorted(p.suffix for p in kept.iterdir()) == [".so", ".sum"]
    (left,) = kept.glob("*.so")
    assert objects.find(left.stem) == left


# ---------------------------------------------------------------- no place to keep anything


def _a_file(path: Path) -> None:
    path.write_text("not a folder")


def _read_only(path: Path) -> None:
    path.mkdir()
    path.chmod(0o500)


def _full(path: Path) -> None:
    """A folder on a full disk takes files, but nothing into them."""
    path.mkdir()


def _no_space(file: int, offset: int, length: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("spoil", [_a_file, _read_only, _full])
def test_no_place_for_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    """Then they are made each time, and that is all."""
    monkeypatch.setenv("DSMC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    spoil(tmp_path / "cache")
    if spoil is _read_only and os.access(tmp_path / "cache", os.W_OK):
        monkeypatch.setattr(Path, "mkdir", _refuse)  # for whom everything is allowed
    if spoil is _full:
        monkeypatch.setattr(os, "posix_fallocate", _no_space, raising=False)
        monkeypatch.setattr(Path, "replace", _refuse)  # what is there is on another disk
    assert answer(build.order(TEXT, FLAGS).library()) == 42
    build.end_all()
    assert build.ready(TEXT, FLAGS) is None
    assert [p.name for p in tmp_path.iterdir()] == ["cache"]


def _refuse(path: Path, *rest: object, **more: object) -> None:
    raise PermissionError(path)


def test_nothing_is_kept_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSMC_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert answer(build.order(TEXT, FLAGS).library()) == 42
    assert answer(build.ready(TEXT, FLAGS)) == 42  # for this process it is there
    build.end_all()
    assert build.ready(TEXT, FLAGS) is None
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_used_for_longest_is_removed(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made()
    others = [path.with_name(f"{n:032x}.so") for n in range(4)]
    for age, other in enumerate(others):
        other.write_bytes(path.read_bytes())
        other.with_suffix(".sum").write_text(path.with_suffix(".sum").read_text())
        os.utime(other, (time.time() - 100 + age,) * 2)
    assert objects.find(others[0].stem) == others[0]  # used just now
    monkeypatch.setattr(objects, "BOUND", 3 * objects.sizes()[0])
    (kept / "notes.txt").write_text("not ours")
    assert answer(build.order(TEXT + "//", FLAGS).library()) == 42
    left = {p.stem for p in kept.glob("*.so")}
    assert left == {path.stem, others[0].stem, build.key_of(TEXT + "//", FLAGS)}
    assert {p.stem for p in kept.glob("*.sum")} == left
    assert (kept / "notes.txt").exists()
    objects.clear()
    assert objects.sizes() == []
    assert [p.name for p in kept.iterdir()] == ["notes.txt"]


def test_what_was_ended_by_force_is_removed(kept: Path) -> None:
    old, new = (kept / f"compiling-{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    made()
    assert (old.exists(), new.exists()) == (False, True)


# ---------------------------------------------------------------- compilers that do not work


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", 'echo nonsense > "$5"', "kill $$"])
def test_a_compiler_that_does_not_work(kept: Path, use: Callable[..., Path], script: str) -> None:
    use(script)
    run = build.order(TEXT, FLAGS)
    for _ in range(2):
        with pytest.raises(CompileError):
            run.library()
    assert build.order(TEXT, FLAGS) is run  # it is not tried again
    assert build.ready(TEXT, FLAGS) is None
    assert list(kept.iterdir()) == []


def test_prepared(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is the same for all specs is made once; without a compiler it is said why not."""
    monkeypatch.setattr(build, "search_text", lambda: TEXT)
    monkeypatch.setattr(build, "simulation_text", lambda: f"{TEXT}\n")
    assert "2 files" in CliRunner().invoke(main, ["cache", "--prepare"]).output
    before = [build.order(text, build.SEARCH_FLAGS) for text in (TEXT, f"{TEXT}\n")]
    assert all(answer(run.library()) == 42 for run in before)
    monkeypatch.setenv("CC", "/no/such/compiler")
    forget()
    result = CliRunner().invoke(main, ["cache", "--prepare"])
    assert (result.exit_code, "which is not there" in result.output) == (1, True)


def test_prepared_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept is said."""
    _a_file(tmp_path / "cache")
    monkeypatch.setenv("DSMC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "search_text", lambda: TEXT)
    monkeypatch.setattr(build, "simulation_text", lambda: f"{TEXT}\n")
    result = CliRunner().invoke(main, ["cache", "--prepare"])
    assert result.exit_code == 1
    assert f"could not be kept in {tmp_path / 'cache'}" in result.output


def test_a_compiler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "/no/such/compiler")
    forget()
    with pytest.raises(CompileError, match="CC is `/no/such/compiler`, which is not there"):
        build.order(TEXT, FLAGS)
    assert build.ready(TEXT, FLAGS) is None


def test_all_of_a_compiler_is_ended(kept: Path, use: Callable[..., Path], tmp_path: Path) -> None:
    """Also what it began itself."""
    use(f"sleep 100 & echo $! > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; wait")
    build.order(TEXT, FLAGS)
    until((tmp_path / "pid").exists)
    build.end_all()
    until(lambda: not lives(int((tmp_path / "pid").read_text())))
    assert list(kept.iterdir()) == []
