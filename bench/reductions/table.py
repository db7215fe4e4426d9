"""The table of states and seconds, and whether all verdicts agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.peers.measuring import is_over
from bench.peers.page import digits, table
from bench.peers.tools import Measured, Verdict
from bench.reductions.columns import Found
from bench.reductions.systems import Case

TITLE = "# What symmetry and partial order leave"
#: The columns of dsmc, and the reductions of each; then those of SPIN.
OURS = {
    "none": (),
    "symmetry": ("symmetry",),
    "partial order": ("partial_order", "schedules"),
    "both": ("symmetry", "partial_order", "schedules"),
}
SPINS = ("SPIN, none", "SPIN, partial order")

NOTES = """\
* A cell: how many states were searched, and the seconds of the whole process, from the text to the verdict,
  with one thread; for dsmc with nothing known of the spec, for SPIN with its generator and `gcc -O2`.
  *Over*: a limit ended it.
* The reductions are used from the first state on and whatever they pay, and no others: dead values and slices
  are off. `dsmc check` begins with them where a space is large, and orders no steps where more than 60 % of
  them would be left. Where faults have a budget, partial order chooses them beforehand: the states are those
  of all schedules. The seconds are also those of the solver that is asked which steps depend on each other.
* *Fewer*: how many times fewer states with both than with none; for SPIN with its partial order than without.
* SPIN: `-DSAFETY`, and `-DNOREDUCE` without its reduction. `—`: the peers kit has no such system.
* A row in bold: the columns do not agree on a verdict, or on how many states there are; what they say stands
  above."""


@dataclass(frozen=True)
class Row:
    """A case, and what was found by the names of the columns."""

    case: Case
    found: Mapping[str, Measured]


def render(heading: Sequence[str], rows: Sequence[Row]) -> str:
    """The Markdown page."""
    spins = tuple(name for name in SPINS if any(name in row.found for row in rows))
    columns = ["system", "verdict", *OURS, "fewer", *spins, *["fewer"] * (len(spins) == 2)]
    lines = [TITLE, "", *(f"* {line}" for line in heading), ""]
    lines += table(columns, [list(_cells(row, spins)) for row in rows], texts=2)
    said = [f"* **{row.case.name}**: {why}" for row in rows for why in complaints(row)]
    return "\n".join([*lines, "", *said, NOTES, ""])


def _cells(row: Row, spins: Sequence[str]) -> Iterator[str]:
    name = row.case.name
    yield f"**{name}**" if any(complaints(row)) else name
    yield _verdicts(row)
    yield from (_cell(row.found.get(column)) for column in OURS)
    yield _fewer(row.found.get("none"), row.found.get("both"))
    yield from (_cell(row.found.get(column)) for column in spins)
    if len(spins) == 2:
        yield _fewer(*(row.found.get(column) for column in spins))


def _verdicts(row: Row) -> str:
    """What is violated, by those that came to their end."""
    said = dict(pair for found in _ours(row) for pair in found.decided)
    violated = [f"{name} {told}" for name, told in said.items() if told.startswith("violated")]
    if violated:
        return ", ".join(violated)
    return "holds" if any(is_over(found) for found in _ours(row)) else "unknown"


def _cell(found: Measured | None) -> str:
    if found is None:
        return "—"
    if found.verdict is Verdict.FAILED:
        return "failed!"
    states = "" if found.states is None else f"{found.states:,}, "
    over = "" if is_over(found) else "over "
    return f"{over}{states}{digits(found.whole)} s"


def _fewer(whole: Measured | None, less: Measured | None) -> str:
    if whole is None or less is None or not whole.states or not less.states or not is_over(less):
        return "—"
    return f"{'' if is_over(whole) else 'over '}{digits(whole.states / less.states)}×"


# ---------------------------------------------------------------- do they agree?


def complaints(row: Row) -> Iterator[str]:
    """Where the columns contradict each other, or a run failed."""
    yield from (f"{name} failed" for name, m in row.found.items() if m.verdict is Verdict.FAILED)
    verdicts = {name: m.verdict.value for name, m in row.found.items() if is_over(m)}
    if len(set(verdicts.values())) > 1:
        yield f"the verdicts differ: {_listed(verdicts)}"
    yield from _properties(row)
    yield from _sizes(row)


def _properties(row: Row) -> Iterator[str]:
    """Of each property the same, and of what is violated as long a run."""
    said: dict[str, dict[str, str]] = {}
    for column in OURS:
        found = row.found.get(column)
        for name, told in found.decided if isinstance(found, Found) else ():
            said.setdefault(name, {})[column] = told
    for name, each in said.items():
        if len(set(each.values())) > 1:
            yield f"{name} differs: {_listed(each)}"


def _sizes(row: Row) -> Iterator[str]:
    """As many states as SPIN has, where nothing is reduced and all were seen; and never more for a
    reduction.
    """
    whole, theirs = row.found.get("none"), row.found.get(SPINS[0])
    if whole is None or whole.verdict is not Verdict.HOLDS or whole.states is None:
        return
    if theirs is not None and is_over(theirs) and theirs.states != whole.states:
        yield f"SPIN has {theirs.states:,} states, dsmc {whole.states:,}"
    for column in OURS:
        less = row.found.get(column)
        if less is not None and less.states is not None and less.states > whole.states:
            yield f"{column} has more states than none"


def _ours(row: Row) -> Iterator[Found]:
    return (found for found in row.found.values() if isinstance(found, Found))


def _listed(said: Mapping[str, str]) -> str:
    return ", ".join(f"{told} ({column})" for column, told in said.items())
