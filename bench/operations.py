"""Histories of operations as clients of a real system would record them, of any size.

A simulated object is asked by clients that take turns at random; an operation takes effect at some
moment between its invocation and its end. Some never end: they may have taken effect, or do so later.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from dsmc.frozen import replace
from dsmc.histories.model import PENDING, Operation, Operations, Status
from dsmc.histories.objects import SPECIFICATIONS, Specification

Ask = Callable[[random.Random, int, Any], tuple[str, Any]]
"""From the number of an operation and the state of its object to what is asked."""


def registers(values: int) -> Ask:
    """Reads, and writes of few values."""
    return lambda rng, _, __: _either(rng, ("read", None), ("write", rng.randrange(values)))


def telling(rng: random.Random, number: int, state: Any) -> tuple[str, Any]:
    """Reads, writes and compare-and-sets; no value is put there twice."""
    return _either(rng, ("read", None), ("write", number), ("cas", (state, number)))


def swaps(values: int) -> Ask:
    """Reads, writes and compare-and-sets of few values."""

    def ask(rng: random.Random, _: int, __: Any) -> tuple[str, Any]:
        new = rng.randrange(values)
        return _either(rng, ("read", None), ("write", new), ("cas", (rng.randrange(values), new)))

    return ask


def texts(rng: random.Random, number: int, _: Any) -> tuple[str, Any]:
    """What the clients of MIT's course 6.824 ask: gets, appends and some puts."""
    piece = f"x {number} y"
    return _either(rng, *[("get", None)] * 10, *[("append", piece)] * 9, ("put", piece))


def _either(rng: random.Random, *asked: tuple[str, Any]) -> tuple[str, Any]:
    return rng.choice(asked)


class Clients:
    """So many clients of one object each, or of several."""

    def __init__(
        self, object: str, ask: Ask, *, clients: int, keys: int = 1, pending: int = 0, seed: int = 1
    ) -> None:
        self._rng = random.Random(seed)
        self._spec: Specification = SPECIFICATIONS[object]()
        self._ask = ask
        self._states: dict[Any, Any] = dict.fromkeys(range(keys), self._spec.initial)
        self._free: list[Any] = list(range(clients))
        self._pending = pending
        self._running: list[Operation] = []
        self._done: list[Operation] = []
        self._asked = 0

    def history(self, count: int) -> Operations:
        """So many operations. The last ones may have no end."""
        for moment in range(100 * count):
            if self._asked < count and self._free and self._rng.random() < 0.6:
                self._begin(moment)
            elif self._running:
                self._go_on(self._running[self._rng.randrange(len(self._running))], moment)
        found = sorted((*self._done, *self._running), key=lambda one: one.invoked)
        return Operations(tuple(replace(one, id=id) for id, one in enumerate(found)))

    def _begin(self, moment: int) -> None:
        client = self._free.pop(self._rng.randrange(len(self._free)))
        key = self._rng.randrange(len(self._states))
        f, arg = self._ask(self._rng, self._asked, self._states[key])
        one = Operation(self._asked, client, key, f, arg, PENDING, Status.INFO, moment, None)
        self._asked += 1
        if f in ("write", "cas") and self._pending and self._rng.random() < 0.5:
            self._pending -= 1
            self._free.append(max((client, *self._free)) + 1000)  # as in Jepsen: another process
            self._done.append(one)
            if self._rng.random() < 0.5:
                self._take(one)
        else:
            self._running.append(one)

    def _take(self, one: Operation) -> Any:
        """Take effect: the answer."""
        state = self._states[one.object]
        (answer,) = self._spec.answers(state, one)  # these objects leave no choice
        self._states[one.object] = self._spec.step(state, one)
        return answer

    def _go_on(self, one: Operation, moment: int) -> None:
        """Take effect, or come back if it has."""
        self._running.remove(one)
        if one.result is PENDING:
            self._running.append(replace(one, result=self._take(one)))
            return
        self._free.append(one.session)
        status = Status.FAIL if one.f == "cas" and one.result is False else Status.OK
        self._done.append(replace(one, status=status, returned=moment))
