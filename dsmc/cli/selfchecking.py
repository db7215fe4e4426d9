"""`selfcheck`"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from dsmc.cli.options import JSON, LIMIT, MAX_TIME, OK, SURPRISE, WORST, models, or_mistakes


@click.command()
@models
@click.option(
    "--max-states", type=click.IntRange(1, (1 << 63) - 1), default=100_000, show_default=True,
    metavar="N", help="Stop each search after N states.",
)  # fmt: skip
@MAX_TIME
@JSON
def selfcheck(jobs: Sequence[Any], max_states: int, max_time: float | None, as_json: bool) -> None:
    """Search a model in every way that there is: by each engine, with each reduction.

    Ends with 0 if all give the same answers, 1 if not (that is a bug in dsmc), 3 if they do as far as
    they got, but a limit stopped some.
    """
    from dsmc.engine.outcome import Limits

    limits = Limits(max_states, max_time)
    found = or_mistakes(lambda: [_compared(job, limits) for job in jobs])
    if as_json:
        click.echo(json.dumps([_as_data(one) for one in found], indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(map(_text, found)))
    codes = [_code(one) for one in found]
    sys.exit(next(code for code in WORST if code in codes))


def _compared(job: Any, limits: Any) -> Any:
    from dsmc.selfcheck import selfcheck as asked
    from dsmc.terminal import progress

    with progress(job.name or job.path.stem) as watch:
        return asked(job, limits, watch)


def _code(found: Any) -> int:
    if found.differs:
        return SURPRISE
    return LIMIT if found.is_open else OK


# ---------------------------------------------------------------- in words


def _text(found: Any) -> str:
    from dsmc.terminal import table

    names = [name for name in found.names if any(one.result(name) for one in found.found)]
    head = ("", *names, "states", "seconds", "")
    rows = [_row(one, names) for one in found.found]
    name = found.job.name
    title = f"{found.system.name}: {name}" if name else found.system.name
    return f"{click.style(title, bold=True)}\n{table(rows, head)}{_summary(found)}"


def _row(one: Any, names: Sequence[str]) -> tuple[str, ...]:
    cells = [_marked(_cell(one.result(name)), one, name) for name in names]
    return (one.way.name, *cells, *_counts(one), _compared_with(one))


def _cell(result: Any) -> str:
    if result is None:
        return ""
    return result.word if result.steps is None else f"{result.word} in {result.steps}"


def _counts(one: Any) -> tuple[str, str]:
    if one.report is None:
        return "", ""
    s = one.report.statistics
    return _marked(f"{s.states:,}", one, "states"), f"{s.seconds + s.preparation:.2f}"


def _marked(cell: str, one: Any, what: str) -> str:
    return click.style(f"{cell} ≠", fg="red") if what in one.differences else cell


def _compared_with(one: Any) -> str:
    told = [click.style(f"differs: {', '.join(one.differences)}", fg="red")] * one.differs
    told += [f"not compared: {one.limit}"] * bool(one.limit)
    return "; ".join(told or ["nothing to leave out"] * one.is_idle)


def _summary(found: Any) -> str:
    if found.differs:
        return click.style("The answers differ: this is a bug in dsmc.", fg="red")
    return f"{'As far as they got, all' if found.is_open else 'All'} give the same answers."


# ---------------------------------------------------------------- as data


def _as_data(found: Any) -> dict[str, Any]:
    return {
        "model": found.job.name, "differs": found.differs, "open": found.is_open,
        "ways": [_way(one) for one in found.found],
    }  # fmt: skip


def _way(one: Any) -> dict[str, Any]:
    results = one.report.results if one.report is not None else ()
    s = one.report.statistics if one.report is not None else None
    return {
        "name": one.way.name, "differences": list(one.differences), "not_compared": one.limit,
        "properties": {r.name: {"verdict": r.verdict.value, "steps": r.steps} for r in results},
        "statistics": s and {
            "states": s.states, "transitions": s.transitions, "complete": s.complete,
            "seconds": round(s.seconds, 6), "preparation": round(s.preparation, 6),
            "reductions": s.reductions,
        },
    }  # fmt: skip
