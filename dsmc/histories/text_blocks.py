"""The blocks of a text that grows: which pieces were there when it was read is told by the text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from dsmc.histories.blocks import IMPOSSIBLE, Block, Blocks, Group, is_read
from dsmc.histories.model import Operation, Status, Value


def text_blocks(initial: Value, live: Sequence[Operation]) -> Blocks:
    """Texts that grow, of pieces that are all different and of which none begins another."""
    changes = [one for one in live if one.f != "get"]
    pieces = {one.arg: one for one in changes if isinstance(one.arg, str) and one.arg}
    unclear = any(later.startswith(piece) for piece, later in pairwise(sorted(pieces)))
    reads = [_Read(one.result, one) for one in live if is_read(one) and isinstance(one.result, str)]
    all_read = len(reads) == sum(map(is_read, live))
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
