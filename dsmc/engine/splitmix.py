"""Random numbers that both engines draw alike: the same seed gives the same runs in Python and in C."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")
_WORD = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15


def scrambled(number: int) -> int:
    """Another number of 64 bits; each has one of its own."""
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _WORD
    return number ^ number >> 31


class SplitMix:
    """The numbers of one run of a seed.

    SplitMix64, as `backends/c/runtime/simulate.c` has it. Steele, Lea, Flood: Fast Splittable
    Pseudorandom Number Generators, OOPSLA 2014.
    """

    def __init__(self, seed: int, run: int = 0) -> None:
        self._state = scrambled((scrambled(seed + _GAMMA & _WORD) + run) & _WORD)

    def number(self) -> int:
        """Any number of 64 bits."""
        self._state = self._state + _GAMMA & _WORD
        return scrambled(self._state)

    def below(self, limit: int) -> int:
        """Any number from 0 that is less than a limit of at most 32 bits."""
        return (self.number() >> 32) * limit >> 32

    def choice(self, items: Sequence[_T]) -> _T:
        """Any of the items."""
        return items[self.below(len(items))]
