"""How long a decider may search, and how much it may keep."""

from __future__ import annotations

import time

MAX_KEPT = 4_000_000
"""So many configurations are kept at most: they take about a gigabyte."""


class Exhausted(Exception):
    """A limit was reached before there was a verdict; its text says which."""


class Budget:
    """Seconds for all that is asked with it. Every search asks now and then whether it may go on."""

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def spend(self, kept: int = 0) -> None:
        """Go on, if there is time and room."""
        if self._end is not None and time.monotonic() > self._end:
            raise Exhausted(f"{self._seconds:g} seconds were not enough")
        if kept > MAX_KEPT:
            raise Exhausted(f"more than {MAX_KEPT:,} configurations would have to be kept")

    @property
    def left(self) -> float:
        """The seconds that are left; infinitely many without a limit."""
        return float("inf") if self._end is None else self._end - time.monotonic()
