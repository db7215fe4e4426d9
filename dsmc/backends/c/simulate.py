"""`engine.simulate.simulate`, by generated C: the same runs for the same seed.

What decides a property is told as the choices that lead there; the reference makes them again.
"""

from __future__ import annotations

import ctypes
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dsmc.backends.acting import nodes
from dsmc.backends.c import build
from dsmc.backends.c.answers import ASKED, answering
from dsmc.backends.c.generate import generate
from dsmc.backends.c.layout import Layout
from dsmc.backends.c.tier import Tier
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.lookout import Lookout
from dsmc.engine.machine import State
from dsmc.engine.memory import most_bytes, resident_bytes
from dsmc.engine.outcome import Engine, Run
from dsmc.engine.search import (
    INTERRUPTED,
    OUT_OF_MEMORY,
    Progress,
    Watcher,
    memory_limit,
    time_limit,
)
from dsmc.engine.simulate import Plan, Simulated

#: The first slices are short, so that faster code takes over soon.
_FIRST_SLICE = 0.02
_SLICE = 0.1
#: Runs that take so long are worth compiling.
_PATIENCE = 0.1
#: How a slice ended: as in `runtime/simulate.c`.
_FINISHED, _PAUSED, _NO_MEMORY = range(3)
_WORD = (1 << 64) - 1

_U64 = ctypes.c_uint64
_U32 = ctypes.c_uint32
_POINTER = ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "dsmc_walk_open": (_POINTER, (_POINTER, _POINTER, _POINTER, ASKED)),
    "dsmc_walk_adopt": (None, (_POINTER, _POINTER)),
    "dsmc_walk_run": (ctypes.c_int, (_POINTER, ctypes.c_double)),
    "dsmc_walk_stats": (None, (_POINTER,) * 4),
    "dsmc_walk_way": (_U64, (_POINTER, _U32, _POINTER)),
    "dsmc_walk_close": (None, (_POINTER,)),
}


def simulate(
    machine: PythonMachine, wanted: frozenset[int], plan: Plan, watch: Watcher | None = None
) -> Simulated:
    """See `engine.simulate.simulate`. Raises `CompileError` where nothing can be compiled."""
    runs = _Runs(machine, wanted, plan, watch)
    try:
        runs.all()
    except KeyboardInterrupt:
        runs.stopped = INTERRUPTED
    except MemoryError:
        runs.stopped = OUT_OF_MEMORY
    try:
        return runs.result()
    finally:
        runs.close()


class _Walk:
    """What the C code is asked."""

    def __init__(self, machine: PythonMachine, plan: Plan, best: Sequence[int]) -> None:
        system = machine.system
        text = generate(system, Layout(system), walked=True)
        self._model = Tier(text, build.MODEL_FLAGS, shared=False)
        self._code = Tier(build.simulation_text(), build.SEARCH_FLAGS, shared=True)
        for tier in (self._model, self._code):
            tier.begin()
        for tier in (self._model, self._code):
            tier.wait()
        self._actions = len(system.actions)
        self._bind()
        numbers = _plan(plan, self._actions, nodes(system))
        self._ask = answering(system.observers)
        shortest = (_U64 * len(best))(*best)
        self._w = self._call("dsmc_walk_open", self._offered(), numbers, shortest, self._ask)
        if not self._w:
            raise MemoryError

    def _bind(self) -> None:
        self._calls = {
            name: ctypes.CFUNCTYPE(result, *arguments)(self._code.address(name))
            for name, (result, arguments) in _SIGNATURES.items()
        }

    def _call(self, name: str, *args: Any) -> Any:
        return self._calls[name](*args)

    def _offered(self) -> int:
        return self._model.address("dsmc_model")

    # ------------------------------------------------------------ running

    def run(self, seconds: float) -> int:
        """A slice."""
        return int(self._call("dsmc_walk_run", self._w, seconds))

    def order(self) -> None:
        """Have something faster made."""
        self._code.order()
        self._model.order()

    def take_what_came(self) -> None:
        """Go on with faster code, if it is there."""
        code, model = self._code.arrived(), self._model.arrived()
        if code:
            self._bind()
        if code or model:
            self._call("dsmc_walk_adopt", self._w, self._offered())

    def close(self) -> None:
        """Give the memory back."""
        self._call("dsmc_walk_close", self._w)
        self._model.close()
        self._code.close()

    # ------------------------------------------------------------ what was found

    def stats(self) -> tuple[list[int], Counter[int], Counter[int]]:
        """Runs, steps, states, initial states, the longest run; of each action how often it was
        taken, and was possible.
        """
        numbers, taken, enabled = (_U64 * 5)(), *((_U64 * (self._actions + 1))() for _ in range(2))
        self._call("dsmc_walk_stats", self._w, numbers, taken, enabled)
        return list(numbers), _counter(taken), _counter(enabled)

    def way(self, prop: int) -> list[int]:
        """The choices that lead to what decided a property; none if it was not decided."""
        count = self._call("dsmc_walk_way", self._w, prop, None)
        found = (_U32 * (count + 1))()
        self._call("dsmc_walk_way", self._w, prop, found)
        return list(found[:count])

    @property
    def engine(self) -> Engine:
        """What ran in the end."""
        names = {self._model.name, self._code.name}
        return Engine("c", "cc" if names == {"cc"} else "tcc")


def _plan(plan: Plan, actions: int, nodes: int) -> Any:
    pct = plan.scheduler == "pct"
    numbers = (min(plan.runs, _WORD), plan.depth, plan.seed & _WORD, pct, actions, nodes)
    return (_U64 * len(numbers))(*numbers)


def _counter(counts: Any) -> Counter[int]:
    return Counter({number: count for number, count in enumerate(counts) if count})


class _Runs:
    def __init__(
        self, machine: PythonMachine, wanted: frozenset[int], plan: Plan, watch: Watcher | None
    ) -> None:
        self._began = time.perf_counter()
        self._machine = machine
        self._wanted = wanted
        self._plan = plan
        self._watch = watch
        self._lookout = Lookout(machine, wanted)
        self._initial: list[State] = []
        self._walk: _Walk | None = None
        self._memory = most_bytes()
        self.stopped = ""

    def all(self) -> None:
        """Take all runs."""
        self._initial = self._lookout.start()
        self._walk = _Walk(self._machine, self._plan, self._best())
        event = _PAUSED
        while event == _PAUSED and not self._is_over():
            length = _SLICE if self._seconds > _PATIENCE else _FIRST_SLICE
            event = self._walk.run(min(length, self._seconds_left))
            self._tell()
            if self._seconds > _PATIENCE:
                self._walk.order()
            self._walk.take_what_came()
        if event == _NO_MEMORY:
            raise MemoryError

    def _best(self) -> list[int]:
        """Of each property: how much shorter than this a run must be to be kept."""
        properties = range(len(self._machine.system.properties))
        wanted = self._wanted | {self._machine.error}
        known = {prop: run.length for prop, run in self._lookout.decided.items()}
        return [known.get(p, _WORD if p in wanted else 0) for p in properties]

    # ------------------------------------------------------------ limits

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    @property
    def _seconds_left(self) -> float:
        limit = self._plan.seconds
        return float("inf") if limit is None else limit - self._seconds

    def _is_over(self) -> bool:
        if self._seconds_left <= 0:
            self.stopped = time_limit(self._plan.seconds or 0)
        elif resident_bytes() >= self._memory:
            self.stopped = memory_limit(self._memory)
        return bool(self.stopped)

    def _tell(self) -> None:
        if self._watch is not None and self._walk is not None:
            (_, steps, states, *_), _, _ = self._walk.stats()
            self._watch(Progress(states, steps, self._plan.depth, 0, self._seconds))

    # ------------------------------------------------------------ the result

    def result(self) -> Simulated:
        """What was found out."""
        seconds = self._seconds
        numbers, taken, enabled, engine = [0] * 5, Counter[int](), Counter[int](), Engine()
        if self._walk is not None:
            numbers, taken, enabled = self._walk.stats()
            engine = self._walk.engine
        runs, steps, states, _, longest = numbers
        return Simulated(
            self._decided(), runs, steps, states, len(self._initial), longest, taken, enabled,
            self.stopped, seconds, engine,
        )  # fmt: skip

    def _decided(self) -> dict[int, Run]:
        found = dict(self._lookout.decided)
        for prop in range(len(self._machine.system.properties)):
            way = self._walk.way(prop) if self._walk is not None else []
            if way:
                found[prop] = self._again(prop, way)
        return found

    def _again(self, prop: int, way: list[int]) -> Run:
        """The run to what decided a property, in the reference."""
        first, *rest = way
        path = [self._initial[first]]
        for chosen in rest:
            path.append(self._machine.choices(path[-1])[chosen].target)
        lookout = Lookout(self._machine, frozenset({prop}))
        lookout.look(path)
        return lookout.decided[prop]

    def close(self) -> None:
        """Give the memory back."""
        if self._walk is not None:
            self._walk.close()
