"""What an answer depends on, as one number.

Of a system that is all but the places of its parts, and what is only quoted in a report: an answer
is told again from the system at hand.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from dsmc.frozen import Frozen

#: Fields that a search does not look at.
_QUOTED = frozenset({"doc", "shown", "file"})


def key_of(*values: Any) -> str:
    """64 hexadecimal digits: the same for values that mean the same to this version of the tool."""
    return hashlib.sha256("\n".join((tool(), *map(_text, values))).encode()).hexdigest()


def _text(value: Any) -> str:
    match value:
        case Frozen():
            fields = (_text(getattr(value, f)) for f in value._fields if f not in _QUOTED)
            return f"{type(value).__name__}({','.join(fields)})"
        case Enum():
            return str(value)
        case tuple():
            return f"({','.join(map(_text, value))})"
        case frozenset():
            return f"{{{','.join(sorted(map(_text, value)))}}}"
        case None | bool() | int() | float() | str():
            return repr(value)
        case _:
            raise AssertionError(f"{type(value).__name__} has no text that is always the same")


@functools.cache
def tool() -> str:
    """The version of the tool: also of sources that are being changed."""
    try:
        sources = sorted(_sources(str(Path(__file__).parent.parent)))
    except OSError:  # it has no files of its own, but is in an archive: nobody changes it
        from importlib import metadata  # slow to import

        return f"{metadata.version('dsmc')} {sys.version}"
    return f"{sources} {sys.version}"


def _sources(folder: str) -> Iterator[tuple[str, int, int]]:
    """The files of a package, each with its size and when it was changed."""
    with os.scandir(folder) as files:
        for file in files:
            if file.is_dir():
                yield from _sources(file.path) if file.name != "__pycache__" else ()
            else:
                s = file.stat()
                yield file.path, s.st_size, s.st_mtime_ns
