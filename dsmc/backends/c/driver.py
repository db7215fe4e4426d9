"""The search in C, driven from Python: slices of time, a look at the limits between them.

Faster code takes over between two slices. What is found is told in the reference's states, so that its
runs can be taken again there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

from dsmc.backends.c.answers import ASKED, OVER, answering
from dsmc.backends.c.checkpoint import Mark
from dsmc.backends.c.layout import Layout, box_register
from dsmc.backends.c.tier import Tier
from dsmc.backends.codec import Register
from dsmc.engine.interrupts import Interrupts
from dsmc.engine.machine import State
from dsmc.ir.system import System

#: How the search ended a slice, and how a property was decided: as in `runtime/search.h`.
FINISHED, PAUSED, DECIDED, LOADED, NO_MEMORY, TOO_MANY = range(6)
STEP, STATE, OUTSIDE, NOT, KEY = range(5)
#: What became of the way to it: as in `runtime/trace.c`.
NO_ROOM, FOUND, LOST = range(3)

_U64 = ctypes.c_uint64
_U32 = ctypes.c_uint32
_POINTER = ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "dsmc_open": (_POINTER, (_POINTER, _U32, _POINTER, _U64, _U32)),
    "dsmc_observers": (None, (_POINTER, ASKED)),
    "dsmc_ask": (None, (_POINTER, OVER)),
    "dsmc_adopt": (ctypes.c_int, (_POINTER, _U32)),
    "dsmc_swap": (None, (_POINTER, _POINTER)),
    "dsmc_begin": (ctypes.c_int, (_POINTER,)),
    "dsmc_run": (ctypes.c_int, (_POINTER, ctypes.c_double)),
    "dsmc_first_dive": (ctypes.c_int, (_POINTER,)),
    "dsmc_dive": (ctypes.c_int, (_POINTER, ctypes.c_double)),
    "dsmc_way": (None, (_POINTER, _U32, _POINTER)),
    "dsmc_close": (None, (_POINTER,)),
    "dsmc_stats": (None, (_POINTER, _POINTER)),
    "dsmc_decided": (None, (_POINTER, _POINTER, _POINTER)),
    "dsmc_loaded": (None, (_POINTER, _POINTER)),
    "dsmc_load_limit": (None, (_POINTER, _U64)),
    "dsmc_state": (ctypes.c_int, (_POINTER, _U64, _POINTER)),
    "dsmc_key_at": (_U64, (_POINTER, _U64)),
    "dsmc_graph_open": (_POINTER, (_POINTER, _U32)),
    "dsmc_graph_go": (ctypes.c_int, (_POINTER, _POINTER, ctypes.c_double)),
    "dsmc_graph_cut": (None, (_POINTER,)),
    "dsmc_graph_end": (ctypes.c_int, (_POINTER,)),
    "dsmc_graph_numbers": (None, (_POINTER, _POINTER)),
    "dsmc_graph_arrays": (None, (_POINTER, _POINTER)),
    "dsmc_graph_close": (None, (_POINTER,)),
    "dsmc_inside_open": (_POINTER, (_POINTER, _U32, _U32, _U64, _U64)),
    "dsmc_inside_go": (ctypes.c_int, (_POINTER, _POINTER, ctypes.c_double)),
    "dsmc_near_open": (_POINTER, (_POINTER, _U32, _U64, _U64)),
    "dsmc_near_go": (ctypes.c_int, (_POINTER, _POINTER, ctypes.c_double)),
    "dsmc_near_key": (_U64, (_POINTER, _U64)),
    "dsmc_all_inside": (_POINTER, (_POINTER,)),
    "dsmc_cycles_open": (_POINTER, (_POINTER, _U32, _U64, _U64, _POINTER, _U32, _POINTER)),
    "dsmc_cycles_go": (ctypes.c_int, (_POINTER, _POINTER, ctypes.c_double)),
    "dsmc_cycles_steps": (_U64, (_POINTER,)),
    "dsmc_cycles_close": (None, (_POINTER,)),
    "dsmc_reached": (_POINTER, (_POINTER,)),
    "dsmc_close_ways": (None, (_POINTER,)),
    "dsmc_breaking": (_POINTER, (_POINTER, _POINTER, _U32, _U64, _U64, _POINTER, _U32)),
    "dsmc_breaking_found": (None, (_POINTER, _POINTER)),
    "dsmc_breaking_close": (None, (_POINTER,)),
    "dsmc_way_inside": (ctypes.c_int64, (_POINTER, _U64, _POINTER, _U32, _POINTER, _POINTER)),
    "dsmc_inside": (_POINTER, (_POINTER,)),
    "dsmc_way_back": (_U64, (_POINTER, _U64, _POINTER, _POINTER)),
    "dsmc_box": (_U32, (_POINTER, _U32, _POINTER)),
    "dsmc_cool": (ctypes.c_int, (_POINTER, ctypes.c_int)),
    "dsmc_mark": (None, (_POINTER, _POINTER)),
    "dsmc_arrays": (ctypes.c_int, (_POINTER,) * 5),
    "dsmc_restore": (ctypes.c_int, (_POINTER,) * 4),
    "dsmc_trace": (ctypes.c_int, (_POINTER, _U32, _U32, _U64, _U32, _POINTER)),
}


class LostError(Exception):
    """No run leads to what was decided: the steps of states that differ in names only are not alike
    where one of them has no value.
    """


class Driver:
    """One search."""

    def __init__(
        self, system: System, layout: Layout, model: Tier, search: Tier, threads: int,
        wanted: frozenset[int], most_states: int | None, *, fingerprints: bool = False,
    ) -> None:  # fmt: skip
        self._layout = layout
        self._model, self._search = model, search
        self._threads = threads
        self._properties = len(system.properties)
        self._calls: dict[str, Callable[..., Any]] = {}
        self._bind()
        words = (_U64 * (self._properties // 64 + 1))()
        for number in wanted:
            words[number >> 6] |= 1 << (number & 63)
        limit = (1 << 64) - 1 if most_states is None else most_states
        address = model.address("dsmc_model")
        self._s = self.call("dsmc_open", address, threads, words, limit, fingerprints)
        if not self._s:
            raise MemoryError
        self._ask = answering(system.observers)  # as long as the search
        self.call("dsmc_observers", self._s, self._ask)
        self._interrupts = Interrupts()
        self._over = OVER()  # as long as the search
        self._boxes: dict[int, list[int]] = {}
        self._at_start: frozenset[int] | None = None  # depth first: what initial states decided

    @property
    def layout(self) -> Layout:
        """How its states are kept."""
        return self._layout

    # ------------------------------------------------------------ calls

    def _bind(self) -> None:
        for name, (result, arguments) in _SIGNATURES.items():
            prototype = ctypes.CFUNCTYPE(result, *arguments)
            self._calls[name] = prototype(self._search.address(name))

    def call(self, name: str, *args: Any) -> Any:
        """Call a function of the runtime."""
        return self._calls[name](*args)

    def call_with_search(self, name: str, *args: Any) -> Any:
        """Call a function of the runtime that begins with the search."""
        return self._calls[name](self._s, *args)

    def close(self) -> None:
        """Give the memory back."""
        if self._s:
            self.call("dsmc_close", self._s)
            self._s = None

    # ------------------------------------------------------------ searching

    def ask(self, is_over: Callable[[], bool]) -> None:
        """Where a state has so many successors that a slice takes longer than it may: whether to give up."""
        self._over = OVER(lambda: self._interrupts.pending or is_over())
        self.call("dsmc_ask", self._s, self._over)

    def _search_on(self, name: str, *args: Any) -> int:
        with self._interrupts:
            return int(self.call(name, self._s, *args))

    def begin(self) -> int:
        """The initial states."""
        return self._search_on("dsmc_begin")

    def run(self, seconds: float) -> int:
        """A slice."""
        return self._search_on("dsmc_run", seconds)

    def first_dive(self) -> None:
        """Go on depth first, after the initial states."""
        self._at_start = frozenset(self.decided())
        if not self.call("dsmc_first_dive", self._s):
            raise MemoryError

    def dive(self, seconds: float) -> int:
        """A slice of it."""
        return self._search_on("dsmc_dive", seconds)

    def take_what_came(self) -> None:
        """Go on with faster code, if it is there."""
        if self._search.arrived():
            self._bind()
            if not self.call("dsmc_adopt", self._s, self._threads):
                raise MemoryError
        if self._model.arrived():
            self.call("dsmc_swap", self._s, self._model.address("dsmc_model"))

    def _numbers(self) -> list[int]:
        numbers = (_U64 * 10)()
        self.call("dsmc_stats", self._s, numbers)
        return list(numbers)

    def stats(self) -> tuple[int, int, int, int, int]:
        """States, transitions, initial states, levels begun, states of the last level."""
        states, transitions, initial, levels, frontier, *_ = self._numbers()
        return states, transitions, initial, levels, frontier

    def unreduced(self) -> int:
        """For how many states those stand that were kept; 0 if these are too many to count."""
        return self._numbers()[7]

    def cool(self, file: int) -> bool:
        """Put the states that have been expanded into a file. False: it has no room for them."""
        return bool(self.call("dsmc_cool", self._s, file))

    def expanded_words(self) -> int:
        """How long what is kept of the states before the last level is."""
        return self._numbers()[8]

    def has_fingerprints(self) -> bool:
        """Are states told apart by fingerprints? Not where they are as small as these."""
        return bool(self._numbers()[9])

    def decided(self) -> dict[int, tuple[int, int]]:
        """Of each decided property: at which level (from 1; 0: the start), and how."""
        levels, kinds = (_U32 * (self._properties + 1))(), (_U32 * (self._properties + 1))()
        self.call("dsmc_decided", self._s, levels, kinds)
        return {p: (levels[p], kinds[p]) for p in range(self._properties) if kinds[p] != NOT}

    def loaded(self) -> list[int]:
        """The keys of the states of the last level with more messages than the limit."""
        count = self._numbers()[6]
        keys = (_U64 * (count + 1))()
        self.call("dsmc_loaded", self._s, keys)
        return list(keys[:count])

    def load_limit(self, limit: int) -> None:
        """Tell of states with more messages than this."""
        self.call("dsmc_load_limit", self._s, limit)

    # ------------------------------------------------------------ checkpoints

    def mark(self) -> Mark:
        """How far the search was when its last whole level ended."""
        numbers = _numbers_of(None)
        self.call("dsmc_mark", self._s, numbers)
        return Mark(*numbers)

    def arrays(self, mark: Mark) -> dict[str, memoryview]:
        """The bytes of what only grows, as far as a mark says; to be read, or to be filled."""
        places = [_POINTER() for _ in range(3)]
        addresses = map(ctypes.byref, places)
        if not self.call("dsmc_arrays", self._s, _numbers_of(mark), *addresses):
            raise MemoryError
        counts = {"states": mark.states, "levels": mark.levels, "nodes": mark.nodes}
        return {
            name: _bytes_at(place.value, 8 * count)
            for (name, count), place in zip(counts.items(), places, strict=True)
        }

    def restore(self, mark: Mark, decided: Mapping[int, tuple[int, int]]) -> None:
        """Be as far as a mark says, of which the arrays have been filled."""
        levels = (_U32 * (self._properties + 1))()
        kinds = (_U32 * (self._properties + 1))(*[NOT] * self._properties)
        for number, (level, kind) in decided.items():
            levels[number], kinds[number] = level, kind
        if not self.call("dsmc_restore", self._s, _numbers_of(mark), levels, kinds):
            raise MemoryError

    # ------------------------------------------------------------ states

    def path(self, prop: int, level: int, kind: int, key: int = 0) -> list[State]:
        """The run that decided a property, or (`KEY`) that leads to a state."""
        keys = (_U64 * level)()
        if self._at_start is not None and kind != KEY and prop not in self._at_start:
            self.call("dsmc_way", self._s, prop, keys)
            return [self.state(key) for key in keys]
        found = self.call("dsmc_trace", self._s, prop, kind, key, level, keys)
        if found != FOUND:
            raise LostError if found == LOST else MemoryError
        return [self.state(key) for key in keys]

    def key_at(self, number: int) -> int:
        """The key of a state by its number."""
        return int(self.call("dsmc_key_at", self._s, number))

    def state(self, key: int) -> State:
        """The reference's state of a key."""
        words = (_U64 * (self._layout.words + 1))()
        if not self.call("dsmc_state", self._s, key, words):
            raise MemoryError
        count = self._layout.packed_words
        packed = sum(words[i] << 64 * i for i in range(count))
        boxes: tuple[Register, ...] = tuple(
            box_register(of, words[count + i], self._leaves)
            for i, of in enumerate(self._layout.boxed.values())
        )
        return self._layout.to_reference(packed, boxes)

    def _leaves(self, reference: int) -> list[int]:
        if reference not in self._boxes:
            count = self.call("dsmc_box", self._s, reference, None)
            found = (_U32 * (count + 1))()
            self.call("dsmc_box", self._s, reference, found)
            self._boxes[reference] = list(found[:count])
        return self._boxes[reference]


def _numbers_of(mark: Mark | None) -> Any:
    """A mark as in C."""
    numbers = [getattr(mark, field) for field in Mark._fields] if mark is not None else []
    return (_U64 * len(Mark._fields))(*numbers)


def _bytes_at(address: int | None, size: int) -> memoryview:
    if not size or address is None:
        return memoryview(bytearray())
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")
