"""How much the reference does to make one run smaller: a fraction of a second, whatever the spec."""

from __future__ import annotations

import math

from dsmc.ir import stmt as s
from dsmc.ir.expr import Apply, Expr, Lit
from dsmc.ir.ops import Op
from dsmc.ir.system import Action, System

#: So many different steps are taken, so many of them again, and so many choices are looked at.
STEPS, FOLLOWED, LOOKED = 5_000, 300_000, 500_000
SPENT = (
    f"not all was tried to make its run smaller: {STEPS:,} steps were taken, {FOLLOWED:,} again, "
    f"or {LOOKED:,} choices looked at"
)


class Spent(Exception):
    """The budget is spent."""


class Budget:
    """What is left. Each call raises `Spent` if that is nothing."""

    def __init__(self, system: System) -> None:
        self._steps, self._followed, self._looked = STEPS, FOLLOWED, LOOKED
        self._widths = {action.name: _choices(action) for action in system.actions}
        self._all = sum(self._widths.values())

    def follow(self) -> None:
        """A step is taken again."""
        self._followed -= 1
        self._check()

    def step(self, action: str) -> None:
        """The steps of an action from a state are taken for the first time."""
        self._steps -= 1
        self._looked -= self._widths[action]
        self._check()

    def expand(self) -> None:
        """All successors of a state are looked at."""
        self._looked -= self._all
        self._check()

    def _check(self) -> None:
        if min(self._steps, self._followed, self._looked) < 0:
            raise Spent


def _choices(action: Action) -> int:
    """How many choices are tried for the steps of an action, as far as the spec alone says."""
    return math.prod(_size(param.domain) for param in action.params) * _of_block(action.body)


def _of_block(block: s.Block) -> int:
    return math.prod(map(_of_statement, block))


def _of_statement(one: s.Statement) -> int:
    inside = sum(map(_of_block, s.blocks_of(one)))
    return _size(one.domain) if isinstance(one, s.Pick) else max(1, inside)


def _size(domain: Expr) -> int:
    match domain:
        case Apply(Op.RANGE, (Lit(int(low)), Lit(int(high)))):
            return max(1, high - low + 1)
        case Lit(tuple() | frozenset() as values):
            return max(1, len(values))
        case _:
            return 1
