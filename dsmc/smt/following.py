"""A system that can do what a run did, and little else: what was chosen is chosen again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Value
from dsmc.smt.runs import Taken
from dsmc.smt.steps import is_in

#: What was chosen under each name, each value once, in the order of the run: values of a type need not
#: have an order of their own.
_Chosen = Mapping[str, dict[Value, None]]


def following(system: y.System, taken: Sequence[Taken]) -> y.System:
    """The actions that were taken, with the choices that were made. All its steps are steps of the system."""
    chosen: dict[int, dict[str, dict[Value, None]]] = {}
    for one in taken:
        of_action = chosen.setdefault(one.action, {})
        for name, value in one.chosen:
            of_action.setdefault(name, {})[value] = None
    actions = tuple(
        _action(action, chosen[number])
        for number, action in enumerate(system.actions) if number in chosen
    )  # fmt: skip
    return replace(system, init=_block(system.init, chosen.get(-1, {})), actions=actions)


def _action(action: y.Action, chosen: _Chosen) -> y.Action:
    params = []
    for param in action.params:
        domain, where = _again(param, chosen)
        params.append(replace(param, domain=domain, where=where))
    return replace(action, params=tuple(params), body=_block(action.body, chosen))


def _block(block: s.Block, chosen: _Chosen) -> s.Block:
    return tuple(_statement(statement, chosen) for statement in block)


def _statement(statement: s.Statement, chosen: _Chosen) -> s.Statement:
    if not isinstance(statement, s.Pick):
        return s.map_parts(statement, lambda e: e, lambda block: _block(block, chosen))
    domain, where = _again(statement, chosen)
    return replace(statement, domain=domain, where=where)


def _again(picked: y.Param | s.Pick, chosen: _Chosen) -> tuple[x.Expr, x.Expr]:
    """The values that were chosen, and that they may be chosen."""
    if picked.name not in chosen:
        return picked.domain, picked.where
    values = tuple(chosen[picked.name])
    domain = x.Lit(values, t.Seq(picked.type, len(values)))
    inside = _inside(x.Local(picked.name, picked.type), picked.domain)
    return domain, x.conjunction([*inside, picked.where])


def _inside(name: x.Local, domain: x.Expr) -> list[x.Expr]:
    """Is it an element? Without making the set of all."""
    match domain:
        case x.Apply(Op.ALL):
            return []
        case x.Apply(Op.RANGE, (first, last)):
            ends = ((first, name), (name, last))
            return [x.Apply(Op.LE, pair, t.BOOL) for pair in ends]
        case _:
            return [is_in(name, domain)]
