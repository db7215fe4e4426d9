"""The causal past: at once without all that the violation does not depend on."""

from __future__ import annotations

from dsmc.ir.expr import Expr
from dsmc.ir.system import Invariant, Property, Quiescent
from dsmc.traces.causes import Causes, decisive
from dsmc.traces.minimal.attempts import Attempts, Candidate


def causal_past(attempts: Attempts, best: Candidate) -> Candidate:
    """The run of those steps alone on which its end depends, if that is one."""
    if len(best.acts) == len(best.steps) and _condition(attempts.prop) is None:
        return best  # it ends in a state of which nothing is known but that it decides
    kept = _kept(attempts, best)
    if len(kept) == len(best.acts):
        return best
    return attempts.smaller([best.acts[n] for n in sorted(kept)]) or best


def _kept(attempts: Attempts, best: Candidate) -> set[int]:
    """The numbers of the acts that the end depends on."""
    decoded = [attempts.machine.decode(state) for state in best.run.states]
    begun = attempts.machine.starts.get(best.run.states[0], ())
    causes = Causes(attempts.machine.system, begun, best.steps, decoded)
    condition = _condition(attempts.prop)
    ends = {len(best.steps) - 1}
    if condition is not None:
        ends = causes.writers(decisive(attempts.machine.system, condition, decoded))
    return {n for n in causes.before(ends) if n < len(best.acts)}


def _condition(prop: Property) -> Expr | None:
    """What is false of the last state."""
    return prop.expr if isinstance(prop, Invariant | Quiescent) else None
