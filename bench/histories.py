"""How long does it take to decide recorded histories?

`python -m bench.histories [NAME …]` prints a table: what is asked of each history, the verdict, how
many seconds it took and may take. Recorded ones lie beside the repository; without them the others
are measured alone. The exit code is 1 if something took too long.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bench import transactions
from bench.operations import Clients, registers, swaps, telling, texts
from bench.rows import HEAD, Row
from dsmc.frozen import replace
from dsmc.histories.budget import Budget
from dsmc.histories.check import check
from dsmc.histories.model import Operations
from dsmc.histories.objects import SPECIFICATIONS
from dsmc.histories.reading import read_operations

RECORDED = [folder / "shared" / "histories" for folder in Path(__file__).parents]
BUDGET = 120.0

Case = tuple[str, Callable[[], Operations], float]

#: An object, how its history is made, and how many seconds it may take.
OPERATIONS: dict[str, Case] = {
    "64 pending writes": (
        "register",
        lambda: Clients("register", registers(5), clients=10, pending=64).history(400),
        10.0,
    ),
    "84 pending, with cas": (
        "cas_register",
        lambda: Clients("cas_register", swaps(5), clients=10, pending=84).history(600),
        10.0,
    ),
    "50 clients, a register": (
        "cas_register",
        lambda: Clients("cas_register", telling, clients=50, pending=100).history(2_000),
        5.0,
    ),
    "50 clients, 10 keys": (
        "kv", lambda: Clients("kv", texts, clients=50, keys=10).history(2_000), 5.0,
    ),
    "50 clients, one key": (
        "kv", lambda: Clients("kv", texts, clients=50).history(2_000), 5.0,
    ),
    "50 clients, one key, bad": (
        "kv", lambda: stale(Clients("kv", texts, clients=50).history(2_000)), 10.0,
    ),
}  # fmt: skip


def stale(history: Operations) -> Operations:
    """The same, but that the last read returns what the first one did."""
    reads = [one for one in history.operations if one.f == "get"]
    late = replace(reads[-1], result=reads[0].result)
    return Operations(tuple(late if o is reads[-1] else o for o in history.operations))


def of_operations(name: str) -> Iterator[Row]:
    """Is what clients got of a simulated object linearizable?"""
    object, made, most = OPERATIONS[name]
    yield _measured(name, made(), object, most)


def _measured(name: str, history: Operations, object: str, most: float) -> Row:
    began = time.perf_counter()
    verdict = check(history, "linearizable", SPECIFICATIONS[object](), Budget(BUDGET))
    seconds = time.perf_counter() - began
    return Row(name, len(history.operations), "linearizable", verdict, seconds, most)


def of_recorded(_: str) -> Iterator[Row]:
    """The logs of etcd that Jepsen recorded: the slowest."""
    paths = (path for folder in RECORDED for path in folder.glob("porcupine/jepsen/*.log"))
    found = [_measured(p.stem, read_operations(p), "cas_register", 2.0) for p in paths]
    yield from sorted(found, key=lambda row: -row.seconds)[:3]


CASES: dict[str, Callable[[str], Iterable[Row]]] = {
    "etcd": of_recorded,
    **dict.fromkeys(OPERATIONS, of_operations),
    **dict.fromkeys(transactions.CASES, transactions.rows),
}


def main() -> int:
    print(HEAD)
    late = False
    for name in sys.argv[1:] or CASES:
        for row in CASES[name](name):
            print(row, flush=True)
            late |= row.is_late
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
