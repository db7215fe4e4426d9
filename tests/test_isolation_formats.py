"""The formats of transactions, and the published verdicts on recorded histories."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from histories import recorded

from dsmc.diagnostics import Mistakes
from dsmc.histories.isolation.levels import decide
from dsmc.histories.model import (
    Append,
    Read,
    ReadList,
    Status,
    Transaction,
    Write,
)
from dsmc.histories.reading import FORMATS, format_of, read_transactions
from dsmc.histories.verdict import Holds, Violated

RECORDED = recorded()
LEVEL = {
    "isolation:RC": "read_committed_monotonic",
    "isolation:RA": "read_atomic",
    "isolation:CC": "causal",
    "isolation:SI": "snapshot_isolation",
    "isolation:SER": "serializable",
}


def rows() -> list[tuple[str, str, str]]:
    """File, level and verdict of the published verdicts on transactions."""
    if RECORDED is None:
        return []
    table = RECORDED / "VERDICTS.tsv"
    cells = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    return [(row[0], LEVEL[row[3]], row[4]) for row in cells if row[3] in LEVEL]


@pytest.mark.skipif(not rows(), reason="the recorded histories are not here")
def test_published_verdicts() -> None:
    assert RECORDED is not None
    for path, level, expected in rows():
        verdict = decide(read_transactions(RECORDED / path), level, 60.0)
        wanted = Holds if expected == "true" else Violated
        assert isinstance(verdict, wanted), (path, level, verdict)


@pytest.mark.skipif(not rows(), reason="the recorded histories are not here")
def test_the_published_long_fork() -> None:
    assert RECORDED is not None
    found = read_transactions(RECORDED / "elle-cli" / "jepsen" / "long-fork.edn")
    assert isinstance(decide(found, "long_fork"), Violated)


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "history"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes, name: str) -> tuple[Transaction, ...]:
    """The transactions of a text, which is seen to be in the format."""
    path = written(folder, text)
    assert format_of(path).name == name
    return read_transactions(path).transactions


def test_awdit(tmp_path: Path) -> None:
    one, two, three = read(tmp_path, "w 0 1\n-----\nr 0 1\n=====\nr 0 0\n", "awdit")
    assert (one.accesses, two.accesses) == ((Write(0, 1),), (Read(0, 1),))
    assert one.session == two.session != three.session
    assert three.accesses == (Read(0, 0),)  # what nobody wrote is not initial here


def test_polysi(tmp_path: Path) -> None:
    text = "w(0,1,1,1)\nr(1,0,1,1)\nw(0,2,1,-1)\nw(1,3,2,5)\nr(0,1,2,5)\n"
    one, two, three = read(tmp_path, text, "polysi-text")
    assert one.accesses == (Write(0, 1), Read(1, None))
    assert (one.session, two.session, three.session) == (1, 1, 2)
    assert [t.status for t in (one, two, three)] == [Status.OK, Status.FAIL, Status.OK]


def test_isovista_begins_with_the_initial_values(tmp_path: Path) -> None:
    text = "w(0,9,0,0)\nw(1,9,0,0)\nr(0,9,1,1)\nw(0,2,1,1)\nr(0,2,2,2)\n"
    one, two = read(tmp_path, text, "polysi-text")
    assert one.accesses == (Read(0, None), Write(0, 2))
    assert two.accesses == (Read(0, 2),)


def test_a_first_transaction_that_leaves_out_a_key_is_one_like_others(tmp_path: Path) -> None:
    text = "w(0,9,0,0)\nr(0,9,1,1)\nw(1,2,1,1)\n"
    assert len(read(tmp_path, text, "polysi-text")) == 2


def _text(word: str) -> bytes:
    return struct.pack("<Q", len(word)) + word.encode()


def _event(write: int, key: int, value: int, success: int = 1) -> bytes:
    return struct.pack("<BQQB", write, key, value, success)


DBCOP = b"".join((
    struct.pack("<5Q", 0, 2, 2, 1, 2), _text("PostgreSQL"), _text("begin"), _text("end"),
    struct.pack("<Q", 2),
    struct.pack("<QQ", 1, 2), _event(1, 7, 1), _event(0, 8, 0), b"\1",
    struct.pack("<QQ", 1, 3), _event(1, 7, 2), _event(0, 7, 2), _event(1, 8, 5, 0), b"\0",
))  # fmt: skip


def test_dbcop(tmp_path: Path) -> None:
    one, two = read(tmp_path, DBCOP, "dbcop")
    assert one.accesses == (Write(7, 1), Read(8, None))
    assert (one.status, two.status) == (Status.OK, Status.FAIL)
    assert two.accesses == (Write(7, 2), Read(7, 2))  # without the event that failed


def test_a_dbcop_that_was_cut_off(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="ends too early"):
        read_transactions(written(tmp_path, DBCOP[:-5]))
    with pytest.raises(Mistakes, match="ends too early"):
        read_transactions(written(tmp_path, DBCOP[:58] + b"\xff" * 8 + DBCOP[66:]), "dbcop")


def test_cobra(tmp_path: Path) -> None:
    first = b"S" + struct.pack(">q", 1) + b"W" + struct.pack(">3q", 100, 7, 1)
    first += b"C" + struct.pack(">q", 1) + b"S" + struct.pack(">q", 2)
    second = b"S" + struct.pack(">q", 3) + b"R" + struct.pack(">4q", 1, 100, 7, 1)
    second += b"R" + struct.pack(">4q", 9, 900, 8, 5) + b"C" + struct.pack(">q", 3)
    (tmp_path / "T1.log").write_bytes(first)
    (tmp_path / "T2.log").write_bytes(second)
    assert format_of(tmp_path).name == "cobra"
    one, open_, two = read_transactions(tmp_path).transactions
    assert (one.accesses, one.session) == ((Write(7, 1, 100),), "T1")
    assert open_.status is Status.INFO
    assert two.accesses == (Read(7, 1, 100), Read(8, None))
    (tmp_path / "T2.log").write_bytes(second[:-3])
    with pytest.raises(Mistakes, match="no log of Cobra"):
        read_transactions(tmp_path)


LIST_APPEND = """
{:process 0, :type :invoke, :f :txn, :value [[:append :x 1] [:r :y nil]]}
{:process 1, :type :invoke, :f :txn, :value [[:append :y 2] [:r :x nil]]}
{:process 0, :type :ok, :f :txn, :value [[:append :x 1] [:r :y []]]}
{:process 1, :type :info, :f :txn, :value [[:append :y 2] [:r :x nil]]}
{:process 2, :type :invoke, :f :txn, :value [[:r :y nil]]}
{:process 2, :type :ok, :f :txn, :value [[:r :y [2]]]}
"""


def test_lists_of_elle(tmp_path: Path) -> None:
    one, two, three = read(tmp_path, LIST_APPEND, "edn")
    assert one.accesses == (Append("x", 1), ReadList("y", ()))
    assert (one.invoked, one.returned) == (0, 2)
    assert two.accesses == (Append("y", 2),)  # what it would have read is not known
    assert (two.status, two.returned) == (Status.INFO, None)
    assert three.accesses == (ReadList("y", (2,)),)


def test_registers_of_elle(tmp_path: Path) -> None:
    text = "[{:process 0, :type :ok, :f :txn, :value [[:w 1 2] [:r 3 nil]], :index 0}]"
    (one,) = read(tmp_path, text, "edn")
    assert one.accesses == (Write(1, 2), Read(3, None))


def test_real_time_of_elle(tmp_path: Path) -> None:
    """The second began after the first had ended, and did not see it."""
    text = """
    {:process 0, :type :invoke, :f :txn, :value [[:w 1 2]]}
    {:process 0, :type :ok, :f :txn, :value [[:w 1 2]]}
    {:process 1, :type :invoke, :f :txn, :value [[:r 1 nil]]}
    {:process 1, :type :ok, :f :txn, :value [[:r 1 nil]]}
    """
    found = read_transactions(written(tmp_path, text))
    assert isinstance(decide(found, "serializable"), Holds)
    verdict = decide(found, "strict_serializable")
    assert isinstance(verdict, Violated)
    assert verdict.anomaly == "G-single-realtime"
    assert "T1 had returned when T2 was invoked" in verdict.sentences[0] + verdict.sentences[1]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("w 0 1\nx 2\n", "awdit"),
        ("w(0,1,1,1)\nw(0,1)\n", "polysi-text"),
        ("{:type :ok, :f :txn, :value 7}", "elle-edn"),
        ("{:type :ok, :f :txn, :value [[:append 1 2] [:r 1 2]]}", "elle-edn"),
    ],
)
def test_what_cannot_be_read_is_a_mistake_with_a_place(
    tmp_path: Path, text: str, name: str
) -> None:
    with pytest.raises(Mistakes) as mistakes:
        read_transactions(written(tmp_path, text), name)
    (one,) = mistakes.value.diagnostics
    assert one.help
    assert one.span.source.text.strip()


def test_names_of_formats(tmp_path: Path) -> None:
    path = written(tmp_path, "nothing of this kind")
    with pytest.raises(Mistakes, match="no format that is known"):
        read_transactions(path)
    with pytest.raises(Mistakes, match="there is no format"):
        read_transactions(path, "awdti")
    names = [name for form in FORMATS for name in (form.name, *form.others)]
    assert len(set(names)) == len(names)
