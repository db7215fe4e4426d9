"""Initial states and successors are made by code that knows no end: who collects them may have enough."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

#: So many are made between two looks.
LOOK = 4096


class EnoughError(Exception):
    """No more shall be made."""


class Growing(list[Any]):
    """What is made one by one. Whoever `looks` at it after every few thousand may raise `EnoughError`."""

    def __init__(self, look: Callable[[list[Any]], None]) -> None:
        super().__init__()
        self._look = look

    def append(self, made: Any) -> None:
        """One more."""
        super().append(made)
        if len(self) % LOOK == 0:
            self._look(self)


def some_of(make: Callable[[list[Any]], object]) -> list[Any]:
    """What is made, or the first few thousand of it."""
    found = Growing(_have_enough)
    with suppress(EnoughError):
        make(found)
    return found


def _have_enough(made: list[Any]) -> None:
    raise EnoughError
