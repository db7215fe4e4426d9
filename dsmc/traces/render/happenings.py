"""What is drawn of a recorded history: its operations, or its transactions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsmc.frozen import Frozen
from dsmc.histories import words
from dsmc.histories.model import Operation, Operations, Status, Transaction, Transactions, Value

_MOST = 4  # so many accesses of a transaction are written beside its bar


class Happening(Frozen):
    """One of them: what `short` says is drawn beside its bar, and `cells` stand in the table."""

    id: Value
    session: Value
    short: str
    cells: tuple[str, ...]
    invoked: int
    returned: int | None
    failed: bool


class Happenings(Frozen):
    """All of them, what one is called, and what the cells between session and times are called."""

    noun: str
    titles: tuple[str, ...]
    all: tuple[Happening, ...]
    timed: bool = True


def of_operations(history: Operations) -> Happenings:
    """Operations as they were recorded."""
    return Happenings(
        "operation", ("object", "operation"), tuple(map(_operation, history.operations))
    )


def _operation(one: Operation) -> Happening:
    object = "" if one.object is None else words.value(one.object)
    said = words.operation(one)
    short = f"#{one.id} {object}: {said}" if object else f"#{one.id} {said}"
    failed = one.status is Status.FAIL
    return Happening(
        one.id, one.session, short, (object, said), one.invoked, one.returned, failed
    )  # fmt: skip


def of_transactions(history: Transactions) -> Happenings:
    """Transactions as they were recorded; without times the sessions take turns."""
    known = history.transactions
    timed = all(one.invoked is not None for one in known)
    times = {n: (one.invoked, one.returned) for n, one in enumerate(known)}
    moments = times if timed else _turns(known)
    made = tuple(_transaction(one, *moments[n]) for n, one in enumerate(known))
    return Happenings("transaction", ("outcome", "accesses"), made, timed)


def _turns(known: Iterable[Transaction]) -> dict[int, tuple[int, int]]:
    """When each begins and ends if the sessions take turns."""
    done: dict[Value, int] = {}
    rounds = []
    for number, one in enumerate(known):
        done[one.session] = done.get(one.session, 0) + 1
        rounds.append((done[one.session], number))
    return {number: (2 * n, 2 * n + 1) for n, (_, number) in enumerate(sorted(rounds))}


_OUTCOME: Mapping[Status, str] = {
    Status.OK: "committed", Status.FAIL: "aborted", Status.INFO: "unknown",
}  # fmt: skip


def _transaction(one: Transaction, invoked: int | None, returned: int | None) -> Happening:
    assert invoked is not None
    said = [words.access(access) for access in one.accesses]
    rest = f", and {len(said) - _MOST} more" if len(said) > _MOST else ""
    short = f"{one.id}: {', '.join(said[:_MOST])}{rest}"
    return Happening(
        one.id, one.session, short, (_OUTCOME[one.status], ", ".join(said)), invoked, returned,
        one.status is Status.FAIL,
    )  # fmt: skip
