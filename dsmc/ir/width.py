"""How many choices a step has, as far as the spec alone says."""

from __future__ import annotations

import math

from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.expr import Apply, Expr, Lit
from dsmc.ir.ops import Op
from dsmc.ir.system import Action, System


def most_choices(system: System) -> int:
    """The most choices of any action, or of the making of the initial states."""
    return max(_of_block(system.init), *map(choices, system.actions), 1)


def choices(action: Action) -> int:
    """How many choices are tried for the steps of an action."""
    return math.prod(_size(param.domain) for param in action.params) * _of_block(action.body)


def _of_block(block: s.Block) -> int:
    return math.prod(map(_of_statement, block))


def _of_statement(one: s.Statement) -> int:
    inside = sum(map(_of_block, s.blocks_of(one)))
    return _size(one.domain) if isinstance(one, s.Pick) else max(1, inside)


def _size(domain: Expr) -> int:
    """How many elements there are, at most; 1 where only the state says so."""
    match domain:
        case Apply(Op.ALL, _, t.Set(of)):
            return t.size(of) or 1
        case Apply(Op.RANGE, (low, high)):
            assert isinstance(low.type, t.Int)
            assert isinstance(high.type, t.Int)
            return max(1, high.type.high - low.type.low + 1)
        case Apply(Op.SUBSETS, (whole,)):
            return 1 << min(_size(whole), 64)
        case Lit(tuple() | frozenset() as values):
            return max(1, len(values))
        case _:
            return 1
