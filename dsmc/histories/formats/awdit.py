"""The text of AWDIT's tests: `=====` ends a session, `-----` a transaction, `r KEY VALUE` reads.

Initial values are written by transactions of their own: what nobody wrote cannot be read.
"""

from __future__ import annotations

import re

from dsmc.histories.formats.mistakes import refuse
from dsmc.histories.formats.numbers import number
from dsmc.histories.model import Access, Read, Status, Transaction, Transactions, Write
from dsmc.source import Source

LINE = re.compile(r"(?P<f>[rw])\s+(?P<key>\S+)\s+(?P<value>\S+)")


def transactions(source: Source) -> Transactions:
    """The history of a text. Raises `Mistakes`."""
    found: list[Transaction] = []
    session, accesses, at = 0, list[Access](), 0
    for line in [*source.text.splitlines(keepends=True), "====="]:
        if line.startswith(("---", "===")):
            if accesses:
                found.append(_transaction(len(found), session, accesses))
            accesses = []
            session += line.startswith("===")
        elif line.strip():
            accesses.append(_access(source, at, line))
        at += len(line)
    return Transactions(tuple(found))


def _transaction(number: int, session: int, accesses: list[Access]) -> Transaction:
    return Transaction(f"T{number + 1}", session, tuple(accesses), Status.OK)


def _access(source: Source, at: int, line: str) -> Access:
    found = LINE.fullmatch(line.strip())
    if found is None:
        refuse(source, at, "this is no access", "write `r KEY VALUE` or `w KEY VALUE`")
    return (Read if found["f"] == "r" else Write)(number(found["key"]), number(found["value"]))
