"""A model's expectations against what was found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsmc.coverage.count import Passed
from dsmc.diagnostics import Diagnostic, Mistakes, did_you_mean
from dsmc.engine.outcome import Statistics, Verdict
from dsmc.ir import system as y
from dsmc.ir.system import Property, System
from dsmc.project import Job
from dsmc.results import Result, Surprise
from dsmc.syntax import ast
from dsmc.typecheck.models import ExpectAll, ExpectCount, ExpectProperty


def refuse_unknown(job: Job, system: System, chosen: tuple[str, ...]) -> None:
    """Raises `Mistakes` for expectations of properties that the spec has not, if all are checked."""
    known = [p.name for p in system.properties]
    wrong = [e for e in _of_properties(job) if e.name not in known]
    if wrong and not chosen:
        raise Mistakes(tuple(_no_property(e, known) for e in wrong))


def with_unknown(job: Job, mistakes: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The mistakes of a spec, and the expectations of properties that its text does not declare."""
    items = [item for parsed in job.files for item in parsed.file.items]
    known = [item.name.text for item in items if isinstance(item, _Property)]
    made = tuple(n for item in items for n in _promised(item))
    wrong = [
        e for e in _of_properties(job)
        if e.name not in known and not _MADE.match(e.name) and not e.name.startswith(made)
    ]  # fmt: skip
    found = (*mistakes, *(_no_property(e, known) for e in wrong))
    return tuple(sorted(dict.fromkeys(found), key=lambda d: d.order))


def _promised(item: ast.Declaration) -> tuple[str, ...]:
    """How the name of a guarantee's property begins."""
    match item:
        case ast.Guarantee(name):
            return (name,)
        case ast.NoAnomaly(name):
            return (f"no_{name}",)
        case _:
            return ()


#: The names of properties that nobody declares.
_MADE = re.compile("no_deadlock|no_range_error|assert_line_")


_Property = ast.Formula | ast.Law | ast.LeadsTo | ast.Witness | ast.WitnessAction | ast.Scenario


def _no_property(e: ExpectProperty, known: list[str]) -> Diagnostic:
    message = f"the spec has no property `{e.name}`"
    return Diagnostic("D407", message, e.span, "", did_you_mean(e.name, known))


def surprises_in(
    job: Job, results: tuple[Result, ...], statistics: Statistics, known: tuple[str, ...]
) -> tuple[Surprise, ...]:
    """What is not as expected, of the properties that are `known` and of the counts."""
    found = unexpected(job, results)
    found += [
        s for e in job.expectations if isinstance(e, ExpectCount) for s in _of_count(e, statistics)
    ]
    return (*found, *_missing(job, known, {r.name for r in results}))


def unexpected(job: Job, results: tuple[Result, ...]) -> list[Surprise]:
    """What is not as expected of the properties that there are results of."""
    return [s for result in results for s in _of_result(job, result)]


def vacuous(results: tuple[Result, ...]) -> list[Surprise]:
    """What holds, but has nothing to say."""
    return [
        Surprise(f"{r.name} says something", f"it holds, {r.vacuity.text}") for r in results
        if r.vacuity is not None and r.vacuity.whole
    ]  # fmt: skip


def uncovered(found: Passed) -> list[Surprise]:
    """What never happens."""
    never = "never happens" if found.certain else f"did not happen before it stopped: {found.why}"
    return [
        Surprise(f"{point.name} ({point.span}) happens", never, unknown=not found.certain)
        for point in found.never
    ]


def _of_properties(job: Job) -> list[ExpectProperty]:
    return [e for e in job.expectations if isinstance(e, ExpectProperty)]


def _of_result(job: Job, result: Result) -> list[Surprise]:
    expects = [e for e in _of_properties(job) if e.name == result.name]
    if expects:
        return [s for e in expects for s in _compared(e, result)]
    if result.verdict is Verdict.HOLDS or not _expected_to_hold(job, result):
        return []
    unknown = result.verdict is Verdict.UNKNOWN
    return [Surprise(f"{result.name} holds", result.word, result.name, unknown)]


def _expected_to_hold(job: Job, result: Result) -> bool:
    """A spec as it stands, and a model that says so, expects everything to hold; every model expects
    that nothing goes wrong that it does not mention.
    """
    if result.verdict is Verdict.UNKNOWN and any(
        e.outcome == "unknown" for e in _of_properties(job)
    ):
        return False  # the model knows of the limit
    all_ = not job.expectations or any(isinstance(e, ExpectAll) for e in job.expectations)
    return all_ or isinstance(result.prop, y.NoError | y.Assertion | y.NoDeadlock)


def _compared(expected: ExpectProperty, result: Result) -> Iterator[Surprise]:
    wanted = f"{expected.name} {expected.word}"
    if result.verdict.value != _outcome(expected, result.prop):
        yield Surprise(wanted, result.word, result.name, result.verdict is Verdict.UNKNOWN)
    elif expected.steps is not None and result.steps != expected.steps:
        told = f"{result.word} in {_steps(result.steps)}"
        yield Surprise(f"{wanted} in {_steps(expected.steps)}", told, result.name)


def _steps(count: int | None) -> str:
    return "no steps" if count is None else f"{count} step{'s' * (count != 1)}"


def _outcome(expected: ExpectProperty, prop: Property) -> str:
    """The verdict that is expected. A scenario that is said to be impossible holds if it is."""
    if isinstance(prop, y.Scenario) and prop.impossible:
        return {"impossible": "holds", "possible": "violated"}.get(expected.word, expected.outcome)
    return expected.outcome


def _of_count(expected: ExpectCount, statistics: Statistics) -> Iterator[Surprise]:
    number, whole = getattr(statistics, expected.what), statistics.complete
    if number != expected.number or not whole:
        told = f"{number}" if whole else f"{number} when the search stopped"
        yield Surprise(f"{expected.what} {expected.number}", told, "", not whole)


def _missing(job: Job, known: tuple[str, ...], shown: set[str]) -> list[Surprise]:
    """Range errors that were expected and did not come about."""
    return [
        Surprise(f"{e.name} {e.word}", "holds", e.name)
        for e in _of_properties(job)
        if e.name in known and e.name not in shown and e.outcome != "holds"
    ]
