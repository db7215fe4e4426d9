"""Problems in what a user wrote: values with a stable code, a place and one suggestion.

A phase collects them in a `Problems` list and carries on, so that one run names all mistakes of a
file. They are never raised one at a time, and nothing here prints.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from dsmc.frozen import Frozen
from dsmc.source import Span


class Note(Frozen):
    """A second place that belongs to a problem, and what to say of it."""

    span: Span
    text: str


class Diagnostic(Frozen):
    """One problem: `code` is a row of `codes.CODES`, `message` says what is wrong at `span`.

    `label` stands behind the carets, `help` is the one suggestion; both may be empty.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    help: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def is_warning(self) -> bool:
        """Is it no mistake? Warnings are told, and change nothing."""
        return self.code.startswith("D8")

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sorting key: by file, then by place."""
        return (self.span.source.name, self.span.start, self.span.end, self.code, self.message)


class Problems:
    """The problems found so far."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        label: str = "",
        help: str = "",
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Note a problem."""
        self._found.append(Diagnostic(code, message, span, label, help, notes))

    def extend(self, problems: Iterable[Diagnostic]) -> None:
        """Note several problems."""
        self._found.extend(problems)

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All problems in the order of the text, each once."""
        return tuple(sorted(dict.fromkeys(self._found), key=lambda d: d.order))


class Mistakes(Exception):
    """Raised by the public API when a spec, a model or an option has mistakes."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(f"{d.code} {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion naming the nearest known name, or an empty string."""
    candidates = sorted(set(known) - {name})
    folded = [c for c in candidates if c.lower() == name.lower()]
    near = folded or difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""
