"""The session guarantees of Terry et al. (1994), as far as recorded reads show them.

Each is a condition on the order in which a session sees writes, in the sense of Viotti and Vukolić
(2016): the writes that it must have seen come before the one that a read returned. Reads show an
order of writes only if they are monotonic; where they are not, the guarantees on the order of
writes are not decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from dsmc.frozen import Frozen
from dsmc.histories import words
from dsmc.histories.budget import Budget
from dsmc.histories.model import Operations
from dsmc.histories.objects import Specification
from dsmc.histories.reads_from import Seen, reads_from
from dsmc.histories.relation import Relation
from dsmc.histories.verdict import Holds, Reason, Undecided, Verdict, Violated


class _Edge(Frozen):
    """A write that must come before another one; without that other, before the beginning."""

    before: int
    after: int | None
    kind: str
    read: int
    because: str


_Rule = Callable[[Seen, tuple[int, ...]], Iterator[_Edge]]


def read_your_writes(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Does a session see what it wrote, or something newer?"""
    return _judged(history, spec, budget, _own_writes, "stale read of own writes")


def monotonic_reads(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Does a session never see something older than it saw before?"""
    return _judged(history, spec, budget, _own_reads, "non-monotonic reads")


def monotonic_writes(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Does nobody see the writes of a session in another order than that in which it wrote?"""
    return _after_reads(history, spec, budget, _written_in_order, "non-monotonic writes")


def writes_follow_reads(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Does nobody see a write, and later what its session had read before writing?"""
    return _after_reads(history, spec, budget, _written_after_reads, "write before what it read")


def _after_reads(
    history: Operations, spec: Specification, budget: Budget, rule: _Rule, anomaly: str
) -> Verdict:
    def with_reads(seen: Seen, lane: tuple[int, ...]) -> Iterator[_Edge]:
        yield from rule(seen, lane)
        yield from _own_reads(seen, lane)

    alone = _judged(history, spec, budget, rule, anomaly)
    if not isinstance(alone, Holds):
        return alone
    if isinstance(monotonic_reads(history, spec, budget), Violated):
        return Undecided("the reads are not monotonic, so they do not show the order of the writes")
    verdict = _judged(history, spec, budget, with_reads, anomaly)
    if isinstance(verdict, Holds) and len({one.object for one in history.operations}) > 1:
        return Undecided("it is decided for each object alone, and there are several")
    return verdict


def _judged(
    history: Operations, spec: Specification, budget: Budget, rule: _Rule, anomaly: str
) -> Verdict:
    seen = reads_from(history, spec)
    if not isinstance(seen, Seen):
        return seen
    for lane in seen.lanes:
        order = _own_order(seen, lane)
        for edge in rule(seen, lane):
            cycle = _add(seen, order, edge)
            if cycle:
                return _violated(seen, anomaly, lane, cycle)
    return Holds()


def _own_order(seen: Seen, lane: tuple[int, ...]) -> Relation:
    """A session knows in which order it wrote."""
    order = Relation(len(seen.operations))
    for before, after in pairwise(n for n in lane if seen.is_write(n)):
        because = "the session wrote in this order"
        order.add(before, after, "session order", _ids(seen, before, after), because)
    return order


def _add(seen: Seen, order: Relation, edge: _Edge) -> tuple[Reason, ...]:
    if edge.after is None:
        return (Reason(edge.kind, *_ids(seen, edge.before, edge.read), edge.because),)
    if edge.before == edge.after:
        return ()
    names = _ids(seen, edge.before, edge.after)
    return order.add(edge.before, edge.after, edge.kind, names, edge.because)


def _ids(seen: Seen, before: int, after: int) -> tuple[int, int]:
    return seen.operations[before].id, seen.operations[after].id


# ---------------------------------------------------------------- the rules


def _own_writes(seen: Seen, lane: tuple[int, ...]) -> Iterator[_Edge]:
    wrote: dict[object, int] = {}
    for number in lane:
        object = seen.operations[number].object
        if seen.is_write(number):
            wrote[object] = number
        elif object in wrote:
            yield _seen_after(seen, wrote[object], number, "ryw", "wrote")


def _own_reads(seen: Seen, lane: tuple[int, ...]) -> Iterator[_Edge]:
    saw: dict[object, int] = {}
    for number in lane:
        object = seen.operations[number].object
        if seen.is_write(number):
            continue
        if object in saw:
            yield _seen_after(seen, saw[object], number, "mr", "saw")
        write = seen.source[number]
        if write is not None:
            saw[object] = write


def _seen_after(seen: Seen, write: int, read: int, kind: str, did: str) -> _Edge:
    because = f"the session {did} {_name(seen, write)} before it asked {_name(seen, read)}"
    return _Edge(write, seen.source[read], kind, read, because)


def _written_in_order(seen: Seen, _: tuple[int, ...]) -> Iterator[_Edge]:
    for lane in _all_lanes(seen):
        for before, after in pairwise(n for n in lane if seen.is_write(n)):
            yield _Edge(before, after, "mw", after, "its session wrote in this order")


def _written_after_reads(seen: Seen, _: tuple[int, ...]) -> Iterator[_Edge]:
    for lane in _all_lanes(seen):
        yield from _after_sources(seen, lane)


def _all_lanes(seen: Seen) -> Iterator[tuple[int, ...]]:
    """The sessions, and what was asked before each write that nobody answered."""
    yield from seen.lanes
    for before, after in seen.aside:
        lane = next(lane for lane in seen.lanes if before in lane)
        yield (*lane[: lane.index(before) + 1], after)


def _after_sources(seen: Seen, lane: tuple[int, ...]) -> Iterator[_Edge]:
    saw: list[tuple[int, int]] = []
    for number in lane:
        if seen.is_write(number):
            for write, read in saw:
                because = (
                    f"{_name(seen, read)} saw it before its session wrote {_name(seen, number)}"
                )
                yield _Edge(write, number, "wfr", read, because)
        elif (write_seen := seen.source[number]) is not None:
            saw.append((write_seen, number))


# ---------------------------------------------------------------- what is told


def _name(seen: Seen, number: int) -> str:
    return words.named(seen.operations[number])


def _violated(
    seen: Seen, anomaly: str, lane: tuple[int, ...], cycle: tuple[Reason, ...]
) -> Violated:
    by_id = {o.id: words.named(o) for o in seen.operations}
    session = words.value(seen.operations[lane[0]].session)
    steps = tuple(
        f"{by_id[r.before]} comes before {by_id[r.after]}, because {r.because}."
        for r in cycle
        if isinstance(r.before, int) and isinstance(r.after, int)
    )
    last = by_id[cycle[-1].after] if isinstance(cycle[-1].after, int) else ""
    end = (f"But {last} saw the value at the beginning.",) if len(cycle) == 1 else (
        "But nothing comes before itself.",)  # fmt: skip
    involved = dict.fromkeys(x for r in cycle for x in (r.before, r.after))
    says = f"No order of the writes explains what session {session} saw."
    return Violated(anomaly, (says, *steps, *end), cycle, tuple(involved))
