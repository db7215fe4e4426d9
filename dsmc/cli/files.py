"""`fmt` and `new`: commands that write specs"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import click

from dsmc.cli.options import (
    MISTAKE,
    OK,
    SURPRISE,
    or_mistakes,
)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit with 1 if something would."
)
def fmt(paths: tuple[Path, ...], only_check: bool) -> None:
    """Lay out specs and models in the one usual way. `-` reads standard input."""
    from dsmc.syntax.format import format_source

    changed = False
    for path in _dsm_files(paths):
        name = "standard input" if str(path) == "-" else str(path)
        text = _read(path)
        formatted = or_mistakes(partial(format_source, name, text))
        if str(path) == "-":
            click.echo(formatted, nl=False)
        elif formatted != text:
            changed = True
            click.echo(f"{'would change' if only_check else 'changed'} {path}")
            if not only_check:
                _replace_file(path, formatted)
    sys.exit(SURPRISE if only_check and changed else OK)


def _dsm_files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob("*.dsm")) if path.is_dir() else [path]
    return found


def _read(path: Path) -> str:
    """The text of a file. An unreadable one ends the program with a message."""
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        click.echo(f"error[D701]: `{path}` cannot be read: {reason}", err=True)
        sys.exit(MISTAKE)


def _replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    from dsmc.files import write_file

    write_file(path, text)


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Start a spec: NAME.dsm, with a model and comments that say how to go on."""
    from dsmc.source import Source
    from dsmc.starter import starter
    from dsmc.syntax.parser import parse

    path, text = Path(f"{name}.dsm"), starter(name)
    if not name.isidentifier() or parse(Source(name, text)).problems:  # a word of the language
        help = "use letters, digits and _, and no word of the language"
        click.echo(f"error[D706]: `{name}` is not a name: {help}", err=True)
        sys.exit(MISTAKE)
    if path.exists():
        click.echo(f"error[D706]: there is a file `{path}` already", err=True)
        sys.exit(MISTAKE)
    _replace_file(path, text)
    click.echo(f"Wrote {path}. Try: dsmc check {path}")
