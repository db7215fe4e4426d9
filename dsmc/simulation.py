"""Random runs of a job: the pipeline of `session/`, with a simulation in place of the search."""

from __future__ import annotations

from dsmc.backends import tiers
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.outcome import Run, Verdict
from dsmc.engine.search import INTERRUPTED, Watcher
from dsmc.engine.simulate import Plan, Simulated
from dsmc.expectations import refuse_unknown, unexpected
from dsmc.frozen import Frozen, replace
from dsmc.ir import system as y
from dsmc.ir.system import Property, System
from dsmc.project import Job
from dsmc.results import Result, Surprise
from dsmc.session import compile_job, refuse_no_start, shown
from dsmc.traces.minimal import Minimal, minimal
from dsmc.traces.minimal.budget import SPENT
from dsmc.typecheck.models import ExpectProperty


class Simulation(Frozen):
    """What random runs of a job showed. Nothing *holds*: what no run showed is unknown."""

    job: Job
    system: System
    plan: Plan
    results: tuple[Result, ...]
    simulated: Simulated
    surprises: tuple[Surprise, ...]


def simulate(
    job: Job,
    plan: Plan,
    properties: tuple[str, ...] = (),
    watch: Watcher | None = None,
    engine: str = "auto",
    *,
    minimise: bool = True,
) -> Simulation:
    """Take random runs of a job, by an engine of `tiers.ENGINES`; counterexamples are made smaller.
    Raises `Mistakes`.
    """
    system = compile_job(job, properties)
    refuse_unknown(job, system, properties)
    machine = PythonMachine(system)
    wanted = frozenset(n for n, p in enumerate(system.properties) if not _is_apart(p))
    simulated = tiers.walk(machine, wanted, plan, engine, watch)
    if not simulated.stopped:
        refuse_no_start(simulated.initial, simulated.decided)
    smaller: dict[int, Minimal] = {}
    if minimise and simulated.stopped != INTERRUPTED:
        smaller = {n: _smaller(machine, n, run) for n, run in simulated.decided.items()}
        simulated = replace(simulated, decided={n: one.run for n, one in smaller.items()})
    results = tuple(
        _result(job, machine, number, prop, simulated)
        for number, prop in enumerate(system.properties)
    )
    spent = {system.properties[n].name for n, one in smaller.items() if one.spent}
    results = tuple(replace(r, note=SPENT) if r.name in spent else r for r in results)
    told = tuple(
        r for r in results
        if r.verdict is not Verdict.UNKNOWN or not isinstance(r.prop, y.NoError)
    )  # fmt: skip
    return Simulation(job, system, plan, told, simulated, _surprises(job, results))


def _smaller(machine: PythonMachine, number: int, run: Run) -> Minimal:
    """A run that shows a violation, as small as it gets within the budget; others as they are."""
    good = isinstance(machine.system.properties[number], y.Reachable | y.Fires)
    return Minimal(run) if good else minimal(machine, number, run)


def _is_apart(prop: Property) -> bool:
    return isinstance(prop, y.APART)


def _result(
    job: Job, machine: PythonMachine, number: int, prop: Property, simulated: Simulated
) -> Result:
    witness = isinstance(prop, y.Reachable | y.Fires)
    run = simulated.decided.get(number)
    if run is not None:
        return shown(job, machine, prop, Verdict.HOLDS if witness else Verdict.VIOLATED, run)
    if _is_apart(prop):
        return Result(prop, Verdict.UNKNOWN, note="not simulated: `dsmc check` decides it")
    runs = f"{simulated.runs:,} run{'s' * (simulated.runs != 1)}"
    note = f"not reached in {runs}" if witness else f"no violation in {runs}"
    return Result(prop, Verdict.UNKNOWN, note=note)


def _surprises(job: Job, results: tuple[Result, ...]) -> tuple[Surprise, ...]:
    """What is certainly not as expected: that runs are not the shortest is no surprise."""
    expectations = tuple(
        replace(e, steps=None) if isinstance(e, ExpectProperty) else e for e in job.expectations
    )
    found = unexpected(replace(job, expectations=expectations), results)
    return tuple(surprise for surprise in found if not surprise.unknown)
