"""Do the final reads of a record agree? A record that ends before they do shows nothing."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.histories import words
from dsmc.histories.budget import Budget
from dsmc.histories.linearizable import by_object
from dsmc.histories.model import Operation, Operations, Status, Value
from dsmc.histories.objects import Specification
from dsmc.histories.verdict import Holds, Undecided, Verdict


def convergent(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Once all updates are over, does each session read the same?"""
    seen: list[int] = []
    for object, operations in by_object(history.operations).items():
        final = _final_reads(spec, operations)
        why = _undecided(object, final)
        if why:
            return Undecided(why)
        seen += [one.id for one in final.values()]
    return Holds(tuple(seen))


def _final_reads(spec: Specification, operations: Iterable[Operation]) -> dict[Value, Operation]:
    """The last read of each session that began after every update had ended."""
    happened = [o for o in operations if o.status is not Status.FAIL]
    ends = [o.returned for o in happened if not spec.observes(o) and o.returned is not None]
    quiet = max(ends, default=-1)
    reads = [o for o in happened if o.status is Status.OK and o.f in ("read", "get")]
    return {o.session: o for o in reads if o.invoked > quiet}


def _undecided(object: Value, final: dict[Value, Operation]) -> str:
    if len(final) < 2:
        of = "" if object is None else f" of {words.value(object)}"
        return f"no two sessions read after the last update{of}"
    first, *others = final.values()
    other = next((o for o in others if o.result != first.result), None)
    if other is None:
        return ""
    return f"the record ends before {words.named(first)} and {words.named(other)} agree"
