"""The whole pipeline: a job in, a report out.

files → parse → check types → lower → compile → search → replay → report
"""

from __future__ import annotations

from dsmc.backends.tiers import How
from dsmc.cache.store import Cache
from dsmc.coverage.count import coverage, passed
from dsmc.engine.search import Watcher
from dsmc.expectations import uncovered, vacuous
from dsmc.frozen import replace
from dsmc.ir.system import System
from dsmc.project import Job
from dsmc.session.checking import Check
from dsmc.session.compiling import (
    compile_job,
    load,
    program_of,
    refuse_no_start,
    unchosen,
    warnings,
)
from dsmc.session.options import Options, Report, within
from dsmc.session.verdicts import shown
from dsmc.typecheck.models import ExpectCovered

__all__ = [
    "Options", "Report", "check", "check_system", "compile_job", "load", "program_of",
    "refuse_no_start", "shown", "warnings", "within",
]  # fmt: skip


def check(
    job: Job,
    options: Options = Options(),  # noqa: B008
    watch: Watcher | None = None,
    cache: Cache | None = None,
) -> Report:
    """Check a job. What the cache knows is not searched for again. Raises `Mistakes`."""
    report = Check(job, options, watch, cache).report()
    if report.interrupted:
        return report
    return _covered(report, options, watch)


def _covered(report: Report, options: Options, watch: Watcher | None) -> Report:
    """The report, with what is known of coverage if somebody wants to know."""
    expected = any(isinstance(e, ExpectCovered) for e in report.job.expectations)
    if not (options.coverage or options.strict or expected):
        return report
    program = replace(unchosen(report.job), properties=(), promises=())
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
    return Check(job, options, watch, system=system).report()
