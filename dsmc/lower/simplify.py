"""Constants are computed; the tool's own variables that never change, and steps that are never
possible, are left out.

Needs: actions only. Leaves: the same, simpler.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.protocol import Program
from dsmc.ir.simplify import simplify, simplify_block
from dsmc.ir.system import (
    Action,
    Invariant,
    Param,
    Property,
    Quiescent,
    Reachable,
    Storage,
    Temporal,
    Transition,
    Variable,
)
from dsmc.lower.processes import map_property
from dsmc.lower.roles import first_values


def simplified(program: Program) -> Program:
    """The program with first values as statements and everything simplified."""
    program = replace(program, init=(*first_values(program), *program.init))
    program = _without_constants(program)
    actions = tuple(_action(a) for a in program.actions)
    return replace(
        program,
        functions=tuple(replace(f, body=simplify(f.body)) for f in program.functions),
        init=simplify_block(program.init),
        actions=tuple(a for a in actions if _possible(a)),
        properties=tuple(map(_property, program.properties)),
        within=simplify(program.within),
    )


def _property(prop: Property) -> Property:
    """The property simplified; explanations quote it as it was."""
    if isinstance(prop, Invariant | Transition | Quiescent | Reachable):
        return replace(prop, expr=simplify(prop.expr), shown=prop.expr)
    if isinstance(prop, Temporal):
        return replace(map_property(prop, simplify), shown=prop.formula)
    return map_property(prop, simplify)


def _action(action: Action) -> Action:
    names = tuple((name, simplify(value)) for name, value in action.names)
    known = {name: value for name, value in names if isinstance(value, x.Lit | x.Local)}
    return replace(
        action,
        params=tuple(_param(p) for p in action.params),
        names=names,
        guard=simplify(x.substitute(action.guard, known)),
        body=simplify_block(s.substitute_in(action.body, known)),
    )


def _param(param: Param) -> Param:
    return replace(param, domain=simplify(param.domain), where=simplify(param.where))


def _possible(action: Action) -> bool:
    return action.guard != x.FALSE and all(p.where != x.FALSE for p in action.params)


def _without_constants(program: Program) -> Program:
    """The tool's own variables that no action changes become their first values."""
    changed = {name for action in program.actions for name in s.assigned(action.body)}
    fixed = {
        v.name: v for v in program.variables
        if v.storage is Storage.INTERNAL and v.name not in changed and _value(v) is not None
    }  # fmt: skip
    if not fixed:
        return program

    def expression(e: x.Expr) -> x.Expr:
        if isinstance(e, x.Global) and e.name in fixed:
            value = _value(fixed[e.name])
            assert value is not None
            return value
        return x.map_children(expression, e)

    def property_(prop: Property) -> Property:
        return map_property(prop, expression)

    return replace(
        program,
        variables=tuple(v for v in program.variables if v.name not in fixed),
        init=s.map_exprs(_without_assignments(program.init, set(fixed)), expression),
        actions=tuple(_mapped(a, expression) for a in program.actions),
        properties=tuple(map(property_, program.properties)),
        within=expression(program.within),
    )


def _mapped(action: Action, f: x.Rewrite) -> Action:
    params = tuple(replace(p, domain=f(p.domain), where=f(p.where)) for p in action.params)
    names = tuple((name, f(value)) for name, value in action.names)
    return replace(
        action, params=params, names=names, guard=f(action.guard), body=s.map_exprs(action.body, f)
    )


def _without_assignments(block: s.Block, names: set[str]) -> s.Block:
    kept = (st for st in block if not (isinstance(st, s.Assign) and st.place.base.name in names))
    return tuple(
        s.map_parts(st, lambda e: e, lambda b: _without_assignments(b, names)) for st in kept
    )


def _value(variable: Variable) -> x.Lit | None:
    """The one value that a variable has if it is never changed."""
    start = variable.start.value
    if start is None and variable.start.domain is None:
        return x.Lit(t.default(variable.type), variable.type)
    if not isinstance(start, x.Lit):
        return None
    if variable.owner is None:
        return start
    return x.Lit((start.value,) * variable.owner.size, variable.type)
