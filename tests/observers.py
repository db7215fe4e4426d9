"""What the observers of histories remember, for the oracle.

Observers are automata with tests of their own, and the same for all engines; what they are told is
the oracle's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsmc.backends.codec import encode
from dsmc.backends.observing import numbered
from dsmc.ir.system import System

#: The observer's variable, the event, and what is remembered and told: what is remembered then.
Observe = Callable[[str, int, list[Any]], int]


def observing(system: System) -> Observe:
    """The observers of a system."""
    observers = {o.variable: o for o in system.observers}

    def observe(name: str, event: int, told: list[Any]) -> int:
        number, *about = told
        types = observers[name].occasions[event].types
        registers = tuple(encode(of, v) for of, v in zip(types, about, strict=True))
        return numbered(observers[name]).after(event, number, registers)

    return observe
