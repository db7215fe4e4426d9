"""The types of values. All are finite, or (a bag, an unbounded sequence) finite at each moment.

Three families say everything a back end must know:

* **scalars**: `Bool`, `Int`, and the names `Enum`, `Symbols`, `Role`, `Node` (ordinals);
* **variants**: `Option`, `Tuple`, `Record`, `Message`: one of several cases, each with fields;
* **collections**: `Set`, `Map`, `Seq`, `Bag`.

The plain Python value of a type, used by constants, traces and tests, is an `int` for `Int` and
all names (the ordinal, from 0), a `bool`, a tuple `(case, field, …)` for variants, a `frozenset`
for sets, a tuple in key order for maps, a tuple for sequences and a sorted tuple for bags.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product
from typing import Any, TypeAlias

from dsmc.frozen import Frozen

Value: TypeAlias = Any


class Bool(Frozen):
    """`bool`"""


class Int(Frozen):
    """The integers from `low` to `high`, both included."""

    low: int
    high: int


class Enum(Frozen):
    """`enum Color { red, green }`"""

    name: str
    members: tuple[str, ...]


class Symbols(Frozen):
    """`symbols Value[2]`: values that can only be compared for equality."""

    name: str
    size: int


class Role(Frozen):
    """The ids of the nodes of a role. `first` is the ordinal of its first node among all nodes."""

    name: str
    size: int
    first: int = 0


class NodeId(Frozen):
    """`Node`: the id of any node. The roles in order of their first ordinals."""

    roles: tuple[Role, ...]


class Option(Frozen):
    """`option<T>`: case 0 is `none`, case 1 `some(x)`."""

    of: Type


class Tuple(Frozen):
    """`(T, U)`"""

    items: tuple[Type, ...]


class Record(Frozen):
    """`record R { a: T, b: U }`"""

    name: str
    fields: tuple[tuple[str, Type], ...]


class MessageKind(Frozen):
    """One declared message: a case of `Message`."""

    name: str
    fields: tuple[tuple[str, Type], ...]


class Message(Frozen):
    """`message`: any declared message as a value."""

    kinds: tuple[MessageKind, ...]


class Set(Frozen):
    """`set<T>`"""

    of: Type


class Map(Frozen):
    """`map<K, V>`: a value for each key."""

    key: Type
    value: Type


class Seq(Frozen):
    """`seq<T, N>`: up to `bound` elements; any number where `bound` is None."""

    of: Type
    bound: int | None = None


class Bag(Frozen):
    """`bag<T, N>`: a multiset of up to `bound` elements; any number where `bound` is None."""

    of: Type
    bound: int | None = None


class Unknown(Frozen):
    """The type of what has a mistake that was reported. It goes with every other type."""


class Empty(Frozen):
    """The element type of `{}` and `[]`, the content type of `none`: it fits every type."""


Name: TypeAlias = "Enum | Symbols | Role | NodeId"
Variant: TypeAlias = "Option | Tuple | Record | Message"
Collection: TypeAlias = "Set | Map | Seq | Bag"
Type: TypeAlias = (
    "Bool | Int | Enum | Symbols | Role | NodeId | Option | Tuple | Record | Message | Set | Map"
    " | Seq | Bag | Unknown | Empty"
)

BOOL = Bool()
UNKNOWN = Unknown()
EMPTY = Empty()
NAMES = (Enum, Symbols, Role, NodeId)
VARIANTS = (Option, Tuple, Record, Message)
SCALARS = (Bool, Int, *NAMES)

#: More values than this in the element type of a set or the key type of a map are refused.
MAX_DENSE = 4096


def cases(type: Variant) -> tuple[tuple[str, tuple[tuple[str, Type], ...]], ...]:
    """The cases of a variant: each a name and its named fields."""
    match type:
        case Option(of):
            return (("none", ()), ("some", (("value", of),)))
        case Tuple(items):
            return (("", tuple((str(i), item) for i, item in enumerate(items))),)
        case Record(name, fields):
            return ((name, fields),)
        case Message(kinds):
            return tuple((kind.name, kind.fields) for kind in kinds)


def field_types(type: Variant, case: int) -> tuple[Type, ...]:
    """The types of the fields of one case."""
    return tuple(of for _, of in cases(type)[case][1])


def size(type: Type) -> int | None:
    """How many values a type has; None if there is no bound."""
    match type:
        case Bool():
            return 2
        case Int(low, high):
            return high - low + 1
        case Enum() | Symbols() | Role() | NodeId():
            return names_count(type)
        case Option() | Tuple() | Record() | Message():
            return _sum(_product(size(of) for _, of in fields) for _, fields in cases(type))
        case Set(of):
            return _power(2, size(of))
        case Map(key, value):
            return _power(size(value), size(key))
        case Seq(of, bound):
            return None if bound is None else _sum(_power(size(of), n) for n in range(bound + 1))
        case Bag(of, bound):
            return None if bound is None else _power(bound + 1, size(of))
        case Unknown() | Empty():
            return 0


def names_count(type: Name) -> int:
    """How many values a type of names has."""
    match type:
        case Enum(_, members):
            return len(members)
        case Symbols(_, count) | Role(_, count):
            return count
        case NodeId(roles):
            return sum(role.size for role in roles)


_HUGE = 1 << 64


def _sum(parts: Iterator[int | None]) -> int | None:
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def _product(parts: Iterator[int | None]) -> int | None:
    total = 1
    for part in parts:
        if part is None:
            return None
        total *= part
    return total


def _power(base: int | None, exponent: int | None) -> int | None:
    """`base ** exponent`, cut at 2**64 - beyond that nobody counts."""
    if base is None or exponent is None:
        return None
    return int(min(base**exponent, _HUGE)) if exponent <= MAX_DENSE else _HUGE


def values(type: Type) -> Iterator[Value]:
    """All plain values of a type, in type order."""
    match type:
        case Bool():
            yield from (False, True)
        case Int(low, high):
            yield from range(low, high + 1)
        case Enum() | Symbols() | Role() | NodeId():
            yield from range(names_count(type))
        case Option() | Tuple() | Record() | Message():
            for case in range(len(cases(type))):
                for fields in product(*map(values, field_types(type, case))):
                    yield (case, *fields)
        case Set(of):
            members = list(values(of))
            for bits in range(1 << len(members)):
                yield frozenset(m for i, m in enumerate(members) if bits >> i & 1)
        case Map(key, value):
            count = size(key)
            assert count is not None
            yield from product(values(value), repeat=count)
        case Seq(of, bound):
            assert bound is not None, "an unbounded type has no list of values"
            yield from chain.from_iterable(product(values(of), repeat=n) for n in range(bound + 1))
        case Bag(of, bound):
            assert bound is not None, "an unbounded type has no list of values"
            members = list(values(of)) * bound
            counts = {tuple(sorted(c)) for n in range(bound + 1) for c in combinations(members, n)}
            yield from sorted(counts)
        case Unknown() | Empty():
            return


def parts(type: Type) -> tuple[Type, ...]:
    """The types that a type is made of."""
    match type:
        case Option(of) | Set(of) | Seq(of) | Bag(of):
            return (of,)
        case Map(key, value):
            return (key, value)
        case Tuple() | Record() | Message():
            return tuple(of for _, fields in cases(type) for _, of in fields)
        case _:
            return ()


def inside(type: Type) -> Iterator[Type]:
    """The type, and all types inside it."""
    yield type
    for part in parts(type):
        yield from inside(part)


def fixed(type: Type) -> bool:
    """Has every value of the type a code of the same, known width?"""
    if isinstance(type, Bag) or (isinstance(type, Seq) and type.bound is None):
        return False
    return all(map(fixed, parts(type)))


def show(type: Type) -> str:
    """The type as the language writes it."""
    match type:
        case Bool():
            return "bool"
        case Int(low, high):
            return f"{low}..{high}"
        case Enum(name) | Symbols(name) | Role(name) | Record(name):
            return name
        case NodeId():
            return "Node"
        case Option(of):
            return f"option<{show(of)}>"
        case Tuple(items):
            return f"({', '.join(map(show, items))})"
        case Message():
            return "message"
        case Set(of):
            return f"set<{show(of)}>"
        case Map(key, value):
            return f"map<{show(key)}, {show(value)}>"
        case Seq(of, bound):
            return f"seq<{show(of)}{'' if bound is None else f', {bound}'}>"
        case Bag(of, bound):
            return f"bag<{show(of)}{'' if bound is None else f', {bound}'}>"
        case Unknown() | Empty():
            return "?"


def node_role(type: NodeId, ordinal: int) -> tuple[Role, int]:
    """The role of the node with an ordinal, and its ordinal there."""
    for role in type.roles:
        if role.first <= ordinal < role.first + role.size:
            return role, ordinal - role.first
    raise AssertionError(f"no node has the ordinal {ordinal}")


def default(type: Type) -> Value:
    """The value a variable has that was given no other: the first of its type, `none`, empty."""
    match type:
        case Bool():
            return False
        case Int(low, high):
            return min(max(0, low), high)
        case Enum() | Symbols() | Role() | NodeId():
            return 0
        case Option():
            return (0,)
        case Tuple() | Record() | Message():
            return (0, *map(default, field_types(type, 0)))
        case Set():
            return frozenset()
        case Map(key, value):
            count = size(key)
            assert count is not None
            return (default(value),) * count
        case Seq() | Bag():
            return ()
        case Unknown() | Empty():
            return None
