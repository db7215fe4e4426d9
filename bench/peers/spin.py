"""SPIN: the generator, gcc and the verifier it makes."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers.processes import Ran
from bench.peers.tools import Measured, Verdict, built
from bench.peers.workloads import Workload

#: Only assertions and deadlocks are looked for; every step of every state is taken.
SAFETY, WHOLE = "-DSAFETY", "-DNOREDUCE"


@dataclass(frozen=True)
class Promela:
    """A model of the kit and its definitions; how many `states` it has, if that is known, and more than
    the deepest path that a depth-first search meets. `ends`: a state in which nothing can happen is no
    error. It is asked for a `formula` of linear time, if there is one, in the place of its own.
    """

    model: str
    definitions: tuple[str, ...] = ()
    states: int | None = None
    depth: int = 10_000
    ends: bool = True
    formula: str = ""


def verifier(
    kit: Path, promela: Promela, folder: Path, flags: Sequence[str], options: Sequence[str] = ()
) -> list[list[str]]:
    """The commands that make a verifier in a folder, compiled with these flags, and that run it."""
    file = f"{promela.model}.pml"
    shutil.copy(kit / "promela" / "rep.h", folder)
    text = re.sub(r"(?m)^ltl .*$", "", (kit / "promela" / file).read_text())
    asked = f"ltl asked {{ {promela.formula} }}\n" if promela.formula else ""
    (folder / file).write_text(f"{text}\n{asked}")
    gcc = ["gcc", "-O2", "-w", *flags, "-o", "pan", "pan.c"]
    return [["spin", "-a", *promela.definitions, file], gcc, ["./pan", *_sizes(promela), *options]]


def _sizes(promela: Promela) -> Iterator[str]:
    """A table as large as the states need, a stack as large as the deepest path."""
    slots = math.ceil(math.log2(1.3 * (promela.states or 100_000)))
    yield f"-w{min(max(slots, 20), 27)}"
    yield f"-m{promela.depth}"
    if promela.ends:
        yield "-E"


def verdict_of(text: str) -> Verdict:
    """What a verifier says."""
    cut_short = "Search not completed" in text or "search depth too small" in text
    if "errors: 0" in text and not cut_short:
        return Verdict.HOLDS
    if "pan:1: assertion violated" in text or "pan:1: acceptance cycle" in text:
        return Verdict.VIOLATED
    return Verdict.DEADLOCK if "pan:1: invalid end state" in text else Verdict.FAILED


def states_of(ran: Ran) -> int | None:
    """How many states it kept."""
    return ran.number(r"(\d+) states, stored")


# ---------------------------------------------------------------- as one of the tools


@dataclass(frozen=True)
class Spin:
    """Depth first, every state kept as it is, no partial order reduction."""

    kit: Path
    name: str = "SPIN"
    reduces: bool = False

    def measure(self, workload: Workload, folder: Path, limit: float) -> Measured:
        """The search is the run of the verifier. SPIN has one initial state, which chooses among the
        system's if there are many.
        """

        def read(ran: Ran) -> tuple[Verdict, int | None, None]:
            states = states_of(ran)
            if states is not None:
                states -= workload.system.has_starts
            return verdict_of(ran.text), states, None

        commands = verifier(self.kit, promela_of(workload), folder, (SAFETY, WHOLE))
        return built(commands, folder, limit, read)


def promela_of(workload: Workload) -> Promela:
    """The model of a workload."""
    system, size = workload.system, workload.size
    definitions = (f"-D{system.constant}={size.value}", *system.promela_fixed)
    return Promela(system.model, definitions, size.states, size.spin_depth, system.ends)
