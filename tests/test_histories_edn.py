"""EDN and Jepsen's events are read as they are meant; broken files are told with their place."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dsmc.diagnostics import Mistakes
from dsmc.diagnostics.render import render_all
from dsmc.histories.formats import edn, jepsen
from dsmc.histories.model import Status
from dsmc.source import Source


def read(text: str) -> tuple[object, ...]:
    return edn.read(Source("h.edn", text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nil", None),
        ("true false", (True, False)),
        ("42 -7 +3 12N", (42, -7, 3, 12)),
        ("1.5 -2e3 0.5M", (1.5, -2000.0, 0.5)),
        ("1/3", Fraction(1, 3)),
        (r'"a\n\"b\" \u00e9"', 'a\n"b" é'),
        (r"\a \newline", ("a", "\n")),
        (":read :a/b", ("read", "a/b")),
        ("[1, (2 3) []]", (1, (2, 3), ())),
        ("#{1 2}", frozenset({1, 2})),
        ("{:a 1, 2 [3]}", {"a": 1, 2: (3,)}),
        ("; all\n1 ; one\n", 1),
        ("[1 #_ 2 3]", (1, 3)),
        ("[#_ #_ 1 2 3]", (3,)),
        ("[#_ #foo {:a 1} 3]", (3,)),
        ("^{:line 1} [1]", (1,)),
        ('#inst "2020" #jepsen.history.Op{:f :x}', ("2020", {"f": "x"})),
        ("some-symbol", "some-symbol"),
    ],
)
def test_values(text: str, value: object) -> None:
    found = read(text)
    assert (found[0] if len(found) == 1 else found) == value
    hash(found)


def test_a_keyword_shows_its_colon() -> None:
    (found,) = read(":x")
    assert repr(found) == ":x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{:a 1}\n[1 2", "`[` is never closed"),
        ("[1 2}", "`}` closes nothing"),
        ("1\n]", "h.edn:2:1"),
        ("{:a 1 :b}", "a key without a value"),
        ('\n\n"abc', "h.edn:3:1"),
    ],
)
def test_broken_texts(text: str, says: str) -> None:
    with pytest.raises(Mistakes) as mistakes:
        read(text)
    assert says in render_all(mistakes.value.diagnostics)


def calls(text: str) -> tuple[jepsen.Call, ...]:
    source = Source("h.edn", text)
    return jepsen.calls(jepsen.events(source, edn.read(source)))


ROW = "{{:process {0}, :type :{1}, :f :{2}, :value {3}}}"


def history(*rows: tuple[object, str, str, object]) -> str:
    return "\n".join(ROW.format(*row) for row in rows)


def test_calls_are_paired_by_process() -> None:
    found = calls(
        history(
            (0, "invoke", "read", "nil"),
            (1, "invoke", "write", 3),
            (0, "ok", "read", 3),
            (":nemesis", "info", "start", "nil"),
            (1, "info", "write", 3),
        )
    )
    assert [(c.event.f, c.status, c.invoked, c.returned) for c in found] == [
        ("read", Status.OK, 0, 2),
        ("write", Status.INFO, 1, None),
    ]
    assert found[0].completion is not None
    assert found[0].completion.value == 3


def test_what_never_came_back_is_pending_even_if_the_process_goes_on() -> None:
    found = calls(
        history((0, "invoke", "write", 1), (0, "invoke", "read", "nil"), (0, "ok", "read", 2))
    )
    assert [(c.status, c.returned) for c in found] == [(Status.INFO, None), (Status.OK, 2)]


def test_completions_alone_have_no_begin() -> None:
    (found,) = calls(history((0, "ok", "txn", "[[:r 1 2]]")))
    assert (found.invoked, found.returned, found.status) == (None, 0, Status.OK)


def test_rows_may_stand_in_a_vector_and_have_no_process() -> None:
    found = calls("[{:type :invoke :f :read} {:type :ok :f :read :value 1}]")
    assert [(c.event.process, c.status) for c in found] == [(None, Status.OK)]


def test_what_is_no_event_is_told() -> None:
    with pytest.raises(Mistakes) as mistakes:
        calls("{:type :invoke :f :read}\n{:kind :ok}")
    assert "h.edn:2:1" in render_all(mistakes.value.diagnostics)
