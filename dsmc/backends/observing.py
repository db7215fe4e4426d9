"""What observers of histories remember, as numbers: the values of their variables.

The numbers are given out as they are needed, the same for all searches of a process; no answer
depends on which they are.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dsmc.backends.codec import Register, decode
from dsmc.backends.objects import Typed, declared
from dsmc.histories.budget import Budget
from dsmc.histories.check import guarantee
from dsmc.histories.choices import decide
from dsmc.histories.commitment import AllOrCompensated, AtomicCommit
from dsmc.histories.delivery import Broadcast
from dsmc.histories.model import Name, Transactions, Value
from dsmc.histories.objects import SPECIFICATIONS, Specification
from dsmc.histories.observers import BROKEN as IS_BROKEN
from dsmc.histories.observers import UNDECIDED as IS_UNDECIDED
from dsmc.histories.observers import Happening, Linearizable, Memory, MisuseError
from dsmc.histories.observers import Observer as Remembers
from dsmc.histories.recorded import Recorded
from dsmc.histories.replication import Converged, StrongConvergence
from dsmc.histories.transacting import Ledger, Transacting
from dsmc.ir import types as t
from dsmc.ir.history import BROKEN, MOST, UNDECIDED, History, Observer, Occasion
from dsmc.ir.ops import RangeError
from dsmc.ir.show import show
from dsmc.ir.types import Type

if TYPE_CHECKING:
    from dsmc.histories.isolation.facts import Facts


class Numbered:
    """An observer whose memories have numbers."""

    def __init__(self, observer: Observer) -> None:
        self._occasions = observer.occasions
        self._history = observer.history
        self.remembers = _remembers(observer)
        self._memories: list[Memory] = [IS_BROKEN, self.remembers.initial, IS_UNDECIDED]
        self._numbers: dict[Memory, int] = {m: n for n, m in enumerate(self._memories)}
        self._told: dict[tuple[int, tuple[Register, ...]], Happening] = {}
        self._known: dict[tuple[Any, ...], int] = {}
        self._lock = threading.Lock()

    @property
    def why(self) -> str:
        """Why there was no verdict, if there was none once."""
        return self.remembers.why

    def after(self, event: int, number: int, about: tuple[Register, ...]) -> int:
        """The number of what is remembered after an event. Raises `RangeError`."""
        if number in (BROKEN, UNDECIDED):
            return number
        key = (event, number, about)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._found(event, number, about)
        return found

    def _found(self, event: int, number: int, about: tuple[Register, ...]) -> int:
        what = self._happening(event, about)
        try:
            memory = self.remembers.after(self._memories[number], what)
        except MisuseError as error:
            raise RangeError(str(error)) from None
        return self._number(memory)

    def _number(self, memory: Memory) -> int:
        with self._lock:
            number = self._numbers.setdefault(memory, len(self._memories))
            if number == len(self._memories):
                self._memories.append(memory)
        if number > MOST:
            raise MemoryError
        return number

    def _happening(self, event: int, about: tuple[Register, ...]) -> Happening:
        found = self._told.get((event, about))
        if found is None:
            found = self._told[event, about] = self._decoded(self._occasions[event], about)
        return found

    def _decoded(self, occasion: Occasion, about: tuple[Register, ...]) -> Happening:
        if occasion.kind == "rest":
            return Happening("rest", (None, 0))
        told = zip(occasion.types, about, strict=True)
        values = [decode(of, register) for of, register in told]
        return happening(self._history, occasion.kind, occasion.method, occasion.types, values)


def happening(
    history: History, kind: str, method: str, types: Sequence[Type], told: Sequence[t.Value]
) -> Happening:
    """An event with what it is about. A map is a register for each key, the first that it is asked."""
    node, thread = map(plain, types[:2], told[:2])
    said = Typed if history.definition is not None else plain
    values = list(map(said, types[2:], told[2:]))
    of, by_key = None, history.object == "kv"
    method = _OF_A_KEY.get(method, method) if by_key else method
    if by_key and kind == "begin":
        of, *values = values
    value = values[0] if len(values) == 1 else tuple(values) or None
    return Happening(kind, (node, thread), of, method, value)


@functools.lru_cache(64)
def numbered(observer: Observer) -> Numbered:
    """The numbers of what an observer remembers."""
    return Numbered(observer)


def step(observer: Observer, event: int) -> Callable[..., int]:
    """What generated code calls for a sort of event: from what was remembered and what it is about."""
    after = numbered(observer).after
    return lambda number, *about: after(event, number, about)


# ---------------------------------------------------------------- plain values


def plain(type: Type, value: t.Value) -> Value:
    """A value as histories have it: names as texts, an option as its content or None."""
    match type:
        case t.Bool() | t.Int():
            return value  # type: ignore[no-any-return]
        case t.Option(of):
            return plain(of, value[1]) if value[0] else None
        case t.Set(of):
            return frozenset(plain(of, element) for element in value)
        case t.Seq(of):
            return tuple(plain(of, element) for element in value)
        case _:
            return Name(show(type, value))


def specification(history: History) -> Specification:
    """The object of a history, with what it holds first."""
    if history.definition is not None:
        return declared(history, history.definition)
    make = SPECIFICATIONS[_NAMES.get(history.object, history.object)]
    if history.type is not None and history.start is not None:
        return make(plain(history.type, history.start))
    return make(None) if history.object in _NOTHING else make()


#: What is asked of a map, as what is asked of one of its registers.
_OF_A_KEY = {"put": "write", "get": "read"}
#: Objects that have another name in recorded histories, and those that hold nothing first.
_NAMES = {"lock": "mutex", "kv": "register"}
_NOTHING = ("register", "cas_register", "kv")


def _remembers(observer: Observer) -> Remembers:
    match observer.history.object, observer.promise.guarantee:
        case "broadcast", other:
            return Broadcast(other, map(Name, observer.members))
        case "commit", _:
            return AtomicCommit(map(Name, observer.members), observer.promise.words)
        case "saga", _:
            return AllOrCompensated()
        case "replicas", other:
            return Converged() if other == "convergent" else StrongConvergence()
        case "transactions", other:
            return _transacting(observer.history, other)
        case _, "linearizable":
            return Linearizable(specification(observer.history))
        case _, other:
            asked, spec = guarantee(other), specification(observer.history)
            return Recorded(lambda history: decide(asked, history, spec, Budget()))


def _transacting(history: History, level: str) -> Transacting:
    from dsmc.histories.isolation.levels import named

    about = _ledger(history, timed=level.startswith(("strict", "strong")))
    return Transacting(about, lambda told: named(_facts(told), level))


@functools.lru_cache(64)
def _ledger(history: History, *, timed: bool) -> Ledger:
    """Shared by all that is promised of a history."""
    start = None if history.type is None else plain(history.type, history.start or (0,))
    return Ledger(start, timed=timed)


@functools.lru_cache(1 << 16)
def _facts(told: Transactions) -> Facts:
    from dsmc.histories.isolation.reading import read_history

    return read_history(told)
