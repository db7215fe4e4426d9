"""A step in which the node stops in the middle: one that would have been possible as a whole.

What stands behind the place where it stops may refuse the step: a `require`, a `pick` without an element.
Where that may be, the rest is tried: it runs without telling anybody, and is undone. An `assert` is left to
the whole step, where it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import own
from dsmc.ir.system import Variable
from dsmc.lower.build import assign, default, internal, me, read
from dsmc.lower.faults.cuts import STOP, stops_in

#: What others would notice, or a trace would show.
_TELLING = (s.Send, s.Broadcast, s.Sync, s.Event, s.Forget, s.Mark)
#: The scope of a step that is tried.
_WHOLE = own("tried")


def without_asserts(block: s.Block) -> s.Block:
    """The code without its assertions."""
    return _each(block, lambda st: () if isinstance(st, s.Assert) else (st,))


def stopped(cut: s.Block, failing: s.Block) -> s.Block:
    """Code with stops, where the node fails at one of them, at once."""
    fails = (*failing, s.Leave())
    return (*_each(cut, lambda st: fails if st == STOP else (st,)), s.Require(x.FALSE))


def refused_later(cut: s.Block) -> bool:
    """May something behind a stop refuse the step?"""
    return any(
        (stops_in((st,)) and _refuses(cut[place + 1 :])) or _refused_inside(st)
        for place, st in enumerate(cut)
    )


def _refused_inside(statement: s.Statement) -> bool:
    blocks = s.blocks_of(statement)
    if isinstance(statement, s.For | s.While) and stops_in(statement.body):
        return _refuses(statement.body)  # in a later round
    return any(map(refused_later, blocks))


def _refuses(block: s.Block) -> bool:
    return any(map(_may_refuse, block))


def _may_refuse(statement: s.Statement) -> bool:
    match statement:
        case s.Require(condition):
            return condition != x.TRUE
        case s.Pick(_, _, x.Lit(domain), where):
            return where != x.TRUE or not domain
        case s.Pick():
            return True
        case s.Choose(branches):
            return all(map(_refuses, branches))
        case _:
            return any(map(_refuses, s.blocks_of(statement)))


class Tried:
    """Steps of a role that are tried to their end, and the variables that this takes."""

    def __init__(self, role: t.Role, variables: Sequence[Variable]) -> None:
        self._role = role
        self._known = {v.name: v for v in variables}
        self._stopped = internal(f"{role.name}.{own('stopped')}", t.BOOL, x.FALSE)
        self._kept: dict[str, Variable] = {}

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What steps remember while they run; between steps they have their first values."""
        return (self._stopped, *self._kept.values()) if self._kept else ()

    def stopped(self, cut: s.Block, failing: s.Block) -> s.Block:
        """Code with stops, where the node fails at one of them, if the rest is possible."""
        changed = s.assigned(cut)
        kept = [(self._known[name], self._keep(name)) for name in self._known if name in changed]
        going = x.negation(read(self._stopped))
        stop: s.Block = (
            s.Require(going), assign(self._stopped, x.TRUE),
            *(assign(copy, read(v, *self._keys(v))) for v, copy in kept),
        )  # fmt: skip

        def one(st: s.Statement) -> s.Block:
            if st == STOP:
                return stop
            return (s.If(going, (st,)),) if isinstance(st, _TELLING) else (_leaving(st),)

        return (
            assign(self._stopped, x.FALSE), s.Scoped(_WHOLE, _each(cut, one)),
            s.Require(read(self._stopped)), assign(self._stopped, x.FALSE),
            *(st for v, copy in kept for st in self._undone(v, copy)), *failing,
        )  # fmt: skip

    def _undone(self, variable: Variable, copy: Variable) -> s.Block:
        back = assign(variable, read(copy), *self._keys(variable))
        return (back, assign(copy, default(copy.type)))

    def _keys(self, variable: Variable) -> tuple[x.Expr, ...]:
        """A step changes its own node's part of a variable of the role."""
        return (me(self._role),) if variable.owner == self._role else ()

    def _keep(self, name: str) -> Variable:
        of = read(self._known[name], *self._keys(self._known[name])).type
        return self._kept.setdefault(name, internal(f"{self._role.name}.{own('kept')}.{name}", of))


def _leaving(statement: s.Statement) -> s.Statement:
    """What ends the step ends what is tried of it."""
    return replace(statement, name=_WHOLE) if statement == s.Leave() else statement


def _each(block: s.Block, f: Callable[[s.Statement], s.Block]) -> s.Block:
    """The code with each innermost statement replaced by some."""
    return tuple(
        made
        for st in block
        for made in f(s.map_parts(st, lambda e: e, lambda inner: _each(inner, f)))
    )
