"""`classify`"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from dsmc.cli.options import LIMIT, OK, many_checks, or_mistakes


@click.command()
@many_checks
@click.option("--traces", is_flag=True, help="Show the run behind each boundary.")
def classify(jobs: Sequence[Any], options: Any, traces: bool, as_json: bool) -> None:
    """Find the strongest guarantees that hold of a spec's histories, under each kind of its faults.

    Limits are for each search. Ends with 0, or with 3 if something is unknown.
    """
    found = or_mistakes(lambda: [(job, *_classified(job, options)) for job in jobs])
    if as_json:
        data = [_as_data(job, rows) for job, rows, _ in found]
        click.echo(json.dumps(data, indent=1, ensure_ascii=False))
    else:
        for _, rows, report in found:
            click.echo(_text(rows, report, traces=traces))
    sys.exit(LIMIT if any(_is_open(rows) for _, rows, _ in found) else OK)


def _classified(job: Any, options: Any) -> Any:
    from dsmc.classify import classify as asked
    from dsmc.terminal import progress

    with progress(job.name or job.path.stem) as watch:
        return asked(job, options, watch)


def _is_open(rows: Any) -> bool:
    from dsmc.engine.outcome import Verdict

    return any(cell.verdict is Verdict.UNKNOWN for row in rows for cell in row.cells)


def _text(rows: Any, report: Any, *, traces: bool) -> str:
    from dsmc.terminal import table, title
    from dsmc.traces.render.text import render

    shown = [cell.result for row in rows for cell in row.boundary if cell.result.trace is not None]
    told = [render(result.trace) for result in shown] if traces else []
    cells: list[tuple[str, ...]] = [
        (row.faults, row.history, row.family.name, _strongest(row), _lost(row)) for row in rows
    ]
    head = ("faults", "history", "family", "holds", "but not")
    told += [click.style(title(report), bold=True), table(cells, head).rstrip("\n")]
    return "\n".join([*told, *_open(rows)])


def _strongest(row: Any) -> str:
    return click.style(
        ", ".join(row.strongest) or "nothing", fg="green" if row.strongest else "red"
    )


def _lost(row: Any) -> str:
    return ", ".join(f"{c.guarantee} (in {c.result.steps} steps)" for c in row.boundary)


def _open(rows: Any) -> list[str]:
    """What is not known, and why."""
    from dsmc.engine.outcome import Verdict

    return [
        f"  {cell.guarantee}({row.history}) under {row.faults}: unknown ({cell.result.note})"
        for row in rows for cell in row.cells if cell.verdict is Verdict.UNKNOWN
    ]  # fmt: skip


def _as_data(job: Any, rows: Any) -> dict[str, Any]:
    from dsmc.traces.render.json import as_data

    def cell(one: Any) -> dict[str, Any]:
        trace = one.result.trace if one.result is not None else None
        return {
            "guarantee": one.guarantee, "verdict": one.verdict.value, "follows_from": one.by or None,
            "trace": None if trace is None else as_data(trace),
        }  # fmt: skip

    return {
        "model": job.name,
        "rows": [
            {
                "faults": row.faults, "history": row.history, "family": row.family.name,
                "strongest": list(row.strongest), "cells": [cell(one) for one in row.cells],
            }
            for row in rows
        ],
    }  # fmt: skip
