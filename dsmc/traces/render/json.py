"""A trace as JSON, for other programs. The form is versioned: `format` changes if it does."""

from __future__ import annotations

import json
from typing import Any

from dsmc.frozen import Frozen
from dsmc.ir.names import legible
from dsmc.ir.show import show
from dsmc.traces.model import Step, Trace

FORMAT = "dsmc-trace-1"


def render(trace: Trace) -> str:
    """The JSON text, ended by a newline."""
    return json.dumps(as_data(trace), indent=1, ensure_ascii=False) + "\n"


def as_data(trace: Trace) -> dict[str, Any]:
    """The trace as dictionaries, lists and strings."""
    names = legible(name for name, _ in trace.variables)
    states = [
        {names[name]: show(of, state[name]) for name, of in trace.variables}
        for state in trace.states
    ]
    return {
        "format": FORMAT,
        "spec": trace.spec,
        "model": trace.model,
        "property": trace.name,
        "verdict": trace.verdict,
        "headline": trace.headline,
        "reasons": list(trace.reasons),
        "lanes": [_data(lane) for lane in trace.lanes],
        "steps": [_step(step) for step in trace.steps],
        "messages": [_data(message) for message in trace.messages],
        "states": states,
        **({"operations": _data(trace.operations)} if trace.operations else {}),
        **({"needs": _data(trace.needs)} if trace.needs else {}),
        **({} if trace.loop is None else {"loop": trace.loop}),
    }


def _step(step: Step) -> dict[str, Any]:
    """A step; what clients said is told where they said something."""
    found: dict[str, Any] = _data(step)
    return found if step.said else {name: v for name, v in found.items() if name != "said"}


def _data(value: Any) -> Any:
    if isinstance(value, Frozen):
        return {field: _data(getattr(value, field)) for field in value._fields}
    if isinstance(value, tuple):
        return [_data(part) for part in value]
    return value
