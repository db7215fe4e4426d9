"""Mutexes and read-write locks: who holds one is a part of its value."""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.lower.build import apply, conj, default


def taken(lock: s.Lock, holder: x.Expr) -> tuple[x.Expr, s.Statement]:
    """When a mutex is free for `holder`, and taking it."""
    held, owner = lock.mutex.value, _owner(lock.mutex)
    nobody = x.IsCase(_of_owner(lock.mutex), 0)
    take: s.Statement = s.Assign(owner, x.Make(owner.type, (holder,), 1))
    if _is_plain(lock.mutex):
        return nobody, take
    readers = _part(lock.mutex, 1)
    reading = x.Field(held, 0, 1, readers.type)
    if not lock.shared:
        return conj(nobody, x.equal(reading, default(readers.type))), take
    mine = x.Make(readers.type, (holder,))
    return nobody, s.Assign(readers, x.Apply(Op.UNION, (reading, mine), readers.type))


def released(place: s.Place, holder: x.Expr) -> s.Statement:
    """Giving back what `holder` has, as the owner or as a reader."""
    owner = _owner(place)
    give_back = s.Assign(owner, default(owner.type))
    if _is_plain(place):
        return give_back
    readers = _part(place, 1)
    reading, me = x.Field(place.value, 0, 1, readers.type), x.Make(readers.type, (holder,))
    rest = x.Apply(Op.MINUS, (reading, me), readers.type)
    mine = x.equal(_of_owner(place), x.Make(owner.type, (holder,), 1))
    return s.If(mine, (give_back,), (s.Assign(readers, rest),))


def is_reading(place: s.Place, holder: x.Expr) -> x.Expr:
    """Has `holder` the read side?"""
    readers = _part(place, 1)
    return apply(Op.IN, holder, x.Field(place.value, 0, 1, readers.type))


def _is_plain(place: s.Place) -> bool:
    return isinstance(place.type, t.Record) and place.type.name == "mutex"


def _owner(place: s.Place) -> s.Place:
    return _part(place, 0)


def _of_owner(place: s.Place) -> x.Expr:
    return x.Field(place.value, 0, 0, _owner(place).type)


def _part(place: s.Place, index: int) -> s.Place:
    assert isinstance(place.type, t.Record)
    assert index < len(place.type.fields)
    return replace(place, path=(*place.path, s.Part(index)))
