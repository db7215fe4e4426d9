"""What the tools have in common.

Every tool looks at the whole state space, with nothing reduced, and for the same property.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from bench.peers.processes import Ran, run
from bench.peers.workloads import Workload


class Verdict(Enum):
    """What a tool says of a workload."""

    HOLDS = "holds"
    VIOLATED = "violated"
    DEADLOCK = "deadlock"
    CUT_OFF = "cut off"
    FAILED = "failed"


@dataclass(frozen=True)
class Measured:
    """One run: the seconds from the text to the verdict, those of the search, the greatest resident set of
    the searching process in bytes, and the seconds that a processor worked for it.
    """

    verdict: Verdict
    whole: float
    states: int | None = None
    search: float | None = None
    peak: int | None = None
    worked: float | None = None


class Tool(Protocol):
    """A tool with its settings."""

    @property
    def name(self) -> str:
        """The head of its column."""

    @property
    def reduces(self) -> bool:
        """May it look at fewer states than there are?"""

    def measure(self, workload: Workload, folder: Path, limit: float) -> Measured | None:
        """One run in an empty folder; nothing if the workload is none for this tool."""


def named(tool: str, threads: int) -> str:
    """The head of a column."""
    return tool if threads == 1 else f"{tool}, {threads} threads"


#: The verdict, the states, and the seconds of the search, if a verifier says them.
Reader = Callable[[Ran], tuple[Verdict, int | None, float | None]]


def built(commands: Sequence[Sequence[str]], folder: Path, limit: float, read: Reader) -> Measured:
    """Commands of which the last is the search, and what reads its result."""
    whole = 0.0
    for command in commands:
        ran = run(command, folder, limit)
        whole += ran.seconds
        if ran.cut_off:
            return Measured(Verdict.CUT_OFF, whole)
        if ran.code != 0 and command is not commands[-1]:
            return Measured(Verdict.FAILED, whole)
    verdict, states, seconds = read(ran)
    return Measured(verdict, whole, states, seconds or ran.seconds, ran.peak)
