"""What happened as bars on the lanes of their sessions: what is drawn, and where.

Time runs down. Only the order of invocations and responses counts, so each has a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.frozen import Frozen
from dsmc.histories import words
from dsmc.histories.model import Value
from dsmc.histories.verdict import Violated
from dsmc.traces.render.happenings import Happening
from dsmc.traces.render.layout import CHAR

ROW = 17.0  # height of one moment
TOP = 92.0
LEFT = 28.0
_ALL = 30  # a history of no more operations is drawn whole
_PAD = 34.0


class Bar(Frozen):
    """An operation or a transaction: from when to when it lasts. What never ended is open below."""

    id: Value
    x: float
    top: float
    bottom: float
    is_open: bool
    text: str
    kind: str


class Timeline(Frozen):
    """What is drawn of a violation: bars, the names of the lanes, what is left out."""

    bars: tuple[Bar, ...]
    lanes: tuple[tuple[str, float], ...]
    width: float
    bottom: float
    left_out: int


def timeline(happened: Iterable[Happening], violated: Violated) -> Timeline:
    """What a violation is about; of a short history all."""
    known = [o for o in happened if not o.failed or o.id in violated.involved]
    shown = known if len(known) <= _ALL else [o for o in known if o.id in violated.involved]
    rows = _rows(shown)
    xs = _columns(shown)
    bottom = TOP + 14 + ROW * (len(rows) + 1)
    bars = tuple(_bar(one, xs[one.session], rows, bottom, violated) for one in shown)
    lanes = tuple((words.value(session), x) for session, x in list(xs.items())[:-1])
    return Timeline(bars, lanes, xs[_END], bottom, len(known) - len(shown))


_END = ("the end",)  # the column after the last lane


def _rows(shown: Iterable[Happening]) -> dict[int, float]:
    """A height for each moment at which something begins or ends."""
    moments = {o.invoked for o in shown} | {o.returned for o in shown if o.returned is not None}
    return {moment: TOP + 14 + ROW * place for place, moment in enumerate(sorted(moments))}


def _columns(shown: Iterable[Happening]) -> dict[Value, float]:
    """Where each lane is: each is as wide as what is written in it."""
    wide: dict[Value, float] = {}
    for one in shown:
        text = max(len(one.short), len(words.value(one.session)) + 2)
        wide[one.session] = max(wide.get(one.session, 90.0), text * CHAR + _PAD)
    x, found = LEFT + 12, {}
    for session, width in sorted(wide.items(), key=lambda item: _order(item[0])):
        found[session] = x
        x += width
    return {**found, _END: x}


def _order(session: Value) -> tuple[bool, int, str]:
    """Numbers in their order, then names."""
    is_number = isinstance(session, int)
    return (not is_number, session if isinstance(session, int) else 0, str(session))


def _bar(
    one: Happening, x: float, rows: dict[int, float], bottom: float, violated: Violated
) -> Bar:
    is_open = one.returned is None
    end = bottom - 10 if one.returned is None else rows[one.returned]
    return Bar(one.id, x, rows[one.invoked], end, is_open, one.short, _kind(one, violated))


def _kind(one: Happening, violated: Violated) -> str:
    """How a bar looks: what cannot be, what belongs to it, the rest."""
    if violated.reasons and all(r.kind == "illegal" for r in violated.reasons):
        stuck = {r.after for r in violated.reasons}
        return "bad" if one.id in stuck else ("near" if one.id in violated.involved else "far")
    return "bad" if one.id in violated.involved else "far"
