"""One model, searched in every way that there is: all of them must give the same answers.

What is compared is what must be the same: verdicts in all ways; the lengths of counterexamples where the
search goes level by level; states and transitions where the system is searched as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.engine.outcome import Limits, Verdict
from dsmc.engine.search import INTERRUPTED, Watcher
from dsmc.frozen import Frozen, replace
from dsmc.ir.system import NoError, Property, System, Temporal
from dsmc.project import Job
from dsmc.reduce.plan import NO_REDUCTIONS, Reductions, at_once
from dsmc.results import Result
from dsmc.session import Options, Report, check_system, compile_job
from dsmc.traces.replay import ReplayError

#: What is counted the same by all engines.
COUNTS = ("states", "transitions", "initial")
#: How many threads show whether it matters that there are several.
_THREADS = 4


class Way(Frozen):
    """A way to search."""

    name: str
    options: Options

    @property
    def is_shortest(self) -> bool:
        """Are its counterexamples the shortest?"""
        return self.options.order == "breadth"

    @property
    def is_whole(self) -> bool:
        """Does it see every state of the system as it is?"""
        return self.options.to_the_end


def _engine(name: str, **options: str | int) -> Way:
    """An engine sees every state, with no reductions."""
    whole = Options(
        to_the_end=True, reductions=NO_REDUCTIONS, threads=1, minimise=False
    )  # fmt: skip
    return Way(name, replace(whole, **options))


def _reduced(name: str, reductions: Reductions, engine: str = "c") -> Way:
    """Reductions begin with the first state."""
    used = at_once(reductions)
    return Way(name, Options(reductions=used, threads=1, engine=engine, minimise=False))


#: Each engine, and each reduction: a new one is a row here.
WAYS = (
    _engine("reference", engine="python"),
    _engine("C by TinyCC", engine="c", compiler="tcc"),
    _engine("C by cc", engine="c", compiler="cc"),
    _engine(f"C, {_THREADS} threads", engine="c", compiler="cc", threads=_THREADS),
    _engine("fingerprints", engine="c", store="fingerprint"),
    _engine("depth first", engine="c", order="depth"),
    _engine("depth first, fingerprints", engine="c", order="depth", store="fingerprint"),
    _reduced("symmetry", replace(NO_REDUCTIONS, symmetry=True)),
    _reduced("dead values", replace(NO_REDUCTIONS, dead_values=True)),
    _reduced("slices", replace(NO_REDUCTIONS, slices=True)),
    _reduced("partial order", replace(NO_REDUCTIONS, partial_order=True)),
    _reduced("partial order, led", replace(NO_REDUCTIONS, partial_order=True, led=True)),
    _reduced("fault schedules", replace(NO_REDUCTIONS, partial_order=True, schedules=True)),
    _reduced("all reductions", Reductions()),
    _reduced("all, in the reference", Reductions(), engine="python"),
)


class Found(Frozen):
    """What was found in one way: nothing if a run of it is none of the system's. Why not all of it can be
    compared (`limit`), and what is not the same as in the ways before it.
    """

    way: Way
    report: Report | None
    limit: str = ""
    differences: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Is something not the same?"""
        return bool(self.differences)

    @property
    def is_idle(self) -> bool:
        """Did a reduction find nothing that can be left out?"""
        return self.report is not None and not (
            self.way.is_whole or self.report.statistics.reductions
        )

    @property
    def is_sure(self) -> bool:
        """Did it see every state of the system as it is?"""
        return self.way.is_whole and self.report is not None and not self.limit

    def result(self, name: str) -> Result | None:
        """What was found of a property."""
        results = self.report.results if self.report is not None else ()
        return next((r for r in results if r.name == name), None)

    def verdict(self, prop: Property) -> Verdict | None:
        """What is said of a property. Of errors something is said if there are some."""
        result = self.result(prop.name)
        if result is not None:
            return result.verdict
        seen = self.report is not None and self.report.statistics.complete
        return Verdict.HOLDS if seen and isinstance(prop, NoError) else None


class Comparison(Frozen):
    """What was found of a job in all ways."""

    job: Job
    system: System
    found: tuple[Found, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The properties that were asked."""
        return tuple(prop.name for prop in self.system.properties)

    @property
    def differs(self) -> bool:
        """Is something not the same?"""
        return any(one.differs for one in self.found)

    @property
    def is_open(self) -> bool:
        """Was something not compared?"""
        return any(one.limit for one in self.found)


def selfcheck(
    job: Job, limits: Limits, watch: Watcher | None = None, ways: Sequence[Way] = ()
) -> Comparison:
    """Search a model in all ways, or in those that are named. Raises `Mistakes`."""
    plain = replace(job, expectations=())
    system = compile_job(plain)
    found: list[Found] = []
    for way in ways or WAYS:
        one = _found(plain, system, way, limits, _told(watch, way))
        found.append(replace(one, differences=(*one.differences, *differences(found, one))))
    return Comparison(job, system, tuple(found))


def _found(job: Job, system: System, way: Way, limits: Limits, watch: Watcher | None) -> Found:
    try:
        report = check_system(job, system, replace(way.options, limits=limits), watch)
    except ReplayError as error:
        return Found(way, None, "", (f"a run that is none: {error}",))
    if report.interrupted:
        raise KeyboardInterrupt(INTERRUPTED)
    return Found(way, report, _limit(report, way))


def _limit(report: Report, way: Way) -> str:
    """Why a report does not say all: it was stopped, or the engine that was asked for is not there."""
    engine = report.statistics.engine
    if way.options.engine != engine.name or way.options.compiler not in ("", engine.compiler):
        return engine.note or f"{way.options.compiler or way.options.engine} did not run"
    return report.statistics.stopped


def _told(watch: Watcher | None, way: Way) -> Watcher | None:
    """Who watches is told which way it is."""
    return watch and (lambda now: watch(replace(now, note=way.name)))


# ---------------------------------------------------------------- what must be the same


def differences(before: Sequence[Found], one: Found) -> tuple[str, ...]:
    """What is not the same as in the first of the ways before with which it can be compared."""
    if one.report is None:
        return ()
    properties = [
        prop.name for prop in one.report.system.properties
        if _other_verdict(before, one, prop) or _other_length(before, one, prop)
    ]  # fmt: skip
    return (*properties, *_other_counts(before, one))


def _other_verdict(before: Sequence[Found], one: Found, prop: Property) -> bool:
    mine = one.verdict(prop)
    for other in before:
        both = (mine, other.verdict(prop))
        sure = one.is_sure and other.is_sure
        if None not in both and (sure or Verdict.UNKNOWN not in both):
            return both[0] is not both[1]
    return False


def _other_length(before: Sequence[Found], one: Found, prop: Property) -> bool:
    """Runs that go round for ever are short, and not the shortest."""
    if isinstance(prop, Temporal):
        return False
    ways = (o.result(prop.name) for o in (*before, one) if o.way.is_shortest)
    lengths = [r.steps for r in ways if r is not None and r.steps is not None]
    mine = one.result(prop.name)
    known = one.way.is_shortest and mine is not None and mine.steps is not None
    return known and lengths[0] != lengths[-1]


def _other_counts(before: Sequence[Found], one: Found) -> list[str]:
    first = next((other for other in before if other.is_sure), None)
    if first is None or not one.is_sure:
        return []
    assert first.report is not None
    assert one.report is not None
    mine, theirs = one.report.statistics, first.report.statistics
    return [what for what in COUNTS if getattr(mine, what) != getattr(theirs, what)]
