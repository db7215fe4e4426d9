"""Whether all runs come to rest, as C finds it: then a property is decided without a graph."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

from dsmc.backends.c.driver import Driver
from dsmc.backends.c.inside import SLICE, Until, closed, made
from dsmc.backends.c.layout import WORD, Layout
from dsmc.backends.codec import entry_shift, slots, width
from dsmc.ir import types as t
from dsmc.ir.types import Type
from dsmc.liveness.shapes import Shape

_U64 = ctypes.c_uint64
#: As in `runtime/live_cycles.c`.
_NO_MEMORY, _GO_ON, _AT_REST = -1, 0, 1
#: The widest field: more values are not told apart.
_WIDEST = 32


def steps_to_rest(driver: Driver, shape: Shape, *, fair: bool, until: Until) -> int | None:
    """If runs that stay where a property is broken come to rest there, but no fair run does: from how many
    steps that is seen. None if that is not so, or not known before a limit is met. Raises `MemoryError`.
    """
    layout = driver.layout
    if layout.boxed:
        return None
    again = (_U64 * (len(shape.again) + 1))(*shape.again)
    masks = _masks(layout)
    begun = driver.call_with_search(
        "dsmc_cycles_open", fair, shape.begin or 0, shape.stay, again, len(shape.again), masks
    )
    with closed(driver, "dsmc_cycles_close", made(begun)) as cycles:
        while not (found := driver.call_with_search("dsmc_cycles_go", cycles, SLICE)):
            driver.take_what_came()
            if until.is_over:
                return None
        if found == _NO_MEMORY:
            raise MemoryError
        return int(driver.call("dsmc_cycles_steps", cycles)) if found == _AT_REST else None


def _masks(layout: Layout) -> ctypes.Array[ctypes.c_uint64]:
    """Of each bit of a state: the bits of its field, as those of its word."""
    masks = (_U64 * (layout.packed_words * WORD + 1))()
    for placed in layout.packed.values():
        for begin, end in fields(placed.type, placed.offset):
            for bit in range(begin, end):
                masks[bit] = (1 << end - begin) - 1 << begin % WORD
    return masks


def fields(type: Type, at: int) -> Iterator[tuple[int, int]]:
    """Where the fields of a value begin and end, if it begins there: its parts that can be told apart by
    their places; none is too wide or across two words.
    """
    match type:
        case t.Set():
            yield from ((at + bit, at + bit + 1) for bit in range(width(type)))
        case t.Map(key, of):
            for rank in range(t.size(key) or 0):
                yield from fields(of, at + entry_shift(type, rank))
        case t.Tuple() | t.Record() | t.Message() if len(t.cases(type)) == 1:
            for slot in slots(type, 0):
                yield from fields(slot.type, at + slot.shift)
        case _:
            yield from _pieces(at, at + width(type))


def _pieces(begin: int, end: int) -> Iterator[tuple[int, int]]:
    while begin < end:
        stop = min(end, begin + _WIDEST, (begin // WORD + 1) * WORD)
        yield begin, stop
        begin = stop
