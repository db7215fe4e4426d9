"""`check` and `test`"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from dsmc.cli.options import (
    CHECK_ENGINE,
    DEFINE,
    ENGINE,
    EXPLAIN_REDUCTIONS,
    FAIRNESS,
    FAULTS,
    FILES,
    JSON,
    LIMIT,
    MAX_STATES,
    MAX_TIME,
    MISTAKE,
    MODEL,
    NO_CACHE,
    NO_MINIMISE,
    OK,
    OUT,
    PROPERTY,
    SURPRISE,
    THREADS,
    WORST,
    chosen,
    complain,
    known_answers,
    reductions,
)


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """A size in bytes: `500M`, `2G`."""
    if value is None:
        return None
    units = {"K": 10, "M": 20, "G": 30}
    number, unit = value.rstrip("iB"), 20
    if number and number[-1].upper() in units:
        number, unit = number[:-1], units[number[-1].upper()]
    if not number.isdigit() or not int(number):
        raise click.BadParameter(f"{value} is not a size: write for example 500M or 2G")
    return int(number) << unit


def _folder(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """The name of a folder; empty without one."""
    if value == "":
        raise click.BadParameter("a folder has a name")
    return value or ""


@click.command()
@FILES
@MODEL
@PROPERTY
@DEFINE
@FAULTS
@OUT
@MAX_STATES
@MAX_TIME
@click.option(
    "--max-memory",
    callback=_size,
    metavar="SIZE",
    help="Stop when the process uses so much (500M, 2G).",
)
@click.option(
    "--checkpoint",
    callback=_folder,
    metavar="DIR",
    help="Keep the search there, now and then: it can be gone on with. It is without reductions.",
)
@click.option(
    "--store",
    type=click.Choice(["exact", "fingerprint"]),
    default="exact",
    show_default=True,
    help="Keep states, or 64 bits of each: then one may be missed.",
)
@click.option(
    "--search",
    "order",
    type=click.Choice(["breadth", "depth"]),
    default="breadth",
    show_default=True,
    help="Level by level, for the shortest counterexample; or depth first, for some soon.",
)
@click.option("--resume", is_flag=True, help="Go on with what --checkpoint kept, if there is any.")
@click.option(
    "--all",
    "to_the_end",
    is_flag=True,
    help="See every state, even when every property is decided.",
)
@click.option(
    "--first", is_flag=True, help="Stop at the first counterexample, whatever its length."
)
@NO_CACHE
@NO_MINIMISE
@FAIRNESS
@JSON
@CHECK_ENGINE
@click.option(
    "--strategy",
    type=click.Choice(["states", "lineage"]),
    default="states",
    help="See all states; or (lineage) only runs in rounds, with the faults that could break what a good run"
    " rests on.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="With --strategy lineage: runs of N rounds (10).",
)
@click.option(
    "--fault-rounds",
    type=click.IntRange(0, 1000),
    metavar="N",
    help="With --strategy lineage: faults in the first N rounds (half of them).",
)
@click.option(
    "--depth",
    type=click.IntRange(0),
    metavar="N",
    help="With --engine z3: look at runs of up to N steps (20).",
)
@THREADS
@reductions
@EXPLAIN_REDUCTIONS
@click.option(
    "--coverage", is_flag=True, help="Count how often each line of the spec was run, in all states."
)
def check(
    files: tuple[Path, ...], model: str | None, properties: tuple[str, ...], define: tuple[str, ...],
    faults: str | None, out: Path | None, max_states: int | None, max_time: float | None,
    max_memory: int | None, store: str, order: str, checkpoint: str, resume: bool,
    to_the_end: bool, first: bool, no_cache: bool, no_minimise: bool, fairness: str,
    as_json: bool, engine: str, strategy: str, rounds: int | None, fault_rounds: int | None,
    depth: int | None, threads: int, reductions: Any, explain_reductions: bool, coverage: bool,
) -> None:  # fmt: skip
    """Explore specs or models, and show a shortest run that breaks each broken property."""
    from dsmc.engine.outcome import Limits
    from dsmc.project import Overrides
    from dsmc.session import Options

    limits = Limits(max_states, max_time, max_memory)
    _refuse_checkpoint(checkpoint, engine, resume=resume)
    if (store, order) != ("exact", "breadth"):
        _refuse_manner(checkpoint, engine)
    states = {
        "--checkpoint": checkpoint, "--store": store != "exact", "--search": order != "breadth",
        "--all": to_the_end, "--coverage": coverage, "--max-states": max_states,
        "--max-memory": max_memory, "--first": first,
    }  # fmt: skip
    of_states = [name for name, given in states.items() if given]
    _refuse_bounded(engine, depth, of_states)
    _refuse_rounds(strategy, engine, rounds, fault_rounds, of_states)
    options = Options(
        properties, limits, to_the_end, engine, threads, first, reductions, checkpoint, resume,
        fairness == "declared", store, order, coverage, depth=20 if depth is None else depth,
        minimise=not no_minimise, strategy=strategy, rounds=rounds or 10,
        fault_rounds=(rounds or 10) // 2 if fault_rounds is None else fault_rounds,
    )  # fmt: skip
    overrides = Overrides(define, faults)
    cache = None if no_cache else known_answers()
    reporter = _Checking(out, as_json, explained=explain_reductions)
    sys.exit(_run(files, model, overrides, options, reporter, cache))


def _refuse_checkpoint(checkpoint: str, engine: str, *, resume: bool) -> None:
    if resume and not checkpoint:
        raise click.UsageError("--resume needs --checkpoint DIR: where was the search kept?")
    if checkpoint and engine == "python":
        raise click.UsageError("--checkpoint keeps searches in C: leave out --engine python")


def _refuse_manner(checkpoint: str, engine: str) -> None:
    if checkpoint:
        raise click.UsageError("--checkpoint keeps exact searches, level by level: not these")
    if engine == "python":
        raise click.UsageError(
            "--store and --search are of the search in C: leave out --engine python"
        )


def _refuse_bounded(engine: str, depth: int | None, of_states: list[str]) -> None:
    """What is said of states means nothing to a search by formulas, nor a depth to the others."""
    if engine != "z3" and depth is not None:
        raise click.UsageError("--depth needs --engine z3: the other engines go to the end")
    if engine == "z3" and of_states:
        raise click.UsageError(f"--engine z3 keeps no states: leave out {', '.join(of_states)}")


def _refuse_rounds(
    strategy: str, engine: str, rounds: int | None, fault_rounds: int | None, of_states: list[str]
) -> None:
    """What is said of states means nothing to runs in rounds, nor rounds to a search for states."""
    if strategy != "lineage" and (rounds, fault_rounds) != (None, None):
        raise click.UsageError("--rounds and --fault-rounds need --strategy lineage")
    if strategy == "lineage" and engine != "auto":
        raise click.UsageError("--strategy lineage has no other engine: leave out --engine")
    if strategy == "lineage" and of_states:
        raise click.UsageError(
            f"--strategy lineage keeps no states: leave out {', '.join(of_states)}"
        )
    if fault_rounds is not None and fault_rounds > (rounds or 10):
        raise click.UsageError(f"there are only {rounds or 10} rounds: --fault-rounds is too large")


class _Checking:
    """Prints each report in full."""

    def __init__(self, out: Path | None, as_json: bool, *, explained: bool = False) -> None:
        self._out = out
        self._json = as_json
        self._explained = explained
        self._data: list[Any] = []

    def add(self, report: Any) -> None:
        written = _write_traces(report, self._out) if self._out is not None else ""
        if self._json:
            from dsmc.reports import as_data

            self._data.append(as_data(report))
            return
        from dsmc.terminal import coverage_text, reductions_text, report_text

        click.echo(report_text(report), nl=False)
        click.echo(coverage_text(report), nl=False)
        if self._explained:
            click.echo(reductions_text(report), nl=False)
        if written:
            click.echo(f"  pictures: {written}")
        click.echo()

    def mistaken(self, file: Path, mistakes: Any) -> None:
        """What is wrong stands in the JSON too, in the file's place."""
        if self._json:
            from dsmc.reports import mistakes_as_data

            self._data.append(mistakes_as_data(file, mistakes))

    def end(self) -> None:
        if self._json:
            import json

            click.echo(json.dumps(self._data, indent=1, ensure_ascii=False))


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@MAX_TIME
@MAX_STATES
@NO_CACHE
@NO_MINIMISE
@JSON
@ENGINE
@THREADS
@reductions
@click.option(
    "--vacuity", type=click.Choice(["report", "error"]), default="report",
    help="What holds vacuously, or never happens, is an error.",
)  # fmt: skip
def test(
    paths: tuple[Path, ...], max_time: float | None, max_states: int | None, no_cache: bool,
    no_minimise: bool, as_json: bool, engine: str, threads: int, reductions: Any, vacuity: str,
) -> None:  # fmt: skip
    """Check that every model is as it expects to be. PATHS are files and folders (here if none)."""
    from dsmc.engine.outcome import Limits
    from dsmc.project import Overrides
    from dsmc.session import Options

    limits = Limits(max_states, max_time)
    options = Options(
        limits=limits, engine=engine, threads=threads, reductions=reductions,
        strict=vacuity == "error", minimise=not no_minimise,
    )  # fmt: skip
    files = _model_files(paths or (Path(),))
    if not files:
        click.echo("There are no models there.", err=True)
        sys.exit(MISTAKE)
    reporter = _Checking(None, True) if as_json else _Testing()
    cache = None if no_cache else known_answers()
    sys.exit(_run(files, None, Overrides(), options, reporter, cache))


class _Testing:
    """Prints a table at the end; what is not as expected in full before it."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []
        self._vacuous: list[str] = []

    def add(self, report: Any) -> None:
        from dsmc.terminal import report_text, title

        if report.surprises:
            click.echo(report_text(report))
        good = not report.surprises
        word = (
            click.style("as expected", fg="green")
            if good
            else click.style("NOT AS EXPECTED", fg="red")
        )
        s = report.statistics
        seconds = "cached" if report.cached else f"{s.seconds:.2f}"
        self._vacuous += [
            f"{title(report)}: {r.name} holds, {r.vacuity.text}"
            for r in report.results
            if r.vacuity
        ]
        self._rows.append((title(report), word, f"{s.states:,}", f"{s.transitions:,}", seconds))

    def mistaken(self, file: Path, mistakes: Any) -> None:
        """What is wrong has been said."""

    def end(self) -> None:
        from dsmc.terminal import table

        if self._rows:
            click.echo(
                table(self._rows, ("model", "", "states", "transitions", "seconds")), nl=False
            )
            for line in self._vacuous:
                click.echo(click.style(line, fg="yellow"))
            bad = sum("NOT" in row[1] for row in self._rows)
            click.echo(f"{len(self._rows)} models, {bad} not as expected")


def _model_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The files that declare models: those named, and those in the folders named."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [f for f in sorted(path.rglob("*.dsm")) if _has_models(f)]
        else:
            found.append(path)
    return tuple(dict.fromkeys(found))


def _has_models(path: Path) -> bool:
    try:
        return any(
            line.startswith("model ") for line in path.read_text(encoding="utf-8").splitlines()
        )
    except (OSError, UnicodeDecodeError):
        return False


class _Interrupted(Exception):
    """Ctrl-C was pressed: what is known was reported; nothing else is begun."""


def _run(
    files: tuple[Path, ...], model: str | None, overrides: Any, options: Any, reporter: Any,
    cache: Any,
) -> int:  # fmt: skip
    """Check every job of the files; the exit code."""
    from dsmc.diagnostics import Mistakes

    codes = []
    warned: set[Any] = set()
    for file in files:
        try:
            for job in chosen(file, model, overrides):
                codes.append(_checked(job, options, reporter, cache))
                _warn(job, warned)
        except _Interrupted:
            codes.append(LIMIT)
            break
        except Mistakes as mistakes:
            complain(mistakes)
            reporter.mistaken(file, mistakes)
            codes.append(MISTAKE)
    reporter.end()
    return next(code for code in WORST if code in codes)


def _warn(job: Any, known: set[Any]) -> None:
    """Show the warnings of a spec, once for all its models."""
    from dsmc.diagnostics.render import render
    from dsmc.session import warnings

    for warning in warnings(job):
        text = render(warning)
        if text not in known:
            known.add(text)
            click.echo(text, err=True)


def _checked(job: Any, options: Any, reporter: Any, cache: Any) -> int:
    report = _report(job, options, cache)
    reporter.add(report)
    if report.interrupted:
        raise _Interrupted
    if any(not surprise.unknown for surprise in report.surprises):
        return SURPRISE
    return LIMIT if report.surprises else OK


def _report(job: Any, options: Any, cache: Any) -> Any:
    from dsmc.session import check as check_job
    from dsmc.terminal import progress

    if options.engine == "z3":
        from dsmc.bounded import check as check_bounded

        return check_bounded(job, options)
    if options.strategy == "lineage":
        from dsmc.lineage.checking import check as check_rounds

        return check_rounds(job, options)
    with progress(job.name or str(job.path)) as watch:
        return check_job(job, options, watch, cache)


def _write_traces(report: Any, out: Path) -> str:
    """Every trace of a report, in every format; where they are."""
    from dsmc.reports import write_traces

    return write_traces(report, out)
