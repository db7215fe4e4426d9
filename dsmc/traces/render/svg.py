"""A trace as a space-time diagram in SVG: time runs down, each node has a lane.

The layout is ours and needs no other program, so the picture is the same on every machine.
"""

from __future__ import annotations

import textwrap
from html import escape
from itertools import pairwise

from dsmc.traces.model import Trace
from dsmc.traces.render import shapes, words
from dsmc.traces.render.arrows import FATES, Arrows
from dsmc.traces.render.bars import bars
from dsmc.traces.render.layout import CHAR, LEFT, TOP, Layout, Line, Row

_COLOURS = ("#2563eb", "#b45309", "#047857", "#7c3aed", "#be185d", "#0e7490")
_TINTS = ("#eff6ff", "#fff7ed", "#ecfdf5", "#f5f3ff")
_LEGEND = {
    "flying": "○ still in flight",
    "lost": "✕ lost by the network",
    "dropped": "⊣ dropped: nobody can receive it",
    "duplicate": "═ a duplicate",
}
_WIDEST_HEADING = 110  # characters; longer ones are cut off


def render(trace: Trace) -> str:
    """The SVG document, ended by a newline."""
    return "\n".join(_Picture(trace).lines()) + "\n"


class _Picture:
    def __init__(self, trace: Trace) -> None:
        self._t = trace
        self._l = Layout(trace)
        self._width = max(self._l.right, 640.0, LEFT + len(self._legend()) * CHAR)
        self._reasons = [
            trace.headline,
            *(r for told in words.why(trace) for r in self._fit(told)),
        ]
        self._height = self._l.bottom + 34 + len(self._reasons) * 17

    def _fit(self, text: str) -> list[str]:
        """A sentence in lines as wide as the picture."""
        indent = text[: len(text) - len(text.lstrip())]
        width = int((self._width - 60) / CHAR)
        return textwrap.wrap(text, width, subsequent_indent=f"{indent}    ")

    # ------------------------------------------------------------ the document

    def lines(self) -> list[str]:
        size = f'width="{self._width:.0f}" height="{self._height:.0f}"'
        box = f'viewBox="0 0 {self._width:.0f} {self._height:.0f}"'
        return [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>',
            f"<title>{escape(self._t.headline)}</title>",
            f"<style>{shapes.STYLE}\n</style>",
            shapes.MARKER,
            shapes.box(0, 0, self._width, self._height, 'fill="#fff"'),
            *self._heading(), *self._partitions(), *self._rows(), *self._round(),
            *(line for n in range(len(self._t.lanes)) for line in self._lane(n)),
            *bars(self._t, self._l), *Arrows(self._t, self._l).lines(),
            *(line for row in self._l.rows for line in self._step(row)),
            *self._verdict(), "</svg>",
        ]  # fmt: skip

    def _heading(self) -> list[str]:
        x = LEFT - 32
        return [
            f'<text class="title" x="{x}" y="24">{escape(words.outcome(self._t))}</text>',
            f'<text x="{x}" y="41">{escape(self._doc())}</text>',
            f'<text class="small" x="{x}" y="57">{escape(self._legend())}</text>',
        ]

    def _doc(self) -> str:
        return textwrap.shorten(self._t.doc.partition("\n")[0], _WIDEST_HEADING, placeholder=" …")

    def _legend(self) -> str:
        """Of what this is a run, and how to read what is drawn."""
        seen = {FATES[m.fate] for m in self._t.messages}
        seen |= {"duplicate" for m in self._t.messages if m.copy_of is not None}
        of = f"{self._t.spec}, {self._t.model}" if self._t.model else self._t.spec
        told = ["time runs down", "a bar is a step", *(["an arrow is a message"] if seen else [])]
        told += ["a bar beside it an operation"] if self._t.operations else []
        return f"{of}:  " + " · ".join([*told, *(t for kind, t in _LEGEND.items() if kind in seen)])

    def _rows(self) -> list[str]:
        found = []
        for row in self._l.rows:
            y = row.top
            found.append(
                f'<path class="row" d="{shapes.straight(LEFT, y - 13, self._width, y - 13)}"/>'
            )
            found.append(
                f'<text class="small" x="{LEFT - 32}" y="{y + 11:.1f}">{row.step.number}</text>'
            )
        return found

    def _round(self) -> list[str]:
        """Where a run goes round for ever: an arrow from its end back to where it begins to."""
        loop = self._t.loop
        if loop is None:
            return []
        first = self._l.rows[min(loop + 1, len(self._l.rows) - 1)]
        top = self._l.bottom - 26 if self._t.stays else first.top - 5
        path = f"M11 {self._l.bottom - 12:.1f}H5V{top:.1f}H12"
        return [
            f'<g class="round"><title>{escape(words.goes_on(self._t))}</title>'
            f'<path d="{path}" fill="none" stroke="#b91c1c" stroke-width="2"'
            ' marker-end="url(#tip)"/></g>'
        ]

    # ------------------------------------------------------------ lanes

    def _colour(self, lane: int) -> str:
        roles = list(dict.fromkeys(one.role for one in self._t.lanes))
        return _COLOURS[roles.index(self._t.lanes[lane].role) % len(_COLOURS)]

    def _lane(self, lane: int) -> list[str]:
        """A head with the name, a line that becomes a dashed bar while the node is down."""
        name = self._t.lanes[lane].name or self._t.spec
        x = self._l.x(lane)
        look = f'rx="4" fill="{self._colour(lane)}"'
        return [
            '<g class="lane">', shapes.box(x - 10, TOP - 22, len(name) * 6.9 + 16, 20, look),
            f'<text class="head" x="{x - 2:.1f}" y="{TOP - 8:.1f}">{escape(name)}</text>',
            f'<path class="life" d="{shapes.straight(x, TOP, x, self._l.bottom)}"/>',
            *(
                shapes.box(x - 4, since, 8, until - since, 'class="down"')
                for since, until in self._outages(lane)
            ), "</g>",
        ]  # fmt: skip

    def _outages(self, lane: int) -> list[tuple[float, float]]:
        """From when to when a node is down."""
        found: list[tuple[float, float]] = []
        since: float | None = None
        for row in self._l.rows:
            if lane in row.step.crashed:
                since = row.out
            if lane in row.step.restarted and since is not None:
                found.append((since, row.top))
                since = None
        return found if since is None else [*found, (since, self._l.bottom)]

    def _partitions(self) -> list[str]:
        """While a partition lasts: a bar, and a tint for the lanes of each group."""
        found: list[str] = []
        marks = [(row.top, row.step.cut) for row in self._l.rows if row.step.cut is not None]
        for (top, cut), (bottom, _) in pairwise([*marks, (self._l.bottom, None)]):
            if cut is None or not cut.pairs:
                continue
            for place, group in enumerate(cut.groups):
                look = f'fill="{_TINTS[place % len(_TINTS)]}"'
                for lane in group:
                    x = self._l.x(lane) - 12
                    found.append(
                        shapes.box(x, top, self._l.edge(lane) - x - 16, bottom - top, look)
                    )
            found.append(shapes.box(self._l.x(None) - 4, top, 8, bottom - top, 'class="partition"'))
        return found

    # ------------------------------------------------------------ steps

    def _step(self, row: Row) -> list[str]:
        x, step = self._l.x(row.step.lane), row.step
        found = [f'<g class="step" id="step-{step.number}">']
        if step.number and (step.lane is not None or not self._l.apart):
            colour = "#b91c1c" if step.fault else self._colour(step.lane or 0)
            look = f'rx="2" fill="{colour}"'
            found.append(shapes.box(x - 4, row.top - 5, 8, row.out - row.top + 5, look))
        found += shapes.block(x + 10, row.top, row.head)
        for lane, lines in row.changes:
            found += shapes.block(self._l.x(lane) + 10, row.changes_top, lines)
        found += [
            f'<g class="lost">{shapes.cross(self._l.x(lane), row.out)}</g>' for lane in step.crashed
        ]
        return [*found, "</g>"]

    def _verdict(self) -> list[str]:
        fill, stroke = ("#f0fdf4", "#15803d") if self._t.is_good else ("#fef2f2", "#b91c1c")
        kind = "good" if self._t.is_good else "fault"
        y = self._l.bottom
        line = shapes.straight(LEFT, y - 8, self._width, y - 8)
        found = [
            f'<path class="verdict" d="{line}" stroke="{stroke}" stroke-width="1.5" stroke-dasharray="7 4"/>',
            shapes.label(
                self._width - 10, y - 13, Line(words.ending(self._t), kind), end=True
            ),
            shapes.box(LEFT - 32, y + 8, self._width - 28, len(self._reasons) * 17 + 12,
                       f'rx="6" fill="{fill}" stroke="{stroke}"'),
        ]  # fmt: skip
        for place, text in enumerate(self._reasons):
            style = "sentence first" if place == 0 else "sentence"
            found.append(shapes.label(LEFT - 22, y + 25 + place * 17, Line(text, style)))
        return found
