"""Values and operations in words."""

from __future__ import annotations

from typing import Any, assert_never

from dsmc.histories.model import (
    PENDING,
    Access,
    Append,
    Name,
    Operation,
    Read,
    ReadList,
    ReadWhere,
    Status,
    Write,
)

_LONGEST = 60


def value(one: Any) -> str:
    """A value as a client would write it; of a long text the end, where what is new stands."""
    text = _value(one)
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def _value(one: Any) -> str:
    match one:
        case None:
            return "nil"
        case bool():
            return str(one).lower()
        case tuple():
            return f"[{' '.join(map(_value, one))}]"
        case frozenset():
            return f"{{{' '.join(sorted(map(_value, one)))}}}"
        case dict():
            return f"{{{', '.join(f'{_value(k)} {_value(v)}' for k, v in one.items())}}}"
        case Name():
            return str(one)
        case str():
            return one if one.isidentifier() else f'"{one}"'
        case _:
            return str(one)


def operation(one: Operation) -> str:
    """An operation: what was asked, and what came back."""
    asked = one.f if one.arg is None else f"{one.f} {value(one.arg)}"
    if one.status is Status.FAIL:
        return f"{asked} failed"
    if one.status is Status.INFO or one.result is PENDING:
        return f"{asked} …"
    return asked if one.result is None and one.arg is not None else f"{asked} → {value(one.result)}"


def a(noun: str) -> str:
    """A noun with its article."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def named(one: Operation) -> str:
    """An operation with its number and its session: how explanations speak of it."""
    of = "" if one.object is None else f" on {value(one.object)}"
    by = f" of {value(one.session)}" if one.session != "" else ""
    return f"#{one.id} `{operation(one)}`{of}{by}"


def access(one: Access) -> str:
    """What a transaction did."""
    match one:
        case Read(key, seen):
            return f"r {value(key)} → {value(seen)}"
        case ReadList(key, values):
            return f"r {value(key)} → {value(values)}"
        case ReadWhere(predicate, pairs):
            return f"r where {value(predicate)} → {value(pairs)}"
        case Write(key, new):
            return f"w {value(key)} {value(new)}"
        case Append(key, new):
            return f"append {value(key)} {value(new)}"
        case _:
            assert_never(one)
