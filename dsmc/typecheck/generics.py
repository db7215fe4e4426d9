"""The type arguments with which a generic function takes what it is given."""

from __future__ import annotations

from typing import TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.signatures import join
from dsmc.ir.types import Type
from dsmc.syntax import ast
from dsmc.typecheck import constants, types
from dsmc.typecheck.scope import Scope

Bindings: TypeAlias = "dict[str, Type | int]"


def fits(scope: Scope, node: ast.Function, args: list[x.Expr]) -> Bindings | None:
    """The type arguments for which the function takes these arguments; None if it does not."""
    needed = [p for p in node.parameters if p.default is None]
    if not len(needed) <= len(args) <= len(node.parameters):
        return None
    bindings: Bindings = {}
    generic = {p.text for p in node.type_parameters}
    for param, arg in zip(node.parameters, args, strict=False):
        if not _unify(scope, param.type, arg.type, generic, bindings, {}):
            return None
    return bindings if len(bindings) == len(generic) else None


def _unify(
    scope: Scope, written: ast.Type | ast.Expr, given: Type, generic: set[str],
    bindings: Bindings, aliases: dict[str, ast.Type | ast.Expr],
) -> bool:  # fmt: skip
    """Can the written type become the given one? Binds type parameters on the way.

    `aliases` are the arguments of the generic declaration whose body is being looked at.
    """
    match written, given:
        case ast.TypeName(name) | ast.Name(name), _ if name.text in aliases:
            return _unify(scope, aliases[name.text], given, generic, bindings, {})
        case ast.TypeName(name) | ast.Name(name), _ if name.text in generic:
            return _bind(bindings, name.text, given)
        case ast.RangeType(low, high), t.Int():
            return _unify_range(scope, low, high, given, generic, bindings, aliases)
        case ast.GenericType("set" | "option" | "seq" | "bag", arguments), _:
            if type(given) is not _KINDS[written.name]:
                return False
            return _unify(scope, arguments[0], given.of, generic, bindings, aliases)
        case ast.GenericType("map", (key, value)), t.Map(k, v):
            return _unify(scope, key, k, generic, bindings, aliases) and _unify(
                scope, value, v, generic, bindings, aliases
            )
        case ast.GenericType(name, arguments), _:
            return _unify_declared(scope, name, arguments, given, generic, bindings, aliases)
        case ast.TupleType(items), t.Tuple(of) if len(items) == len(of):
            return all(
                _unify(scope, i, o, generic, bindings, aliases)
                for i, o in zip(items, of, strict=True)
            )
        case ast.TypeName(), _:
            wanted = types.resolve(scope, written)
            nodes = isinstance(wanted, t.Role | t.NodeId) and isinstance(given, t.Role | t.NodeId)
            return nodes or join(wanted, given) is not None
        case _:
            return False


_KINDS = {"set": t.Set, "option": t.Option, "seq": t.Seq, "bag": t.Bag}


def _bind(bindings: Bindings, name: str, given: Type) -> bool:
    known = bindings.get(name)
    if known is None or isinstance(known, int):
        bindings[name] = given
        return known is None
    joined = join(known, given)
    if joined is not None:
        bindings[name] = joined
    return joined is not None


def _unify_range(
    scope: Scope, low: ast.Expr, high: ast.Expr, given: t.Int, generic: set[str],
    bindings: Bindings, aliases: dict[str, ast.Type | ast.Expr],
) -> bool:  # fmt: skip
    end: ast.Type | ast.Expr = high
    if isinstance(end, ast.Name) and end.ident.text in aliases:
        end = aliases[end.ident.text]
    name = (
        end.ident.text
        if isinstance(end, ast.Name)
        else end.name.text
        if isinstance(end, ast.TypeName)
        else ""
    )
    if name in generic:
        known = bindings.get(name, given.high)
        bindings[name] = max(known, given.high) if isinstance(known, int) else given.high
        return True
    return constants.integer(scope, low) is not None


def _unify_declared(
    scope: Scope, name: str, arguments: tuple[ast.Type | ast.Expr, ...], given: Type,
    generic: set[str], bindings: Bindings, aliases: dict[str, ast.Type | ast.Expr],
) -> bool:  # fmt: skip
    declared = scope.declared.get(name)
    inner = {
        p.text: aliases.get(a.name.text, a) if isinstance(a, ast.TypeName) else a
        for p, a in zip(
            getattr(declared and declared.node, "parameters", ()), arguments, strict=False
        )
    }
    match declared.node if declared else None, given:
        case ast.TypeAlias_(_, _, of), _:
            return _unify(scope, of, given, generic, bindings, inner)
        case ast.Record(_, _, fields), t.Record(full, of) if full.partition("<")[0] == name:
            return all(
                _unify(scope, f.type, kind, generic, bindings, inner)
                for f, (_, kind) in zip(fields, of, strict=True)
            )
        case _:
            return False
