"""rumur: the generator, gcc and the verifier it makes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.peers.processes import Ran
from bench.peers.tools import Measured, Verdict, built, named
from bench.peers.workloads import Workload

_GCC = "gcc -std=gnu11 -O3 -mcx16 -w -o model model.c -lpthread -latomic"


@dataclass(frozen=True)
class Rumur:
    """Breadth first, every state kept as it is, no symmetry reduction."""

    kit: Path
    threads: int
    reduces: bool = False

    @property
    def name(self) -> str:
        """The head of its column."""
        return named("rumur", self.threads)

    def measure(self, workload: Workload, folder: Path, limit: float) -> Measured:
        """The search is the run of the verifier."""
        (folder / "model.m").write_text(self._model(workload))
        ends = "off" if workload.system.ends else "stuck"
        rumur = f"rumur --symmetry-reduction off --threads {self.threads}"
        rumur += f" --deadlock-detection {ends} --output model.c model.m"
        commands = [rumur.split(), _GCC.split(), ["./model"]]
        return built(commands, folder, limit, _read)

    def _model(self, workload: Workload) -> str:
        """The kit's text with its constants set: there are no definitions on the command line."""
        system, n = workload.system, workload.size.value
        text = (self.kit / "murphi" / f"{system.model}.m").read_text()
        constants = {system.constant: n, **dict(system.murphi_fixed)}
        if system.has_starts:
            constants["TWON"] = 2**n  # what to start with is numbered
        for name, value in constants.items():
            text = re.sub(rf"(?m)^( *{name}): *\d+;", rf"\1: {value};", text)
        return text


def _read(ran: Ran) -> tuple[Verdict, int | None, None]:
    states = ran.number(r"([\d,]+) states, [\d,]+ rules fired")
    if "No error found" in ran.text:
        return Verdict.HOLDS, states, None
    return (Verdict.DEADLOCK if "deadlock" in ran.text else Verdict.FAILED), states, None
