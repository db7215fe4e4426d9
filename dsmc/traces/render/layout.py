"""Where everything of a space-time diagram stands: columns for the nodes, rows for the steps.

Text has a fixed width for each character, so sizes are known without a font.
"""

from __future__ import annotations

import textwrap
from itertools import accumulate

from dsmc.frozen import Frozen
from dsmc.traces.model import Message, Step, Trace
from dsmc.traces.render import words

LINE = 15.0  # height of a line of text
CHAR = 6.65  # width of a character
SLOT = 25.0  # height of an arrow with its text above it
LEFT = 46.0  # room for the step numbers
TOP = 96.0  # where the lanes begin
MOST = 44  # a line of text is no longer
STUB = 40.0  # what is drawn of the way of a message in flight
_LINES = 3  # a text is cut off after so many lines
_PAD = 34.0  # between the longest text of a lane and the next lane


class Line(Frozen):
    """A line of text: what is said, in which style, and all of it if it was cut off."""

    text: str
    style: str = ""
    full: str = ""


class Row(Frozen):
    """A step: its text from `top` on, then `meetings` (messages sent and ended in it), the changes
    of each lane, the messages that it leaves or finds in flight for ever (`ends`).

    Messages that travel leave at `out`; `bottom` is where the next row may begin.
    """

    step: Step
    top: float
    head: tuple[Line, ...]
    meetings: tuple[tuple[int, float], ...]
    changes: tuple[tuple[int | None, tuple[Line, ...]], ...]
    changes_top: float
    ends: tuple[tuple[int, float], ...]
    out: float
    bottom: float


class Layout:
    """The columns and rows of a trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.apart = bool(trace.lanes[0].name) and any(
            s.lane is None for s in trace.steps if s.number
        )
        self.rows: list[Row] = []
        y = TOP + 16
        for step in trace.steps:
            self.rows.append(_row(trace, step, y))
            y = self.rows[-1].bottom
        self.bottom = y + 12
        self._xs = self._columns()

    @property
    def right(self) -> float:
        """Where the last lane's text ends."""
        return self._xs[-1]

    def x(self, lane: int | None) -> float:
        """Where a lane is; what no node does stands left of them all."""
        first = int(self.apart)
        return self._xs[0] if lane is None else self._xs[lane + first]

    def edge(self, lane: int) -> float:
        """Where a lane's room ends."""
        return self._xs[lane + int(self.apart) + 1]

    def out(self, message: Message) -> float:
        """Where a message leaves its sender: a copy where the first one did."""
        sent = message.sent
        while message.copy_of is not None:
            message = self._trace.message(message.copy_of)
            sent = message.sent
        return self.rows[sent].out

    def _columns(self) -> list[float]:
        """Each as wide as what it says; so wide that a message's text fits beside its sender."""
        count = len(self._trace.lanes) + int(self.apart)
        wide = [110.0] * count
        for lane, text in self._texts():
            place = 0 if lane is None else lane + int(self.apart)
            wide[place] = max(wide[place], min(len(text), MOST) * CHAR + _PAD)
        return [LEFT + 24 + x for x in accumulate(wide, initial=0.0)]

    def _texts(self) -> list[tuple[int | None, str]]:
        """What is written in which lane."""
        found: list[tuple[int | None, str]] = [
            (n, lane.name + "  ") for n, lane in enumerate(self._trace.lanes)
        ]
        for row in self.rows:
            found += [(row.step.lane, line.text) for line in row.head]
            found += [(lane, line.text) for lane, lines in row.changes for line in lines]
        beside = (m for m in self._trace.messages if m.ended in (None, m.sent))
        return [*found, *(self._beside(m) for m in beside)]

    def _beside(self, m: Message) -> tuple[int, str]:
        """The text of a message that does not leave the step that sends it, and where it stands."""
        to = "" if m.fate == "received" else f" to {words.who(self._trace, m.receiver)}"
        if m.ended is None:
            return m.sender, m.text + to + "      "
        return m.sender - 1 if m.receiver < m.sender else m.sender, m.text + to


def folded(text: str, style: str = "") -> tuple[Line, ...]:
    """A text in lines that fit; a change (`was → is`) is best folded at its arrow."""
    first, arrow, rest = text.partition(f" {words.ARROW} ")
    if len(text) > MOST and arrow:
        pieces = [*_wrapped(first), *_wrapped(f"{words.ARROW} {rest}", "  ")]
    else:
        pieces = _wrapped(text)
    cut_off = any(piece.endswith("…") for piece in pieces) and not text.endswith("…")
    return tuple(Line(piece, style, text if cut_off else "") for piece in pieces)


def clipped(text: str, most: float, tail: str = "") -> Line:
    """A text and its tail on one line; the text is cut off if that is too long."""
    room = max(3, int(most) - len(tail))
    return Line(text + tail if len(text) <= room else f"{text[: room - 1]}…{tail}", "", text + tail)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, MOST, initial_indent=indent, subsequent_indent=indent + "  ", max_lines=_LINES,
        placeholder=" …",
    )  # fmt: skip


# ---------------------------------------------------------------- rows


def _row(trace: Trace, step: Step, top: float) -> Row:
    head = _head(trace, step)
    y = top + max(1, len(head)) * LINE
    meetings, y = _slots(_meetings(trace, step), y)
    changes = _changes(trace, step)
    below = y + max((len(lines) for _, lines in changes), default=0) * LINE
    ends, bottom = _slots(_ends(trace, step), below)
    return Row(step, top, head, meetings, changes, y, ends, below + 2, bottom + 20)


def _slots(numbers: list[int], y: float) -> tuple[tuple[tuple[int, float], ...], float]:
    """A height for each message, one under the other; and where the last one ends."""
    placed = tuple((number, y + (i + 1) * SLOT - 4) for i, number in enumerate(numbers))
    return placed, y + len(numbers) * SLOT


def _meetings(trace: Trace, step: Step) -> list[int]:
    return [n for n in step.sent if trace.message(n).ended == step.number]


def _ends(trace: Trace, step: Step) -> list[int]:
    """The messages that are shown to end here, and were not received."""
    ended = [n for n in (*step.lost, *step.dropped) if trace.message(n).sent != step.number]
    return [*ended, *(n for n in step.sent if trace.message(n).ended is None)]


def _head(trace: Trace, step: Step) -> tuple[Line, ...]:
    style = "fault" if step.fault else ""
    lines = list(folded(step.title, style)) if step.number else []
    for one in step.said:
        lines += folded(one, "said")
    for mark in words.marks(trace, step):
        lines += folded(mark, "fault" if step.fault else "good")
    return (*lines, *(folded(f"error: {step.error}", "fault") if step.error else ()))


def _changes(trace: Trace, step: Step) -> tuple[tuple[int | None, tuple[Line, ...]], ...]:
    """The changes in the lanes of those that changed; of what all share, where the step is."""
    found: dict[int | None, tuple[Line, ...]] = {}
    for one in step.changes:
        lane = step.lane if one.owner is None else one.owner
        lines = folded(words.brief(trace, one, lane), "change ghost" if one.ghost else "change")
        found[lane] = (*found.get(lane, ()), *lines)
    return tuple(found.items())
