"""`mutate`"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from dsmc.cli.options import LIMIT, OK, SURPRISE, many_checks, or_mistakes


@click.command()
@many_checks
def mutate(jobs: Sequence[Any], options: Any, as_json: bool) -> None:
    """Put small mistakes into a spec, one at a time, and see whether a property notices.

    Limits are for each mutant and model. Ends with 0 if every mutant is noticed, 1 if one survives, 3
    if none survives but of some it is unknown.
    """
    found = or_mistakes(lambda: _mutated(jobs, options))
    if as_json:
        from dsmc.mutation.report import as_data

        data = as_data(str(jobs[0].path), [job.name for job in jobs], found)
        click.echo(json.dumps(data, indent=1, ensure_ascii=False))
    else:
        click.echo(_text(found, several=len(jobs) > 1), nl=False)
    sys.exit(_code(found))


def _mutated(jobs: Sequence[Any], options: Any) -> Any:
    from dsmc.frozen import replace
    from dsmc.mutation.run import Fate, mutate
    from dsmc.terminal import progress

    with progress("mutants") as watch:

        def tell(number: int, of: int, so_far: Sequence[Any]) -> Any:
            if watch is None:
                return None
            alive = sum(mutant.fate is Fate.SURVIVED for mutant in so_far)
            note = f"mutant {number} of {of}, {alive} survived"
            return lambda now: watch(replace(now, note=note))

        return mutate(jobs, options, tell)


def _text(found: Any, *, several: bool) -> str:
    from dsmc.mutation.report import row, summary
    from dsmc.mutation.run import Fate
    from dsmc.terminal import table

    colours = {Fate.KILLED: "green", Fate.SURVIVED: "red", Fate.UNKNOWN: "yellow"}
    rows = []
    for mutant in found.mutants:
        fate, *rest = row(mutant, models=several)
        rows.append((click.style(fate, fg=colours[mutant.fate]), *rest))
    told = table(rows, ("", "place", "change", "noticed by")) if rows else ""
    return f"{told}{summary(found)}\n"


def _code(found: Any) -> int:
    from dsmc.mutation.run import Fate

    if found.count(Fate.SURVIVED):
        return SURPRISE
    return LIMIT if found.count(Fate.UNKNOWN) or found.left else OK
