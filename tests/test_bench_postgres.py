"""The schedules of Hermitage say what they are about; a real server, if there is one, is as published."""

from __future__ import annotations

import pytest

from bench import postgres
from bench.hermitage import POSTGRESQL, SCHEDULES, Answers

INSTALLED = all(postgres.program(name) for name in postgres.PROGRAMS)
BY_NAME = {schedule.name: schedule for schedule in SCHEDULES}


def test_there_are_fourteen_schedules_each_with_a_column_of_the_table() -> None:
    assert len(BY_NAME) == len(SCHEDULES) == 14
    assert {s.anomaly for s in SCHEDULES} >= set().union(*POSTGRESQL.values())
    for schedule in SCHEDULES:
        ends = [session for session, text in schedule.steps if text in ("commit", "rollback")]
        assert sorted(ends) == sorted({session for session, _ in schedule.steps})


def test_an_anomaly_is_told_from_the_answers() -> None:
    p4 = BY_NAME["P4"]
    lines = ["10", "10", "UPDATE 1", "UPDATE 1", "COMMIT", "COMMIT"]
    both = Answers({n: (line,) for n, line in enumerate(lines)}, ("1|12", "2|20"))
    assert p4.occurred(p4.steps, both)
    refused = {**both.lines, 3: ("ERROR:  40001",), 5: ("ROLLBACK",)}
    assert not p4.occurred(p4.steps, Answers(refused, ("1|11", "2|20")))


def test_without_a_server_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(postgres, "program", lambda name: None)
    assert postgres.main() == 0
    assert "there is no initdb, postgres, psql" in capsys.readouterr().out


@pytest.mark.skipif(not INSTALLED, reason="PostgreSQL is not installed")
def test_a_real_server() -> None:
    """All schedules at all levels: `make bench-postgres`."""
    with postgres.server() as folder:
        for name, level in (("P4", "read committed"), ("P4", "repeatable read"),
                            ("G2-item", "repeatable read"), ("G2-item", "serializable")):  # fmt: skip
            schedule = BY_NAME[name]
            allowed = schedule.anomaly in POSTGRESQL[level]
            assert postgres.occurred(folder, schedule, level) == allowed
