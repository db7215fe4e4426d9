"""Where the variables are in a state, as the C back end keeps it, and how C holds their values.

A state is an array of 64-bit words: the variables of fixed width side by side in the first ones, then
a pointer to a box for each other variable. A value's bits are those of `backends/codec.py`, so that
both back ends read each other's states.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TypeAlias

from dsmc.backends.codec import Register, low, mask, width
from dsmc.engine.machine import State
from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.system import System
from dsmc.ir.types import Type

#: The bits of a word.
WORD = 64
#: The widest state that is kept as one number: all ones is not a state.
ONE_WORD = 63


class Form(enum.Enum):
    """How C holds a value."""

    WORD = "a number"
    WIDE = "an array of words"
    BOX = "a pointer to a box"


def form(type: Type) -> Form:
    """How C holds values of a type."""
    if not t.fixed(type):
        return Form.BOX
    return Form.WORD if width(type) <= WORD else Form.WIDE


def words(type: Type) -> int:
    """How many words a value takes as an element of a box."""
    return -(-width(type) // WORD) if form(type) is Form.WIDE else 1


def bits_in_box(type: Type) -> int:
    """How wide an element of a box is; of one that is a box itself: its reference."""
    return width(type) if t.fixed(type) else 32


class Placed(Frozen):
    """Where a variable of fixed width is: so many bits from the right of the first word."""

    offset: int
    type: Type


class Layout:
    """The places of the variables of a system."""

    def __init__(self, system: System) -> None:
        fixed = {v.name: v.type for v in system.variables if t.fixed(v.type)}
        widths = {name: width(of) for name, of in fixed.items()}
        places, end = _dense(widths) if sum(widths.values()) <= ONE_WORD else _in_words(widths)
        self.packed = {name: Placed(places[name], of) for name, of in fixed.items()}
        boxed = [(v.name, v.type) for v in system.variables if not t.fixed(v.type)]
        self.boxed: dict[str, Type] = dict(boxed)
        self.bits = end if boxed else _of_its_own(end)
        self.packed_words = -(-self.bits // WORD)
        self.box_at = {name: self.packed_words + i for i, (name, _) in enumerate(boxed)}
        self.words = self.packed_words + len(boxed)

    # ------------------------------------------------------------ between the back ends

    def to_reference(self, packed: int, boxes: tuple[Register, ...]) -> State:
        """The reference's state: its variables of fixed width lie side by side, without gaps."""
        word = shift = 0
        for placed in self.packed.values():
            word |= (packed >> placed.offset & mask(placed.type)) << shift
            shift += width(placed.type)
        return (word, *boxes) if self.boxed else word


def _of_its_own(bits: int) -> int:
    """A width at which no state is all ones in one word, and none is nothing."""
    return max(1, bits + (bits == WORD))


def _dense(widths: dict[str, int]) -> tuple[dict[str, int], int]:
    """One after the other; where each begins, and where the last ends."""
    places, at = {}, 0
    for name, size in widths.items():
        places[name] = at
        at += size
    return places, at


def _in_words(widths: dict[str, int]) -> tuple[dict[str, int], int]:
    """So that no value lies across two words that need not, in few words: the widest first, each
    where there is room. The word with the fewest bits stands last.
    """
    first: dict[str, int] = {}
    used: list[int] = []
    for name, size in sorted(widths.items(), key=lambda item: -item[1]):
        word = next((i for i, bits in enumerate(used) if bits + size <= WORD), len(used))
        if not size:
            first[name] = 0
        elif word < len(used):
            first[name] = word * WORD + used[word]
            used[word] += size
        else:
            first[name] = word * WORD
            used += [WORD] * (size // WORD) + [size % WORD] * (size % WORD > 0)
    return _emptiest_last(first, used, widths)


def _emptiest_last(
    first: dict[str, int], used: list[int], widths: dict[str, int]
) -> tuple[dict[str, int], int]:
    """The same with the word that has the fewest bits moved to the end, if no wide value is in it."""
    wide = {
        w
        for n, at in first.items()
        if widths[n] > WORD
        for w in range(at // WORD, (at + widths[n]) // WORD + 1)
    }
    movable = [i for i in range(len(used)) if i not in wide]
    if not movable:
        return first, WORD * (len(used) - 1) + used[-1]
    chosen = min(movable, key=lambda i: (used[i], -i))
    order = [*(i for i in range(len(used)) if i != chosen), chosen]
    places = {n: order.index(at // WORD) * WORD + at % WORD for n, at in first.items()}
    return places, WORD * (len(used) - 1) + used[chosen]


# ---------------------------------------------------------------- boxes

#: From the reference of a box to what it refers to: its leaves.
Leaves: TypeAlias = Callable[[int], list[int]]


def box_register(type: Type, reference: int, leaves: Leaves) -> tuple[Register, ...]:
    """The reference back end's register of a stored box."""
    return _from_leaves(type, leaves(reference), leaves)


def _from_leaves(type: Type, found: list[int], leaves: Leaves) -> tuple[Register, ...]:
    match type:
        case t.Bag(of) | t.Seq(of) | t.Map(_, of):
            size = leaves_of(of)
            parts = (found[i : i + size] for i in range(0, len(found), size))
            if t.fixed(of):  # asked once: there may be thousands of messages in flight
                least = low(of)
                codes = found if size == 1 else map(_joined, parts)
                return tuple(code + least for code in codes)
            return tuple(box_register(of, part[0], leaves) for part in parts)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            case, at, fields = found[0], 1, []
            for of in t.field_types(type, case):
                fields.append(_element(of, found[at : at + leaves_of(of)], leaves))
                at += leaves_of(of)
            return (case, *fields)
        case _:
            raise AssertionError(type)


def _element(type: Type, part: list[int], leaves: Leaves) -> Register:
    if not t.fixed(type):
        return box_register(type, part[0], leaves)
    return _joined(part) + low(type)


def _joined(part: list[int]) -> int:
    return sum(leaf << 32 * i for i, leaf in enumerate(part))


def leaves_of(type: Type) -> int:
    """How many leaves of 32 bits an element of a box is."""
    return max(1, -(-bits_in_box(type) // 32))
