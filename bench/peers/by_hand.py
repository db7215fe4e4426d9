"""A search of two-phase commit written in C for this one system: how fast could it be?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.peers.processes import Ran, run
from bench.peers.tools import Measured, Verdict, built
from bench.peers.workloads import Workload


@dataclass(frozen=True)
class ByHand:
    """The fastest of its ways to keep states exactly: 32 bits each."""

    kit: Path
    name: str = "by hand"
    reduces: bool = False

    def measure(self, workload: Workload, folder: Path, limit: float) -> Measured | None:
        """Its compilation does not count, nor in the search the clearing of the table."""
        if not workload.system.by_hand:
            return None
        gcc = f"gcc -O3 -march=native -o limit {self.kit / 'limit.c'} -lpthread"
        run(gcc.split(), folder, limit)
        search = f"./limit 2pc {workload.size.value} 1 quot"
        return built([search.split()], folder, limit, _read)


def _read(ran: Ran) -> tuple[Verdict, int | None, float | None]:
    seconds = re.search(r"run_s=([\d.]+)", ran.text)
    good = seconds is not None and "violations=0" in ran.text
    verdict = Verdict.HOLDS if good else Verdict.FAILED
    return verdict, ran.number(r" states=(\d+)"), float(seconds[1]) if seconds else None
