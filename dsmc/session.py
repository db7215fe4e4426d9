"""The whole pipeline: a job in, a report out.

files → parse → check types → lower → compile → search → replay → report
"""

from __future__ import annotations

import functools
import sys
import time
from pathlib import Path
from typing import Any

from dsmc.backends.python.laws import counterexamples
from dsmc.backends.python.machine import PythonMachine, TracedStep
from dsmc.backends.tiers import How
from dsmc.cache.findings import Findings, Tried, as_data, from_data
from dsmc.cache.last import remember, still_violated
from dsmc.cache.store import Cache
from dsmc.coverage.count import Coverage, coverage, passed
from dsmc.coverage.vacuity import Vacuity, probed
from dsmc.diagnostics import Diagnostic, Mistakes, did_you_mean
from dsmc.engine.machine import State
from dsmc.engine.memory import most_bytes
from dsmc.engine.outcome import Explored, Limits, Lived, Lives, Run, Statistics, Verdict
from dsmc.engine.search import FIRST_FOUND, INTERRUPTED, Watcher, is_over
from dsmc.expectations import refuse_unknown, surprises_in, uncovered, vacuous, with_unknown
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.expr import TRUE, conjuncts
from dsmc.ir.protocol import Program
from dsmc.ir.show import show
from dsmc.ir.system import Property, System
from dsmc.liveness.asked import temporal
from dsmc.lives import lives, lives_in_c
from dsmc.lower import lower
from dsmc.project import Job, Overrides, jobs_in
from dsmc.reduce.plan import Reductions
from dsmc.reductions import search
from dsmc.results import Result, Surprise
from dsmc.settle import settled, violations
from dsmc.settle.needs import STATES, Answer
from dsmc.source import NOWHERE
from dsmc.traces.beginning import beginning
from dsmc.traces.growth import describe
from dsmc.traces.minimal.budget import SPENT
from dsmc.traces.replay import ReplayError, replay, retell
from dsmc.traces.scenario import Enacted, enact
from dsmc.typecheck.models import ExpectCount, ExpectCovered
from dsmc.typecheck.program import Checked, check_spec
from dsmc.typecheck.warnings import warnings_of

#: Without other limits a scenario looks at no more states than this.
_SCENARIO_STATES = 1_000_000
#: Expressions, and calls of functions, may be nested deeper than Python's limit for accidents.
_NESTING = 20_000


class Options(Frozen):
    """How to check: which properties (all if empty), within which limits, whether to see every
    state though everything is decided; by which engine (`auto`, `python`, `c`), with how many
    threads (0: as many as there are cores); whether the `first` counterexample is enough; which
    reductions may be used; in which folder searches are kept on disk (empty: nowhere), and whether to
    `resume` them; whether runs of which properties speak are `fair`; whether the `store` of states is
    `exact` or of a `fingerprint` each, and the `order` of the search is `breadth` or `depth` first.
    C may be made by one `compiler` only (`tcc`, `cc`).
    With `coverage` it is counted how often each part of the spec is run; `strict`: what holds must not do so
    vacuously, and everything must be covered. A bounded search looks at runs of up to `depth` steps.
    Counterexamples are made smaller (`minimise`), and it is asked which faults they need.
    """

    properties: tuple[str, ...] = ()
    limits: Limits = Limits()
    to_the_end: bool = False
    engine: str = "auto"
    threads: int = 0
    first: bool = False
    reductions: Reductions = Reductions()
    checkpoint: str = ""
    resume: bool = False
    fair: bool = True
    store: str = "exact"
    order: str = "breadth"
    coverage: bool = False
    strict: bool = False
    depth: int = 20
    compiler: str = ""
    minimise: bool = True


class Report(Frozen):
    """Everything found out about a job. `surprises` is empty if all is as expected; `cached` says that
    it was found out before.
    """

    job: Job
    system: System
    results: tuple[Result, ...]
    statistics: Statistics
    surprises: tuple[Surprise, ...]
    notes: tuple[str, ...] = ()
    cached: bool = False
    coverage: Coverage | None = None

    @property
    def within(self) -> str:
        """The bound of the states that were explored, as it was written; empty without one."""
        return within(self.system)

    @property
    def interrupted(self) -> bool:
        """Was Ctrl-C pressed, in the search or in what comes after it?"""
        counted = (self.coverage.statistics.stopped,) if self.coverage is not None else ()
        said = (*self.notes, *(r.note for r in self.results))
        return INTERRUPTED in (self.statistics.stopped, *counted, *said)

    def result(self, name: str) -> Result:
        """The result of the property of that name."""
        return next(r for r in self.results if r.name == name)


def within(system: System) -> str:
    """The bound of the states of a system, as it was written; empty without one."""
    return " and ".join(c.span.text for c in conjuncts(system.within) if c != TRUE)


# ---------------------------------------------------------------- the pipeline


def load(path: Path | str, overrides: Overrides = Overrides()) -> tuple[Job, ...]:  # noqa: B008
    """The jobs of a file. Raises `Mistakes`."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _NESTING))
    return jobs_in(Path(path), overrides)


def compile_job(job: Job, properties: tuple[str, ...] = ()) -> System:
    """The system of a job. Raises `Mistakes`; also for what cannot be executed yet."""
    program = _program(job)
    system = lower(_executable(program, properties))
    known = [r.concerns for r in program.refusals if r.concerns]
    known += [p.name for p in (*program.properties, *system.properties)]
    known += [p.property for p in program.promises]
    unknown = [name for name in properties if name not in known]
    if unknown:
        raise Mistakes(tuple(_no_property(name, list(dict.fromkeys(known))) for name in unknown))
    return system


def warnings(job: Job) -> tuple[Diagnostic, ...]:
    """What is no mistake in the spec of a job, but seldom meant."""
    return warnings_of(job.files)


def check(
    job: Job,
    options: Options = Options(),  # noqa: B008
    watch: Watcher | None = None,
    cache: Cache | None = None,
) -> Report:
    """Check a job. What the cache knows is not searched for again. Raises `Mistakes`."""
    report = _Check(job, options, watch, cache).report()
    if report.interrupted:
        return report
    return _covered(report, options, watch)


def _covered(report: Report, options: Options, watch: Watcher | None) -> Report:
    """The report, with what is known of coverage if somebody wants to know."""
    expected = any(isinstance(e, ExpectCovered) for e in report.job.expectations)
    if not (options.coverage or options.strict or expected):
        return report
    program = replace(_program(report.job), properties=(), promises=())
    surprises = report.surprises
    if options.strict:
        surprises = (*surprises, *vacuous(report.results))
    if options.strict or expected:
        how = How(options.engine, options.threads)
        surprises = (*surprises, *uncovered(passed(program, how, options.limits, watch)))
    counted = coverage(program, options.limits, watch) if options.coverage else None
    return replace(report, surprises=surprises, coverage=counted)


def check_system(
    job: Job, system: System, options: Options, watch: Watcher | None = None
) -> Report:
    """Check a system in the place of a job's own. Raises `Mistakes`."""
    return _Check(job, options, watch, None, system).report()


def program_of(job: Job) -> Program:
    """The program of a job, with its properties. Raises `Mistakes`, also for what cannot be executed."""
    return _executable(_program(job), ())


def _program(job: Job) -> Program:
    checked: Checked = check_spec(job.files, job.instance)
    if checked.program is None:
        raise Mistakes(checked.problems)
    return checked.program


def _executable(program: Program, chosen: tuple[str, ...]) -> Program:
    """The program with the chosen properties. Raises `Mistakes` if it needs what is not there yet."""
    refused = [r.problem for r in program.refusals if not chosen or r.concerns in ("", *chosen)]
    if refused:
        raise Mistakes(tuple(sorted(refused, key=lambda d: d.order)))
    if not chosen:
        return program
    return replace(
        program,
        properties=tuple(p for p in program.properties if p.name in chosen),
        promises=tuple(p for p in program.promises if p.property in chosen),
    )


def _no_property(name: str, known: list[str]) -> Diagnostic:
    listed = f"its properties are {', '.join(known)}" if known else "it has no properties"
    return Diagnostic(
        "D704", f"there is no property `{name}`", NOWHERE, "", did_you_mean(name, known) or listed
    )


_NO_START = Diagnostic(
    "D408", "there is no initial state", NOWHERE, "",
    "no choice in `init` and `start` satisfies every `require`; without a state all would hold",
)  # fmt: skip


def refuse_no_start(initial: int, decided: dict[int, Run]) -> None:
    """Raises `Mistakes` if there is no initial state, and it is not known why."""
    if not initial and not decided:
        raise Mistakes((_NO_START,))


def shown(job: Job, machine: PythonMachine, prop: Property, verdict: Verdict, run: Run) -> Result:
    """The result that a run shows. Raises `ReplayError` if the run cannot be taken."""
    if not run.states:
        return Result(prop, verdict, 0, None, beginning(machine, prop))
    trace = replay(machine, prop, run, spec=machine.system.name, model=job.name)
    return Result(prop, verdict, trace.length, trace)


#: What a search has covered that was not begun.
_NOTHING = Statistics(0, 0, 0, 0, 0, 0.0, complete=False, stopped=FIRST_FOUND)
_UNTOLD = "there are histories that do not tell"
_LAST = "the last counterexample, taken again"


def _bad(system: System) -> frozenset[int]:
    """The properties that counterexamples are of."""
    good = (y.Reachable, y.Fires, *y.APART)
    return frozenset(n for n, p in enumerate(system.properties) if not isinstance(p, good))


class _Check:
    """One job on its way through the pipeline."""

    def __init__(
        self, job: Job, options: Options, watch: Watcher | None, cache: Cache | None,
        system: System | None = None,
    ) -> None:  # fmt: skip
        self._job = job
        self._options = options
        self._watch = watch
        self._cache = cache
        self._last: dict[int, Run] = {}
        self._began = time.perf_counter()
        self._interrupted = ""
        self._is_given = system is not None
        self._system = self._compiled() if system is None else system
        self._numbers = {p.name: n for n, p in enumerate(self._system.properties)}
        self._probed = probed(self._system)
        self._counted = any(isinstance(e, ExpectCount) for e in job.expectations)
        refuse_unknown(job, self._system, options.properties)

    def _compiled(self) -> System:
        """The system; mistakes of the spec and of what is expected of it are told together."""
        try:
            return compile_job(self._job, self._options.properties)
        except Mistakes as mistakes:
            if self._options.properties:
                raise
            raise Mistakes(with_unknown(self._job, mistakes.diagnostics)) from None

    @functools.cached_property
    def _machine(self) -> PythonMachine:
        return PythonMachine(self._probed.system)

    def report(self) -> Report:
        recalled = self._recalled()
        if recalled is not None:
            try:
                return self._told(recalled, recalled.explored.statistics, cached=True)
            except ReplayError:  # it is not of this system: the search decides
                pass
        self._last = self._still_violated()
        found = self._found()
        found = self._settled(found)
        report = self._told(found, found.explored.statistics)
        if self._cache is not None:
            remember(self._cache.last, self._job, report.results)
        return report

    def _settled(self, found: Findings) -> Findings:
        """With smaller runs and what they need, if that is wanted. It is kept with the answer, but not if
        that was cut short.
        """
        wanted = self._options.minimise and found.explored.statistics.stopped != INTERRUPTED
        if wanted and violations(found, self._system):
            try:
                found = settled(found, self._machine, self._program, self._without)
            except KeyboardInterrupt:
                self._interrupted = INTERRUPTED
                return found
        if not self._out_of_time():
            self._keep(found)
        return found

    @property
    def _program(self) -> Program | None:
        """The program; None if the system is not the job's own."""
        if self._is_given:
            return None
        return _executable(_program(self._job), self._options.properties)

    def _without(self, system: System) -> Answer:
        """What a search finds in the system with fewer faults, by the same options but within a budget."""
        limits = self._limits_left
        limits = replace(limits, states=min(limits.states or STATES, STATES))
        asked = replace(
            self._options, properties=(), limits=limits, to_the_end=False, first=False, checkpoint="",
            resume=False, coverage=False, strict=False, minimise=False,
        )  # fmt: skip
        report = check_system(replace(self._job, expectations=()), system, asked)
        if report.interrupted:
            raise KeyboardInterrupt(INTERRUPTED)
        return Answer({r.name: r for r in report.results}, report.statistics.stopped)

    def _told(self, found: Findings, statistics: Statistics, *, cached: bool = False) -> Report:
        results = [self._with_needs(n, found) for n in range(len(self._system.properties))]
        told = tuple(r for r in results if r is not None)
        pump = found.explored.pump
        grows = describe(self._machine, pump) if pump else ""
        notes = (
            grows, statistics.engine.note, statistics.reductions, *found.explored.notes,
            found.lives.note, self._interrupted, *map(self._unsettled, sorted(found.settled.spent)),
        )  # fmt: skip
        surprises = surprises_in(self._job, told, statistics, tuple(self._numbers))
        said = tuple(filter(None, notes))
        return Report(self._job, self._system, told, statistics, surprises, said, cached)

    # ------------------------------------------------------------ what was found out before

    @functools.cached_property
    def _key(self) -> str:
        """What was asked. What ends a search early has no part in it: such an answer is not kept."""
        from dsmc.cache.key import key_of

        limits = Limits(self._options.limits.states)
        asked = replace(
            self._options, limits=limits, first=False, checkpoint="", resume=False, coverage=False,
            strict=False,
        )  # fmt: skip
        return key_of(self._system, asked, self._counted)

    def _recalled(self) -> Findings | None:
        if self._cache is None:
            return None
        return from_data(self._cache.answers.get(self._key), self._steps_from)

    def _steps_from(self, state: State) -> list[TracedStep]:
        return self._machine.steps_from(state)

    def _still_violated(self) -> dict[int, Run]:
        """The last counterexamples, if they still are such and somebody wants to know."""
        if self._cache is None or (self._watch is None and not self._options.first):
            return {}
        return dict(still_violated(self._cache.last, self._job, self._machine))

    def _watcher(self) -> Watcher | None:
        """Who watches is told that a search can only find something shorter."""
        watch = self._watch
        if watch is None or not self._last:
            return watch
        names = [self._system.properties[number].name for number in self._last]
        steps = max(run.length for run in self._last.values())
        note = f"{', '.join(names)} still violated in {steps} steps: looking for fewer"
        return lambda progress: watch(replace(progress, note=note))

    def _keep(self, found: Findings) -> None:
        sure = self._options.store == "exact"  # how sure it is otherwise, only a search says
        if self._cache is not None and sure and found.is_final:
            self._cache.answers.put(self._key, as_data(found, self._steps_from))

    # ------------------------------------------------------------ searching

    def _found(self) -> Findings:
        explored = self._explored()
        if explored.statistics.complete:
            refuse_no_start(explored.statistics.initial, explored.decided)
        found = Findings(explored, {}, {}, self._lives(explored))
        for number, prop in enumerate(self._system.properties):
            if isinstance(prop, y.Law | y.Scenario):
                self._look_apart(number, prop, found)
        return found

    def _explored(self) -> Explored:
        wanted = frozenset(
            n for n, p in enumerate(self._system.properties)
            if not isinstance(p, (*y.APART, y.NoError))
        )  # fmt: skip
        aside = self._probed.probes
        asked = self._options
        nothing_asked = not (wanted or asked.properties)
        to_the_end = (
            asked.to_the_end or self._counted or nothing_asked or bool(temporal(self._system))
        )
        how = How(
            asked.engine,
            asked.threads,
            self._kept_in,
            asked.resume,
            asked.store,
            asked.order,
            asked.compiler,
        )
        limits = replace(self._limits, aside=aside, untold=aside)
        if self._options.first:
            if self._last:
                return Explored(self._last, _NOTHING)
            limits = replace(limits, enough=_bad(self._system))
        return search(
            self._machine, wanted | aside, how, self._options.reductions,
            limits=limits, to_the_end=to_the_end, watch=self._watcher(),
            whole=self._lives_in_c if temporal(self._system) else None,
        )  # fmt: skip

    @functools.cached_property
    def _limits(self) -> Limits:
        """Memory is never without a limit: nothing is said where the system ends the process."""
        limits = self._options.limits
        return replace(limits, memory=limits.memory or most_bytes())

    @property
    def _limits_left(self) -> Limits:
        if self._limits.seconds is None:
            return self._limits
        gone = time.perf_counter() - self._began
        return replace(self._limits, seconds=max(0.0, self._limits.seconds - gone))

    def _lives_in_c(self, driver: Any, stopped: str) -> Lives:
        """What holds of whole runs, of the states that a search in C has found."""
        limits = self._limits_left
        return lives_in_c(driver, self._system, stopped, fair=self._options.fair, limits=limits)

    def _lives(self, explored: Explored) -> Lives:
        """What holds of whole runs, within what is left of the limits."""
        asked, stopped = temporal(self._system), explored.statistics.stopped
        if is_over(stopped, self._limits):
            return Lives({number: Lived(Verdict.UNKNOWN, stopped) for number, _ in asked})
        if not asked:
            return Lives({})
        if explored.lives is not None:
            return explored.lives
        limits = self._limits_left
        if stopped and not limits.states:
            limits = replace(limits, states=explored.statistics.states)
        return lives(self._machine, fair=self._options.fair, limits=limits, watch=self._watch)

    @property
    def _kept_in(self) -> str:
        """The folder of this job's checkpoint."""
        name = "-".join(filter(None, (self._job.path.stem, self._job.name)))
        return str(Path(self._options.checkpoint) / name) if self._options.checkpoint else ""

    def _unsettled(self, number: int) -> str:
        """What is said of a run that might be smaller."""
        name = self._system.properties[number].name
        return f"{name}: {SPENT}"

    def _with_needs(self, number: int, found: Findings) -> Result | None:
        """The result, its trace with the faults that it needs."""
        result = self._result(self._system.properties[number], number, found)
        if result is None or result.trace is None or number not in found.settled.needs:
            return result
        return replace(result, trace=replace(result.trace, needs=found.settled.needs[number]))

    def _result(self, prop: Property, number: int, found: Findings) -> Result | None:
        explored = found.explored
        match prop:
            case y.Law() | y.Scenario():
                return self._apart(prop, number, found)
            case y.Temporal():
                return self._lived(prop, number, found)
            case y.NoError() if number not in explored.decided:
                if not explored.statistics.stopped or number in explored.proven:
                    return None
        run = explored.decided.get(number)
        witness = isinstance(prop, y.Reachable | y.Fires)
        if run is not None:
            verdict = Verdict.HOLDS if witness else Verdict.VIOLATED
            result = shown(self._job, self._machine, prop, verdict, run)
            again = found.explored.statistics is _NOTHING
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
            seen = explored.statistics.complete or probe in explored.proven
            return seen and probe not in explored.decided

        return self._probed.vacuity(number, idle)

    def _lived(self, prop: y.Temporal, number: int, found: Findings) -> Result:
        lived = found.lives.found[number]
        if lived.run is None:
            holds = lived.verdict is Verdict.HOLDS
            vacuity = self._vacuity(number, found.explored) if holds else None
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

    # ------------------------------------------------------------ laws and scenarios

    def _look_apart(self, number: int, prop: y.Law | y.Scenario, found: Findings) -> None:
        """What the search does not decide."""
        interrupted = Tried(Verdict.UNKNOWN, INTERRUPTED)
        if found.explored.statistics.stopped == INTERRUPTED:
            found.tried[number] = interrupted
            return
        try:
            if isinstance(prop, y.Law):
                found.tried[number] = self._law(prop)
            else:
                found.enacted[number] = self._enacted(prop)
        except KeyboardInterrupt:
            found.tried[number] = interrupted

    def _apart(self, prop: y.Law | y.Scenario, number: int, found: Findings) -> Result:
        if isinstance(prop, y.Scenario) and number in found.enacted:
            return self._scenario(prop, found.enacted[number])
        tried = found.tried[number]
        return Result(prop, tried.verdict, note=tried.note)

    def _law(self, law: y.Law) -> Tried:
        for values in counterexamples(self._system, law):
            if values is not None:
                types = {p.name: p.type for p in law.params}
                told = ", ".join(f"{n} = {show(types[n], v)}" for n, v in values.items())
                return Tried(Verdict.VIOLATED, f"not for {told}")
            if self._out_of_time():
                return Tried(Verdict.UNKNOWN, "the time ran out")
        return Tried(Verdict.HOLDS)

    def _out_of_time(self) -> bool:
        seconds = self._options.limits.seconds
        return seconds is not None and time.perf_counter() - self._began > seconds

    def _enacted(self, scenario: y.Scenario) -> Enacted:
        limit = self._options.limits.states or _SCENARIO_STATES
        return enact(
            self._machine, scenario, within=lambda n: n <= limit and not self._out_of_time()
        )

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
