"""JSON, as one array or one object per line, read into the same values as EDN."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dsmc.histories.formats.edn import Map
from dsmc.histories.formats.mistakes import refuse
from dsmc.source import Source


def read(source: Source) -> tuple[Any, ...]:
    """The rows of a text. Raises `Mistakes`."""
    if source.text.lstrip().startswith("["):
        rows = _parsed(source, source.text, 0)
        return tuple(rows)
    return tuple(_parsed(source, line, at) for at, line in _lines(source.text) if line.strip())


def _first(text: str) -> int:
    return len(text) - len(text.lstrip())


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line
        at += len(line)


def _parsed(source: Source, text: str, at: int) -> Any:
    try:
        return hashable(json.loads(text), _first(text) + at)
    except json.JSONDecodeError as error:
        refuse(source, at + error.pos, f"this is not JSON: {error.msg}", "was the file cut off?")
    except RecursionError:
        refuse(source, at, "this is nested too deeply")


def hashable(value: Any, at: int = 0) -> Any:
    """Lists as tuples, objects as maps that stand at a place of the text."""
    if isinstance(value, list):
        return tuple(hashable(one, at) for one in value)
    if not isinstance(value, dict):
        return value
    made = Map((key, hashable(one, at)) for key, one in value.items())
    made.at = at
    return made
