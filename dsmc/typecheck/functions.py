"""Functions. A generic one is checked anew for each set of type arguments it is called with; one that
looks at the state is written into each place that calls it, and means there what it says there.
"""

from __future__ import annotations

from typing import TypeAlias

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.system import Function
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import expressions, types
from dsmc.typecheck.conversion import POISON, convert
from dsmc.typecheck.generics import Bindings, fits
from dsmc.typecheck.scope import Env, Mode, Scope

Arguments: TypeAlias = "tuple[ast.Expr | ast.NamedArgument, ...]"


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
        bindings = fits(scope, option.node, args)
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
    if function.name in scope.looking and function.name not in scope.busy:
        return _written_in(scope, option, bindings, function, converted, env)
    return x.Call(function.name, converted, function.result)


def _written_in(
    scope: Scope, option: Candidate, bindings: Bindings, function: Function,
    args: tuple[x.Expr, ...], env: Env,
) -> x.Expr:  # fmt: skip
    """The body of a function that looks at the state, with the arguments for its parameters."""
    names: dict[str, x.Expr] = {"self": env.me} if env.me is not None else {}
    lets: list[tuple[str, x.Expr]] = []
    for param, arg in zip(option.node.parameters, args, strict=True):
        names[param.name.text] = arg
        if not isinstance(arg, x.Local | x.Lit):
            lets.append((scope.fresh(param.name.text), arg))
            names[param.name.text] = x.Local(lets[-1][0], arg.type)
    inner = replace(env, names=names, role=env.role if option.role else None)
    with scope.with_generics(bindings), scope.checking(function.name):
        result = _body(scope, option.node, inner)
    for name, value in reversed(lets):
        result = x.Let(name, value, result, result.type)
    return result


def instance(scope: Scope, option: Candidate, bindings: Bindings, span: Span) -> Function | None:
    """The function for these type arguments, checked once."""
    node = option.node
    name = _unique_name(scope, option, bindings)
    if name in scope.functions:
        return scope.functions[name]
    with scope.with_generics(bindings), scope.unit():
        parameters = tuple(
            (scope.fresh(p.name.text), types.resolve(scope, p.type)) for p in node.parameters
        )
        if name in scope.busy:
            return _recursive(scope, name, node, parameters, span)
        locals_: dict[str, x.Expr] = {
            p.name.text: x.Local(unique, of)
            for p, (unique, of) in zip(node.parameters, parameters, strict=True)
        }
        with scope.checking(name):
            body = _body(scope, node, _env(scope, option, locals_))
    scope.functions[name] = Function(name, parameters, body.type, body).at(node.name.span)
    return scope.functions[name]


def pure(scope: Scope) -> tuple[Function, ...]:
    """The functions that are called; those that look at the state are part of their callers."""
    bodies = [f.body for f in scope.functions.values()]
    called = {e.function for body in bodies for e in x.walk(body) if isinstance(e, x.Call)}
    for name in sorted(called & scope.looking):
        scope.problems.add(
            "D206",
            scope.functions[name].span,
            f"`{scope.functions[name].span.text}` calls itself, so it may not look at the state",
            help="give it what it needs of the state as a parameter",
        )
    return tuple(f for f in scope.functions.values() if f.name not in scope.looking)


def _env(scope: Scope, option: Candidate, names: dict[str, x.Expr]) -> Env:
    """Where the body of a function stands."""
    role = next((r for r in scope.roles if r.name == option.role), None)
    me: dict[str, x.Expr] = {} if role is None else {"self": x.Local("self", role)}
    return Env({**me, **names}, Mode.FUNCTION, role)


def _unique_name(scope: Scope, option: Candidate, bindings: Bindings) -> str:
    prefix = f"{option.role}." if option.role else ""
    first = option.node.parameters[0].type.span.text if option.node.parameters else ""
    given = [str(b) if isinstance(b, int) else t.show(b) for b in bindings.values()]
    several = not option.role and len(scope.functions_named[option.node.name.text]) > 1
    overloaded = f"({first})" if several or option.node.type_parameters else ""
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
