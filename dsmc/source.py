"""Source texts and places in them.

Places are pairs of offsets; lines and columns are computed only when something is printed.
"""

from __future__ import annotations

import bisect
from pathlib import Path
from typing import NamedTuple


class Source:
    """A text with a name. Two sources are the same only if they are the same object."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    @classmethod
    def read(cls, path: Path, shown_as: str | None = None) -> Source:
        """The text of a file, without the mark that some editors begin it with.

        Raises `OSError` if it cannot be read and `UnicodeDecodeError` if it is not UTF-8.
        """
        return cls(shown_as or str(path), path.read_text(encoding="utf-8-sig"))

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            breaks = (i + 1 for i, char in enumerate(self.text) if char == "\n")
            self._starts = [0, *breaks]
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        starts = self._line_starts()
        line = bisect.bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1), without its end."""
        starts = self._line_starts()
        end = starts[number] if number < len(starts) else len(self.text) + 1
        return self.text[starts[number - 1] : end - 1].rstrip("\r")

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return Source, (self.name, self.text)


class Span(NamedTuple):
    """The characters from `start` up to, not including, `end` of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """What stands there."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line of the first character, counted from 1."""
        return self.source.position(self.start)[0]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other one."""
        return Span(self.source, self.start, other.end) if other.source is self.source else self

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"


#: The place of what nobody wrote.
NOWHERE = Span(Source("", ""), 0, 0)
