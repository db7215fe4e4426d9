"""TLC: one Java process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.peers.processes import Ran, run
from bench.peers.tools import Measured, Verdict, named
from bench.peers.workloads import Workload

#: Where the TLA+ Examples have the modules that the kit's extend.
_EXAMPLES = ("transaction_commit", "ewd840", "Paxos", "chang_roberts")


@dataclass(frozen=True)
class Tlc:
    """Breadth first, of each state a fingerprint of 64 bits, no symmetry."""

    kit: Path
    jar: Path
    examples: Path
    threads: int
    reduces: bool = False

    @property
    def name(self) -> str:
        """The head of its column."""
        return named("TLC", self.threads)

    def measure(self, workload: Workload, folder: Path, limit: float) -> Measured:
        """The search begins with the initial states, when Java has started and the modules are read."""
        module = f"{workload.system.tla.module}.tla"
        shutil.copy(self.kit / "tla" / module, folder)
        (folder / "model.cfg").write_text("\n".join(_configuration(workload)))
        ran = run([*self._command(), module], folder, limit)
        if ran.cut_off:
            return Measured(Verdict.CUT_OFF, ran.seconds)
        states = ran.number(r"([\d,]+) distinct states found")
        return Measured(_verdict(ran.text), ran.seconds, states, _searched(ran), ran.peak)

    def _command(self) -> Iterator[str]:
        library = [self.examples / "specifications" / name for name in _EXAMPLES]
        path = os.pathsep.join(map(str, (*library, self.kit / "tla" / "stubs")))
        yield from ("java", "-XX:+UseParallelGC", f"-DTLA-Library={path}", "-cp", str(self.jar))
        yield from ("tlc2.TLC", "-noGenerateSpecTE", "-metadir", "states", "-config", "model.cfg")
        yield from ("-workers", str(self.threads))


def _configuration(workload: Workload) -> Iterator[str]:
    tla = workload.system.tla
    yield f"SPECIFICATION {tla.spec}"
    yield "CONSTANTS"
    yield from tla.constants(workload.size.value)
    yield f"INVARIANTS {tla.invariant}"
    yield f"CHECK_DEADLOCK {str(not workload.system.ends).upper()}"


def _searched(ran: Ran) -> float | None:
    began, ended = ran.when("Computing initial"), ran.when("Model checking completed|Error:")
    return None if began is None or ended is None else ended - began


def _verdict(text: str) -> Verdict:
    if "No error has been found" in text:
        return Verdict.HOLDS
    return Verdict.DEADLOCK if "Deadlock reached" in text else Verdict.FAILED
