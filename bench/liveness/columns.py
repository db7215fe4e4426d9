"""The columns: the search alone, and with one property of whole runs; by dsmc and by SPIN."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.liveness.questions import Question
from bench.peers import spin
from bench.peers.dsmc_check import CHECK, Asked, compiled, reported, unreported, verdict_of
from bench.peers.processes import Ran
from bench.peers.spin import SAFETY, WHOLE, verifier
from bench.peers.tools import Measured, Verdict, built

_AS_IT_IS = (
    "--engine",
    "c",
    "--threads",
    "1",
    "--no-reductions",
    "--all",
    "--no-minimise",
    "--no-cache",
    "--json",
)


@dataclass(frozen=True)
class Dsmc:
    """The search of all states by one thread, and what holds of whole runs, if that is asked. The folder
    has what is compiled once for a machine.
    """

    lives: bool
    prepared: Path

    @property
    def name(self) -> str:
        """The head of its column."""
        return "dsmc, with the property" if self.lives else "dsmc, search alone"

    def measure(self, question: Question, folder: Path, limit: float) -> Measured:
        """The whole of a run that finds its code compiled: compiling is no part of a search."""
        asked = question.with_property if self.lives else question.alone
        kept = shutil.copytree(self.prepared, folder / "cache")
        compiled(asked, kept, limit)
        return _checked(asked, kept, limit)


def _checked(asked: Asked, folder: Path, limit: float) -> Measured:
    ran, report = reported([*CHECK, *asked.options(), *_AS_IT_IS], folder, limit)
    if report is None:
        return unreported(ran)
    verdict, found = verdict_of(report), report["statistics"]
    return Measured(
        verdict, ran.seconds, found["states"], found["seconds"], ran.peak, ran.worked
    )  # fmt: skip


@dataclass(frozen=True)
class Spin:
    """Every step of every state; with the property, cycles are looked for, fair to each process."""

    kit: Path
    lives: bool

    @property
    def name(self) -> str:
        """The head of its column."""
        return "SPIN -a -f" if self.lives else "SPIN, search alone"

    def measure(self, question: Question, folder: Path, limit: float) -> Measured:
        """The run of the verifier is the search."""
        promela = question.promela if self.lives else replace(question.promela, formula="")
        flags = (WHOLE, _counters(question)) if self.lives else (SAFETY, WHOLE)
        options = ("-a", "-f") if self.lives else ()
        commands = verifier(self.kit, promela, folder, flags, options)

        def read(ran: Ran) -> tuple[Verdict, int | None, None]:
            states = spin.states_of(ran)
            return spin.verdict_of(ran.text), _without_start(states, question), None

        return built(commands, folder, limit, read)


def _counters(question: Question) -> str:
    """Bytes for the copies of a state: two bits a process. No model has more than one beside its size."""
    processes = question.size.value + 1
    return f"-DNFAIR={(processes + 2) // 4 + 1}"


def _without_start(states: int | None, question: Question) -> int | None:
    """SPIN has one initial state, which chooses among the system's if there are many."""
    return states - question.system.has_starts if states is not None else None


def columns(prepared: Path, kits: Iterator[Path]) -> Iterator[Dsmc | Spin]:
    """Those of dsmc, and those of SPIN where it is."""
    yield from (Dsmc(lives, prepared) for lives in (False, True))
    for kit in kits:
        yield from (Spin(kit, lives) for lives in (False, True))
