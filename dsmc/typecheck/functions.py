"""Pure functions. A generic one is checked anew for each set of type arguments it is called with."""

from __future__ import annotations

from typing import TypeAlias

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.signatures import join
from dsmc.ir.system import Function
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import constants, expressions, types
from dsmc.typecheck.conversion import POISON, convert
from dsmc.typecheck.scope import Env, Mode, Scope

Arguments: TypeAlias = "tuple[ast.Expr | ast.NamedArgument, ...]"
Bindings: TypeAlias = "dict[str, Type | int]"


class Candidate(Frozen):
    """A declared function, and the role that it is declared in."""

    node: ast.Function
    role: str


def candidates(scope: Scope, name: str, env: Env) -> list[Candidate]:
    """The functions of a name that can be called here."""
    found = []
    if env.role is not None:
        declared = scope.role_members.get(env.role.name, {}).get(name)
        if declared is not None and isinstance(declared.node, ast.Function):
            found.append(Candidate(declared.node, env.role.name))
    return found + [Candidate(node, "") for node in scope.functions_named.get(name, [])]


def call(scope: Scope, name: str, arguments: Arguments, env: Env, span: Span) -> x.Expr:
    """The first function of the name that fits, applied."""
    from dsmc.typecheck.calls import positional

    written = positional(scope, arguments)
    options = candidates(scope, name, env)
    args = [
        expressions.infer(scope, a, env, _hint(scope, options, i)) for i, a in enumerate(written)
    ]
    if any(isinstance(a.type, t.Unknown) for a in args):
        return POISON
    for option in options:
        bindings = _fits(scope, option.node, args)
        if bindings is not None:
            return _applied(scope, option, bindings, args, written, env, span)
    shown = ", ".join(f"`{t.show(a.type)}`" for a in args)
    wanted = " or ".join(_signature(o.node) for o in options)
    scope.problems.add(
        "D311", span, f"`{name}` does not take {shown or 'no arguments'}", help=f"it is {wanted}"
    )
    return POISON


def _hint(scope: Scope, options: list[Candidate], place: int) -> Type | None:
    """The type of a parameter, where only one function is meant and it is not generic."""
    if len(options) != 1 or options[0].node.type_parameters:
        return None
    parameters = options[0].node.parameters
    return types.resolve(scope, parameters[place].type) if place < len(parameters) else None


def _signature(node: ast.Function) -> str:
    inner = ", ".join(f"{p.name.text}: {p.type.span.text}" for p in node.parameters)
    return f"`{node.name.text}({inner})`"


def _applied(
    scope: Scope, option: Candidate, bindings: Bindings, args: list[x.Expr],
    written: list[ast.Expr], env: Env, span: Span,
) -> x.Expr:  # fmt: skip
    function = instance(scope, option, bindings, span)
    if function is None:
        return POISON
    spans = [a.span for a in written]
    for param, (_, of) in list(zip(option.node.parameters, function.parameters, strict=True))[
        len(args) :
    ]:
        assert param.default is not None
        args.append(expressions.check(scope, param.default, env, of))
        spans.append(span)
    converted = tuple(
        convert(scope, a, of, s, f"`{name}`")
        for a, (name, of), s in zip(args, function.parameters, spans, strict=True)
    )
    if any(isinstance(a.type, t.Unknown) for a in converted):
        return POISON
    return x.Call(function.name, converted, function.result)


def instance(scope: Scope, option: Candidate, bindings: Bindings, span: Span) -> Function | None:
    """The function for these type arguments, checked once."""
    node = option.node
    name = _unique_name(option, bindings)
    if name in scope.functions:
        return scope.functions[name]
    with scope.with_generics(bindings), scope.unit():
        parameters = tuple(
            (scope.fresh(p.name.text), types.resolve(scope, p.type)) for p in node.parameters
        )
        if name in scope.busy:
            return _recursive(scope, name, node, parameters, span)
        scope.busy.add(name)
        locals_: dict[str, x.Expr] = {
            p.name.text: x.Local(unique, of)
            for p, (unique, of) in zip(node.parameters, parameters, strict=True)
        }
        env = Env(locals_, Mode.PURE)
        body = _body(scope, node, env)
        scope.busy.discard(name)
    scope.functions[name] = Function(name, parameters, body.type, body).at(node.name.span)
    return scope.functions[name]


def _unique_name(option: Candidate, bindings: Bindings) -> str:
    prefix = f"{option.role}." if option.role else ""
    first = option.node.parameters[0].type.span.text if option.node.parameters else ""
    given = [str(b) if isinstance(b, int) else t.show(b) for b in bindings.values()]
    overloaded = f"({first})" if option.node.type_parameters else ""
    return f"{prefix}{option.node.name.text}{overloaded}" + (
        f"<{', '.join(given)}>" if given else ""
    )


def _body(scope: Scope, node: ast.Function, env: Env) -> x.Expr:
    if node.result is None:
        return expressions.infer(scope, node.body, env)
    result = types.resolve(scope, node.result)
    body = expressions.check(scope, node.body, env, result, f"the result of `{node.name.text}`")
    return (
        body if body.type == result or isinstance(body.type, t.Unknown) else x.Convert(body, result)
    )


def _recursive(
    scope: Scope,
    name: str,
    node: ast.Function,
    parameters: tuple[tuple[str, Type], ...],
    span: Span,
) -> Function | None:
    """What a function can know of itself while it is being checked: its declared result."""
    if node.result is None:
        scope.problems.add(
            "D208",
            span,
            f"`{node.name.text}` calls itself, so its result type must be declared",
            help=f"write `fun {node.name.text}(…): T = …`",
        )
        return None
    return Function(name, parameters, types.resolve(scope, node.result), POISON)


# ---------------------------------------------------------------- type arguments


def _fits(scope: Scope, node: ast.Function, args: list[x.Expr]) -> Bindings | None:
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
