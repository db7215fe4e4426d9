"""Sequential specifications: what an object answers when it is asked one thing after the other.

An answer of `ILLEGAL` says that the operation cannot happen in that state at all.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from dsmc.frozen import Frozen
from dsmc.histories.model import PENDING, Operation, Value


class _Illegal(Enum):
    ILLEGAL = "illegal"


ILLEGAL: Final = _Illegal.ILLEGAL

Apply = Callable[[Any, Any], tuple[Value, Value]]


def _never(arg: Any, result: Any) -> bool:
    return False


def _always(arg: Any, result: Any) -> bool:
    return True


class Choice(Frozen):
    """What an object can be asked that may be answered in several ways: all answers that there are, and
    from a state, an argument and an answer to the next state, or `ILLEGAL`.
    """

    answers: tuple[Value, ...]
    after: Callable[[Any, Any, Any], Value]


class Function(Frozen):
    """What an object can be asked: from a state and an argument to the next state and the answer.

    `observes` says of which calls, by argument and result, it is known that they change nothing;
    `agrees` whether what was recorded as the result is the answer; `accepts` whether an argument is
    one at all, and `takes` says in words what is. `replaces`: what is then does not depend on what
    was. `leads` says whether a state may grow into one that answers so, unless it is replaced. Where
    there is a `choice`, that is asked, and `apply` is not.
    """

    apply: Apply
    observes: Callable[[Any, Any], bool] = _never
    agrees: Callable[[Any, Any], bool] = operator.eq
    accepts: Callable[[Any], bool] = lambda _: True
    takes: str = ""
    replaces: bool = False
    leads: Callable[[Any, Any], bool] | None = None
    choice: Choice | None = None

    def outcomes(self, state: Value, arg: Value) -> Iterator[tuple[Value, Value]]:
        """The next states, each with the answer."""
        if self.choice is None:
            after, answer = self.apply(state, arg)
            if answer is not ILLEGAL:
                yield after, answer
            return
        for answer in self.choice.answers:
            after = self.choice.after(state, arg, answer)
            if after is not ILLEGAL:
                yield after, answer


class Specification(Frozen):
    """An object: its state at the beginning, and what it can be asked. `state` names its state."""

    name: str
    initial: Value
    functions: Mapping[str, Function]
    state: str

    def step(self, state: Value, one: Operation) -> Value:
        """The state after an operation that came out as recorded, or `ILLEGAL`.

        Where there is a choice, it must be known how it came out.
        """
        function = self.functions[one.f]
        if function.choice is not None and one.result is not PENDING:
            return function.choice.after(state, one.arg, one.result)
        after, answer = function.apply(state, one.arg)
        if answer is ILLEGAL:
            return ILLEGAL
        return after if one.result is PENDING or function.agrees(one.result, answer) else ILLEGAL

    def answers(self, state: Value, one: Operation) -> tuple[Value, ...]:
        """What the operation would be answered: nothing, if it cannot happen."""
        return tuple(answer for _, answer in self.functions[one.f].outcomes(state, one.arg))

    def observes(self, one: Operation) -> bool:
        """Is it known that the operation changes nothing?"""
        return self.functions[one.f].observes(one.arg, one.result)


# ---------------------------------------------------------------- registers


def _read(state: Any, _: Any) -> tuple[Value, Value]:
    return state, state


def _is_pair(arg: Any) -> bool:
    return isinstance(arg, tuple) and len(arg) == 2


def _is_number(arg: Any) -> bool:
    return isinstance(arg, int | float)


def _is_text(arg: Any) -> bool:
    return isinstance(arg, str)


def _are_accesses(arg: Any) -> bool:
    return isinstance(arg, tuple) and all(
        isinstance(one, tuple) and len(one) == 3 and one[0] in ("read", "write") for one in arg
    )


def _is_set(result: Any, answer: Any) -> bool:
    """Sets are recorded as lists too."""
    return isinstance(result, Collection) and frozenset(result) == answer


def _cas(state: Any, arg: Any) -> tuple[Value, Value]:
    expected, new = arg
    return (new, True) if state == expected else (state, False)


def _is_prefix(state: Any, result: Any) -> bool:
    return isinstance(result, str) and result.startswith(state)


_READ = Function(_read, _always)
_WRITE = Function(lambda _, arg: (arg, None), replaces=True)


def register(initial: Value = None) -> Specification:
    """Read what was written last."""
    read = Function(_read, _always, leads=operator.eq)
    return Specification("register", initial, {"read": read, "write": _WRITE}, "the register holds")


def cas_register(initial: Value = None) -> Specification:
    """A register with compare-and-set, which answers whether it set."""
    cas = Function(
        _cas, lambda _, result: result is False, accepts=_is_pair, takes="two values: expected, new"
    )
    functions = {"read": _READ, "write": _WRITE, "cas": cas}
    return Specification("cas_register", initial, functions, "the register holds")


def multi_register(initial: Value = 0) -> Specification:
    """Registers that are read and written several at a time: `txn` of ("read" | "write", key, value).

    The state has the registers that were written; each other one holds `initial`.
    """

    def txn(state: Any, accesses: Any) -> tuple[Value, Value]:
        values, seen = dict(state), []
        for f, key, value in accesses:
            if f == "write":
                values[key] = value
            seen.append((f, key, values.get(key, initial)))
        return frozenset(values.items()), tuple(seen)

    def observes(accesses: Any, _: Any) -> bool:
        return all(f == "read" for f, _, _ in accesses)

    takes = "a list of (read or write, key, value)"
    functions = {"txn": Function(txn, observes, accepts=_are_accesses, takes=takes)}
    return Specification("multi_register", frozenset(), functions, "the registers hold")


def kv(initial: Value = "") -> Specification:
    """A key that holds a text: get it, put another in its place, append to it."""
    functions = {
        "get": Function(_read, _always, leads=_is_prefix),
        "put": Function(
            lambda _, arg: (arg, None), accepts=_is_text, takes="a text", replaces=True
        ),
        "append": Function(
            lambda state, arg: (state + arg, None), accepts=_is_text, takes="a text"
        ),
    }
    return Specification("kv", initial, functions, "the key holds")


# ---------------------------------------------------------------- others


def counter(initial: Value = 0) -> Specification:
    """A number that is added to and read."""
    add = Function(lambda state, arg: (state + arg, None), accepts=_is_number, takes="a number")
    return Specification("counter", initial, {"add": add, "read": _READ}, "the counter is")


def grow_set(initial: Value = frozenset()) -> Specification:
    """A set: add and remove elements, read it all, or ask for one element."""
    functions = {
        "add": Function(lambda state, arg: (state | {arg}, None)),
        "remove": Function(lambda state, arg: (state - {arg}, None)),
        "contains": Function(lambda state, arg: (state, arg in state), _always),
        "read": Function(_read, _always, _is_set),
    }
    return Specification("set", initial, functions, "the set is")


def queue(initial: Value = ()) -> Specification:
    """First in, first out; of an empty queue `dequeue` answers nothing (nil)."""

    def dequeue(state: Any, _: Any) -> tuple[Value, Value]:
        return (state[1:], state[0]) if state else (state, None)

    functions = {
        "enqueue": Function(lambda state, arg: ((*state, arg), None)),
        "dequeue": Function(dequeue, lambda _, result: result is None),
    }
    return Specification("queue", initial, functions, "the queue is")


def mutex(initial: Value = False) -> Specification:
    """A lock: it is acquired while it is free, and released while it is held, by whomever."""
    functions = {
        "acquire": Function(lambda state, _: (True, ILLEGAL if state else None)),
        "release": Function(lambda state, _: (False, None if state else ILLEGAL)),
    }
    return Specification("mutex", initial, functions, "held:")


SPECIFICATIONS: dict[str, Callable[..., Specification]] = {
    "register": register,
    "cas_register": cas_register,
    "multi_register": multi_register,
    "kv": kv,
    "counter": counter,
    "set": grow_set,
    "queue": queue,
    "mutex": mutex,
}
"""The objects by their names; each can be given what it holds at the beginning."""
