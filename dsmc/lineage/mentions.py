"""Which variables expressions look at, also in the functions that they call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsmc.ir import expr as x
from dsmc.ir.system import Function


def looked_at(expressions: Iterable[x.Expr], functions: Mapping[str, Function]) -> tuple[str, ...]:
    """The variables, each once."""
    found: dict[str, None] = {}
    called: set[str] = set()
    waiting = list(expressions)
    while waiting:
        for part in x.walk(waiting.pop()):
            match part:
                case x.Global(name):
                    found[name] = None
                case x.Call(name) if name not in called:
                    called.add(name)
                    waiting.append(functions[name].body)
    return tuple(found)
