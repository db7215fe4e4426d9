"""The operations of clients as bars beside their lanes."""

from __future__ import annotations

from html import escape

from dsmc.traces.model import Bar, Trace
from dsmc.traces.render import shapes
from dsmc.traces.render.layout import Layout, Line

_LEFT, _WIDTH = 17.0, 6.0
_STYLE = """<style>
  .operation rect { fill: #c4b5fd; stroke: #6d28d9; stroke-width: 0.8 }
  .open rect { stroke-dasharray: 3 2; fill: #ede9fe }
  .said { fill: #6d28d9; font-weight: 600 }
</style>"""


def bars(trace: Trace, layout: Layout) -> list[str]:
    """From where a client asks to where it is answered; what is never answered has no end."""
    drawn = [line for one in trace.operations for line in _bar(one, layout)]
    told = any(step.said for step in trace.steps)
    return [_STYLE, *drawn] if drawn or told else []


def _bar(one: Bar, layout: Layout) -> list[str]:
    x = layout.x(one.lane) - _LEFT
    top = layout.rows[one.begun].top - 3
    bottom = layout.bottom - 6 if one.ended is None else layout.rows[one.ended].out
    number, _, text = one.text.partition(" ")
    style = "operation open" if one.ended is None else "operation"
    return [
        f'<g class="{style}"><title>{escape(text)}</title>',
        shapes.box(x, top, _WIDTH, max(bottom - top, 8.0), 'rx="3"'),
        shapes.label(x - 3, top + 9, Line(number, "small"), end=True), "</g>",
    ]  # fmt: skip
