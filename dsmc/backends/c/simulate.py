"""`engine.simulate.simulate`, by generated C: the same runs for the same seed.

What decides a property is told as the choices that lead there; the reference makes them again.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Sequence
from typing import Any

from dsmc.backends.acting import nodes
from dsmc.backends.c import build
from dsmc.backends.c.answers import ASKED, OVER, answering
from dsmc.backends.c.generate import generate
from dsmc.backends.c.layout import Layout
from dsmc.backends.c.tier import Tier
from dsmc.backends.python.machine import PythonMachine
from dsmc.engine.growing import EnoughError, Growing
from dsmc.engine.interrupts import Interrupts
from dsmc.engine.lookout import Lookout
from dsmc.engine.machine import State
from dsmc.engine.outcome import Engine, Run
from dsmc.engine.search import INTERRUPTED, OUT_OF_MEMORY, Progress, Watcher
from dsmc.engine.simulate import Bounds, Plan, Simulated

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
    "dsmc_walk_open": (_POINTER, (_POINTER, _POINTER, _POINTER, ASKED, OVER)),
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
    except EnoughError:
        pass  # a bound was met among the initial states
    except MemoryError:
        runs.stopped = OUT_OF_MEMORY
    try:
        return runs.result()
    finally:
        runs.close()


class _Walk:
    """What the C code is asked."""

    def __init__(
        self, machine: PythonMachine, plan: Plan, best: Sequence[int], bounds: Bounds
    ) -> None:
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
        self._interrupts = Interrupts()
        self._over = OVER(lambda: self._interrupts.pending or bool(bounds.met()))
        with self._interrupts:
            self._w = self._call(
                "dsmc_walk_open", self._offered(), numbers, shortest, self._ask, self._over
            )
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
        with self._interrupts:
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
        self._bounds = Bounds(plan)
        self._machine = machine
        self._wanted = wanted
        self._plan = plan
        self._watch = watch
        self._lookout = Lookout(machine, wanted)
        self._initial: list[State] = []
        self._walk: _Walk | None = None
        self.stopped = ""

    def all(self) -> None:
        """Take all runs."""
        self._initial = self._lookout.start(Growing(self._look))
        self._walk = _Walk(self._machine, self._plan, self._best(), self._bounds)
        event = _PAUSED
        while event == _PAUSED and not self._is_over():
            is_long = self._bounds.seconds > _PATIENCE
            event = self._walk.run(min(_SLICE if is_long else _FIRST_SLICE, self._bounds.left))
            self._tell()
            if is_long:
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

    def _is_over(self) -> bool:
        self.stopped = self._bounds.met()
        return bool(self.stopped)

    def _look(self, made: list[State]) -> None:
        """May there be more initial states?"""
        if self._is_over():
            raise EnoughError

    def _tell(self) -> None:
        if self._watch is not None and self._walk is not None:
            (_, steps, states, *_), _, _ = self._walk.stats()
            self._watch(Progress(states, steps, self._plan.depth, 0, self._bounds.seconds))

    # ------------------------------------------------------------ the result

    def result(self) -> Simulated:
        """What was found out."""
        seconds = self._bounds.seconds
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
