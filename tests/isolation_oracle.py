"""Isolation levels by their definitions, tried on every order: for histories of a few transactions.

Serializability, snapshot isolation and prefix consistency after Crooks, Pu, Alvisi and Clement
(Seeing is believing, PODC 2017): an order of execution, and for each transaction a state that it has
read from. Read committed, read atomic and causal by the axioms of Biswas and Enea. Adya's levels by
every order of the versions of every key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations, product

from dsmc.histories.model import Read, Status, Transaction, Transactions, Write

State = dict[object, object]
Order = tuple[int, ...]


class Small:
    """A history of committed transactions with unique values, and no order of versions."""

    def __init__(self, history: Transactions) -> None:
        self.all = [t for t in history.transactions if t.status is Status.OK]
        self.count = len(self.all)
        self.writes = [
            {a.key: a.value for a in t.accesses if isinstance(a, Write)} for t in self.all
        ]
        self.reads = [external(t) for t in self.all]
        self.sound = all(inner(t) for t in self.all) and self._sources()
        self.session = {
            (a, b)
            for a, b in permutations(range(self.count), 2)
            if a < b and self.all[a].session == self.all[b].session
        }
        self.time = {
            (a, b)
            for a, b in permutations(range(self.count), 2)
            if self.all[a].returned is not None
            and self.all[b].invoked is not None
            and self.all[a].returned < self.all[b].invoked
        }

    def writer(self, key: object, value: object) -> int | None:
        """Who wrote what was read; None is the initial state."""
        for number, written in enumerate(self.writes):
            if written.get(key) == value and value is not None:
                return number
        return None

    def _sources(self) -> bool:
        """Was all that was read written last by another, or is it initial?"""
        for number, reads in enumerate(self.reads):
            for key, value in reads:
                if value is not None and self.writer(key, value) in {None, number}:
                    return False
        return True

    def keys(self) -> list[object]:
        return sorted({key for written in self.writes for key in written}, key=str)


def external(transaction: Transaction) -> list[tuple[object, object]]:
    own: set[object] = set()
    found = []
    for access in transaction.accesses:
        if isinstance(access, Write):
            own.add(access.key)
        elif isinstance(access, Read) and access.key not in own:
            found.append((access.key, access.value))
    return found


def inner(transaction: Transaction) -> bool:
    own: State = {}
    for access in transaction.accesses:
        if isinstance(access, Write):
            own[access.key] = access.value
        elif isinstance(access, Read) and access.key in own and own[access.key] != access.value:
            return False
    return True


def orders(count: int, kept: set[tuple[int, int]]) -> Iterator[Order]:
    for order in permutations(range(count)):
        at = {node: n for n, node in enumerate(order)}
        if all(at[a] < at[b] for a, b in kept):
            yield order


def states_of(small: Small, order: Order) -> list[State]:
    states: list[State] = [{}]
    for number in order:
        states.append({**states[-1], **small.writes[number]})
    return states


def read_from(small: Small, number: int, states: list[State], upto: int) -> list[int]:
    return [
        at
        for at in range(upto + 1)
        if all(states[at].get(key) == value for key, value in small.reads[number])
    ]


def serial(small: Small, kept: set[tuple[int, int]]) -> bool:
    return small.sound and any(
        all(
            at in read_from(small, number, states, at)
            for at, number in enumerate(order)
        )
        for order in orders(small.count, kept)
        for states in [states_of(small, order)]
    )  # fmt: skip


def snapshot(small: Small, kept: set[tuple[int, int]], *, conflicts: bool) -> bool:
    return small.sound and any(
        all(
            any(
                _snapshot_at(small, order, at, state, kept, conflicts=conflicts)
                for state in read_from(small, number, states, at)
            )
            for at, number in enumerate(order)
        )
        for order in orders(small.count, kept)
        for states in [states_of(small, order)]
    )


def _snapshot_at(
    small: Small, order: Order, at: int, state: int, kept: set[tuple[int, int]], *, conflicts: bool
) -> bool:
    own = order[at]
    for between in order[state:at]:
        if (between, own) in kept:
            return False
        if conflicts and small.writes[between].keys() & small.writes[own].keys():
            return False
    return True


def axiom(small: Small, visible: Callable[[Small, int, int, int], bool]) -> bool:
    """Is there an order of commits that keeps the axiom? `visible` of (T2, T3, place of read)."""
    kept = small.session | sources(small)
    return small.sound and any(_kept(small, order, visible) for order in orders(small.count, kept))


def sources(small: Small) -> set[tuple[int, int]]:
    return {
        (small.writer(key, value), number)
        for number, reads in enumerate(small.reads)
        for key, value in reads
        if small.writer(key, value) is not None
    }  # type: ignore[misc]


def _kept(small: Small, order: Order, visible: Callable[[Small, int, int, int], bool]) -> bool:
    at = {node: n for n, node in enumerate(order)}
    for reader, reads in enumerate(small.reads):
        for place, (key, value) in enumerate(reads):
            source = small.writer(key, value)
            for other in range(small.count):
                if other in {source, reader} or key not in small.writes[other]:
                    continue
                late = source is None or at[other] > at[source]
                if late and visible(small, other, reader, place):
                    return False
    return True


def read_earlier(small: Small, other: int, reader: int, place: int) -> bool:
    return any(small.writer(*read) == other for read in small.reads[reader][:place])


def next_before(small: Small, other: int, reader: int, place: int) -> bool:
    return (other, reader) in small.session | sources(small)


def in_past(small: Small, other: int, reader: int, place: int) -> bool:
    return (other, reader) in closure(small.session | sources(small))


def closure(pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    while True:
        more = pairs | {(a, d) for a, b in pairs for c, d in pairs if b == c}
        if more == pairs:
            return pairs
        pairs = more


def version_orders(small: Small) -> Iterator[dict[object, Order]]:
    keys = small.keys()
    writers = [[n for n, w in enumerate(small.writes) if key in w] for key in keys]
    for chosen in product(*(list(permutations(w)) for w in writers)):
        yield dict(zip(keys, chosen, strict=True))


def overwritten(
    small: Small, versions: dict[object, Order]
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The edges ww and rw of an order of versions."""
    ww = {
        (order[a], order[b])
        for order in versions.values()
        for a in range(len(order))
        for b in range(a + 1, len(order))
    }
    rw = set()
    for reader, reads in enumerate(small.reads):
        for key, value in reads:
            order = versions.get(key, ())
            source = small.writer(key, value)
            later = order if source is None else order[order.index(source) + 1 :]
            rw |= {(reader, writer) for writer in later if writer != reader}
    return ww, rw


def acyclic(pairs: set[tuple[int, int]]) -> bool:
    return all(a != b for a, b in closure(pairs))


def adya(small: Small, test: Callable[[set, set, set, set], bool], *, clean: bool = True) -> bool:  # type: ignore[type-arg]
    """Is there an order of versions that passes a test of ww, wr, rw and the order of sessions?"""
    return (small.sound or not clean) and any(
        test(ww, sources(small), rw, small.session)
        for versions in version_orders(small)
        for ww, rw in [overwritten(small, versions)]
    )


def at_most_one(ww: set, wr: set, rw: set, session: set) -> bool:  # type: ignore[type-arg]
    past = closure(ww | wr | session)
    return acyclic(past) and not any((b, a) in past for a, b in rw)


ORACLE: dict[str, Callable[[Small], bool]] = {
    "strict_serializable": lambda s: serial(s, s.session | s.time),
    "serializable": lambda s: serial(s, s.session),
    "pl_3": lambda s: serial(s, set()),
    "strong_snapshot_isolation": lambda s: snapshot(s, s.session | s.time, conflicts=True),
    "snapshot_isolation": lambda s: snapshot(s, s.session, conflicts=True),
    "generalized_snapshot_isolation": lambda s: snapshot(s, set(), conflicts=True),
    "parallel_snapshot_isolation": lambda s: adya(s, at_most_one),
    "prefix_consistency": lambda s: snapshot(s, s.session, conflicts=False),
    "repeatable_read": lambda s: adya(s, lambda ww, wr, rw, _: acyclic(ww | wr | rw)),
    "causal": lambda s: axiom(s, in_past),
    "read_atomic": lambda s: axiom(s, next_before),
    "read_committed_monotonic": lambda s: axiom(s, read_earlier),
    "read_committed": lambda s: adya(s, lambda ww, wr, *_: acyclic(ww | wr)),
}


def in_order(level: str, small: Small, versions: dict[object, Order]) -> bool:
    """The same of a level, where it is known in which order the versions were installed."""
    ww, rw = overwritten(small, versions)
    kept, wr = small.session | ww, sources(small)
    return (
        small.sound
        and {
            "serializable": lambda: serial(small, kept),
            "snapshot_isolation": lambda: snapshot(small, kept, conflicts=True),
            "parallel_snapshot_isolation": lambda: at_most_one(ww, wr, rw, small.session),
            "repeatable_read": lambda: acyclic(ww | wr | rw),
            "read_committed": lambda: acyclic(ww | wr),
        }[level]()
    )
