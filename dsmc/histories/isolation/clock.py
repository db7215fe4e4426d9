"""How long a decider may take."""

from __future__ import annotations

import time


class OutOfTimeError(Exception):
    """The budget is spent: there is no verdict."""


class Clock:
    """Counts down from a number of seconds."""

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self._end = time.monotonic() + budget

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self._end - time.monotonic()

    def check(self) -> None:
        """Stop if there are none."""
        if self.left <= 0:
            raise OutOfTimeError
