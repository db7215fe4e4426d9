"""The columns: dsmc with none, each and both of two reductions; SPIN without its own and with it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers import spin
from bench.peers.dsmc_check import reported, unreported, verdict_of
from bench.peers.processes import Ran
from bench.peers.spin import SAFETY, WHOLE, verifier
from bench.peers.tools import Measured, Verdict, built
from bench.reductions.systems import Case

#: A search that is told to stop may need so many seconds for what it is doing.
_GRACE = 60


@dataclass(frozen=True)
class Found(Measured):
    """What dsmc says of each property that it has decided, and why it stopped before it was through."""

    decided: tuple[tuple[str, str], ...] = ()
    stopped: str = ""


@dataclass(frozen=True)
class Dsmc:
    """With some reductions, by one thread, up to so many states. The folder has what is compiled once for
    a machine.
    """

    name: str
    kinds: tuple[str, ...]
    most: int
    prepared: Path

    def measure(self, case: Case, folder: Path, limit: float) -> Measured:
        """The whole process; nothing is kept of this spec from an earlier time."""
        kept = shutil.copytree(self.prepared, folder / "cache")
        command = [sys.executable, "-m", "bench.reductions.once", *self._options(case, limit)]
        ran, report = reported(command, kept, limit + _GRACE)
        return unreported(ran) if report is None else found_of(report, ran.seconds)

    def _options(self, case: Case, limit: float) -> Iterator[str]:
        yield from case.asked.options()
        for kind in self.kinds:
            yield from ("--use", kind)
        if case.faults:
            yield from ("--faults", case.faults)
        yield from ("--max-states", str(self.most), "--max-time", str(limit))


def found_of(report: dict[str, Any], seconds: float) -> Found:
    """What a report says."""
    statistics, properties = report["statistics"], report["properties"]
    decided = [(p["name"], _told(p)) for p in properties if p["verdict"] != "unknown"]
    verdict = verdict_of(report)
    return Found(
        verdict, seconds, statistics["states"], statistics["seconds"],
        decided=tuple(decided), stopped=statistics["stopped"],
    )  # fmt: skip


def _told(found: dict[str, Any]) -> str:
    steps = found["steps"]
    return found["word"] if steps is None else f"{found['word']} in {steps} steps"


@dataclass(frozen=True)
class Spin:
    """Depth first, exact; with its partial order reduction, or every step of every state."""

    kit: Path
    reduces: bool

    @property
    def name(self) -> str:
        """The head of its column."""
        return "SPIN, partial order" if self.reduces else "SPIN, none"

    def measure(self, case: Case, folder: Path, limit: float) -> Measured | None:
        """The generator, the compiler and the verifier."""
        if case.promela is None:
            return None
        flags = (SAFETY,) if self.reduces else (SAFETY, WHOLE)
        return built(verifier(self.kit, case.promela, folder, flags), folder, limit, _read)


def _read(ran: Ran) -> tuple[Verdict, int | None, None]:
    return spin.verdict_of(ran.text), spin.states_of(ran), None
