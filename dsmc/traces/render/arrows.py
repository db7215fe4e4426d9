"""The messages of a space-time diagram in SVG."""

from __future__ import annotations

from html import escape

from dsmc.traces.model import Message, Trace
from dsmc.traces.render import shapes, words
from dsmc.traces.render.layout import CHAR, MOST, STUB, Layout, clipped

#: The class of a message, by what became of it.
FATES = {"received": "received", "lost": "lost", "dropped": "dropped", "in flight": "flying"}


class Arrows:
    """Draws each message in a group of its own."""

    def __init__(self, trace: Trace, layout: Layout) -> None:
        self._t = trace
        self._l = layout

    def lines(self) -> list[str]:
        """The elements, in the order of the messages."""
        return [line for m in self._t.messages for line in self._message(m)]

    def _message(self, m: Message) -> list[str]:
        ended = f", {m.fate} in step {m.ended}" if m.ended is not None else f", {m.fate}"
        sent = f"sent in step {m.sent}" if m.sent else "sent at the start"
        ends = f"from {words.who(self._t, m.sender)} to {words.who(self._t, m.receiver)}"
        kind = f"message {FATES[m.fate]}" + (" duplicate" if m.copy_of is not None else "")
        told = escape(f"{m.text} {ends}: {sent}{ended}")
        return [f'<g class="{kind}"><title>{told}</title>', *self._way(m), "</g>"]

    def _way(self, m: Message) -> list[str]:
        if m.sent == m.ended:
            return self._meeting(m, dict(self._l.rows[m.sent].meetings)[m.number])
        if m.ended is None:
            return self._stub(m, dict(self._l.rows[m.sent].ends)[m.number])
        row = self._l.rows[m.ended]
        if m.fate == "received":
            return self._drawn(m, self._l.out(m), row.top - 3, 1.0)
        y = dict(row.ends)[m.number]
        x = self._l.x(m.sender) + self._span(m) * 0.6
        return [
            *self._drawn(m, self._l.out(m), y, 0.6), *self._end(m, x, y),
            shapes.label(x + 9, y + 4, clipped(m.text, MOST, self._to(m))),
        ]  # fmt: skip

    def _span(self, m: Message) -> float:
        """How far it is from the sender to the receiver: to the left if less than 0."""
        return self._l.x(m.receiver) - self._l.x(m.sender) if m.sender != m.receiver else 40.0

    def _drawn(self, m: Message, y1: float, y2: float, part: float) -> list[str]:
        """The arrow, or the first part of its way."""
        x, tip, doubled = self._l.x(m.sender), part == 1.0, m.copy_of is not None
        if m.sender == m.receiver and tip:
            return shapes.arrow(shapes.loop(x, y1, y2), tip=True, doubled=doubled)
        span = self._span(m)
        gap = (5 if span > 0 else -5) if tip else 0
        path = shapes.straight(x, y1, x + span * part - gap, y2)
        return shapes.arrow(path, tip=tip, doubled=doubled)

    def _meeting(self, m: Message, y: float) -> list[str]:
        """A message that is received, or dropped, in the step that sends it."""
        x, span = self._l.x(m.sender), self._span(m)
        near = self._l.x(m.sender + (1 if span > 0 else -1)) if m.sender != m.receiver else x + 110
        gap = abs(near - x)
        tail = "" if m.fate == "received" else self._to(m)
        line = clipped(m.text, (gap - 20) / CHAR, tail)
        told = shapes.label(x + (10 if span > 0 else -10), y - 5, line, end=span < 0)
        if m.fate == "received":
            start = y - 10 if m.sender == m.receiver else y
            return [*self._drawn(m, start, y, 1.0), told]
        # It ends in the gap beside the sender, not on a lane.
        part = min(max(gap / 2, len(line.text) * CHAR + 16), gap - 8) / abs(span)
        return [*self._drawn(m, y, y, part), *self._end(m, x + span * part, y), told]

    def _to(self, m: Message) -> str:
        """A message that does not arrive needs to be said to whom it goes."""
        return f" to {words.who(self._t, m.receiver)}"

    def _stub(self, m: Message, y: float) -> list[str]:
        """A message that is still in flight: where it goes, in words, right of the lane."""
        right, x = self._span(m) > 0, self._l.x(m.sender)
        end = x + STUB if right else x - STUB
        path = shapes.straight(x, y, end - 4 if right else end + 4, y)
        return [
            *shapes.arrow(path, tip=False, doubled=m.copy_of is not None), shapes.ring(end, y),
            shapes.label((end if right else x) + 8, y + 4, clipped(m.text, MOST, self._to(m))),
        ]  # fmt: skip

    def _end(self, m: Message, x: float, y: float) -> list[str]:
        return [shapes.cross(x, y) if m.fate == "lost" else shapes.bar(x, y)]
