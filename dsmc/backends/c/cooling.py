"""States that are only needed for a counterexample go to a file, where they take no memory."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from typing import IO

from dsmc.backends.c.driver import Driver
from dsmc.files import home

#: Words of states that have been expanded since some were put into the file: fewer are not worth it.
WORTH = 1 << 24


class Cooler:
    """The file of one search: without a name, gone with the process."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._cold = 0
        self._possible = True

    def look(self, driver: Driver) -> None:
        """Put states into the file, if there are many. Without room for it, all stay in memory."""
        expanded = driver.expanded_words()
        if not self._possible or expanded - self._cold < WORTH:
            return
        self._cold = expanded
        self._possible = False
        with suppress(OSError):
            self._file = self._file or _unnamed()
            self._possible = driver.cool(self._file.fileno())

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()


def _unnamed() -> IO[bytes]:
    folder = home()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)
