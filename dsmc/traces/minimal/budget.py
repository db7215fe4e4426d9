"""How much the reference does to make one run smaller: a fraction of a second, whatever the spec."""

from __future__ import annotations

from dsmc.backends.narrow import staged
from dsmc.ir.system import System
from dsmc.ir.width import choices

#: So many different steps are taken, so many of them again, and so many choices are looked at.
STEPS, FOLLOWED, LOOKED = 5_000, 300_000, 500_000
SPENT = (
    f"not all was tried to make its run smaller: {STEPS:,} steps were taken, {FOLLOWED:,} again, "
    f"or {LOOKED:,} choices looked at"
)


class Spent(Exception):
    """The budget is spent."""


class Budget:
    """What is left. Each call raises `Spent` if that is nothing."""

    def __init__(self, system: System) -> None:
        self._steps, self._followed, self._looked = STEPS, FOLLOWED, LOOKED
        self._widths = {a.name: choices(staged(a, system).action) for a in system.actions}
        self._all = sum(self._widths.values())

    def follow(self) -> None:
        """A step is taken again."""
        self._followed -= 1
        self._check()

    def step(self, action: str) -> None:
        """The steps of an action from a state are taken for the first time."""
        self._steps -= 1
        self._looked -= self._widths[action]
        self._check()

    def expand(self) -> None:
        """All successors of a state are looked at."""
        self._looked -= self._all
        self._check()

    def _check(self) -> None:
        if min(self._steps, self._followed, self._looked) < 0:
            raise Spent
