"""A table is filled: row by row, each cell by processes in empty folders."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from bench.peers.tools import Measured, Verdict

#: A run of so many seconds is not repeated.
_LONG = 60


class Named(Protocol):
    """What a row is about."""

    @property
    def name(self) -> str:
        """The head of its row."""


Subject_contra = TypeVar("Subject_contra", bound=Named, contravariant=True)
Subject = TypeVar("Subject", bound=Named)


class Column(Protocol[Subject_contra]):
    """A way to look at it."""

    @property
    def name(self) -> str:
        """The head of its column."""

    def measure(self, subject: Subject_contra, folder: Path, limit: float, /) -> Measured | None:
        """One run in an empty folder; nothing if this cannot be looked at so."""


def filled(
    subjects: Sequence[Subject], columns: Sequence[Column[Subject]], wanted: argparse.Namespace
) -> Iterator[tuple[Subject, dict[str, Measured]]]:
    """Each row, with the best run of each column by the column's name."""
    for subject in subjects:
        best: dict[str, Measured] = {}
        for _ in range(wanted.runs):  # round by round, so that the columns take turns
            for column in columns:
                _measure(column, subject, wanted.limit, best)
        yield subject, best


def _measure(
    column: Column[Subject], subject: Subject, limit: float, best: dict[str, Measured]
) -> None:
    known = best.get(column.name)
    if known is not None and (not is_over(known) or known.whole >= _LONG):
        return  # another run says no more
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = column.measure(subject, Path(folder), limit)
    if found is not None:
        best[column.name] = better(known, found)
        print(f"{subject.name:36} {column.name:24} {_told(found)}", flush=True)


def better(one: Measured | None, other: Measured) -> Measured:
    """The faster of two runs of the same; the one that did not come to its end, if there is one."""
    if one is None or not is_over(other):
        return other
    return min(one, other, key=lambda m: m.whole)


def is_over(found: Measured) -> bool:
    """Did it come to its end, and to a verdict?"""
    return found.verdict not in (Verdict.CUT_OFF, Verdict.FAILED)


def _told(found: Measured) -> str:
    """One run as it comes."""
    states = "" if found.states is None else f"{found.states:,} states, "
    search = "" if found.search is None else f" ({found.search:.3f} s of search)"
    return f"{found.verdict.value}, {states}{found.whole:.2f} s{search}"
