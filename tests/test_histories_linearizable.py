"""Linearizability: the search agrees with trying every order, and answers as was published."""

from __future__ import annotations

from itertools import permutations

import histories
import pytest
from hypothesis import given, settings

from dsmc.histories import narrowing
from dsmc.histories.budget import Budget
from dsmc.histories.linearizability import Search, Stuck
from dsmc.histories.linearizable import linearizable
from dsmc.histories.model import PENDING, Operation, Operations, Status
from dsmc.histories.objects import ILLEGAL, SPECIFICATIONS, Specification, register
from dsmc.histories.verdict import Holds, Undecided, Violated


def possible(spec: Specification, operations: tuple[Operation, ...]) -> bool:
    """Is there an order? Every one is tried, with every choice of pending operations."""
    live = [o for o in operations if o.status is not Status.FAIL]
    pending = [o for o in live if o.returned is None]
    ended = [o for o in live if o.returned is not None]
    return any(
        legal(spec, order)
        for choice in histories.subsets(pending)
        for order in permutations([*ended, *choice])
    )


def legal(spec: Specification, order: tuple[Operation, ...]) -> bool:
    state = spec.initial
    for place, one in enumerate(order):
        if any(o.returned is not None and o.returned < one.invoked for o in order[place + 1 :]):
            return False
        state = spec.step(state, one)
        if state is ILLEGAL:
            return False
    return True


def check_against_all_orders(name: str, operations: tuple[Operation, ...]) -> None:
    spec = SPECIFICATIONS[name]()
    verdict = linearizable(Operations(operations), spec, Budget())
    assert isinstance(verdict, Holds) == possible(spec, operations)
    if isinstance(verdict, Holds):
        by_id = {o.id: o for o in operations}
        order = tuple(by_id[n] for n in verdict.witness)
        assert legal(spec, order)
        assert {o.id for o in operations if o.status is Status.OK} <= set(verdict.witness)


@pytest.mark.parametrize("name", sorted(SPECIFICATIONS))
def test_random_histories(name: str) -> None:
    @settings(max_examples=300)
    @given(histories.of(name, most=6))
    def run(operations: tuple[Operation, ...]) -> None:
        check_against_all_orders(name, operations)

    run()


def test_all_small_register_histories() -> None:
    """Every history of three operations of values 0 and 1: each interleaving, each answer."""
    count = 0
    for operations in histories.all_of_register(3):
        check_against_all_orders("register", operations)
        count += 1
    assert count > 5_000


@settings(max_examples=200)
@given(histories.of("register", most=4), histories.of("register", most=4))
def test_it_is_local(one: tuple[Operation, ...], other: tuple[Operation, ...]) -> None:
    """A history of two objects is linearizable if that of each is; the witness shows it of both."""
    moved = [histories.changed(o, id=o.id + 100, object="y") for o in other]
    both = tuple(sorted((*one, *moved), key=lambda o: o.invoked))
    spec = register()
    verdict = linearizable(Operations(both), spec, Budget())
    assert isinstance(verdict, Holds) == (possible(spec, one) and possible(spec, other))
    if isinstance(verdict, Holds):
        by_id = {o.id: o for o in both}
        order = [by_id[n] for n in verdict.witness]
        for place, o in enumerate(order):
            assert not any(p.returned is not None and p.returned < o.invoked for p in order[place:])


def test_64_pending_writes() -> None:
    """Nobody reads what most of them wrote; the configurations are not their subsets."""
    rows = [(f"w{n}", "write", n, PENDING, n, None) for n in range(64)]
    rows += [("r", "read", None, n % 7, 100 + 2 * n, 101 + 2 * n) for n in range(7)]
    verdict = linearizable(histories.history(*rows), register(), Budget(10))
    assert isinstance(verdict, Holds)
    rows.append(("r", "read", None, 99, 300, 301))
    assert isinstance(linearizable(histories.history(*rows), register(), Budget(10)), Violated)


def test_a_failed_write_that_is_read() -> None:
    rows = [("a", "write", 1, PENDING, 0, 1, Status.FAIL), ("b", "read", None, 1, 2, 3)]
    assert isinstance(linearizable(histories.history(*rows), register(), Budget()), Violated)


def test_equal_times_order_nothing() -> None:
    rows = [("a", "write", 1, None, 0, 5), ("b", "read", None, None, 5, 6)]
    assert isinstance(linearizable(histories.history(*rows), register(), Budget()), Holds)


def test_a_budget_that_is_spent_is_no_verdict() -> None:
    rows = [("a", "write", 1, None, 0, 1), ("a", "write", 1, None, 2, 3)]
    rows.append(("a", "read", None, 1, 4, 5))  # which of the writes it saw is not known
    verdict = linearizable(histories.history(*rows), register(), Budget(-1.0))
    assert isinstance(verdict, Undecided)
    assert "seconds" in verdict.why


def test_the_explanation_names_the_read_and_what_the_register_holds() -> None:
    rows = [
        ("a", "write", 1, None, 0, 1), ("b", "write", 2, None, 2, 3), ("a", "read", None, 1, 4, 5),
    ]  # fmt: skip
    verdict = linearizable(histories.history(*rows), register(), Budget())
    assert isinstance(verdict, Violated)
    assert verdict.sentences == (
        "#2 `read → 1` of a has no place in any legal order that respects real time.",
        "The longest order before it has 2 operations, #0, #1; after it, the register holds 2.",
        "Then #2 `read → 1` of a cannot be next: it would be answered 2.",
    )
    assert verdict.involved == (0, 1, 2)


def test_it_names_the_first_operation_whose_end_is_one_too_many() -> None:
    """As trying every order of each beginning of the history tells; and so does halving it."""
    seen = []

    @settings(max_examples=300)
    @given(histories.of("cas_register", most=6))
    def run(operations: tuple[Operation, ...]) -> None:
        spec = SPECIFICATIONS["cas_register"]()
        if possible(spec, operations):
            return
        ends = sorted(o.returned for o in operations if o.returned is not None)
        first = next(t for t in ends if not possible(spec, narrowing.until_end(operations, t)))
        for stuck in (
            narrowing.narrowed(spec, operations, Budget()),
            narrowing._first(spec, operations, Budget()),
        ):
            assert stuck.operation.returned == first
        seen.append(first)

    run()
    assert len(seen) > 20


@pytest.mark.parametrize("name", ["register", "kv"])
def test_foresight_changes_no_verdict(name: str) -> None:
    spec = SPECIFICATIONS[name]()

    @settings(max_examples=300)
    @given(histories.of(name, most=9, sessions=5))
    def run(operations: tuple[Operation, ...]) -> None:
        found = [
            narrowing.decided(Search(spec, operations, foresight=foresight), Budget())
            for foresight in (True, False)
        ]
        assert isinstance(found[0], Stuck) == isinstance(found[1], Stuck)

    run()


def test_what_nobody_wrote_is_found_whatever_else_there_is_to_order() -> None:
    """Twenty writes that last long have a million orders; they are not tried."""
    rows = [(f"w{n}", "write", n, PENDING, n, None) for n in range(64)]
    rows += [("r", "read", None, n * 5 % 64, 100 + 2 * n, 101 + 2 * n) for n in range(40)]
    rows += [(f"x{n}", "write", 200 + n, None, 100 + 2 * n, 131 + 2 * n) for n in range(20)]
    rows.append(("r", "read", None, 999, 300, 301))
    verdict = linearizable(histories.history(*rows), register(), Budget(60))
    assert isinstance(verdict, Violated)
    assert verdict.sentences[0].startswith("#124 `read → 999`")
