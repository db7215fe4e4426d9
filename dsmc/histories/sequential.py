"""Sequential consistency: one legal order of all operations that keeps the order of each session.

It is not local: the objects are decided together. What breaks PRAM breaks it, and is found quickly;
the rest is searched.
"""

from __future__ import annotations

from dsmc.histories.budget import Budget, Exhausted
from dsmc.histories.causal import causal_convergent, causal_memory
from dsmc.histories.interleaving import interleaved
from dsmc.histories.model import Operations
from dsmc.histories.objects import Specification
from dsmc.histories.sessions import lanes
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated


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
    if order is not None:
        return Holds(tuple(o.id for o in order))
    said = "Every order of the operations that keeps that of each session was tried: none is legal."
    return Violated("not sequential", (said,), (), tuple(o.id for o in history.operations))
