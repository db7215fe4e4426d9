"""Which write each read of a history saw: known where no value is written twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsmc.frozen import Frozen
from dsmc.histories import words
from dsmc.histories.model import Operation, Operations, Status, Value
from dsmc.histories.objects import Specification
from dsmc.histories.sessions import Lane, lanes
from dsmc.histories.verdict import Undecided, Violated


class Seen(Frozen):
    """A history of reads and writes, numbered through.

    `source` gives for each read the write that it saw, or None for the value at the beginning;
    `lanes` the numbers in the order of each session, and `aside` what follows what as the only one
    (writes that nobody answered, where somebody read what they wrote).
    """

    operations: tuple[Operation, ...]
    source: Mapping[int, int | None]
    lanes: tuple[tuple[int, ...], ...]
    aside: tuple[tuple[int, int], ...]

    def is_write(self, number: int) -> bool:
        """Does the operation write?"""
        return self.operations[number].f == "write"


def reads_from(history: Operations, spec: Specification) -> Seen | Violated | Undecided:
    """Who saw what. A read of what nobody wrote breaks every guarantee."""
    strange = next((o for o in history.operations if o.f not in ("read", "write")), None)
    if strange is not None or spec.name not in ("register", "cas_register"):
        what = (
            f"#{strange.id} is {words.a(strange.f)}"
            if strange
            else f"the object is {words.a(spec.name)}"
        )
        return Undecided(f"this guarantee is decided for reads and writes of registers, and {what}")
    writes: dict[tuple[Value, Value], Operation] = {}
    for one in history.operations:
        if one.f == "write" and one.status is not Status.FAIL:
            twin = writes.setdefault((one.object, one.arg), one)
            if twin is not one or one.arg == spec.initial:
                return _ambiguous(one, twin)
    return _sources(history, spec, writes)


def _ambiguous(one: Operation, twin: Operation) -> Undecided:
    other = f"#{twin.id} writes it too" if twin is not one else "it is there at the beginning"
    told = f"#{one.id} writes {words.value(one.arg)}, and {other}: reads do not tell which they saw"
    return Undecided(told)


def _sources(
    history: Operations, spec: Specification, writes: Mapping[tuple[Value, Value], Operation]
) -> Seen | Violated:
    seen = {}
    for one in history.operations:
        if one.f != "read" or one.status is not Status.OK:
            continue
        source = writes.get((one.object, one.result))
        if source is None and one.result != spec.initial:
            return _thin_air(history, one)
        seen[one.id] = source
    return _numbered(lanes(history.operations), seen)


def _thin_air(history: Operations, one: Operation) -> Violated:
    failed = (o.id for o in history.operations if o.f == "write" and o.arg == one.result)
    number = next(failed, None)
    said = "which nobody wrote" if number is None else f"but its write #{number} failed"
    return Violated("ThinAirRead", (f"{words.named(one)} saw {words.value(one.result)}, {said}.",),
                    (), (one.id,) if number is None else (number, one.id))  # fmt: skip


def _numbered(found: Iterable[Lane], seen: Mapping[int, Operation | None]) -> Seen:
    """What counts: all that was answered, and of the rest what somebody saw."""
    used = {source.id for source in seen.values() if source is not None}
    kept = [
        lane
        for lane in found
        if lane.operations[0].status is Status.OK or lane.operations[0].id in used
    ]
    operations = tuple(o for lane in kept for o in lane.operations)
    numbers = {o.id: number for number, o in enumerate(operations)}
    return Seen(
        operations,
        {numbers[id]: None if s is None else numbers[s.id] for id, s in seen.items()},
        tuple(tuple(numbers[o.id] for o in lane.operations) for lane in kept),
        tuple((numbers[n.after.id], numbers[n.operations[0].id]) for n in kept if n.after),
    )
