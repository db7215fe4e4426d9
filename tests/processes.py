"""Other processes, and waiting for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def lives(process: int | str) -> bool:
    """Is there such a process, which has not ended?"""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is true."""
    end = time.perf_counter() + seconds
    while not true():
        assert time.perf_counter() < end
        time.sleep(0.01)
