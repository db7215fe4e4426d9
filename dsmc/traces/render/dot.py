"""A trace as a space-time diagram in Graphviz's language, every node at a fixed place.

`dot -Tpng FILE` draws it: the file asks for the layout `neato`, which keeps places that are given.
"""

from __future__ import annotations

from itertools import zip_longest

from dsmc.traces.model import Message, Step, Trace
from dsmc.traces.render import words

_GAP = 4.2  # inches between lanes
_ROW = 0.32  # inches for a line of text


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
        self._y: list[float] = []
        y = 0.0
        for step in trace.steps:
            y -= _ROW * (1.6 + max(1, len(self._text(step))) / 2)
            self._y.append(y)
        self._bottom = y - 2 * _ROW

    def _text(self, step: Step) -> list[str]:
        title = words.title(self._t, step) if step.number else "start"
        found = [f"{step.number}  {title}", *words.marks(self._t, step)]
        for change in words.changes(self._t, step, step.lane):
            found += words.folded(change)
        return [*found, f"error: {step.error}"] if step.error else found

    def _x(self, lane: int | None) -> float:
        """What no node does stands left of the lanes."""
        return -0.7 * _GAP if lane is None and self._t.lanes[0].name else (lane or 0) * _GAP

    # ------------------------------------------------------------ the document

    def lines(self) -> list[str]:
        return [
            f"digraph {quoted(self._t.name)} {{",
            f"  graph [layout=neato, splines=line, outputorder=edgesfirst, labelloc=t,"
            f" label={quoted(self._t.headline)}, fontname=Helvetica];",
            "  node [shape=box, fontname=Helvetica, fontsize=10, style=filled, fillcolor=white];",
            "  edge [fontname=Helvetica, fontsize=9];",
            *self._heads(), *self._partitions(), *(self._event(step) for step in self._t.steps),
            *self._lives(), *(line for m in self._t.messages for line in self._message(m)),
            *self._verdict(), "}",
        ]  # fmt: skip

    def _at(self, x: float, y: float) -> str:
        return f'pos="{x:.2f},{y:.2f}!"'

    def _heads(self) -> list[str]:
        return [
            f"  lane{n} [label={quoted(lane.name or self._t.spec)}, {self._at(self._x(n), 0.0)},"
            " fillcolor=lightsteelblue];"
            for n, lane in enumerate(self._t.lanes)
        ]

    def _event(self, step: Step) -> str:
        text = quoted("\n".join(self._text(step)) + "\n")
        colour = ", color=red, fontcolor=red" if step.fault else ""
        place = self._at(self._x(step.lane), self._y[step.number])
        return f"  step{step.number} [label={text}, {place}{colour}];"

    def _own(self, lane: int) -> list[Step]:
        alone = not self._t.lanes[lane].name
        return [s for s in self._t.steps if s.lane == lane or (alone and s.lane is None)]

    def _lives(self) -> list[str]:
        """The lanes: dashed while the node is down."""
        found = []
        for n in range(len(self._t.lanes)):
            before, up = f"lane{n}", True
            for step in self._own(n):
                style = "solid" if up else "dashed"
                found.append(
                    f"  {before} -> step{step.number} [arrowhead=none, color=gray, style={style}];"
                )
                before = f"step{step.number}"
                up = (up or n in step.restarted) and n not in step.crashed
            found.append(
                f"  end{n} [shape=point, width=0.02, {self._at(self._x(n), self._bottom)}];"
            )
            style = "solid" if up else "dashed"
            found.append(f"  {before} -> end{n} [arrowhead=none, color=gray, style={style}];")
        return found

    def _partitions(self) -> list[str]:
        """A bar beside the lanes for as long as a partition lasts."""
        found = []
        marks = [s for s in self._t.steps if s.groups is not None]
        for mark, after in zip_longest(marks, marks[1:]):
            if not mark.groups:
                continue
            top, bottom = self._y[mark.number], self._y[after.number] if after else self._bottom
            text = quoted(words.title(self._t, mark))
            found.append(
                f"  bar{mark.number} [label={text}, fillcolor=mistyrose, color=red,"
                f" height={top - bottom:.2f}, {self._at(-1.3 * _GAP, (top + bottom) / 2)}];"
            )
        return found

    # ------------------------------------------------------------ messages

    def _start(self, m: Message) -> str:
        sent = self._t.messages[m.copy_of].sent if m.copy_of is not None else m.sent
        own = self._t.steps[sent].lane
        return f"step{sent}" if own == m.sender else f"lane{m.sender}"

    def _message(self, m: Message) -> list[str]:
        start, text = self._start(m), quoted(m.text)
        if m.fate == "received" and m.ended is not None:
            colour = ', color="black:white:black"' if m.copy_of is not None else ""
            return [f"  {start} -> step{m.ended} [label={text}{colour}];"]
        y = self._y[m.ended] if m.ended is not None else self._bottom + _ROW
        x = self._x(m.sender) + (self._x(m.receiver) - self._x(m.sender)) * 0.6
        end = f"message{m.number}"
        if m.fate == "lost":
            cross = f'  {end} [shape=none, label="✗", fontcolor=red, style="", {self._at(x, y)}];'
            return [cross, f"  {start} -> {end} [label={text}, color=red, arrowhead=none];"]
        point = f"  {end} [shape=point, width=0.02, {self._at(x, y)}];"
        return [point, f"  {start} -> {end} [label={text}, color=gray, style=dashed];"]

    def _verdict(self) -> list[str]:
        text = quoted("\n".join([self._t.headline, *self._t.reasons]) + "\n")
        colour = "red" if self._t.verdict == "violated" else "darkgreen"
        fill = "mistyrose" if self._t.verdict == "violated" else "honeydew"
        middle = self._x(len(self._t.lanes) - 1) / 2
        place = self._at(middle, self._bottom - _ROW * (1 + len(self._t.reasons) / 2))
        return [f"  verdict [label={text}, color={colour}, fillcolor={fill}, {place}];"]
