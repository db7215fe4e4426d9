"""Where and with what was measured, and how much else was going on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dsmc
from bench.peers.dsmc_check import offers


def heading(jar: Path | None) -> Iterator[str]:
    """The day, the machine, and the versions of what is there."""
    yield f"{datetime.now(UTC):%Y-%m-%d}"
    yield f"{_processor()}, {os.cpu_count()} cores, {_memory():.0f} GiB of memory"
    engine = "its C engine" if offers("--engine") else "the reference"
    yield f"dsmc {dsmc.__version__}, {engine}; Python {platform.python_version()}"
    yield from filter(None, map(_version, ("gcc --version", "spin -V", "rumur --version")))
    if jar and shutil.which("java"):
        yield _tlc(jar)


class Others:
    """How busy other processes keep the machine, from now on."""

    def __init__(self) -> None:
        self._busy, self._began = _others_seconds(), time.monotonic()

    def __str__(self) -> str:
        cores = (_others_seconds() - self._busy) / max(time.monotonic() - self._began, 1e-3)
        return f"meanwhile other processes kept {max(cores, 0.0):.1f} cores busy"


def _others_seconds() -> float:
    """What all processors worked since the start, but for us and our children that have ended."""
    user, nice, system, _idle, _wait, *interrupts = _jiffies()
    own = os.times()
    ours = own.user + own.system + own.children_user + own.children_system
    return (user + nice + system + sum(interrupts[:2])) / os.sysconf("SC_CLK_TCK") - ours


def _jiffies() -> list[int]:
    first, *_ = Path("/proc/stat").read_text().splitlines()
    return [int(word) for word in first.split()[1:]]


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _version(command: str) -> str:
    """The first line of what it says; empty if it is not there."""
    program, *_ = command.split()
    return _said(command.split())[0] if shutil.which(program) else ""


def _tlc(jar: Path) -> str:
    """TLC says when it was made; Java, which it is."""
    text = "\n".join(_said(["java", "-cp", str(jar), "tlc2.TLC", "-h"]))
    version = re.search(r"Version \S+", text)
    return f"TLC {version[0] if version else '?'}; {_said(['java', '--version'])[0]}"


def _said(command: list[str]) -> list[str]:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout.splitlines() or [""]
