"""A search on disk, so that another process can go on with it.

Three files of 64-bit words only ever grow: the states in order, where each level begins, the nodes
that states are made of. `checkpoint.json` says how much of each counts, with its SHA-256, and whose
they are; it is replaced at once when what it tells of is on the disk. So whatever moment a process
ends at, what it left is whole; and what was cut off or changed is noticed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsmc.backends.c.build import search_text
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.frozen import Frozen
from dsmc.source import NOWHERE

#: The manifest, and the version of its form.
_MANIFEST = "checkpoint.json"
_FORMAT = 1


class Mark(Frozen):
    """How far a search was when its last whole level ended: `extent` in `runtime/search.h`."""

    states: int
    levels: int
    nodes: int
    transitions: int
    initial: int
    event: int
    load_limit: int


class Saved(Frozen):
    """What a manifest says: how far, at which level and how each property was decided, and of each
    file how many bytes count, and their hash.
    """

    mark: Mark
    decided: dict[int, tuple[int, int]]
    files: dict[str, tuple[int, str]]


def identity(model: str, wanted: frozenset[int], *, to_the_end: bool) -> dict[str, str]:
    """Whose checkpoint: of which version of the search, of which model, of which question."""
    return {
        "version": _hash(f"{_FORMAT} {sys.byteorder} {search_text()}"),
        "model": _hash(model),
        "question": _hash(f"{sorted(wanted)} {to_the_end}"),
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Folder:
    """A folder with a checkpoint, or for one."""

    def __init__(self, path: Path, whose: dict[str, str]) -> None:
        self._path = path
        self._whose = whose
        self._sums: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}

    # ------------------------------------------------------------ writing

    def prepare(self) -> None:
        """Make the folder. Raises `OSError`; `Mistakes` if somebody's checkpoint is there."""
        self._path.mkdir(parents=True, exist_ok=True)
        if (self._path / _MANIFEST).exists():
            raise _mistake(
                "D711", f"there is a checkpoint in `{self._path}` already",
                "go on from it with `--resume`, or name another directory",
            )  # fmt: skip

    def save(
        self, mark: Mark, decided: Mapping[int, tuple[int, int]], arrays: dict[str, memoryview]
    ) -> None:
        """Write what has come, then that it counts. Raises `OSError`: then all is as it was."""
        sums = {name: self._append(name, data) for name, data in arrays.items()}
        files = {name: (len(data), sums[name].hexdigest()) for name, data in arrays.items()}
        self._replace(_as_text(self._whose, Saved(mark, dict(decided), files)))
        self._sums, self._sizes = sums, {name: len(data) for name, data in arrays.items()}

    def _append(self, name: str, data: memoryview) -> Any:
        """Write the rest of an array behind what counts; the hash of all of it."""
        done = self._sizes.get(name, 0)
        with os.fdopen(os.open(self._path / name, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as file:
            file.seek(done)
            file.write(data[done:])
            file.flush()
            os.fsync(file.fileno())
        total = self._sums[name].copy() if done else hashlib.sha256()
        total.update(data[done:])
        return total

    def _replace(self, text: str) -> None:
        temporary = self._path / f".{_MANIFEST}"
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path / _MANIFEST)
        folder = os.open(self._path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    # ------------------------------------------------------------ reading

    def saved(self) -> Saved | None:
        """What the manifest says; None if there is none. Raises `Mistakes`."""
        try:
            text = (self._path / _MANIFEST).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise self._damaged(_MANIFEST) from None
        sum_, _, body = text.partition("\n")
        if sum_ != _hash(body):
            raise self._damaged(_MANIFEST)
        data = json.loads(body)
        self._refuse_others(data["whose"])
        return _from_data(data)

    def _refuse_others(self, whose: dict[str, str]) -> None:
        other = next((part for part in self._whose if self._whose[part] != whose.get(part)), None)
        told = {
            "version": ("another version of dsmc", "go on with that one"),
            "model": ("another model", "go on with the specs and constants as they were"),
            "question": ("other options", "go on with the same `--property` and `--all`"),
        }
        if other is not None:
            of, help = told[other]
            message = f"the checkpoint in `{self._path}` is of {of}"
            raise _mistake("D709", message, f"{help}, or start anew in another directory")

    def fill(self, saved: Saved, arrays: dict[str, memoryview]) -> None:
        """Read the arrays. Raises `Mistakes` if they are not what was written."""
        for name, data in arrays.items():
            size, sum_ = saved.files[name]
            if size != len(data) or not self._read(name, data):
                raise self._damaged(name)
            self._sums[name] = hashlib.sha256(data)
            if self._sums[name].hexdigest() != sum_:
                raise self._damaged(name)
            self._sizes[name] = size

    def _read(self, name: str, data: memoryview) -> bool:
        try:
            with (self._path / name).open("rb") as file:
                return file.readinto(data) == len(data)
        except FileNotFoundError:
            return False

    def _damaged(self, name: str) -> Mistakes:
        message = f"the checkpoint in `{self._path}` is damaged: `{name}` is not as it was written"
        return _mistake("D710", message, "start anew in another directory, or delete this one")


def _mistake(code: str, message: str, help: str) -> Mistakes:
    return Mistakes((Diagnostic(code, message, NOWHERE, "", help),))


# ---------------------------------------------------------------- the manifest


def _as_text(whose: dict[str, str], saved: Saved) -> str:
    """JSON; the hash of it stands in the first line."""
    mark = {name: getattr(saved.mark, name) for name in Mark._fields}
    data = {"whose": whose, "mark": mark, "decided": saved.decided, "files": saved.files}
    body = json.dumps(data, indent=1)
    return f"{_hash(body)}\n{body}"


def _from_data(data: Any) -> Saved:
    decided = {int(number): (level, kind) for number, (level, kind) in data["decided"].items()}
    files = {name: (size, sum_) for name, (size, sum_) in data["files"].items()}
    return Saved(Mark(**data["mark"]), decided, files)
