"""The deciders of isolation levels agree with the definitions tried on every order."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isolation_oracle import ORACLE, Small

from dsmc.frozen import replace
from dsmc.histories.findings import strongest
from dsmc.histories.isolation.levels import LEVELS, check_all, decide, implied
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
from dsmc.histories.verdict import Holds, Undecided, Violated

#: With the order of versions open, this one may be left undecided.
PARTIAL = {"parallel_snapshot_isolation"}

Plan = list[tuple[int, list[tuple[str, bool]], int, int]]
"""For each transaction: its session, the keys it writes (or reads), and when it began and ended."""

ACCESSES = st.lists(st.tuples(st.sampled_from("xy"), st.booleans()), min_size=1, max_size=4)
PLANS = st.lists(
    st.tuples(st.integers(0, 2), ACCESSES, st.integers(0, 2), st.integers(0, 6)),
    min_size=1,
    max_size=4,
)


@st.composite
def histories(draw: st.DrawFn) -> Transactions:
    """Any reads of what was written somewhere."""
    plan: Plan = draw(PLANS)
    written = _written(plan)
    made, moment = [], 0
    for number, (session, accesses, later, took) in enumerate(plan):
        moment += later
        done: list[Access] = []
        for at, (key, writes) in enumerate(accesses):
            if writes:
                done.append(Write(key, (number, at)))
            else:
                own = [a.value for a in done if isinstance(a, Write) and a.key == key]
                seen = own[-1] if own else draw(st.sampled_from(written[key]))
                done.append(Read(key, seen))
        made.append(
            Transaction(number, session, tuple(done), Status.OK, moment, moment + took)
        )  # fmt: skip
    return Transactions(tuple(made))


def _written(plan: Plan) -> dict[str, list[Any]]:
    """The last values that transactions write, and None."""
    found: dict[str, dict[int, Any]] = {"x": {-1: None}, "y": {-1: None}}
    for number, (_, accesses, *_) in enumerate(plan):
        for at, (key, writes) in enumerate(accesses):
            if writes:
                found[key][number] = (number, at)
    return {key: list(values.values()) for key, values in found.items()}


def assert_right(history: Transactions) -> None:
    small = Small(history)
    for level, oracle in ORACLE.items():
        verdict = decide(history, level)
        if level in PARTIAL and isinstance(verdict, Undecided):
            continue
        assert isinstance(verdict, Holds) == oracle(small), (level, verdict)


@given(histories())
def test_every_level_is_decided_as_it_is_defined(history: Transactions) -> None:
    assert_right(history)


@given(histories(), st.data())
def test_unknown_outcomes_may_be_either(history: Transactions, data: st.DataObject) -> None:
    """A level is kept if it is kept for some choice of those of unknown outcome that committed."""
    statuses = [data.draw(st.sampled_from(list(Status))) for _ in history.transactions]
    mixed = _with(history, statuses)
    unknown = [n for n, status in enumerate(statuses) if status is Status.INFO]
    for level in ("serializable", "snapshot_isolation", "causal", "read_committed"):
        expected = any(
            ORACLE[level](Small(_with(history, _decided(statuses, chosen))))
            for size in range(len(unknown) + 1)
            for chosen in combinations(unknown, size)
        )
        assert isinstance(decide(mixed, level), Holds) == expected, level


def _with(history: Transactions, statuses: list[Status]) -> Transactions:
    pairs = zip(history.transactions, statuses, strict=True)
    return Transactions(tuple(replace(t, status=status) for t, status in pairs))


def _decided(statuses: list[Status], committed: tuple[int, ...]) -> list[Status]:
    return [
        Status.FAIL if status is Status.INFO and n not in committed
        else Status.OK if n in committed else status
        for n, status in enumerate(statuses)
    ]  # fmt: skip


def test_all_histories_of_three_small_transactions() -> None:
    """Each reads one key and writes one, of two keys, in every session and with every value."""
    count = 0
    for shape in product("xy", repeat=6):
        keys = list(zip(shape[:3], shape[3:], strict=True))
        options = [
            [None, *(n for n, (_, w) in enumerate(keys) if w == read and n != number)]
            for number, (read, _) in enumerate(keys)
        ]
        for seen, sessions in product(product(*options), [(0, 1, 2), (0, 0, 1)]):
            count += 1
            assert_right(_history(keys, seen, sessions))
    assert count > 1000


def _history(
    keys: list[tuple[str, str]], seen: tuple[Any, ...], sessions: tuple[int, ...]
) -> Transactions:
    return Transactions(
        tuple(
            Transaction(
                n, sessions[n], (Read(read, seen[n]), Write(write, n)), Status.OK, 3 * n, 3 * n + 4
            )
            for n, (read, write) in enumerate(keys)
        )
    )


@given(histories())
def test_a_level_that_holds_has_those_that_it_implies(history: Transactions) -> None:
    verdicts = {level: decide(history, level) for level in LEVELS}
    for level, verdict in verdicts.items():
        if isinstance(verdict, Holds):
            weaker = {name: verdicts[name] for name in implied(level)}
            assert all(isinstance(v, Holds) for v in weaker.values()), (level, weaker)


@given(histories())
def test_all_levels_are_what_each_is_by_itself(history: Transactions) -> None:
    """What follows may be known where the level alone would be open."""
    for finding in check_all(read_history(history), None):
        own = decide(history, finding.guarantee)
        assert type(own) is type(finding.verdict) or isinstance(own, Undecided)


@given(histories())
def test_the_strongest_imply_none_of_each_other(history: Transactions) -> None:
    every = check_all(read_history(history), None)
    for one, other in product(strongest(every, implied), repeat=2):
        assert one not in implied(other)


@st.composite
def lists(draw: st.DrawFn) -> Transactions:
    """The same on lists: what is read of a key is a beginning of one order of its appends."""
    plan: Plan = draw(PLANS)
    appended = {
        key: [(n, at) for n, (_, accesses, *_) in enumerate(plan)
              for at, (k, writes) in enumerate(accesses) if writes and k == key]
        for key in "xy"
    }  # fmt: skip
    order = {key: draw(st.permutations(values)) for key, values in appended.items()}
    made = []
    for number, (session, accesses, *_) in enumerate(plan):
        done: list[Access] = []
        touched: set[str] = set()
        for at, (key, writes) in enumerate(accesses):
            if writes:
                done.append(Append(key, (number, at)))
                touched.add(key)
            elif key not in touched:
                length = draw(st.integers(0, len(order[key])))
                done.append(ReadList(key, tuple(order[key][:length])))
        made.append(Transaction(number, session, tuple(done), Status.OK))
    return Transactions(tuple(made))


@given(lists())
def test_a_known_order_of_versions_only_adds_violations(history: Transactions) -> None:
    """A list is a register whose value is its last element, with more known of the order."""
    for level in ("serializable", "snapshot_isolation", "prefix_consistency", "causal"):
        if isinstance(decide(history, level), Holds):
            assert isinstance(decide(_registers(history), level), Holds), level


def _registers(history: Transactions) -> Transactions:
    return Transactions(
        tuple(
            Transaction(t.id, t.session, tuple(map(_register, t.accesses)), t.status)
            for t in history.transactions
        )
    )


def _register(access: Access) -> Access:
    match access:
        case ReadList(key, values):
            return Read(key, values[-1] if values else None)
        case Append(key, value):
            return Write(key, value)
        case _:
            return access


@pytest.mark.parametrize("level", ["serializable", "snapshot_isolation"])
def test_no_time_is_no_verdict(level: str) -> None:
    """Blind writes of two keys, and readers whose order has to be searched for."""
    writes = [Transaction(n, n, (Write("x", n), Write("y", n)), Status.OK) for n in range(8)]
    reads = [Transaction(8 + n, 8 + n, (Read("x", n),), Status.OK) for n in range(8)]
    history = Transactions((*writes, *reads))
    assert isinstance(decide(history, level, 1e-9), Undecided)
    assert isinstance(decide(history, level, 60.0), Holds)


#: Whichever of `a p` and `b p` comes first, and of `a q` and `b q`, a cycle of two overwritings is
#: closed, and a different one each time. A row is a reader: the writers that it read from.
READERS = (
    ("a p", "b q"), ("a q", "b p"),  # both a first
    ("a p", "a q"), ("b q", "b p"),  # a p and b q first
    ("b p", "b q"), ("a q", "a p"),  # b p and a q first
    ("b p", "a q"), ("b q", "a p"),  # both b first
)  # fmt: skip


def _each_order_has_its_cycle(rows: tuple[tuple[str, str], ...]) -> Transactions:
    """The first is read on the key that both write, the second on a key of its own."""
    writes: dict[str, list[Access]] = {name: [] for name in ("a p", "b p", "a q", "b q")}
    for name, done in writes.items():
        done.append(Write(name[-1], name))
    readers = []
    for n, (one, other) in enumerate(rows):
        writes[other].append(Write(n, other))
        accesses = (Read(one[-1], one), Read(n, other))
        readers.append(Transaction(f"reader {n}", n, accesses, Status.OK))
    writers = [Transaction(n, n, tuple(done), Status.OK) for n, done in writes.items()]
    return Transactions((*writers, *readers))


@pytest.mark.parametrize("level", ["serializable", "snapshot_isolation"])
def test_where_no_order_of_versions_is_left_the_verdict_says_of_which(level: str) -> None:
    verdict = decide(_each_order_has_its_cycle(READERS), level)
    assert isinstance(verdict, Violated)
    assert verdict.anomaly == "G2-item in every version order"
    assert set(verdict.involved) == {"a p", "b p", "a q", "b q"}
    assert "4 cycles" in verdict.sentences[-1]


def test_without_one_of_the_cycles_an_order_is_left() -> None:
    for start in range(0, len(READERS), 2):
        rows = READERS[:start] + READERS[start + 2 :]
        assert isinstance(decide(_each_order_has_its_cycle(rows), "serializable"), Holds)
