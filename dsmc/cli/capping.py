"""`cap`"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dsmc.cli.options import LIMIT, OK, OUT, many_checks, or_mistakes


@click.command()
@many_checks
@OUT
def cap(jobs: Sequence[Any], options: Any, out: Path | None, as_json: bool) -> None:
    """Say which of consistency and availability gives way to a partition, and show how.

    Each history of the spec is asked with and without a partition (the spec's own; else one that does
    not heal). Limits are for each of the two. Ends with 0, or with 3 if something is unknown.
    """
    tables = or_mistakes(lambda: [_table(job, options) for job in jobs])
    if as_json:
        click.echo(json.dumps([_as_data(t) for t in tables], indent=1, ensure_ascii=False))
    else:
        for table in tables:
            click.echo(_text(table, out))
    sys.exit(LIMIT if any(map(_is_open, tables)) else OK)


def _table(job: Any, options: Any) -> Any:
    from dsmc.cap import cap as asked
    from dsmc.terminal import progress

    with progress(job.name or job.path.stem) as watch:
        return asked(job, options, watch)


def _is_open(table: Any) -> bool:
    from dsmc.engine.outcome import Verdict

    return any(Verdict.UNKNOWN in (row.without.verdict, row.during.verdict) for row in table.rows)


def _text(table: Any, out: Path | None) -> str:
    from dsmc.engine.outcome import Verdict
    from dsmc.terminal import table as columns
    from dsmc.terminal import title
    from dsmc.traces.render.text import render

    lost = [row.during for row in table.rows if row.during.verdict is Verdict.VIOLATED]
    told = [render(result.trace) for result in lost if result.trace is not None]
    cells: list[tuple[str, ...]] = [
        (row.name, _cell(row.without), _cell(row.during)) for row in table.rows
    ]
    during = table.reports[1]
    told += [
        click.style(title(during), bold=True),
        columns(cells, ("", "without a partition", "during a partition")).rstrip("\n"),
        *dict.fromkeys(f"  {r.name}: {r.note}" for row in table.rows
                       for r in (row.without, row.during) if r.note),
        table.verdict,
    ]  # fmt: skip
    if out is not None:
        from dsmc.reports import write_traces

        told.append(write_traces(during, out))
    return "\n".join(told)


def _cell(result: Any) -> str:
    """A verdict; why it is not known is said below the table."""
    from dsmc.frozen import replace
    from dsmc.terminal import outcome

    return outcome(replace(result, note=""))


def _as_data(table: Any) -> dict[str, Any]:
    from dsmc.traces.render.json import as_data

    def cell(result: Any) -> dict[str, Any]:
        trace = None if result.trace is None else as_data(result.trace)
        return {
            "verdict": result.word, "steps": result.steps, "note": result.note, "trace": trace,
        }  # fmt: skip

    rows = [
        {
            "property": row.name, "kind": "availability" if row.availability else "consistency",
            "without": cell(row.without), "during": cell(row.during),
        }
        for row in table.rows
    ]  # fmt: skip
    return {"model": table.job.name, "rows": rows, "verdict": table.verdict}
