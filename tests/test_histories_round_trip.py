"""A history that is written in a format of another tool is judged as the history itself."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsmc.histories.isolation.levels import LEVELS, decide
from dsmc.histories.model import Read, Status, Transaction, Transactions, Write
from dsmc.histories.reading import has_transactions, read_record, read_transactions
from dsmc.histories.verdict import Undecided

#: For each transaction: its session, its accesses (key, writes?, which write it reads), how it ended.
PLANS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.lists(
            st.tuples(st.integers(0, 1), st.booleans(), st.integers(0, 5)), min_size=1, max_size=3
        ),
        st.sampled_from([Status.OK, Status.OK, Status.OK, Status.FAIL]),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def histories(draw: st.DrawFn) -> Transactions:
    """Of registers, of which all that is written differs; 0 is the initial value."""
    plan = draw(PLANS)
    written: dict[int, list[int]] = {0: [0], 1: [0]}
    for number, (_, accesses, _) in enumerate(plan):
        for at, (key, writes, _) in enumerate(accesses):
            written[key] += [10 * number + at + 1] * writes
    made = []
    for number, (session, accesses, status) in enumerate(plan):
        done = [
            Write(key, 10 * number + at + 1) if writes
            else Read(key, written[key][which % len(written[key])] or None)
            for at, (key, writes, which) in enumerate(accesses)
        ]  # fmt: skip
        made.append(Transaction(number, session, tuple(done), status))
    return Transactions(tuple(made))


def polysi(history: Transactions) -> bytes:
    lines = []
    for number, one in enumerate(history.transactions):
        name = -1 if one.status is Status.FAIL else number
        for access in one.accesses:
            assert isinstance(access, (Read, Write))
            f = "r" if isinstance(access, Read) else "w"
            lines.append(f"{f}({access.key},{access.value or 0},{one.session},{name})")
    return "\n".join(lines).encode()


def edn(history: Transactions) -> bytes:
    """With a nemesis, rows of times, and tags, as Jepsen writes them."""
    lines = ["{:process :nemesis, :type :info, :f :start, :value nil}"]
    for number, one in enumerate(history.transactions):
        done = " ".join(
            f"[:r {a.key} {'nil' if a.value is None else a.value}]" if isinstance(a, Read)
            else f"[:w {a.key} {a.value}]"
            for a in one.accesses if isinstance(a, (Read, Write))
        )  # fmt: skip
        kind = "ok" if one.status is Status.OK else "fail"
        lines.append(
            f"#jepsen.history.Op{{:index {number}, :time {number}, :type :{kind},"
            f" :process {one.session}, :f :txn, :value [{done}]}}"
        )
    return "\n".join(lines).encode()


def dbcop(history: Transactions) -> bytes:
    """With an event that did not succeed in each transaction."""
    text = struct.pack("<Q", 2) + b"db"
    sessions: dict[object, list[Transaction]] = {1: [], 2: [], 3: []}
    for one in history.transactions:
        sessions[one.session].append(one)
    parts = [struct.pack("<5Q", 0, 3, 4, 3, 2), text * 3, struct.pack("<Q", len(sessions))]
    for known in sessions.values():
        parts.append(struct.pack("<Q", len(known)))
        for one in known:
            parts.append(struct.pack("<Q", len(one.accesses) + 1))
            for a in one.accesses:
                assert isinstance(a, (Read, Write))
                parts.append(struct.pack("<?QQ?", isinstance(a, Write), a.key, a.value or 0, True))
            parts.append(struct.pack("<?QQ??", True, 0, 999, False, one.status is Status.OK))
    return b"".join(parts)


@pytest.mark.parametrize("write", [polysi, edn, dbcop])
def test_round_trip(write: Callable[[Transactions], bytes]) -> None:
    @settings(max_examples=150)
    @given(histories())
    def same(history: Transactions) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "history"
            path.write_bytes(write(history))
            found = read_transactions(path)
            assert has_transactions(read_record(path))
        for level in LEVELS:
            one, other = decide(history, level), decide(found, level)
            assert type(one) is type(other) or LEVELS[level].orders.real_time, (level, one, other)
            assert not isinstance(other, Undecided) or isinstance(one, Undecided)

    same()
