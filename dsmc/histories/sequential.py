"""Sequential consistency: one legal order of all operations that keeps the order of each session.

It is not local: the objects are decided together. What breaks PRAM breaks it, and is found quickly;
the rest is searched.
"""

from __future__ import annotations

from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.causal import causal_convergent, causal_memory
from dsmc.histories.interleaving import Blocked, interleaved
from dsmc.histories.linearizable import clash, why_not
from dsmc.histories.model import Operations, Status
from dsmc.histories.objects import Specification
from dsmc.histories.sessions import lanes
from dsmc.histories.verdict import Holds, Reason, Undecided, Verdict, Violated

_LAST = 6  # so many of the last operations of a long order are named


def sequential(history: Operations, spec: Specification, budget: Budget) -> Verdict:
    """Is there one legal order that keeps that of each session (Lamport 1979)?"""
    for weaker in (causal_memory, causal_convergent):
        found = weaker(history, spec, budget)
        if isinstance(found, Violated):
            return found
    try:
        order = interleaved(spec, lanes(history.operations), budget)
    except Exhausted as limit:
        return Undecided(f"{limit}")
    if isinstance(order, Blocked):
        return _violated(spec, order)
    return Holds(tuple(o.id for o in order))


def _violated(spec: Specification, blocked: Blocked) -> Violated:
    last = blocked.order[-_LAST:]
    names = ", ".join(f"#{one.id}" for one in last)
    ends = f": it ends with {names}" if names else ""
    answered = [(one, state) for one, state in blocked.following if one.status is Status.OK]
    reasons = tuple(
        Reason("illegal", last[-1].id if last else None, one.id, clash(spec, state, one))
        for one, state in answered
    )
    sentences = (
        "No legal order of the operations keeps that of each session.",
        f"The longest that begins well has {len(blocked.order)} of them{ends}.",
        *(why_not(spec, state, one) for one, state in answered),
    )
    involved = (*(o.id for o in last), *(one.id for one, _ in answered))
    return Violated("not sequential", sentences, reasons, involved)
