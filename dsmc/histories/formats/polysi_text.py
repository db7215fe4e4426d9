"""The text of PolySI and Plume: `r(KEY,VALUE,SESSION,TRANSACTION)`, `w` for writes.

Transaction -1 was aborted. A 0 that nobody wrote is the initial value; or else a first transaction,
alone in its session, writes the initial values of all keys (IsoVista).
"""

from __future__ import annotations

import re

from dsmc.histories.formats.mistakes import refuse
from dsmc.histories.formats.numbers import number
from dsmc.histories.formats.registers import with_initial, without_initial
from dsmc.histories.model import Access, Read, Status, Transaction, Transactions, Value, Write
from dsmc.source import Source

LINE = re.compile(r"(?P<f>[rw])\(([^,()]+),([^,()]+),([^,()]+),([^,()]+)\)")
ABORTED = -1

_Name = tuple[Value, Value, int]
"""A session, a transaction, and for aborted ones how many stood before."""


def transactions(source: Source) -> Transactions:
    """The history of a text. Raises `Mistakes`."""
    found: dict[_Name, list[Access]] = {}
    last: _Name | None = None
    aborted = at = 0
    for line in source.text.splitlines(keepends=True):
        if line.strip():
            session, transaction, access = _access(source, at, line)
            if transaction == ABORTED and (last is None or last[:2] != (session, ABORTED)):
                aborted += 1
            last = session, transaction, aborted if transaction == ABORTED else 0
            found.setdefault(last, []).append(access)
        at += len(line)
    everything = [_transaction(name, accesses) for name, accesses in found.items()]
    return without_initial(with_initial(everything, 0))


def _access(source: Source, at: int, line: str) -> tuple[Value, Value, Access]:
    found = LINE.fullmatch(re.sub(r"\s+", "", line))
    if found is None:
        refuse(
            source, at, "this is no access",
            "write `r(KEY,VALUE,SESSION,TRANSACTION)` or `w(KEY,VALUE,SESSION,TRANSACTION)`",
        )  # fmt: skip
    key, value, session, transaction = map(number, found.groups()[1:])
    return session, transaction, (Read if found["f"] == "r" else Write)(key, value)


def _transaction(name: _Name, accesses: list[Access]) -> Transaction:
    session, transaction, aborted = name
    if transaction == ABORTED:
        id = f"aborted {aborted}"
        return Transaction(id, session, tuple(accesses), Status.FAIL)
    return Transaction(f"T{session}.{transaction}", session, tuple(accesses), Status.OK)
