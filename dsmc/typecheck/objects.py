"""What histories can be of, what each can be asked, and what can be promised of it."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.frozen import Frozen
from dsmc.ir import types as t
from dsmc.ir.history import History, Method
from dsmc.ir.types import Type

#: Integers of any size that can be computed with.
INTEGER = t.Int(-(1 << 62), 1 << 62)


class Object(Frozen):
    """How many types the object is given, what it can be asked, and what it holds. Of what is `done`
    there is one event; an operation has two ends.
    """

    types: int
    methods: Callable[..., tuple[Method, ...]]
    holds: Callable[..., Type] | None = None
    done: bool = False


def _register(value: Type) -> tuple[Method, ...]:
    return Method("write", (value,), None), Method("read", (), t.Option(value))


def _cas_register(value: Type) -> tuple[Method, ...]:
    return (*_register(value), Method("cas", (t.Option(value), value), t.BOOL))


def _kv(key: Type, value: Type) -> tuple[Method, ...]:
    return Method("put", (key, value), None), Method("get", (key,), t.Option(value))


def _set(element: Type) -> tuple[Method, ...]:
    return (
        Method("add", (element,), None), Method("remove", (element,), None),
        Method("contains", (element,), t.BOOL), Method("read", (), t.Set(element)),
    )  # fmt: skip


def _transactions(key: Type, value: Type) -> tuple[Method, ...]:
    several = (t.size(value) or t.MAX_DENSE + 1) > t.MAX_DENSE
    where = Method("read_where", (key, t.Option(value), t.Set(value)), None)
    return (
        Method("begin", (), None), Method("read", (key, t.Option(value)), None),
        Method("write", (key, value), None), Method("commit", (), None),
        Method("abort", (), None), *(() if several else (where,)),
    )  # fmt: skip


def _replicas(update: Type, value: Type) -> tuple[Method, ...]:
    return (
        Method("apply", (update,), None), Method("show", (value,), None),
        Method("forget", (), None),
    )  # fmt: skip


def _saga() -> tuple[Method, ...]:
    steps = (Method(name, (INTEGER,), None) for name in ("step", "compensate"))
    return (*steps, Method("finish", (), None))


#: What histories can be of, by the word of the language.
OBJECTS: dict[str, Object] = {
    "register": Object(1, _register, t.Option),
    "cas_register": Object(1, _cas_register, t.Option),
    "kv": Object(2, _kv),
    "counter": Object(
        0,
        lambda: (Method("add", (INTEGER,), None), Method("read", (), INTEGER)),
        lambda: INTEGER,
    ),
    "queue": Object(
        1, lambda of: (Method("enqueue", (of,), None), Method("dequeue", (), t.Option(of)))
    ),
    "set": Object(1, _set, t.Set),
    "lock": Object(0, lambda: (Method("acquire", (), None), Method("release", (), None))),
    "transactions": Object(2, _transactions, lambda _, value: t.Option(value), done=True),
    "broadcast": Object(
        1, lambda of: (Method("send", (of,), None), Method("deliver", (of,), None)), done=True
    ),
    "commit": Object(
        1, lambda _: (Method("vote", (t.BOOL,), None), Method("decide", (t.BOOL,), None)), done=True
    ),
    "saga": Object(0, _saga, done=True),
    "replicas": Object(2, _replicas, done=True),
}

#: What asks which write each read saw.
OF_REGISTERS = (
    "causal", "causal_memory", "causal_convergent", "pram", "read_your_writes", "monotonic_reads",
    "monotonic_writes", "writes_follow_reads",
)  # fmt: skip
#: What can be promised of operations, and the words that may be added.
_OPERATIONS: dict[str, tuple[str, ...]] = {
    "linearizable": (), "sequential": (), **dict.fromkeys(OF_REGISTERS, ()),
    "available": ("majority", "sticky"), "convergent": (),
}  # fmt: skip


_AC = ("ac1", "ac2", "ac3", "ac4", "ac5")
#: What can be promised of other histories.
_OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "commit": {"atomic_commit": _AC},
    "saga": {"all_or_compensated": ()},
    "replicas": {"strong_convergence": (), "convergent": ()},
}


def guarantees(of: History) -> dict[str, tuple[str, ...]]:
    """What can be promised of a history, and the words that may be added."""
    if of.object == "transactions":
        from dsmc.histories.isolation.levels import LEVELS, SYNONYMS

        return dict.fromkeys((*LEVELS, *SYNONYMS), ())
    if of.object == "broadcast":
        from dsmc.histories.delivery import GUARANTEES

        return dict.fromkeys(GUARANTEES, ())
    names = _OTHERS.get(of.object, _OPERATIONS)
    unfit = ("convergent",) if names is _OPERATIONS and not is_read(of) else ()
    unfit = (*unfit, *OF_REGISTERS) if of.definition is not None else unfit
    return {name: words for name, words in names.items() if name not in unfit}


def is_read(of: History) -> bool:
    """Is there one operation of the language that reads what the object holds?"""
    return of.definition is None and any(of.method(name) for name in ("read", "get"))


def is_done(of: History) -> bool:
    """Is it a history of what nodes do, each time one event?"""
    return of.definition is None and OBJECTS[of.object].done


def anomalies(of: History) -> tuple[str, ...]:
    """What can be promised not to happen."""
    if of.object != "transactions":
        return ()
    from dsmc.histories.isolation.anomalies import ANOMALIES, SYNONYMS

    return (*ANOMALIES, *SYNONYMS)
