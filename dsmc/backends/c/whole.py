"""Whole runs in C: the graph of a search's states, and where fair runs can stay in it."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from dsmc.backends.c.cycles import steps_to_rest
from dsmc.backends.c.driver import Driver
from dsmc.backends.c.inside import (
    NONE64,
    SLICE,
    Until,
    arrays,
    is_narrow,
    is_whole,
    made,
    mark_strong,
    steps_inside,
)
from dsmc.backends.owed import Labelled
from dsmc.engine.outcome import Limits
from dsmc.engine.search import memory_limit, time_limit
from dsmc.ir.system import System
from dsmc.liveness.decide import Broken
from dsmc.liveness.graph import NOBODY, Graph, Stuttering, many
from dsmc.liveness.lasso import Avoid, Fulfil, Lasso, Need, Path, Return, Visit, lasso_from
from dsmc.liveness.shapes import Shape

_U64, _U32 = ctypes.c_uint64, ctypes.c_uint32
#: In C the greatest number is the label of nobody: -1.
_LABEL = ctypes.c_int32
assert NOBODY == -1


class _Flags:
    """The numbers whose byte is not 0."""

    def __init__(self, flags: Any) -> None:
        self._flags = flags

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and bool(self._flags[number])


class WholeRuns:
    """The graph of the states that a search has found, once somebody asks for it; `close` gives its memory
    back. What raises `MemoryError`, says so.
    """

    def __init__(
        self, driver: Driver, system: System, stopped: str, *, fair: bool, limits: Limits
    ) -> None:
        self._driver, self._system, self._stopped = driver, system, stopped
        self._fair, self._until = fair, Until.of(limits)
        self._plain = driver.call
        self._graph: int | None = None
        self._reached: int | None = None
        self._labelled: Labelled | None = None
        self._steps = 0  # those that were looked at instead of the graph

    @property
    def labelled(self) -> Labelled:
        """All of it. Raises `MemoryError`."""
        if self._labelled is None:
            self._labelled = self._built()
        return self._labelled

    def _built(self) -> Labelled:
        call = self._driver.call_with_search
        self._graph = made(call("dsmc_graph_open", self._fair))
        stopped = self._grow(self._driver, self._until) or self._stopped
        if not self._plain("dsmc_graph_end", self._graph):
            raise MemoryError
        labelled = self._read(self._driver, self._system, stopped)
        self._reached = made(self._plain("dsmc_reached", self._graph))
        return labelled

    @property
    def size(self) -> str:
        """What was looked at."""
        if self._labelled is not None:
            return self._labelled.graph.told
        return (
            f"{many(self._driver.stats()[0], 'state')} and {many(self._steps, 'step')} that matter"
        )

    def close(self) -> None:
        """Give the memory back."""
        if self._reached:
            self._plain("dsmc_close_ways", self._reached)
        if self._graph:
            self._plain("dsmc_graph_close", self._graph)
        self._reached = self._graph = None

    def _grow(self, driver: Driver, until: Until) -> str:
        """Build it, as far as time and memory go; the limit that was met, if any."""
        call, limits = driver.call_with_search, until.limits
        while not (done := call("dsmc_graph_go", self._graph, SLICE)):
            driver.take_what_came()
            if until.is_over:
                self._plain("dsmc_graph_cut", self._graph)
                late = until.is_late
                return time_limit(limits.seconds or 0) if late else memory_limit(limits.memory or 0)
        if done < 0:
            raise MemoryError
        return ""

    def _read(self, driver: Driver, system: System, stopped: str) -> Labelled:
        numbers = (_U64 * 5)()
        self._plain("dsmc_graph_numbers", self._graph, numbers)
        states, steps, labels, initial, cuts_off = numbers
        owed, strong = mark_strong(driver, system, made(self._graph), labels)
        types: tuple[Any, ...] = (
            _U64 * (states + 1), _U32 * steps, _LABEL * steps, _U64 * states, _U64 * labels,
            ctypes.c_uint8 * labels, ctypes.c_uint8 * states,
        )  # fmt: skip
        first, targets, of_steps, facts, _, _, unexpanded = (
            of.from_address(place) if place else of()
            for of, place in zip(types, arrays(driver, made(self._graph)), strict=True)
        )
        graph = Graph(range(initial), first, targets, of_steps, strong, facts, _Flags(unexpanded))
        return Labelled(
            graph, lambda n: driver.state(driver.key_at(n)), owed, bool(cuts_off), stopped
        )

    # ------------------------------------------------------------ properties

    def breaking(self, shape: Shape) -> Broken:
        """Runs that break a property of a shape."""
        if self._labelled is None and not self._stopped:
            steps = self._without_graph(shape)
            if steps is not None:
                self._steps += steps
                return Unbroken()
        return self._breaking(shape)

    def _without_graph(self, shape: Shape) -> int | None:
        """If no fair run can break it: from how many steps that is seen."""
        driver, system, fair, until = self._driver, self._system, self._fair, self._until
        if not is_whole(driver, system):
            return None
        steps = steps_to_rest(driver, shape, fair=fair, until=until)
        if steps is None and is_narrow(shape):
            return steps_inside(driver, system, shape, fair=fair, until=until)
        return steps

    def _breaking(self, shape: Shape) -> Breaking:
        graph = self.labelled.graph  # before what is made with it
        return Breaking(self._plain, self._graph, self._reached, graph, shape)


class Unbroken:
    """No run breaks it."""

    is_open = False

    def lasso(self) -> None:
        """There is none."""


class Breaking:
    """Runs that break one property: see `liveness.shapes.Breaking`."""

    def __init__(
        self, call: Callable[..., Any], graph: int | None, reached: int | None, view: Graph,
        shape: Shape,
    ) -> None:  # fmt: skip
        self._call, self._shape, self._reached, self._view = call, shape, reached, view
        again = (_U64 * (len(shape.again) + 1))(*shape.again)
        begin = shape.begin or 0
        self._found = call(
            "dsmc_breaking", graph, reached, shape.begin is None, begin, shape.stay, again,
            len(shape.again),
        )  # fmt: skip
        if not self._found:
            raise MemoryError
        self._ways = call("dsmc_inside", self._found)
        numbers = (_U64 * 4)()
        call("dsmc_breaking_found", self._found, numbers)
        self._near = [number for number in numbers[:2] if number != NONE64]
        self.is_open = bool(numbers[2])

    def lasso(self) -> Lasso | None:
        """A short run that breaks it; None if there is none that was explored."""
        try:
            return self._lasso()
        finally:
            self._call("dsmc_breaking_close", self._found)

    def _lasso(self) -> Lasso | None:
        facts = self._view.facts
        marks = [lambda state, bits=again: bool(facts[state] & bits) for again in self._shape.again]
        tried = [(node, self._inside_set) for node in self._near]
        return lasso_from(self._to, tried, Stuttering(self._view), marks)

    def _inside_set(self, start: int, needs: Sequence[Need]) -> Path:
        """See `liveness.lasso.Way`."""
        told = [number for need in needs for number in self._told(need)]
        nodes, labels = self._room
        asked = (_U64 * len(told))(*told)
        steps = self._call(
            "dsmc_way_inside", self._found, start, asked, len(needs), nodes, labels
        )  # fmt: skip
        if steps < 0:
            raise MemoryError
        return Path(tuple(nodes[: steps + 1]), tuple(labels[:steps]))

    @functools.cached_property
    def _room(self) -> tuple[Any, Any]:
        """Where C writes a path: none is longer than there are states."""
        room = self._view.size + 1
        return (_U32 * room)(), (_LABEL * room)()

    def _told(self, need: Need) -> tuple[int, int]:
        """A need as in `runtime/live_ways.c`."""
        match need:
            case Visit(mark):
                return 0, self._shape.again[mark]
            case Fulfil(label):
                return 1, label
            case Avoid(label):
                return 2, label
            case Return(node):
                return 3, node
            case _:
                assert_never(need)

    def _to(self, state: int) -> Path:
        inside = self._way(self._ways, state)
        return self._way(self._reached, inside.nodes[0]).then(inside)

    def _way(self, ways: int | None, state: int) -> Path:
        count = self._call("dsmc_way_back", ways, state, None, None)
        nodes, labels = (_U32 * count)(), (_LABEL * count)()
        self._call("dsmc_way_back", ways, state, nodes, labels)
        return Path(tuple(reversed(nodes[:])), tuple(reversed(labels[: count - 1])))
