"""What a history does not tell: which of several equal writes a read saw, and what came out of an
operation that nobody answered and that can come out in several ways.

The guarantees say that there is an explanation of what was seen; both are part of it. So a history
keeps one if it does for some choice. Which write was seen is told by a history whose writes are all
different.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

from dsmc.frozen import replace
from dsmc.histories.budget import Budget
from dsmc.histories.check import Guarantee
from dsmc.histories.model import PENDING, Operation, Operations, Status, Value
from dsmc.histories.objects import Specification
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated

#: So many choices are tried at most.
MOST = 20_000


def decide(one: Guarantee, history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """The verdict on a history that may not tell everything."""
    if one.name in ("linearizable", "sequential"):
        return _for_some_answers(one, history, spec, budget)
    if not _is_register(history) or _all_different(history, spec):
        return one.decide(history, spec, budget)
    seen = [_candidates(history, o, spec) for o in history.operations]
    if math.prod(map(len, seen)) > MOST:
        return Undecided(f"there are more than {MOST:,} ways to say which write each read saw")
    return _some(one.decide(choice, spec, budget) for choice in _choices(history, seen))


def _for_some_answers(
    one: Guarantee, history: Operations, spec: Specification, budget: Budget
) -> Verdict:
    """What nobody answered may have come out in each of the ways that there are."""
    ways = [_answers(o, spec) for o in history.operations]
    if all(len(found) == 1 for found in ways):
        return one.decide(history, spec, budget)
    if math.prod(map(len, ways)) > MOST:
        return Undecided(
            f"there are more than {MOST:,} ways in which what nobody answered came out"
        )
    return _some(one.decide(choice, spec, budget) for choice in _answered(history, ways))


def _answers(one: Operation, spec: Specification) -> tuple[Value, ...]:
    choice = spec.functions[one.f].choice
    is_open = one.result is PENDING and one.status is not Status.FAIL
    return choice.answers if choice is not None and is_open else (one.result,)


def _answered(history: Operations, ways: list[tuple[Value, ...]]) -> Iterator[Operations]:
    for chosen in product(*ways):
        told = zip(history.operations, chosen, strict=True)
        yield Operations(tuple(replace(o, result=result) for o, result in told))


def _is_register(history: Operations) -> bool:
    return all(o.f in ("read", "write") for o in history.operations)


def _all_different(history: Operations, spec: Specification) -> bool:
    """Does each value say which write wrote it?"""
    written = [(o.object, o.arg) for o in history.operations if o.f == "write"]
    new = all(value != spec.initial for _, value in written)
    return new and len(set(written)) == len(written)


def _candidates(history: Operations, one: Operation, spec: Specification) -> list[int | None]:
    """The writes that a read may have seen (None: it saw none); of what is no read, one choice."""
    if one.f != "read" or one.status is not Status.OK:
        return [None]
    found: list[int | None] = [None] if one.result == spec.initial else []
    found += [
        o.id for o in history.operations
        if o.f == "write" and o.status is not Status.FAIL and o.object == one.object
        and o.arg == one.result
    ]  # fmt: skip
    return found or [None]


def _choices(history: Operations, seen: list[list[int | None]]) -> Iterator[Operations]:
    for chosen in product(*seen):
        told = zip(history.operations, chosen, strict=True)
        yield Operations(tuple(_told_apart(o, write) for o, write in told))


def _told_apart(one: Operation, write: int | None) -> Operation:
    """The operation with what it wrote, or saw, told apart from what is alike."""
    if one.f == "write":
        return replace(one, arg=(one.arg, one.id))
    return one if write is None else replace(one, result=(one.result, write))


def _some(verdicts: Iterator[Verdict]) -> Verdict:
    """Is it kept for some choice? If for none, one violation is told."""
    undecided: Undecided | None = None
    broken: Violated | None = None
    for verdict in verdicts:
        match verdict:
            case Holds():
                return verdict
            case Undecided():
                undecided = undecided or verdict
            case Violated():
                broken = broken or verdict
    found = undecided or broken
    assert found is not None
    return found
