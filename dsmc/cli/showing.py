"""`lower`, `graph` and `explain`: commands that show something"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dsmc.cli.options import (
    DEFINE,
    FAULTS,
    FILE,
    LIMIT,
    MISTAKE,
    MODEL,
    OK,
    chosen,
    or_mistakes,
)


@click.command()
@FILE
@MODEL
@DEFINE
@FAULTS
def lower(file: Path, model: str | None, define: tuple[str, ...], faults: str | None) -> None:
    """Print the core that a spec is lowered to: variables, actions, properties."""
    from dsmc.ir.print import print_system
    from dsmc.project import Overrides
    from dsmc.session import compile_job

    def text() -> str:
        job = chosen(file, model, Overrides(define, faults))[0]
        return print_system(compile_job(job))

    click.echo(or_mistakes(text), nl=False)


@click.command()
@FILE
@MODEL
@DEFINE
@FAULTS
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
    from dsmc.graph import check_suffix, draw, write_drawing
    from dsmc.project import Overrides

    def drawn() -> Any:
        check_suffix(out)
        job = chosen(file, model, Overrides(define, faults))[0]
        return draw(job, property_, max_states)

    drawing = or_mistakes(drawn)
    if drawing.note:
        click.echo(drawing.note, err=True)
    if out is None:
        click.echo(drawing.dot, nl=False)
    else:
        click.echo(write_drawing(drawing, out), err=True)
    sys.exit(LIMIT if drawing.note else OK)


@click.command()
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
