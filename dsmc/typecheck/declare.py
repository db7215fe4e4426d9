"""Which names a file declares. Nothing is looked up yet, so the order does not matter."""

from __future__ import annotations

from dsmc.syntax import ast
from dsmc.typecheck.scope import Scope


def declare(scope: Scope, item: ast.Declaration) -> bool:
    """Note the names that a declaration makes known; False if it is one too many."""
    match item:
        case ast.Function():
            return _function(scope, item)
        case ast.Enum(name, members):
            new = scope.declare(name, item)
            _members(scope, name.text, members if new else ())
            return new
        case ast.Role(name, _, members):
            new = scope.declare(name, item)
            for member in members if new else ():
                _role_member(scope, name.text, member)
            return new
        case (
            ast.Const(name) | ast.Symbols(name) | ast.Record(name) | ast.TypeAlias_(name)
            | ast.Message(name) | ast.Procedure(name) | ast.Variable(_, name) | ast.History(name)
            | ast.Object(name) | ast.Action(_, name) | ast.Formula(_, name) | ast.Law(name)
            | ast.LeadsTo(name) | ast.Witness(name) | ast.WitnessAction(name) | ast.Scenario(name)
        ):  # fmt: skip
            return scope.declare(name, item)
        case _:
            return True


def _function(scope: Scope, item: ast.Function) -> bool:
    """Functions of one name may differ in the type of their first parameter."""
    named = scope.functions_named.setdefault(item.name.text, [])
    first = item.parameters[0].type if item.parameters else None
    if any((f.parameters[0].type if f.parameters else None) == first for f in named):
        scope.problems.add(
            "D202",
            item.name.span,
            f"`{item.name.text}` is declared twice",
            help="give one of them another name, or another type of first parameter",
        )
        return False
    named.append(item)
    return True


def _members(scope: Scope, enum: str, members: tuple[ast.Ident, ...]) -> None:
    seen: set[str] = set()
    for member in members:
        if member.text in seen:
            scope.problems.add("D202", member.span, f"`{member.text}` is declared twice")
            continue
        scope.members.setdefault(member.text, []).append((enum, len(seen)))
        seen.add(member.text)


def _not_up(scope: Scope, name: ast.Ident, member: ast.RoleMember) -> None:
    """Each node has an `up`: a variable of that name could not be told from it."""
    if name.text == "up" and isinstance(member, ast.Variable | ast.Clock):
        scope.problems.add(
            "D202", name.span, "each node has an `up` already",
            label="`p.up` says whether a node is running", help="take another name",
        )  # fmt: skip


def _role_member(scope: Scope, role: str, member: ast.RoleMember) -> None:
    match member:
        case (
            ast.Variable(_, name) | ast.Clock(name) | ast.Function(name) | ast.Procedure(name)
            | ast.Action(_, name) | ast.Timeout(name)
        ):  # fmt: skip
            scope.declare(name, member, role)
            _not_up(scope, name, member)
        case ast.Process(ast.Ident() as name):
            scope.declare(name, member, role)
        case _:
            scope.role_members.setdefault(role, {})
