"""Files that are written whole or not at all; and where those are kept that save time later."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def home() -> Path | None:
    """The folder for all that is kept: `DSMC_CACHE`, or one in the user's folder for caches. None if
    that variable is empty, or there is no such folder: nothing is kept then.
    """
    chosen = os.environ.get("DSMC_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    with suppress(RuntimeError):  # nobody is at home
        return (Path(base) if base else Path.home() / ".cache") / "dsmc"
    return None


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises `OSError`, which names it."""
    try:
        _write_beside(path, text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write_beside(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
