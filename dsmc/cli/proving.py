"""`prove`"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from dsmc.cli.options import (
    DEFINE,
    FAULTS,
    FILE,
    JSON,
    LIMIT,
    MAX_TIME,
    MODEL,
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
@PROPERTY
@DEFINE
@FAULTS
@click.option(
    "--depth", "-k", "most", type=click.IntRange(1, 50), default=3, show_default=True, metavar="K",
    help="Try k-induction with k up to K.",
)  # fmt: skip
@MAX_TIME
@OUT
@JSON
def prove(
    file: Path, model: str | None, properties: tuple[str, ...], define: tuple[str, ...],
    faults: str | None, most: int, max_time: float | None, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Prove by induction what holds in every state, without exploring the states.

    What is not proved is not violated: it is unknown, and a step from a state that may be unreachable
    shows why. Ends with 0 if all is as expected, 1 if something is not, 3 if it is not known.
    """
    from dsmc.project import Overrides

    jobs = or_mistakes(lambda: chosen(file, model, Overrides(define, faults)))
    data: list[Any] = []
    codes = []
    for job in jobs:
        proof = _proved(job, properties, most, max_time)
        _tell(proof, out, data if as_json else None)
        codes.append(_code(proof))
    if as_json:
        click.echo(json.dumps(data, indent=1, ensure_ascii=False))
    sys.exit(next(code for code in WORST if code in codes))


def _proved(job: Any, properties: tuple[str, ...], most: int, max_time: float | None) -> Any:
    from dsmc.proofs import prove as prove_job

    return or_mistakes(lambda: prove_job(job, properties, most, max_time))


def _tell(proof: Any, out: Path | None, data: list[Any] | None) -> None:
    """Print what was found, or add it to the data."""
    from dsmc.reports import proof_data, write_traces
    from dsmc.terminal import proof_text

    written = write_traces(proof, out) if out is not None else ""
    if data is not None:
        data.append(proof_data(proof))
        return
    click.echo(proof_text(proof))
    if written:
        click.echo(f"  pictures: {written}\n")


def _code(proof: Any) -> int:
    if any(not surprise.unknown for surprise in proof.surprises):
        return SURPRISE
    return LIMIT if proof.surprises else OK
