"""Does it matter in which order a `for` goes through its elements? A cautious answer.

It does not if each iteration touches a part of the state of its own (what stands at the key that
the loop is at), or only adds to what it does not look at, or only removes.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.frozen import Frozen, Node
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.reduce.access import Keys, reads
from dsmc.reduce.total import Functions, total


class _Access(Frozen):
    """A place that an iteration looks at or changes: the keys on the way into the variable.

    `gathers` is the operator with which it is changed if nothing else is done with it, or None.
    """

    variable: str
    keys: Keys
    gathers: Op | None
    node: Node


#: Operators of which several on one place may come in any order (of one sort, not mixed).
_GATHERING = frozenset({
    Op.UNION, Op.MINUS, Op.INTERSECT, Op.BAG_ADD, Op.BAG_REMOVE, Op.ADD, Op.SUB,
})  # fmt: skip


def clash(loop: s.For, functions: Functions) -> Node | None:
    """Something for which the order of the elements may matter; None if there is nothing."""
    jump = _jump(loop.body, frozenset())
    if jump is not None:
        return jump
    partial = _partial(loop.body, functions)
    if partial is not None and any(isinstance(st, s.Require | s.Pick) for st in s.walk(loop.body)):
        return partial
    changed = s.assigned(loop.body)
    accesses = [a for a in _accesses(loop.body) if a.variable in changed]
    for variable in sorted(changed):
        found = _shared(loop.name, [a for a in accesses if a.variable == variable])
        if found is not None:
            return found
    return None


def _jump(block: s.Block, inside: frozenset[str]) -> Node | None:
    """A jump out of the loop."""
    for statement in block:
        if isinstance(statement, s.Leave) and statement.name not in inside:
            return statement
        here = inside | ({statement.name} if isinstance(statement, s.Scoped) else set())
        for inner in s.blocks_of(statement):
            found = _jump(inner, here)
            if found is not None:
                return found
    return None


def _partial(block: s.Block, functions: Functions) -> Node | None:
    """Something that may have no value: it must not depend on the order whether it is met."""
    for statement in s.walk(block):
        if isinstance(statement, s.While):
            return statement
        if not isinstance(statement, s.Mark):
            for e in s.exprs_of(statement):
                if not total(e, functions):
                    return e
    return None


def _shared(loop: str, accesses: list[_Access]) -> Node | None:
    """An access to a variable that may meet one of another iteration."""
    depth = min(len(a.keys) for a in accesses)
    if any(all(_is(a.keys[i], loop) for a in accesses) for i in range(depth)):
        return None
    first, *others = accesses
    if first.gathers is not None and all(a.gathers is first.gathers for a in others):
        return None
    return next((a.node for a in accesses if a.gathers is None), accesses[-1].node)


def _is(key: x.Expr | None, name: str) -> bool:
    """Is it what the loop is at, perhaps as another type?"""
    match key:
        case x.Local(local):
            return local == name
        case x.Convert(x.Local(local)):
            return local == name
        case _:
            return False


# ---------------------------------------------------------------- what an iteration touches


def _accesses(block: s.Block) -> Iterator[_Access]:
    for statement in s.walk(block):
        if isinstance(statement, s.Assign):
            yield from _assignment(statement)
        elif not isinstance(statement, s.Mark):
            for e in s.exprs_of(statement):
                yield from _reads(e)


def _assignment(assign: s.Assign) -> Iterator[_Access]:
    place, value, gathers = assign.place, assign.value, None
    match _uncovered(value):
        case x.Apply(Op.PUT, (whole, key, entry)) if whole == place.value:
            place, value = s.Place(place.base, (*place.path, s.Key(key))), entry
        case x.Apply(op, (whole, operand)) if (
            op in _GATHERING and whole == place.value and _one_way(op, operand)
        ):
            value, gathers = operand, op
    keys = tuple(step.key if isinstance(step, s.Key) else None for step in place.path)
    yield _Access(place.base.name, keys, gathers, assign)
    for e in (*(key for key in keys if key is not None), value):
        yield from _reads(e)


def _uncovered(e: x.Expr) -> x.Expr:
    """A value before the test that it is in its range."""
    if isinstance(e, x.Convert) and isinstance(e.type, t.Int | t.Bag):
        return e.of
    return e


def _one_way(op: Op, operand: x.Expr) -> bool:
    """Does a number go only up or only down, so that it is the end that may be out of range?"""
    if op not in (Op.ADD, Op.SUB):
        return True
    return isinstance(operand.type, t.Int) and operand.type.low >= 0


def _reads(e: x.Expr) -> Iterator[_Access]:
    return (_Access(read.variable, read.keys, None, read.e) for read in reads(e))
