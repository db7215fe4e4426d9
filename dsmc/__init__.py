"""dsmc: write a distributed protocol in a small language, and see what breaks it.

The names below are the public interface; each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from dsmc.diagnostics import Diagnostic, Mistakes
    from dsmc.engine.outcome import Limits, Statistics, Verdict
    from dsmc.graph import state_graph
    from dsmc.project import Job, Overrides
    from dsmc.results import Result
    from dsmc.session import Options, Report, check, load
    from dsmc.traces.model import Trace

_WHERE = {
    "Diagnostic": "diagnostics", "Mistakes": "diagnostics", "Limits": "engine.outcome",
    "Statistics": "engine.outcome", "Verdict": "engine.outcome", "state_graph": "graph",
    "Job": "project", "Overrides": "project", "Options": "session", "Report": "session",
    "Result": "results", "check": "session", "load": "session", "Trace": "traces.model",
}  # fmt: skip

__all__ = [  # noqa: RUF022 - in the order of `_WHERE`
    "Diagnostic", "Mistakes", "Limits", "Statistics", "Verdict", "state_graph", "Job", "Overrides",
    "Options", "Report", "Result", "check", "load", "Trace",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"dsmc has no {name!r}")
    import importlib

    return getattr(importlib.import_module(f"dsmc.{_WHERE[name]}"), name)
