"""`lower`, `graph` and `explain`: commands that show something"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from dsmc.ir.system import System


@click.command()
@FILE
@MODEL
@DEFINE
@FAULTS
@click.option(
    "--to", type=click.Choice(["core", "python", "c"]), default="core", show_default=True,
    help="Print what is generated from the core instead: by the reference, or for the search in C.",
)  # fmt: skip
def lower(
    file: Path, model: str | None, define: tuple[str, ...], faults: str | None, to: str
) -> None:
    """Print the core that a spec is lowered to: variables, actions, properties."""
    from dsmc.project import Overrides
    from dsmc.session import compile_job

    def text() -> str:
        job = chosen(file, model, Overrides(define, faults))[0]
        return _LOWERED[to](compile_job(job))

    click.echo(or_mistakes(text), nl=False)


def _core(system: System) -> str:
    from dsmc.ir.print import print_system

    return print_system(system)


def _python(system: System) -> str:
    from dsmc.backends.python.machine import PythonMachine

    return PythonMachine(system).source + "\n"


def _c(system: System) -> str:
    """Without the headers that every such file begins with."""
    from dsmc.backends.c.generate import generate
    from dsmc.backends.c.layout import Layout

    text = generate(system, Layout(system))
    return text[text.index("/* The system `") :]


_LOWERED: dict[str, Callable[[System], str]] = {"core": _core, "python": _python, "c": _c}


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
