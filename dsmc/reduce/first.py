"""Is every part of a variable given a value before anyone looks at it?"""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.system import Variable
from dsmc.ir.types import Type


def never_given(init: s.Block, variable: Variable) -> bool:
    """May the initial states show the default of the variable's type?"""
    for statement in init:
        if _gives(statement, variable.name, frozenset()):
            return False
        if _touches(statement, variable.name):
            return True
    return True


def _gives(statement: s.Statement, name: str, keys: frozenset[str]) -> bool:
    """Does the statement give all of the variable a value, without looking at it? `keys` are the
    names of loops over all values of their types.
    """
    match statement:
        case s.Assign(place, value) if place.base.name == name:
            return _is_whole(place.path, place.base.type, keys) and not _reads(value, name)
        case s.For(local, of, domain, (*before, last)) if domain == x.whole(of):
            return not any(_touches(st, name) for st in before) and _gives(
                last, name, keys | {local}
            )
        case _:
            return False


def _is_whole(path: tuple[s.Step, ...], type: Type, keys: frozenset[str]) -> bool:
    """Does the place, in all rounds of the loops around it, take in the whole variable?"""
    for step in path:
        if not (isinstance(step, s.Key) and isinstance(type, t.Map)):
            return False
        looped = isinstance(step.key, x.Local) and step.key.name in keys
        if not (looped or t.size(type.key) == 1):
            return False
        keys = keys - {step.key.name} if isinstance(step.key, x.Local) else keys
        type = type.value
    return True


def _touches(statement: s.Statement, name: str) -> bool:
    block = (statement,)
    return name in s.assigned(block) or any(_reads(e, name) for e in s.all_exprs(block))


def _reads(e: x.Expr, name: str) -> bool:
    return any(isinstance(part, x.Global) and part.name == name for part in x.walk(e))
