"""C asks: observers of histories, and whether all is over."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

from dsmc.backends.c.layout import Form, form, words
from dsmc.backends.codec import Register
from dsmc.ir import types as t
from dsmc.ir.history import Observer
from dsmc.ir.ops import RangeError
from dsmc.ir.types import Type

_WORDS = ctypes.POINTER(ctypes.c_uint64)
#: As in `runtime/observe.h`: which observer, which event, its words, how many.
ASKED = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32, ctypes.c_uint32, _WORDS, ctypes.c_uint32)
#: As in `runtime/platform.h`: shall what takes long end?
OVER = ctypes.CFUNCTYPE(ctypes.c_int)
#: The event cannot be.
_NONE = (1 << 32) - 1


def answering(observers: Sequence[Observer]) -> Any:
    """A C function that asks the observers; it lives as long as the object. None is asked: no function."""
    if not observers:
        return ASKED()
    from dsmc.backends.observing import numbered

    numbers = [numbered(one) for one in observers]
    shapes = [[_shape(occasion.types) for occasion in one.occasions] for one in observers]

    def ask(which: int, event: int, told: Any, count: int) -> int:
        number, *rest = told[:count]
        about = _registers(shapes[which][event], rest)
        try:
            return numbers[which].after(event, number, about)
        except RangeError:
            return _NONE

    return ASKED(ask)


def _shape(types: Sequence[Type]) -> list[tuple[int, bool]]:
    """How many words each value takes, and whether it may be less than 0."""
    return [(words(of), isinstance(of, t.Int)) for of in types]


def _registers(shape: list[tuple[int, bool]], told: list[int]) -> tuple[Register, ...]:
    """The values that an event is about, as the reference has them."""
    found: list[Register] = []
    at = 0
    for count, signed in shape:
        number = sum(word << 64 * place for place, word in enumerate(told[at : at + count]))
        found.append(_signed(number) if signed else number)
        at += count
    return tuple(found)


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


def can_answer(observers: Sequence[Observer]) -> bool:
    """Are events about values of a fixed width only?"""
    types = (of for one in observers for occasion in one.occasions for of in occasion.types)
    return all(form(of) is not Form.BOX for of in types)
