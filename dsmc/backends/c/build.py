"""The system's C compiler, in the background: one run of it for each text in this process.

Whoever wants the code of a text asks for `ready` code, from an earlier run or from the user's cache,
and else orders it. What is ordered is made whatever becomes of who ordered it, until it is given up or
the process ends: then what is done is kept, and what is not is ended. Nobody waits.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import hashlib
import os
import platform
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from dsmc.backends.c import objects
from dsmc.backends.c.generate import RUNTIME
from dsmc.backends.c.tinycc import CompileError

#: The parts of the search that are C files.
PARTS = (
    "table.c", "store.c", "records.c", "put.c", "grow.c", "worker.c", "level.c", "search.c",
    "depth.c", "trace.c", "checkpoint.c", "cold.c", "ignored.c", "live_graph.c", "live_cycles.c",
    "live_inside.c", "live_near.c", "live_ways.c", "live_fair.c", "observe.c",
)  # fmt: skip
_HEADERS = (
    "model.h", "platform.h", "values.h", "observe.h", "table.h", "search.h", "live.h",
)  # fmt: skip
#: Those of what takes random runs.
SIMULATION = ("path.c", "simulate.c", "observe.c")
_SIMULATION_HEADERS = ("model.h", "platform.h", "values.h", "observe.h", "simulate.h")
#: The search is compiled once for a machine; models are compiled while somebody waits.
SEARCH_FLAGS = ("-O3", "-march=native", "-std=gnu11", "-pthread")
MODEL_FLAGS = ("-O1", "-std=gnu11", "-fno-strict-aliasing", "-w")
_OBJECT = ("-shared", "-fPIC")


@functools.cache
def search_text() -> str:
    """The search as one C file."""
    return _joined((*_HEADERS, *PARTS))


@functools.cache
def simulation_text() -> str:
    """What takes random runs, as one C file."""
    return _joined((*_SIMULATION_HEADERS, *SIMULATION))


def _joined(names: tuple[str, ...]) -> str:
    lines: list[str] = []
    for name in names:
        text = (RUNTIME / name).read_text(encoding="utf-8")
        lines += [line for line in text.splitlines() if not line.startswith('#include "')]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- which compiler


@functools.cache
def compiler() -> tuple[str, ...]:
    """The command of the system's C compiler: `CC`, or one of the usual names. Raises `CompileError`
    if there is none.
    """
    try:
        wanted = shlex.split(os.environ.get("CC", ""))
    except ValueError as error:
        raise CompileError(f"CC is no command: {error}") from error
    for name in wanted[:1] or ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return found, *wanted[1:]
    raise CompileError(f"CC is `{wanted[0]}`, which is not there" if wanted else "there is no `cc`")


@functools.cache
def _maker() -> str:
    """What makes the objects, and for which machine: with another they are others."""
    command = compiler()
    path = os.path.realpath(command[0])
    about = Path(path).stat()
    made_by = (*command, path, str(about.st_size), str(about.st_mtime_ns))
    return "\0".join((*made_by, platform.machine(), _processor()))


def _processor() -> str:
    """The first of the processors, and what it can do."""
    try:
        first, _, _ = Path("/proc/cpuinfo").read_text().partition("\n\n")
    except OSError:
        return platform.processor()
    telling = ("model name", "flags", "Features", "CPU part")
    return "\n".join(line for line in first.splitlines() if line.startswith(telling))


def key_of(text: str, flags: tuple[str, ...]) -> str:
    """The name of the object of a text. Raises `CompileError` if there is no compiler."""
    key = "\0".join((_maker(), *flags, text))
    return hashlib.sha256(key.encode()).hexdigest()[:32]


# ---------------------------------------------------------------- a run of it


class Compiling:
    """A run of the system's compiler. Raises `CompileError` if it cannot be begun."""

    def __init__(self, text: str, flags: tuple[str, ...], key: str) -> None:
        self.key = key
        self._library: ctypes.CDLL | None = None
        try:
            self._folder = objects.work_folder()
            self._object = self._folder / "made.so"
            self._process = self._begun(text, flags)
        except OSError as error:
            raise CompileError(str(error)) from error

    def _begun(self, text: str, flags: tuple[str, ...]) -> subprocess.Popen[bytes]:
        source = self._folder / "text.c"
        try:
            source.write_text(text, encoding="utf-8")
            return subprocess.Popen(  # noqa: S603 - the user's own compiler
                [*compiler(), *flags, *_OBJECT, "-o", str(self._object), str(source)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True, env={**os.environ, "TMPDIR": str(self._folder)},
            )  # fmt: skip
        except OSError:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def is_done(self) -> bool:
        """Has the compiler ended?"""
        return self._process.poll() is not None

    def library(self) -> ctypes.CDLL:
        """The library, once it is made. Raises `CompileError`."""
        self._process.wait()
        if self._library is None:
            self._library = self._made()
        return self._library

    def _made(self) -> ctypes.CDLL:
        """Load what was made, and keep it. It is done once: then the files are gone."""
        try:
            if self._process.returncode != 0:
                raise CompileError(f"`{compiler()[0]}` does not compile the generated code")
            library = ctypes.CDLL(str(self._object))
            objects.keep(self._object, self.key)
        except OSError as error:
            raise CompileError(f"`{compiler()[0]}` makes nothing that can be loaded") from error
        else:
            return library
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Keep what is done; end what is not."""
        with suppress(CompileError):
            if self.is_done():
                self.library()
        with suppress(ProcessLookupError):
            if not self.is_done():
                os.killpg(self._process.pid, signal.SIGKILL)  # and whatever the compiler began
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


# ---------------------------------------------------------------- those of this process

_runs: dict[str, Compiling] = {}


def order(text: str, flags: tuple[str, ...]) -> Compiling:
    """The run of the compiler on a text; begun now, if it was not before. Raises `CompileError`."""
    key = key_of(text, flags)
    if key not in _runs:
        _runs[key] = Compiling(text, flags, key)
    return _runs[key]


def prepare() -> bool:
    """Have all that does not depend on a system. False: it could not be kept. Raises `CompileError`."""
    texts = (search_text(), simulation_text())
    runs = [order(text, SEARCH_FLAGS) for text in texts if ready(text, SEARCH_FLAGS) is None]
    for run in runs:
        run.library()
    return all(objects.find(key_of(text, SEARCH_FLAGS)) is not None for text in texts)


def ready(text: str, flags: tuple[str, ...]) -> ctypes.CDLL | None:
    """The library of a text, if it need not be made."""
    try:
        key = key_of(text, flags)
        if key in _runs:
            return _runs[key].library() if _runs[key].is_done() else None
        path = objects.find(key)
        return ctypes.CDLL(str(path)) if path is not None else None
    except (CompileError, OSError):
        return None


def give_up(run: Compiling) -> None:
    """Nobody waits for it any more."""
    if not run.is_done():
        _runs.pop(run.key, None)
    run.close()


@atexit.register
def end_all() -> None:
    """Keep what is done; end what is not."""
    while _runs:
        _runs.popitem()[1].close()
