"""Reports and traces as files and as data."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsmc.coverage.annotate import as_data as coverage_data
from dsmc.coverage.vacuity import Vacuity
from dsmc.diagnostics import Mistakes
from dsmc.engine.outcome import Engine
from dsmc.files import write_file
from dsmc.ir.names import shown
from dsmc.ir.system import System
from dsmc.reduce.symmetry import symmetry
from dsmc.session import Report
from dsmc.traces.render import RENDERERS
from dsmc.traces.render.json import as_data as trace_data

if TYPE_CHECKING:
    from dsmc.proofs import Proof
    from dsmc.simulation import Simulation

#: `seconds` are those of the search, and `preparation` those before it, also if it was `cached`.
FORMAT = "dsmc-report-1"
SIMULATION_FORMAT = "dsmc-simulation-1"
PROOF_FORMAT = "dsmc-proof-1"


def as_data(report: Report) -> dict[str, Any]:
    """A report as dictionaries, lists and strings. The form is versioned by `format`."""
    s = report.statistics
    return {
        "format": FORMAT, **_results(report),
        "statistics": {
            "states": s.states, "transitions": s.transitions, "generated": s.generated,
            "initial": s.initial, "depth": s.depth, "complete_depth": s.complete_depth,
            "complete": s.complete, "stopped": s.stopped, "seconds": round(s.seconds, 6),
            "preparation": round(s.preparation, 6),
            "engine": _engine(s.engine), "cached": report.cached,
        },
        "within": report.within,
        "coverage": report.coverage and coverage_data(report.coverage),
        "reductions": {"used": s.reductions, "not_symmetric": _not_symmetric(report.system)},
        "notes": list(report.notes), **_rounds(report),
    }  # fmt: skip


def _rounds(report: Report) -> dict[str, Any]:
    """Of a lineage-driven search: what its runs were."""
    r = report.rounds
    if r is None:
        return {}
    return {"lineage": {"rounds": r.number, "fault_rounds": r.with_faults, "runs": r.runs}}


def _engine(engine: Engine) -> dict[str, Any]:
    return {"name": engine.name, "compiler": engine.compiler, "threads": engine.threads}


def _not_symmetric(system: System) -> list[dict[str, Any]]:
    """Why names are not interchangeable."""
    return [
        {"type": r.type.name, "why": r.text, "file": r.span.source.name, "line": r.span.line}
        for r in symmetry(system).reasons
    ]


def simulation_data(simulation: Simulation) -> dict[str, Any]:
    """A simulation in the same way."""
    plan, found = simulation.plan, simulation.simulated
    return {
        "format": SIMULATION_FORMAT, **_results(simulation),
        "plan": {
            "runs": plan.runs, "depth": plan.depth, "seed": plan.seed, "scheduler": plan.scheduler,
        },
        "statistics": {
            "runs": found.runs, "steps": found.steps, "states": found.states,
            "longest": found.longest, "stopped": found.stopped, "seconds": round(found.seconds, 6),
            "engine": _engine(found.engine),
        },
        "actions": [
            {"name": shown(action.name), "taken": found.taken[n], "possible": found.enabled[n]}
            for n, action in enumerate(simulation.system.actions)
        ],
    }  # fmt: skip


def proof_data(proof: Proof) -> dict[str, Any]:
    """What was proved, in the same way."""
    return {
        "format": PROOF_FORMAT, **_results(proof),
        "proof": {
            "k": proof.k, "sample": proof.sample, "candidates": proof.candidates,
            "left_out": proof.left_out, "seconds": round(proof.seconds, 6),
        },
    }  # fmt: skip


def _results(report: Report | Simulation | Proof) -> dict[str, Any]:
    return {
        "spec": report.system.name,
        "model": report.job.name,
        "file": str(report.job.path),
        "as_expected": not report.surprises,
        "surprises": [
            {"expected": one.expected, "found": one.found, "unknown": one.unknown}
            for one in report.surprises
        ],
        "properties": [
            {
                "name": r.name, "verdict": r.own.replace(" ", "_") or r.verdict.value,
                "word": r.word, "steps": r.steps, "note": r.note, "vacuity": _vacuity(r.vacuity),
                "trace": trace_data(r.trace) if r.trace is not None else None,
            }
            for r in report.results
        ],
    }  # fmt: skip


def _vacuity(vacuity: Vacuity | None) -> dict[str, Any] | None:
    if vacuity is None:
        return None
    return {"whole": vacuity.whole, "reasons": list(vacuity.reasons)}


def mistakes_as_data(file: Path, mistakes: Mistakes) -> dict[str, Any]:
    """What is wrong with a file, in the place of its reports."""
    return {
        "format": FORMAT, "file": str(file), "as_expected": False,
        "mistakes": [
            {
                "code": d.code, "message": d.message, "help": d.help, "file": d.span.source.name,
                "line": d.span.line, "start": d.span.start, "end": d.span.end,
            }
            for d in mistakes.diagnostics
        ],
    }  # fmt: skip


def write_traces(report: Report | Simulation | Proof, folder: Path) -> str:
    """Every trace of a report in every format, as `folder/model/property.format`.

    Gives the files' names in one line; empty if there is no trace.
    """
    base = folder / (report.job.name or report.system.name)
    traces = [r.trace for r in report.results if r.trace is not None]
    for trace in traces:
        base.mkdir(parents=True, exist_ok=True)
        for ending, render in RENDERERS.items():
            write_file(base / f"{trace.name}.{ending}", render(trace))
    names = ",".join(trace.name for trace in traces)
    names = f"{{{names}}}" if len(traces) > 1 else names
    return f"{base / names}.{{{','.join(RENDERERS)}}}" if traces else ""


def report_bug(error: BaseException) -> str:
    """What to say of a bug of ours; the details go to a file."""
    details = "".join(traceback.format_exception(error))
    try:
        handle, name = tempfile.mkstemp(prefix="dsmc-bug-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(details)
        where = f" The details are in {name}; please report them with the spec."
    except OSError:
        where = ""
    return f"This is a bug in dsmc, not in your spec: {type(error).__name__}: {error}.{where}"
