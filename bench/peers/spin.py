"""SPIN: the generator, gcc and the verifier it makes."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.peers.processes import Ran
from bench.peers.tools import Measured, Verdict, built
from bench.peers.workloads import Workload

_GCC = "gcc -O2 -w -DSAFETY -DNOREDUCE -o pan pan.c"


@dataclass(frozen=True)
class Spin:
    """Depth first, every state kept as it is, no partial order reduction."""

    kit: Path
    name: str = "SPIN"
    reduces: bool = False

    def measure(self, workload: Workload, folder: Path, limit: float) -> Measured:
        """The search is the run of the verifier."""
        system = workload.system
        for file in (f"{system.model}.pml", "rep.h"):
            shutil.copy(self.kit / "promela" / file, folder)
        size = f"-D{system.constant}={workload.size.value}"
        spin = ["spin", "-a", size, *system.promela_fixed, f"{system.model}.pml"]
        commands = [spin, _GCC.split(), ["./pan", *_settings(workload)]]
        return built(commands, workload, folder, limit, _read)


def _settings(workload: Workload) -> Iterator[str]:
    """A table as large as the states need, a stack as large as the deepest path."""
    slots = math.ceil(math.log2(1.3 * (workload.size.states or 100_000)))
    yield f"-w{min(max(slots, 20), 27)}"
    yield f"-m{workload.size.spin_depth}"
    if workload.system.ends:
        yield "-E"


def _read(ran: Ran, workload: Workload) -> tuple[Verdict, int | None, None]:
    """SPIN has one initial state, which chooses among the system's if there are many."""
    states = ran.number(r"(\d+) states, stored")
    if states is not None:
        states -= workload.system.has_starts
    return _verdict(ran.text), states, None


def _verdict(text: str) -> Verdict:
    cut_short = "Search not completed" in text or "search depth too small" in text
    if "errors: 0" in text and not cut_short:
        return Verdict.HOLDS
    return Verdict.DEADLOCK if "pan:1: invalid end state" in text else Verdict.FAILED
