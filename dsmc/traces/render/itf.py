"""A trace in the Informal Trace Format (Apalache, ADR 015), which TLA+ and Quint tools read."""

from __future__ import annotations

import json
import re
from typing import Any

from dsmc.ir import types as t
from dsmc.ir.evaluate import sort_key
from dsmc.ir.names import legible
from dsmc.ir.show import show
from dsmc.ir.types import Type, Value
from dsmc.traces.model import Trace


def render(trace: Trace) -> str:
    """The JSON text, ended by a newline."""
    names = legible(name for name, _ in trace.variables)
    variables = [(re.sub(r"\W", "_", names[name]), name, of) for name, of in trace.variables]
    states = [
        {
            "#meta": {"index": number},
            **{shown: _value(of, state[name]) for shown, name, of in variables},
        }
        for number, state in enumerate(trace.states)
    ]
    if trace.loop is not None and not trace.stays:
        states.pop()  # it is that after `loop` steps
    data = {
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "description": trace.headline,
        },
        "vars": [shown for shown, _, _ in variables],
        "states": states,
        **({} if trace.loop is None else {"loop": trace.loop}),
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _value(type: Type, value: Value) -> Any:
    match type:
        case t.Bool():
            return bool(value)
        case t.Int():
            return {"#bigint": str(value)}
        case t.Set(of):
            return {"#set": [_value(of, v) for v in sorted(value, key=lambda v: sort_key(of, v))]}
        case t.Map(key, of):
            pairs = zip(t.values(key), value, strict=True)
            return {"#map": [[_value(key, k), _value(of, v)] for k, v in pairs]}
        case t.Seq(of) | t.Bag(of):
            return [_value(of, v) for v in value]
        case t.Tuple(items):
            return {"#tup": [_value(of, v) for of, v in zip(items, value[1:], strict=True)]}
        case t.Option() | t.Record() | t.Message():
            return _variant(type, value)
        case _:
            return show(type, value)


def _variant(type: t.Option | t.Record | t.Message, value: Value) -> Any:
    case, *fields = value
    name, of = t.cases(type)[case]
    shown = {field: _value(kind, v) for (field, kind), v in zip(of, fields, strict=True)}
    if isinstance(type, t.Record):
        return shown
    return {"tag": name, "value": shown}
