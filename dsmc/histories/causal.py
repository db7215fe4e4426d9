"""Causal consistency and what is near it, by the bad patterns of histories of reads and writes.

The patterns are those of Bouajjani, Enea, Guerraoui and Hamza (POPL 2017). They need to know which
write each read saw. `co` is the causal order: that of the sessions and from writes to their reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from dsmc.histories import words
from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.model import Operations, Value
from dsmc.histories.objects import Specification
from dsmc.histories.reads_from import Seen, reads_from
from dsmc.histories.relation import Relation, bits
from dsmc.histories.verdict import Holds, Reason, Undecided, Verdict, Violated

_Decider = Callable[["_History", Budget], Verdict]


def causal(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Is each read explained by some order of its causal past?"""
    return _decided(history, spec, budget, _causal)


def causal_convergent(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Causal, and all agree on one order of the writes."""
    return _decided(history, spec, budget, _convergent)


def causal_memory(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Causal, and each session's reads are explained by one order of its causal past."""
    return _decided(history, spec, budget, _memory)


def pram(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Does each session see the writes of each other session in that one's order?"""
    return _decided(history, spec, budget, _pram)


def _decided(history: Operations, spec: Specification, budget: Budget, decide: _Decider) -> Verdict:
    seen = reads_from(history, spec)
    if not isinstance(seen, Seen):
        return seen
    try:
        return decide(_History(seen), budget)
    except Exhausted as limit:
        return Undecided(f"{limit}")


class _History:
    """Who saw what, and the writes of each object as bits."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.operations = seen.operations
        self.writes: dict[Value, int] = {}
        self.readers: dict[
            tuple[object, object], int
        ] = {}  # whose read puts one write before another
        for number, one in enumerate(self.operations):
            if seen.is_write(number):
                self.writes[one.object] = self.writes.get(one.object, 0) | 1 << number

    def name(self, number: int) -> str:
        return words.named(self.operations[number])

    def ids(self, before: int, after: int) -> tuple[int, int]:
        return self.operations[before].id, self.operations[after].id

    def sessions(self) -> Relation:
        """The order of the sessions: it has no cycle."""
        made = Relation(len(self.operations))
        pairs = [pair for lane in self.seen.lanes for pair in pairwise(lane)]
        for before, after in [*pairs, *self.seen.aside]:
            session = words.value(self.operations[before].session)
            made.add(before, after, "session order", self.ids(before, after),
                     f"session {session} asked for it first")  # fmt: skip
        return made

    def with_reads(self, made: Relation, reads: Iterable[int]) -> tuple[Reason, ...]:
        """Let writes come before their reads; the cycle that this closes, if any."""
        for read in reads:
            write = self.seen.source[read]
            if write is not None:
                because = f"{self.name(read)} saw what {self.name(write)} wrote"
                cycle = made.add(write, read, "wr", self.ids(write, read), because)
                if cycle:
                    return cycle
        return ()


# ---------------------------------------------------------------- the deciders


def _causal(one: _History, budget: Budget) -> Verdict:
    co = one.sessions()
    cycle = one.with_reads(co, one.seen.source)
    if cycle:
        return _violated(one, "CyclicCO", "The causal order would have a cycle.", cycle)
    for read, write in one.seen.source.items():
        budget.spend()
        bad = _overwritten(one, co, read, write)
        if bad is not None:
            return bad
    return Holds()


def _overwritten(one: _History, co: Relation, read: int, write: int | None) -> Violated | None:
    """Did the read see a value although a later one is in its causal past?"""
    between = _others(one, co, read, write)
    for other in bits(between):
        if write is None:
            says = f"{_saw_initial(one, read)} {one.name(other)} is in its past."
            return _violated(one, "WriteCOInitRead", says, co.path(other, read))
        if co.pasts[other] >> write & 1:
            says = (
                f"{one.name(read)} saw what {one.name(write)} wrote, though {one.name(other)} came"
                " after that and is in the read's past."
            )
            steps = (*co.path(write, other), *co.path(other, read))
            return _violated(one, "WriteCORead", says, steps)
    return None


def _others(one: _History, order: Relation, read: int, write: int | None) -> int:
    """The writes of the object that come before the read, other than the one that it saw."""
    before = order.pasts[read] & one.writes.get(one.operations[read].object, 0)
    return before if write is None else before & ~(1 << write)


def _convergent(one: _History, budget: Budget) -> Verdict:
    found = _causal(one, budget)
    if not isinstance(found, Holds):
        return found
    co = one.sessions()
    one.with_reads(co, one.seen.source)
    order = co.copy()
    for read, write in one.seen.source.items():
        budget.spend()
        for other in bits(_others(one, co, read, write)):
            cycle = _put_before(one, order, other, write, read)
            if cycle:
                return _violated(one, "CyclicCF", "No one order of the writes suits all.", cycle)
    return Holds()


def _memory(one: _History, budget: Budget) -> Verdict:
    found = _causal(one, budget)
    if not isinstance(found, Holds):
        return found
    co = one.sessions()
    one.with_reads(co, one.seen.source)
    return _each_session(one, co, budget, "CyclicHB", "WriteHBInitRead")


def _pram(one: _History, budget: Budget) -> Verdict:
    return _each_session(one, one.sessions(), budget, "CyclicView", "WriteBeforeInitRead")


def _each_session(
    one: _History, base: Relation, budget: Budget, cyclic: str, initial: str
) -> Verdict:
    """Is there for each session one order that explains its reads? Its writes' order grows until
    nothing more follows.
    """
    for lane in one.seen.lanes:
        reads = [number for number in lane if number in one.seen.source]
        order = base.copy()
        cycle = one.with_reads(order, reads) or _grown(one, order, reads, budget)
        session = words.value(one.operations[lane[0]].session)
        if cycle:
            return _violated(
                one, cyclic, f"No one order explains what session {session} saw.", cycle
            )
        for read in reads:
            if one.seen.source[read] is None and (past := bits(_others(one, order, read, None))):
                says = f"{_saw_initial(one, read)} {one.name(past[0])} comes before it."
                return _violated(one, initial, says, order.path(past[0], read))
    return Holds()


def _grown(one: _History, order: Relation, reads: list[int], budget: Budget) -> tuple[Reason, ...]:
    """Each write before a read comes before the write that was seen. The cycle, if there is one."""
    grew = True
    while grew:
        grew = False
        for read in reads:
            budget.spend()
            write = one.seen.source[read]
            if write is None:
                continue
            for other in bits(_others(one, order, read, write) & ~order.pasts[write]):
                grew = True
                cycle = _put_before(one, order, other, write, read)
                if cycle:
                    return cycle
    return ()


def _put_before(
    one: _History, order: Relation, other: int, write: int | None, read: int
) -> tuple[Reason, ...]:
    if write is None:
        return ()
    because = f"{one.name(read)}, which {one.name(other)} comes before, saw {one.name(write)}"
    one.readers[one.ids(other, write)] = one.operations[read].id
    return order.add(other, write, "ww", one.ids(other, write), because)


def _saw_initial(one: _History, read: int) -> str:
    return f"{one.name(read)} saw the value at the beginning, though"


def _violated(one: _History, anomaly: str, says: str, reasons: tuple[Reason, ...]) -> Violated:
    known = {o.id: number for number, o in enumerate(one.operations)}
    steps = tuple(
        f"{one.name(known[r.before])} comes before {one.name(known[r.after])}, because {r.because}."
        for r in reasons
        if isinstance(r.before, int) and isinstance(r.after, int)
    )
    involved = dict.fromkeys(x for r in reasons for x in (r.before, r.after))
    involved |= dict.fromkeys(one.readers[r.before, r.after] for r in reasons if r.kind == "ww")
    return Violated(anomaly, (says, *steps), reasons, tuple(involved))
