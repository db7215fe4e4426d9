"""Diagnostics as text: the place, the line, carets under exactly the wrong words, one suggestion."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from dsmc.diagnostics import Diagnostic
from dsmc.source import NOWHERE, Span

#: No more of a line than this is shown, and no more of it before the wrong words than that.
_LONGEST = 100
_BEFORE = 40


def render_all(diagnostics: Iterable[Diagnostic]) -> str:
    """All of them, a blank line apart."""
    return "\n".join(render(d) for d in diagnostics)


def render(diagnostic: Diagnostic) -> str:
    """One diagnostic as a block of lines, ended by a newline."""
    word = "warning" if diagnostic.is_warning else "error"
    lines = [f"{word}[{diagnostic.code}]: {diagnostic.message}"]
    lines += _excerpt(diagnostic.span, diagnostic.label)
    for note in diagnostic.notes:
        lines += _excerpt(note.span, note.text)
    if diagnostic.help:
        lines.append(f"help: {diagnostic.help}")
    return "\n".join(lines) + "\n"


def _excerpt(span: Span, label: str) -> list[str]:
    if span.source is NOWHERE.source:
        return [f"  {label}"] if label else []
    number, column = span.source.position(span.start)
    text = span.source.line(number)
    gutter = f"{number:>4} | "
    here = [f"  --> {span}"]
    if not text:
        return here + ([f"       {label}"] if label else [])
    text, at, width = _window(text, column - 1, _on_this_line(span))
    before = _columns(text[:at])
    carets = " " * (len(gutter) + before) + "^" * max(1, _columns(text[at : at + width]))
    return [*here, gutter + text.expandtabs(4), f"{carets} {label}".rstrip()]


def _window(text: str, at: int, width: int) -> tuple[str, int, int]:
    """The part of a long line that is shown, and where in it the wrong words are."""
    if len(text) <= _LONGEST:
        return text, at, width
    start = max(0, min(at - _BEFORE, len(text) - _LONGEST))
    end = min(len(text), start + _LONGEST)
    shown = "…" * (start > 0) + text[start:end] + "…" * (end < len(text))
    return shown, at - start + (start > 0), min(width, end - at)


def _on_this_line(span: Span) -> int:
    """How many characters of the span stand on its first line."""
    return len(span.text.split("\n", 1)[0].rstrip()) or 1


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    wide = sum(1 for c in text if unicodedata.east_asian_width(c) in "WF")
    return len(text.expandtabs(4)) + wide
