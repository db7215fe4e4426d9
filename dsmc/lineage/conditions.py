"""On what the way through a step depends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dsmc.lineage.slots import Slot
from dsmc.smt.monotone import Id

#: Notes a reason, and the variables that it may matter to.
Note: TypeAlias = Callable[[Callable[[], Id], "frozenset[str] | None"], None]


class Condition:
    """Something on which the way through a step depends, and the variables that it may matter to (None:
    to all).
    """

    def __init__(self, why: Callable[[], Id], variables: frozenset[str] | None = None) -> None:
        self.why = why
        self._variables = variables

    def concerns(self, slot: Slot) -> bool:
        """May it matter to what is written there?"""
        return self._variables is None or slot.variable in self._variables
