"""What each value that was read tells of who put it there, if it does.

The operations of a block take effect in a row: what puts a value there, those that read it, what
changed just that value, those that read what it left, and so on. Of pending operations those that
nothing depends on are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

from dsmc.histories.model import Operation, Status, Value
from dsmc.histories.objects import Specification

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


def blocks_of(spec: Specification, operations: Sequence[Operation]) -> Blocks:
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


def _is_read(one: Operation) -> bool:
    return one.f in ("read", "get") and one.status is Status.OK


# ---------------------------------------------------------------- registers


class _Ambiguous(Exception):
    """Several may have put a value there."""


class _Absent(Exception):
    """Nothing has put a value there that was read."""


def _register(initial: Value, live: Sequence[Operation]) -> Blocks:
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
        self._reads = [one for one in live if _is_read(one)]
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


# ---------------------------------------------------------------- texts


def _text(initial: Value, live: Sequence[Operation]) -> Blocks:
    """Texts that grow, of pieces that are all different and of which none begins another."""
    changes = [one for one in live if one.f != "get"]
    pieces = {one.arg: one for one in changes if isinstance(one.arg, str) and one.arg}
    unclear = any(later.startswith(piece) for piece, later in pairwise(sorted(pieces)))
    reads = [
        _Read(one.result, one) for one in live if _is_read(one) and isinstance(one.result, str)
    ]
    all_read = len(reads) == sum(map(_is_read, live))
    if initial != "" or unclear or not all_read or len(pieces) < len(changes):
        return None
    return _Texts(pieces, reads).blocks()


class _Read(NamedTuple):
    """A text, and who read it."""

    text: str
    reader: Operation


class _Texts:
    """Each text that was read as the pieces that it was put together from."""

    def __init__(self, pieces: dict[str, Operation], reads: Sequence[_Read]) -> None:
        self._pieces = pieces
        self._sizes = sorted({len(piece) for piece in pieces})
        self._reads = sorted(reads, key=lambda read: -len(read.text))
        #: By the piece that was put, if one was: the longest text, and the readers by length.
        self._longest: dict[str | None, str] = {}
        self._readers: dict[str | None, dict[int, list[Operation]]] = {None: {}}

    def blocks(self) -> Blocks:
        """Each text with the beginnings of it that were read; what nobody saw is by itself."""
        for text, reader in self._reads:
            first = self._first(text)
            if not self._longest.setdefault(first, text).startswith(text):
                return IMPOSSIBLE
            self._readers.setdefault(first, {}).setdefault(len(text), []).append(reader)
        self._longest.setdefault(None, "")
        found: list[Block] = []
        for first, text in self._longest.items():
            groups = self._groups(first, text)
            if groups is None:
                return IMPOSSIBLE
            found.append(Block(groups, first is None))
        seen = [one.id for block in found for group in block.groups for one in group]
        if len(seen) != len(set(seen)):
            return IMPOSSIBLE  # a piece is in two texts
        unseen = {one.id: one for one in self._pieces.values() if one.status is Status.OK}
        for id in seen:
            unseen.pop(id, None)
        return found + [Block(((one,),), False) for one in unseen.values()]

    def _at(self, text: str, at: int) -> str | None:
        """The piece that stands there: only one can, as none begins another."""
        there = (text[at : at + size] for size in self._sizes)
        return next((piece for piece in there if piece in self._pieces), None)

    def _first(self, text: str) -> str | None:
        """The piece that was put, with which a text begins; None: it grew from the beginning."""
        piece = self._at(text, 0)
        return piece if piece is not None and self._pieces[piece].f == "put" else None

    def _groups(self, first: str | None, text: str) -> tuple[Group, ...] | None:
        """The pieces of a text in their order, with the readers of each beginning of it."""
        readers = dict(self._readers[first])
        groups: list[Group] = [tuple(readers.pop(0, ()))]
        at = 0
        while at < len(text):
            piece = self._at(text, at)
            if piece is None or (self._pieces[piece].f == "put" and at > 0):
                return None
            at += len(piece)
            groups += [(self._pieces[piece],), tuple(readers.pop(at, ()))]
        return None if readers else tuple(groups)  # who read half a piece read what nobody wrote


_MAKERS: dict[str, Callable[[Value, Sequence[Operation]], Blocks]] = {
    "register": _register,
    "cas_register": _register,
    "kv": _text,
}
