"""How long does it take to decide large histories of transactions?

The histories are made by simulated stores, whose clients take
turns at random, access by access: one keeps a snapshot for each transaction and refuses the second of
two concurrent writers of a key (snapshot isolation), the other runs one transaction after the other.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from bench.rows import Row
from dsmc.histories.budget import Budget
from dsmc.histories.isolation.levels import decide_facts
from dsmc.histories.isolation.reading import read_history
from dsmc.histories.model import (
    Access,
    Append,
    Read,
    ReadList,
    Status,
    Transaction,
    Transactions,
    Write,
)

BUDGET = 600.0
WEAK = ("read_committed", "read_committed_monotonic", "read_atomic", "causal")
STRONG = ("snapshot_isolation", "serializable")
REAL = ("strict_serializable",)


class Store:
    """Keeps all versions, with the number of the commit that installed each."""

    def __init__(self, rng: random.Random, keys: int, skew: float) -> None:
        self.rng = rng
        self.versions: dict[int, list[tuple[int, object]]] = {}
        self.commits = 0
        self.values = 0
        self.moment = 0
        self._keys = range(keys)
        self._weights = list(accumulate(1 / (key + 1) ** skew for key in self._keys))

    def key(self) -> int:
        return self.rng.choices(self._keys, cum_weights=self._weights)[0]

    def value(self) -> int:
        self.values += 1
        return self.values

    def at(self, key: int, commit: int, nothing: object) -> object:
        for number, value in reversed(self.versions.get(key, ())):
            if number <= commit:
                return value
        return nothing

    def newest(self, key: int) -> int:
        return self.versions[key][-1][0] if key in self.versions else 0

    def install(self, written: dict[int, object]) -> None:
        self.commits += 1
        for key, value in written.items():
            self.versions.setdefault(key, []).append((self.commits, value))

    def tick(self) -> int:
        self.moment += 1
        return self.moment


class Client:
    """One transaction, access by access."""

    def __init__(self, store: Store, accesses: int, reads: float, *, lists: bool) -> None:
        self._store, self._left, self._reads, self._lists = store, accesses, reads, lists
        self._snapshot = store.commits
        self._own: dict[int, object] = {}
        self.began = store.tick()
        self.accesses: list[Access] = []
        # Old lists are no longer used, as in Elle's workloads: they do not grow for ever.
        self._first = store.commits // 40 * 3 if lists else 0

    def step(self) -> bool:
        """Read or write. False: nothing is left to do."""
        if self._left == 0:
            return False
        self._left -= 1
        key = self._first + self._store.key()
        now = self._own.get(key, self._store.at(key, self._snapshot, () if self._lists else None))
        self.accesses.append(self._access(key, now))
        return True

    def _access(self, key: int, now: Any) -> Access:
        if self._store.rng.random() < self._reads:
            return ReadList(key, now) if self._lists else Read(key, now)
        value = self._store.value()
        self._own[key] = (*now, value) if self._lists else value
        return Append(key, value) if self._lists else Write(key, value)

    def commit(self) -> Status:
        """Refused if another committed a write to the same key since the snapshot."""
        if any(self._store.newest(key) > self._snapshot for key in self._own):
            return Status.FAIL
        self._store.install(self._own)
        return Status.OK


def history(
    count: int, *, sessions: int, accesses: int, keys: int, skew: float = 0.0,
    reads: float = 0.5, serial: bool = False, lists: bool = False, seed: int = 1,
) -> Transactions:  # fmt: skip
    """So many transactions, committed or aborted."""
    store = Store(random.Random(seed), keys, skew)
    running: dict[int, Client] = {}
    done: list[Transaction] = []
    while len(done) < count:
        session = next(iter(running)) if serial and running else store.rng.randrange(sessions)
        if session not in running:
            running[session] = Client(store, accesses, reads, lists=lists)
        client = running[session]
        if not client.step():
            del running[session]
            done.append(
                Transaction(
                    f"T{len(done)}", session, tuple(client.accesses), client.commit(),
                    client.began, store.tick(),
                )
            )  # fmt: skip
    return Transactions(tuple(done))


#: At most so many seconds, for 10,000 transactions and for lists.
QUICK, SLOW, LONG = 5.0, 120.0, 60.0
LISTS: dict[str, object] = {"sessions": 20, "accesses": 4, "keys": 20, "lists": True}
GENERAL: dict[str, object] = {"sessions": 25, "accesses": 8, "keys": 10_000}
CASES: dict[str, tuple[int, dict[str, object], tuple[str, ...]]] = {
    "si": (10_000, GENERAL, WEAK + STRONG),
    "si zipf": (10_000, GENERAL | {"skew": 1.0}, WEAK + STRONG),
    "si hot": (10_000, GENERAL | {"keys": 1_000}, WEAK + STRONG),
    "serial": (10_000, GENERAL | {"serial": True}, WEAK + STRONG),
    "serial zipf": (10_000, GENERAL | {"serial": True, "skew": 1.0}, WEAK + STRONG),
    "serial hot": (10_000, GENERAL | {"serial": True, "keys": 1_000}, WEAK + STRONG),
    "lists": (100_000, LISTS, WEAK + STRONG + REAL),
    "lists serial": (100_000, LISTS | {"serial": True}, WEAK + STRONG + REAL),
}


def rows(name: str) -> Iterator[Row]:
    """How long each level takes, with what all of them need first."""
    count, shape, levels = CASES[name]
    made = history(count, **shape)  # type: ignore[arg-type]
    began = time.perf_counter()
    facts = read_history(made)
    needed = time.perf_counter() - began
    for level in levels:
        began = time.perf_counter()
        verdict = decide_facts(facts, level, Budget(BUDGET))
        limit = LONG if shape.get("lists") else (QUICK if level in WEAK else SLOW)
        yield Row(name, count, level, verdict, needed + time.perf_counter() - began, limit)
