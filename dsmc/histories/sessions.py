"""Sessions of a history: what one client asked, in its order."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.frozen import Frozen
from dsmc.histories.model import Operation, Status, Value


class Lane(Frozen):
    """Operations that follow each other. The first follows `after`, if there is one."""

    session: Value
    operations: tuple[Operation, ...]
    after: Operation | None = None


def lanes(operations: Iterable[Operation]) -> tuple[Lane, ...]:
    """The sessions' operations, without those that did not happen.

    What nobody answered may happen later than what the session went on with: it gets a lane of its
    own, which leaves the session's where it was asked.
    """
    own: dict[Value, list[Operation]] = {}
    aside = []
    for one in sorted(operations, key=lambda o: o.invoked):
        lane = own.setdefault(one.session, [])
        if one.status is Status.OK:
            lane.append(one)
        elif one.status is Status.INFO:
            aside.append(Lane(one.session, (one,), lane[-1] if lane else None))
    return (*(Lane(session, tuple(ops)) for session, ops in own.items() if ops), *aside)
