"""Slots: the smallest parts of a state that facts are about.

A slot is a variable, what stands in a map (of maps) at its keys, or what is in flight from one node to
another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.names import BUDGET
from dsmc.ir.system import System
from dsmc.ir.types import Type, Value

Values = dict[str, Value]


class Slot(Frozen):
    """A variable and the ranks of the keys on the way into it: of a bag of messages, the two ends."""

    variable: str
    keys: tuple[int, ...] = ()


class Slots:
    """The slots of a system."""

    def __init__(self, system: System) -> None:
        self._types = {v.name: v.type for v in system.variables}
        self._bags = {
            v.name: v.type.of for v in system.variables
            if v.name in system.channels and isinstance(v.type, t.Bag)
        }  # fmt: skip

    def is_bag(self, variable: str) -> bool:
        """Does it hold messages in any order?"""
        return variable in self._bags

    def under(self, variable: str, keys: tuple[int, ...] = ()) -> Iterator[Slot]:
        """The slots of a variable, or of what is in it at some keys."""
        sizes = self.sizes(variable)[len(keys) :]
        for rest in product(*map(range, sizes)):
            yield Slot(variable, (*keys, *rest))

    def sizes(self, variable: str) -> list[int]:
        """How many keys there are on each level on the way into a variable."""
        if variable in self._bags:
            return [t.size(of) or 0 for of in t.parts(self._bags[variable])[:2]]
        found, of = [], self._types[variable]
        while isinstance(of, t.Map):
            found.append(t.size(of.key) or 0)
            of = of.value
        return found

    def type(self, slot: Slot) -> Type:
        """The type of what stands there."""
        of = self._types[slot.variable]
        for _ in () if slot.variable in self._bags else slot.keys:
            assert isinstance(of, t.Map)
            of = of.value
        return of

    def value(self, values: Values, slot: Slot) -> Value:
        """What stands there in a state."""
        found = values[slot.variable]
        if slot.variable in self._bags:
            return tuple(message for message in found if message[1:3] == slot.keys)
        for key in slot.keys:
            found = found[key]
        return found

    def of_message(self, variable: str, message: Value) -> Slot:
        """Where a message in a bag is in flight."""
        return Slot(variable, message[1:3])


def is_budget(variable: str) -> bool:
    """Does a variable only count how often a fault may still happen?"""
    return variable.startswith(BUDGET)
