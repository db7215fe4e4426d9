"""The blocks of a register, with or without compare-and-set: which write was read is told by its value."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.histories.blocks import IMPOSSIBLE, Block, Blocks, Group, is_read
from dsmc.histories.model import Operation, Status, Value


class _Ambiguous(Exception):
    """Several may have put a value there."""


class _Absent(Exception):
    """Nothing has put a value there that was read."""


def register_blocks(initial: Value, live: Sequence[Operation]) -> Blocks:
    """The blocks of what may have happened."""
    try:
        return _Registers(initial, live).blocks()
    except _Ambiguous:
        return None
    except _Absent:
        return IMPOSSIBLE


def _new(one: Operation) -> Value:
    """What a write or a compare-and-set puts there."""
    return _pair(one)[1] if one.f == "cas" else one.arg


def _pair(cas: Operation) -> tuple[Value, Value]:
    """What was expected, and what is new."""
    assert isinstance(cas.arg, tuple)
    expected, new = cas.arg
    return expected, new


class _Registers:
    """Operations by the values that they put there and need; None stands for the beginning."""

    def __init__(self, initial: Value, live: Sequence[Operation]) -> None:
        self._initial = initial
        self._writers: dict[Value, list[Operation]] = {}
        for one in live:
            if one.f in ("write", "cas"):
                self._writers.setdefault(_new(one), []).append(one)
        self._reads = [one for one in live if is_read(one)]
        self._changes = self._needed([one for one in live if one.f != "read"])

    def _writer(self, value: Value) -> Operation | None:
        """Who put a value there. Raises `_Ambiguous` or `_Absent`."""
        found: list[Operation | None] = [*self._writers.get(value, ())]
        found += [None] * (value == self._initial)
        if len(found) > 1:
            raise _Ambiguous
        if not found:
            raise _Absent
        return found[0]

    def _needed(self, changes: Sequence[Operation]) -> list[Operation]:
        """Those that ended, and those of whose effect something was seen."""
        kept = {one.id: one for one in changes if one.status is Status.OK}
        waiting = [*self._reads, *kept.values()]
        while waiting:
            one = waiting.pop()
            writer = self._before(one)
            if writer is not None and writer.id not in kept:
                kept[writer.id] = writer
                waiting.append(writer)
        return list(kept.values())

    def _before(self, one: Operation) -> Operation | None:
        """What put that there which an operation saw; a write sees nothing."""
        match one.f:
            case "write":
                return None
            case "cas":
                return self._writer(_pair(one)[0])
            case _:
                return self._writer(one.result)

    def blocks(self) -> Blocks:
        """A chain from each write, and from the beginning."""
        readers: dict[int | None, list[Operation]] = {}
        for read in self._reads:
            readers.setdefault(_id(self._before(read)), []).append(read)
        after: dict[int | None, Operation] = {}
        for cas in (one for one in self._changes if one.f == "cas"):
            if after.setdefault(_id(self._before(cas)), cas) is not cas:
                return IMPOSSIBLE  # the value was changed twice, and put there once
        roots = (None, *(one for one in self._changes if one.f == "write"))
        chains = [list(_chain(root, after)) for root in roots]
        if sum(map(len, chains)) <= len(self._changes):
            return IMPOSSIBLE  # some go round in a circle
        return [_block(chain, readers) for chain in chains]


def _id(one: Operation | None) -> int | None:
    return None if one is None else one.id


def _chain(
    root: Operation | None, after: dict[int | None, Operation]
) -> Sequence[Operation | None]:
    found = [root]
    while (following := after.get(_id(found[-1]))) is not None:
        found.append(following)
    return found


def _block(chain: Sequence[Operation | None], readers: dict[int | None, list[Operation]]) -> Block:
    groups: list[Group] = []
    for one in chain:
        groups += [() if one is None else (one,), tuple(readers.get(_id(one), ()))]
    return Block(tuple(groups), chain[0] is None)
