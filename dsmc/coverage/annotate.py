"""Counts beside the lines of the source, as data."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from dsmc.coverage.count import Coverage
from dsmc.coverage.points import Point, Sort
from dsmc.frozen import Frozen
from dsmc.source import Source, Span
from dsmc.traces.why import said

#: Longer lines are cut.
_WIDTH = 90
#: What is told beside its line; messages are told apart.
_BESIDE = frozenset(Sort) - {Sort.MESSAGE}


class Row(Frozen):
    """A count, the line (0: the same as before), and what is counted."""

    count: int
    line: int
    text: str


class Page(Frozen):
    """The rows of one file."""

    file: str
    rows: tuple[Row, ...]


def pages(coverage: Coverage) -> tuple[Page, ...]:
    """The files in which something is counted. What has no place in a file stands in the first."""
    counted = [(p, n) for p, n in coverage.counts if p.sort in _BESIDE]
    placed = [(p, n) for p, n in counted if p.span.source.name]
    placed.sort(key=lambda pair: (pair[0].span.source.name, pair[0].span.start))
    found = [
        Page(file, tuple(_rows(list(group))))
        for file, group in groupby(placed, key=lambda pair: pair[0].span.source.name)
    ]
    rest = tuple(Row(n, 0, p.name) for p, n in counted if not p.span.source.name)
    return (*found, *((Page("", rest),) if rest else ()))


def _rows(counted: list[tuple[Point, int]]) -> list[Row]:
    """A line with one point is shown as it is written; the points of one with several are named."""
    found: list[Row] = []
    for line, group in groupby(counted, key=lambda pair: pair[0].span.line):
        points = list(group)
        whole = points[0][0].span.source.line(line)
        indent = " " * (len(whole) - len(whole.lstrip()))
        if len(points) == 1:
            found.append(Row(points[0][1], line, _cut(whole)))
            continue
        for place, (point, count) in enumerate(points):
            found.append(Row(count, 0 if place else line, _cut(indent + _written(point))))
    return found


def _written(point: Point) -> str:
    return point.name if point.sort is Sort.STEP else said(point.span)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def never_received(coverage: Coverage) -> list[str]:
    """The messages that nobody receives."""
    return [p.name for p, n in coverage.counts if p.sort is Sort.MESSAGE and not n]


def as_data(coverage: Coverage) -> dict[str, Any]:
    """Coverage as dictionaries and lists."""
    s = coverage.statistics
    return {
        "states": s.states, "transitions": s.transitions, "complete": s.complete,
        "stopped": s.stopped,
        "points": [
            {"sort": p.sort.value, "name": p.name, "steps": n, **place(p.span)}
            for p, n in coverage.counts
        ],
        "never_true": [_condition(span) for span in coverage.never_true],
        "never_false": [_condition(span) for span in coverage.never_false],
        "never_received": never_received(coverage),
    }  # fmt: skip


def _condition(span: Span) -> dict[str, Any]:
    return {"text": said(span), **place(span)}


def place(span: Span) -> dict[str, Any]:
    """Where something was written."""
    source: Source = span.source
    if not source.name:
        return {"file": "", "line": 0, "column": 0}
    line, column = source.position(span.start)
    return {"file": source.name, "line": line, "column": column}
