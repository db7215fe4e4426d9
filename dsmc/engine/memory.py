"""How much memory the process uses."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup/memory.max")
#: Of the memory that there is so much may be used: more would be taken from others.
_SHARE = 0.9
_STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """The resident memory of this process in bytes (its peak, where the present is not known)."""
    try:
        pages = int(_STATM.read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def most_bytes() -> int:
    """How much memory this process may use, in bytes, so that nobody has to end it."""
    try:
        lines = _MEMINFO.read_text().splitlines()
        available = next(int(line.split()[1]) << 10 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration):
        return 1 << 62
    return int(_SHARE * min(available + resident_bytes(), _group_bytes()))


def _group_bytes() -> int:
    """What the group of processes that this one is in may use."""
    try:
        return int(_CGROUP.read_text())
    except (OSError, ValueError):  # there is none, or it has no limit: `max`
        return 1 << 62
