"""Whole runs in C: what breaks their properties, and where fair runs can stay."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any, assert_never

from dsmc.backends.c.cycles import steps_to_rest
from dsmc.backends.c.driver import Driver
from dsmc.backends.c.graphs import LABEL, BuiltGraph
from dsmc.backends.c.inside import NONE64, Until, is_narrow, is_whole, steps_inside
from dsmc.backends.owed import Labelled
from dsmc.engine.machine import State
from dsmc.engine.outcome import Limits
from dsmc.ir.system import System
from dsmc.liveness.decide import Broken
from dsmc.liveness.graph import NOBODY, Stuttering, many
from dsmc.liveness.lasso import Avoid, Fulfil, Lasso, Need, Path, Return, Visit, lasso_from
from dsmc.liveness.near import Found, sizes
from dsmc.liveness.shapes import Shape

_U64, _U32 = ctypes.c_uint64, ctypes.c_uint32
#: To look at so small a part of the states is no loss, whatever is found.
_LITTLE = 64
#: Of all of the graph the numbers are as they are; those of a part stand above, one part above the other.
_ALL, _ABOVE = 0, 32


class WholeRuns:
    """What is asked of the runs through the states that a search has found; graphs are built once somebody
    needs them, and `close` gives their memory back. What raises `MemoryError`, says so.
    """

    def __init__(
        self, driver: Driver, system: System, stopped: str, *, fair: bool, limits: Limits
    ) -> None:
        self._driver, self._system, self._stopped = driver, system, stopped
        self._fair, self._until = fair, Until.of(limits)
        self._graphs: dict[int, BuiltGraph] = {}  # by how large a part they are
        self._steps = 0  # those that were looked at instead of the graph

    @property
    def labelled(self) -> Labelled:
        """All of the graph. Raises `MemoryError`."""
        return self._graph(_ALL).labelled

    def state(self, number: int) -> State:
        """The state of a number in a lasso."""
        most, node = _apart(number)
        return self._graphs[most].labelled.state(node)

    def owed(self, number: int) -> tuple[Any, ...]:
        """The obligation of a number in a lasso."""
        most, label = _apart(number)
        return self._graphs[most].labelled.owed[label]

    def _graph(self, most: int) -> BuiltGraph:
        if most not in self._graphs:
            self._graphs[most] = BuiltGraph(
                self._driver, self._system, self._stopped, fair=self._fair, until=self._until,
                most=most,
            )  # fmt: skip
        return self._graphs[most]

    @property
    def size(self) -> str:
        """What was looked at."""
        if _ALL in self._graphs:
            return self.labelled.graph.told
        near = sum(len(built.labelled.graph.targets) for built in self._graphs.values())
        states = many(self._states, "state")
        return f"{states} and {many(self._steps + near, 'step')} that matter"

    def close(self) -> None:
        """Give the memory back."""
        for built in self._graphs.values():
            built.close()
        self._graphs.clear()

    # ------------------------------------------------------------ properties

    def breaking(self, shape: Shape) -> Broken:
        """Runs that break a property of a shape."""
        if self._stopped or not is_whole(self._driver, self._system):
            return self._breaking(shape, _ALL)
        parts = list(sizes(self._states))
        at_once = [most for most in parts if most * _LITTLE <= self._states]
        return (
            self._at_rest(shape)
            or self._near(shape, at_once)
            or self._inside(shape)
            or self._near(shape, parts[len(at_once) :])
            or self._breaking(shape, _ALL)
        )

    def _at_rest(self, shape: Shape) -> Unbroken | None:
        """If all runs come to rest, and none where it is broken."""
        steps = steps_to_rest(self._driver, shape, fair=self._fair, until=self._until)
        return self._seen(steps)

    def _inside(self, shape: Shape) -> Unbroken | None:
        """If no fair run stays where it is broken, and that is not most of the graph."""
        if _ALL in self._graphs or not is_narrow(shape):
            return None
        steps = steps_inside(self._driver, self._system, shape, fair=self._fair, until=self._until)
        return self._seen(steps)

    def _seen(self, steps: int | None) -> Unbroken | None:
        self._steps += steps or 0
        return None if steps is None else Unbroken()

    def _near(self, shape: Shape, parts: Sequence[int]) -> Found | None:
        """A run near the start that breaks it."""
        for most in parts:
            found = self._breaking(shape, most).lasso()
            if found is not None:
                return Found(Lasso(_of(most, found.stem), _of(most, found.cycle)))
        return None

    @functools.cached_property
    def _states(self) -> int:
        return self._driver.stats()[0]

    def _breaking(self, shape: Shape, most: int) -> Breaking:
        return Breaking(self._driver.call, self._graph(most), shape)


def _of(most: int, path: Path) -> Path:
    """A path in a part, with numbers that say in which."""
    above = most << _ABOVE
    labels = (label if label == NOBODY else label + above for label in path.labels)
    return Path(tuple(node + above for node in path.nodes), tuple(labels))


def _apart(number: int) -> tuple[int, int]:
    """The part, and the number in it."""
    return number >> _ABOVE, number & (1 << _ABOVE) - 1


class Unbroken:
    """No run breaks it."""

    is_open = False

    def lasso(self) -> None:
        """There is none."""


class Breaking:
    """Runs that break one property: see `liveness.shapes.Breaking`."""

    def __init__(self, call: Callable[..., Any], built: BuiltGraph, shape: Shape) -> None:
        self._call, self._shape = call, shape
        self._reached, self._view = built.reached, built.labelled.graph
        again = (_U64 * (len(shape.again) + 1))(*shape.again)
        begin = shape.begin or 0
        self._found = call(
            "dsmc_breaking", built.graph, built.reached, shape.begin is None, begin, shape.stay, again,
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
        return (_U32 * room)(), (LABEL * room)()

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
        nodes, labels = (_U32 * count)(), (LABEL * count)()
        self._call("dsmc_way_back", ways, state, nodes, labels)
        return Path(tuple(reversed(nodes[:])), tuple(reversed(labels[: count - 1])))
