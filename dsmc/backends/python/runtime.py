"""What generated Python calls: the few operations that are not one expression.

Bounded sequences are integers: `length` bits from the right stands the length, elements are `size`
bits wide, the first one rightmost. `low` is what an element's code must be raised by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from dsmc.ir.evaluate import MAX_DEPTH
from dsmc.ir.ops import RangeError


def outside(value: int, least: int, most: int) -> NoReturn:
    """A number is outside of its type."""
    raise RangeError(f"{value} is not in {least}..{most}")


def nested(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that calls others, perhaps itself: not without end."""
    depth = 0

    def called(*args: Any) -> Any:
        nonlocal depth
        if depth >= MAX_DEPTH:
            raise RangeError(f"calls nested deeper than {MAX_DEPTH}")
        depth += 1
        try:
            return function(*args)
        finally:
            depth -= 1

    return called


def within(value: int, least: int, most: int) -> int:
    """The number, if it is one of its type."""
    return value if least <= value <= most else outside(value, least, most)


def interval(first: int, last: int, low: int) -> int:
    """The set of the numbers from one to another, in a type whose least is `low`."""
    return (1 << last + 1 - low) - (1 << first - low) if first <= last else 0


def no_content() -> NoReturn:
    """A field of a case that the value is not."""
    raise RangeError("it has no such content")


class Divergence(RangeError):
    """A `while` that goes round too often."""


def diverges(rounds: int) -> NoReturn:
    """A loop that seems not to end."""
    raise Divergence(f"the loop went round more than {rounds} times")


def not_a(name: str) -> NoReturn:
    """A node of another role."""
    raise RangeError(f"the node is no {name}")


def divide(a: int, b: int) -> int:
    """`a div b`"""
    if b == 0:
        raise RangeError("division by zero")
    return a // b


def remainder(a: int, b: int) -> int:
    """`a mod b`"""
    if b == 0:
        raise RangeError("division by zero")
    return a % b


class Memo(dict[Any, Any]):
    """A function's results, each computed once."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self._function(key)
        return value


def elements_of(members: tuple[Any, ...]) -> Memo:
    """From the bits of a set to its elements, in type order."""
    return Memo(lambda bits: tuple(m for i, m in enumerate(members) if bits >> i & 1))


def subsets(bits: int) -> Iterator[int]:
    """The subsets of a set, in type order."""
    subset = 0
    while True:
        yield subset
        if subset == bits:
            return
        subset = (subset - bits) & bits


def set_of(ranks: Iterable[int]) -> int:
    """The set of the elements of these ranks."""
    bits = 0
    for rank in ranks:
        bits |= 1 << rank
    return bits


def side_by_side(codes: Iterable[int], size: int) -> int:
    """Codes of one size in the bits of a number, the first highest."""
    total = 0
    for code in codes:
        total = total << size | code
    return total


def least(values: Iterable[int]) -> int:
    """`min` of a fold."""
    found = min(values, default=None)
    if found is None:
        raise RangeError("`min` of nothing")
    return found


def most(values: Iterable[int]) -> int:
    """`max` of a fold."""
    found = max(values, default=None)
    if found is None:
        raise RangeError("`max` of nothing")
    return found


def the(values: Iterable[Any]) -> Any:
    """The one value."""
    found = dict.fromkeys(values)
    if len(found) != 1:
        raise RangeError("`the`: more than one fits" if found else "`the`: nothing fits")
    return next(iter(found))


def choose(values: Iterable[Any]) -> Any:
    """The first value."""
    for value in values:
        return value
    raise RangeError("`choose`: nothing fits")


# ---------------------------------------------------------------- tuples


def put(parts: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    """The tuple with another part."""
    return (*parts[:place], value, *parts[place + 1 :])


def add(bag: tuple[Any, ...], element: Any) -> tuple[Any, ...]:
    """The bag with one more element."""
    return tuple(sorted((*bag, element)))


# ---------------------------------------------------------------- bounded sequences


def _check(place: int, count: int, most: int) -> None:
    if not 0 <= place < most:
        raise RangeError(f"position {place} of a sequence of {count}")


def seq_at(v: int, place: int, length: int, size: int, mask: int) -> int:
    """The code of an element."""
    count = v >> length
    _check(place, count, count)
    return v >> place * size & mask


def seq_last(v: int, length: int, size: int, mask: int) -> int:
    """The code of the last element."""
    return seq_at(v, max(0, (v >> length) - 1), length, size, mask)


def seq_concat(a: int, a_length: int, b: int, b_length: int, size: int, length: int) -> int:
    """One sequence after the other."""
    a_count, b_count = a >> a_length, b >> b_length
    a_items, b_items = a & (1 << a_length) - 1, b & (1 << b_length) - 1
    return (a_count + b_count) << length | b_items << a_count * size | a_items


def seq_slice(v: int, first: int, last: int, length: int, size: int) -> int:
    """The elements from one position to another."""
    count = v >> length
    if not 0 <= first <= last + 1 <= count:
        raise RangeError(f"positions {first}..{last} of a sequence of {count}")
    wanted = last + 1 - first
    return wanted << length | v >> first * size & (1 << wanted * size) - 1


def seq_insert(v: int, place: int, code: int, length: int, size: int) -> int:
    """One more element; the result has room for one more."""
    count = v >> length
    _check(place, count, count + 1)
    items = v & (1 << length) - 1
    before = items & (1 << place * size) - 1
    after = items >> place * size << (place + 1) * size
    return (count + 1) << length + size | after | code << place * size | before


def seq_remove(v: int, place: int, length: int, size: int) -> int:
    """One element less."""
    count = v >> length
    _check(place, count, count)
    items = v & (1 << length) - 1
    before = items & (1 << place * size) - 1
    after = items >> (place + 1) * size << place * size
    return (count - 1) << length | after | before


def seq_replace(v: int, place: int, code: int, length: int, size: int) -> int:
    """Another element at a position."""
    count = v >> length
    _check(place, count, count)
    return v & ~(((1 << size) - 1) << place * size) | code << place * size


def seq_items(v: int, length: int, size: int, low: int) -> list[int]:
    """The registers of the elements."""
    mask = (1 << size) - 1
    return [(v >> place * size & mask) + low for place in range(v >> length)]


def seq_of(codes: Iterable[int], length: int, size: int) -> int:
    """A sequence of these codes."""
    total = count = 0
    for code in codes:
        total |= code << count * size
        count += 1
    return count << length | total


def seq_resized(v: int, length: int, bound: int, new_length: int) -> int:
    """The same elements with room for `bound`."""
    count = v >> length
    if count > bound:
        raise RangeError(f"{count} elements are more than {bound}")
    return count << new_length | v & (1 << length) - 1


def bounded(items: tuple[Any, ...], bound: int) -> tuple[Any, ...]:
    """The same elements, of which there may be at most `bound`."""
    if len(items) > bound:
        raise RangeError(f"{len(items)} elements are more than {bound}")
    return items
