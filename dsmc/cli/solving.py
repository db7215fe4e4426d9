"""`solve`"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dsmc.cli.options import (
    LIMIT,
    NO_CACHE,
    OK,
    OUT,
    PROPERTY,
    known_answers,
    many_checks,
    or_mistakes,
)


def _names(_: click.Context, __: click.Parameter, value: str) -> tuple[str, ...]:
    """Names between commas, each once."""
    names = tuple(dict.fromkeys(filter(None, (part.strip() for part in value.split(",")))))
    if not names:
        raise click.BadParameter('name constants: "R, W"')
    return names


def _ranges(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> dict[str, range]:
    """`R=1..5` as a range."""
    found = {}
    for text in value:
        parts = re.fullmatch(r"\s*(\w+)\s*=\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*", text)
        values = range(int(parts[2]), int(parts[3]) + 1) if parts else range(0)
        if parts is None or not values:
            raise click.BadParameter(f"`{text}` is no range: write for example R=1..5")
        found[parts[1]] = values
    return found


@click.command()
@many_checks
@click.option(
    "--for", "names", required=True, callback=_names, metavar="NAMES",
    help='The constants that are swept, e.g. "R, W".',
)  # fmt: skip
@click.option(
    "--range", "ranges", multiple=True, callback=_ranges, metavar="NAME=A..B",
    help="The values that a constant is given, instead of those of its type; may be given again.",
)  # fmt: skip
@PROPERTY
@click.option("--traces", is_flag=True, help="Show the run behind each boundary.")
@OUT
@NO_CACHE
def solve(
    jobs: Sequence[Any], options: Any, names: tuple[str, ...], ranges: dict[str, range],
    properties: tuple[str, ...], traces: bool, out: Path | None, no_cache: bool, as_json: bool,
) -> None:  # fmt: skip
    """Find for which values of constants a property holds, and the simplest condition that says so.

    Limits are for each combination of values. Ends with 0, or with 3 if something is unknown.
    """
    from dsmc.frozen import replace

    other = [name for name in ranges if name not in names]
    if other:
        raise click.UsageError(f"--range {other[0]}: name {other[0]} in --for, too")
    asked = replace(options, properties=properties)
    cache = None if no_cache else known_answers()
    tables = or_mistakes(lambda: [_solved(job, names, ranges, asked, cache) for job in jobs])
    written = [path for table in tables for path in _written(table, out)]
    if as_json:
        from dsmc.solve.report import as_data

        click.echo(json.dumps([as_data(t) for t in tables], indent=1, ensure_ascii=False))
    else:
        told = [line for table in tables for line in _lines(table, traces=traces)]
        click.echo("\n".join([*told, *(f"  pictures: {path}" for path in written)]))
    sys.exit(LIMIT if any(table.is_open for table in tables) else OK)


def _solved(job: Any, names: Sequence[str], ranges: Any, options: Any, cache: Any) -> Any:
    from dsmc.solve.run import solve as asked
    from dsmc.terminal import progress

    with progress(job.name or job.path.stem) as watch:
        return asked(job, names, ranges, options, watch, cache)


def _written(table: Any, out: Path | None) -> list[str]:
    """The runs behind the boundaries as files; where they are."""
    from dsmc.frozen import replace
    from dsmc.reports import write_traces

    if out is None:
        return []
    shown = [(row.report, row.result(a.property)) for a in table.answers for row in a.boundary]
    return [write_traces(replace(report, results=(result,)), out) for report, result in shown]


# ---------------------------------------------------------------- in words


def _lines(table: Any, *, traces: bool) -> list[str]:
    from dsmc.solve.report import mistakes, sentence, unknown
    from dsmc.terminal import table as columns
    from dsmc.traces.render.text import render

    shown = [row.result(a.property).trace for a in table.answers for row in a.boundary]
    told = [render(trace) for trace in shown if trace is not None] if traces else []
    head = (*table.names, *(answer.property for answer in table.answers))
    told += [click.style(_title(table), bold=True)]
    told += [columns([_row(row, table) for row in table.rows], head).rstrip("\n")]
    for answer in table.answers:
        told += [sentence(answer, table), *(f"  {line}" for line in unknown(answer, table))]
    return [*told, *(f"  {line}" for line in mistakes(table))]


def _title(table: Any) -> str:
    name = next(row.report.system.name for row in table.rows if row.report is not None)
    return f"{name}: {table.job.name}" if table.job.name else name


def _row(row: Any, table: Any) -> tuple[str, ...]:
    results = [row.result(answer.property) for answer in table.answers]
    return (*map(str, row.values.values()), *map(_cell, results))


def _cell(result: Any) -> str:
    """A verdict; why it is not known is said below the table."""
    from dsmc.frozen import replace
    from dsmc.terminal import outcome

    return "not checked" if result is None else outcome(replace(result, note=""))
