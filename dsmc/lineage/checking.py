"""Lineage-driven search of a job: the pipeline of `session/`, with runs of rounds in place of all states."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.diagnostics import Diagnostic, Mistakes
from dsmc.engine.outcome import Engine, Rounds, Run, Statistics, Verdict
from dsmc.engine.search import INTERRUPTED
from dsmc.expectations import refuse_unknown, unexpected
from dsmc.frozen import replace
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir.expr import TRUE
from dsmc.ir.system import System
from dsmc.lineage.judging import is_judged
from dsmc.lineage.schedule import Schedule
from dsmc.lineage.search import Found, Search
from dsmc.project import Job
from dsmc.results import Result, Surprise
from dsmc.session import (
    Options,
    Report,
    check_system,
    compile_job,
    program_of,
    refuse_no_start,
    shown,
)
from dsmc.settle.needs import STATES, Answer, needs
from dsmc.smt.solving import Clock, GaveUp
from dsmc.source import NOWHERE
from dsmc.traces.minimal import Minimal, minimal
from dsmc.traces.minimal.budget import SPENT
from dsmc.typecheck.models import ExpectProperty

#: What is known when no set of faults is left.
NONE = "no counterexample"
_NOT_JUDGED = "runs of rounds do not decide it"


def check(job: Job, options: Options) -> Report:
    """Look for faults that break a property in the synchronous model. Nothing *holds*.

    Raises `Mistakes`.
    """
    system = compile_job(job, options.properties)
    refuse_unknown(job, system, options.properties)
    _refuse(system, options.properties)
    machine = PythonMachine(system)
    initial, violated = machine.initial()
    refuse_no_start(len(initial), {number: Run(()) for number in violated})
    return _Checking(job, options, machine).report()


# ---------------------------------------------------------------- what is refused


def _refuse(system: System, chosen: tuple[str, ...]) -> None:
    """Raises `Mistakes` for what runs of rounds do not decide."""
    known = [p.name for p in system.properties if is_judged(p)]
    why = _unfit(system)
    problems = [_problem(f"lineage-driven search knows no {why}")] if why else [
        _problem(f"runs of rounds do not decide `{name}`") for name in chosen if name not in known
    ]  # fmt: skip
    if not problems and not known:
        problems = [_problem("the spec has no property that runs of rounds decide")]
    if problems:
        raise Mistakes(tuple(problems))


def _unfit(system: System) -> str:
    """What of a spec has no meaning in runs of rounds."""
    marks = (st for a in system.actions for st in s.walk(a.body) if isinstance(st, s.Mark))
    failing = next((m.kind for m in marks if m.kind in ("fail", "lose reply of")), "")
    if failing:
        return f"fault `{failing}`"
    if system.within != TRUE:
        return "`explore while`"
    return "histories" if system.observers else ""


def _problem(message: str) -> Diagnostic:
    help = "leave out `--strategy lineage`: then every property is decided"
    return Diagnostic("D720", message, NOWHERE, "", help)


# ---------------------------------------------------------------- the pipeline


class _Checking:
    def __init__(self, job: Job, options: Options, machine: PythonMachine) -> None:
        self._job, self._options, self._machine = job, options, machine
        self._system = machine.system
        self._clock = Clock(options.limits.seconds)
        schedule = Schedule(machine, options.rounds, options.fault_rounds)
        self._search = Search(schedule, self._clock)
        self._stopped = ""

    def report(self) -> Report:
        results = tuple(
            self._result(number) for number, prop in enumerate(self._system.properties)
            if not isinstance(prop, y.NoError)
        )  # fmt: skip
        seconds = self._clock.gone
        statistics = Statistics(
            0, 0, 0, 0, 0, seconds, complete=False, stopped=self._stopped, engine=Engine("lineage")
        )
        rounds = Rounds(self._options.rounds, self._options.fault_rounds, self._search.runs)
        return Report(
            self._job, self._system, results, statistics, _surprises(self._job, results),
            rounds=rounds,
        )  # fmt: skip

    def _result(self, number: int) -> Result:
        prop = self._system.properties[number]
        if not is_judged(prop):
            return Result(prop, Verdict.UNKNOWN, note=_NOT_JUDGED)
        if self._stopped:
            return Result(prop, Verdict.UNKNOWN, note=self._stopped)
        try:
            return self._looked(number)
        except GaveUp as error:
            self._stopped = error.why
        except KeyboardInterrupt:
            self._stopped = INTERRUPTED
        return Result(prop, Verdict.UNKNOWN, note=self._stopped)

    def _looked(self, number: int) -> Result:
        """What is found from all initial states."""
        runs, rests = 0, 0
        for first in self._machine.initial()[0]:
            found = self._search.look(number, first)
            runs, rests = runs + found.runs, rests + found.at_rest
            if found.run is not None:
                return self._violated(number, found.run, runs)
        return self._none(number, Found(None, runs, rests))

    def _none(self, number: int, found: Found) -> Result:
        prop = self._system.properties[number]
        rounds, faults = self._options.rounds, self._options.fault_rounds
        known = f"in the synchronous model up to {rounds} rounds, faults up to round {faults}"
        told = f"{known}, {_runs(found.runs)}"
        if not self._search.steps:
            told += "; nothing ever happens"
        elif not isinstance(prop, y.Invariant) and not found.at_rest:
            told += "; no run came to rest: in more rounds one may"
        return Result(prop, Verdict.UNKNOWN, note=told, own=NONE)

    def _violated(self, number: int, run: Run, runs: int) -> Result:
        prop = self._system.properties[number]
        smaller = minimal(self._machine, number, run) if self._options.minimise else Minimal(run)
        result = shown(self._job, self._machine, prop, Verdict.VIOLATED, smaller.run)
        note = f"found by {_runs(runs)}" + (f"; {SPENT}" if smaller.spent else "")
        return self._with_needs(replace(result, note=note))

    def _with_needs(self, result: Result) -> Result:
        """With the faults that the violation needs, if that is wanted."""
        if not self._options.minimise or result.trace is None:
            return result
        found = needs(program_of(self._job), {result.name: result.trace}, self._without)
        return replace(result, trace=replace(result.trace, needs=found.needs[result.name]))

    def _without(self, system: System) -> Answer:
        """What a search of all states finds in the system with fewer faults, within a budget."""
        limits = replace(self._options.limits, states=STATES)
        job = replace(self._job, expectations=())
        report = check_system(job, system, Options(limits=limits, minimise=False))
        return Answer({r.name: r for r in report.results}, report.statistics.stopped)


def _runs(count: int) -> str:
    return f"{count:,} run{'s' * (count != 1)}"


def _surprises(job: Job, results: tuple[Result, ...]) -> tuple[Surprise, ...]:
    """What is certainly not as expected: that runs are not the shortest is no surprise."""
    expectations = tuple(
        replace(e, steps=None) if isinstance(e, ExpectProperty) else e for e in job.expectations
    )
    found = unexpected(replace(job, expectations=expectations), results)
    return tuple(surprise for surprise in found if not surprise.unknown)
