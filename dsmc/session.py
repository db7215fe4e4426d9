"""The whole pipeline: a job in, a report out.

files → parse → check types → lower → compile → search → replay → report
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from dsmc.backends.python.laws import counterexamples
from dsmc.backends.python.machine import PythonMachine
from dsmc.backends.tiers import How, search
from dsmc.diagnostics import Diagnostic, Mistakes, did_you_mean
from dsmc.engine.outcome import Explored, Limits, Run, Statistics, Verdict
from dsmc.engine.search import INTERRUPTED, Form, Watcher
from dsmc.expectations import refuse_unknown, surprises_in
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.expr import TRUE, conjuncts
from dsmc.ir.protocol import Program
from dsmc.ir.show import show
from dsmc.ir.system import Property, System
from dsmc.lower import lower
from dsmc.project import Job, Overrides, jobs_in
from dsmc.reduce.canonical import Canonical
from dsmc.reduce.symmetry import NO_SYMMETRY, symmetry
from dsmc.results import Result, Surprise
from dsmc.source import NOWHERE
from dsmc.traces.growth import describe
from dsmc.traces.replay import replay, retell
from dsmc.traces.scenario import enact
from dsmc.typecheck.models import ExpectCount
from dsmc.typecheck.program import Checked, check_spec

#: Without other limits a scenario looks at no more states than this.
_SCENARIO_STATES = 1_000_000
#: Expressions, and calls of functions, may be nested deeper than Python's limit for accidents.
_NESTING = 20_000


class Options(Frozen):
    """How to check: which properties (all if empty), within which limits, whether to see every
    state though everything is decided; by which engine (`auto`, `python`, `c`), with how many
    threads (0: as many as there are cores); whether states that differ in names only count as one.
    """

    properties: tuple[str, ...] = ()
    limits: Limits = Limits()
    to_the_end: bool = False
    engine: str = "auto"
    threads: int = 0
    symmetry: bool = False


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
    unknown = [name for name in properties if name not in known]
    if unknown:
        raise Mistakes(tuple(_no_property(name, list(dict.fromkeys(known))) for name in unknown))
    return system


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


_NO_START = Diagnostic(
    "D408", "there is no initial state", NOWHERE, "",
    "no choice in `init` and `start` satisfies every `require`; without a state all would hold",
)  # fmt: skip


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
        self._symmetry = symmetry(self._system) if options.symmetry else NO_SYMMETRY
        refuse_unknown(job, self._system, options.properties)

    def report(self) -> Report:
        began = time.perf_counter()
        explored = self._explored()
        if not explored.statistics.initial and not explored.decided:
            raise Mistakes((_NO_START,))
        results = [self._result(p, explored) for p in self._system.properties]
        shown = tuple(r for r in results if r is not None)
        grows = describe(self._machine, explored.pump) if explored.pump else ""
        notes = tuple(filter(None, (grows, explored.statistics.engine.note, self._symmetry.note)))
        statistics = replace(explored.statistics, seconds=time.perf_counter() - began)
        surprises = surprises_in(self._job, shown, statistics, tuple(self._numbers))
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
        how = How(self._options.engine, self._options.threads)
        limits = self._options.limits
        return search(
            self._machine,
            wanted,
            how,
            limits=limits,
            to_the_end=to_the_end,
            watch=self._watch,
            canonical=self._canonical(),
        )

    def _canonical(self) -> Form | None:
        """What states have in common that differ in names only; None if no two do."""
        if not self._symmetry.types:
            return None
        form = Canonical(self._system, self._symmetry.types, self._machine.encode)
        return lambda state: form(self._machine.decode(state))

    def _result(self, prop: Property, explored: Explored) -> Result | None:
        match prop:
            case y.Law() | y.Scenario():
                return self._apart(prop, explored)
            case y.NoError() if self._numbers[prop.name] not in explored.decided:
                if not explored.statistics.stopped:
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
        steps = trace.length if enacted.stuck is None else None
        return Result(scenario, verdict, steps, trace)
