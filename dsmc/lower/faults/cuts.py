"""Where in the middle of a step a node may stop.

It stops before an effect that follows another one, and in a broadcast. An effect is what somebody can
tell: a message, a change of a variable of which something is left after a crash (a ghost is such a one), or
of one whose values on the way are noticed (see `noticed.py`), a `sync`, an event of a history. At any other
place the crash is one before the step or after it.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.lower.build import apply, conj, lit
from dsmc.lower.fresh import Fresh

#: Here the node stops.
STOP = s.Mark("stop", ())


def stops_in(block: s.Block) -> bool:
    """Is there a place in some code where the node may stop?"""
    return any(st == STOP for st in s.walk(block))


class Cutter:
    """Puts stops into code: before each effect but the first, and into broadcasts."""

    def __init__(self, told: set[str], fresh: Fresh) -> None:
        self._told = told
        self._fresh = fresh

    def cut(self, block: s.Block, after: bool) -> tuple[s.Block, bool]:
        """The block with stops; `after`: may something be seen of what happened before it?"""
        made: list[s.Statement] = []
        for statement in block:
            pieces, after = self._statement(statement, after)
            made += pieces
        return tuple(made), after

    def _statement(self, statement: s.Statement, after: bool) -> tuple[s.Block, bool]:
        match statement:
            case s.Broadcast():
                return (*self._before(after), self._partly(statement)), True
            case s.Send() | s.Sync() | s.Event():
                return (*self._before(after), statement), True
            case s.Assign(place) if place.base.name in self._told:
                return (*self._before(after), statement), True
            case s.Atomic(body):
                if not self._has_effect(body):
                    return (statement,), after
                return (*self._before(after), statement), True
            case s.For() | s.While():
                body, inside = self.cut(statement.body, self._has_effect(statement.body) or after)
                return (replace(statement, body=body),), inside
            case _:
                return self._inside(statement, after)

    def _inside(self, statement: s.Statement, after: bool) -> tuple[s.Block, bool]:
        seen = after

        def block(inner: s.Block) -> s.Block:
            nonlocal seen
            made, inside = self.cut(inner, after)
            seen = seen or inside
            return made

        return (s.map_parts(statement, lambda e: e, block),), seen

    def _has_effect(self, body: s.Block) -> bool:
        """Does code do something that lasts, or that others see?"""
        return any(
            isinstance(st, s.Send | s.Broadcast | s.Sync | s.Event)
            or (isinstance(st, s.Assign) and st.place.base.name in self._told)
            for st in s.walk(body)
        )

    def _before(self, after: bool) -> s.Block:
        return (s.Choose(((), (STOP,))),) if after else ()

    def _partly(self, statement: s.Broadcast) -> s.Statement:
        """The broadcast; or some, but not all, of its messages, and a stop."""
        nodes = statement.to
        some = x.Local(f"reached{self._fresh.suffix()}", nodes.type)
        subsets = x.Apply(Op.SUBSETS, (nodes,), t.Set(nodes.type))
        proper = conj(apply(Op.NE, some, lit(frozenset(), nodes.type)), apply(Op.NE, some, nodes))
        pick = s.Pick(some.name, some.type, subsets, proper)
        return s.Choose(((statement,), (pick, replace(statement, to=some), STOP)))
