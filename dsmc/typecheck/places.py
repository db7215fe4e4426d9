"""What can be assigned to."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.system import Storage
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import expressions, variables
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.scope import Env, Scope


def place(scope: Scope, target: ast.Expr, env: Env) -> s.Place | None:
    """The place that is meant; None, reported, if it is none."""
    match target:
        case ast.Name(ident):
            return _named(scope, ident, env)
        case ast.Member(ast.OwnNode(), name) if env.me is not None and env.role is not None:
            return _of_own_node(scope, name, env)
        case ast.Member(of, name):
            return _field(scope, of, name, env)
        case ast.Index(of, key):
            return _entry(scope, of, key, env, target.span)
        case _:
            scope.problems.add(
                "D320",
                target.span,
                "nothing can be assigned to this",
                help="assign to a variable, a field or a map's entry",
            )
            return None


def _named(scope: Scope, ident: ast.Ident, env: Env) -> s.Place | None:
    if ident.text in env.names:
        scope.problems.add(
            "D321",
            ident.span,
            f"`{ident.text}` is a local name: it keeps its value",
            help="declare a variable with `var`, or give the new value another name with `let`",
        )
        return None
    if env.role is not None and variables.of_role(scope, env.role, ident.text) is not None:
        return _of_own_node(scope, ident, env)
    declared = scope.declared.get(ident.text)
    match declared.node if declared else None:
        case ast.Variable():
            variable = variables.shared(scope, ident.text)
            return s.Place(x.Global(variable.name, variable.type)).at(ident.span)
        case None if ident.text not in scope.members:
            known = {n for n, d in scope.declared.items() if isinstance(d.node, ast.Variable)}
            own = scope.role_members.get(env.role.name, {}) if env.role else {}
            scope.unknown(ident.text, ident.span, "variable", known | set(own))
        case _:
            scope.problems.add("D320", ident.span, f"`{ident.text}` is not a variable")
    return None


def _of_own_node(scope: Scope, name: ast.Ident, env: Env) -> s.Place | None:
    assert env.role is not None
    assert env.me is not None
    declared = scope.role_members.get(env.role.name, {}).get(name.text)
    if declared is not None and isinstance(declared.node, ast.Clock):
        scope.problems.add("D322", name.span, "only the environment moves a clock")
        return None
    variable = variables.of_role(scope, env.role, name.text)
    if variable is None:
        known = scope.role_members.get(env.role.name, {})
        scope.unknown(name.text, name.span, f"variable of `{env.role.name}`", known)
        return None
    if isinstance(variable.type, t.Map) and isinstance(variable.type.value, t.Unknown):
        return None
    return s.Place(x.Global(variable.name, variable.type), (s.Key(env.me),)).at(name.span)


def _field(scope: Scope, of: ast.Expr, name: ast.Ident, env: Env) -> s.Place | None:
    if _is_other_node(scope, of, env):
        scope.problems.add(
            "D501",
            name.span,
            f"the code of a node cannot change `{name.text}` of another node",
            label="nodes share nothing",
            help="send a message, or use a top-level `var`",
        )
        return None
    inside = place(scope, of, env)
    if inside is None or isinstance(inside.type, t.Unknown):
        return None
    match inside.type:
        case t.Record(_, fields):
            for index, (field, _) in enumerate(fields):
                if field == name.text:
                    return s.Place(inside.base, (*inside.path, s.Part(index))).at(name.span)
            known = [field for field, _ in fields]
            scope.unknown(name.text, name.span, f"field of `{inside.type.name}`", known)
        case _:
            scope.problems.add("D320", name.span, f"`{t.show(inside.type)}` has no fields")
    return None


def _is_other_node(scope: Scope, of: ast.Expr, env: Env) -> bool:
    match of:
        case ast.Name(ident):
            found = env.names.get(ident.text)
            return found is not None and isinstance(found.type, t.Role | t.NodeId)
        case ast.Numbered(ast.Name(ident), _):
            return any(role.name == ident.text for role in scope.roles)
        case _:
            return False


def _entry(scope: Scope, of: ast.Expr, key: ast.Expr, env: Env, span: Span) -> s.Place | None:
    inside = place(scope, of, env)
    if inside is None or isinstance(inside.type, t.Unknown):
        return None
    match inside.type:
        case t.Map(wanted):
            step = s.Key(expressions.check(scope, key, env, wanted, "the key"))
            if step.key == POISON:
                return None
            return s.Place(inside.base, (*inside.path, step)).at(span)
        case t.Seq():
            scope.problems.add(
                "D320",
                span,
                "an element of a sequence is not a place of its own",
                help="assign the whole sequence: `s := s.remove(i).insert(i, x)`",
            )
        case _:
            scope.problems.add("D320", span, f"`{t.show(inside.type)}` has no entries")
    return None


def is_ghost(scope: Scope, place: s.Place) -> bool:
    """Is the place in a ghost variable?"""
    return scope.variables[place.base.name].storage is Storage.GHOST
