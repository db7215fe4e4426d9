"""The verdict on linearizability, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.histories import words
from dsmc.histories.blocks import Impossible
from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.linearizability import Search, Stuck
from dsmc.histories.model import Operation, Operations, Value
from dsmc.histories.narrowing import narrowed
from dsmc.histories.objects import ILLEGAL, Specification
from dsmc.histories.verdict import Holds, Reason, Undecided, Verdict, Violated
from dsmc.histories.zones import ordered

_MOST_STATES = 8  # so many are spelled out
_LAST = 6  # so many of the last operations of a long order are named


def linearizable(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Has each object an order that is legal and respects real time?

    The objects are searched in turn, so that a violation of one is found whatever another needs.
    """
    groups = by_object(history.operations)
    searches: dict[Value, Search] = {}
    orders: list[tuple[Operation, ...]] = []
    for object, group in groups.items():
        match ordered(spec, group):
            case None:
                searches[object] = Search(spec, group)
            case Impossible():
                return _violated(spec, group, budget)
            case order:
                orders.append(order)
    try:
        while searches:
            for object, search in tuple(searches.items()):
                match search.advance(budget):
                    case None:
                        continue
                    case Stuck():
                        return _violated(spec, groups[object], budget)
                    case order:
                        orders.append(order)
                        del searches[object]
    except Exhausted as limit:
        return Undecided(f"{limit}")
    return Holds(_merged(orders))


def _violated(spec: Specification, operations: list[Operation], budget: Budget) -> Violated:
    try:
        return explained(spec, narrowed(spec, operations, budget))
    except Exhausted as limit:
        says = "No legal order of the operations respects real time."
        told = f"How far an order gets is not known: {limit}."
        return Violated("not linearizable", (says, told), (), tuple(o.id for o in operations))


def by_object(operations: Iterable[Operation]) -> dict[Value, list[Operation]]:
    """The operations on each object, in their order."""
    found: dict[Value, list[Operation]] = {}
    for one in operations:
        found.setdefault(one.object, []).append(one)
    return found


def _merged(orders: Iterable[tuple[Operation, ...]]) -> tuple[int, ...]:
    """One order from those of the objects: each operation at the first moment that its order allows."""
    points = []
    for order in orders:
        moment = -1
        for place, one in enumerate(order):
            moment = max(moment, one.invoked)
            points.append((moment, place, one.id))
    return tuple(id for _, _, id in sorted(points, key=lambda point: point[0]))


# ---------------------------------------------------------------- why not


def explained(spec: Specification, stuck: Stuck) -> Violated:
    """The longest legal order, and why nothing can follow it."""
    involved = dict.fromkeys(o.id for o in (*stuck.path[-_LAST:], *stuck.open_))
    sentences = (
        f"{words.named(stuck.operation)} has no place in any legal order that respects real time.",
        _longest(spec, stuck),
        *(why_not(spec, stuck.state, one) for one in stuck.open_),
        *_elsewhere(spec, stuck),
    )
    return Violated("not linearizable", sentences, _reasons(spec, stuck), tuple(involved))


def _longest(spec: Specification, stuck: Stuck) -> str:
    held = f"{spec.state} {words.value(stuck.state)}"
    if not stuck.path:
        return f"No operation can come before it; {held} at the beginning."
    count = f"{len(stuck.path)} operation{'s' * (len(stuck.path) > 1)}"
    last = ", ".join(f"#{one.id}" for one in stuck.path[-_LAST:])
    end = f"{'and ends with ' if len(stuck.path) > _LAST else ''}{last}"
    return f"The longest order before it has {count}, {end}; after it, {held}."


def why_not(spec: Specification, state: Value, one: Operation) -> str:
    """A sentence on why no longer order goes on with an operation."""
    if spec.step(state, one) is not ILLEGAL:
        return f"Then {words.named(one)} could be next, but {clash(spec, state, one)}."
    return f"Then {words.named(one)} cannot be next: {clash(spec, state, one)}."


def clash(spec: Specification, state: Value, one: Operation) -> str:
    """Why an operation cannot follow in a state, as a clause."""
    answers = spec.answers(state, one)
    if not answers:
        return f"it is impossible where {spec.state} {words.value(state)}"
    if spec.step(state, one) is ILLEGAL:
        return f"it would be answered {' or '.join(map(words.value, answers))}"
    return "no longer order begins like that"


def _elsewhere(spec: Specification, stuck: Stuck) -> tuple[str, ...]:
    """What else may be the case when the order comes to the end."""
    others = [s for s in stuck.states if s != stuck.state]
    if not others:
        return ()
    said = ", or ".join(words.value(s) for s in others[:_MOST_STATES])
    more = f", or {len(others) - _MOST_STATES} more" if len(others) > _MOST_STATES else ""
    return (f"In other orders that get as far, {spec.state} {said}{more}: they end there too.",)


def _reasons(spec: Specification, stuck: Stuck) -> tuple[Reason, ...]:
    last = stuck.path[-1].id if stuck.path else None
    return tuple(
        Reason("illegal", last, one.id, clash(spec, stuck.state, one)) for one in stuck.open_
    )
