"""Schedules that show whether a database prevents an anomaly, after Kleppmann's Hermitage (2014).

Each is a list of statements of sessions, in the order in which they are asked; the table `test` begins
with (1, 10) and (2, 20). `occurred` says from the answers whether the anomaly was there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from dsmc.frozen import Frozen

SETUP = (
    "drop table if exists test",
    "create table test (id int primary key, value int)",
    "insert into test values (1, 10), (2, 20)",
)
ALL = "select * from test order by id"
ONE, TWO = "select value from test where id = 1", "select value from test where id = 2"
BEGIN, COMMIT = "begin", "commit"


class Answers(Frozen):
    """What each step was answered, by its number (from 0), and what the table held in the end."""

    lines: Mapping[int, tuple[str, ...]]
    left: tuple[str, ...]

    def at(self, step: int) -> str:
        """The answer to a step, on one line."""
        return " ".join(self.lines[step])


Steps = tuple[tuple[int, str], ...]


class Schedule(Frozen):
    """Which anomaly a schedule is about (the column of the table), and what it does."""

    name: str
    anomaly: str
    steps: Steps
    occurred: Callable[[Steps, Answers], bool]


def _set(id: int, value: int) -> str:
    return f"update test set value = {value} where id = {id}"


def _ended(steps: Steps, answers: Answers) -> bool:
    """Did every session commit?"""
    return all(answers.at(n) == "COMMIT" for n, (_, text) in enumerate(steps) if text == COMMIT)


def _mixed(_: Steps, answers: Answers) -> bool:
    return answers.left in (("1|11", "2|22"), ("1|12", "2|21"))


def _saw(value: str, *reads: int) -> Callable[[Steps, Answers], bool]:
    return lambda _, answers: any(value in answers.at(n) for n in reads)


def _each_saw(**reads: str) -> Callable[[Steps, Answers], bool]:
    """Did all commit, and the step of each number (`s4`) answer exactly that?"""

    def occurred(steps: Steps, answers: Answers) -> bool:
        wanted = ((int(name[1:]), said) for name, said in reads.items())
        return _ended(steps, answers) and all(answers.at(n) == said for n, said in wanted)

    return occurred


def _vanished(_: Steps, answers: Answers) -> bool:
    """Was something of the second session seen, and after that what it had overwritten?"""
    later = [answers.at(n) in ("12", "18") for n in (5, 7, 9, 10)]
    return any(seen and not after for seen, after in pairwise(later))


SCHEDULES = (
    Schedule("G0", "G0", (
        (1, _set(1, 11)), (2, _set(1, 12)), (1, _set(2, 21)), (1, COMMIT), (2, _set(2, 22)),
        (2, COMMIT),
    ), _mixed),
    Schedule("G1a", "G1a", (
        (1, _set(1, 101)), (2, ALL), (1, "rollback"), (2, ALL), (2, COMMIT),
    ), _saw("101", 1, 3)),
    Schedule("G1b", "G1b", (
        (1, _set(1, 101)), (2, ALL), (1, _set(1, 11)), (1, COMMIT), (2, ALL), (2, COMMIT),
    ), _saw("101", 1, 4)),
    Schedule("G1c", "G1c", (
        (1, _set(1, 11)), (2, _set(2, 22)), (1, TWO), (2, ONE), (1, COMMIT), (2, COMMIT),
    ), _each_saw(s2="22", s3="11")),
    Schedule("OTV", "OTV", (
        (1, _set(1, 11)), (1, _set(2, 19)), (2, _set(1, 12)), (1, COMMIT), (3, BEGIN), (3, ONE),
        (2, _set(2, 18)), (3, TWO), (2, COMMIT), (3, TWO), (3, ONE), (3, COMMIT),
    ), _vanished),
    Schedule("PMP", "PMP", (
        (1, "select id from test where value = 30"), (2, "insert into test values (3, 30)"),
        (2, COMMIT), (1, "select id from test where value % 3 = 0"), (1, COMMIT),
    ), _each_saw(s0="", s3="3")),
    Schedule("PMP of a delete", "PMP", (
        (1, "update test set value = value + 10"), (2, "delete from test where value = 20"),
        (1, COMMIT), (2, "select id from test where value = 20"), (2, COMMIT),
    ), _each_saw(s1="DELETE 0", s3="1")),
    Schedule("P4", "P4", (
        (1, ONE), (2, ONE), (1, _set(1, 11)), (2, _set(1, 12)), (1, COMMIT), (2, COMMIT),
    ), _each_saw(s0="10", s1="10")),
    Schedule("G-single", "G-single", (
        (1, ONE), (2, ALL), (2, _set(1, 12)), (2, _set(2, 18)), (2, COMMIT), (1, TWO), (1, COMMIT),
    ), _each_saw(s0="10", s5="18")),
    Schedule("G-single of predicates", "G-single", (
        (1, "select id from test where value % 5 = 0 order by id"),
        (2, "update test set value = 12 where value = 10"), (2, COMMIT),
        (1, "select id from test where value % 3 = 0"), (1, COMMIT),
    ), _each_saw(s0="1 2", s3="1")),
    Schedule("G-single of a delete", "G-single", (
        (1, ONE), (2, ALL), (2, _set(1, 12)), (2, _set(2, 18)), (2, COMMIT),
        (1, "delete from test where value = 20"), (1, COMMIT),
    ), _each_saw(s0="10", s5="DELETE 0")),
    Schedule("G2-item", "G2-item", (
        (1, ALL), (2, ALL), (1, _set(1, 11)), (2, _set(2, 21)), (1, COMMIT), (2, COMMIT),
    ), _each_saw(s0="1|10 2|20", s1="1|10 2|20")),
    Schedule("G2", "G2", (
        (1, "select id from test where value % 3 = 0"),
        (2, "select id from test where value % 3 = 0"),
        (1, "insert into test values (3, 30)"), (2, "insert into test values (4, 42)"),
        (1, COMMIT), (2, COMMIT),
    ), _each_saw(s0="", s1="")),
    Schedule("G2 with a reader", "G2", (
        (1, ALL), (2, _set(2, 25)), (2, COMMIT), (3, ALL), (3, COMMIT), (1, _set(1, 0)),
        (1, COMMIT),
    ), _each_saw(s0="1|10 2|20", s3="1|10 2|25")),
)  # fmt: skip

#: What Hermitage publishes of PostgreSQL: the anomalies that each level does not prevent.
POSTGRESQL: Mapping[str, frozenset[str]] = {
    "read uncommitted": frozenset({"PMP", "P4", "G-single", "G2-item", "G2"}),
    "read committed": frozenset({"PMP", "P4", "G-single", "G2-item", "G2"}),
    "repeatable read": frozenset({"G2-item", "G2"}),
    "serializable": frozenset(),
}
