"""Procedures: checked once for each role and style of code that calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.frozen import Node, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.protocol import Proc
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import calls, expressions, statements, types, variables
from dsmc.typecheck.conversion import convert
from dsmc.typecheck.scope import Env, Mode, Scope

if TYPE_CHECKING:
    from dsmc.typecheck.statements import Frame


def find(scope: Scope, name: str, env: Env) -> ast.Procedure | None:
    """The procedure of a name that can be called here."""
    declared = scope.declared.get(name)
    if env.role is not None:
        declared = scope.role_members.get(env.role.name, {}).get(name, declared)
    return declared.node if declared and isinstance(declared.node, ast.Procedure) else None


def known(scope: Scope, env: Env) -> list[str]:
    """The names of all procedures that can be called here."""
    tables = [scope.declared]
    if env.role is not None:
        tables.append(scope.role_members.get(env.role.name, {}))
    return [n for table in tables for n, d in table.items() if isinstance(d.node, ast.Procedure)]


def call(
    scope: Scope, ident: ast.Ident, arguments: calls.Arguments, frame: Frame, span: Span
) -> tuple[s.Statement, ...]:
    """A call of a procedure."""
    node = find(scope, ident.text, frame.env)
    assert node is not None
    written = calls.positional(scope, arguments)
    if len(written) != len(node.parameters):
        wanted = len(node.parameters)
        scope.problems.add(
            "D311",
            span,
            f"`{ident.text}` takes {wanted} argument{'s' * (wanted != 1)}, not {len(written)}",
        )
        return ()
    args = tuple(
        expressions.check(scope, a, frame.env, types.resolve(scope, p.type), f"`{p.name.text}`")
        for a, p in zip(written, node.parameters, strict=True)
    )
    name = _instance(scope, node, frame, span)
    if name is None or any(isinstance(a.type, t.Unknown) for a in args):
        return ()
    if frame.sender is not None:
        args = (*args, convert(scope, frame.sender, scope.node_type(), span))
    return (s.CallProc(name, args),)


def _instance(scope: Scope, node: ast.Procedure, frame: Frame, span: Span) -> str | None:
    role = frame.env.role
    replies = frame.sender is not None
    name = (
        f"{role.name if role else ''}.{node.name.text}.{frame.style.name}.{frame.atomic}.{replies}"
    )
    if name in scope.busy:
        scope.problems.add("D509", span, f"the procedure `{node.name.text}` calls itself")
        return None
    if name not in scope.procs:
        with scope.checking(name):
            scope.procs[name] = _checked(scope, node, name, frame)
    return name


def _checked(scope: Scope, node: ast.Procedure, name: str, frame: Frame) -> Proc:
    role = frame.env.role
    with scope.unit():
        names: dict[str, x.Expr] = {}
        parameters: list[tuple[str, t.Type]] = []
        if role is not None and frame.env.me is not None:
            names["self"] = x.Local("self", role)
        for p in node.parameters:
            unique, of = scope.fresh(p.name.text), types.resolve(scope, p.type)
            names[p.name.text] = x.Local(unique, of)
            parameters.append((unique, of))
        inner = replace(frame, env=Env(names, Mode.CODE, role), loops=0, procedure=True)
        if frame.sender is not None:
            parameters.append((scope.fresh("sender"), scope.node_type()))
            inner = replace(inner, sender=x.Local(*parameters[-1]))
        body = statements.block(scope, node.body, inner)
    return Proc(name, tuple(parameters), body).at(node.span)


def changes_ghosts_only(
    scope: Scope, written: Node, env: Env, within: tuple[str, ...] = ()
) -> bool:
    """Does a statement change ghost variables and nothing else? It is `within` these procedures."""

    def inside(part: Node) -> bool:
        return changes_ghosts_only(scope, part, env, within)

    match written:
        case ast.CallStatement(ast.Call(ast.Name(ident))):
            called = find(scope, ident.text, env)
            if called is None or ident.text in within:
                return False
            return changes_ghosts_only(scope, called.body, env, (*within, ident.text))
        case ast.Assign(target):
            return _names_ghost(scope, target, env)
        case ast.IfStatement(_, then, orelse):
            branches = [then, *([orelse] if orelse else [])]
            return all(map(inside, branches))
        case ast.Block(items):
            return all(map(inside, items))
        case ast.ForStatement(_, _, body):
            return inside(body)
        case ast.Let() | ast.Skip() | ast.AssertStatement():
            return True
        case _:
            return False


def _names_ghost(scope: Scope, target: ast.Expr, env: Env) -> bool:
    while isinstance(target, ast.Member | ast.Index) and not isinstance(target.of, ast.OwnNode):
        target = target.of
    name = target.name.text if isinstance(target, ast.Member) else getattr(target, "ident", None)
    text = name.text if isinstance(name, ast.Ident) else name
    if env.role is not None and isinstance(text, str):
        own = variables.of_role(scope, env.role, text)
        if own is not None:
            return own.storage.value == "ghost"
    declared = scope.declared.get(text) if isinstance(text, str) else None
    return (
        declared is not None
        and isinstance(declared.node, ast.Variable)
        and declared.node.storage == "ghost"
    )
