"""The graph of a search's states in C, as far as it is asked for."""

from __future__ import annotations

import ctypes
from typing import Any

from dsmc.backends.c.driver import Driver
from dsmc.backends.c.inside import SLICE, Until, arrays, made, mark_strong
from dsmc.backends.owed import Labelled
from dsmc.engine.machine import State
from dsmc.engine.search import memory_limit, time_limit
from dsmc.ir.system import System
from dsmc.liveness.graph import NOBODY, Graph
from dsmc.liveness.near import starts

_U64, _U32 = ctypes.c_uint64, ctypes.c_uint32
#: In C the greatest number is the label of nobody: -1.
LABEL = ctypes.c_int32
assert NOBODY == -1


class _Flags:
    """The numbers whose byte is not 0."""

    def __init__(self, flags: Any) -> None:
        self._flags = flags

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and bool(self._flags[number])


class BuiltGraph:
    """The graph of all states, or the part of it near the start in which the steps of so many states are
    known (`most`; 0: all); `close` gives its memory back. `graph` and `reached` are what C knows it and its
    ways by. What raises `MemoryError`, says so.
    """

    def __init__(
        self, driver: Driver, system: System, stopped: str, *, fair: bool, until: Until,
        most: int = 0,
    ) -> None:  # fmt: skip
        self._plain = driver.call
        self._kind = "near" if most else "graph"
        self.graph: int | None = self._open(driver, fair, most)
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

    def _open(self, driver: Driver, fair: bool, most: int) -> int:
        call = driver.call_with_search
        if not most:
            return made(call("dsmc_graph_open", fair))
        initial = driver.stats()[2]
        return made(call("dsmc_near_open", fair, len(starts(initial, most)), most))

    def _grow(self, driver: Driver, until: Until) -> str:
        """Build it, as far as time and memory go; the limit that was met, if any."""
        call, limits = driver.call_with_search, until.limits
        while not (done := call(f"dsmc_{self._kind}_go", self.graph, SLICE)):
            driver.take_what_came()
            if until.is_over:
                self._plain("dsmc_graph_cut", self.graph)
                late = until.is_late
                return time_limit(limits.all_seconds) if late else memory_limit(limits.memory or 0)
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

        def state(node: int) -> State:
            near = self._kind == "near"
            return driver.state(
                self._plain("dsmc_near_key", self.graph, node) if near else driver.key_at(node)
            )

        return Labelled(graph, state, owed, bool(cuts_off), stopped)
