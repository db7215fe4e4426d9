"""The table: what a property of whole runs costs, in times of the search alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.liveness.questions import Question
from bench.peers.measuring import is_over
from bench.peers.page import digits, table
from bench.peers.tools import Measured, Verdict

TITLE = "# What a property of whole runs costs"
ALONE, LIVES = "dsmc, search alone", "dsmc, with the property"
SPINS_ALONE, SPINS_LIVES = "SPIN, search alone", "SPIN -a -f"
#: A search of fewer seconds says little of what is added to it.
_SHORT = 0.05

NOTES = """\
* Seconds of the search of all states, with an invariant and one thread, by compiled code; and of the search
  with one property of whole runs, under weak fairness: in dsmc the search, then the graph of all states and
  the property. What is added is the processor time that the one process takes more than the other. A ratio:
  how many times the one alone.
* SPIN: `-DNOREDUCE`; alone with `-DSAFETY`, with the property `pan -a -f`, which is fair to each
  process: for these properties that is the same. Its seconds are those of the verifier. `—`: not measured,
  or too short to tell. *Over*: a limit ended it.
* dsmc / SPIN: how many times as fast dsmc is as SPIN, both with the property.
* A row in bold: the verdicts or the numbers of states differ."""


@dataclass(frozen=True)
class Row:
    """A question, and what was found by the names of the columns."""

    question: Question
    found: Mapping[str, Measured]


def render(heading: Sequence[str], rows: Sequence[Row]) -> str:
    """The Markdown page."""
    spins = any(SPINS_LIVES in row.found for row in rows)
    columns = ["system", "property", "verdict", "states", ALONE, LIVES, "ratio"]
    columns += [SPINS_ALONE, SPINS_LIVES, "ratio", "dsmc / SPIN"] * spins
    lines = [TITLE, "", *(f"* {line}" for line in heading), ""]
    lines += table(columns, [list(_cells(row, spins=spins)) for row in rows], texts=3)
    said = [f"* **{row.question.name}**: {why}" for row in rows for why in complaints(row)]
    return "\n".join([*lines, "", *said, NOTES, ""])


def _cells(row: Row, *, spins: bool) -> Iterator[str]:
    system, size = row.question.system, row.question.size
    name = f"{system.model} {system.constant}={size.value}"
    yield f"**{name}**" if any(complaints(row)) else name
    yield row.question.prop
    yield ", ".join(sorted(set(_verdicts(row).values()))) or "unknown"
    yield f"{size.states:,}"
    yield from _pair(row.found.get(ALONE), row.found.get(LIVES), _with_graph(row.found))
    if spins:
        theirs = row.found.get(SPINS_ALONE), row.found.get(SPINS_LIVES)
        yield from _pair(*theirs, _search(theirs[1]))
        yield _times(_search(theirs[1]), _with_graph(row.found))


def _pair(alone: Measured | None, lives: Measured | None, seconds: float | None) -> Iterator[str]:
    """Without the property, with it, and how many times as long that is."""
    yield _cell(alone, _search(alone))
    yield _cell(lives, seconds)
    yield _times(seconds, _search(alone))


def _cell(found: Measured | None, seconds: float | None) -> str:
    if found is None:
        return "—"
    if found.verdict is Verdict.FAILED:
        return "failed!"
    if not is_over(found):
        return f"over {digits(found.whole)} s"
    return "—" if seconds is None else f"{digits(seconds)} s"


def _search(found: Measured | None) -> float | None:
    return found.search if found is not None and is_over(found) else None


def _with_graph(found: Mapping[str, Measured]) -> float | None:
    """The search, and for how much longer a processor works if the property is decided too."""
    alone, lives = found.get(ALONE), found.get(LIVES)
    if alone is None or lives is None or not (is_over(alone) and is_over(lives)):
        return None
    assert alone.search is not None
    assert alone.worked is not None
    assert lives.worked is not None
    added = lives.worked - alone.worked
    return None if alone.search < _SHORT else alone.search + max(added, 0.0)


def _times(one: float | None, other: float | None) -> str:
    if one is None or other is None or other < _SHORT:
        return "—"
    return f"{digits(one / other)}×"


# ---------------------------------------------------------------- do they agree?


def complaints(row: Row) -> Iterator[str]:
    """Where they contradict each other, or a run failed."""
    yield from (f"{name} failed" for name, m in row.found.items() if m.verdict is Verdict.FAILED)
    if len(set(_verdicts(row).values())) > 1:
        yield f"the verdicts differ: {_verdicts(row)}"
    for name in (ALONE, SPINS_ALONE):
        found = row.found.get(name)
        if found is not None and is_over(found) and found.verdict is not Verdict.HOLDS:
            yield f"{name}: an invariant is {found.verdict.value}"
        if found is not None and is_over(found) and found.states != row.question.size.states:
            yield f"{name}: {found.states:,} states"


def _verdicts(row: Row) -> dict[str, str]:
    both = {name: row.found[name] for name in (LIVES, SPINS_LIVES) if name in row.found}
    return {name: found.verdict.value for name, found in both.items() if is_over(found)}
