"""What the commands share: options, exit codes, how mistakes are shown."""

from __future__ import annotations

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
ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "python", "c"]),
    default="auto",
    help="Search in generated Python, in C, or (auto) in C when there are many states.",
)
THREADS = click.option(
    "--threads",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Search in C with N threads; 0: as many as there are cores.",
)
NO_CACHE = click.option(
    "--no-cache", is_flag=True, help="Search, even if the answer is known from an earlier time."
)


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
