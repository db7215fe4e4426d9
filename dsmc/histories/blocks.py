"""What each value that was read tells of who put it there, if it does.

The operations of a block take effect in a row: what puts a value there, those that read it, what
changed just that value, those that read what it left, and so on. Of pending operations those that
nothing depends on are left out.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from dsmc.histories.model import Operation, Status

Group = tuple[Operation, ...]


class Impossible(Enum):
    """There is no legal order, whatever real time says."""

    IMPOSSIBLE = "impossible"


IMPOSSIBLE: Final = Impossible.IMPOSSIBLE


class Block(NamedTuple):
    """Groups take effect one after the other, the operations of one group in any order."""

    groups: tuple[Group, ...]
    initial: bool


Blocks = list[Block] | Impossible | None
"""None: the values do not tell."""


def is_read(one: Operation) -> bool:
    """Did the operation read something?"""
    return one.f in ("read", "get") and one.status is Status.OK
