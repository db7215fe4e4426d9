"""The whole pipeline: a job in, a report out.

files → parse → check types → lower → compile → search → replay → report
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from dsmc.backends.python.laws import counterexamples
from dsmc.backends.python.machine import PythonMachine
from dsmc.diagnostics import Diagnostic, Mistakes, did_you_mean
from dsmc.engine.outcome import Explored, Limits, Run, Statistics, Verdict
from dsmc.engine.search import INTERRUPTED, Watcher, explore
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.expr import TRUE, conjuncts
from dsmc.ir.protocol import Program
from dsmc.ir.show import show
from dsmc.ir.system import Property, System
from dsmc.lower import lower
from dsmc.project import Job, Overrides, jobs_in
from dsmc.source import NOWHERE
from dsmc.traces.growth import describe
from dsmc.traces.model import Trace
from dsmc.traces.replay import replay, retell
from dsmc.traces.scenario import enact
from dsmc.typecheck.models import ExpectAll, ExpectCount, ExpectProperty
from dsmc.typecheck.program import Checked, check_spec

#: Without other limits a scenario looks at no more states than this.
_SCENARIO_STATES = 1_000_000
#: Expressions, and calls of functions, may be nested deeper than Python's limit for accidents.
_NESTING = 20_000


class Options(Frozen):
    """How to check: which properties (all if empty), within which limits, whether to see every
    state though everything is decided.
    """

    properties: tuple[str, ...] = ()
    limits: Limits = Limits()
    to_the_end: bool = False


class Result(Frozen):
    """What was found of one property.

    For a witness `HOLDS` means that it is reached, and `trace` shows how; for everything else
    `VIOLATED` comes with the trace of a shortest counterexample. `steps` is that run's length.
    """

    prop: Property
    verdict: Verdict
    steps: int | None = None
    trace: Trace | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """The property's name."""
        return self.prop.name

    @property
    def word(self) -> str:
        """The verdict in the word that fits the sort of property."""
        if isinstance(self.prop, y.Reachable | y.Fires):
            return {"holds": "reachable", "violated": "unreachable"}.get(
                self.verdict.value, "unknown"
            )
        if isinstance(self.prop, y.Scenario) and not self.prop.impossible:
            return {"holds": "possible", "violated": "impossible"}.get(
                self.verdict.value, "unknown"
            )
        return self.verdict.value


class Surprise(Frozen):
    """Something that is not as it was expected: what, and what it is instead.

    `unknown`: a limit was reached before it could be told.
    """

    expected: str
    found: str
    property: str = ""
    unknown: bool = False


class Report(Frozen):
    """Everything found out about a job. `surprises` is empty if all is as expected."""

    job: Job
    system: System
    results: tuple[Result, ...]
    statistics: Statistics
    surprises: tuple[Surprise, ...]
    notes: tuple[str, ...] = ()

    @property
    def within(self) -> str:
        """The bound of the states that were explored, as it was written; empty without one."""
        return " and ".join(c.span.text for c in conjuncts(self.system.within) if c != TRUE)

    def result(self, name: str) -> Result:
        """The result of the property of that name."""
        return next(r for r in self.results if r.name == name)


# ---------------------------------------------------------------- the pipeline


def load(path: Path, overrides: Overrides = Overrides()) -> tuple[Job, ...]:  # noqa: B008
    """The jobs of a file. Raises `Mistakes`."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _NESTING))
    return jobs_in(path, overrides)


def compile_job(job: Job, properties: tuple[str, ...] = ()) -> System:
    """The system of a job. Raises `Mistakes`; also for what cannot be executed yet."""
    return lower(_executable(_program(job), properties))


def check(job: Job, options: Options = Options(), watch: Watcher | None = None) -> Report:  # noqa: B008
    """Check a job. Raises `Mistakes`."""
    return _Check(job, options, watch).report()


def _program(job: Job) -> Program:
    checked: Checked = check_spec(job.files, job.instance)
    if checked.program is None:
        raise Mistakes(checked.problems)
    return checked.program


def _executable(program: Program, chosen: tuple[str, ...]) -> Program:
    """The program with the chosen properties. Raises `Mistakes` if it needs what is not there yet."""
    known = [p.name for p in program.properties] + [
        r.concerns for r in program.refusals if r.concerns
    ]
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise Mistakes(tuple(_no_property(name, known) for name in unknown))
    refused = [r.problem for r in program.refusals if not chosen or r.concerns in ("", *chosen)]
    if refused:
        raise Mistakes(tuple(sorted(refused, key=lambda d: d.order)))
    if not chosen:
        return program
    return replace(program, properties=tuple(p for p in program.properties if p.name in chosen))


def _no_property(name: str, known: list[str]) -> Diagnostic:
    listed = f"its properties are {', '.join(known)}" if known else "it has no properties"
    return Diagnostic(
        "D704", f"there is no property `{name}`", NOWHERE, "", did_you_mean(name, known) or listed
    )


class _Check:
    """One job on its way through the pipeline."""

    def __init__(self, job: Job, options: Options, watch: Watcher | None) -> None:
        self._job = job
        self._options = options
        self._watch = watch
        self._began = time.perf_counter()
        self._system = compile_job(job, options.properties)
        self._machine = PythonMachine(self._system)
        self._numbers = {p.name: n for n, p in enumerate(self._system.properties)}
        self._unknown_expectations()

    def report(self) -> Report:
        began = time.perf_counter()
        explored = self._explored()
        results = [self._result(p, explored) for p in self._system.properties]
        shown = tuple(r for r in results if r is not None)
        notes = (describe(self._machine, explored.pump),) if explored.pump else ()
        statistics = replace(explored.statistics, seconds=time.perf_counter() - began)
        surprises = tuple(self._surprises(shown, statistics))
        return Report(self._job, self._system, shown, statistics, surprises, notes)

    # ------------------------------------------------------------ searching

    def _explored(self) -> Explored:
        counted = any(isinstance(e, ExpectCount) for e in self._job.expectations)
        wanted = frozenset(
            n for n, p in enumerate(self._system.properties)
            if not isinstance(p, y.Law | y.Scenario | y.NoError)
        )  # fmt: skip
        nothing_asked = not wanted and not self._options.properties
        to_the_end = self._options.to_the_end or counted or nothing_asked
        return explore(
            self._machine,
            wanted,
            limits=self._options.limits,
            to_the_end=to_the_end,
            watch=self._watch,
        )

    def _result(self, prop: Property, explored: Explored) -> Result | None:
        match prop:
            case y.Law() | y.Scenario():
                return self._apart(prop, explored)
            case y.NoError() if self._numbers[prop.name] not in explored.decided:
                return None
        run = explored.decided.get(self._numbers[prop.name])
        witness = isinstance(prop, y.Reachable | y.Fires)
        if run is not None:
            verdict = Verdict.HOLDS if witness else Verdict.VIOLATED
            return self._shown(prop, verdict, run)
        if not explored.statistics.complete or self._hidden(prop, explored):
            return Result(prop, Verdict.UNKNOWN, note=self._why_unknown(explored))
        return Result(prop, Verdict.VIOLATED if witness else Verdict.HOLDS)

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

    def _shown(self, prop: Property, verdict: Verdict, run: Run) -> Result:
        if not run.states:
            return Result(prop, verdict, 0, None, "in the making of the initial state")
        trace = replay(self._machine, prop, run, spec=self._system.name, model=self._job.name)
        return Result(prop, verdict, trace.length, trace)

    # ------------------------------------------------------------ laws and scenarios

    def _apart(self, prop: y.Law | y.Scenario, explored: Explored) -> Result:
        """What the search does not decide."""
        if explored.statistics.stopped == INTERRUPTED:
            return Result(prop, Verdict.UNKNOWN, note=INTERRUPTED)
        try:
            return self._law(prop) if isinstance(prop, y.Law) else self._scenario(prop)
        except KeyboardInterrupt:
            return Result(prop, Verdict.UNKNOWN, note=INTERRUPTED)

    def _law(self, law: y.Law) -> Result:
        for found in counterexamples(self._system, law):
            if found is not None:
                types = {p.name: p.type for p in law.params}
                values = ", ".join(f"{n} = {show(types[n], v)}" for n, v in found.items())
                return Result(law, Verdict.VIOLATED, None, None, f"not for {values}")
            if self._out_of_time():
                return Result(law, Verdict.UNKNOWN, None, None, "the time ran out")
        return Result(law, Verdict.HOLDS)

    def _out_of_time(self) -> bool:
        seconds = self._options.limits.seconds
        return seconds is not None and time.perf_counter() - self._began > seconds

    def _scenario(self, scenario: y.Scenario) -> Result:
        limit = self._options.limits.states or _SCENARIO_STATES
        enacted = enact(
            self._machine, scenario, within=lambda n: n <= limit and not self._out_of_time()
        )
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
        return Result(scenario, verdict, trace.length, trace)

    # ------------------------------------------------------------ expectations

    def _unknown_expectations(self) -> None:
        known = [p.name for p in self._system.properties]
        wrong = [
            Diagnostic(
                "D407",
                f"the spec has no property `{e.name}`",
                e.span,
                "",
                did_you_mean(e.name, known),
            )
            for e in self._job.expectations
            if isinstance(e, ExpectProperty)
            and e.name not in known
            and not self._options.properties
        ]
        if wrong:
            raise Mistakes(tuple(wrong))

    def _surprises(self, results: tuple[Result, ...], statistics: Statistics) -> list[Surprise]:
        found: list[Surprise] = []
        for result in results:
            found += self._surprise(result)
        for expected in self._job.expectations:
            if isinstance(expected, ExpectCount):
                number = getattr(statistics, expected.what)
                if number != expected.number or not statistics.complete:
                    told = (
                        f"{number}" if statistics.complete else f"{number} when the search stopped"
                    )
                    wanted = f"{expected.what} {expected.number}"
                    found.append(Surprise(wanted, told, "", not statistics.complete))
        return found + self._missing({r.name for r in results})

    def _surprise(self, result: Result) -> list[Surprise]:
        expects = [
            e for e in self._job.expectations
            if isinstance(e, ExpectProperty) and e.name == result.name
        ]  # fmt: skip
        if expects:
            return [s for e in expects for s in _compared(e, result)]
        if self._expected_to_hold(result) and result.verdict is not Verdict.HOLDS:
            unknown = result.verdict is Verdict.UNKNOWN
            return [Surprise(f"{result.name} holds", result.word, result.name, unknown)]
        return []

    def _missing(self, shown: set[str]) -> list[Surprise]:
        """Range errors that were expected and did not come about."""
        return [
            Surprise(f"{e.name} {e.word}", "holds", e.name)
            for e in self._job.expectations
            if isinstance(e, ExpectProperty) and e.name in self._numbers
            and e.name not in shown and e.outcome != "holds"
        ]  # fmt: skip

    def _expected_to_hold(self, result: Result) -> bool:
        """A spec as it stands, and a model that says so, expects everything to hold; every model
        expects that nothing goes wrong that it does not mention.
        """
        if not self._job.expectations or any(
            isinstance(e, ExpectAll) for e in self._job.expectations
        ):
            return True
        return isinstance(result.prop, y.NoError | y.Assertion | y.NoDeadlock)


def _outcome(expected: ExpectProperty, prop: Property) -> str:
    """The verdict that is expected. A scenario that is said to be impossible holds if it is."""
    if isinstance(prop, y.Scenario) and prop.impossible:
        return {"impossible": "holds", "possible": "violated"}.get(expected.word, expected.outcome)
    return expected.outcome


def _compared(expected: ExpectProperty, result: Result) -> list[Surprise]:
    wanted = f"{expected.name} {expected.word}"
    if result.verdict.value != _outcome(expected, result.prop):
        unknown = result.verdict is Verdict.UNKNOWN
        return [Surprise(wanted, result.word, result.name, unknown)]
    if expected.steps is not None and result.steps != expected.steps:
        told = f"{result.word} in {result.steps} steps"
        return [Surprise(f"{wanted} in {expected.steps} steps", told, result.name)]
    return []
