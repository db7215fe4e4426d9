"""`Frozen`: the base class of every tree node, type and result in dsmc.

It gives what `@dataclass(frozen=True, slots=True)` gives (a constructor, equality, hashing, a
readable `repr`, `match` patterns, no assignment), but makes a class in about 20 µs where the
standard decorator needs about a millisecond: with some 150 node classes that is the difference
between a check that answers in a fraction of a second and one that does not (see
docs/adr/0002-frozen-nodes.md).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Self, TypeVar, dataclass_transform

from dsmc.source import NOWHERE, Span

T = TypeVar("T")
_set = object.__setattr__


class _FrozenType(type):
    """Turns the annotations of a class body into slots and constructor fields, in order."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _FrozenType:
        own = tuple(field for field in body.get("__annotations__", ()) if field[0] != "_")
        defaults = {field: body.pop(field) for field in own if field in body}
        body["__slots__"] = (*own, *body.get("_slots", ()))
        cls = super().__new__(mcs, name, bases, body)
        inherited: tuple[str, ...] = getattr(bases[0], "_fields", ()) if bases else ()
        cls._fields = inherited + own  # type: ignore[attr-defined]
        cls._defaults = {**getattr(cls, "_defaults", {}), **defaults}  # type: ignore[attr-defined]
        cls.__match_args__ = cls._fields  # type: ignore[attr-defined, misc]
        cls._key = _getter(cls._fields)  # type: ignore[attr-defined]
        return cls


def _getter(fields: tuple[str, ...]) -> Callable[[Any], Any]:
    """A function from a node to the tuple of its fields."""
    if not fields:
        return staticmethod(lambda node: ())
    if len(fields) == 1:
        get = operator.attrgetter(fields[0])
        return staticmethod(lambda node: (get(node),))
    return staticmethod(operator.attrgetter(*fields))


@dataclass_transform(frozen_default=True)
class Frozen(metaclass=_FrozenType):
    """An immutable record whose fields are the annotations of its class body."""

    _slots = ("_hash",)
    _fields: Any
    _defaults: Any
    _key: Any

    def __init__(self, *args: Any, **named: Any) -> None:
        fields = self._fields
        if len(args) > len(fields):
            raise TypeError(f"{type(self).__name__} takes {len(fields)} fields, got {len(args)}")
        for field, value in zip(fields, args, strict=False):
            _set(self, field, value)
        for field in fields[len(args) :]:
            _set(self, field, self._value(field, named))
        if named:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(named)}")

    def _value(self, field: str, named: dict[str, Any]) -> Any:
        if field in named:
            return named.pop(field)
        if field in self._defaults:
            return self._defaults[field]
        raise TypeError(f"{type(self).__name__} needs a value for {field!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if self.__class__ is not other.__class__:
            return NotImplemented
        return bool(self._key(self) == self._key(other))

    def __hash__(self) -> int:
        try:
            return self._hash  # type: ignore[no-any-return, attr-defined]
        except AttributeError:
            value = hash((self.__class__, self._key(self)))
            _set(self, "_hash", value)
            return value

    def __repr__(self) -> str:
        inner = ", ".join(f"{field}={getattr(self, field)!r}" for field in self._fields)
        return f"{type(self).__name__}({inner})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._key(self)


class Node(Frozen):
    """A tree node: a record that knows its place in a source text.

    The place takes no part in equality, hashing or patterns: two nodes that say the same are equal
    wherever they stand.
    """

    _slots = ("_span",)

    def at(self, span: Span) -> Self:
        """The same node, placed at `span`. Only for a node that was just made."""
        _set(self, "_span", span)
        return self

    @property
    def span(self) -> Span:
        """Where the node was written; `NOWHERE` for one that the tool made."""
        return getattr(self, "_span", NOWHERE)


def replace(node: T, **changes: Any) -> T:
    """A copy of a `Frozen` node with some fields changed (and, for trees, the same place)."""
    fields = node._fields  # type: ignore[attr-defined]
    copy = type(node)(
        *(changes.pop(field) if field in changes else getattr(node, field) for field in fields)
    )
    if changes:
        raise TypeError(f"{type(node).__name__} has no field {', '.join(changes)}")
    return copy.at(node.span) if isinstance(node, Node) and isinstance(copy, Node) else copy
