"""A violation of a guarantee as one HTML file: what is wrong, the timeline, all that happened."""

from __future__ import annotations

from html import escape

from dsmc.histories import words
from dsmc.histories.verdict import Violated
from dsmc.traces.render import history_svg
from dsmc.traces.render.happenings import Happening, Happenings

_STYLE = """
body { font: 15px system-ui, sans-serif; margin: 2rem; color: #1f2937 }
h1 { font-size: 1.3rem } li { margin: .3rem 0 } .scroll { overflow-x: auto }
table { border-collapse: collapse; font: 12px ui-monospace, Menlo, Consolas, monospace }
td, th { padding: .15rem .8rem; text-align: left } tr.involved { background: #fee2e2 }
tr:target { outline: 2px solid #2563eb }
"""


def render(name: str, guarantee: str, happened: Happenings, found: Violated) -> str:
    """The document, ended by a newline. It needs no other file."""
    title = f"{escape(guarantee)} is violated: {escape(found.anomaly)}"
    lines = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f"<title>{escape(name)}: {title}</title>", f"<style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>", f"<p>{escape(name)}</p>", "<ol>",
        *(f"<li>{escape(sentence)}</li>" for sentence in found.sentences), "</ol>",
        '<div class="scroll">', history_svg.render(name, guarantee, happened, found), "</div>",
        f"<details><summary>All {len(happened.all)} {happened.noun}s</summary>", *_table(happened, found),
        "</details></body></html>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(happened: Happenings, found: Violated) -> list[str]:
    titles = ("", "session", *happened.titles, *(("from", "to") if happened.timed else ()))
    head = "".join(f"<th>{title}</th>" for title in titles)
    rows = (_row(one, found, timed=happened.timed) for one in happened.all)
    return [f"<table><tr>{head}</tr>", *rows, "</table>"]


def _row(one: Happening, found: Violated, *, timed: bool) -> str:
    end = "" if one.returned is None else str(one.returned)
    name = f"#{one.id}" if isinstance(one.id, int) else str(one.id)
    times = (str(one.invoked), end) if timed else ()
    cells = (name, words.value(one.session), *one.cells, *times)
    kind = ' class="involved"' if one.id in found.involved else ""
    return f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
