"""The logs of Cobra: a folder with a file for each session, numbers with the high byte first.

`S` starts a transaction and `C` commits it (with its number); `W` is a write (its identity, key and
value) and `R` a read (the transaction that wrote, the identity of the write, key and value). A read
of an identity that nobody wrote is of the initial state. A transaction without `C` may have committed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from dsmc.frozen import replace
from dsmc.histories.formats.mistakes import UNREADABLE, bytes_of, refuse_all
from dsmc.histories.model import Access, Read, Status, Transaction, Transactions, Value, Write

_SIZES = {b"S": 8, b"C": 8, b"W": 24, b"R": 32}


def seems(folder: Path) -> bool:
    """Is it a folder of logs?"""
    return folder.is_dir() and any(folder.glob("*.log"))


def transactions(folder: Path) -> Transactions:
    """The history of a folder. Raises `Mistakes`."""
    everything = [
        transaction
        for path in sorted(folder.glob("*.log"), key=lambda path: (len(path.name), path.name))
        for transaction in _session(path)
    ]
    written = {a.write for t in everything for a in t.accesses if isinstance(a, Write)}
    return Transactions(tuple(_with_initial(transaction, written) for transaction in everything))


def _with_initial(transaction: Transaction, written: set[Value]) -> Transaction:
    accesses = tuple(
        Read(a.key, None) if isinstance(a, Read) and a.write not in written else a
        for a in transaction.accesses
    )
    return replace(transaction, accesses=accesses)


def _session(path: Path) -> Iterator[Transaction]:
    accesses: list[Access] = []
    name: Value = None
    for kind, numbers in _records(path):
        match kind:
            case b"S":
                if name is not None:
                    yield _transaction(path, name, accesses, Status.INFO)
                name, accesses = f"T{numbers[0]}", []
            case b"C":
                yield _transaction(path, name, accesses, Status.OK)
                name, accesses = None, []
            case b"W":
                accesses.append(Write(numbers[1], numbers[2], numbers[0]))
            case _:
                accesses.append(Read(numbers[2], numbers[3], numbers[1]))
    if name is not None:
        yield _transaction(path, name, accesses, Status.INFO)


def _transaction(path: Path, name: Value, accesses: list[Access], status: Status) -> Transaction:
    return Transaction(name, path.stem, tuple(accesses), status)


def _records(path: Path) -> Iterator[tuple[bytes, tuple[int, ...]]]:
    content, at = bytes_of(path), 0
    while at < len(content):
        kind = content[at : at + 1]
        size = _SIZES.get(kind)
        if size is None or at + 1 + size > len(content):
            refuse_all(f"`{path}` is no log of Cobra from byte {at} on", "", UNREADABLE)
        yield kind, struct.unpack_from(f">{size // 8}q", content, at + 1)
        at += 1 + size
