"""A violation of a guarantee as a timeline in SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from html import escape

from dsmc.histories.verdict import Reason, Violated
from dsmc.traces.render import shapes
from dsmc.traces.render.happenings import Happenings
from dsmc.traces.render.layout import CHAR, Line
from dsmc.traces.render.timeline import LEFT, TOP, Bar, Timeline, timeline

_COLOURS = {"bad": "#b91c1c", "near": "#2563eb", "far": "#9ca3af"}
_LEAST = 720.0
_SHORT = {"session order": "so", "real time": "rt"}  # as in graphs of dependencies


def render(name: str, guarantee: str, happened: Happenings, found: Violated) -> str:
    """The SVG document, ended by a newline. `name` is that of the history."""
    drawn = timeline(happened.all, found)
    width = max(drawn.width, _LEAST)
    told = [line for sentence in found.sentences for line in _fit(sentence, width)]
    height = drawn.bottom + 30 + 17 * len(told)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{escape(guarantee)} is violated: {escape(found.anomaly)}</title>",
        f"<style>{shapes.STYLE}\n</style>", shapes.MARKER,
        shapes.box(0, 0, width, height, 'fill="#fff"'),
        *_heading(name, guarantee, found, _legend(happened, drawn)), *_lanes(drawn),
        *_arrows(drawn, found.reasons),
        *(line for bar in drawn.bars for line in _bar(bar)), *_sentences(drawn, width, told), "</svg>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _fit(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, int((width - 60) / CHAR), subsequent_indent="    ")


def _legend(happened: Happenings, drawn: Timeline) -> str:
    time = "time runs down" if happened.timed else "each session runs down; times are not recorded"
    article = "an" if happened.noun[0] in "aeiou" else "a"
    rest = f" · {drawn.left_out} other {happened.noun}s are not drawn" if drawn.left_out else ""
    return f"{time} · a bar is {article} {happened.noun}{rest}"


def _heading(name: str, guarantee: str, found: Violated, legend: str) -> list[str]:
    return [
        f'<text class="title" x="{LEFT - 14}" y="24">{escape(guarantee)} is violated:'
        f" {escape(found.anomaly)}</text>",
        f'<text class="small" x="{LEFT - 14}" y="44">{escape(f"{name}:  {legend}")}</text>',
    ]


def _lanes(drawn: Timeline) -> list[str]:
    found = []
    for name, x in drawn.lanes:
        look = 'rx="4" fill="#374151"'
        found += [
            shapes.box(x - 10, TOP - 28, len(name) * 6.9 + 16, 20, look),
            f'<text class="head" x="{x - 2:.1f}" y="{TOP - 14:.1f}">{escape(name)}</text>',
            f'<path class="life" d="{shapes.straight(x, TOP - 6, x, drawn.bottom)}"/>',
        ]
    return found


def _bar(bar: Bar) -> list[str]:
    """An operation; one that never ended is open below."""
    look = f'rx="3" fill="{_COLOURS[bar.kind]}"'
    if bar.is_open:
        look = f'rx="3" fill="#fff" stroke="{_COLOURS[bar.kind]}" stroke-dasharray="4 3"'
    style = "fault" if bar.kind == "bad" else ("ghost" if bar.kind == "far" else "")
    return [
        f'<g class="operation" id="operation-{escape(str(bar.id))}">',
        shapes.box(bar.x - 4, bar.top - 4, 8, bar.bottom - bar.top + 8, look),
        shapes.label(bar.x + 9, bar.top + 5, Line(bar.text, style)), "</g>",
    ]  # fmt: skip


def _arrows(drawn: Timeline, reasons: Iterable[Reason]) -> list[str]:
    """Why one comes before the other: an arrow with the word of the field on it."""
    bars: dict[object, Bar] = {bar.id: bar for bar in drawn.bars}
    found = []
    for place, reason in enumerate(reasons):
        start, end = bars.get(reason.before), bars.get(reason.after)
        if start is not None and end is not None and reason.kind != "illegal":
            found += _arrow(start, end, reason, place)
    return found


def _arrow(start: Bar, end: Bar, reason: Reason, place: int) -> list[str]:
    apart = 5 * (place % 2 * 2 - 1)  # so that there and back are two arrows
    y1, y2 = ((bar.top + bar.bottom) / 2 + apart for bar in (start, end))
    if start.x == end.x:
        path = shapes.loop(start.x - 4, y1, y2)
        middle = start.x - 24
    else:
        side = 6 if end.x > start.x else -6
        path = shapes.straight(start.x + side, y1, end.x - side, y2)
        middle = (start.x + end.x) / 2
    because = f"<title>{escape(reason.because)}</title>"
    at = (y1 + y2) / 2 + 3 + 2 * apart
    word = _SHORT.get(reason.kind, reason.kind)
    label = f'<text class="halo change" x="{middle:.1f}" y="{at:.1f}">{escape(word)}</text>'
    return ["<g>", because, *shapes.arrow(path, tip=True, doubled=False), label, "</g>"]


def _sentences(drawn: Timeline, width: float, told: list[str]) -> list[str]:
    look = 'rx="6" fill="#fef2f2" stroke="#b91c1c"'
    found = [shapes.box(LEFT - 14, drawn.bottom + 8, width - 28, len(told) * 17 + 12, look)]
    for place, text in enumerate(told):
        style = "sentence first" if place == 0 else "sentence"
        found.append(shapes.label(LEFT - 4, drawn.bottom + 25 + place * 17, Line(text, style)))
    return found
