"""Each combination is checked by the ordinary checker; then the simplest condition is looked for that is
true of those for which a property holds, and of no other one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from dsmc.cache.store import Cache
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.engine.outcome import Verdict
from dsmc.engine.search import INTERRUPTED, Watcher
from dsmc.frozen import Frozen, replace
from dsmc.ir.system import NoError
from dsmc.project import Job
from dsmc.results import Result
from dsmc.session import Options, Report, check
from dsmc.smt.conditions import Condition, GaveUpError, Name, simplest
from dsmc.solve.sweep import Combination, combinations, related

#: What it costs to speak of a constant, and of one that is the same everywhere and concerns no other.
_NEAR, _FAR = 2, 4


class Row(Frozen):
    """A combination, and what was found with it; or why there is nothing to check."""

    combination: Combination
    report: Report | None
    mistakes: tuple[Diagnostic, ...] = ()

    @property
    def values(self) -> dict[str, int]:
        """The values of the constants that are swept."""
        return self.combination.values

    def result(self, name: str) -> Result | None:
        """What was found of a property."""
        results = self.report.results if self.report is not None else ()
        return next((r for r in results if r.name == name), None)

    def verdict(self, name: str) -> Verdict | None:
        """The same as a verdict; None where there was nothing to check."""
        result = self.result(name)
        return None if result is None else result.verdict


class Answer(Frozen):
    """When a property holds: a condition (None if no simple one was found, and `why`), the constants that
    it speaks of and that had one value only, and the rows beyond its boundary.
    """

    property: str
    condition: Condition | None
    why: str
    fixed: dict[str, int]
    boundary: tuple[Row, ...]


class Table(Frozen):
    """What was found of a job for all combinations of some constants."""

    job: Job
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    answers: tuple[Answer, ...]

    @property
    def is_open(self) -> bool:
        """Is something not known?"""
        return any(
            Verdict.UNKNOWN is row.verdict(a.property) for a in self.answers for row in self.rows
        )


def solve(
    job: Job, names: Sequence[str], ranges: Mapping[str, range], options: Options,
    watch: Watcher | None = None, cache: Cache | None = None,
) -> Table:  # fmt: skip
    """Check every combination of some constants. Raises `Mistakes`."""
    options = replace(options, minimise=False)  # nobody sees the runs
    every = combinations(job, names, ranges)
    rows = tuple(
        _row(one, options, _told(watch, number, len(every)), cache)
        for number, one in enumerate(every, 1)
    )
    if all(row.mistakes for row in rows):
        raise Mistakes(rows[0].mistakes)
    properties = dict.fromkeys(
        r.name for row in rows if row.report is not None for r in row.report.results
        if not isinstance(r.prop, NoError)
    )  # fmt: skip
    spoken = _spoken(job, names, rows)
    answers = tuple(_answer(p, names, rows, spoken) for p in properties)
    return Table(job, tuple(names), rows, answers)


def _row(
    combination: Combination, options: Options, watch: Watcher | None, cache: Cache | None
) -> Row:
    try:
        report = check(combination.job, options, watch, cache)
    except Mistakes as mistakes:
        return Row(combination, None, mistakes.diagnostics)
    if report.interrupted:
        raise KeyboardInterrupt(INTERRUPTED)
    return Row(combination, report)


def _told(watch: Watcher | None, number: int, of: int) -> Watcher | None:
    """Who watches is told which combination it is."""
    if watch is None:
        return None
    return lambda now: watch(replace(now, note=f"combination {number} of {of}"))


# ---------------------------------------------------------------- the condition


def _spoken(job: Job, names: Sequence[str], rows: Sequence[Row]) -> tuple[Name, ...]:
    """The constants that a condition may speak of: those that every combination has."""
    near = related(job, names)
    every = [row.combination.numbers for row in rows if row.report is not None]
    common = [name for name in every[0] if all(name in numbers for numbers in every)]
    found = []
    for name in (*names, *(name for name in common if name not in names)):
        values = {numbers[name] for numbers in every}
        value = values.pop() if len(values) == 1 else None
        found.append(Name(name, _NEAR if name in near or value is None else _FAR, value))
    return tuple(found)


def _answer(
    property: str, names: Sequence[str], rows: Sequence[Row], spoken: Sequence[Name]
) -> Answer:
    points = {
        verdict: [row.combination.numbers for row in rows if row.verdict(property) is verdict]
        for verdict in Verdict
    }
    good, bad = points[Verdict.HOLDS], points[Verdict.VIOLATED]
    condition, why = _condition(spoken, good, bad, points[Verdict.UNKNOWN])
    used = {name for part in condition.parts for name in part.names} if condition else set()
    fixed = {n.text: n.value for n in spoken if n.text in used and n.value is not None}
    return Answer(property, condition, why, fixed, boundary(property, names, rows))


def _condition(
    spoken: Sequence[Name], good: list[dict[str, int]], bad: list[dict[str, int]],
    unknown: list[dict[str, int]],
) -> tuple[Condition | None, str]:  # fmt: skip
    if not good:
        return None, "for none of them" if bad else "nothing is known"
    try:
        condition = simplest(spoken, good, bad, unknown)
    except GaveUpError:
        return None, "whether there is a simple condition is not known"
    return condition, "" if condition is not None else "no simple condition says for which"


# ---------------------------------------------------------------- the boundary


def boundary(property: str, names: Sequence[str], rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with a counterexample beside which, with another value of one constant, there is a row
    where the property holds.
    """
    found = {id(row) for name in names for row in _beside(property, name, rows)}
    return tuple(row for row in rows if id(row) in found)


def _beside(property: str, name: str, rows: Sequence[Row]) -> list[Row]:
    """The same, of one constant."""
    lines = defaultdict(list)
    for row in rows:
        if row.report is not None:
            lines[tuple(v for n, v in row.values.items() if n != name)].append(row)
    found = []
    for line in lines.values():
        for pair in pairwise(sorted(line, key=lambda row: row.values[name])):
            verdicts = {row.verdict(property): row for row in pair}
            if verdicts.keys() == {Verdict.HOLDS, Verdict.VIOLATED}:
                found.append(verdicts[Verdict.VIOLATED])
    return found
