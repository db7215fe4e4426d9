"""`history check`"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

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

Found: TypeAlias = "dict[str, tuple[Any, ...]]"
"""What was found for each word that was asked."""


@click.group()
def history() -> None:
    """Judge what clients of a real system asked and got."""


@history.command()
@FILES
@click.option("--guarantee", "-g", "guarantees", multiple=True, metavar="NAME", default=["all"],
              show_default=True,
              help="What is promised: a name of `dsmc history guarantees`, or all: what holds?"
              " May be given again.")  # fmt: skip
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
            found = {name: checked.judged(name, max_time) for name in guarantees}
        except Mistakes as mistakes:
            codes.append(MISTAKE)
            complain(mistakes)
            continue
        codes += [_code(name, findings) for name, findings in found.items()]
        data.append(checked.as_data(found))
        if not as_json:
            click.echo(checked.text(found))
        if out is not None:
            checked.write(found, out)
    if as_json:
        import json

        click.echo(json.dumps(data, indent=1, ensure_ascii=False, default=str))
    sys.exit(next(code for code in WORST if code in codes))


@history.command()
def guarantees() -> None:
    """List all that --guarantee takes."""
    from dsmc.histories.guarantees import KNOWN
    from dsmc.traces.render.history_text import listed

    click.echo(listed(KNOWN), nl=False)


#: Of all guarantees, a limit was met if nobody knows of one of these.
_EXPECTED = ("linearizable", "serializable")


def _code(asked: str, found: Iterable[Any]) -> int:
    """Nothing is expected of all guarantees; but where none is known to hold, a limit was met."""
    from dsmc.histories.verdict import Undecided, Violated

    if any(isinstance(f.verdict, Violated) for f in found):
        return SURPRISE
    expected = [f for f in found if asked != "all" or f.guarantee in _EXPECTED]
    return LIMIT if any(isinstance(f.verdict, Undecided) for f in expected) else OK


class _Checked:
    """A history that was read, and how what is said of it is shown."""

    def __init__(
        self, file: Path, form: str | None, object: str | None, initial: str | None, *, keyed: bool
    ) -> None:
        from dsmc.histories.judging import Recorded

        self._file = file
        self._recorded = Recorded(file, form, object, initial, keyed=keyed)

    def judged(self, name: str, seconds: float) -> tuple[Any, ...]:
        return self._recorded.judged(name, seconds)

    def _happened(self, name: str) -> Any:
        from dsmc.traces.render.happenings import of_operations, of_transactions

        if self._recorded.are_asked(name):
            return of_transactions(self._recorded.transactions)
        return of_operations(self._recorded.operations)

    def text(self, found: Found) -> str:
        from dsmc.traces.render import history_text

        told, head = "", ""
        for name, findings in found.items():
            now, head = head, f"{self._file}: {self._size(name)}\n"
            told += head if head != now else ""
            if name == "all":
                told += history_text.every(findings, self._recorded.weaker(name))
            else:
                told += history_text.one(findings[0])
        return told

    def _size(self, name: str) -> str:
        happened = self._happened(name)
        sessions = len({one.session for one in happened.all})
        return f"{len(happened.all)} {happened.noun}s of {sessions} sessions"

    def as_data(self, found: Found) -> dict[str, Any]:
        from dsmc.traces.render.history_text import as_data

        sizes = {h.noun + "s": len(h.all) for h in map(self._happened, found)}
        every = [as_data(one) for findings in found.values() for one in findings]
        return {"file": str(self._file), **sizes, "guarantees": every}

    def write(self, found: Found, out: Path) -> None:
        """A page and a picture for each violation that was looked for itself."""
        from dsmc.histories.verdict import Violated

        out.mkdir(parents=True, exist_ok=True)
        for name, findings in found.items():
            for one in findings:
                if isinstance(one.verdict, Violated) and not one.by:
                    self._draw(one, self._happened(name), out)

    def _draw(self, one: Any, happened: Any, out: Path) -> None:
        from dsmc.files import write_file
        from dsmc.traces.render import history_html, history_svg, history_text

        stem = f"{self._file.stem}.{one.guarantee}"
        told = self._file.name, one.guarantee, happened, one.verdict
        write_file(out / f"{stem}.txt", history_text.one(one))
        write_file(out / f"{stem}.svg", history_svg.render(*told))
        write_file(out / f"{stem}.html", history_html.render(*told))
