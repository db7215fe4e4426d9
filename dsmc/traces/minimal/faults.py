"""Fewer faults: some of them are left out, and with them what is not possible without them."""

from __future__ import annotations

from dsmc.traces.minimal.attempts import Attempts, Candidate
from dsmc.traces.minimal.ddmin import ddmin


def fewer_faults(attempts: Attempts, best: Candidate) -> Candidate:
    """The run without the faults that it does not need."""
    return ddmin(attempts, best, lambda act: bool(act.fault))
