"""Values that know why they are what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from dsmc.ir.types import Value
from dsmc.lineage.facts import Test, equal
from dsmc.lineage.slots import Slot, Values
from dsmc.smt.monotone import TRUE, Id


class Thing(Protocol):
    """A value, and what it takes that it passes a test that it passes."""

    @property
    def value(self) -> Value:
        """What it is."""

    def why(self, test: Test) -> Id:
        """The support of the test being passed."""


class Known:
    """A value that nothing can change."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def why(self, test: Test) -> Id:
        """Nothing is needed."""
        return TRUE


class Made:
    """A value with its reasons."""

    def __init__(self, value: Value, reason: Callable[[Test], Id]) -> None:
        self.value = value
        self.why = reason


def exactly(thing: Thing) -> Id:
    """Why it is just this."""
    return thing.why(equal(thing.value))


class Scope:
    """What names and slots stand for at a point of a step that begins at some place of a run."""

    def __init__(
        self, place: int, values: Values, names: Mapping[str, Thing], written: Mapping[Slot, Thing]
    ) -> None:
        self.place, self.values = place, values
        self.names, self.written = dict(names), dict(written)
        self.plain = {name: thing.value for name, thing in names.items()}

    def named(self, name: str, thing: Thing) -> Scope:
        """With one more name."""
        return Scope(self.place, self.values, {**self.names, name: thing}, self.written)

    def only(self, names: Mapping[str, Thing]) -> Scope:
        """With these names alone: inside a function."""
        return Scope(self.place, self.values, names, self.written)

    def wrote(self, values: Values, written: Mapping[Slot, Thing]) -> Scope:
        """After an assignment."""
        return Scope(self.place, values, self.names, {**self.written, **written})
