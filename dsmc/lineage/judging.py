"""What runs of rounds decide of a property, and why a run is good."""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.engine import outcome
from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import temporal as f
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import RangeError
from dsmc.lineage.gates import Run
from dsmc.lineage.mentions import looked_at
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.supports import Supports
from dsmc.lineage.telling import Teller
from dsmc.lineage.things import Known, Scope, exactly
from dsmc.smt.monotone import Id


def is_judged(prop: y.Property) -> bool:
    """Do runs of rounds decide it?"""
    return isinstance(prop, y.Invariant | y.Quiescent) or goal(prop) is not None


def goal(prop: y.Property) -> x.Expr | None:
    """What has to become true some time, if that is what a property says."""
    match prop:
        case y.Temporal(_, "eventually", f.Eventually(f.Now(e))):
            return e
        case _:
            return None


class Judge:
    """Judges runs by one property."""

    def __init__(self, schedule: Schedule, number: int) -> None:
        self._schedule = schedule
        self._machine: PythonMachine = schedule.machine
        self.number = number
        self.prop = schedule.system.properties[number]
        assert is_judged(self.prop)

    # ------------------------------------------------------------ verdicts

    def broken(self, run: Run) -> outcome.Run | None:
        """The run, if it breaks the property, up to where it does."""
        match self.prop:
            case y.Invariant():
                index = self._machine.state_deciders[self.number](run.states)
                return None if index < 0 else outcome.Run(run.states[: index + 1])
            case y.Quiescent():
                bad = self._machine.rest_deciders[self.number]
                last = run.states[-1]
                return outcome.Run(run.states) if self.is_at_rest(run) and bad(last) else None
            case y.Temporal():
                never = self.is_at_rest(run) and not any(self._reached(run))
                return self._for_ever(run) if never else None
            case _:
                raise AssertionError(self.prop)

    def _for_ever(self, run: Run) -> outcome.Run:
        """It stays where it is."""
        return outcome.Run(run.states, start=len(run.states) - 1)

    def _reached(self, run: Run) -> Iterator[bool]:
        """Is the goal true, in each state?"""
        wanted = goal(self.prop)
        assert wanted is not None
        functions = {function.name: function for function in self._schedule.system.functions}
        for values in run.values:
            try:
                yield bool(evaluate(wanted, World(functions, values)))
            except RangeError:
                yield False

    def is_at_rest(self, run: Run) -> bool:
        """Is there no work left in the end?"""
        last = run.states[-1]
        successors: list[object] = []
        violated: list[int] = []
        work, _ = self._machine.expand(last, successors, violated)
        is_cut_off = self._machine.error in violated
        return not is_cut_off and all(after == last for after in successors[:work])

    # ------------------------------------------------------------ supports

    def support(self, run: Run, supports: Supports) -> Id:
        """Why the run is good."""
        self._supports = supports
        reasons, end = supports.reasons, len(run.gates)
        match self.prop:
            case y.Invariant(_, e):
                return reasons.all(self._true(e, place) for place in self._places(run, e))
            case y.Quiescent(_, e):
                good = [self._true(e, end)] if self._is_true(e, end) else []
                return reasons.any([*good, *self._works(run)])
            case y.Temporal():
                wanted = goal(self.prop)
                assert wanted is not None
                places = [p for p in self._places(run, wanted) if self._is_true(wanted, p)]
                return reasons.any(
                    [*(self._true(wanted, place) for place in places), *self._works(run)]
                )
            case _:
                raise AssertionError(self.prop)

    def _is_true(self, e: x.Expr, place: int) -> bool:
        try:
            return bool(self._supports.reasons.value(e, self._supports.scope(place)))
        except RangeError:
            return False

    def _true(self, e: x.Expr, place: int) -> Id:
        return self._supports.reasons.truth(e, self._supports.scope(place), wanted=True)

    def _places(self, run: Run, e: x.Expr) -> list[int]:
        """The places before steps that may write what a condition looks at, and the end.

        Where nothing happens facts can only stay: what they say in the end they say all the time.
        """
        names = looked_at([e], self._supports.reasons.functions)
        slots = [s for name in names for s in self._schedule.slots.under(name)]
        writers = {n for slot in slots for n in self._supports.writers(slot)}
        return [*(n for n in sorted(writers) if run.gates[n].step is not None), len(run.gates)]

    def _works(self, run: Run) -> Iterator[Id]:
        """Why there is work left in the end: each step that is possible then is a reason."""
        last = run.states[-1]
        for step in self._machine.steps_from(last):
            if step.target not in (None, last) and step.action.origin.kind.is_work:
                yield self._possible(step, len(run.gates))

    def _possible(self, step: TracedStep, place: int) -> Id:
        """Why a step is possible, and changes something."""
        supports, slots = self._supports, self._schedule.slots
        params = {p.name for p in step.action.params}
        names = {name: Known(value) for name, value, _ in step.labels if name in params}
        scope = Scope(place, supports.values(place), names, {})
        told = Teller(supports.reasons, slots).tell(step.action, scope)
        changed = [part for slot, new in told.written.items() for part in (
            exactly(new), exactly(supports.reasons.slot(slot, scope)))]  # fmt: skip
        why = [c.why() for c in (*told.why, *told.path)]
        return supports.reasons.all([*why, *changed])
