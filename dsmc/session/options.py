"""How to check, and what was found out."""

from __future__ import annotations

from dsmc.coverage.count import Coverage
from dsmc.engine.outcome import Limits, Rounds, Statistics
from dsmc.engine.search import INTERRUPTED
from dsmc.frozen import Frozen
from dsmc.ir.expr import TRUE, conjuncts
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.reduce.plan import Reductions
from dsmc.results import Result, Surprise


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
    The `strategy` is to see all `states`, or `lineage`-driven: then it takes runs of so many `rounds`, with
    faults in the first `fault_rounds`.
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
    strategy: str = "states"
    rounds: int = 10
    fault_rounds: int = 5


class Report(Frozen):
    """Everything found out about a job. `surprises` is empty if all is as expected; `cached` says that
    it was found out before. `rounds` are those of runs by the synchronous schedule.
    """

    job: Job
    system: System
    results: tuple[Result, ...]
    statistics: Statistics
    surprises: tuple[Surprise, ...]
    notes: tuple[str, ...] = ()
    cached: bool = False
    coverage: Coverage | None = None
    rounds: Rounds | None = None

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
