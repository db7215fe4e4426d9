"""What a search has found, as the results of properties: verdicts, runs taken again, reasons."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.cache.findings import Findings
from dsmc.coverage.vacuity import Vacuity
from dsmc.engine.outcome import Explored, Run, Statistics, Verdict
from dsmc.engine.search import FIRST_FOUND
from dsmc.frozen import replace
from dsmc.ir import system as y
from dsmc.ir.system import Property
from dsmc.project import Job
from dsmc.results import Result
from dsmc.session.subject import Subject
from dsmc.traces.beginning import beginning
from dsmc.traces.minimal.budget import SPENT
from dsmc.traces.replay import replay, retell
from dsmc.traces.scenario import Enacted

#: What a search has covered that was not begun.
NOTHING = Statistics(0, 0, 0, 0, 0, 0.0, complete=False, stopped=FIRST_FOUND)
_UNTOLD = "there are histories that do not tell"
_LAST = "the last counterexample, taken again"


def shown(job: Job, machine: PythonMachine, prop: Property, verdict: Verdict, run: Run) -> Result:
    """The result that a run shows. Raises `ReplayError` if the run cannot be taken."""
    if not run.states:
        return Result(prop, verdict, 0, None, beginning(machine, prop))
    trace = replay(machine, prop, run, spec=machine.system.name, model=job.name)
    return Result(prop, verdict, trace.length, trace)


class Verdicts:
    """The results of the properties of one job's system. Each call may raise `ReplayError`: then what
    was found is not of this system.
    """

    def __init__(self, subject: Subject, found: Findings) -> None:
        self._job = subject.job
        self._system = subject.system
        self._machine = subject.machine
        self._probed = subject.probed
        self._found = found

    def results(self) -> tuple[Result, ...]:
        """One for each property about which there is something to say."""
        told = (self._with_needs(n, prop) for n, prop in enumerate(self._system.properties))
        return tuple(result for result in told if result is not None)

    def unsettled(self) -> tuple[str, ...]:
        """What is said of runs that might be smaller."""
        names = (self._system.properties[n].name for n in sorted(self._found.settled.spent))
        return tuple(f"{name}: {SPENT}" for name in names)

    def _with_needs(self, number: int, prop: Property) -> Result | None:
        """The result, its trace with the faults that it needs."""
        result = self._result(prop, number)
        if result is None or result.trace is None or number not in self._found.settled.needs:
            return result
        return replace(result, trace=replace(result.trace, needs=self._found.settled.needs[number]))

    def _result(self, prop: Property, number: int) -> Result | None:
        explored = self._found.explored
        match prop:
            case y.Law() | y.Scenario():
                return self._apart(prop, number)
            case y.Temporal():
                return self._lived(prop, number)
            case y.NoError() if number not in explored.decided:
                if not explored.statistics.stopped or number in explored.proven:
                    return None
        run = explored.decided.get(number)
        witness = isinstance(prop, y.Reachable | y.Fires)
        if run is not None:
            verdict = Verdict.HOLDS if witness else Verdict.VIOLATED
            result = shown(self._job, self._machine, prop, verdict, run)
            again = explored.statistics is NOTHING
            return replace(result, note=_LAST) if again else result
        seen = explored.statistics.complete or number in explored.proven
        if not seen or self._hidden(prop, explored):
            return Result(prop, Verdict.UNKNOWN, note=self._why_unknown(explored))
        if witness:
            return Result(prop, Verdict.VIOLATED)
        if self._probed.untold.get(number) in explored.decided:
            return Result(prop, Verdict.UNKNOWN, note=self._why_untold(prop))
        return Result(prop, Verdict.HOLDS, vacuity=self._vacuity(number, explored))

    def _why_untold(self, prop: Property) -> str:
        """Why histories do not tell whether a guarantee is kept."""
        from dsmc.backends.observing import numbered

        observers = (o for o in self._system.observers if o.promise.property == prop.name)
        reasons = filter(None, (numbered(observer).why for observer in observers))
        return ": ".join((_UNTOLD, *reasons))

    def _vacuity(self, number: int, explored: Explored) -> Vacuity | None:
        """Why a property that holds has nothing to say."""

        def idle(probe: int) -> bool:
            if self._probed.is_of_runs(probe):
                lived = self._found.lives.found.get(probe)
                return lived is not None and lived.verdict is Verdict.HOLDS
            seen = explored.statistics.complete or probe in explored.proven
            return seen and probe not in explored.decided

        return self._probed.vacuity(number, idle)

    def _lived(self, prop: y.Temporal, number: int) -> Result:
        lived = self._found.lives.found[number]
        if lived.run is None:
            holds = lived.verdict is Verdict.HOLDS
            vacuity = self._vacuity(number, self._found.explored) if holds else None
            return Result(prop, lived.verdict, note=lived.note, vacuity=vacuity)
        return shown(self._job, self._machine, prop, lived.verdict, lived.run)

    def _hidden(self, prop: Property, explored: Explored) -> bool:
        """Did a range error cut off runs that might have decided the property?"""
        error = next(n for n, p in enumerate(self._system.properties) if isinstance(p, y.NoError))
        return error in explored.decided and not isinstance(prop, y.NoError)

    def _why_unknown(self, explored: Explored) -> str:
        if explored.statistics.stopped:
            return explored.statistics.stopped
        if explored.statistics.complete:
            return "a range error cut off part of the runs"
        return "the search ended when all other properties were decided"

    def _apart(self, prop: y.Law | y.Scenario, number: int) -> Result:
        if isinstance(prop, y.Scenario) and number in self._found.enacted:
            return self._scenario(prop, self._found.enacted[number])
        tried = self._found.tried[number]
        return Result(prop, tried.verdict, note=tried.note)

    def _scenario(self, scenario: y.Scenario, enacted: Enacted) -> Result:
        if enacted.stuck is not None and not enacted.complete:
            return Result(scenario, Verdict.UNKNOWN, note="a limit was reached")
        good = (enacted.stuck is None) is not scenario.impossible
        verdict = Verdict.HOLDS if good else Verdict.VIOLATED
        if enacted.stuck is not None and scenario.impossible:
            return Result(scenario, verdict)
        trace = retell(
            self._machine, scenario, enacted.first, list(enacted.steps), stuck=enacted.stuck,
            spec=self._system.name, model=self._job.name,
        )  # fmt: skip
        steps = trace.length if enacted.stuck is None else None
        return Result(scenario, verdict, steps, trace)
