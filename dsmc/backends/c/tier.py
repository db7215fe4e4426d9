"""The code of a text: by TinyCC at once, by the system's compiler as soon as it is made."""

from __future__ import annotations

import ctypes
import functools
from contextlib import suppress
from typing import Any

from dsmc.backends.c import build
from dsmc.backends.c.build import Compiling
from dsmc.backends.c.tinycc import CompileError, InMemory

_in_memory = functools.cache(InMemory)


def working() -> list[str]:
    """The compilers that make something of a text."""
    names, text = [], "int works(void) { return 1; }"
    with suppress(CompileError):
        InMemory(text).address("works")
        names.append("TinyCC")
    with suppress(CompileError):
        build.order(text, build.MODEL_FLAGS).library()
        names.append(" ".join(build.compiler()))
    return names


class Tier:
    """Code that is ready, and code that is on its way.

    `shared` code is that of every search: it is made once for the process, and is still wanted when
    this search has ended. It may be asked for the code of one `compiler` only (`tcc`, `cc`).
    """

    def __init__(
        self, text: str, flags: tuple[str, ...], *, shared: bool, compiler: str = ""
    ) -> None:
        self._text, self._flags, self._shared = text, flags, shared
        self._compiler = compiler
        self._library: Any = build.ready(text, flags) if compiler != "tcc" else None
        self._coming: Compiling | None = None
        self.refused = ""  # why the system's compiler has made nothing
        self.name = "cc" if self._library is not None else ""

    # ------------------------------------------------------------ having something to run

    def begin(self) -> None:
        """Have something to run, or on its way. Raises `CompileError`."""
        if self._library is not None:
            return
        if self._compiler == "cc":
            self._coming = build.order(self._text, self._flags)
            return
        try:
            make = _in_memory if self._shared else InMemory
            self._library, self.name = make(self._text), "tcc"
        except CompileError as error:
            self.order()
            if self._coming is None:
                raise CompileError(f"{error}; {self.refused}") from error

    def wait(self) -> None:
        """Have something to run. Raises `CompileError`."""
        if self._library is None:
            assert self._coming is not None
            self._library, self.name = self._coming.library(), "cc"
            self._coming = None

    # ------------------------------------------------------------ something faster

    def order(self) -> None:
        """Have the system's compiler make something faster, if it can."""
        if self.name == "cc" or self._compiler or self._coming is not None or self.refused:
            return
        try:
            self._coming = build.order(self._text, self._flags)
        except CompileError as error:
            self.refused = str(error)

    def arrived(self) -> bool:
        """Has something faster come? From now on it is used."""
        if self._coming is None or not self._coming.is_done():
            return False
        try:
            self._library, self.name = self._coming.library(), "cc"
        except CompileError as error:
            self.refused = str(error)
        self._coming = None
        return not self.refused

    # ------------------------------------------------------------ use

    def address(self, symbol: str) -> int:
        """Where a function or an object is."""
        if isinstance(self._library, InMemory):
            return self._library.address(symbol)
        found = ctypes.cast(getattr(self._library, symbol), ctypes.c_void_p).value
        assert found is not None
        return found

    def close(self) -> None:
        """Nothing more is wanted by this search."""
        if self._coming is not None and not self._shared:
            build.give_up(self._coming)
        self._coming = None
