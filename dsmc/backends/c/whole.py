"""Whole runs in C: the graph of a search's states, and where fair runs can stay in it."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, assert_never, overload

from dsmc.backends.c.driver import Driver
from dsmc.backends.owed import Labelled, obligations, owed_of
from dsmc.engine.machine import State
from dsmc.engine.outcome import Limits
from dsmc.engine.search import time_limit
from dsmc.ir.system import System
from dsmc.liveness.graph import NOBODY, Graph, Stuttering
from dsmc.liveness.lasso import Avoid, Fulfil, Lasso, Need, Path, Return, Visit, lasso_from
from dsmc.liveness.shapes import Shape

_U64, _U32 = ctypes.c_uint64, ctypes.c_uint32
#: Seconds between two looks at the clock and at faster code; what C says for "none".
_SLICE, _NONE64, _NONE32 = 0.1, (1 << 64) - 1, (1 << 32) - 1


class _States(Sequence[State]):
    """The reference's states, by number."""

    def __init__(self, count: int, state: Callable[[int], State]) -> None:
        self._count, self._state = count, state

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> State: ...
    @overload
    def __getitem__(self, at: slice) -> list[State]: ...
    def __getitem__(self, at: int | slice) -> State | list[State]:
        if isinstance(at, slice):
            return [self._state(n) for n in range(*at.indices(self._count))]
        return self._state(at)


class _Flags:
    """The numbers whose byte is not 0."""

    def __init__(self, flags: Any, count: int) -> None:
        self._flags, self._count = flags, count

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and bool(self._flags[number])

    def __iter__(self) -> Iterator[int]:
        return (n for n in range(self._count) if self._flags[n])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class WholeRuns:
    """The graph of the states that a search has found; `close` gives its memory back. Raises
    `MemoryError`.
    """

    def __init__(self, driver: Driver, system: System, *, fair: bool, limits: Limits) -> None:
        self._call = driver.call_with_search
        self._plain = driver.call
        self._graph: int | None = self._made(self._call("dsmc_graph_open", fair))
        self._reached: int | None = None
        try:
            stopped = self._grow(driver, limits)
            if not self._plain("dsmc_graph_end", self._graph):
                raise MemoryError
            self.labelled = self._read(driver, system, stopped)
            self._reached = self._made(self._plain("dsmc_reached", self._graph))
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _made(address: int | None) -> int:
        if not address:
            raise MemoryError
        return address

    def close(self) -> None:
        """Give the memory back."""
        if self._reached:
            self._plain("dsmc_close_ways", self._reached)
        if self._graph:
            self._plain("dsmc_graph_close", self._graph)
        self._reached = self._graph = None

    def _grow(self, driver: Driver, limits: Limits) -> str:
        """Build it, as far as the time goes; the limit that was met, if any."""
        end = None if limits.seconds is None else time.perf_counter() + limits.seconds
        while not (done := self._call("dsmc_graph_go", self._graph, _SLICE)):
            driver.take_what_came()
            if end is not None and time.perf_counter() >= end:
                self._plain("dsmc_graph_cut", self._graph)
                return time_limit(limits.seconds or 0)
        if done < 0:
            raise MemoryError
        return ""

    def _read(self, driver: Driver, system: System, stopped: str) -> Labelled:
        numbers = (_U64 * 5)()
        self._plain("dsmc_graph_numbers", self._graph, numbers)
        states, steps, labels, initial, cuts_off = numbers
        at = (ctypes.c_void_p * 7)()
        self._plain("dsmc_graph_arrays", self._graph, at)
        types: tuple[Any, ...] = (
            _U64 * (states + 1), _U32 * steps, _U32 * steps, _U64 * states, _U64 * labels,
            ctypes.c_uint8 * labels, ctypes.c_uint8 * states,
        )  # fmt: skip
        first, targets, of_steps, facts, tags, strong, unexpanded = (
            of.from_address(place) if place else of() for of, place in zip(types, at, strict=True)
        )
        owed = [owed_of(system, tag) for tag in tags]
        names = {one.name for one in obligations(system) or () if one.strong}
        for label, one in enumerate(owed):
            strong[label] = one[0] in names
        graph = Graph(
            range(initial), first, targets, _Labels(of_steps), strong, facts,
            _Flags(unexpanded, states),
        )  # fmt: skip
        found = _States(states, lambda n: driver.state(driver.key_at(n)))
        return Labelled(graph, found, owed, bool(cuts_off), stopped)

    # ------------------------------------------------------------ properties

    def breaking(self, shape: Shape) -> Breaking:
        """Runs that break a property of a shape."""
        return Breaking(self._plain, self._graph, self._reached, self.labelled.graph, shape)


class _Labels(Sequence[int]):
    """The labels of steps; in C the greatest number is that of nobody."""

    def __init__(self, labels: Any) -> None:
        self._labels = labels

    def __len__(self) -> int:
        return len(self._labels)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        if isinstance(at, slice):
            return [_label(label) for label in self._labels[at]]
        return _label(self._labels[at])


def _label(label: int) -> int:
    return NOBODY if label == _NONE32 else label


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
        self._near = [number for number in numbers[:2] if number != _NONE64]
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
        room = self._view.size + 1
        nodes, labels = (_U32 * room)(), (_U32 * room)()
        asked = (_U64 * len(told))(*told)
        steps = self._call(
            "dsmc_way_inside", self._found, start, asked, len(needs), nodes, labels
        )  # fmt: skip
        if steps < 0:
            raise MemoryError
        return Path(tuple(nodes[: steps + 1]), tuple(map(_label, labels[:steps])))

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
        nodes, labels = (_U32 * count)(), (_U32 * count)()
        self._call("dsmc_way_back", ways, state, nodes, labels)
        by = [_label(label) for label in labels[: count - 1]]
        return Path(tuple(reversed(nodes[:])), tuple(reversed(by)))
