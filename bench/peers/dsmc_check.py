"""dsmc: the command as a user calls it."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.peers.processes import Ran, run
from bench.peers.tools import Measured, Verdict, named
from bench.peers.workloads import ROOT, Workload

CHECK = (sys.executable, "-m", "dsmc", "check")
_CACHE = (sys.executable, "-m", "dsmc", "cache")


@dataclass(frozen=True)
class Asked:
    """What is asked of a spec: some properties of an instance (all, if none are named)."""

    spec: Path
    constants: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()

    def options(self) -> Iterator[str]:
        """On the command line."""
        yield str(self.spec)
        for constant in self.constants:
            yield from ("-D", constant)
        for name in self.properties:
            yield from ("--property", name)


def prepare(folder: Path, limit: float) -> None:
    """Compile what is the same for all specs, and keep it in the folder."""
    run([*_CACHE, "--prepare"], ROOT, limit, DSMC_CACHE=str(folder))


def compiled(asked: Asked, folder: Path, limit: float) -> None:
    """Compile what a search of this spec needs, and keep it in the folder."""
    wanted = (str(asked.spec), *asked.constants, *asked.properties)
    command = [sys.executable, "-m", "bench.peers.compiled", *wanted]
    run(command, ROOT, limit, DSMC_CACHE=str(folder))


def reported(command: Sequence[str], folder: Path, limit: float) -> tuple[Ran, Any]:
    """One process, which keeps what it wants to keep in the folder, and its report; none, if it did not
    come to that.
    """
    ran = run(command, ROOT, limit, DSMC_CACHE=str(folder))
    if ran.cut_off or not ran.text.startswith("["):  # a report, whatever the verdict
        return ran, None
    (report,) = json.loads(ran.text)
    return ran, report


def unreported(ran: Ran) -> Measured:
    """A process without a report."""
    return Measured(Verdict.CUT_OFF if ran.cut_off else Verdict.FAILED, ran.seconds)


def verdict_of(report: dict[str, Any]) -> Verdict:
    """One verdict for all properties of a report."""
    verdicts = {p["verdict"] for p in report["properties"]}
    if "unknown" in verdicts:
        return Verdict.CUT_OFF if report["statistics"]["stopped"] else Verdict.FAILED
    return Verdict.VIOLATED if "violated" in verdicts else Verdict.HOLDS


@dataclass(frozen=True)
class Dsmc:
    """With so many threads and nothing reduced; or, without a number, as it comes."""

    threads: int | None

    @property
    def name(self) -> str:
        """The head of its column."""
        return "dsmc, as it comes" if self.threads is None else named("dsmc", self.threads)

    @property
    def reduces(self) -> bool:
        """As it comes it may."""
        return self.threads is None

    def measure(self, workload: Workload, folder: Path, limit: float) -> Measured:
        """The whole is that of a first run: nothing is kept of this spec from an earlier time, only what
        is compiled once for a machine. The search is that of a second one, which need not compile; for
        the peers, too, compiling is no part of the search.
        """
        prepare(folder, limit)
        command = [*CHECK, *self._arguments(workload)]
        first = _once(command, workload, folder, limit)
        if self.threads is None or first.verdict in (Verdict.CUT_OFF, Verdict.FAILED):
            return first
        compiled(_asked(workload), folder, limit)
        again = [*command, "--no-cache"] if offers("--no-cache") else command
        second = _once(again, workload, folder, limit)
        return replace(second, whole=first.whole)

    def _arguments(self, workload: Workload) -> Iterator[str]:
        yield from _asked(workload).options()
        if self.threads is not None:
            yield from _settings(self.threads)
        yield "--json"


def _settings(threads: int) -> Iterator[str]:
    wanted = (("--engine", "c"), ("--threads", str(threads)), ("--no-reductions",))
    for option in wanted:
        if offers(option[0]):
            yield from option


def _asked(workload: Workload) -> Asked:
    system = workload.system
    constants = (f"{system.constant}={workload.size.value}", *system.dsmc_fixed)
    return Asked(system.spec, constants, (system.property,) if system.property else ())


def _once(command: list[str], workload: Workload, folder: Path, limit: float) -> Measured:
    ran, report = reported(command, folder, limit)
    if report is None:
        return unreported(ran)
    found, verdict = report["statistics"], _verdict(report, workload.size.value)
    return Measured(verdict, ran.seconds, found["states"], found["seconds"], ran.peak)


@functools.cache
def offers(option: str) -> bool:
    """Has `dsmc check` this option?"""
    return option in run([*CHECK, "--help"], ROOT, 60).text.split()


def _verdict(report: dict[str, Any], steps: int) -> Verdict:
    """A deadlock must be the nearest: each philosopher has taken one fork."""
    properties = report["properties"]
    if all(p["verdict"] == "holds" for p in properties):
        return Verdict.HOLDS
    violated = [(p["name"], p["steps"]) for p in properties if p["verdict"] == "violated"]
    return Verdict.DEADLOCK if violated == [("no_deadlock", steps)] else Verdict.FAILED
