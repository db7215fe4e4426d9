"""Observers of histories: what they remember decides as the deciders of recorded histories do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import histories
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsmc.histories.budget import Budget
from dsmc.histories.check import GUARANTEES, Guarantee
from dsmc.histories.choices import decide
from dsmc.histories.linearizable import linearizable
from dsmc.histories.model import PENDING, Operation, Operations, Status
from dsmc.histories.objects import SPECIFICATIONS, register
from dsmc.histories.observers import (
    BROKEN,
    UNDECIDED,
    Happening,
    Linearizable,
    Memory,
    MisuseError,
    Observer,
)
from dsmc.histories.recorded import Recorded
from dsmc.histories.verdict import Holds, Undecided, Violated

KINDS = {Status.OK: "end", Status.FAIL: "refused", Status.INFO: "unknown"}


def happenings(operations: Iterable[Operation], lost: str = "unknown") -> Iterator[Happening]:
    """What clients did, in its order; `lost` is how they lose track of operations."""
    found = []
    for one in operations:
        client = (one.session, 0)
        begin = Happening("begin", client, one.object, one.f, one.arg)
        found.append((one.invoked, begin))
        value = None if one.result is PENDING else one.result
        kind = KINDS[one.status] if one.status is not Status.INFO else lost
        ended = one.invoked if one.returned is None else one.returned
        found.append((ended, Happening(kind, client, None, one.f, value)))
    return (what for _, what in sorted(found, key=lambda pair: pair[0]))


def remembered(observer: Observer, events: Iterable[Happening]) -> Memory:
    memory = observer.initial
    for event in events:
        memory = observer.after(memory, event)
        if memory in (BROKEN, UNDECIDED):
            break
    return memory


@pytest.mark.parametrize("lost", ["unknown", "crash"])
@pytest.mark.parametrize("name", [n for n in SPECIFICATIONS if n != "multi_register"])
def test_linearizable(name: str, lost: str) -> None:
    spec = SPECIFICATIONS[name]()

    @given(histories.of(name, 7, objects=("x", "y")))
    def agree(operations: tuple[Operation, ...]) -> None:
        memory = remembered(Linearizable(spec), happenings(operations, lost))
        verdict = linearizable(Operations(operations), spec, Budget())
        assert isinstance(verdict, Violated) == (memory is BROKEN)

    agree()


def test_all_small_histories() -> None:
    spec, kept, broken = register(0), 0, 0
    for operations in histories.all_of_register(2):
        memory = remembered(Linearizable(spec), happenings(operations))
        verdict = linearizable(Operations(operations), spec, Budget())
        assert isinstance(verdict, Violated) == (memory is BROKEN)
        kept, broken = kept + (memory is not BROKEN), broken + (memory is BROKEN)
    assert kept
    assert broken


def test_it_forgets() -> None:
    """Of what has ended, only the state that it left is remembered."""
    one, other = (
        remembered(
            Linearizable(register(0)),
            happenings(histories.history(*rows).operations),
        )
        for rows in (
            [(0, "write", 1, None, 0, 1), (1, "read", None, 1, 2, 3)],
            [(1, "write", 2, None, 0, 1), (1, "write", 1, None, 2, 3)],
        )
    )
    assert one == other


OTHERS = [g for g in GUARANTEES if g.name not in ("linearizable", "convergent")]


@pytest.mark.parametrize("one", OTHERS, ids=lambda g: g.name)
def test_others(one: Guarantee) -> None:
    """The history is judged as one that knows no real time; whoever was faster, it is the same."""
    spec = register(0)

    @given(histories.of("register", 5, sessions=2))
    def agree(operations: tuple[Operation, ...]) -> None:
        observer = Recorded(lambda history: decide(one, history, spec, Budget()))
        memory = remembered(observer, happenings(operations))
        verdict = decide(one, Operations(operations), spec, Budget())
        if isinstance(verdict, Violated):
            assert memory in (BROKEN, UNDECIDED)
        if isinstance(verdict, Holds):
            assert memory is not BROKEN
        if memory is UNDECIDED:
            assert observer.why

    agree()


# ---------------------------------------------------------------- choices of what was seen


@pytest.mark.parametrize("one", OTHERS, ids=lambda g: g.name)
def test_all_choices_of_different_values_are_one(one: Guarantee) -> None:
    """Where no two writes are alike, nothing is chosen."""

    @given(histories.unique(6))
    def agree(operations: tuple[Operation, ...]) -> None:
        history, spec = Operations(operations), register(None)
        assert decide(one, history, spec, Budget()) == one.decide(history, spec, Budget())

    agree()


@pytest.mark.parametrize("one", OTHERS, ids=lambda g: g.name)
def test_sequential_histories_keep_them(one: Guarantee) -> None:
    """What happened one after the other on one register keeps every guarantee, alike or not."""

    @given(
        st.lists(
            st.tuples(st.integers(0, 1), st.sampled_from(["w", "r"]), st.integers(0, 1)), max_size=7
        )
    )
    def keeps(rows: list[tuple[int, str, int]]) -> None:
        state, told = 0, []
        for place, (session, f, value) in enumerate(rows):
            state = value if f == "w" else state
            call = ("write", value, None) if f == "w" else ("read", None, state)
            told.append((session, *call, 2 * place, 2 * place + 1))
        verdict = decide(one, histories.history(*told), register(0), Budget())
        assert not isinstance(verdict, Violated)
        if one.name in ("sequential", "causal", "pram", "read_your_writes"):
            assert not isinstance(verdict, Undecided)

    keeps()


# ---------------------------------------------------------------- what clients cannot do


@pytest.mark.parametrize(
    "observer", [Linearizable(register()), Recorded(lambda _: Holds())], ids=["one", "other"]
)
def test_misuse(observer: Observer) -> None:
    begin = Happening("begin", (0, 0), None, "read")
    with pytest.raises(MisuseError, match="before its `read` has ended"):
        remembered(observer, [begin, begin])
    with pytest.raises(MisuseError, match="has not begun"):
        remembered(observer, [Happening("end", (0, 0), None, "read", 1)])
    with pytest.raises(MisuseError, match="has not begun"):
        remembered(observer, [begin, Happening("end", (0, 0), None, "write", 1)])
    crash = Happening("crash", (0, 0))
    after = [begin, crash, begin, Happening("end", (0, 0), None, "read", None)]
    assert remembered(observer, after) is not BROKEN
