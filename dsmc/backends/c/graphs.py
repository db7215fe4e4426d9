"""The graph of a search's states in C, as far as it is asked for."""

from __future__ import annotations

import ctypes
from typing import Any

from dsmc.backends.c.driver import Driver
from dsmc.backends.c.inside import SLICE, Until, arrays, made, mark_strong
from dsmc.backends.owed import Labelled
from dsmc.engine.search import memory_limit, time_limit
from dsmc.ir.system import System
from dsmc.liveness.graph import NOBODY, Graph

_U64, _U32 = ctypes.c_uint64, ctypes.c_uint32
#: In C the greatest number is the label of nobody: -1.
LABEL = ctypes.c_int32
assert NOBODY == -1
#: So many steps from the start are all states.
ALL = (1 << 64) - 1


class _Flags:
    """The numbers whose byte is not 0."""

    def __init__(self, flags: Any) -> None:
        self._flags = flags

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and bool(self._flags[number])


class BuiltGraph:
    """The graph of the states within so many steps of the start; `close` gives its memory back. `graph` and
    `reached` are what C knows it and its ways by. What raises `MemoryError`, says so.
    """

    def __init__(
        self, driver: Driver, system: System, stopped: str, *, fair: bool, until: Until,
        steps: int = ALL,
    ) -> None:  # fmt: skip
        self._plain = driver.call
        self.graph: int | None = made(driver.call_with_search("dsmc_graph_open", fair, steps))
        self.reached: int | None = None
        try:
            stopped = self._grow(driver, until) or stopped
            if not self._plain("dsmc_graph_end", self.graph):
                raise MemoryError
            self.labelled = self._read(driver, system, stopped)
            self.reached = made(self._plain("dsmc_reached", self.graph))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the memory back."""
        if self.reached:
            self._plain("dsmc_close_ways", self.reached)
        if self.graph:
            self._plain("dsmc_graph_close", self.graph)
        self.reached = self.graph = None

    def _grow(self, driver: Driver, until: Until) -> str:
        """Build it, as far as time and memory go; the limit that was met, if any."""
        call, limits = driver.call_with_search, until.limits
        while not (done := call("dsmc_graph_go", self.graph, SLICE)):
            driver.take_what_came()
            if until.is_over:
                self._plain("dsmc_graph_cut", self.graph)
                late = until.is_late
                return time_limit(limits.seconds or 0) if late else memory_limit(limits.memory or 0)
        if done < 0:
            raise MemoryError
        return ""

    def _read(self, driver: Driver, system: System, stopped: str) -> Labelled:
        numbers = (_U64 * 5)()
        self._plain("dsmc_graph_numbers", self.graph, numbers)
        states, steps, labels, initial, cuts_off = numbers
        owed, strong = mark_strong(driver, system, made(self.graph), labels)
        types: tuple[Any, ...] = (
            _U64 * (states + 1), _U32 * steps, LABEL * steps, _U64 * states, _U64 * labels,
            ctypes.c_uint8 * labels, ctypes.c_uint8 * states,
        )  # fmt: skip
        first, targets, of_steps, facts, _, _, unexpanded = (
            of.from_address(place) if place else of()
            for of, place in zip(types, arrays(driver, made(self.graph)), strict=True)
        )
        graph = Graph(range(initial), first, targets, of_steps, strong, facts, _Flags(unexpanded))
        return Labelled(
            graph, lambda n: driver.state(driver.key_at(n)), owed, bool(cuts_off), stopped
        )
