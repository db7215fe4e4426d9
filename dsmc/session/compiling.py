"""From a file to the systems that are checked: read, parse, check the types, lower."""

from __future__ import annotations

import sys
from pathlib import Path

from dsmc.diagnostics import Diagnostic, Mistakes, did_you_mean
from dsmc.engine.outcome import Run
from dsmc.frozen import replace
from dsmc.ir.protocol import Program
from dsmc.ir.system import System
from dsmc.lower import lower
from dsmc.project import Job, Overrides, jobs_in
from dsmc.source import NOWHERE
from dsmc.typecheck.program import Checked, check_spec
from dsmc.typecheck.warnings import warnings_of

#: Expressions, and calls of functions, may be nested deeper than Python's limit for accidents.
_NESTING = 20_000


def load(path: Path | str, overrides: Overrides = Overrides()) -> tuple[Job, ...]:  # noqa: B008
    """The jobs of a file. Raises `Mistakes`."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _NESTING))
    return jobs_in(Path(path), overrides)


def compile_job(job: Job, properties: tuple[str, ...] = ()) -> System:
    """The system of a job. Raises `Mistakes`; also for what cannot be executed yet."""
    program = unchosen(job)
    system = lower(executable(program, properties))
    known = [r.concerns for r in program.refusals if r.concerns]
    known += [p.name for p in (*program.properties, *system.properties)]
    known += [p.property for p in program.promises]
    unknown = [name for name in properties if name not in known]
    if unknown:
        raise Mistakes(tuple(_no_property(name, list(dict.fromkeys(known))) for name in unknown))
    return system


def warnings(job: Job) -> tuple[Diagnostic, ...]:
    """What is no mistake in the spec of a job, but seldom meant."""
    return warnings_of(job.files)


def program_of(job: Job) -> Program:
    """The program of a job, with its properties. Raises `Mistakes`, also for what cannot be executed."""
    return executable(unchosen(job), ())


def unchosen(job: Job) -> Program:
    """The program of a job, with what cannot be executed. Raises `Mistakes`."""
    checked: Checked = check_spec(job.files, job.instance)
    if checked.program is None:
        raise Mistakes(checked.problems)
    return checked.program


def executable(program: Program, chosen: tuple[str, ...]) -> Program:
    """The program with the chosen properties. Raises `Mistakes` if it needs what is not there yet."""
    refused = [r.problem for r in program.refusals if not chosen or r.concerns in ("", *chosen)]
    if refused:
        raise Mistakes(tuple(sorted(refused, key=lambda d: d.order)))
    if not chosen:
        return program
    return replace(
        program,
        properties=tuple(p for p in program.properties if p.name in chosen),
        promises=tuple(p for p in program.promises if p.property in chosen),
    )


def _no_property(name: str, known: list[str]) -> Diagnostic:
    listed = f"its properties are {', '.join(known)}" if known else "it has no properties"
    return Diagnostic(
        "D704", f"there is no property `{name}`", NOWHERE, "", did_you_mean(name, known) or listed
    )


_NO_START = Diagnostic(
    "D408", "there is no initial state", NOWHERE, "",
    "no choice in `init` and `start` satisfies every `require`; without a state all would hold",
)  # fmt: skip


def refuse_no_start(initial: int, decided: dict[int, Run]) -> None:
    """Raises `Mistakes` if there is no initial state, and it is not known why."""
    if not initial and not decided:
        raise Mistakes((_NO_START,))
