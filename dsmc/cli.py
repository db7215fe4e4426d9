"""The command line. It has no logic of its own: it reads options, calls the session, prints.

Exit codes: 0 all as expected; 1 something is not; 2 a mistake in a spec or on the command line;
3 a limit was reached before everything was decided; 4 a bug in dsmc.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import click

from dsmc import __version__

OK, SURPRISE, MISTAKE, LIMIT, BUG = range(5)
#: Which of several codes is the one to exit with: the first of these.
_WORST = (BUG, MISTAKE, SURPRISE, LIMIT, OK)

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
_FILE = click.argument("file", type=click.Path(path_type=Path))
_MODEL = click.option("--model", "-m", metavar="NAME", help="Only the model of this name.")
_DEFINE = click.option(
    "-D", "define", multiple=True, metavar="NAME=VALUE", help="Give a constant a value."
)
_FAULTS = click.option(
    "--faults", metavar="TEXT", help='The faults that may happen, e.g. "crash Replica at most 1".'
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dsmc")
def main() -> None:
    """Write a distributed protocol in a small language, and see what breaks it."""


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """A size in bytes: `500M`, `2G`."""
    if value is None:
        return None
    units = {"K": 10, "M": 20, "G": 30}
    number, unit = value.rstrip("iB"), 20
    if number and number[-1].upper() in units:
        number, unit = number[:-1], units[number[-1].upper()]
    if not number.isdigit():
        raise click.BadParameter(f"{value} is not a size: write for example 500M or 2G")
    return int(number) << unit


@main.command()
@_FILES
@_MODEL
@click.option(
    "--property",
    "-p",
    "properties",
    multiple=True,
    metavar="NAME",
    help="Only this property; may be given again.",
)
@_DEFINE
@_FAULTS
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each trace there, in every format.",
)
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop after N states.")
@click.option(
    "--max-time",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Stop after so long.",
)
@click.option(
    "--max-memory",
    callback=_size,
    metavar="SIZE",
    help="Stop when the process uses so much (500M, 2G).",
)
@click.option(
    "--all",
    "to_the_end",
    is_flag=True,
    help="See every state, even when every property is decided.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(
    files: tuple[Path, ...], model: str | None, properties: tuple[str, ...], define: tuple[str, ...],
    faults: str | None, out: Path | None, max_states: int | None, max_time: float | None,
    max_memory: int | None, to_the_end: bool, as_json: bool,
) -> None:  # fmt: skip
    """Explore specs or models, and show a shortest run that breaks each broken property."""
    from dsmc.engine.outcome import Limits
    from dsmc.project import Overrides
    from dsmc.session import Options

    limits = Limits(max_states, max_time, max_memory)
    options = Options(properties, limits, to_the_end)
    overrides = Overrides(define, faults)
    sys.exit(_run(files, model, overrides, options, _Checking(out, as_json)))


class _Checking:
    """Prints each report in full."""

    def __init__(self, out: Path | None, as_json: bool) -> None:
        self._out = out
        self._json = as_json
        self._data: list[Any] = []

    def add(self, report: Any) -> None:
        written = _write_traces(report, self._out) if self._out is not None else ""
        if self._json:
            from dsmc.reports import as_data

            self._data.append(as_data(report))
            return
        from dsmc.terminal import report_text

        click.echo(report_text(report), nl=False)
        if written:
            click.echo(f"  pictures: {written}")
        click.echo()

    def end(self) -> None:
        if self._json:
            import json

            click.echo(json.dumps(self._data, indent=1, ensure_ascii=False))


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--max-time",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Stop each model after so long.",
)
@click.option(
    "--max-states", type=click.IntRange(1), metavar="N", help="Stop each model after N states."
)
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
def test(
    paths: tuple[Path, ...], max_time: float | None, max_states: int | None, as_json: bool
) -> None:
    """Check that every model is as it expects to be. PATHS are files and folders (here if none)."""
    from dsmc.engine.outcome import Limits
    from dsmc.project import Overrides
    from dsmc.session import Options

    options = Options(limits=Limits(max_states, max_time))
    files = _model_files(paths or (Path(),))
    if not files:
        click.echo("There are no models there.", err=True)
        sys.exit(MISTAKE)
    reporter = _Checking(None, True) if as_json else _Testing()
    sys.exit(_run(files, None, Overrides(), options, reporter))


class _Testing:
    """Prints a table at the end; what is not as expected in full before it."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []

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
        self._rows.append(
            (title(report), word, f"{s.states:,}", f"{s.transitions:,}", f"{s.seconds:.2f}")
        )

    def end(self) -> None:
        from dsmc.terminal import table

        if self._rows:
            click.echo(
                table(self._rows, ("model", "", "states", "transitions", "seconds")), nl=False
            )
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


def _run(
    files: tuple[Path, ...], model: str | None, overrides: Any, options: Any, reporter: Any
) -> int:
    """Check every job of the files; the exit code."""
    from dsmc.diagnostics import Mistakes

    codes = []
    for file in files:
        try:
            for job in _chosen(file, model, overrides):
                codes.append(_checked(job, options, reporter))
        except Mistakes as mistakes:
            _complain(mistakes)
            codes.append(MISTAKE)
    reporter.end()
    return next(code for code in _WORST if code in codes)


def _checked(job: Any, options: Any, reporter: Any) -> int:
    from dsmc.session import check as check_job
    from dsmc.terminal import progress

    with progress(job.name or str(job.path)) as watch:
        report = check_job(job, options, watch)
    reporter.add(report)
    if any(not surprise.unknown for surprise in report.surprises):
        return SURPRISE
    return LIMIT if report.surprises else OK


def _chosen(file: Path, model: str | None, overrides: Any) -> tuple[Any, ...]:
    from dsmc.diagnostics import Diagnostic, Mistakes, did_you_mean
    from dsmc.session import load
    from dsmc.source import NOWHERE

    jobs = load(file, overrides)
    if model is None:
        return jobs
    found = tuple(job for job in jobs if job.name == model)
    if not found:
        known = [job.name for job in jobs if job.name]
        help = did_you_mean(model, known) or (f"its models are {', '.join(known)}" if known else "")
        message = f"`{file}` has no model `{model}`"
        raise Mistakes((Diagnostic("D705", message, NOWHERE, "", help),))
    return found


def _complain(mistakes: Any) -> None:
    from dsmc.diagnostics.render import render_all

    text = render_all(mistakes.diagnostics)
    count = len(mistakes.diagnostics)
    click.echo(text, err=True)
    click.echo(f"{count} mistake{'s' * (count != 1)}.", err=True)


def _write_traces(report: Any, out: Path) -> str:
    """Every trace of a report, in every format; where they are."""
    from dsmc.reports import write_traces

    return write_traces(report, out)


# ---------------------------------------------------------------- other commands


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if something would."
)
def fmt(paths: tuple[Path, ...], only_check: bool) -> None:
    """Lay out specs and models in the one usual way. `-` reads standard input."""
    from dsmc.syntax.format import format_source

    changed = False
    for path in _dsm_files(paths):
        name = "standard input" if str(path) == "-" else str(path)
        text = _read(path)
        formatted = _or_mistakes(partial(format_source, name, text))
        if str(path) == "-":
            click.echo(formatted, nl=False)
        elif formatted != text:
            changed = True
            click.echo(f"{'would change' if only_check else 'changed'} {path}")
            if not only_check:
                _replace_file(path, formatted)
    sys.exit(SURPRISE if only_check and changed else OK)


def _dsm_files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob("*.dsm")) if path.is_dir() else [path]
    return found


def _read(path: Path) -> str:
    """The text of a file. An unreadable one ends the program with a message."""
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        click.echo(f"error[D701]: `{path}` cannot be read: {reason}", err=True)
        sys.exit(MISTAKE)


def _replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    from dsmc.reports import write_file

    write_file(path, text)


def _or_mistakes(action: Callable[[], Any]) -> Any:
    """The result of an action; mistakes are shown and end the program."""
    from dsmc.diagnostics import Mistakes

    try:
        return action()
    except Mistakes as mistakes:
        _complain(mistakes)
        sys.exit(MISTAKE)


@main.command("lower")
@_FILE
@_MODEL
@_DEFINE
@_FAULTS
def lower_command(
    file: Path, model: str | None, define: tuple[str, ...], faults: str | None
) -> None:
    """Print the core that a spec is lowered to: variables, actions, properties."""
    from dsmc.ir.print import print_system
    from dsmc.project import Overrides
    from dsmc.session import compile_job

    def text() -> str:
        job = _chosen(file, model, Overrides(define, faults))[0]
        return print_system(compile_job(job))

    click.echo(_or_mistakes(text), nl=False)


@main.command()
@_FILE
@_MODEL
@_DEFINE
@_FAULTS
@click.option(
    "--property", "-p", "property_", metavar="NAME", help="Highlight this property's run."
)
@click.option(
    "--max-states",
    type=click.IntRange(1),
    default=200,
    show_default=True,
    metavar="N",
    help="Draw no more states than this.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write there: .dot, .svg, .png or .pdf (DOT to standard output if not given).",
)
def graph(
    file: Path, model: str | None, define: tuple[str, ...], faults: str | None,
    property_: str | None, max_states: int, out: Path | None,
) -> None:  # fmt: skip
    """Draw the graph of all states of a small model."""
    from dsmc.graph import draw, write_drawing
    from dsmc.project import Overrides

    def drawn() -> Any:
        job = _chosen(file, model, Overrides(define, faults))[0]
        return draw(job, property_, max_states)

    drawing = _or_mistakes(drawn)
    if drawing.note:
        click.echo(drawing.note, err=True)
    if out is None:
        click.echo(drawing.dot, nl=False)
    else:
        click.echo(write_drawing(drawing, out), err=True)
    sys.exit(LIMIT if drawing.note else OK)


@main.command()
@click.argument("code")
def explain(code: str) -> None:
    """Say more about a diagnostic, for example `dsmc explain D201`."""
    from dsmc.diagnostics import did_you_mean
    from dsmc.diagnostics.codes import CODES, page

    wanted = code.strip().upper()
    wanted = wanted if wanted.startswith("D") else f"D{wanted}"
    if wanted not in CODES:
        hint = did_you_mean(wanted, CODES)
        click.echo(f"There is no diagnostic {code}. {hint}".rstrip(), err=True)
        sys.exit(MISTAKE)
    click.echo(page(wanted), nl=False)


@main.command()
@click.argument("name")
def new(name: str) -> None:
    """Start a spec: NAME.dsm, with a model and comments that say how to go on."""
    from dsmc.source import Source
    from dsmc.starter import starter
    from dsmc.syntax.parser import parse

    path, text = Path(f"{name}.dsm"), starter(name)
    if not name.isidentifier() or parse(Source(name, text)).problems:  # a word of the language
        help = "use letters, digits and _, and no word of the language"
        click.echo(f"error[D706]: `{name}` is not a name: {help}", err=True)
        sys.exit(MISTAKE)
    if path.exists():
        click.echo(f"error[D706]: there is a file `{path}` already", err=True)
        sys.exit(MISTAKE)
    _replace_file(path, text)
    click.echo(f"Wrote {path}. Try: dsmc check {path}")


def entry() -> None:
    """The program. What we did not foresee is a bug of ours, and says so without a traceback."""
    gc.set_threshold(100_000)  # trees have no cycles: looking for some is a tenth of a small check
    try:
        code = _exit_code()
        sys.stdout.flush()
        sys.exit(code)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(LIMIT)
    except BrokenPipeError:
        _discard_output()
        sys.exit(OK)
    except OSError as error:
        _discard_output()
        click.echo(f"error[D707]: {error.strerror}: {error.filename or ''}".rstrip(": "), err=True)
        sys.exit(MISTAKE)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        from dsmc.reports import report_bug

        click.echo(report_bug(error), err=True)
        sys.exit(BUG)


def _exit_code() -> int:
    try:
        main(standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else OK
    return OK


def _discard_output() -> None:
    """What could not be written is not tried again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
