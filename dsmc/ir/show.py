"""Values as the language writes them."""

from __future__ import annotations

from collections import Counter
from typing import assert_never

from dsmc.ir import types as t
from dsmc.ir.evaluate import sort_key
from dsmc.ir.types import Type, Value


def show(type: Type, value: Value) -> str:
    """The value as text."""
    match type:
        case t.Bool():
            return "true" if value else "false"
        case t.Int():
            return str(value)
        case t.Enum(_, members):
            return str(members[value])
        case t.Symbols(name):
            return f"{name}.{value + 1}"
        case t.Role():
            return node_name(type, value)
        case t.NodeId():
            return node_name(*t.node_role(type, value))
        case t.Option(of):
            return f"some({show(of, value[1])})" if value[0] else "none"
        case t.Tuple() | t.Record() | t.Message():
            return _variant(type, value)
        case t.Set(of):
            elements = sorted(value, key=lambda v: sort_key(of, v))
            return "{" + ", ".join(show(of, v) for v in elements) + "}"
        case t.Map(key, of):
            entries = zip(t.values(key), value, strict=True)
            return "[" + ", ".join(f"{show(key, k)}: {show(of, v)}" for k, v in entries) + "]"
        case t.Seq(of):
            return "[" + ", ".join(show(of, v) for v in value) + "]"
        case t.Bag(of):
            counted: Counter[Value] = Counter(value)
            shown = (f"{n} × {show(of, v)}" if n > 1 else show(of, v) for v, n in counted.items())
            return "[" + ", ".join(shown) + "]"
        case t.Unknown() | t.Empty():
            return "?"
        case _:
            assert_never(type)


def node_name(role: t.Role, ordinal: int) -> str:
    """`Replica.2`; the only node of a role goes by the role's name."""
    return role.name if role.size == 1 else f"{role.name}.{ordinal + 1}"


def _variant(type: t.Tuple | t.Record | t.Message, value: Value) -> str:
    case, *fields = value
    name: str
    name, of = t.cases(type)[case]
    shown = [show(kind, field) for (_, kind), field in zip(of, fields, strict=True)]
    if isinstance(type, t.Record):
        name = type.name.partition("<")[0]
        shown = [f"{field}: {text}" for (field, _), text in zip(of, shown, strict=True)]
    if isinstance(type, t.Message) and not shown:
        return name
    return f"{name}({', '.join(shown)})"
