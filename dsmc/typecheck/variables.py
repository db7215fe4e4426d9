"""State variables: those that all share, and those that each node of a role has."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.names import AT, UP
from dsmc.ir.system import Start, Storage, Variable
from dsmc.syntax import ast
from dsmc.typecheck import types
from dsmc.typecheck.scope import Scope


def shared(scope: Scope, name: str) -> Variable:
    """A variable declared outside of roles."""
    if name not in scope.variables:
        node = scope.declared[name].node
        assert isinstance(node, ast.Variable)
        storage = Storage.GHOST if node.storage == "ghost" else Storage.SHARED
        of = types.resolve(scope, node.type)
        scope.variables[name] = Variable(name, of, storage).at(node.name.span)
    return scope.variables[name]


def of_role(scope: Scope, role: t.Role, name: str) -> Variable | None:
    """A variable of a role's nodes, as a map from the role; None if it has none of that name."""
    key = f"{role.name}.{name}"
    if key in scope.variables:
        return scope.variables[key]
    declared = scope.role_members.get(role.name, {}).get(name)
    match declared.node if declared else None:
        case ast.Variable(storage, ident, of):
            kind = Storage.VOLATILE if storage == "var" else Storage(storage)
            inner = types.resolve(scope, of)
        case ast.Clock(ident, of):
            kind, inner = Storage.STABLE, types.resolve(scope, of)
        case _:
            return None
    scope.variables[key] = Variable(key, t.Map(role, inner), kind, owner=role).at(ident.span)
    return scope.variables[key]


def up(scope: Scope, role: t.Role) -> Variable:
    """`p.up`: is the node running?"""
    key = f"{role.name}.{UP}"
    if key not in scope.variables:
        of = t.Map(role, t.BOOL)
        scope.variables[key] = Variable(key, of, Storage.INTERNAL, Start(x.TRUE), owner=role)
    return scope.variables[key]


def at_label(role: t.Role, label: str) -> x.Global:
    """`p.at(label)`; the processes of the role say what it is."""
    return x.Global(f"{role.name}.{AT}.{label}", t.Map(role, t.BOOL))
