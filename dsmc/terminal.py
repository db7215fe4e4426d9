"""What people see: reports as text, a line of progress, tables. Colour only on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dsmc.coverage.annotate import Row, never_received, pages
from dsmc.engine.memory import resident_bytes
from dsmc.engine.outcome import Engine, Statistics, Verdict
from dsmc.engine.search import Progress, Watcher
from dsmc.ir import types as t
from dsmc.ir.names import shown
from dsmc.ir.system import System
from dsmc.reduce.symmetry import symmetry
from dsmc.results import Result
from dsmc.session import Report, within
from dsmc.source import Span
from dsmc.traces.render.text import render
from dsmc.traces.why import said

if TYPE_CHECKING:
    from rich.status import Status

    from dsmc.engine.simulate import Simulated
    from dsmc.proofs import Proof
    from dsmc.simulation import Simulation

_COLOURS = {Verdict.HOLDS: "green", Verdict.VIOLATED: "red", Verdict.UNKNOWN: "yellow"}
#: So many seconds of preparation are not worth a word.
_TRIFLE = 0.1
#: Progress is shown at most so often.
_INTERVAL = 0.2


def report_text(report: Report, *, traces: bool = True) -> str:
    """A report: the traces of what went wrong, a line for each property, what was covered."""
    told = _traces(report) if traces else []
    return "\n".join([*told, _summary(report)])


def _traces(report: Report | Simulation | Proof) -> list[str]:
    """How what is violated is violated."""
    return [
        render(r.trace) for r in report.results
        if r.trace is not None and r.verdict is Verdict.VIOLATED
    ]  # fmt: skip


def simulation_text(simulation: Simulation) -> str:
    """A simulation: traces, verdicts, and how often each action was taken."""
    plan, found = simulation.plan, simulation.simulated
    rate = found.steps / max(found.seconds, 1e-9)
    runs = f"{found.runs:,} run{'s' * (found.runs != 1)} of up to {plan.depth:,} steps"
    stopped = f"; stopped: {found.stopped}" if found.stopped else ""
    covered = [
        f"{runs} ({plan.scheduler}, seed {plan.seed}): {found.steps:,} steps,"
        f" {found.states:,} distinct states{stopped}",
        f"in {found.seconds:.2f} s{_engine(found.engine, rate, 'steps')}",
        *filter(None, [found.engine.note]),
    ]
    return "\n".join([*_traces(simulation), _told(simulation, covered), _actions(simulation)])


def proof_text(proof: Proof) -> str:
    """What was proved; how what is violated is violated, and why what is not proved is not."""
    unproved = [
        render(r.trace) for r in proof.results
        if r.trace is not None and r.verdict is Verdict.UNKNOWN
    ]  # fmt: skip
    left_out = f" ({proof.left_out:,} more were not tried)" if proof.left_out else ""
    covered = [
        f"k-induction up to k = {proof.k}, in {proof.seconds:.2f} s",
        f"{proof.candidates:,} candidates for auxiliary invariants{left_out}, from {proof.sample} states",
    ]
    return "\n".join([*_traces(proof), *unproved, _told(proof, covered)])


def _actions(simulation: Simulation) -> str:
    found = simulation.simulated
    rows: list[tuple[str, ...]] = [
        (shown(a.name), f"{found.taken[n]:,}", f"{found.enabled[n]:,}", _never(found, n))
        for n, a in enumerate(simulation.system.actions)
    ]
    return table(rows, ("action", "taken", "possible", ""))


def _never(found: Simulated, number: int) -> str:
    if found.taken[number] or not found.steps:
        return ""
    return click.style("never taken" if found.enabled[number] else "never possible", fg="yellow")


def title(report: Report | Simulation | Proof) -> str:
    """What was checked."""
    name = report.job.name
    return f"{report.system.name}: {name}" if name else report.system.name


def _summary(report: Report) -> str:
    based = _rounds(report) or _covered(report.statistics, cached=report.cached)
    covered = [*report.notes, based]
    return _told(report, covered)


def _rounds(report: Report) -> str:
    """What a lineage-driven search has looked at."""
    r = report.rounds
    if r is None:
        return ""
    runs = f"{r.runs:,} run{'s' * (r.runs != 1)} of {r.number} rounds"
    stopped = f"; stopped: {report.statistics.stopped}" if report.statistics.stopped else ""
    return (
        f"{runs}, faults up to round {r.with_faults}, in {report.statistics.seconds:.2f} s{stopped}"
    )


def _told(report: Report | Simulation | Proof, covered: list[str]) -> str:
    """The verdicts, what they are based on, and what was expected."""
    width = max((len(r.name) for r in report.results), default=0)
    lines = [click.style(title(report), bold=True)]
    lines += [f"  {r.name:<{width}}  {outcome(r)}" for r in report.results]
    lines += [f"  {line}" for line in covered]
    bounds = _bounds(report.system)
    lines += [f"  {bounds}"] if bounds else []
    lines += [
        click.style(f"  expected: {s.expected}; found: {s.found}", fg="red") for s in report.surprises
        if report.job.expectations or not s.property
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def coverage_text(report: Report) -> str:
    """How often steps ran each part of the spec, beside its lines; what never was."""
    found = report.coverage
    if found is None:
        return ""
    s = found.statistics
    whole = "all" if s.complete else f"the first (stopped: {s.stopped})"
    lines = [f"  steps by line, from {whole} {s.states:,} states, counted by the reference", ""]
    for page in pages(found):
        lines += [*([f"  {page.file}"] if page.file else []), *map(_row, page.rows), ""]
    ends = {
        "never received": never_received(found),
        "never true": [f"`{said(span)}`{_at(span)}" for span in found.never_true],
        "never false": [f"`{said(span)}`{_at(span)}" for span in found.never_false],
    }
    lines += [f"  {what}: {', '.join(which)}" for what, which in ends.items() if which]
    return "\n".join(lines).rstrip() + "\n"


def _row(row: Row) -> str:
    text = f"{row.count or 'never':>9{',' if row.count else ''}}  {row.line or '':>4}  {row.text}"
    return text if row.count else click.style(text, fg="yellow")


def reductions_text(report: Report) -> str:
    """Why names are not interchangeable, line by line."""
    reasons = symmetry(report.system).reasons
    lines = [f"  {r.type.name} is not symmetric: {r.text}{_at(r.span)}" for r in reasons]
    return "".join(f"{line}\n" for line in lines or ["  all names are interchangeable"])


def _at(span: Span) -> str:
    return f" ({span.source.name}:{span.line})" if span.source.name else ""


def outcome(result: Result) -> str:
    """A verdict in words."""
    word = click.style(result.word, fg=_COLOURS[result.verdict])
    steps = (
        f" in {result.steps} step{'s' * (result.steps != 1)}" if result.steps is not None else ""
    )
    vacuous = f", {click.style(result.vacuity.text, fg='yellow')}" if result.vacuity else ""
    return f"{word}{steps}{vacuous}" + (f" ({result.note})" if result.note else "")


def _covered(statistics: Statistics, *, cached: bool) -> str:
    if statistics.engine.name == "z3":
        most = max(0, statistics.depth - 1)
        return f"formulas of runs of up to {most} steps, in {statistics.seconds:.2f} s"
    counts = f"{statistics.states:,} states, {statistics.transitions:,} transitions"
    rate = (statistics.transitions - statistics.earlier) / max(statistics.seconds, 1e-9)
    engine = _engine(statistics.engine, rate, "transitions")
    seconds = f"{statistics.seconds:.2f} s{_preparation(statistics)}{engine}"
    if statistics.complete:
        how = "cached" if cached else f"in {seconds}"
        return f"{counts}, depth {statistics.depth}; all of them, {how}"
    why = statistics.stopped or "everything was decided"
    depth = f"complete to depth {statistics.complete_depth}"
    if not statistics.depth:
        depth = "not all of the initial ones"
    return f"{counts}, {depth}; stopped{', cached' if cached else f' after {seconds}'}: {why}"


def _preparation(statistics: Statistics) -> str:
    seconds = statistics.preparation
    return f" and {seconds:.2f} s of preparation" if seconds > _TRIFLE else ""


def _engine(engine: Engine, rate: float, what: str) -> str:
    """What ran, and how fast: worth saying of what took a while."""
    if engine.name == "python":
        return ""
    threads = f"{engine.threads} thread{'s' * (engine.threads != 1)}"
    return f" (C by {engine.compiler}, {threads}, {rate / 1e6:.1f} M {what}/s)"


def _bounds(system: System) -> str:
    """For which sizes the verdicts are: they say nothing of others."""
    sizes = [f"{role.size} {role.name}" for role in system.roles]
    symbols = {
        part.name: part.size for v in system.variables for part in _inside(v.type)
        if isinstance(part, t.Symbols)
    }  # fmt: skip
    sizes += [f"{size} {name}" for name, size in symbols.items()]
    told = [f"for {', '.join(sizes)}"] if sizes else []
    told += [f"within `{within(system)}`"] if within(system) else []
    return ", ".join(told)


def _inside(of: t.Type) -> Iterator[t.Type]:
    yield of
    for part in t.parts(of):
        yield from _inside(part)


def table(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """Rows in columns; numbers to the right."""
    widths = [max(len(click.unstyle(row[i])) for row in (head, *rows)) for i in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = []
        for cell, width in zip(row, widths, strict=True):
            gap = " " * (width - len(click.unstyle(cell)))
            number = click.unstyle(cell).replace(",", "").replace(".", "").isdigit()
            cells.append(gap + cell if number else cell + gap)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- progress


@contextmanager
def progress(name: str) -> Iterator[Watcher | None]:
    """A line that says how far a search is; nothing where there is no terminal to show it on."""
    if not sys.stderr.isatty():
        yield None
        return
    line = _Line(name)
    try:
        yield line.tell
    finally:
        line.stop()


class _Line:
    def __init__(self, name: str) -> None:
        self._name = name
        self._last = time.perf_counter()
        self._status: Status | None = None

    def tell(self, now: Progress) -> None:
        """Show how far the search is, if the last time is long enough ago."""
        if time.perf_counter() - self._last < _INTERVAL:
            return
        self._last = time.perf_counter()
        rate = now.states / now.seconds if now.seconds else 0
        text = (
            f"{self._name}: {now.states:,} states ({rate:,.0f}/s), depth {now.depth},"
            f" frontier {now.frontier:,}, {resident_bytes() >> 20:,} MiB"
        )
        text += f"; {now.note}" if now.note else ""
        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True).status(text)
            self._status.start()
        self._status.update(text)

    def stop(self) -> None:
        """Take the line away."""
        if self._status is not None:
            self._status.stop()
