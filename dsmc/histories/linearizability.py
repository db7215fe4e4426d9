"""Is there an order of the operations that is legal and respects real time (Herlihy, Wing 1990)?

The search is that of Wing and Gong with Lowe's cache of configurations: which operations have taken
effect, and the state that they left. Objects are decided one by one, for linearizability is local.
What makes it quick leaves out only orders for which another one exists:

- An operation that changes nothing and may take effect now, does so now.
- Of operations that ask the same and are answered the same, the one that ends first takes effect
  first; of those that never ended, the one that began first.
- An operation that never ended takes effect only where the next operation needs it.

And of what is yet to be read it is known which states lead nowhere (hopes.py).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from itertools import count as naturals
from itertools import groupby
from math import inf
from typing import NamedTuple

from dsmc.histories.budget import Budget
from dsmc.histories.hopes import Hopes
from dsmc.histories.model import Operation, Status, Value
from dsmc.histories.objects import ILLEGAL, Specification

_SLICE = 512  # so many configurations are looked at before somebody else may search
_NO = -1  # no state


class _Path(NamedTuple):
    """Operations that took effect, the last one first."""

    operation: Operation
    before: _Path | None


class _Config(NamedTuple):
    """Which operations have taken effect, and what they left.

    All that ended are numbered by their beginning; those below `low` took effect, and of the others
    those whose bit is set in `window`. `used` counts for each kind of pending operations how many
    took effect. `spared` is the state before the last operation if that was a pending one.
    """

    low: int
    window: int
    used: int
    state: int
    spared: int


class Stuck(NamedTuple):
    """Why there is no order: none gets past the end of `operation`.

    `path` is a longest legal order, which ends in `state`; `states` are those in which any order that
    gets as far ends; `open_` are the operations that could come next.
    """

    operation: Operation
    path: tuple[Operation, ...]
    state: Value
    states: tuple[Value, ...]
    open_: tuple[Operation, ...]


class _Kind(NamedTuple):
    """Pending operations that ask the same, by their beginnings; where their count stands.

    `depends`: what they leave depends on what was there.
    """

    steps: dict[int, int]
    operations: tuple[Operation, ...]
    shift: int
    mask: int
    depends: bool


class Search:
    """The search for an order of the operations on one object, some configurations at a time.

    With foresight it leaves out what leads nowhere: that is quicker, but does not tell how far an
    order gets.
    """

    def __init__(
        self, spec: Specification, operations: Iterable[Operation], *, foresight: bool = True
    ) -> None:
        self._spec = spec
        self._states: list[Value] = [spec.initial]
        self._numbers: dict[Value, int] = {spec.initial: 0}
        self._steps: dict[object, dict[int, int]] = {}
        live = [o for o in operations if o.status is not Status.FAIL]
        self._ended = sorted((o for o in live if o.returned is not None), key=lambda o: o.invoked)
        self._begins = [o.invoked for o in self._ended]
        self._ends = [o.returned for o in self._ended if o.returned is not None]
        self._observes = [spec.observes(o) for o in self._ended]
        self._replaces = [spec.functions[o.f].replaces for o in self._ended]
        self._tables = [self._table(o) for o in self._ended]
        wanted = self._wanted(live)
        self._pending = self._kinds(
            o for o in live if o.returned is None and (wanted is None or o.arg in wanted)
        )
        alike = [kind.operations for kind in self._pending]
        self._hopes = Hopes(spec, self._ended, alike) if foresight else None
        self._seen: set[_Config] = set()
        self._furthest: tuple[float, int] = (-inf, -1)
        self._reached: set[int] = set()
        self._best: tuple[_Config, _Path | None] = (_Config(0, 0, 0, 0, _NO), None)
        self._search = self._run()

    # ------------------------------------------------------------ states and kinds

    def _table(self, one: Operation) -> dict[int, int]:
        """The steps that operations like this one make, as far as known."""
        return self._steps.setdefault((one.f, one.arg, one.result), {})

    def _wanted(self, live: Iterable[Operation]) -> set[Value] | None:
        """What has to be written, if no operation depends on what was written but those that read it:
        of the pending writes, others need not happen. None if that is not known.
        """
        reading = [o for o in live if not self._spec.functions[o.f].replaces]
        if any(self._spec.functions[o.f].leads is not operator.eq for o in reading):
            return None
        return {o.result for o in reading}

    def _kinds(self, pending: Iterable[Operation]) -> tuple[_Kind, ...]:
        """The pending operations that may have changed something, by what they ask."""
        found, shift = [], 0
        changing = [o for o in pending if not self._spec.observes(o)]
        changing.sort(key=lambda o: (repr((o.f, o.arg, o.result)), o.invoked))
        for _, group in groupby(changing, key=lambda o: (o.f, o.arg, o.result)):
            alike = tuple(group)
            bits = len(alike).bit_length()
            depends = not self._spec.functions[alike[0].f].replaces
            found.append(_Kind(self._table(alike[0]), alike, shift, (1 << bits) - 1, depends))
            shift += bits
        return tuple(found)

    def _step(self, table: dict[int, int], state: int, one: Operation) -> int:
        after = table.get(state)
        if after is None:
            value = self._spec.step(self._states[state], one)
            after = table[state] = _NO if value is ILLEGAL else self._number(value)
        return after

    def _number(self, state: Value) -> int:
        number = self._numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number

    # ------------------------------------------------------------ the search

    def advance(self, budget: Budget) -> tuple[Operation, ...] | Stuck | None:
        """Search a little: a legal order, why there is none, or None while nobody knows.

        Raises `Exhausted`.
        """
        budget.spend(len(self._seen))
        return next(self._search)

    def _run(self) -> Iterator[tuple[Operation, ...] | Stuck | None]:
        root: tuple[_Config, _Path | None] = (_Config(0, 0, 0, 0, _NO), None)
        stack = [(0, iter((root,)))]  # the state of a configuration, and what may follow it
        if self._hopes is not None and self._hopes.is_none():
            stack = []
        for count in naturals(1):
            if count % _SLICE == 0:
                yield None
            if not stack:
                yield self._stuck()
            left, follow = stack[-1]
            following = next(follow, None)
            if following is None:
                stack.pop()
                continue
            config, path = self._settled(*following)
            if config.low == len(self._ended):
                yield _order(path)
            if config not in self._seen:
                self._seen.add(config)
                if not self._is_lost(left, config):
                    stack.append((config.state, self._open(config, path)))

    def _settled(self, config: _Config, path: _Path | None) -> tuple[_Config, _Path | None]:
        """The configuration once all has taken effect that changes nothing."""
        moved = True
        while moved:
            moved = False
            for number in self._candidates(config)[0]:
                table, one = self._tables[number], self._ended[number]
                if self._observes[number] and self._step(table, config.state, one) != _NO:
                    config = self._after(config, number, config.state)
                    path, moved = _Path(one, path), True
        return config, path

    def _candidates(self, config: _Config) -> tuple[list[int], float]:
        """The operations that may take effect next, and when the first of them ends."""
        begins, ends = self._begins, self._ends
        number, window, bound = config.low, config.window, inf
        found = []
        while number < len(begins) and begins[number] <= bound:
            if not window & 1:
                found.append(number)
                bound = min(bound, ends[number])
            number += 1
            window >>= 1
        return found, bound

    def _after(self, config: _Config, number: int, state: int) -> _Config:
        low, window = config.low, config.window | 1 << number - config.low
        skip = (~window & window + 1).bit_length() - 1  # how many have taken effect in a row
        return _Config(low + skip, window >> skip, config.used, state, _NO)

    def _open(self, config: _Config, path: _Path | None) -> Iterator[tuple[_Config, _Path | None]]:
        """What may follow, the operations that end first before the others."""
        open_, bound = self._candidates(config)
        self._note(config, path, bound)
        yield from self._ended_next(config, path, open_)
        yield from self._pending_next(config, path, open_, bound)

    def _ended_next(
        self, config: _Config, path: _Path | None, open_: list[int]
    ) -> Iterator[tuple[_Config, _Path | None]]:
        tried: set[int] = set()
        for number in sorted(open_, key=self._ends.__getitem__):
            table, one = self._tables[number], self._ended[number]
            if self._observes[number] or id(table) in tried:
                continue
            tried.add(id(table))
            state = self._step(table, config.state, one)
            if state != _NO and not self._was_vain(config, table, one, state):
                yield self._after(config, number, state), _Path(one, path)

    def _pending_next(
        self, config: _Config, path: _Path | None, open_: list[int], bound: float
    ) -> Iterator[tuple[_Config, _Path | None]]:
        waiting = [(self._tables[n], self._ended[n]) for n in open_ if not self._replaces[n]]
        waiting += [(kind.steps, kind.operations[0]) for kind in self._pending if kind.depends]
        for kind in self._pending:
            count = config.used >> kind.shift & kind.mask
            if count == len(kind.operations) or kind.operations[count].invoked > bound:
                continue
            state = self._step(kind.steps, config.state, kind.operations[count])
            after = config._replace(
                used=config.used + (1 << kind.shift), state=state, spared=config.state
            )
            if state in (_NO, config.state) or not self._helps(after, waiting):
                continue
            if not self._was_vain(config, kind.steps, kind.operations[count], state):
                yield after, _Path(kind.operations[count], path)

    def _helps(self, config: _Config, waiting: list[tuple[dict[int, int], Operation]]) -> bool:
        """Can something follow that could not, or would have come out otherwise?"""
        return any(
            self._step(table, config.state, one) not in (_NO, self._step(table, config.spared, one))
            for table, one in waiting
        )

    def _was_vain(self, config: _Config, table: dict[int, int], one: Operation, after: int) -> bool:
        """Would the operation have done the same without the pending one before it?"""
        return config.spared != _NO and self._step(table, config.spared, one) == after

    def _is_lost(self, left: int, config: _Config) -> bool:
        """Is there an operation that cannot be answered any more as it was?"""
        if self._hopes is None:
            return False
        before, state = self._states[left], self._states[config.state]
        happened = self._counter(config.used)
        return self._hopes.are_lost(before, state, config.low, config.window, happened)

    def _counter(self, used: int) -> Callable[[int, int], bool]:
        return lambda kind, count: (
            (used >> self._pending[kind].shift & self._pending[kind].mask) > count
        )

    # ------------------------------------------------------------ what is told

    def _note(self, config: _Config, path: _Path | None, bound: float) -> None:
        """Keep how far the search came: past the ends of how many operations, with how many."""
        if bound > self._furthest[0]:
            self._reached = set()
        if bound >= self._furthest[0]:
            self._reached.add(config.state)
            reached = (bound, config.low + config.window.bit_count())
            if reached > self._furthest:
                self._furthest, self._best = reached, (config, path)

    def _stuck(self) -> Stuck:
        config, path = self._best  # the beginning, if nothing was searched
        open_ = [self._ended[n] for n in self._candidates(config)[0]]
        failing = min(open_, key=lambda o: (o.returned, o.id))
        states = tuple(self._states[n] for n in sorted(self._reached))
        return Stuck(failing, _order(path), self._states[config.state], states, tuple(open_))


def _order(path: _Path | None) -> tuple[Operation, ...]:
    found = []
    while path is not None:
        found.append(path.operation)
        path = path.before
    return tuple(reversed(found))
