"""Observers: what must be remembered of a history, event by event, to know whether a promise is kept.

What an observer remembers is canonical: histories that no continuation can tell apart are remembered
alike. So it may join the states of a model, which stay as few as they can be.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Final, Protocol, TypeAlias

from dsmc.frozen import Frozen
from dsmc.histories.model import PENDING, Value
from dsmc.histories.objects import Specification


class Happening(Frozen):
    """An event of a client, or (`crash`) of the node that it runs on.

    `kind` is `begin`, `end`, `refused`, `unknown` or `crash`; `client` is the node and the thread;
    `value` what was asked, or what came back. Operations on different objects know nothing of each
    other.
    """

    kind: str
    client: tuple[Value, Value]
    object: Value = None
    f: str = ""
    value: Value = None


class MisuseError(Exception):
    """Something happened that cannot: the events are not those of clients."""


class _Sink:
    """What is remembered once nothing more matters."""


#: The promise is broken; what was read does not tell whether it is kept.
BROKEN: Final = _Sink()
UNDECIDED: Final = _Sink()
Memory: TypeAlias = Hashable


class Observer(Protocol):
    """Remembers what matters of a history."""

    #: What is remembered of no event; why there was no verdict, if there was none once.
    initial: Memory
    why: str

    def after(self, memory: Memory, what: Happening) -> Memory:
        """What is remembered after one more event, perhaps `BROKEN` or `UNDECIDED`. Raises
        `MisuseError`.
        """
        ...

    def broken(self, memory: Memory, what: Happening) -> Sequence[str]:
        """In what way an event breaks the promise, in sentences."""
        ...

    def unfinished(self, memory: Memory) -> Sequence[str]:
        """What is missing when nothing is left to do; nothing, if nothing is."""
        ...


class Begun(Frozen):
    """An operation that has not ended."""

    client: tuple[Value, Value]
    object: Value
    f: str
    arg: Value


class Config(Frozen):
    """A way in which what happened so far may have taken effect: the object's state, the clients whose
    operation has, with the answer that it must return, and operations of which nobody will hear
    that may yet.
    """

    state: Value
    done: frozenset[tuple[Value, Value]]
    left: tuple[tuple[str, Value], ...]


_Configs: TypeAlias = frozenset[Config]


class Seen(Frozen):
    """What is remembered for linearizability: the operations that are open, and for each object all
    the ways in which things may have happened to it.
    """

    begun: frozenset[Begun]
    configs: frozenset[tuple[Value, _Configs]]


class Linearizable:
    """Linearizability, by the set of all configurations, closed under taking effect: the powerset of
    Lowe's just-in-time linearization (Testing for linearizability, 2017). It is kept object by object,
    since linearizability is local (Herlihy and Wing, 1990).
    """

    def __init__(self, spec: Specification) -> None:
        self._spec = spec
        self._unused: _Configs = frozenset({Config(spec.initial, frozenset(), ())})
        self.initial: Memory = Seen(frozenset(), frozenset())
        self.why = ""

    def after(self, memory: Memory, what: Happening) -> Memory:
        """See `Observer`."""
        assert isinstance(memory, Seen)
        match what.kind:
            case "begin":
                return self._begin(memory, what)
            case "crash":
                begun = [b for b in memory.begun if b.client[0] == what.client[0]]
                for one in begun:
                    memory = self._forgotten(memory, one)
                return memory
            case "unknown":
                return self._forgotten(memory, _open(memory.begun, what))
            case "end" | "refused":
                return self._end(memory, what)
            case _:
                raise AssertionError(what)

    def broken(self, memory: Memory, what: Happening) -> Sequence[str]:
        """See `Observer`. Why there is no order, the decider of whole histories says."""
        return (f"no order of the operations explains the answer of `{what.f}`",)

    def unfinished(self, memory: Memory) -> Sequence[str]:
        """See `Observer`."""
        return ()

    def _begin(self, memory: Seen, what: Happening) -> Seen:
        refuse_second(memory.begun, what)
        one = Begun(what.client, what.object, what.f, what.value)
        begun = memory.begun | {one}
        return self._with(memory, begun, what.object, self._configs(memory, what.object))

    def _end(self, memory: Seen, what: Happening) -> Memory:
        one = _open(memory.begun, what)
        configs = self._configs(memory, one.object)
        if what.kind == "refused":
            kept = frozenset(c for c in configs if _answer(c, one.client) is PENDING)
        else:
            done = (one.client, what.value)
            kept = frozenset(
                Config(c.state, c.done - {done}, c.left) for c in configs if done in c.done
            )
        if not kept:
            return BROKEN
        return self._with(memory, memory.begun - {one}, one.object, kept)

    def _forgotten(self, memory: Seen, one: Begun) -> Seen:
        """Nobody will hear of the operation: it may take effect at any time, or never."""
        configs = frozenset(self._left(c, one) for c in self._configs(memory, one.object))
        return self._with(memory, memory.begun - {one}, one.object, configs)

    def _left(self, config: Config, one: Begun) -> Config:
        answer = _answer(config, one.client)
        if answer is not PENDING:
            return Config(config.state, config.done - {(one.client, answer)}, config.left)
        if self._spec.functions[one.f].observes(one.arg, PENDING):
            return config
        left = tuple(sorted((*config.left, (one.f, one.arg)), key=repr))
        return Config(config.state, config.done, left)

    # ------------------------------------------------------------ configurations

    def _configs(self, memory: Seen, object: Value) -> _Configs:
        return dict(memory.configs).get(object, self._unused)

    def _with(
        self, memory: Seen, begun: frozenset[Begun], object: Value, configs: _Configs
    ) -> Seen:
        others = frozenset(pair for pair in memory.configs if pair[0] != object)
        closed = self._closed(configs, [b for b in begun if b.object == object])
        if closed == self._unused and not any(b.object == object for b in begun):
            return Seen(begun, others)
        return Seen(begun, others | {(object, closed)})

    def _closed(self, configs: _Configs, begun: list[Begun]) -> _Configs:
        """The configurations, and all that come about when operations take effect."""
        found, waiting = set(configs), list(configs)
        while waiting:
            for after in self._next(waiting.pop(), begun):
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        return frozenset(found)

    def _next(self, config: Config, begun: list[Begun]) -> Iterator[Config]:
        here, done, left = config.state, config.done, config.left
        gone = {client for client, _ in done}
        for one in begun:
            if one.client not in gone:
                for state, answer in self._spec.functions[one.f].outcomes(here, one.arg):
                    yield Config(state, done | {(one.client, answer)}, left)
        for place, (f, arg) in enumerate(left):
            for state, _ in self._spec.functions[f].outcomes(here, arg):
                yield Config(state, done, left[:place] + left[place + 1 :])


def refuse_second(begun: frozenset[Begun], what: Happening) -> None:
    """A client asks one thing at a time. Raises `MisuseError`."""
    for one in begun:
        if one.client == what.client:
            raise MisuseError(
                f"a client begins `{what.f}` before its `{one.f}` has ended, been refused, or been"
                " given up (`unknown`)"
            )


def _open(begun: frozenset[Begun], what: Happening) -> Begun:
    """The operation that an event ends. Raises `MisuseError`."""
    for one in begun:
        if one.client == what.client and one.f == what.f:
            return one
    raise MisuseError(f"a client ends a `{what.f}` that it has not begun")


def _answer(config: Config, client: tuple[Value, Value]) -> Value:
    """What the client's operation must return, if it has taken effect; `PENDING` if not."""
    return next((answer for who, answer in config.done if who == client), PENDING)
