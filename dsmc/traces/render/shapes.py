"""The pieces that an SVG drawing is made of."""

from __future__ import annotations

from html import escape

from dsmc.traces.render.layout import CHAR, LINE, Line

#: What the drawing's classes look like.
STYLE = """
  text { font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2937 }
  .halo { paint-order: stroke; stroke: #fff; stroke-width: 4px; stroke-linejoin: round }
  .sentence { stroke: none }
  .first { font-weight: 600 }
  .head { font-weight: 600; fill: #fff }
  .title { font: 600 14px system-ui, sans-serif }
  .small { fill: #6b7280 }
  .change { fill: #4b5563 }
  .ghost { font-style: italic; fill: #9ca3af }
  .fault { fill: #b91c1c; font-weight: 600 }
  .good { fill: #15803d; font-weight: 600 }
  .life { stroke: #9ca3af; stroke-width: 1.5 }
  .down { fill: #f3f4f6; stroke: #9ca3af; stroke-dasharray: 3 3 }
  .partition { fill: #fecaca; stroke: #b91c1c }
  .arrow { stroke: #374151; stroke-width: 1.3; fill: none }
  .double { stroke: #374151; stroke-width: 4.2; fill: none }
  .between { stroke: #fff; stroke-width: 1.6; fill: none }
  .lost .arrow, .lost .double, .lost .end { stroke: #b91c1c }
  .lost text { fill: #b91c1c }
  .dropped .arrow, .dropped .double, .dropped .end { stroke: #6b7280 }
  .flying .arrow, .flying .double, .flying .end { stroke: #6b7280 }
  .dropped text, .flying text { fill: #6b7280 }
  .flying .arrow, .flying .double { stroke-dasharray: 5 4 }
  .end { stroke-width: 2.5; fill: none }
  .row { stroke: #f3f4f6 }
""".rstrip()

#: Arrow heads.
MARKER = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
    ' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="#374151"/></marker>'
    "</defs>"
)


def label(x: float, y: float, line: Line, *, end: bool = False) -> str:
    """A line of text that can be read on top of others; `end`: it ends at x."""
    anchor = ' text-anchor="end"' if end else ""
    whole = f"<title>{escape(line.full)}</title>" if line.full not in ("", line.text) else ""
    kind = f"halo {line.style}".rstrip()
    text = line.text.lstrip()
    x += (len(line.text) - len(text)) * CHAR  # XML would drop an indent
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{anchor}>{whole}{escape(text)}</text>'


def block(x: float, y: float, lines: tuple[Line, ...]) -> list[str]:
    """Lines of text under each other."""
    return [label(x, y + 11 + place * LINE, line) for place, line in enumerate(lines)]


def box(x: float, y: float, width: float, height: float, look: str) -> str:
    """A rectangle; `look` are its attributes."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
        f" {look}/>"
    )


def arrow(path: str, *, tip: bool, doubled: bool) -> list[str]:
    """A message's way; that of a duplicate is doubled."""
    end = ' marker-end="url(#tip)"' if tip else ""
    if not doubled:
        return [f'<path class="arrow" d="{path}"{end}/>']
    return [
        f'<path class="double" d="{path}"/>', f'<path class="between" d="{path}"/>',
        f'<path class="arrow" stroke-opacity="0" d="{path}"{end}/>',
    ]  # fmt: skip


def straight(x1: float, y1: float, x2: float, y2: float) -> str:
    """The path from one point to another."""
    return f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"


def loop(x: float, y1: float, y2: float) -> str:
    """The path of a message of a node to itself."""
    out = x - 24
    return f"M{x:.1f} {y1:.1f}C{out:.1f} {y1:.1f} {out:.1f} {y2:.1f} {x - 5:.1f} {y2:.1f}"


def cross(x: float, y: float) -> str:
    """The end of a lost message, or of a node."""
    return f'<path class="end" d="M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"/>'


def bar(x: float, y: float) -> str:
    """The end of a message that nobody can receive."""
    return f'<path class="end" d="M{x:.1f} {y - 6:.1f}v12"/>'


def ring(x: float, y: float) -> str:
    """The end of what is drawn of a message that is still in flight."""
    return f'<circle class="end" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
