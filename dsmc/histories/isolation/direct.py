"""Anomalies that are seen without an order of versions."""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.histories.isolation.facts import Facts, Problem, Seen
from dsmc.histories.model import Value
from dsmc.histories.verdict import Reason, Violated


def from_problem(problem: Problem) -> Violated:
    """The verdict that one wrong read gives."""
    return Violated(problem.anomaly, (f"{problem.sentence}.",), (), problem.involved)


def lost_update(facts: Facts) -> Violated | None:
    """Two transactions read the same version of a key, and both wrote the key (P4)."""
    first: dict[tuple[Value, int, int], int] = {}
    for node, seen in _overwritten(facts):
        other = first.setdefault((seen.key, seen.writer, seen.place), node)
        if other != node:
            return _lost(facts, seen, other, node)
    return None


def _overwritten(facts: Facts) -> Iterator[tuple[int, Seen]]:
    for node, reads in enumerate(facts.reads):
        for seen in reads:
            if seen.key in facts.writes[node]:
                yield node, seen


def _lost(facts: Facts, seen: Seen, one: int, other: int) -> Violated:
    a, b = facts.names[one], facts.names[other]
    what = facts.shown(seen.key, seen.value)
    sentence = (
        f"{a} and {b} both read {what} from {seen.key} and then wrote to it:"
        " whichever came first, its update was lost."
    )
    reasons = tuple(
        Reason("rw", x, y, f"{x} read {what} from {seen.key}, and {y} overwrote that")
        for x, y in ((a, b), (b, a))
    )
    return Violated("lost update", (sentence,), reasons, (a, b))
