"""Causal and sequential consistency and the session guarantees agree with trying every order, and
the guarantees imply each other as they must.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise, permutations

import histories
import pytest
from hypothesis import given, settings

from dsmc.histories import causal, session_guarantees
from dsmc.histories.budget import Budget
from dsmc.histories.linearizable import linearizable
from dsmc.histories.model import Operation, Operations, Status
from dsmc.histories.objects import ILLEGAL, SPECIFICATIONS, register
from dsmc.histories.reads_from import Seen, reads_from
from dsmc.histories.sequential import sequential
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated

History = tuple[Operation, ...]
Order = tuple[int, ...]


def judge(decide: Callable[..., Verdict], operations: History) -> Verdict:
    return decide(Operations(operations), register(), Budget())


# ---------------------------------------------------------------- every order


def extends(order: Iterable[int], pairs: Iterable[tuple[int, int]]) -> bool:
    place = {number: n for n, number in enumerate(order)}
    return all(place[a] < place[b] for a, b in pairs if a in place and b in place)


def session_pairs(seen: Seen) -> set[tuple[int, int]]:
    return {p for lane in seen.lanes for p in pairwise(lane)} | set(seen.aside)


def explains(seen: Seen, order: Order, reads: Iterable[int]) -> bool:
    """Does each of the reads see the last write of its object before it?"""
    held: dict[object, int] = {}
    for number in order:
        object = seen.operations[number].object
        if seen.is_write(number):
            held[object] = number
        elif number in reads and seen.source[number] != held.get(object):
            return False
    return True


def causal_pairs(seen: Seen) -> set[tuple[int, int]]:
    """The transitive closure of sessions and reads-from."""
    pairs = session_pairs(seen) | {(w, r) for r, w in seen.source.items() if w is not None}
    while more := {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs:
        pairs |= more
    return pairs


def is_causal(seen: Seen) -> bool:
    co = causal_pairs(seen)
    return all(a != b for a, b in co) and all(
        any(
            extends((*past, read), co) and explains(seen, (*past, read), (read,))
            for past in permutations(a for a, b in co if b == read)
        )
        for read in seen.source
    )


def is_convergent(seen: Seen) -> bool:
    co = causal_pairs(seen)
    return all(a != b for a, b in co) and any(
        extends(order, co)
        and all(
            explains(seen, (*(n for n in order if (n, read) in co), read), (read,))
            for read in seen.source
        )
        for order in permutations(range(len(seen.operations)))
    )


def has_views(seen: Seen, pairs: set[tuple[int, int]]) -> bool:
    """Is there for each session an order of all that keeps the pairs and explains its reads?"""
    return all(a != b for a, b in pairs) and all(
        any(
            extends(order, pairs) and explains(seen, order, set(lane))
            for order in permutations(range(len(seen.operations)))
        )
        for lane in seen.lanes
    )


def is_memory(seen: Seen) -> bool:
    return is_causal(seen) and has_views(seen, causal_pairs(seen))


def is_pram(seen: Seen) -> bool:
    return has_views(seen, session_pairs(seen))


ORACLES = {
    "causal": is_causal,
    "causal_convergent": is_convergent,
    "causal_memory": is_memory,
    "pram": is_pram,
}


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_causal_guarantees(name: str) -> None:
    seen_verdicts: set[bool] = set()

    @settings(max_examples=250)
    @given(histories.unique(most=6))
    def run(operations: History) -> None:
        seen = reads_from(Operations(operations), register())
        verdict = judge(getattr(causal, name), operations)
        if isinstance(seen, Seen):
            assert isinstance(verdict, Holds) == ORACLES[name](seen)
            seen_verdicts.add(isinstance(verdict, Holds))
            if isinstance(verdict, Violated) and verdict.anomaly.startswith("Cyclic"):
                assert_closed(verdict)
        else:
            assert verdict == seen

    run()
    assert seen_verdicts == {True, False}


def assert_closed(verdict: Violated) -> None:
    """A cycle's reasons follow each other, and the last one leads to the first."""
    steps = verdict.reasons
    assert [r.after for r in steps] == [*(r.before for r in steps[1:]), steps[0].before]


def in_some_order(name: str, operations: History) -> bool:
    spec = SPECIFICATIONS[name]()
    live = [o for o in operations if o.status is not Status.FAIL]
    ended = [o for o in live if o.status is Status.OK]
    pending = [o for o in live if o.status is Status.INFO]
    for choice in histories.subsets(pending):
        for order in permutations([*ended, *choice]):
            if keeps_sessions(order) and legal(spec, order):
                return True
    return False


def keeps_sessions(order: tuple[Operation, ...]) -> bool:
    return all(
        not (a.session == b.session and b.invoked < a.invoked)
        for n, a in enumerate(order)
        for b in order[n + 1 :]
    )


def legal(spec: object, order: tuple[Operation, ...]) -> bool:
    states: dict[object, object] = {}
    for one in order:
        state = spec.step(states.get(one.object, spec.initial), one)  # type: ignore[attr-defined]
        if state is ILLEGAL:
            return False
        states[one.object] = state
    return True


@pytest.mark.parametrize("name", sorted(SPECIFICATIONS))
def test_sequential(name: str) -> None:
    @settings(max_examples=150)
    @given(histories.of(name, most=6, objects=("x", "y")))
    def run(operations: History) -> None:
        spec = SPECIFICATIONS[name]()
        verdict = sequential(Operations(operations), spec, Budget())
        assert isinstance(verdict, Holds) == in_some_order(name, operations)
        if isinstance(verdict, Holds):
            by_id = {o.id: o for o in operations}
            order = tuple(by_id[n] for n in verdict.witness)
            assert keeps_sessions(order)
            assert legal(spec, order)

    run()


@settings(max_examples=250)
@given(histories.unique(most=6))
def test_sequential_of_unique_writes(operations: History) -> None:
    assert isinstance(judge(sequential, operations), Holds) == in_some_order("register", operations)


def test_why_it_is_not_sequential() -> None:
    rows = [
        ("a", "add", 1, None, 0, 1), ("a", "read", None, 2, 2, 3), ("b", "read", None, 0, 0, 1),
    ]  # fmt: skip
    verdict = sequential(histories.history(*rows), SPECIFICATIONS["counter"](), Budget())
    assert isinstance(verdict, Violated)
    assert verdict.sentences == (
        "No legal order of the operations keeps that of each session.",
        "The longest that begins well has 2 of them: it ends with #2, #0.",
        "Then #1 `read → 2` of a cannot be next: it would be answered 1.",
    )


# ---------------------------------------------------------------- implications

DECIDERS = {
    "linearizable": linearizable,
    "sequential": sequential,
    **{name: getattr(causal, name) for name in ORACLES},
    **{
        name: getattr(session_guarantees, name)
        for name in (
            "read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads",
        )
    },
}  # fmt: skip
IMPLIES = [
    ("linearizable", "sequential"),
    ("sequential", "causal_memory"),
    ("sequential", "causal_convergent"),
    ("causal_memory", "causal"),
    ("causal_convergent", "causal"),
    ("causal_memory", "pram"),
    ("pram", "read_your_writes"),
    ("pram", "monotonic_reads"),
    ("pram", "monotonic_writes"),
    ("causal", "read_your_writes"),
    ("causal_memory", "writes_follow_reads"),
    ("causal_convergent", "monotonic_reads"),
    ("causal_convergent", "monotonic_writes"),
    ("causal_convergent", "writes_follow_reads"),
]


@pytest.mark.parametrize(("strong", "weak"), IMPLIES)
def test_implications(strong: str, weak: str) -> None:
    held = []

    @settings(max_examples=300)
    @given(histories.unique(most=7, sessions=2))
    def run(operations: History) -> None:
        if isinstance(judge(DECIDERS[strong], operations), Holds):
            assert not isinstance(judge(DECIDERS[weak], operations), Violated)
            held.append(operations)

    run()
    assert len(held) > 20


# ---------------------------------------------------------------- what separates them

A, B = "a", "b"
SEPARATE = {
    "sequential": [(A, "write", 1, None, 0, 1), (B, "read", None, None, 2, 3)],
    "causal_memory": [  # both see the own write overwritten by the other one
        (A, "write", 1, None, 0, 1), (B, "write", 2, None, 0, 1),
        (A, "read", None, 2, 2, 3), (B, "read", None, 1, 2, 3),
    ],
    "causal": [  # each read has an order of its own
        (A, "write", 1, None, 0, 1), (B, "write", 2, None, 0, 1),
        (B, "read", None, 1, 2, 3), (B, "read", None, 2, 4, 5),
    ],
}  # fmt: skip
STRONGER = {
    "sequential": ["linearizable"],
    "causal_memory": ["sequential", "causal_convergent"],
    "causal": ["causal_memory", "causal_convergent"],
}


@pytest.mark.parametrize("name", sorted(SEPARATE))
def test_published_separations(name: str) -> None:
    operations = histories.history(*SEPARATE[name]).operations
    assert isinstance(judge(DECIDERS[name], operations), Holds)
    for stronger in STRONGER[name]:
        assert isinstance(judge(DECIDERS[stronger], operations), Violated), stronger


BROKEN = {
    "read_your_writes": [(A, "write", 1, None, 0, 1), (A, "read", None, None, 2, 3)],
    "monotonic_reads": [
        (B, "write", 1, None, 0, 1), (A, "read", None, 1, 2, 3), (A, "read", None, None, 4, 5),
    ],
    "monotonic_writes": [
        (B, "write", 1, None, 0, 1), (B, "write", 2, None, 2, 3),
        (A, "read", None, 2, 4, 5), (A, "read", None, 1, 6, 7),
    ],
    "writes_follow_reads": [
        (B, "write", 1, None, 0, 1), ("c", "read", None, 1, 2, 3), ("c", "write", 2, None, 4, 5),
        (A, "read", None, 2, 6, 7), (A, "read", None, 1, 8, 9),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_each_session_guarantee_can_be_broken_alone(name: str) -> None:
    operations = histories.history(*BROKEN[name]).operations
    for other in BROKEN:
        verdict = judge(DECIDERS[other], operations)
        if other == name:
            assert isinstance(verdict, Violated)
        elif name == "monotonic_reads" and other in ("monotonic_writes", "writes_follow_reads"):
            assert isinstance(verdict, Undecided)  # without it, reads do not show that order
        else:
            assert isinstance(verdict, Holds)


def test_reading_a_newer_foreign_write_is_no_stale_read() -> None:
    rows = [(A, "write", 1, None, 0, 1), (B, "write", 2, None, 2, 3), (A, "read", None, 2, 4, 5)]
    assert isinstance(
        judge(DECIDERS["read_your_writes"], histories.history(*rows).operations), Holds
    )


def test_a_value_written_twice_is_undecided() -> None:
    rows = [(A, "write", 1, None, 0, 1), (B, "write", 1, None, 0, 1)]
    verdict = judge(causal.causal, histories.history(*rows).operations)
    assert isinstance(verdict, Undecided)
    assert "#0 writes it too" in verdict.why


def test_what_nobody_wrote() -> None:
    rows = [(A, "write", 1, None, 0, 1, Status.FAIL), (B, "read", None, 1, 2, 3)]
    verdict = judge(causal.causal, histories.history(*rows).operations)
    assert isinstance(verdict, Violated)
    assert verdict.sentences == ("#1 `read → 1` of b saw 1, but its write #0 failed.",)


def test_what_is_no_register_is_told_with_its_article() -> None:
    found = reads_from(
        histories.history((0, "acquire", None, None, 0, 1)), SPECIFICATIONS["mutex"]()
    )
    assert isinstance(found, Undecided)
    assert "#0 is an acquire" in found.why
