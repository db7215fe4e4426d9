"""A page of tables, each under a heading of its own: what is measured anew leaves the others as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def put(path: Path, part: str) -> None:
    """Write a part of the page in the place of the one with the same heading, or after all others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = _parts(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts[_heading(part)] = part
    path.write_text("\n".join(each.strip("\n") + "\n" for each in parts.values()), encoding="utf-8")


def _parts(page: str) -> dict[str, str]:
    found = re.split(r"(?m)^(?=# )", page)
    return {_heading(part): part for part in found if part.strip()}


def _heading(part: str) -> str:
    return part.partition("\n")[0]


def line(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> list[str]:
    """The lines of a table, whose first columns are `texts` and the others numbers."""
    ruler = ["---"] * texts + ["---:"] * (len(columns) - texts)
    return [line(columns), line(ruler), *map(line, rows)]


def digits(number: float) -> str:
    """Three digits of it, or all before the point."""
    return f"{number:,.0f}" if number >= 99.95 else f"{number:.3g}"
