"""What the commands share: options, exit codes, how mistakes are shown."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

OK, SURPRISE, MISTAKE, LIMIT, BUG = range(5)
#: Which of several codes is the one to exit with: the first of these.
WORST = (BUG, MISTAKE, SURPRISE, LIMIT, OK)

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
FILE = click.argument("file", type=click.Path(path_type=Path))
MODEL = click.option("--model", "-m", metavar="NAME", help="Only the model of this name.")
DEFINE = click.option(
    "-D", "define", multiple=True, metavar="NAME=VALUE", help="Give a constant a value."
)
FAULTS = click.option(
    "--faults", metavar="TEXT", help='The faults that may happen, e.g. "crash Replica at most 1".'
)
PROPERTY = click.option(
    "--property", "-p", "properties", multiple=True, metavar="NAME",
    help="Only this property; may be given again.",
)  # fmt: skip
OUT = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write each trace there, in every format.",
)  # fmt: skip


def finite_seconds(_: click.Context, __: click.Parameter, value: float | None) -> float | None:
    """A number of seconds; there may be none, and it may not be infinite."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number of seconds")
    return value


MAX_TIME = click.option(
    "--max-time", type=click.FloatRange(0, min_open=True), callback=finite_seconds, metavar="SECONDS",
    help="Stop each model after so long.",
)  # fmt: skip
MAX_STATES = click.option(
    "--max-states",
    type=click.IntRange(1, (1 << 63) - 1),
    metavar="N",
    help="Stop each model after N states.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "python", "c"]),
    default="auto",
    help="Run generated Python, C, or (auto) C where there is much to do.",
)
CHECK_ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "python", "c", "z3"]),
    default="auto",
    help="Run generated Python, C, or (auto) C where there is much to do; or (z3) only look for runs of"
    " up to --depth steps, by formulas: for ranges too wide to be explored.",
)
THREADS = click.option(
    "--threads",
    type=click.IntRange(0, 64),
    default=0,
    metavar="N",
    help="Search in C with N threads, at most 64; 0: as many as there are cores.",
)
FAIRNESS = click.option(
    "--fairness",
    type=click.Choice(["declared", "none"]),
    default="declared",
    help="Whether nodes and fair actions must go on (none: what the fairness buys).",
)
NO_CACHE = click.option(
    "--no-cache", is_flag=True, help="Search, even if the answer is known from an earlier time."
)
NO_MINIMISE = click.option(
    "--no-minimise", is_flag=True, help="Show runs as they were found, and not what they need."
)
EXPLAIN_REDUCTIONS = click.option(
    "--explain-reductions", is_flag=True, help="Say why nodes or symbols are not interchangeable."
)
_OFF = (
    ("--no-reductions", "Search the system as it is, and count its states."),
    ("--no-symmetry", "Tell states apart that differ in names only."),
    ("--no-dead-values", "Keep values that are never read again."),
    ("--no-slices", "Keep what no property depends on."),
    ("--no-partial-order", "Take every step of every state."),
    ("--no-schedules", "Let faults share a budget where the order of steps is chosen."),
)


def reductions(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command options that switch reductions off; it gets which are on, as `reductions`."""

    @functools.wraps(command)
    def with_reductions(
        *,
        no_reductions: bool,
        no_symmetry: bool,
        no_dead_values: bool,
        no_slices: bool,
        no_partial_order: bool,
        no_schedules: bool,
        **rest: Any,
    ) -> Any:
        from dsmc.reduce.plan import Reductions

        off = (no_symmetry, no_dead_values, no_slices, no_partial_order, no_schedules)
        return command(reductions=Reductions(*(not (no_reductions or o) for o in off)), **rest)

    found: Callable[..., Any] = with_reductions
    for name, help in reversed(_OFF):
        found = click.option(name, is_flag=True, help=help)(found)
    return found


def models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command a FILE, and options that say which of its models, with what set in them; it gets
    their `jobs`. Mistakes end the program.
    """

    @functools.wraps(command)
    def with_jobs(
        *, file: Path, model: str | None, define: tuple[str, ...], faults: str | None, **rest: Any
    ) -> Any:
        from dsmc.project import Overrides

        jobs = or_mistakes(lambda: chosen(file, model, Overrides(define, faults)))
        return command(jobs=jobs, **rest)

    return FILE(MODEL(DEFINE(FAULTS(with_jobs))))


def many_checks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command that checks many times what each of its checks needs; it gets the `jobs`, the
    `options` of each check, and whether to print `as_json`.
    """

    @functools.wraps(command)
    def with_options(
        *, max_states: int | None, max_time: float | None, engine: str, threads: int, **rest: Any
    ) -> Any:
        from dsmc.engine.outcome import Limits
        from dsmc.session import Options

        options = Options(limits=Limits(max_states, max_time), engine=engine, threads=threads)
        return command(options=options, **rest)

    return models(MAX_STATES(MAX_TIME(ENGINE(THREADS(JSON(with_options))))))


def known_answers() -> Any:
    """What was found out before; None if nothing is kept."""
    from dsmc.cache.store import cache

    return cache()


def chosen(file: Path, model: str | None, overrides: Any) -> tuple[Any, ...]:
    """The jobs of a file, or the one of a model. Raises `Mistakes`."""
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


def complain(mistakes: Any) -> None:
    """Show what is wrong in the specs."""
    from dsmc.diagnostics.render import render_all

    text = render_all(mistakes.diagnostics)
    count = len(mistakes.diagnostics)
    click.echo(text, err=True)
    click.echo(f"{count} mistake{'s' * (count != 1)}.", err=True)


def or_mistakes(action: Callable[[], Any]) -> Any:
    """The result of an action; mistakes are shown and end the program."""
    from dsmc.diagnostics import Mistakes

    try:
        return action()
    except Mistakes as mistakes:
        complain(mistakes)
        sys.exit(MISTAKE)
