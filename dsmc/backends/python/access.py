"""Parts of packed values, and the objects that generated code refers to by name."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.backends.codec import low, mask, width
from dsmc.backends.python import runtime
from dsmc.ir.history import Observer
from dsmc.ir.types import Type


class Pool:
    """Objects that generated code refers to by name; those who observe what it does."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self.observers = {one.variable: one for one in observers}
        self.objects: dict[str, object] = {
            name: value for name, value in vars(runtime).items() if not name.startswith("_")
        }
        self._names: dict[object, str] = {}

    def name(self, prefix: str, value: object, key: object = None) -> str:
        """The name of an object; objects of one key are the same."""
        key = (prefix, value if key is None else key)
        if key not in self._names:
            self._names[key] = f"{prefix}_{len(self._names)}"
            self.objects[self._names[key]] = value
        return self._names[key]


class Access:
    """A part of a fixed value: in the number `word`, `shift` (and `moves`) bits from the right."""

    def __init__(self, word: str, shift: int, moves: tuple[str, ...], type: Type) -> None:
        self.word = word
        self.shift = shift
        self.moves = moves
        self.type = type

    def inner(self, shift: int, type: Type, *moves: str) -> Access:
        """A part of this part."""
        return Access(self.word, self.shift + shift, self.moves + moves, type)

    @property
    def amount(self) -> str:
        """By how much the word must be shifted."""
        return f"({self.shift}{''.join(self.moves)})" if self.moves else str(self.shift)

    @property
    def shifted(self) -> str:
        """The word with the part rightmost, other bits still on its left."""
        return f"{self.word} >> {self.amount}" if self.moves or self.shift else self.word

    def register(self) -> str:
        """The part's register."""
        if not width(self.type) and self.word.isidentifier() and not self.moves:
            return str(low(self.type))
        text = f"({self.shifted} & {mask(self.type)})"
        return f"({text} + {low(self.type)})" if low(self.type) else text
