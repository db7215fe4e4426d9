"""The binary histories of dbcop: numbers of eight bytes, the low one first.

Five parameters and three texts (the database, when it began and ended) stand before the sessions; a
session is a list of transactions, and a transaction a list of events and whether it succeeded.
"""

from __future__ import annotations

import struct
from pathlib import Path

from dsmc.histories.formats.mistakes import UNREADABLE, bytes_of, refuse_all
from dsmc.histories.formats.registers import with_initial
from dsmc.histories.model import Access, Read, Status, Transaction, Transactions, Write

_NUMBER, _EVENT = struct.Struct("<Q"), struct.Struct("<?QQ?")
_PARAMETERS, _TEXTS = 5, 3


def seems(head: bytes) -> bool:
    """Do five numbers and the name of a database stand at the beginning?"""
    if len(head) < 8 * (_PARAMETERS + 1):
        return False
    (length,) = _NUMBER.unpack_from(head, 8 * _PARAMETERS)
    name = head[8 * (_PARAMETERS + 1) :][:length]
    return 0 < length < 100 and len(name) == length and name.decode("latin-1").isprintable()


def transactions(path: Path) -> Transactions:
    """The history of a file. Raises `Mistakes`."""
    reader = _Reader(bytes_of(path))
    try:
        return with_initial(reader.history(), 0)
    except (struct.error, OverflowError):
        refuse_all(f"the history `{path}` ends too early", "was the file cut off?", UNREADABLE)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def _number(self) -> int:
        (number,) = _NUMBER.unpack_from(self._content, self._at)
        self._at += _NUMBER.size
        return int(number)

    def _flag(self) -> bool:
        (flag,) = struct.unpack_from("<?", self._content, self._at)
        self._at += 1
        return bool(flag)

    def history(self) -> list[Transaction]:
        self._at = 8 * _PARAMETERS
        for _ in range(_TEXTS):
            length = self._number()
            self._at += length
        return [
            self._transaction(session, number)
            for session in range(self._number())
            for number in range(self._number())
        ]

    def _transaction(self, session: int, number: int) -> Transaction:
        events = [self._event() for _ in range(self._number())]
        status = Status.OK if self._flag() else Status.FAIL
        accesses = tuple(event for event in events if event is not None)
        return Transaction(f"T{session}.{number}", session, accesses, status)

    def _event(self) -> Access | None:
        """A read or a write, if it succeeded."""
        write, key, value, success = _EVENT.unpack_from(self._content, self._at)
        self._at += _EVENT.size
        if not success:
            return None
        return Write(key, value) if write else Read(key, value)
