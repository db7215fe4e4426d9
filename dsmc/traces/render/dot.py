"""A trace as a space-time diagram in Graphviz's language, every node at a fixed place.

`dot -Tpng FILE` draws it: the file asks for the layout `neato`, which keeps places that are given.
"""

from __future__ import annotations

from itertools import pairwise

from dsmc.traces.model import Message, Step, Trace
from dsmc.traces.render import words
from dsmc.traces.render.layout import folded

_CHAR = 0.075  # inches for a character
_ROW = 0.17  # inches for a line of text
_SLOT = 0.3  # inches for an arrow with its text
_GAP = 0.3  # inches between steps

_COLOURS = {"received": "black", "lost": "red", "dropped": "gray40", "in flight": "gray40"}
#: What stands at the end of a message that does not arrive.
_ENDS = {"lost": "✗", "dropped": "|", "in flight": "○"}


def render(trace: Trace) -> str:
    """The text, ended by a newline."""
    return "\n".join(_Drawing(trace).lines()) + "\n"


def quoted(text: str) -> str:
    """A string of the language; newlines are left-justified line ends."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l")
    return f'"{escaped}"'


class _Drawing:
    def __init__(self, trace: Trace) -> None:
        self._t = trace
        self._texts = [self._text(step) for step in trace.steps]
        self._xs = self._columns()
        self._y: list[float] = []  # the middle of each step's text
        self._out: list[float] = []  # the end of each step
        self._slots: dict[int, float] = {}  # the height of each message that has its own
        y = -0.4
        for step, text in zip(trace.steps, self._texts, strict=True):
            high = len(text) * _ROW + 0.1
            y -= (_GAP if text else 0.0) + high
            self._y.append(y + high / 2)
            for number in self._in_rows(step):
                y -= _SLOT
                self._slots[number] = y
            self._out.append(y)
        self._bottom = y - _GAP

    def _text(self, step: Step) -> list[str]:
        lines = [*folded(f"{step.number}  {step.title}")] if step.number else []
        for told in words.marks(self._t, step):
            lines += folded(told)
        for change in step.changes:
            ghost = " (ghost)" if change.ghost else ""
            lines += folded(words.brief(self._t, change, step.lane) + ghost)
        lines += folded(f"error: {step.error}") if step.error else ()
        return [line.text for line in lines]

    def _in_rows(self, step: Step) -> list[int]:
        """The messages drawn under a step: those that begin and end here, or never arrive."""
        flying = [n for n in step.sent if self._t.message(n).ended in (None, step.number)]
        ended = [n for n in (*step.lost, *step.dropped) if self._t.message(n).sent != step.number]
        return [*flying, *ended]

    def _columns(self) -> list[float]:
        """The middles of the lanes; the last is of what no node does, left of them."""
        wide = [1.4] * (len(self._t.lanes) + 1)
        for step, text in zip(self._t.steps, self._texts, strict=True):
            lane = self._place(step.lane)
            wide[lane] = max(wide[lane], max(map(len, text), default=0) * _CHAR + 0.4)
        xs = [0.0]
        for left, right in pairwise(wide[:-1]):
            xs.append(xs[-1] + (left + right) / 2)
        return [*xs, -(wide[0] + wide[-1]) / 2]

    def _place(self, lane: int | None) -> int:
        if lane is not None:
            return lane
        return -1 if self._t.lanes[0].name else 0

    def _x(self, lane: int | None) -> float:
        return self._xs[self._place(lane)]

    # ------------------------------------------------------------ the document

    def lines(self) -> list[str]:
        return [
            f"digraph {quoted(self._t.name)} {{",
            f"  graph [layout=neato, splines=line, outputorder=edgesfirst, labelloc=t,"
            f" label={quoted(self._t.headline)}, fontname=Helvetica];",
            "  node [shape=box, fontname=Helvetica, fontsize=10, style=filled, fillcolor=white,"
            ' margin="0.06,0.03", height=0.2];',
            "  edge [fontname=Helvetica, fontsize=9, arrowsize=0.7];",
            *self._heads(), *self._partitions(), *(self._event(step) for step in self._t.steps[1:]),
            *(line for n in range(len(self._t.lanes)) for line in self._life(n)),
            *(line for m in self._t.messages for line in self._message(m)),
            *self._round(), *self._verdict(), "}",
        ]  # fmt: skip

    def _at(self, x: float, y: float) -> str:
        return f'pos="{x:.2f},{y:.2f}!"'

    def _point(self, name: str, x: float, y: float) -> str:
        return f"  {name} [shape=point, width=0.02, {self._at(x, y)}];"

    def _heads(self) -> list[str]:
        return [
            f"  lane{n} [label={quoted(lane.name or self._t.spec)}, {self._at(self._x(n), 0.0)},"
            " fillcolor=lightsteelblue];"
            for n, lane in enumerate(self._t.lanes)
        ]

    def _event(self, step: Step) -> str:
        text = quoted("\n".join(self._texts[step.number]) + "\n")
        colour = ", color=red, fontcolor=red" if step.fault else ""
        place = self._at(self._x(step.lane), self._y[step.number])
        return f"  step{step.number} [label={text}, {place}{colour}];"

    # ------------------------------------------------------------ lanes

    def _life(self, lane: int) -> list[str]:
        """A lane: dashed while the node is down."""
        found: list[str] = []
        before, up = f"lane{lane}", True
        for step in self._t.steps[1:]:
            turned = lane in step.crashed or lane in step.restarted
            if not turned and self._place(step.lane) != lane:
                continue
            here = f"step{step.number}"
            if self._place(step.lane) != lane:
                here = f"turn{step.number}_{lane}"
                found.append(self._turn(here, lane, step))
            found.append(self._stretch(before, here, up))
            before, up = here, (up or lane in step.restarted) and lane not in step.crashed
        found.append(self._point(f"end{lane}", self._x(lane), self._bottom))
        return [*found, self._stretch(before, f"end{lane}", up)]

    def _turn(self, name: str, lane: int, step: Step) -> str:
        """Where a node stops, or comes back, in a step of another."""
        mark = "✗" if lane in step.crashed else "↑"
        place = self._at(self._x(lane), self._y[step.number])
        return (
            f'  {name} [shape=none, style="", label={quoted(mark)}, fontcolor=red, fontsize=14,'
            f" width=0.15, height=0.15, margin=0, {place}];"
        )

    def _stretch(self, here: str, there: str, up: bool) -> str:
        style = "solid" if up else "dotted, penwidth=2"
        return f"  {here} -> {there} [arrowhead=none, color=gray, style={style}];"

    def _partitions(self) -> list[str]:
        """A bar beside the lanes for as long as a partition lasts."""
        found: list[str] = []
        marks = [(self._y[s.number], s.cut) for s in self._t.steps if s.cut is not None]
        for (top, cut), (bottom, _) in pairwise([*marks, (self._bottom, None)]):
            if cut is None or not cut.pairs:
                continue
            x = min(self._x(None), 0.0) - 1.9
            found.append(
                f'  bar{len(found)} [label="", tooltip={quoted(cut.text)}, fillcolor=mistyrose,'
                f" color=red, width=0.12, height={top - bottom:.2f},"
                f" {self._at(x, (top + bottom) / 2)}];"
            )
        return found

    # ------------------------------------------------------------ messages

    def _message(self, m: Message) -> list[str]:
        if m.number not in self._slots:
            return [*self._leaving(m), f"  {self._start(m)} -> step{m.ended} [{self._look(m)}];"]
        return self._meeting(m) if m.fate == "received" else self._undelivered(m)

    def _look(self, m: Message) -> str:
        colour = _COLOURS[m.fate]
        doubled = f"{colour}:white:{colour}" if m.copy_of is not None else colour
        style = ", style=dashed" if m.ended is None else ""
        return f'color="{doubled}", fontcolor={colour}{style}'

    def _meeting(self, m: Message) -> list[str]:
        """A message that is received in the step that sends it."""
        y, start, end = self._slots[m.number], f"from{m.number}", f"to{m.number}"
        below = 0.1 if m.sender == m.receiver else 0.0
        return [
            self._point(start, self._x(m.sender), y + below),
            self._point(end, self._x(m.receiver), y - below),
            f"  {start} -> {end} [label={quoted(m.text)}, {self._look(m)}];",
        ]

    def _undelivered(self, m: Message) -> list[str]:
        """The first part of the way of a message that does not arrive."""
        y, end = self._slots[m.number], f"to{m.number}"
        travels = m.ended is not None and m.ended != m.sent
        start = self._start(m) if travels else f"from{m.number}"
        here = [self._point(start, self._x(m.sender), y)]
        text, x = self._told(m, travels)
        return [
            *(self._leaving(m) if travels else here),
            f'  {end} [shape=none, style="", label={quoted(text)}, height=0.15, margin=0,'
            f" fontcolor={_COLOURS[m.fate]}, fontsize=9, {self._at(x, y)}];",
            f"  {start} -> {end} [arrowhead=none, {self._look(m)}];",
        ]

    def _told(self, m: Message, travels: bool) -> tuple[str, float]:
        """What stands at the end of a message that does not arrive, and where."""
        sender, receiver = self._x(m.sender), self._x(m.receiver)
        text, end = f"{m.text} to {words.who(self._t, m.receiver)}", _ENDS[m.fate]
        left = receiver < sender
        half = len(text) * _CHAR * 0.45 + (0.4 if not travels else 0.0)
        where = sender + (receiver - sender) * 0.5 if travels else sender
        return (f"{text} {end}", where - half) if left else (f"{end} {text}", where + half)

    def _start(self, m: Message) -> str:
        """Where a message leaves: a copy where the first one did."""
        while m.copy_of is not None:
            m = self._t.message(m.copy_of)
        if m.sent == 0:
            return f"lane{m.sender}"
        return f"step{m.sent}" if self._t.steps[m.sent].lane == m.sender else f"from{m.number}"

    def _leaving(self, m: Message) -> list[str]:
        """The point where a message leaves a node that does not act."""
        if self._start(m) != f"from{m.number}":
            return []
        return [self._point(f"from{m.number}", self._x(m.sender), self._out[m.sent])]

    def _round(self) -> list[str]:
        """An edge back to where the run begins to go round."""
        if self._t.loop is None:
            return []
        last, told = self._t.length, quoted(words.goes_on(self._t))
        there = f"step{self._t.loop + 1}" if not self._t.stays else f"step{last}"
        edge = f"step{last} -> {there}" if last else "lane0 -> lane0"
        return [f"  {edge} [label={told}, color=red, fontcolor=red, penwidth=2, constraint=false];"]

    def _verdict(self) -> list[str]:
        told = words.why(self._t)
        text = quoted("\n".join([self._t.headline, *told]) + "\n")
        colour, fill = ("darkgreen", "honeydew") if self._t.is_good else ("red", "mistyrose")
        middle = self._x(len(self._t.lanes) - 1) / 2
        place = self._at(middle, self._bottom - _ROW * (2 + len(told) / 2))
        return [f"  verdict [label={text}, color={colour}, fillcolor={fill}, {place}];"]
