"""What is said of a file that cannot be read as a history."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.source import NOWHERE, Source, Span

UNREADABLE, UNFIT, UNKNOWN = "D712", "D713", "D714"


def refuse(
    source: Source, at: int, message: str, help: str = "", code: str = UNREADABLE
) -> NoReturn:
    """End reading with a diagnostic that points at the line of an offset."""
    start = min(at, max(0, len(source.text) - 1))
    end = source.text.find("\n", start)
    span = Span(source, start, end if end > start else start + 1)
    raise Mistakes((Diagnostic(code, message, span, "", help),))


def refuse_all(message: str, help: str = "", code: str = UNFIT) -> NoReturn:
    """End reading with a diagnostic that is about the whole history."""
    raise Mistakes((Diagnostic(code, message, NOWHERE, "", help),))


def text_of(path: Path) -> Source:
    """The text of a file; a file that is none is a mistake."""
    try:
        return Source.read(path)
    except UnicodeDecodeError:
        refuse_all(f"`{path}` is not text", "name its format with --format", "D702")
    except OSError as error:
        refuse_all(f"cannot read `{path}`: {error.strerror}", "", "D701")


def bytes_of(path: Path) -> bytes:
    """The bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        refuse_all(f"cannot read `{path}`: {error.strerror}", "", "D701")
