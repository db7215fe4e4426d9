"""One job on its way through the pipeline: what was known, the search, what comes after it."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.cache.findings import Findings
from dsmc.cache.proofs import KeptProofs
from dsmc.cache.store import Cache
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Run, Statistics
from dsmc.engine.search import INTERRUPTED, Watcher
from dsmc.expectations import refuse_unknown, surprises_in, with_unknown
from dsmc.frozen import replace
from dsmc.ir.protocol import Program
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.session.apart import Apart
from dsmc.session.compiling import compile_job, executable, refuse_no_start, unchosen
from dsmc.session.memory import Memory
from dsmc.session.options import Options, Report
from dsmc.session.searching import Searching
from dsmc.session.subject import subject
from dsmc.session.verdicts import Verdicts
from dsmc.settle import settled, violations
from dsmc.settle.needs import STATES, Answer
from dsmc.traces.growth import describe
from dsmc.traces.replay import ReplayError


class Check:
    """The check of one job; of a given system, in the place of the job's own."""

    def __init__(
        self, job: Job, options: Options, watch: Watcher | None = None, cache: Cache | None = None,
        system: System | None = None,
    ) -> None:  # fmt: skip
        self._job = job
        self._options = options
        self._watch = watch
        self._last: dict[int, Run] = {}
        self._interrupted = ""
        self._is_given = system is not None
        self._subject = subject(job, self._compiled() if system is None else system)
        proofs = KeptProofs(cache.answers) if cache is not None else None
        self._search = Searching(self._subject, options, proofs)
        self._memory = Memory(cache, self._subject, options) if cache is not None else None
        refuse_unknown(job, self._system, options.properties)

    @property
    def _system(self) -> System:
        return self._subject.system

    @property
    def _machine(self) -> PythonMachine:
        return self._subject.machine

    def _compiled(self) -> System:
        """The system; mistakes of the spec and of what is expected of it are told together."""
        try:
            return compile_job(self._job, self._options.properties)
        except Mistakes as mistakes:
            if self._options.properties:
                raise
            raise Mistakes(with_unknown(self._job, mistakes.diagnostics)) from None

    def report(self) -> Report:
        """Everything that is found out. Raises `Mistakes`."""
        recalled = self._memory.recalled() if self._memory is not None else None
        if recalled is not None:
            try:
                return self._told(recalled, recalled.explored.statistics, cached=True)
            except ReplayError:  # it is not of this system: the search decides
                pass
        self._last = self._still_violated()
        found = self._found()
        found = self._settled(found)
        report = self._told(found, found.explored.statistics)
        if self._memory is not None:
            self._memory.remember(report.results)
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
        if self._memory is not None and not self._search.out_of_time():
            self._memory.keep(found)
        return found

    @property
    def _program(self) -> Program | None:
        """The program; None if the system is not the job's own."""
        if self._is_given:
            return None
        return executable(unchosen(self._job), self._options.properties)

    def _without(self, system: System) -> Answer:
        """What a search finds in the system with fewer faults, by the same options but within a budget."""
        limits = self._search.limits_left
        limits = replace(limits, states=min(limits.states or STATES, STATES))
        asked = replace(
            self._options, properties=(), limits=limits, to_the_end=False, first=False, checkpoint="",
            resume=False, coverage=False, strict=False, minimise=False,
        )  # fmt: skip
        job = replace(self._job, expectations=())
        report = Check(job, asked, system=system).report()
        if report.interrupted:
            raise KeyboardInterrupt(INTERRUPTED)
        return Answer({r.name: r for r in report.results}, report.statistics.stopped)

    def _told(self, found: Findings, statistics: Statistics, *, cached: bool = False) -> Report:
        verdicts = Verdicts(self._subject, found)
        told = verdicts.results()
        pump = found.explored.pump
        grows = describe(self._machine, pump) if pump else ""
        notes = (
            grows, statistics.engine.note, statistics.reductions, *found.explored.notes,
            found.lives.note, self._interrupted, *verdicts.unsettled(),
        )  # fmt: skip
        surprises = surprises_in(
            self._job, told, statistics, tuple(p.name for p in self._system.properties)
        )
        said = tuple(filter(None, notes))
        return Report(self._job, self._system, told, statistics, surprises, said, cached)

    def _still_violated(self) -> dict[int, Run]:
        """The last counterexamples, if they still are such and somebody wants to know."""
        if self._memory is None or (self._watch is None and not self._options.first):
            return {}
        return self._memory.still_violated()

    def _watcher(self) -> Watcher | None:
        """Who watches is told that a search can only find something shorter."""
        watch = self._watch
        if watch is None or not self._last:
            return watch
        names = [self._system.properties[number].name for number in self._last]
        steps = max(run.length for run in self._last.values())
        note = f"{', '.join(names)} still violated in {steps} steps: looking for fewer"
        return lambda progress: watch(replace(progress, note=note))

    def _found(self) -> Findings:
        explored = self._search.explored(self._last, self._watcher())
        if explored.statistics.complete:
            refuse_no_start(explored.statistics.initial, explored.decided)
        found = Findings(explored, {}, {}, self._search.lives(explored, self._watch))
        states = self._options.limits.states
        Apart(self._machine, states, self._search.out_of_time).look(found)
        return found
