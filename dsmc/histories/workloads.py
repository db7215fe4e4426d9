"""What the well-known workloads of Jepsen's tests ask of a history: bounds of a counter, no lost
additions to a set, the constant total of a bank, no long fork.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from dsmc.histories import words
from dsmc.histories.formats.mistakes import refuse_all
from dsmc.histories.model import Operation, Operations, Status, Value
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated


def _reads(history: Operations) -> list[Operation]:
    return [o for o in history.operations if o.f == "read" and o.status is Status.OK]


def _adds(history: Operations) -> list[Operation]:
    return [o for o in history.operations if o.f == "add" and o.status is not Status.FAIL]


# ---------------------------------------------------------------- counter


def counter_bounds(history: Operations) -> Verdict:
    """Does each read lie between what was surely added and what may have been?"""
    adds = _adds(history)
    for read in _reads(history):
        low, high = _bounds(adds, read)
        value = _number(read, read.result)
        if not low <= value <= high:
            says = f"{words.named(read)} should be at least {low} and at most {high}."
            return Violated("out of bounds", (says,), (), (read.id,))
    return Holds()


def _bounds(adds: Iterable[Operation], read: Operation) -> tuple[int, int]:
    """The least and the most that a read may see: what ended before it counts, what began may."""
    assert read.returned is not None
    low = high = 0
    for add in adds:
        amount = _number(add, add.arg)
        is_sure = add.returned is not None and add.returned < read.invoked
        if is_sure:
            low, high = low + amount, high + amount
        elif add.invoked <= read.returned:
            low, high = low + min(amount, 0), high + max(amount, 0)
    return low, high


def _number(one: Operation, value: Value) -> Any:
    if not isinstance(value, int | float):
        refuse_all(f"{words.named(one)} has {words.value(value)} where a number is expected")
    return value


# ---------------------------------------------------------------- set


def no_lost_adds(history: Operations) -> Verdict:
    """Has the last read all that was added, and nothing that nobody added?"""
    reads = _reads(history)
    if not reads:
        return Undecided("nobody read the set")
    last = max(reads, key=lambda o: o.invoked)
    found = set(_elements(last))
    adds = _adds(history)
    lost = [
        o
        for o in adds
        if o.arg not in found and o.returned is not None and o.returned < last.invoked
    ]
    strange = sorted(found - {o.arg for o in adds}, key=repr)
    if lost:
        names = ", ".join(words.value(o.arg) for o in lost)
        says = f"{_last(last)} does not have what was added: {names}."
        return Violated("lost add", (says,), (), (*(o.id for o in lost), last.id))
    if strange:
        names = ", ".join(map(words.value, strange))
        says = f"{_last(last)} has what nobody added: {names}."
        return Violated("unexpected element", (says,), (), (last.id,))
    return Holds((last.id,))


def _last(read: Operation) -> str:
    return f"The last read, #{read.id} of {words.value(read.session)},"


def _elements(read: Operation) -> Iterable[Value]:
    if not isinstance(read.result, tuple | frozenset):
        refuse_all(f"{words.named(read)} should be answered a collection")
    return read.result


# ---------------------------------------------------------------- bank


def constant_total(history: Operations) -> Verdict:
    """Do all reads of all accounts have one total?"""
    first: Operation | None = None
    for read in _reads(history):
        first = first or read
        total, expected = (sum(_accounts(one).values()) for one in (read, first))
        if total != expected:
            seen = words.value(read.result)
            says = f"#{first.id} saw a total of {expected}, #{read.id} one of {total}: {seen}."
            return Violated("changed total", (says,), (), (first.id, read.id))
    return Holds() if first is not None else Undecided("nobody read the accounts")


def nonnegative(history: Operations) -> Verdict:
    """Does no read show an account below zero?"""
    reads = _reads(history)
    for read in reads:
        for account, balance in _accounts(read).items():
            if balance < 0:
                whose = words.value(read.session)
                says = f"#{read.id} of {whose} saw {balance} in account {words.value(account)}."
                return Violated("negative balance", (says,), (), (read.id,))
    return Holds() if reads else Undecided("nobody read the accounts")


def _accounts(read: Operation) -> Mapping[Value, Any]:
    if not isinstance(read.result, Mapping):
        refuse_all(f"{words.named(read)} should be answered a map from accounts to balances")
    return {account: _number(read, balance) for account, balance in read.result.items()}


# ---------------------------------------------------------------- long fork


def no_long_fork(history: Operations) -> Verdict:
    """Do any two reads of the same keys agree on which of two writes came first?

    Each key is written once, so of two reads one has seen all that the other has.
    """
    groups: dict[frozenset[Value], list[tuple[Operation, dict[Value, Value]]]] = {}
    for read in history.operations:
        if read.status is Status.OK and (seen := _seen(read)):
            groups.setdefault(frozenset(seen), []).append((read, seen))
    for group in groups.values():
        group.sort(key=lambda one: sum(value is not None for value in one[1].values()))
        for (one, less), (other, more) in pairwise(group):
            found = _forked(one, less, other, more)
            if found is not None:
                return found
    return Holds() if groups else Undecided("nobody read several keys at once")


def _seen(read: Operation) -> dict[Value, Value]:
    """What a read of several keys saw."""
    rows = read.result if isinstance(read.result, tuple) else ()
    return {
        row[1]: row[2]
        for row in rows
        if isinstance(row, tuple) and len(row) == 3 and row[0] in ("r", "read")
    }


def _forked(
    one: Operation, less: dict[Value, Value], other: Operation, more: dict[Value, Value]
) -> Verdict | None:
    missed = [key for key, value in less.items() if value is not None and more[key] is None]
    if missed:
        ahead = next(key for key, value in more.items() if value is not None and less[key] is None)
        key, its = words.value(missed[0]), words.value(ahead)
        says = (
            f"#{one.id} saw the write of {key} and not that of {its};"
            f" #{other.id} saw that of {its} and not that of {key}."
        )
        return Violated("long fork", (says,), (), (one.id, other.id))
    twice = next((k for k, value in less.items() if value not in (None, more[k])), None)
    if twice is not None:
        return Undecided(f"{words.value(twice)} was written more than once")
    return None
