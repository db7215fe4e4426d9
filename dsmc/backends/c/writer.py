"""Lines of C: what an expression needs is written before it, as statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Writer:
    """Writes the body of one C function."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._indent = 1
        self._count = 0

    def line(self, text: str) -> None:
        """One line of code."""
        self.lines.append("\t" * self._indent + text)

    def name(self, prefix: str) -> str:
        """A name that nothing else in the function has."""
        self._count += 1
        return f"{prefix}_{self._count}"

    @contextmanager
    def block(self, head: str = "") -> Iterator[None]:
        """The lines between braces."""
        self.line(f"{head} {{".lstrip())
        self._indent += 1
        yield
        self._indent -= 1
        self.line("}")

    @contextmanager
    def captured(self) -> Iterator[list[str]]:
        """Lines that are written later, or not at all."""
        outer, self.lines = self.lines, []
        self._indent += 1
        try:
            yield self.lines
        finally:
            self.lines = outer
            self._indent -= 1

    def number(self, kind: str, text: str) -> str:
        """A C variable with a value."""
        if text.isidentifier():
            return text
        name = self.name("t")
        self.line(f"{kind} {name} = {text};")
        return name
