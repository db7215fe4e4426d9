"""Bounded search of a job: the pipeline of `session/`, with formulas in the place of states."""

from __future__ import annotations

from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Engine, Run, Statistics, Verdict
from dsmc.expectations import refuse_unknown, surprises_in
from dsmc.frozen import replace
from dsmc.ir import system as y
from dsmc.ir.system import Property, System
from dsmc.ir.width import most_choices
from dsmc.project import Job
from dsmc.results import Result, Surprise
from dsmc.session import Options, Report, compile_job, refuse_no_start, shown
from dsmc.smt import asking
from dsmc.smt.bounded import Bounded, Found
from dsmc.smt.following import following
from dsmc.smt.solving import Clock, GaveUp, Solver
from dsmc.smt.values import Unsupported
from dsmc.traces.minimal import Minimal, minimal
from dsmc.traces.minimal.budget import SPENT
from dsmc.traces.replay import ReplayError
from dsmc.typecheck.models import ExpectCovered

HISTORIES = "there is no formula of what histories remember"
#: With more choices in one step than this, they are not tried one by one.
_MOST_CHOICES = 10_000
_CUT_OFF = "a range error cut off part of the runs"


def check(job: Job, options: Options) -> Report:
    """Look for runs of up to `options.depth` steps. Nothing *holds*: what no run shows is unknown.

    Raises `Mistakes`.
    """
    system = compile_job(job, options.properties)
    refuse_unknown(job, system, options.properties)
    clock = Clock(options.limits.seconds)
    search = Bounded(system, asked(system), Solver(clock))
    stopped = deepened(search, options.depth)
    refuse_no_start(search.started or search.depth < 0, dict.fromkeys(search.found, Run(())))
    machine = PythonMachine(system)
    results = tuple(
        _result(job, machine, number, search, stopped, options)
        for number in range(len(system.properties))
    )
    levels = search.depth + 1
    statistics = Statistics(
        0, 0, 0, levels, levels, clock.gone, complete=False,
        stopped=stopped or f"the depth of {options.depth} steps", engine=Engine("z3"),
    )  # fmt: skip
    surprises = surprises_in(job, results, statistics, tuple(p.name for p in system.properties))
    return Report(job, system, results, statistics, (*surprises, *_uncovered(job)))


def asked(system: System) -> frozenset[int]:
    """The properties that formulas may decide."""
    return frozenset(n for n, p in enumerate(system.properties) if not refusal(system, p))


def refusal(system: System, prop: Property) -> str:
    """Why formulas do not decide a property; empty if they may."""
    return asking.refusal(prop) or (HISTORIES if system.observers else "")


def deepened(search: Bounded, depth: int) -> str:
    """Look at runs of up to so many steps, as long as something is open; why it ended before."""
    try:
        while search.depth < depth and search.open_:
            search.go_on()
    except Unsupported as error:
        return f"there is no formula of {error.what}"
    except GaveUp as error:
        return error.why
    return ""


def follower(machine: PythonMachine, found: Found) -> PythonMachine:
    """What takes the steps of a run: where there are too many to choose from, these steps only."""
    if most_choices(machine.system) <= _MOST_CHOICES:
        return machine
    return PythonMachine(following(machine.system, found.taken))


def run_of(machine: PythonMachine, found: Found) -> Run:
    """A run as the reference keeps it."""
    target = None if found.target is None else machine.encode(found.target)
    return Run(tuple(map(machine.encode, found.states)), found.in_step, target)


def told(
    job: Job, machine: PythonMachine, number: int, search: Bounded, *, minimise: bool = True
) -> Result:
    """What a run shows. Raises `ReplayError` if the run cannot be taken, and no range error is why."""
    prop = machine.system.properties[number]
    machine = follower(machine, search.found[number])
    good = isinstance(prop, y.Reachable | y.Fires)
    verdict = Verdict.HOLDS if good else Verdict.VIOLATED
    try:
        run = run_of(machine, search.found[number])
        smaller = minimal(machine, number, run) if minimise and not good else Minimal(run)
        result = shown(job, machine, prop, verdict, smaller.run)
        return replace(result, note=SPENT) if smaller.spent else result
    except ReplayError:
        if not any(isinstance(machine.system.properties[n], y.NoError) for n in search.found):
            raise
        return Result(prop, Verdict.UNKNOWN, note=_CUT_OFF)


def _result(
    job: Job, machine: PythonMachine, number: int, search: Bounded, stopped: str, options: Options
) -> Result:
    prop = machine.system.properties[number]
    if number in search.found:
        return told(job, machine, number, search, minimise=options.minimise)
    return Result(prop, Verdict.UNKNOWN, note=_why_unknown(machine.system, number, search, stopped))


def _why_unknown(system: System, number: int, search: Bounded, stopped: str) -> str:
    prop = system.properties[number]
    refused = refusal(system, prop)
    if refused:
        return refused
    if number in search.refused:
        return f"there is no formula of {search.refused[number]}"
    if search.depth < 0:
        return stopped
    found = "not reached" if isinstance(prop, y.Reachable | y.Fires) else "no counterexample"
    return f"{found} up to depth {search.depth}" + (f": {stopped}" if stopped else "")


def _uncovered(job: Job) -> list[Surprise]:
    """Nothing is known of what happens everywhere."""
    return [
        Surprise("covered", "a bounded search does not see every state", unknown=True)
        for e in job.expectations if isinstance(e, ExpectCovered)
    ]  # fmt: skip
