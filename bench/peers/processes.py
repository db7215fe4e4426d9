"""One process of a tool: what it wrote and when, how long it took, how much memory it had."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from time import perf_counter

#: What is installed has its bytecode, and is not compiled each time.
AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True)
class Ran:
    """What came of a process: lines with the seconds at which they came, the exit code, the seconds of
    the whole and those that a processor `worked` for it, the greatest resident set in bytes (its
    children's too), and whether it was cut off.
    """

    lines: tuple[tuple[float, str], ...]
    code: int
    seconds: float
    worked: float
    peak: int
    cut_off: bool

    @property
    def text(self) -> str:
        """All it wrote."""
        return "\n".join(line for _, line in self.lines)

    def number(self, pattern: str) -> int | None:
        """The last number that stands where the pattern has its group; commas are for the eye."""
        found = re.findall(pattern, self.text)
        return int(found[-1].replace(",", "")) if found else None

    def when(self, pattern: str) -> float | None:
        """When a line came that begins so."""
        return next((at for at, line in self.lines if re.match(pattern, line)), None)


def run(command: Sequence[str], folder: Path, limit: float, **variables: str) -> Ran:
    """Run it in a folder, with these variables set, to its end, or until so many seconds have passed.
    What it writes to stderr is shown.
    """
    began = perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **AS_INSTALLED, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # so that its children end with it
    )
    assert process.stdout
    killer = _Killer(process.pid)
    timer = Timer(limit, killer)
    timer.start()
    lines = tuple((perf_counter() - began, line.rstrip("\n")) for line in process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = perf_counter() - began
    worked = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss * 1024
    return Ran(lines, process.returncode, seconds, worked, peak, killer.struck)


class _Killer:
    """Ends a process and its children, and knows whether it did."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.struck = False

    def __call__(self) -> None:
        self.struck = True
        os.killpg(self._pid, signal.SIGKILL)
