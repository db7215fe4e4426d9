"""What each step of a run depends on: by what it looks at, and by the messages that it meets.

A part of the state is a variable, or what stands in a map at one key. A step depends on every step
before it that changed a part that it may look at, on who sent the messages that it meets, and, where
messages wait in queues, on what happened to those before them. That is cautious: a step may depend
on less. What was written is read from the states; what is looked at from the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dsmc.backends.python.machine import Event, TracedStep
from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import RangeError
from dsmc.ir.system import Action, System
from dsmc.ir.types import Value
from dsmc.reduce.access import reads
from dsmc.reduce.mentions import head_of, variables_in
from dsmc.traces.ledger import Ledger
from dsmc.traces.model import Message

Values = dict[str, Value]


class Part(Frozen):
    """A variable; or, of a map, what stands at the key of that rank."""

    variable: str
    key: int | None = None


class Causes:
    """Of the steps of a run, numbered from 0, and the states before and after them."""

    def __init__(
        self, system: System, begun: tuple[Event, ...], steps: Sequence[TracedStep],
        states: Sequence[Values],
    ) -> None:  # fmt: skip
        self._system = system
        self._steps = steps
        self._states = states
        self._messages = _messages(begun, steps)
        self._changed = [set(_changed(system, here, there)) for here, there in pairwise(states)]

    def before(self, ends: set[int]) -> set[int]:
        """Steps, and all that they depend on, directly or not."""
        found = set[int]()
        waiting = set(ends)
        while waiting:
            step = waiting.pop()
            found.add(step)
            waiting |= self._direct(step) - found
        return found

    def writers(self, parts: set[Part]) -> set[int]:
        """The steps that changed one of the parts."""
        return {n for n, changed in enumerate(self._changed) if changed & parts}

    def _direct(self, step: int) -> set[int]:
        """The steps that a step depends on directly."""
        looked = set(_looked_at(self._system, self._steps[step]))
        writers = {n for n in self.writers(looked) if n < step}
        met = [m for m in self._messages if m.ended == step + 1]
        return writers | {n for m in met for n in self._sent(m) if 0 <= n < step}

    def _sent(self, message: Message) -> Iterator[int]:
        """The steps that a message is there by; in a queue, also those that moved what was before it."""
        yield message.sent - 1
        if message.copy_of is not None:
            yield from self._sent(self._messages[message.copy_of])
        if self._is_queued(message):
            for other in self._messages[: message.number]:
                if (other.sender, other.receiver) == (message.sender, message.receiver):
                    yield from (other.sent - 1, (other.ended or 0) - 1)

    def _is_queued(self, message: Message) -> bool:
        """May others stand before it? Where there are queues at all, it is taken to be in one."""
        types = (v.type for v in self._system.variables if v.name in self._system.channels)
        return any(isinstance(of, t.Map) for of in types)


def _messages(begun: tuple[Event, ...], steps: Sequence[TracedStep]) -> list[Message]:
    ledger = Ledger()
    for number, events in enumerate([begun, *(step.events for step in steps)]):
        ledger.enter(number, events)
    return ledger.messages


# ---------------------------------------------------------------- parts of states


def parts_of(system: System, names: set[str]) -> Iterator[tuple[Part, t.Type]]:
    """The parts of variables, but for messages in flight."""
    for v in system.variables:
        if v.name not in names or v.name in system.channels:
            continue
        if isinstance(v.type, t.Map):
            for key in range(t.size(v.type.key) or 0):
                yield Part(v.name, key), v.type.value
        else:
            yield Part(v.name), v.type


def read(values: Values, part: Part) -> Value:
    """What a part is in a state."""
    whole = values[part.variable]
    return whole if part.key is None else whole[part.key]


def written(values: Values, part: Part, value: Value) -> Values:
    """The state with another value there."""
    if part.key is None:
        return {**values, part.variable: value}
    entries = list(values[part.variable])
    entries[part.key] = value
    return {**values, part.variable: tuple(entries)}


def _changed(system: System, here: Values, there: Values) -> Iterator[Part]:
    names = {name for name in here if here[name] != there[name]}
    for part, _ in parts_of(system, names):
        if read(here, part) != read(there, part):
            yield part


# ---------------------------------------------------------------- what is looked at


def _looked_at(system: System, step: TracedStep) -> Iterator[Part]:
    """The parts that a step may look at: at the acting node's own key, or all of a variable."""
    names: set[str] = set()
    for e in _expressions(step.action):
        for one in reads(e):
            own = _own_key(step, one.keys[0]) if one.keys else None
            if own is None:
                names.add(one.variable)
            else:
                yield Part(one.variable, own)
    yield from (part for part, _ in parts_of(system, names))


def _expressions(action: Action) -> Iterator[x.Expr]:
    yield from head_of(action)
    for statement in s.walk(action.body):
        if not isinstance(statement, s.Mark):
            yield from s.exprs_of(statement)


def _own_key(step: TracedStep, key: x.Expr | None) -> int | None:
    """The acting node, if that is the key."""
    node = step.action.origin.node
    if not isinstance(key, x.Local) or key.name != node:
        return None
    found = (v for name, v, of in step.labels if name == node and isinstance(of, t.Role))
    return next((int(value) for value in found), None)


# ---------------------------------------------------------------- what a condition depends on


def decisive(system: System, e: x.Expr, states: Sequence[Values]) -> set[Part]:
    """Parts of the last state of which the falsehood of a condition is made: with all others as they
    were at the start it is still not true.
    """
    functions = {function.name: function for function in system.functions}
    asks = any(isinstance(part, x.Observe) for part in x.walk(e))

    def is_false(values: Values) -> bool:
        if asks:
            return False  # observers answer for the states of runs alone
        try:
            return not evaluate(e, World(functions, values))
        except RangeError:
            return False

    first, last = states[0], states[-1]
    kept: set[Part] = set()
    for part, _ in parts_of(system, variables_in([e])):
        tried = written(last, part, read(first, part))
        last = tried if is_false(tried) else last
        kept |= {part} if read(last, part) != read(first, part) else set()
    return kept
