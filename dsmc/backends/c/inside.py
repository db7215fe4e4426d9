"""The part of the graph in C where one property may be broken: mostly it shows that the property holds."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dsmc.backends.c.driver import Driver
from dsmc.backends.owed import obligations, owed_of
from dsmc.engine.outcome import Limits
from dsmc.engine.search import is_full
from dsmc.frozen import Frozen
from dsmc.ir.system import NoError, System
from dsmc.liveness.formula import ALWAYS_SET
from dsmc.liveness.shapes import Shape

_U64 = ctypes.c_uint64
#: Seconds between two looks at the clock and at faster code; what C says for "none".
SLICE, NONE64 = 0.1, (1 << 64) - 1
#: What C says of a part that is not worth it.
_LARGE = 2


def is_whole(driver: Driver, system: System) -> bool:
    """Is it known of each state what follows?"""
    frontier = driver.stats()[4]
    errors = {n for n, prop in enumerate(system.properties) if isinstance(prop, NoError)}
    return not frontier and errors.isdisjoint(driver.decided())


def is_narrow(shape: Shape) -> bool:
    """Is what breaks a property all in states of which something is true?"""
    return shape.stay not in (0, ALWAYS_SET)


class Until(Frozen):
    """What may be used for a graph: memory, and time until `end` by the clock of the process."""

    limits: Limits
    end: float | None

    @classmethod
    def of(cls, limits: Limits) -> Until:
        """From now on."""
        return cls(limits, None if limits.seconds is None else time.perf_counter() + limits.seconds)

    @property
    def is_late(self) -> bool:
        """Is the time over?"""
        return self.end is not None and time.perf_counter() >= self.end

    @property
    def is_over(self) -> bool:
        """Is a limit met?"""
        return self.is_late or is_full(self.limits)


def steps_inside(
    driver: Driver, system: System, shape: Shape, *, fair: bool, until: Until
) -> int | None:
    """If no fair run can break a property: from how many steps that is seen. None if one can, if that is
    not known before a limit is met, or if the part is hardly smaller than the graph. Raises `MemoryError`.
    """
    begun = driver.call_with_search(
        "dsmc_inside_open", fair, shape.begin is None, shape.begin or 0, shape.stay
    )
    with closed(driver, "dsmc_graph_close", made(begun)) as part:
        if not _is_grown(driver, part, until) or not driver.call("dsmc_graph_end", part):
            return None
        numbers = (_U64 * 5)()
        driver.call("dsmc_graph_numbers", part, numbers)
        _, steps, labels, _, cuts_off = numbers
        mark_strong(driver, system, part, labels)
        return None if cuts_off or _can_stay(driver, part, shape) else int(steps)


def _is_grown(driver: Driver, part: int, until: Until) -> bool:
    while not (done := driver.call_with_search("dsmc_inside_go", part, SLICE)):
        driver.take_what_came()
        if until.is_over:
            return False
    if done < 0:
        raise MemoryError
    return bool(done != _LARGE)


def _can_stay(driver: Driver, part: int, shape: Shape) -> bool:
    again = (_U64 * (len(shape.again) + 1))(*shape.again)
    all_nodes = made(driver.call("dsmc_all_inside", part))
    with closed(driver, "dsmc_close_ways", all_nodes):
        begin, marks = shape.begin or 0, len(shape.again)
        found = driver.call(
            "dsmc_breaking", part, all_nodes, False, begin, shape.stay, again, marks
        )
        with closed(driver, "dsmc_breaking_close", made(found)):
            numbers = (_U64 * 4)()
            driver.call("dsmc_breaking_found", found, numbers)
            return bool(numbers[0] != NONE64)


@contextmanager
def closed(driver: Driver, how: str, address: int) -> Iterator[int]:
    """What was made, until the end of the block: then it is closed."""
    try:
        yield address
    finally:
        driver.call(how, address)


def made(address: int | None) -> int:
    """What was made. Raises `MemoryError` if it was not."""
    if not address:
        raise MemoryError
    return address


def arrays(driver: Driver, graph: int) -> Any:
    """Where the arrays of a graph are."""
    at = (ctypes.c_void_p * 7)()
    driver.call("dsmc_graph_arrays", graph, at)
    return at


def mark_strong(
    driver: Driver, system: System, graph: int, labels: int
) -> tuple[list[tuple[Any, ...]], Any]:
    """What each label stands for; and which are owed when they are possible again and again: C is told."""
    *_, tags_at, strong_at, _ = arrays(driver, graph)
    tags = (_U64 * labels).from_address(tags_at) if tags_at else ()
    strong = (ctypes.c_uint8 * labels).from_address(strong_at)
    owed = [owed_of(system, tag) for tag in tags]
    names = {one.name for one in obligations(system) or () if one.strong}
    for label, one in enumerate(owed):
        strong[label] = one[0] in names
    return owed, strong
