"""Mutants, one after the other: which property notices?"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence

from dsmc.cache.key import key_of
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Verdict
from dsmc.engine.search import INTERRUPTED, Watcher
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.protocol import Program
from dsmc.ir.system import System
from dsmc.lower import lower
from dsmc.mutation.sites import Mutation, mutated, mutations
from dsmc.project import Job
from dsmc.session import Options, Report, check_system, program_of


class Fate(enum.Enum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNKNOWN = "unknown"


class Mutant(Frozen):
    """A mutation that some model notices, or none does: by which property of it, in how many steps."""

    mutation: Mutation
    fate: Fate
    model: str = ""
    property: str = ""
    steps: int | None = None
    note: str = ""


class Mutated(Frozen):
    """All that was found out. `same` mutations make the same system in every model, so there is nothing
    to notice. `left` were not looked at when it was interrupted.
    """

    mutants: tuple[Mutant, ...]
    same: int
    left: int = 0

    def count(self, fate: Fate) -> int:
        """How many mutants ended so."""
        return sum(mutant.fate is fate for mutant in self.mutants)


#: Told before each mutant: which of how many it is, and what was found so far. Gives who watches.
Teller = Callable[[int, int, Sequence[Mutant]], Watcher | None]


def mutate(jobs: Sequence[Job], options: Options, tell: Teller | None = None) -> Mutated:
    """Mutate the spec of some models. Raises `Mistakes` if there are some before any change."""
    options = replace(options, minimise=False)  # nobody sees the runs
    models = [_Model(job, options) for job in jobs]
    every = tuple(dict.fromkeys(m for model in models for m in model.mutations))
    mutants: list[Mutant] = []
    same = done = 0
    try:
        for model in models:
            model.begin()
        for number, mutation in enumerate(every):
            watch = tell(number + 1, len(every), mutants) if tell is not None else None
            found = _try(models, mutation, watch)
            mutants += [found] if found is not None else []
            same += found is None
            done += 1
    except KeyboardInterrupt:
        pass
    return Mutated(tuple(mutants), same, len(every) - done)


def _try(models: Sequence[_Model], mutation: Mutation, watch: Watcher | None) -> Mutant | None:
    """The mutant's fate in the first model that notices; None if it is nowhere another system."""
    open_: Mutant | None = None
    for model in models:
        found = model.fate(mutation, watch)
        if found is not None and found.fate is Fate.KILLED:
            return found
        if found is not None and (open_ is None or found.fate is Fate.UNKNOWN):
            open_ = found
    return open_


class _Model:
    """A model, and what is true of it before it is changed."""

    def __init__(self, job: Job, options: Options) -> None:
        self._job = replace(job, expectations=())
        self._options = options
        self._program: Program = program_of(job)
        self._system = lower(self._program)
        self._key = key_of(self._system)
        self._before: dict[str, Verdict] = {}
        self.mutations = mutations(self._program)

    def begin(self) -> None:
        """Find out what is true of it. Raises `KeyboardInterrupt` if that is not to be waited for."""
        report = self._checked(self._system, self._options, None)
        self._before = {result.name: result.verdict for result in report.results}

    def _checked(self, system: System, options: Options, watch: Watcher | None) -> Report:
        report = check_system(self._job, system, options, watch)
        if INTERRUPTED in (report.statistics.stopped, *(r.note for r in report.results)):
            raise KeyboardInterrupt
        return report

    def fate(self, mutation: Mutation, watch: Watcher | None) -> Mutant | None:
        """What becomes of the mutant here; None if it is the same system, or none."""
        try:
            system = lower(mutated(self._program, mutation))
        except Mistakes:
            return None
        if key_of(system) == self._key:
            return None
        try:
            report = self._checked(system, self._until_noticed(system), watch)
        except Mistakes as mistakes:  # there is no initial state
            told = mistakes.diagnostics[0].message
            return Mutant(mutation, Fate.KILLED, self._job.name, note=told)
        return self._judged(mutation, report)

    def _until_noticed(self, system: System) -> Options:
        """A search may end when something is violated that was not."""
        good = (y.Reachable, y.Fires, *y.APART)
        enough = frozenset(
            n for n, p in enumerate(system.properties)
            if not isinstance(p, good) and self._was(p.name) is Verdict.HOLDS
        )  # fmt: skip
        return replace(self._options, limits=replace(self._options.limits, enough=enough))

    def _was(self, name: str) -> Verdict:
        """What was found before; range errors are only told of where there are some."""
        return self._before.get(name, Verdict.HOLDS)

    def _judged(self, mutation: Mutation, report: Report) -> Mutant:
        noticed = [
            r for r in report.results
            if {self._was(r.name), r.verdict} == {Verdict.HOLDS, Verdict.VIOLATED}
        ]  # fmt: skip
        # What is violated in the fewest steps says most; a witness that is gone has none.
        noticed.sort(key=lambda r: (r.steps is None, r.steps or 0))
        if noticed:
            first = noticed[0]
            name, steps, word = first.name, first.steps, first.word
            return Mutant(mutation, Fate.KILLED, self._job.name, name, steps, word)
        open_ = [
            r for r in report.results if Verdict.UNKNOWN in (r.verdict, self._was(r.name))
        ]  # fmt: skip
        if open_:
            note = open_[0].note or "it is not known before the change"
            return Mutant(mutation, Fate.UNKNOWN, self._job.name, open_[0].name, note=note)
        return Mutant(mutation, Fate.SURVIVED, self._job.name)
