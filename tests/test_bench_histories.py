"""The histories that are measured are what they are said to be, and are decided in time."""

from __future__ import annotations

import pytest

from bench import histories
from bench.operations import Clients, swaps
from bench.rows import Row
from bench.transactions import GENERAL, history
from dsmc.histories.isolation.levels import decide
from dsmc.histories.model import Status
from dsmc.histories.verdict import Holds, Undecided, Violated


@pytest.mark.parametrize("name", histories.OPERATIONS)
def test_operations(name: str) -> None:
    (row,) = histories.of_operations(name)
    assert isinstance(row.verdict, Violated if name.endswith("bad") else Holds)
    assert not row.is_late


def test_so_many_never_end() -> None:
    made = Clients("cas_register", swaps(3), clients=5, pending=20).history(200).operations
    assert len(made) == 200
    assert sum(one.status is Status.INFO for one in made) == 20


def test_transactions_of_a_store_with_snapshots() -> None:
    made = history(200, **{**GENERAL, "keys": 50})  # type: ignore[arg-type]
    assert isinstance(decide(made, "snapshot_isolation"), Holds)


def test_what_took_too_long_is_marked() -> None:
    assert not Row("a", 1, "linearizable", Holds(), 1.0, 2.0).is_late
    assert str(Row("a", 1, "linearizable", Holds(), 3.0, 2.0)).endswith("!")
    assert Row("a", 1, "linearizable", Undecided("time"), 1.0, 2.0).is_late
