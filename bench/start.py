"""How long does a small check take, from the shell and back?

`python -m bench.start`. The whole process is measured, by turns with a Python that does nothing; the
medians of ten rounds are shown.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
ROUNDS = 10
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "dsmc --version": ["-m", "dsmc", "--version"],
    "dsmc check specs/tcommit.dsm": ["-m", "dsmc", "check", "specs/tcommit.dsm"],
    "dsmc check models/forgetful_commit.dsm": [
        "-m", "dsmc", "check", "models/forgetful_commit.dsm"
    ],
}  # fmt: skip


def seconds(arguments: list[str]) -> float:
    """How long one process takes."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            found[name].append(seconds(arguments))
    for name, each in found.items():
        print(f"  {name:<40} {median(each):.3f} s")


if __name__ == "__main__":
    main()
