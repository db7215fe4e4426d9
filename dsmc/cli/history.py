"""`history check`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dsmc.cli.options import (
    FILES,
    JSON,
    LIMIT,
    MISTAKE,
    OK,
    OUT,
    SURPRISE,
    WORST,
    complain,
    finite_seconds,
)


@click.group()
def history() -> None:
    """Judge what clients of a real system asked and got."""


@history.command()
@FILES
@click.option("--guarantee", "-g", "guarantees", multiple=True, metavar="NAME", default=["all"],
              show_default=True, help="What is promised; may be given again. all: what holds?")  # fmt: skip
@click.option(
    "--object", "-o", metavar="NAME", help="What the operations are on, e.g. cas_register."
)
@click.option("--initial", metavar="VALUE", help="What the object holds at the beginning.")
@click.option(
    "--format", "form", metavar="NAME", help="The format; without it the file's look says."
)
@click.option("--keyed", is_flag=True, help="Each value is a pair: a key, and the value itself.")
@click.option("--max-time", type=click.FloatRange(0, min_open=True), callback=finite_seconds, default=60.0,
              show_default=True, metavar="SECONDS", help="Give up on a guarantee after so long.")  # fmt: skip
@OUT
@JSON
def check(
    files: tuple[Path, ...], guarantees: tuple[str, ...], object: str | None, initial: str | None,
    form: str | None, keyed: bool, max_time: float, out: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Does each history keep what is promised? Shows what breaks it."""
    from dsmc.diagnostics import Mistakes

    codes, data = [OK], []
    for file in files:
        try:
            checked = _Checked(file, form, object, initial, keyed=keyed)
            found = [f for name in guarantees for f in checked.findings(name, max_time)]
        except Mistakes as mistakes:
            codes.append(MISTAKE)
            complain(mistakes)
            continue
        codes += [_code(name, found) for name in guarantees]
        data.append(checked.as_data(found))
        if not as_json:
            click.echo(checked.text(guarantees, found))
        if out is not None:
            checked.write(found, out)
    if as_json:
        import json

        click.echo(json.dumps(data, indent=1, ensure_ascii=False, default=str))
    sys.exit(next(code for code in WORST if code in codes))


def _code(asked: str, found: list[Any]) -> int:
    """Nothing is expected of all guarantees; but where none is known to hold, a limit was met."""
    from dsmc.histories.verdict import Undecided, Violated

    verdicts = [f.verdict for f in found if asked in ("all", f.guarantee)]
    if any(isinstance(v, Violated) for v in verdicts):
        return SURPRISE
    return LIMIT if isinstance(verdicts[0], Undecided) else OK


class _Checked:
    """A history that was read, and what is said of it."""

    def __init__(
        self, file: Path, form: str | None, object: str | None, initial: str | None, *, keyed: bool
    ) -> None:
        from dsmc.histories.reading import read_operations

        self._file = file
        self._history = read_operations(file, form, keyed=keyed)
        self._object = object
        self._initial = initial

    def findings(self, guarantee: str, seconds: float) -> list[Any]:
        from dsmc.histories.budget import Budget
        from dsmc.histories.check import Finding, Workload, check, check_all, named, specification

        if guarantee != "all" and isinstance(named(guarantee), Workload):
            return [Finding(guarantee, check(self._history, guarantee, None, Budget(seconds)))]
        spec = specification(self._history, self._object, self._initial)
        if guarantee == "all":
            return list(check_all(self._history, spec, seconds))
        return [Finding(guarantee, check(self._history, guarantee, spec, Budget(seconds)))]

    def text(self, guarantees: tuple[str, ...], found: list[Any]) -> str:
        from dsmc.traces.render import history_text

        operations = self._history.operations
        sessions = len({o.session for o in operations})
        head = f"{self._file}: {len(operations)} operations of {sessions} sessions\n"
        if "all" in guarantees:
            return head + history_text.every(found)
        return head + "".join(history_text.one(finding) for finding in found)

    def as_data(self, found: list[Any]) -> dict[str, Any]:
        from dsmc.traces.render.history_text import as_data

        return {
            "file": str(self._file), "operations": len(self._history.operations),
            "guarantees": [as_data(finding) for finding in found],
        }  # fmt: skip

    def write(self, found: list[Any], out: Path) -> None:
        """A page and a picture for each violation that was looked for itself."""
        from dsmc.files import write_file
        from dsmc.histories.verdict import Violated
        from dsmc.traces.render import history_html, history_svg, history_text

        out.mkdir(parents=True, exist_ok=True)
        for one in found:
            if isinstance(one.verdict, Violated) and not one.by:
                stem, told = f"{self._file.stem}.{one.guarantee}", (
                    self._file.name, one.guarantee, self._history.operations, one.verdict,
                )  # fmt: skip
                write_file(out / f"{stem}.txt", history_text.one(one))
                write_file(out / f"{stem}.svg", history_svg.render(*told))
                write_file(out / f"{stem}.html", history_html.render(*told))
