"""A trace as a space-time diagram in SVG: time runs down, each node has a lane.

The layout is ours and needs no other program, so the picture is the same on every machine: lanes
and rows are known, only heights depend on what is written in them.
"""

from __future__ import annotations

from html import escape
from itertools import accumulate, zip_longest

from dsmc.traces.model import Message, Step, Trace
from dsmc.traces.render import words

_LINE = 15  # height of a line of text
_CHAR = 6.3  # width of a character
_TOP = 74  # where the lanes begin
_LEFT = 46  # room for the step numbers
_COLOURS = ("#2563eb", "#b45309", "#047857", "#7c3aed", "#be185d", "#0e7490")
_TINTS = ("#eff6ff", "#fff7ed", "#ecfdf5", "#f5f3ff")
_STYLE = """
  text { font: 11px ui-monospace, Menlo, Consolas, monospace; fill: #1f2937 }
  .halo { paint-order: stroke; stroke: #fff; stroke-width: 4px; stroke-linejoin: round }
  .head { font-weight: 600; fill: #fff }
  .title { font: 600 14px system-ui, sans-serif }
  .small { fill: #6b7280 }
  .change { fill: #374151 }
  .fault { fill: #b91c1c; font-weight: 600 }
  .life { stroke: #9ca3af; stroke-width: 1.5 }
  .down { stroke: #d1d5db; stroke-dasharray: 3 4 }
  .message { stroke: #374151; stroke-width: 1.3; fill: none }
  .lost { stroke: #b91c1c }
  .waiting { stroke: #9ca3af; stroke-dasharray: 5 4 }
  .row { stroke: #f3f4f6 }
""".rstrip()


def render(trace: Trace) -> str:
    """The SVG document, ended by a newline."""
    return "\n".join(_Picture(trace).lines()) + "\n"


class _Picture:
    def __init__(self, trace: Trace) -> None:
        self._t = trace
        self._blocks = [self._written(step) for step in trace.steps]
        self._xs = self._columns()
        self._y: list[float] = []
        y = float(_TOP + 14)
        for block in self._blocks:
            self._y.append(y)
            y += max(1, len(block)) * _LINE + 20
        self._bottom = y + 6
        self._reasons = [trace.headline, *trace.reasons]

    # ------------------------------------------------------------ geometry

    def _columns(self) -> list[float]:
        """Where each lane is, and where the last one's text ends: as wide as what it says."""
        wide = [max(110.0, len(lane.name) * 6.9 + 30) for lane in self._t.lanes]
        for step, block in zip(self._t.steps, self._blocks, strict=True):
            longest = max((len(line) for line, _ in block), default=0)
            wide[step.lane or 0] = max(wide[step.lane or 0], longest * _CHAR + 34)
        return [_LEFT + 24 + x for x in accumulate(wide, initial=0.0)]

    def _x(self, lane: int | None) -> float:
        return self._xs[lane or 0]

    def _end(self, number: int) -> float:
        """The y at which a step is over, and its messages leave."""
        return self._y[number] + max(1, len(self._blocks[number])) * _LINE

    @property
    def _width(self) -> float:
        longest = max(len(line) for line in self._reasons)
        return max(self._xs[-1], longest * 6.9 + 60)

    @property
    def _height(self) -> float:
        return self._bottom + 30 + len(self._reasons) * 17

    # ------------------------------------------------------------ what is written

    def _written(self, step: Step) -> list[tuple[str, str]]:
        """The lines beside a step, each with its class."""
        head = words.title(self._t, step) if step.number else ""
        found = [(head, "fault" if step.fault else "")] if head else []
        found += [(mark, "fault") for mark in words.marks(self._t, step)]
        for change in words.changes(self._t, step, step.lane):
            found += [(line, "change") for line in words.folded(change)]
        return found + ([(f"error: {step.error}", "fault")] if step.error else [])

    # ------------------------------------------------------------ the document

    def lines(self) -> list[str]:
        size = f'width="{self._width:.0f}" height="{self._height:.0f}"'
        box = f'viewBox="0 0 {self._width:.0f} {self._height:.0f}"'
        return [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>',
            f"<title>{escape(self._t.headline)}</title>",
            f"<style>{_STYLE}\n</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
            ' markerHeight="8" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"'
            ' fill="#374151"/></marker></defs>',
            f'<rect width="{self._width:.0f}" height="{self._height:.0f}" fill="#fff"/>',
            *self._heading(), *self._partitions(), *self._rows(), *self._lives(),
            *(line for m in self._t.messages for line in self._message(m)),
            *(line for step in self._t.steps for line in self._step(step)),
            *self._verdict(), "</svg>",
        ]  # fmt: skip

    def _heading(self) -> list[str]:
        of = f"{self._t.spec}" + (f" · {self._t.model}" if self._t.model else "")
        return [
            f'<text class="title" x="{_LEFT - 32}" y="24">{escape(self._t.name)} is'
            f" {escape(self._t.verdict)}</text>",
            f'<text class="small" x="{_LEFT - 32}" y="41">{escape(of)}</text>',
        ]

    def _rows(self) -> list[str]:
        found = []
        for step, y in zip(self._t.steps, self._y, strict=True):
            found.append(
                f'<line class="row" x1="{_LEFT}" x2="{self._width:.0f}" y1="{y:.0f}" y2="{y:.0f}"/>'
            )
            found.append(
                f'<text class="small" x="{_LEFT - 32}" y="{y + 4:.0f}">{step.number}</text>'
            )
        return found

    def _colour(self, lane: int) -> str:
        roles = list(dict.fromkeys(one.role for one in self._t.lanes))
        return _COLOURS[roles.index(self._t.lanes[lane].role) % len(_COLOURS)]

    def _lives(self) -> list[str]:
        """The lanes: a head with the name, a line that is dashed while the node is down."""
        found = []
        for number, lane in enumerate(self._t.lanes):
            x, up, since = self._x(number), True, float(_TOP)
            name = lane.name or self._t.spec
            wide = len(name) * 6.9 + 16
            found.append(
                f'<rect x="{x - 10:.1f}" y="{_TOP - 22}" width="{wide:.0f}" height="20" rx="4"'
                f' fill="{self._colour(number)}"/>'
                f'<text class="head" x="{x - 2:.1f}" y="{_TOP - 8}">{escape(name)}</text>'
            )
            for step in self._t.steps:
                turned = number in step.crashed or number in step.restarted
                if turned:
                    until = self._end(step.number) if up else self._y[step.number]
                    found.append(self._life(x, since, until, up))
                    up, since = not up, until
            found.append(self._life(x, since, self._bottom, up))
        return found

    def _life(self, x: float, top: float, bottom: float, up: bool) -> str:
        kind = "life" if up else "life down"
        return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.0f}" y2="{bottom:.0f}"/>'

    def _partitions(self) -> list[str]:
        """While a partition lasts, the lanes of each group have one tint."""
        found: list[str] = []
        marks = [s for s in self._t.steps if s.groups is not None]
        for mark, after in zip_longest(marks, marks[1:]):
            top = self._y[mark.number]
            bottom = self._y[after.number] if after else self._bottom
            for place, group in enumerate(mark.groups or ()):
                tint = _TINTS[place % len(_TINTS)]
                for lane in group:
                    x, wide = self._x(lane) - 12, self._xs[lane + 1] - self._xs[lane] - 4
                    found.append(
                        f'<rect x="{x:.1f}" y="{top:.0f}" width="{wide:.0f}"'
                        f' height="{bottom - top:.0f}" fill="{tint}"/>'
                    )
        return found

    # ------------------------------------------------------------ messages

    def _message(self, m: Message) -> list[str]:
        sent = self._t.messages[m.copy_of].sent if m.copy_of is not None else m.sent
        x1, y1, x2 = self._x(m.sender), self._end(sent), self._x(m.receiver)
        if m.fate == "received" and m.ended is not None:
            y2 = self._y[m.ended]
            if m.sender == m.receiver:
                return [self._loop(x1, y1, y2)]
            kinds = [""] if m.copy_of is None else [' transform="translate(0 -3)"', ""]
            near = x2 - 5 if x2 > x1 else x2 + 5
            return [self._line(x1, y1, near, y2, "message", tip=True, more=k) for k in kinds]
        y2 = self._y[m.ended] if m.ended is not None else self._bottom - 4
        part = 0.62 if m.fate == "lost" else 0.8
        x2, end = x1 + (x2 - x1) * part, y1 + (y2 - y1) * (1 if m.fate == "lost" else 0.9)
        if m.sender == m.receiver:
            x2 = x1 + 26
        kind = "message lost" if m.fate == "lost" else "message waiting"
        line = self._line(x1, y1, x2, end, kind, tip=False)
        if m.fate != "lost":
            return [line]
        return [line, *self._cross(x2, end), self._label(x2 + 8, end + 4, m.text, "fault")]

    def _line(
        self, x1: float, y1: float, x2: float, y2: float, kind: str, *, tip: bool, more: str = ""
    ) -> str:
        end = ' marker-end="url(#tip)"' if tip else ""
        return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{end}{more}/>'

    def _loop(self, x: float, y1: float, y2: float) -> str:
        """A message of a node to itself."""
        out = x - 22
        path = f"M{x:.1f} {y1:.1f}C{out:.1f} {y1:.1f} {out:.1f} {y2:.1f} {x - 5:.1f} {y2:.1f}"
        return f'<path class="message" d="{path}" marker-end="url(#tip)"/>'

    def _cross(self, x: float, y: float) -> list[str]:
        return [
            f'<path d="M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10" stroke="#b91c1c" stroke-width="2.5"/>'
        ]

    # ------------------------------------------------------------ steps

    def _step(self, step: Step) -> list[str]:
        y, x = self._y[step.number], self._x(step.lane)
        found = []
        if step.lane is not None:
            colour = "#b91c1c" if step.fault else self._colour(step.lane)
            height = self._end(step.number) - y
            found.append(
                f'<rect x="{x - 4:.1f}" y="{y:.0f}" width="8" height="{height:.0f}" rx="2" fill="{colour}"/>'
            )
        for lane in step.crashed:
            found += self._cross(self._x(lane), self._end(step.number))
        for line, (text, kind) in enumerate(self._blocks[step.number]):
            found.append(self._label(x + 10, y + 11 + line * _LINE, text, kind))
        return found

    def _label(self, x: float, y: float, text: str, kind: str) -> str:
        return f'<text class="halo {kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'.replace(
            'halo "', 'halo"'
        )

    def _verdict(self) -> list[str]:
        good = self._t.verdict != "violated"
        fill, stroke = ("#f0fdf4", "#15803d") if good else ("#fef2f2", "#b91c1c")
        height = len(self._reasons) * 17 + 12
        found = [
            f'<rect x="{_LEFT - 32}" y="{self._bottom + 8:.0f}" width="{self._width - 28:.0f}"'
            f' height="{height}" rx="6" fill="{fill}" stroke="{stroke}"/>'
        ]
        for line, text in enumerate(self._reasons):
            weight = ' font-weight="600"' if line == 0 else ""
            y = self._bottom + 25 + line * 17
            found.append(f'<text x="{_LEFT - 22}" y="{y:.0f}"{weight}>{escape(text)}</text>')
        return found
