"""A folder of answers, one file each.

It may be shared, damaged, read-only or full: what cannot be read is not there, what cannot be
written is not kept, and neither is an error.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from dsmc.files import home, write_file

#: All answers together take no more than this; then those not used for longest are removed.
BOUND = 32 << 20
#: The same for counterexamples.
_BOUND_OF_LAST = 8 << 20
#: What a file takes at least.
_BLOCK = 4096
#: The names of our files, and of those being written. Others are never touched.
_OURS = re.compile(r"\.?[0-9a-f]{64}\.json(\.\w+)?")


class _Entry(NamedTuple):
    """A file: when it was used last, where it is, what it takes."""

    used: int
    path: Path
    size: int


class Store:
    """The answers of one kind."""

    def __init__(self, folder: Path, bound: int = BOUND) -> None:
        self._folder = folder
        self._bound = bound

    def get(self, key: str) -> Any:
        """What was kept under a key of 64 hexadecimal digits; None if nothing was."""
        path = self._path(key)
        try:
            check, _, body = path.read_text(encoding="utf-8").partition("\n")
            data = json.loads(body) if check == _checksum(key, body) else None
        except (OSError, ValueError):
            return None
        with suppress(OSError):
            os.utime(path)
        return data

    def put(self, key: str, data: Any) -> None:
        """Keep an answer: strings, whole numbers, lists and dictionaries."""
        body = json.dumps(data, separators=(",", ":"))
        if len(body) > self._bound // 8:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_file(self._path(key), f"{_checksum(key, body)}\n{body}")
            self._prune()

    def sizes(self) -> list[int]:
        """What each answer takes."""
        return [entry.size for entry in self._entries()]

    def clear(self) -> None:
        """Remove all answers. Raises `OSError`."""
        for entry in self._entries():
            entry.path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _prune(self) -> None:
        """Remove what was not used for longest, until the rest is inside the bound."""
        entries = sorted(self._entries())
        total = sum(entry.size for entry in entries)
        for entry in entries:
            if total <= self._bound:
                return
            entry.path.unlink(missing_ok=True)
            total -= entry.size

    def _entries(self) -> Iterator[_Entry]:
        with suppress(OSError), os.scandir(self._folder) as files:
            for file in files:
                if _OURS.fullmatch(file.name):
                    with suppress(FileNotFoundError):  # another process removed it
                        s = file.stat()
                        size = -(-s.st_size // _BLOCK) * _BLOCK
                        yield _Entry(s.st_mtime_ns, Path(file.path), size)


class Cache(NamedTuple):
    """Answers by what was asked, and the last counterexamples by where the model is."""

    answers: Store
    last: Store


def cache() -> Cache | None:
    """The user's cache, if there is one."""
    folder = home()
    if folder is None:
        return None
    return Cache(Store(folder / "answers"), Store(folder / "last", _BOUND_OF_LAST))


def _checksum(key: str, body: str) -> str:
    return hashlib.sha256(f"{key}\n{body}".encode()).hexdigest()
