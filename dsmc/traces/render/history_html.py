"""A violation of a guarantee as one HTML file: what is wrong, the timeline, every operation."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from dsmc.histories import words
from dsmc.histories.model import Operation
from dsmc.histories.verdict import Violated
from dsmc.traces.render import history_svg

_STYLE = """
body { font: 15px system-ui, sans-serif; margin: 2rem; color: #1f2937 }
h1 { font-size: 1.3rem } li { margin: .3rem 0 } .scroll { overflow-x: auto }
table { border-collapse: collapse; font: 12px ui-monospace, Menlo, Consolas, monospace }
td, th { padding: .15rem .8rem; text-align: left } tr.involved { background: #fee2e2 }
tr:target { outline: 2px solid #2563eb }
"""


def render(name: str, guarantee: str, operations: Iterable[Operation], found: Violated) -> str:
    """The document, ended by a newline. It needs no other file."""
    known = tuple(operations)
    title = f"{escape(guarantee)} is violated: {escape(found.anomaly)}"
    lines = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(name)}: {title}</title>", f"<style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>", f"<p>{escape(name)}</p>", "<ol>",
        *(f"<li>{escape(sentence)}</li>" for sentence in found.sentences), "</ol>",
        '<div class="scroll">', history_svg.render(name, guarantee, known, found), "</div>",
        f"<details><summary>All {len(known)} operations</summary>", *_table(known, found),
        "</details></body></html>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(operations: Iterable[Operation], found: Violated) -> list[str]:
    head = "".join(
        f"<th>{title}</th>" for title in ("", "session", "object", "operation", "from", "to")
    )
    return [f"<table><tr>{head}</tr>", *(_row(one, found) for one in operations), "</table>"]


def _row(one: Operation, found: Violated) -> str:
    end = "" if one.returned is None else str(one.returned)
    cells = (
        f"#{one.id}", words.value(one.session), "" if one.object is None else words.value(one.object),
        words.operation(one), str(one.invoked), end,
    )  # fmt: skip
    kind = ' class="involved"' if one.id in found.involved else ""
    return f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
