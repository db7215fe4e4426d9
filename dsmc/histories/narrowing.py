"""How far does an order of the operations get? Asked once it is known that none gets to the end."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.frozen import replace
from dsmc.histories.blocks import Impossible
from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.linearizability import Search, Stuck
from dsmc.histories.model import PENDING, Operation, Status
from dsmc.histories.objects import Specification
from dsmc.histories.zones import ordered

_SECONDS = 3.0  # for looking at every order that gets far


def narrowed(spec: Specification, operations: Sequence[Operation], budget: Budget) -> Stuck:
    """The first operation whose end no order gets past, and a longest order before it.

    All orders are looked at if that is quick; otherwise one is shown. Raises `Exhausted`.
    """
    try:
        found = decided(Search(spec, operations, foresight=False), Budget(_SECONDS))
    except Exhausted:
        return _first(spec, operations, budget)
    assert isinstance(found, Stuck)
    return found


def decided(search: Search, budget: Budget) -> tuple[Operation, ...] | Stuck:
    """A legal order of all, or where orders end. Raises `Exhausted`."""
    while True:
        found = search.advance(budget)
        if found is not None:
            return found


def _first(spec: Specification, operations: Sequence[Operation], budget: Budget) -> Stuck:
    """Halve the history until it is known which end is one too many."""
    ends = sorted((o for o in operations if o.returned is not None), key=_end)
    good, bad = 0, len(ends) - 1  # so many ends are possible; those up to that one are not
    while good < bad:
        middle = (good + bad) // 2
        until = until_end(operations, _end(ends[middle]))
        if _order(spec, until, budget) is None:
            bad = middle
        else:
            good = middle + 1
    before = _end(ends[bad]) - 1
    order = _order(spec, until_end(operations, before), budget)
    assert order is not None
    state = spec.initial
    for one in order:
        state = spec.step(state, one)
    return Stuck(ends[bad], order, state, (state,), (ends[bad],))


def _order(
    spec: Specification, operations: Sequence[Operation], budget: Budget
) -> tuple[Operation, ...] | None:
    """A legal order, if there is one."""
    match ordered(spec, operations):
        case None:
            found = decided(Search(spec, operations), budget)
            return None if isinstance(found, Stuck) else found
        case Impossible():
            return None
        case order:
            return order


def _end(one: Operation) -> int:
    assert one.returned is not None
    return one.returned


def until_end(operations: Sequence[Operation], moment: int) -> tuple[Operation, ...]:
    """What was known at a moment: what had not returned then is pending."""
    return tuple(
        one
        if one.returned is not None and one.returned <= moment
        else replace(one, returned=None, result=PENDING, status=_then(one))
        for one in operations
        if one.invoked <= moment
    )


def _then(one: Operation) -> Status:
    return Status.FAIL if one.status is Status.FAIL else Status.INFO
