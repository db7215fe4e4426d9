"""What the formats of transactions on registers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dsmc.frozen import replace
from dsmc.histories.model import Access, Read, Transaction, Transactions, Value, Write


def with_initial(transactions: Iterable[Transaction], initial: Value) -> Transactions:
    """A history in which reads of `initial`, where nobody wrote it, are of the initial state."""
    everything = tuple(transactions)
    written = {version for transaction in everything for version in _written(transaction)}

    def shown(access: Access) -> Access:
        if isinstance(access, Read) and access.value == initial:
            return access if (access.key, initial) in written else Read(access.key, None)
        return access

    return Transactions(tuple(_changed(t, [shown(a) for a in t.accesses]) for t in everything))


def without_initial(history: Transactions) -> Transactions:
    """Without a first transaction that writes the initial values of all keys, alone in its session.

    Reads of what it wrote are of the initial state, as nothing was before it.
    """
    if not history.transactions or not _is_initial(history.transactions):
        return history
    first, *others = history.transactions
    initial = set(_written(first))

    def shown(access: Access) -> Access:
        if isinstance(access, Read) and (access.key, access.value) in initial:
            return Read(access.key, None)
        return access

    return Transactions(tuple(_changed(t, [shown(a) for a in t.accesses]) for t in others))


def _is_initial(transactions: Sequence[Transaction]) -> bool:
    first, *others = transactions
    keys = {access.key for access in first.accesses if isinstance(access, Write)}
    return (
        bool(others)
        and all(isinstance(access, Write) for access in first.accesses)
        and all(other.session != first.session for other in others)
        and all(
            access.key in keys
            for other in others
            for access in other.accesses
            if isinstance(access, (Read, Write))
        )
    )


def _written(transaction: Transaction) -> Iterable[tuple[Value, Value]]:
    return ((a.key, a.value) for a in transaction.accesses if isinstance(a, Write))


def _changed(transaction: Transaction, accesses: list[Access]) -> Transaction:
    return replace(transaction, accesses=tuple(accesses))
