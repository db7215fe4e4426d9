"""How long does a small check take, from the shell and back?

`python -m bench.start`. The whole process is measured, by turns with a Python that does nothing; the
medians of ten rounds are shown: seconds on the clock, and of processor time (on a busy machine only
these say something).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.peers.processes import AS_INSTALLED

ROOT = Path(__file__).parent.parent
ROUNDS = 10
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "dsmc --version": ["-m", "dsmc", "--version"],
    "dsmc check specs/tcommit.dsm": ["-m", "dsmc", "check", "specs/tcommit.dsm"],
    "dsmc check models/forgetful_commit.dsm": [
        "-m",
        "dsmc",
        "check",
        "models/forgetful_commit.dsm",
    ],
}
#: Asked again.
CACHED = {f"{name}, cached": args for name, args in COMMANDS.items() if "check" in name}  # fmt: skip


def seconds(arguments: list[str], folder: str = "") -> tuple[float, float]:
    """How long one process takes, and how long a processor worked for it; answers are kept in a
    folder, if one is given.
    """
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False,
        env={**os.environ, **AS_INSTALLED, "DSMC_CACHE": folder},
    )  # fmt: skip
    assert done.returncode == 0
    after = os.times()
    worked = after.children_user - before.children_user
    worked += after.children_system - before.children_system
    return time.perf_counter() - began, worked


def main() -> None:
    """Print the table."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*COMMANDS, *CACHED)}
    with tempfile.TemporaryDirectory() as folder:
        for arguments in CACHED.values():
            seconds(arguments, folder)
        for _ in range(ROUNDS):
            for name, arguments in COMMANDS.items():
                found[name].append(seconds(arguments))
            for name, arguments in CACHED.items():
                found[name].append(seconds(arguments, folder))
    for name, each in found.items():
        clock, worked = map(median, zip(*each, strict=True))
        print(f"  {name:<48} {clock:.3f} s  {worked:.3f} s")


if __name__ == "__main__":
    main()
