"""The table: a row for each workload, a column for each tool, and how dsmc compares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.peers.page import digits, table
from bench.peers.tools import Measured, Tool, Verdict
from bench.peers.workloads import Workload

#: The one whose speed is compared, and with whom; all with one thread.
BASE = "dsmc"
RIVALS = ("SPIN", "TLC", "by hand")
#: Below so many seconds a search says nothing of its speed; below so many states the process itself is
#: most of the memory.
_SHORT, _FEW = 0.01, 100_000

NOTES = """\
* A cell: millions of transitions a second of the search; bytes a state: the peak of the process's memory
  over the number of states (from 100,000 states on: below, the process itself is most of it); seconds from
  the text to the verdict. The transitions are those of the state space, the same number for every tool,
  though each counts a little differently.
* Every tool goes through all states, with nothing reduced, and with one thread if no number is said.
  Only *as it comes*, which is `dsmc check` without any of these options, may look at fewer: seconds, and
  the states if they are fewer. What dsmc keeps of a spec is gone before each first run, but the search is
  compiled (`dsmc cache --prepare`), as the peers' own programs are; the speed of the search and its
  memory are those of a second run, which finds the compiled code.
* SPIN: `spin -a`, `gcc -O2 -DSAFETY -DNOREDUCE`, depth first. rumur: symmetry off. TLC: the search begins
  when Java has started; it keeps fingerprints. By hand: a C program for this one system, compiled before.
* A ratio: how many times as fast dsmc is as the other, both with one thread; first the search, then all
  from the text to the verdict. `—`: not measured, too short to tell, or the tool has no such workload.
* A row in bold: a tool did not find what it should have. `phils_deadlock` ends with the first deadlock; how
  many states are seen until then is a matter of order."""


@dataclass(frozen=True)
class Row:
    """A workload, and the best run of each tool by the tool's name."""

    workload: Workload
    best: dict[str, Measured]


def render(heading: Sequence[str], tools: Sequence[Tool], rows: Sequence[Row]) -> str:
    """The Markdown page."""
    columns = ["workload", "states", *(t.name for t in tools), *(f"{BASE} / {r}" for r in RIVALS)]
    lines = ["# Measured beside other model checkers", "", *(f"* {line}" for line in heading), ""]
    lines += table(columns, [list(_cells(row, tools)) for row in rows])
    return "\n".join([*lines, "", NOTES, ""])


def is_wrong(row: Row, tools: Sequence[Tool]) -> bool:
    """Did a tool come to its end and not find what it should have?"""
    return any(
        _complaint(row.workload, tool, row.best[tool.name])
        for tool in tools
        if tool.name in row.best and row.best[tool.name].verdict != Verdict.CUT_OFF
    )


def _cells(row: Row, tools: Sequence[Tool]) -> Iterator[str]:
    name, states = row.workload.name, row.workload.size.states
    yield f"**{name}**" if is_wrong(row, tools) else name
    yield f"{states:,}" if states else "—"
    for tool in tools:
        measured = row.best.get(tool.name)
        yield cell(row.workload, tool, measured) if measured else "—"
    for rival in RIVALS:
        yield _ratios(row, rival)


def cell(workload: Workload, tool: Tool, measured: Measured) -> str:
    """One tool's figures, or what is wrong with them."""
    complaint = _complaint(workload, tool, measured)
    if complaint:
        return complaint
    whole = f"{digits(measured.whole)} s"
    if tool.reduces:
        fewer = measured.states != workload.size.states and workload.size.states
        return f"{whole}, {measured.states:,} states" if fewer else whole
    return ", ".join([*_speed(workload, measured), whole])


def _complaint(workload: Workload, tool: Tool, measured: Measured) -> str:
    expected = Verdict.DEADLOCK if workload.system.deadlocks else Verdict.HOLDS
    if measured.verdict == Verdict.CUT_OFF:
        return f"over {digits(measured.whole)} s"
    if measured.verdict != expected:
        return f"{measured.verdict.value}!"
    states, found = workload.size.states, measured.states
    if states is None or found == states or (tool.reduces and found and found < states):
        return ""
    return f"{found:,} states!" if found is not None else "no count!"


def _speed(workload: Workload, measured: Measured) -> Iterator[str]:
    rate = _rate(workload, measured)
    if rate:
        yield f"{digits(rate / 1e6)} M/s"
    if measured.peak and workload.size.states and workload.size.states >= _FEW:
        yield f"{digits(measured.peak / workload.size.states)} B"


def _rate(workload: Workload, measured: Measured) -> float | None:
    transitions = workload.size.transitions
    if transitions is None or measured.search is None or measured.search < _SHORT:
        return None
    return transitions / measured.search


def _ratios(row: Row, rival: str) -> str:
    ours, theirs = row.best.get(BASE), row.best.get(rival)
    unfinished = (Verdict.CUT_OFF, Verdict.FAILED)
    if not ours or not theirs or ours.verdict in unfinished or theirs.verdict in unfinished:
        return "—"
    mine, other = _rate(row.workload, ours), _rate(row.workload, theirs)
    search = f"{digits(mine / other)}×" if mine and other else "—"
    return f"{search}, {digits(theirs.whole / ours.whole)}×"
