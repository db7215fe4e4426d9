"""Renaming the values of a type: what a permutation does to plain values.

A permutation gives each value of some types of names its new ordinal. Everything else is made of
names, so it is renamed part by part.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from dsmc.ir import types as t
from dsmc.ir.evaluate import make
from dsmc.ir.system import System
from dsmc.ir.types import Type, Value

#: The types whose values may be renamed.
Named: TypeAlias = "t.Role | t.Symbols"
#: The new ordinal of each value, for each type that is renamed.
Permutation: TypeAlias = Mapping[Named, tuple[int, ...]]
#: A state: the plain values of the variables.
Values: TypeAlias = dict[str, Value]


@functools.cache
def names_in(type: Type) -> frozenset[Named]:
    """The types of names that values of a type may contain."""
    match type:
        case t.Role() | t.Symbols():
            return frozenset({type})
        case t.NodeId(roles):
            return frozenset(roles)
        case _:
            inner = [names_in(part) for part in t.parts(type)]
            return frozenset[Named]().union(*inner)


def permuted(type: Type, value: Value, permutation: Permutation) -> Value:
    """The value with its names replaced."""
    if not names_in(type) & permutation.keys():
        return value
    match type:
        case t.Role() | t.Symbols():
            return permutation[type][value]
        case t.NodeId():
            role, ordinal = t.node_role(type, value)
            return role.first + permuted(role, ordinal, permutation)
        case t.Option() | t.Tuple() | t.Record() | t.Message():
            fields = zip(t.field_types(type, value[0]), value[1:], strict=True)
            return (value[0], *(permuted(of, v, permutation) for of, v in fields))
        case t.Map(key, of):
            return _moved(key, tuple(permuted(of, v, permutation) for v in value), permutation)
        case t.Set(of) | t.Seq(of) | t.Bag(of):
            return make(type, [permuted(of, v, permutation) for v in value])
        case _:
            raise AssertionError(type)


def _moved(key: Type, entries: Value, permutation: Permutation) -> Value:
    """The entries of a map, each at its renamed key."""
    if not names_in(key) & permutation.keys():
        return entries
    ranks = _ranks(key)
    moved = list(entries)
    for k, entry in zip(ranks, entries, strict=True):
        moved[ranks[permuted(key, k, permutation)]] = entry
    return tuple(moved)


@functools.cache
def _ranks(key: Type) -> dict[Value, int]:
    """The place of each value of a type among all."""
    return {value: rank for rank, value in enumerate(t.values(key))}


def permuted_state(system: System, state: Values, permutation: Permutation) -> Values:
    """The state with its names replaced."""
    return {v.name: permuted(v.type, state[v.name], permutation) for v in system.variables}


def generators(type: Named) -> Iterator[Permutation]:
    """Two permutations that all others are made of: an exchange and a rotation."""
    size = type.size
    if size > 1:
        yield {type: (1, 0, *range(2, size))}
    if size > 2:
        yield {type: (*range(1, size), 0)}


def is_fixed(type: Type, value: Value, names: Named) -> bool:
    """Is the value the same however the names are permuted?"""
    return all(permuted(type, value, p) == value for p in generators(names))
