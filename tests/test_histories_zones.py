"""Where values tell who put them there, the verdict is that of trying every order."""

from __future__ import annotations

from typing import Any

import histories
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_histories_linearizable import legal, possible

from dsmc.histories.blocks import IMPOSSIBLE
from dsmc.histories.budget import Budget
from dsmc.histories.linearizable import linearizable
from dsmc.histories.model import Operation, Operations, Status
from dsmc.histories.objects import SPECIFICATIONS
from dsmc.histories.verdict import Holds, Violated
from dsmc.histories.zones import ordered


@st.composite
def telling(draw: st.DrawFn, name: str, most: int) -> tuple[Operation, ...]:
    """What is put there is the number of its operation; what is read is mostly what is there."""
    return tuple(_told(draw, one) for one in draw(_order(name, most)))


@st.composite
def _order(draw: st.DrawFn, name: str, most: int) -> tuple[Operation, ...]:
    """Each operation sees what those before it left; some take effect later than they stand here."""
    state: Any = SPECIFICATIONS[name]().initial
    found = []
    for one in draw(histories.of(name, most, sessions=4)):
        new = f"{one.id}." if name == "kv" else one.id + 1
        known, state = _stepped(one, state, new)
        found.append(known)
    return tuple(found)


def _stepped(one: Operation, state: Any, new: Any) -> tuple[Operation, Any]:
    match one.f:
        case "write" | "put":
            return histories.changed(one, arg=new), new
        case "append":
            return histories.changed(one, arg=new), state + new
        case "cas":
            ok = one.status is Status.OK
            made = histories.changed(one, arg=(state, new), result=True if ok else one.result)
            return made, new
        case _:
            return histories.changed(one, result=state) if one.status is Status.OK else one, state


def _told(draw: st.DrawFn, one: Operation) -> Operation:
    """The operation, which may have been invoked before those that stand before it here."""
    earlier = draw(st.sampled_from([0, 0, 1, 3, 5, 8]))
    return histories.changed(one, invoked=max(0, one.invoked - earlier))


def verdicts(name: str, most: int) -> set[object]:
    """What is answered on random histories; each answer is right."""
    seen: set[object] = set()
    spec = SPECIFICATIONS[name]()

    @settings(max_examples=400)
    @given(telling(name, most))
    def agree(operations: tuple[Operation, ...]) -> None:
        found = ordered(spec, operations)
        if found is IMPOSSIBLE:
            assert not possible(spec, operations)
        elif found is not None:
            assert_is_order(name, operations, found)
        seen.add(found if found is None or found is IMPOSSIBLE else "order")

    agree()
    return seen


def assert_is_order(
    name: str, operations: tuple[Operation, ...], order: tuple[Operation, ...]
) -> None:
    """It is legal, keeps real time, and has all that ended."""
    assert legal(SPECIFICATIONS[name](), order)
    for place, later in enumerate(order):
        for earlier in order[:place]:
            assert later.returned is None or later.returned >= earlier.invoked
    needed = {one.id for one in operations if one.status is Status.OK}
    assert needed <= {one.id for one in order}


@pytest.mark.parametrize("name", ["register", "cas_register", "kv"])
def test_it_agrees_with_trying_every_order(name: str) -> None:
    assert {"order", IMPOSSIBLE} <= verdicts(name, 6)


def test_an_order_as_long_as_one_likes_is_found_at_once() -> None:
    """Fifty clients whose writes all overlap each other, and reads of each in between."""
    rows: list[histories.Row] = [(n, "write", n, None, n, 200 + n) for n in range(50)]
    rows += [(50 + n, "read", None, n, 60 + 2 * n, 61 + 2 * n) for n in range(50)]
    spec = SPECIFICATIONS["register"]()
    found = linearizable(histories.history(*rows), spec, Budget(1.0))
    assert isinstance(found, Holds)


STALE: list[histories.Row] = [
    (0, "write", 1, None, 0, 1), (0, "write", 2, None, 2, 3), (1, "read", None, 1, 4, 5),
]  # fmt: skip
TWICE: list[histories.Row] = [
    (0, "write", 1, None, 0, 9), (1, "cas", (1, 2), True, 0, 9), (2, "cas", (1, 3), True, 0, 9),
]  # fmt: skip
CIRCLE: list[histories.Row] = [
    (1, "cas", (3, 2), True, 0, 9), (2, "cas", (2, 3), True, 0, 9),
]  # fmt: skip
HALF: list[histories.Row] = [(0, "append", "ab", None, 0, 1), (1, "get", None, "a", 2, 3)]
BOTH: list[histories.Row] = [
    (0, "append", "a", None, 0, 9), (0, "put", "b", None, 0, 9),
    (1, "get", None, "ba", 0, 9), (2, "get", None, "a", 0, 9),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rows"),
    [("register", STALE), ("cas_register", TWICE), ("cas_register", CIRCLE), ("kv", HALF), ("kv", BOTH)],
)  # fmt: skip
def test_what_is_impossible_is_explained(name: str, rows: list[histories.Row]) -> None:
    spec = SPECIFICATIONS[name]()
    history = Operations(histories.history(*rows).operations)
    assert ordered(spec, history.operations) is IMPOSSIBLE
    verdict = linearizable(history, spec, Budget(10.0))
    assert isinstance(verdict, Violated)
    assert "has no place in any legal order" in verdict.sentences[0]


UNTOLD = [
    ("register", [(0, "write", 1, None, 0, 1), (1, "write", 1, None, 0, 1), (2, "read", None, 1, 2, 3)]),
    ("cas_register", [(0, "cas", (1, 2), False, 0, 1)]),
    ("kv", [(0, "append", "a", None, 0, 1), (1, "append", "ab", None, 0, 1)]),
    ("cas_register", [(0, "cas", (None, 2), None, 0, 1)]),
    ("register", [(0, "write", 1, "done", 0, 1)]),
    ("counter", [(0, "add", 1, None, 0, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows"), UNTOLD)
def test_what_values_do_not_tell_is_left_to_the_search(
    name: str, rows: list[histories.Row]
) -> None:
    assert ordered(SPECIFICATIONS[name](), histories.history(*rows).operations) is None
