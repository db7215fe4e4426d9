"""Each format is recognised and read; what cannot be read is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT

from dsmc.diagnostics import Mistakes
from dsmc.diagnostics.render import render_all
from dsmc.histories.model import PENDING, Operation, Status
from dsmc.histories.reading import format_of, read_operations

EXAMPLES = ROOT / "tests" / "histories"
OK, FAIL, INFO = Status.OK, Status.FAIL, Status.INFO


def brief(one: Operation) -> tuple[object, ...]:
    return one.session, one.object, one.f, one.arg, one.result, one.status


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("register.edn", "edn"), ("multi_register.edn", "edn"), ("mutex.edn", "edn"),
        ("kv.txt", "edn"), ("cas.log", "jepsen-log"), ("bank.json", "jepsen-json"),
        ("causal.jsonl", "json-lines"),
    ],
)  # fmt: skip
def test_formats_are_recognised(name: str, form: str) -> None:
    assert format_of(EXAMPLES / name).name == form


def operations(name: str) -> list[tuple[object, ...]]:
    return [brief(one) for one in read_operations(EXAMPLES / name).operations]


def test_edn() -> None:
    assert operations("register.edn") == [
        (0, None, "write", 1, None, OK),
        (1, None, "read", None, 1, OK),
        (1, None, "read", None, None, OK),
    ]


def test_several_registers_at_a_time() -> None:
    first = read_operations(EXAMPLES / "multi_register.edn").operations[0]
    assert first.arg == (("read", "x", None), ("write", "y", 2))
    assert first.result == (("read", "x", 0), ("write", "y", 2))


def test_log() -> None:
    assert operations("cas.log") == [
        (0, None, "write", 3, None, OK),
        (1, None, "cas", (3, 4), PENDING, INFO),
        (2, None, "read", None, PENDING, FAIL),
        (0, None, "read", None, 4, OK),
    ]


def test_keys() -> None:
    assert [row[1] for row in operations("kv.txt")] == ["a", "b", "a"]


def test_json_lines() -> None:
    found = read_operations(EXAMPLES / "causal.jsonl").operations
    assert [brief(one) for one in found][2:] == [
        ("a", "x", "read", None, 2, OK),
        ("b", "x", "read", None, 1, OK),
        ("c", "x", "write", 3, PENDING, INFO),
    ]
    assert [(one.invoked, one.returned) for one in found][:3] == [(0, 2), (1, 2), (3, 4)]


def test_values_that_are_pairs_of_a_key_and_a_value(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_text(
        "{:process 0 :type :invoke :f :write :value [:k 3]}\n"
        "{:process 0 :type :ok :f :write :value [:k 3]}\n"
        "{:process 0 :type :invoke :f :read :value [:k nil]}\n"
        "{:process 0 :type :ok :f :read :value [:k 3]}\n",
        encoding="utf-8",
    )
    found = read_operations(path, keyed=True).operations
    assert [(o.object, o.arg, o.result) for o in found] == [("k", 3, None), ("k", None, 3)]


LINE = '{"session": 1, "f": "read", "invoked": 0, "returned": 1}'
BROKEN = [
    ("h.jsonl", LINE + '\n{"session": 1, "f": "read"', "h.jsonl:2", "this is not JSON"),
    ("h.jsonl", LINE + '\n{"f": "read", "invoked": 1}', "h.jsonl:2:1", 'no "session"'),
    ("h.jsonl", LINE.replace("returned", "retruned"), "h.jsonl:1:1", 'no "retruned"'),
    ("h.jsonl", LINE.replace("0,", '"now",'), "h.jsonl:1:1", "is no time"),
    ("h.jsonl", LINE.replace("0,", "NaN,"), "h.jsonl:1:1", "is no time"),
    ("h.jsonl", LINE.replace("0,", "5,"), "h.jsonl:1:1", "returns before it is invoked"),
    ("h.jsonl", LINE.replace("}", ', "status": "done"}'), "h.jsonl:1:1", "the status is 'done'"),
    ("h.jsonl", LINE.replace('"read"', "3"), "h.jsonl:1:1", '"f" is no text'),
    ("h.jsonl", LINE.replace('"read"', "[" * 100_000), "h.jsonl:1:1", "nested too deeply"),
    ("h.edn", "{:type :invoke :f " + "[" * 100_000, "h.edn:1:", "brackets inside each other"),
    ("h.edn", "{:type :invoke :f :read}\n{:type :ok", "h.edn:2:1", "is never closed"),
    ("h.edn", "{:type :ok :f :read :value 3}", "h.edn:1:1", "was never asked for"),
    ("h.edn", "{:process 0 :type :invoke :f :txn :value 3}", "h.edn:1:1", "accesses"),
    ("h.edn", "{:process 0 :type :invoke :f :cas :value 3}", "h.edn:1:1", "expected"),
    ("h.json", '[{"type": "invoke", "f": "read"}, 3]', "h.json", "no event"),
    ("h.txt", "the quick brown fox", "h.txt", "no format that is known"),
    ("h.txt", "", "h.txt", "no format that is known"),
]


@pytest.mark.parametrize(("name", "text", "place", "says"), BROKEN)
def test_broken_files(tmp_path: Path, name: str, text: str, place: str, says: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Mistakes) as mistakes:
        read_operations(path)
    told = render_all(mistakes.value.diagnostics)
    assert place in told
    assert says in told


def test_what_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "h.edn"
    path.write_bytes(b"{:type :invoke :f :read} \xff\xfe\x00")
    with pytest.raises(Mistakes) as mistakes:
        read_operations(path)
    assert mistakes.value.diagnostics[0].code == "D702"


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as mistakes:
        read_operations(tmp_path / "none.edn")
    assert mistakes.value.diagnostics[0].code == "D701"


def test_an_unknown_format() -> None:
    with pytest.raises(Mistakes) as mistakes:
        read_operations(EXAMPLES / "kv.txt", "end")
    assert "did you mean `edn`?" in mistakes.value.diagnostics[0].help
