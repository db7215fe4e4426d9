"""Members: `p.state`, `cell.version`, `Replica.2`, `p.at(label)`."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import WRITTEN, Form, Op
from dsmc.ir.system import Variable
from dsmc.ir.types import Type
from dsmc.syntax import ast
from dsmc.typecheck import (
    expressions,
    names,
    operators,
    types,
    variables,
)
from dsmc.typecheck.conversion import POISON, convert
from dsmc.typecheck.scope import Env, Mode, Scope


def member(scope: Scope, e: ast.Member, env: Env, hint: Type | None) -> x.Expr:
    """`p.state`, `cell.version`, `s.len`, `State.working`"""
    enum = _enum_named(scope, e.of, env)
    if enum is not None:
        return _enum_member(scope, enum, e.name)
    of = expressions.infer(scope, e.of, env)
    match of.type:
        case t.Unknown():
            return POISON
        case t.Role() | t.NodeId():
            found = of_node(scope, of, e.name, env)
            if found is not None:
                return found
        case t.Record(_, fields):
            index = next((i for i, (n, _) in enumerate(fields) if n == e.name.text), None)
            if index is not None:
                return x.Field(of, 0, index, fields[index][1])
        case t.Set(t.Role(role)) if e.name.text in (*scope.role_members.get(role, {}), "up"):
            scope.problems.add(
                "D201", e.name.span, f"each node of `{role}` has a `{e.name.text}` of its own",
                help=f"name the node: `{role}.1.{e.name.text}`, or `forall n in {role}: n.{e.name.text} …`",
            )  # fmt: skip
            return POISON
    if (Form.MEMBER, e.name.text) in WRITTEN:
        return operators.apply(scope, (Form.MEMBER, e.name.text), [of], e.span)
    scope.unknown(
        e.name.text, e.name.span, f"member of `{t.show(of.type)}`", _members(scope, of.type)
    )
    return POISON


def _enum_named(scope: Scope, of: ast.Expr, env: Env) -> t.Enum | None:
    if not isinstance(of, ast.Name) or of.ident.text in env.names:
        return None
    declared = scope.declared.get(of.ident.text)
    if declared is None or not isinstance(declared.node, ast.Enum):
        return None
    found = types.lookup(scope, of.ident.text, of.span)
    return found if isinstance(found, t.Enum) else None


def _enum_member(scope: Scope, enum: t.Enum, name: ast.Ident) -> x.Expr:
    if name.text in enum.members:
        return x.Lit(enum.members.index(name.text), enum)
    scope.unknown(name.text, name.span, f"member of `{enum.name}`", enum.members)
    return POISON


def _members(scope: Scope, of: Type) -> list[str]:
    """The members that a type has, for suggestions."""
    match of:
        case t.Role(name):
            return [*scope.role_members.get(name, {}), "index", "up"]
        case t.NodeId(roles):
            return [m for role in roles for m in scope.role_members.get(role.name, {})]
        case t.Record(_, fields):
            return [name for name, _ in fields]
        case t.Seq():
            return ["len", "first", "last", "insert", "remove"]
        case _:
            return ["len"]


def of_node(scope: Scope, node: x.Expr, name: ast.Ident, env: Env) -> x.Expr | None:
    """A variable of the node, whatever its role; None if there is none of that name."""
    roles = (node.type,) if isinstance(node.type, t.Role) else node.type.roles  # type: ignore[union-attr]
    owners = [(r, v) for r in roles if (v := _variable(scope, r, name.text)) is not None]
    if not owners or not _may_read(scope, node, name, env):
        return POISON if owners else None
    role, variable = owners[-1]
    result = names.read_own(scope, variable, convert(scope, node, role, name.span), env, name.span)
    for role, variable in reversed(owners[:-1]):
        value = names.read_own(
            scope, variable, convert(scope, node, role, name.span), env, name.span
        )
        result = x.Cond(
            _is_of(node, role), value, convert(scope, result, value.type, name.span), value.type
        )
    return result


def _variable(scope: Scope, role: t.Role, name: str) -> Variable | None:
    return variables.up(scope, role) if name == "up" else variables.of_role(scope, role, name)


def _is_of(node: x.Expr, role: t.Role) -> x.Expr:
    of = t.Set(node.type)
    return x.Apply(Op.IN, (node, x.Convert(x.whole(role), of)), t.BOOL)


def _may_read(scope: Scope, node: x.Expr, name: ast.Ident, env: Env) -> bool:
    """Code reads its own node's variables only."""
    if env.mode is not Mode.CODE or env.ghost or node == env.me:
        return True
    scope.problems.add(
        "D501",
        name.span,
        f"the code of a node cannot see `{name.text}` of another node",
        label="nodes share nothing",
        help="send a message, or use a top-level `var`; properties may see every node",
    )
    return False


def numbered(scope: Scope, e: ast.Numbered, env: Env) -> x.Expr:
    """`t.0`, `Value.1`, `Replica.2`"""
    named = None
    if isinstance(e.of, ast.Name) and e.of.ident.text not in env.names:
        named = types.lookup(scope, e.of.ident.text, e.of.span)
    if isinstance(named, t.Symbols | t.Role):
        if 1 <= e.number <= named.size:
            return x.Lit(e.number - 1, named)
        scope.problems.add(
            "D316",
            e.span,
            f"`{named.name}` has the values `{named.name}.1` to `{named.name}.{named.size}`",
        )
        return POISON
    of = expressions.infer(scope, e.of, env)
    match of.type:
        case t.Unknown():
            return POISON
        case t.Tuple(items) if e.number < len(items):
            return x.Field(of, 0, e.number, items[e.number])
        case t.Tuple(items):
            scope.problems.add(
                "D316", e.span, f"the tuple has the parts `.0` to `.{len(items) - 1}`"
            )
        case _:
            scope.problems.add("D316", e.span, f"`{t.show(of.type)}` has no numbered parts")
    return POISON


# ---------------------------------------------------------------- p.at(label)


def is_label(
    scope: Scope, of: ast.Expr, arguments: tuple[ast.Expr | ast.NamedArgument, ...], env: Env
) -> bool:
    """Is this what is asked of a control point?"""
    return len(arguments) == 1 and isinstance(arguments[0], ast.Name)


def at_label(
    scope: Scope, of: ast.Expr, arguments: tuple[ast.Expr | ast.NamedArgument, ...], env: Env
) -> x.Expr:
    """Is a process of the node at the label?"""
    node = expressions.infer(scope, of, env)
    label = arguments[0]
    assert isinstance(label, ast.Name)
    if not isinstance(node.type, t.Role):
        if not isinstance(node.type, t.Unknown):
            scope.problems.add("D504", of.span, "`at` is asked of a node of one role")
        return POISON
    labels = scope.labels.get(node.type.name, frozenset())
    if label.ident.text not in labels:
        scope.unknown(label.ident.text, label.span, f"label of `{node.type.name}`", labels)
        return POISON
    if not names.may_read_state(scope, env, label.ident.text, label.span):
        return POISON
    at = variables.at_label(node.type, label.ident.text)
    return x.Apply(Op.GET, (at, node), t.BOOL)
