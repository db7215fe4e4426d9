"""Is there a legal order of operations that keeps the order of each lane?

The search is depth first over how far each lane has come, with a cache of configurations: those
positions, and the states that the objects are in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from dsmc.histories.budget import Budget
from dsmc.histories.model import Operation, Status, Value
from dsmc.histories.objects import ILLEGAL, Specification
from dsmc.histories.sessions import Lane

T = TypeVar("T")
_Config = tuple[tuple[int, ...], tuple[Value, ...]]

_SLICE = 256  # configurations between two looks at the clock


class Blocked(NamedTuple):
    """A longest legal order, and what each lane would go on with: in which state of its object."""

    order: tuple[Operation, ...]
    following: tuple[tuple[Operation, Value], ...]


def interleaved(
    spec: Specification, found: Sequence[Lane], budget: Budget
) -> tuple[Operation, ...] | Blocked:
    """A legal order of the lanes' operations, or why there is none. Raises `Exhausted`.

    Operations that nobody answered may be left out.
    """
    return _Search(spec, found).run(budget)


class _Search:
    def __init__(self, spec: Specification, found: Sequence[Lane]) -> None:
        self._spec = spec
        self._lanes = [lane.operations for lane in found]
        self._needed = [
            sum(o.status is Status.OK for o in operations) for operations in self._lanes
        ]
        self._after = [self._place(lane.after) for lane in found]
        names = dict.fromkeys(o.object for operations in self._lanes for o in operations)
        self._objects = {name: place for place, name in enumerate(names)}

    def _place(self, one: Operation | None) -> tuple[int, int] | None:
        """The lane of an operation, and how far it is there when it has happened."""
        for number, operations in enumerate(self._lanes):
            if one is not None and one in operations:
                return number, operations.index(one) + 1
        return None

    def run(self, budget: Budget) -> tuple[Operation, ...] | Blocked:
        start: _Config = ((0,) * len(self._lanes), (self._spec.initial,) * len(self._objects))
        seen, furthest = {start}, Blocked((), self._blocking(start))
        stack = [self._following(start)]
        order: list[Operation] = []
        while stack:
            if len(seen) % _SLICE == 1:
                budget.spend(len(seen))
            step = next(stack[-1], None)
            if step is None:
                stack.pop()
                order[-1:] = []
            elif step[1] not in seen:
                seen.add(step[1])
                order.append(step[0])
                stack.append(self._following(step[1]))
                if len(order) > len(furthest.order):
                    furthest = Blocked(tuple(order), self._blocking(step[1]))
            if step is not None and self._is_done(step[1]):
                return tuple(order)
        return () if self._is_done(start) else furthest

    def _blocking(self, config: _Config) -> tuple[tuple[Operation, Value], ...]:
        return tuple(
            (one, config[1][self._objects[one.object]]) for _, one in self._next(config[0])
        )

    def _is_done(self, config: _Config) -> bool:
        return all(at >= needed for at, needed in zip(config[0], self._needed, strict=True))

    def _following(self, config: _Config) -> Iterator[tuple[Operation, _Config]]:
        """What may come next; what changes nothing comes at once, and nothing else is tried."""
        found: list[tuple[Operation, _Config]] = []
        for number, one in self._next(config[0]):
            place = self._objects[one.object]
            state = self._spec.step(config[1][place], one)
            if state is ILLEGAL:
                continue
            after = (
                _with(config[0], number, config[0][number] + 1),
                _with(config[1], place, state),
            )
            if self._spec.observes(one):
                return iter(((one, after),))
            found.append((one, after))
        return iter(found)

    def _next(self, at: tuple[int, ...]) -> Iterator[tuple[int, Operation]]:
        for number, operations in enumerate(self._lanes):
            after = self._after[number]
            if at[number] < len(operations) and (after is None or at[after[0]] >= after[1]):
                yield number, operations[at[number]]


def _with(values: tuple[T, ...], place: int, value: T) -> tuple[T, ...]:
    return (*values[:place], value, *values[place + 1 :])
