"""Roles become steps of nodes; what nodes do at the start becomes part of the initial state.

Needs: no procedures. Leaves: no handlers, actions, timeouts or start code; a role's code keeps
its processes, quorum handlers and hooks.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import SELF, own
from dsmc.ir.protocol import Handler, Program, RoleAction, RoleCode, Step
from dsmc.ir.system import Fairness, Kind, Origin, Start, Variable
from dsmc.lower.build import all_nodes, unique


def roles(program: Program) -> Program:
    """Make steps of the code of roles."""
    taken = {action.name for action in program.actions}
    steps: list[Step] = []
    init = tuple(statement for block in program.starts for statement in block)
    for code in program.codes:
        steps += [_handler(code.role, h, taken) for h in code.handlers]
        steps += [_action(code.role, a, taken) for a in code.actions]
        init += _starts(code)
    codes = tuple(replace(c, start=(), handlers=(), actions=()) for c in program.codes)
    return replace(
        program, codes=codes, steps=(*program.steps, *steps), starts=(), init=(*program.init, *init)
    )


def _handler(role: t.Role, handler: Handler, taken: set[str]) -> Step:
    kind = handler.pattern.kind
    origin = Origin(Kind.HANDLER, f"on {kind}", SELF, role.name).at(handler.span)
    return Step(
        unique(f"{role.name}.{own('on')}_{kind}", taken), (all_nodes(role),), handler.pattern,
        handler.when, handler.body, Fairness.WEAK, origin, key=(SELF, handler.pattern.sender),
    ).at(handler.span)  # fmt: skip


def _action(role: t.Role, action: RoleAction, taken: set[str]) -> Step:
    kind = Kind.TIMEOUT if action.timeout else Kind.REQUEST
    if action.fairness is not Fairness.NONE and not action.timeout:
        kind = Kind.ACTION
    origin = Origin(kind, action.name, SELF, role.name).at(action.span)
    return Step(
        unique(f"{role.name}.{action.name}", taken), (all_nodes(role), *action.params), None,
        action.when, action.body, action.fairness, origin, action.doc,
        key=(SELF, *(param.name for param in action.params)),
    ).at(action.span)  # fmt: skip


def _starts(code: RoleCode) -> s.Block:
    """Start code, on one node after the other."""
    body = tuple(statement for block in code.start for statement in block)
    return (s.For(SELF, code.role, x.whole(code.role), body),) if body else ()


def first_values(program: Program) -> s.Block:
    """The statements that give each variable its first value, in the order of the declarations."""
    return tuple(made for variable in program.variables for made in _first_value(variable))


def _first_value(variable: Variable) -> s.Block:
    if variable.start == Start() or (
        variable.start.value is None and variable.start.domain is None
    ):
        return ()
    base = x.Global(variable.name, variable.type)
    if variable.owner is None:
        return set_first(variable, s.Place(base), variable.start)
    name = variable.start.node or SELF
    place = s.Place(base, (s.Key(x.Local(name, variable.owner)),))
    body = set_first(variable, place, variable.start)
    return (s.For(name, variable.owner, x.whole(variable.owner), body),)


def set_first(variable: Variable, place: s.Place, start: Start) -> s.Block:
    """Give a place the first value of its variable."""
    if start.value is not None:
        return (s.Assign(place, start.value).at(variable.span),)
    if start.domain is None:
        return (s.Assign(place, x.Lit(t.default(place.type), place.type)).at(variable.span),)
    of = start.domain.type
    assert isinstance(of, t.Set | t.Seq | t.Bag)
    name = f"{own('first')}_{variable.name}"
    value: x.Expr = x.Local(name, of.of)
    value = value if of.of == place.type else x.Convert(value, place.type)
    return (
        s.Pick(name, of.of, start.domain).at(variable.span),
        s.Assign(place, value).at(variable.span),
    )
