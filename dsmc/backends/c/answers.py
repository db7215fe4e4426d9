"""Observers of histories answer C."""

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
#: The event cannot be.
_NONE = (1 << 32) - 1


def answering(observers: Sequence[Observer]) -> Any:
    """A C function that asks the observers; it lives as long as the object. None is asked: no function."""
    if not observers:
        return ASKED()
    from dsmc.backends.observing import numbered

    numbers = [numbered(one) for one in observers]

    def ask(which: int, event: int, told: Any, count: int) -> int:
        number, *rest = told[:count]
        about = _registers(observers[which].occasions[event].types, rest)
        try:
            return numbers[which].after(event, number, about)
        except RangeError:
            return _NONE

    return ASKED(ask)


def _registers(types: Sequence[Type], told: list[int]) -> tuple[Register, ...]:
    """The values that an event is about, as the reference has them."""
    found: list[Register] = []
    for of in types:
        count = words(of)
        number = sum(word << 64 * place for place, word in enumerate(told[:count]))
        found.append(_signed(number) if isinstance(of, t.Int) else number)
        told = told[count:]
    return tuple(found)


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


def can_answer(observers: Sequence[Observer]) -> bool:
    """Are events about values of a fixed width only?"""
    types = (of for one in observers for occasion in one.occasions for of in occasion.types)
    return all(form(of) is not Form.BOX for of in types)
