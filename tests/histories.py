"""Histories for tests: written by hand, drawn at random, and all small ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, permutations, product
from pathlib import Path
from typing import Any

from conftest import ROOT
from hypothesis import strategies as st

from dsmc.frozen import replace as changed
from dsmc.histories.model import PENDING, Operation, Operations, Status

__all__ = ["all_of_register", "changed", "history", "of", "recorded", "subsets", "unique"]

#: What objects are asked in random histories, and what may be answered.
SMALL = st.integers(0, 2)
PIECES = st.sampled_from(["a", "b"])
TEXTS = st.text("ab", max_size=3)
SETS = st.frozensets(SMALL)
NONE = st.none()
ACCESS = st.tuples(st.sampled_from(["read", "write"]), st.sampled_from("xy"), SMALL)


def _txn() -> st.SearchStrategy[tuple[Any, Any]]:
    def both(found: list[tuple[str, str, int]]) -> tuple[Any, Any]:
        asked = tuple((f, key, None if f == "read" else v) for f, key, v in found)
        return asked, tuple(found)

    return st.lists(ACCESS, min_size=1, max_size=2).map(both)


Row = tuple[Any, ...]
Asked = dict[str, st.SearchStrategy[tuple[Any, Any]]]
READ: Asked = {"read": st.tuples(NONE, SMALL | NONE)}
WRITE: Asked = {"write": st.tuples(SMALL, NONE)}
ASKED: dict[str, Asked] = {
    "register": {**READ, **WRITE},
    "cas_register": {**READ, **WRITE, "cas": st.tuples(st.tuples(SMALL, SMALL), st.booleans())},
    "multi_register": {"txn": _txn()},
    "kv": {
        "get": st.tuples(NONE, TEXTS), "put": st.tuples(PIECES, NONE),
        "append": st.tuples(PIECES, NONE),
    },
    "counter": {"add": st.tuples(SMALL, NONE), "read": st.tuples(NONE, st.integers(0, 4))},
    "set": {
        "add": st.tuples(SMALL, NONE), "remove": st.tuples(SMALL, NONE),
        "contains": st.tuples(SMALL, st.booleans()), "read": st.tuples(NONE, SETS),
    },
    "queue": {"enqueue": st.tuples(SMALL, NONE), "dequeue": st.tuples(NONE, SMALL | NONE)},
    "mutex": {"acquire": st.tuples(NONE, NONE), "release": st.tuples(NONE, NONE)},
    "pool": {"give": st.tuples(SMALL, NONE), "take": st.tuples(NONE, SMALL)},
}  # fmt: skip


def history(*rows: Row) -> Operations:
    """Rows are (session, f, arg, result, invoked, returned) and, if not ok or pending, a status."""
    return Operations(tuple(operation(id, None, *row) for id, row in enumerate(rows)))


def operation(
    id: int, object: Any, session: Any, f: str, arg: Any, result: Any, invoked: int,
    returned: int | None, status: Status | None = None,
) -> Operation:  # fmt: skip
    status = status or (Status.INFO if returned is None else Status.OK)
    return Operation(id, session, object, f, arg, result, status, invoked, returned)


@st.composite
def of(
    draw: st.DrawFn, name: str, most: int, sessions: int = 3, objects: Sequence[Any] = (None,)
) -> tuple[Operation, ...]:
    """A history of an object: sessions run side by side, some calls have no end."""
    found: list[Operation] = []
    busy: dict[int, tuple[int, int, str, Any, Any, Any]] = {}
    dead = 0
    clock = 0
    for id in range(draw(st.integers(0, most))):
        session = draw(st.integers(0, sessions - 1))
        if session in busy:
            found.append(_ended(busy.pop(session), clock, Status.OK))
            clock += 1
        f = draw(st.sampled_from(sorted(ASKED[name])))
        arg, result = draw(ASKED[name][f])
        call = (id, session, f, arg, result, (clock, draw(st.sampled_from(objects))))
        clock += 1
        match draw(st.integers(0, 11)):
            case 0:
                dead += 1
                found.append(_ended((id, f"dead{dead}", *call[2:]), None, Status.INFO))
            case 1:
                found.append(_ended(call, clock, Status.FAIL))
                clock += 1
            case _:
                busy[session] = call
    found += [_ended(call, clock + n, Status.OK) for n, call in enumerate(busy.values())]
    return tuple(sorted(found, key=lambda o: o.invoked))


@st.composite
def unique(
    draw: st.DrawFn, most: int, sessions: int = 3, objects: Sequence[Any] = ("x", "y")
) -> tuple[Operation, ...]:
    """Reads and writes of registers; no value is written twice, most that is read was written."""
    found = draw(of("register", most, sessions, objects))
    written = {object: [None] for object in objects}
    for one in found:
        if one.f == "write":
            written[one.object].append(one.id + 1)
    return tuple(
        changed(o, arg=o.id + 1) if o.f == "write"
        else changed(o, result=draw(st.sampled_from(written[o.object])))
        if o.status is Status.OK else o
        for o in found
    )  # fmt: skip


def _ended(call: tuple[Any, ...], returned: int | None, status: Status) -> Operation:
    id, session, f, arg, result, (invoked, object) = call
    return Operation(
        id, session, object, f, arg, result if status is Status.OK else PENDING, status, invoked,
        returned,
    )  # fmt: skip


def all_of_register(count: int) -> Iterator[tuple[Operation, ...]]:
    """Every history of so many operations of sessions of their own, on a register of 0 and 1."""
    asked = [("write", v, None) for v in (0, 1)] + [("read", None, v) for v in (0, 1)]
    for order in _interleavings(count):
        for calls in product(asked, repeat=count):
            for pending in subsets(range(count)):
                yield tuple(_small(n, call, order, n in pending) for n, call in enumerate(calls))


def _interleavings(count: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """When each of the operations begins and ends, up to their names."""
    for order in set(permutations([n for n in range(count) for _ in "be"])):
        places = tuple((order.index(n), _last(order, n)) for n in range(count))
        if list(places) == sorted(places):
            yield places


def _last(order: tuple[int, ...], n: int) -> int:
    return len(order) - 1 - order[::-1].index(n)


def _small(
    n: int, call: tuple[str, Any, Any], order: tuple[tuple[int, int], ...], pending: bool
) -> Operation:
    (f, arg, result), (begin, end) = call, order[n]
    if pending:
        return operation(n, None, n, f, arg, PENDING, begin, None)
    return operation(n, None, n, f, arg, result, begin, end)


def subsets(items: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    known = tuple(items)
    return chain.from_iterable(combinations(known, n) for n in range(len(known) + 1))


def recorded() -> Path | None:
    """The recorded histories of real systems, if they lie beside the repository."""
    for folder in ROOT.parents:
        if (found := folder / "shared" / "histories").is_dir():
            return found
    return None
