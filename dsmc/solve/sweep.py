"""The combinations of values that constants are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dsmc.diagnostics import Diagnostic, Mistakes, did_you_mean
from dsmc.frozen import Frozen, replace
from dsmc.ir import types as t
from dsmc.project import Job
from dsmc.session import program_of
from dsmc.source import NOWHERE
from dsmc.syntax import ast
from dsmc.typecheck.numbers import Numbers


class Combination(Frozen):
    """Values of the constants that are swept, the job that has them, and the values that all its
    constants that are whole numbers have then.
    """

    values: dict[str, int]
    job: Job
    numbers: dict[str, int]


def combinations(
    job: Job, names: Sequence[str], ranges: Mapping[str, range]
) -> tuple[Combination, ...]:
    """All combinations, the first name counting slowest: each name in the range that is given, or else
    in the one that it is declared with, which may depend on other names. Raises `Mistakes`.
    """
    numbers = _numbers(job)
    refused = [problem for name in names if (problem := _refused(numbers, name, ranges))]
    if refused:
        raise Mistakes(tuple(refused))
    order = sorted(names, key=lambda name: len(numbers.needs(name)))  # what is needed comes first
    found = [{name: values[name] for name in names} for values in _given(job, order, ranges, {})]
    if not found:
        program_of(job)  # a mistake in a range is told
        raise Mistakes((_problem("there is no combination of these constants", ""),))
    return tuple(_combination(job, values) for values in sorted(found, key=lambda v: [*v.values()]))


def related(job: Job, names: Sequence[str]) -> frozenset[str]:
    """The constants that the declarations of some others depend on."""
    return frozenset[str]().union(*map(_numbers(job).needs, names))


def _given(
    job: Job, names: Sequence[str], ranges: Mapping[str, range], values: dict[str, int]
) -> Iterator[dict[str, int]]:
    if not names:
        yield values
        return
    name, *rest = names
    for value in ranges.get(name) or _declared(_with(job, values), name):
        yield from _given(job, rest, ranges, {**values, name: value})


def _declared(job: Job, name: str) -> range:
    """The values of a constant's type; none if it has no values."""
    of = _numbers(job).type(name)
    return range(of.low, of.high + 1) if isinstance(of, t.Int) else range(0)


def _combination(job: Job, values: dict[str, int]) -> Combination:
    told = ",".join(f"{name}={value}" for name, value in values.items())
    name = f"{job.name},{told}" if job.name else told
    own = replace(_with(job, values), name=name, expectations=())
    numbers = _numbers(own)
    found = {name: numbers.value(name) for name in numbers.names}
    return Combination(values, own, {name: n for name, n in found.items() if n is not None})


def _numbers(job: Job) -> Numbers:
    return Numbers(job.files, job.instance)


def _with(job: Job, values: Mapping[str, int]) -> Job:
    """The job with some constants set."""
    kept = tuple(pair for pair in job.instance.constants if pair[0].text not in values)
    new = tuple((ast.Ident(name), _written(value)) for name, value in values.items())
    return replace(job, instance=replace(job.instance, constants=(*kept, *new)))


def _written(value: int) -> ast.Expr:
    return ast.Number(value) if value >= 0 else ast.Negative(ast.Number(-value))


# ---------------------------------------------------------------- what cannot be swept


def _refused(numbers: Numbers, name: str, ranges: Mapping[str, range]) -> Diagnostic | None:
    """Why a constant cannot be swept."""
    if name not in numbers.names:
        help = did_you_mean(name, numbers.names) or f"its constants: {', '.join(numbers.names)}"
        return Diagnostic("D201", f"unknown constant `{name}`", NOWHERE, "", help)
    of, value = numbers.type(name), numbers.value(name)
    if not isinstance(of, t.Int | t.Unknown | None) or (of is None and numbers.is_other(name)):
        return _problem(f"`{name}` is no whole number", "only these can be swept")
    if of is None and name not in ranges:
        help = f"say which values it is given: --range {name}={value or 0}..{(value or 0) + 3}"
        return _problem(f"`{name}` is declared without a range", help)
    return None


def _problem(message: str, help: str) -> Diagnostic:
    return Diagnostic("D718", message, NOWHERE, "", help)
