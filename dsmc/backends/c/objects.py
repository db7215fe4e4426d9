"""What the system's compiler made, kept in the user's folder for caches.

The folder may be shared, damaged, read-only or full: what cannot be read is not there, what cannot be
written is not kept, and neither is an error. An object is moved into its place when it is whole, and
beside it stands its hash: one that is cut off or was changed is not there.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dsmc.files import home

#: All objects together take no more than this; then those not used for longest are removed.
BOUND = 200 << 20
#: What a file takes at least.
_BLOCK = 4096
#: The names of our files. Others are never touched.
_OURS = re.compile(r"[0-9a-f]{32}\.so")
_WORK = "compiling-"
#: What compiling the search takes there for a while.
_ROOM = 8 << 20
#: Nothing is compiled for so many seconds: whoever began it was ended by force.
_ABANDONED = 24 * 3600


class _Entry(NamedTuple):
    """An object: when it was used last, where it is, what it takes."""

    used: int
    path: Path
    size: int


def folder() -> Path | None:
    """Where objects are kept; None if nothing is."""
    kept = home()
    return kept / "objects" if kept is not None else None


def find(key: str) -> Path | None:
    """The object of a key of 32 hexadecimal digits, if it is there and whole."""
    place = folder()
    if place is None:
        return None
    path = place / f"{key}.so"
    try:
        whole = path.with_suffix(".sum").read_text() == _digest(path)
    except (OSError, ValueError):
        return None
    with suppress(OSError):
        os.utime(path)
    return path if whole else None


def work_folder() -> Path:
    """A new folder to compile in: where objects are kept, so that they need only be renamed, or else
    (that is read-only, or full) where temporary files are. Raises `OSError`.
    """
    place = folder()
    with suppress(OSError):
        if place is not None:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            _try_room(place)
            return Path(tempfile.mkdtemp(prefix=_WORK, dir=place))
    return Path(tempfile.mkdtemp(prefix=f"dsmc-{_WORK}"))


def _try_room(place: Path) -> None:
    """Raises `OSError` if there is too little."""
    with tempfile.TemporaryFile(dir=place) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, _ROOM)


def keep(made: Path, key: str) -> None:
    """Move an object into its place, if there is one."""
    place = folder()
    if place is None:
        return
    note = made.with_suffix(".sum")
    with suppress(OSError):
        note.write_text(_digest(made))
        made.replace(place / f"{key}.so")
        note.replace(place / f"{key}.sum")
        _prune(place)


def sizes() -> list[int]:
    """What each object takes."""
    place = folder()
    return [entry.size for entry in _entries(place)] if place is not None else []


def clear() -> None:
    """Remove all objects. Raises `OSError`."""
    place = folder()
    for entry in _entries(place) if place is not None else ():
        _remove(entry.path)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _prune(place: Path) -> None:
    """Remove what was not used for longest, until the rest is inside the bound."""
    entries = sorted(_entries(place))
    total = sum(entry.size for entry in entries)
    for entry in entries:
        if total <= BOUND:
            break
        _remove(entry.path)
        total -= entry.size
    for left in place.glob(f"{_WORK}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED:
            shutil.rmtree(left, ignore_errors=True)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".sum").unlink(missing_ok=True)


def _entries(place: Path) -> Iterator[_Entry]:
    with suppress(OSError), os.scandir(place) as files:
        for file in files:
            if _OURS.fullmatch(file.name):
                with suppress(FileNotFoundError):  # another process removed it
                    s = file.stat()
                    size = (-(-s.st_size // _BLOCK) + 1) * _BLOCK  # with its hash
                    yield _Entry(s.st_mtime_ns, Path(file.path), size)
