"""`simulate`"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from dsmc.cli.options import (
    DEFINE,
    ENGINE,
    FAULTS,
    FILE,
    JSON,
    LIMIT,
    MAX_TIME,
    MODEL,
    NO_MINIMISE,
    OK,
    OUT,
    PROPERTY,
    SURPRISE,
    WORST,
    chosen,
    or_mistakes,
)


@click.command()
@FILE
@MODEL
@click.option(
    "--runs", type=click.IntRange(1), default=1000, show_default=True, metavar="N", help="Runs."
)
@click.option(
    "--depth", type=click.IntRange(1, 1 << 31), default=100, show_default=True, metavar="D",
    help="Steps of a run, at most.",
)  # fmt: skip
@click.option(
    "--seed", type=int, default=0, show_default=True, metavar="S", help="Other runs for each."
)
@click.option(
    "--scheduler", type=click.Choice(["uniform", "pct"]), default="uniform", show_default=True,
    help="Who acts: any action, or who has the highest of random priorities.",
)  # fmt: skip
@PROPERTY
@DEFINE
@FAULTS
@OUT
@MAX_TIME
@ENGINE
@NO_MINIMISE
@JSON
def simulate(
    file: Path, model: str | None, runs: int, depth: int, seed: int, scheduler: str,
    properties: tuple[str, ...], define: tuple[str, ...], faults: str | None, out: Path | None,
    max_time: float | None, engine: str, no_minimise: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take random runs of a spec or model that is too large to be explored."""
    from dsmc.engine.search import INTERRUPTED
    from dsmc.engine.simulate import Plan
    from dsmc.project import Overrides

    plan = Plan(runs, depth, seed, scheduler, max_time)
    jobs = or_mistakes(lambda: chosen(file, model, Overrides(define, faults)))
    data: list[Any] = []
    codes = []
    for job in jobs:
        found = _simulated(job, plan, properties, engine, minimise=not no_minimise)
        _tell(found, out, data if as_json else None)
        codes.append(_code(found))
        if found.simulated.stopped == INTERRUPTED:
            break
    if as_json:
        click.echo(json.dumps(data, indent=1, ensure_ascii=False))
    sys.exit(next(code for code in WORST if code in codes))


def _simulated(
    job: Any, plan: Any, properties: tuple[str, ...], engine: str, *, minimise: bool
) -> Any:
    from dsmc.simulation import simulate as simulate_job
    from dsmc.terminal import progress

    with progress(job.name or str(job.path)) as watch:
        return or_mistakes(
            lambda: simulate_job(job, plan, properties, watch, engine, minimise=minimise)
        )


def _tell(found: Any, out: Path | None, data: list[Any] | None) -> None:
    """Print what was found, or add it to the data."""
    from dsmc.reports import simulation_data, write_traces
    from dsmc.terminal import simulation_text

    written = write_traces(found, out) if out is not None else ""
    if data is not None:
        data.append(simulation_data(found))
        return
    click.echo(simulation_text(found))
    if written:
        click.echo(f"pictures: {written}\n")


def _code(found: Any) -> int:
    """Runs that show nothing wrong are all that was asked for."""
    from dsmc.engine.search import INTERRUPTED

    if found.surprises:
        return SURPRISE
    return LIMIT if found.simulated.stopped == INTERRUPTED else OK
