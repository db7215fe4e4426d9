"""Linearizability where each value tells which operation put it there (Gibbons and Korach 1997).

What was put there, with all that read it, is a block: nothing else may take effect in between. The
zone of a block lasts from the first end of one of its operations to the last beginning of one. If the
end is first, the zone is a forward one, and the block takes effect all through it; otherwise it can do
so at any one moment of its zone, which is a backward one. So there is a legal order if no two forward
zones overlap, and no backward one lies inside a forward one. Compare-and-sets and appends, which
follow what they saw, belong to its block: their order in it is known.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from dsmc.histories.blocks import IMPOSSIBLE, Block, Blocks, Impossible
from dsmc.histories.model import Operation, Status, Value
from dsmc.histories.objects import Specification
from dsmc.histories.register_blocks import register_blocks
from dsmc.histories.text_blocks import text_blocks


class _Zone(NamedTuple):
    """From when to when; of a backward zone that is the moment at which its block takes effect."""

    start: float
    end: float
    block: Block


def ordered(
    spec: Specification, operations: Sequence[Operation]
) -> tuple[Operation, ...] | Impossible | None:
    """A legal order that respects real time, or that there is none; None where values do not tell."""
    blocks = _blocks(spec, operations)
    if blocks is None or blocks is IMPOSSIBLE:
        return blocks
    if any(_is_out_of_order(block) for block in blocks):
        return IMPOSSIBLE
    zones = [_Zone(_first_end(block), _last_begin(block), block) for block in blocks]
    forward = sorted((zone for zone in zones if zone.start < zone.end), key=lambda z: z.start)
    backward = [_placed(zone, forward) for zone in zones if zone.start >= zone.end]
    overlap = any(one.end > other.start for one, other in pairwise(forward))
    if overlap or None in backward:
        return IMPOSSIBLE
    placed = sorted((*filter(None, backward), *forward), key=_place)
    return tuple(one for zone in placed for group in zone.block.groups for one in group)


_MAKERS: dict[str, Callable[[Value, Sequence[Operation]], Blocks]] = {
    "register": register_blocks,
    "cas_register": register_blocks,
    "kv": text_blocks,
}


def _blocks(spec: Specification, operations: Sequence[Operation]) -> Blocks:
    """The blocks of the operations on one object."""
    live = [one for one in operations if one.status is not Status.FAIL]
    made = _MAKERS.get(spec.name)
    if made is None or not all(map(_is_plain, live)):
        return None
    return made(spec.initial, live)


def _is_plain(one: Operation) -> bool:
    """Did what changes something do so? A compare-and-set that did not says what the value was not."""
    if one.status is not Status.OK or one.f in ("read", "get"):
        return True
    return one.result is (True if one.f == "cas" else None)


def _end(one: Operation) -> float:
    return inf if one.returned is None else one.returned


def _first_end(block: Block) -> float:
    """The initial state is there before all."""
    return -inf if block.initial else min(_end(o) for group in block.groups for o in group)


def _last_begin(block: Block) -> float:
    return max((o.invoked for group in block.groups for o in group), default=-inf)


def _is_out_of_order(block: Block) -> bool:
    """Did an operation end before one began that comes before it in the block?"""
    begun: float = -inf
    for group in block.groups:
        if any(_end(one) < begun for one in group):
            return True
        begun = max((begun, *(one.invoked for one in group)))
    return False


def _placed(zone: _Zone, forward: Sequence[_Zone]) -> _Zone | None:
    """A backward zone at the first moment that is in no forward one, if there is one."""
    moment, latest = zone.end, zone.start
    number = bisect_left(forward, moment, key=lambda other: other.start) - 1
    if number >= 0 and forward[number].end > moment:
        moment = forward[number].end
    return _Zone(moment, moment, zone.block) if moment <= latest else None


def _place(zone: _Zone) -> tuple[bool, float, float]:
    """The initial state, then by the beginnings; what is at one moment stands before what lasts."""
    return not zone.block.initial, zone.start, zone.end
