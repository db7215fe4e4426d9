"""Calls and methods: messages, records, functions, built-in operators."""

from __future__ import annotations

from typing import TypeAlias

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.ops import WRITTEN, Form, Op
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import expressions, functions, members, names, operators, types
from dsmc.typecheck.conversion import POISON
from dsmc.typecheck.scope import Env, Scope

Arguments: TypeAlias = "tuple[ast.Expr | ast.NamedArgument, ...]"


# ---------------------------------------------------------------- f(x), a.f(x)


def call(scope: Scope, e: ast.Call, env: Env, hint: Type | None) -> x.Expr:
    """A function, a message, a record, a method."""
    match e.function:
        case ast.Name(ident):
            return _named(scope, ident, e, env, hint)
        case ast.Member(of, ast.Ident("at")) if members.is_label(scope, of, e.arguments, env):
            return members.at_label(scope, of, e.arguments, env)
        case ast.Member(of, ident):
            return _method(scope, of, ident, e, env)
        case ast.SeqValue(()):  # as temporal logic is written elsewhere
            help = "of what is always true say `always`, of what is true at some time `eventually`"
            scope.problems.add("D307", e.function.span, "this cannot be called", help=help)
            return POISON
        case _:
            scope.problems.add("D307", e.function.span, "this cannot be called")
            return POISON


def _named(scope: Scope, ident: ast.Ident, e: ast.Call, env: Env, hint: Type | None) -> x.Expr:
    name = ident.text
    declared = scope.declared.get(name)
    node = declared.node if declared else None
    match node:
        case ast.Message():
            return _message(scope, name, node, e, env)
        case ast.Record():
            return _record(scope, name, node, e, env, hint)
        case ast.Procedure():
            scope.problems.add(
                "D209",
                ident.span,
                f"`{name}` is a procedure: it has no value",
                help="call it as a statement, or make it a `fun`",
            )
            return POISON
    if functions.candidates(scope, name, env):
        return functions.call(scope, name, e.arguments, env, e.span)
    if (Form.FUNCTION, name) in WRITTEN:
        args = [expressions.infer(scope, a, env) for a in positional(scope, e.arguments)]
        arity = 2 if name in ("min", "max") else 1
        if len(args) != arity:
            scope.problems.add(
                "D311", e.span, f"`{name}` takes {arity} argument{'s' * (arity > 1)}"
            )
            return POISON
        return operators.apply(scope, (Form.FUNCTION, name), args, e.span)
    known = scope.known(env) | {w for form, w in WRITTEN if form is Form.FUNCTION}
    scope.unknown(name, ident.span, "function", known | set(scope.functions_named))
    return POISON


def positional(scope: Scope, arguments: Arguments) -> list[ast.Expr]:
    """The arguments, none of which may be named."""
    for argument in arguments:
        if isinstance(argument, ast.NamedArgument):
            scope.problems.add("D311", argument.span, "arguments are named in records only")
    return [a.value if isinstance(a, ast.NamedArgument) else a for a in arguments]


def _message(scope: Scope, name: str, node: ast.Message, e: ast.Call, env: Env) -> x.Expr:
    kind = next((k for k in scope.messages if k.name == name), None)
    if kind is None:
        return POISON
    args = _fields(scope, name, kind.fields, node.fields, e.arguments, env, e.span)
    return POISON if args is None else names.message(scope, name, args, e.span)


def _record(
    scope: Scope, name: str, node: ast.Record, e: ast.Call, env: Env, hint: Type | None
) -> x.Expr:
    if node.parameters:
        of: Type | None = hint
        if not isinstance(hint, t.Record) or hint.name.partition("<")[0] != name:
            scope.problems.add(
                "D304",
                e.span,
                f"which `{name}<…>` this is cannot be seen here",
                help="give the place it goes to that type",
            )
            return POISON
    else:
        of = types.lookup(scope, name, e.span)
    if not isinstance(of, t.Record):
        return POISON
    args = _fields(scope, name, of.fields, node.fields, e.arguments, env, e.span)
    return POISON if args is None else x.Make(of, args)


def _fields(
    scope: Scope, name: str, fields: tuple[tuple[str, Type], ...], written: tuple[ast.Param, ...],
    arguments: Arguments, env: Env, span: Span,
) -> tuple[x.Expr, ...] | None:  # fmt: skip
    """The values of the fields, by place, by name, or from the declaration."""
    given = _by_name(scope, name, [f for f, _ in fields], arguments)
    if given is None:
        return None
    values = []
    for (field, of), param in zip(fields, written, strict=True):
        value = given.get(field, param.default)
        if value is None:
            scope.problems.add("D311", span, f"`{name}` needs a value for `{field}`")
            return None
        values.append(expressions.check(scope, value, env, of, f"`{field}`"))
    return None if any(isinstance(v.type, t.Unknown) for v in values) else tuple(values)


def _by_name(
    scope: Scope, name: str, fields: list[str], arguments: Arguments
) -> dict[str, ast.Expr] | None:
    given: dict[str, ast.Expr] = {}
    for place, argument in enumerate(arguments):
        if isinstance(argument, ast.NamedArgument):
            field, value = argument.name.text, argument.value
        elif place < len(fields):
            field, value = fields[place], argument
        else:
            scope.problems.add("D311", argument.span, f"`{name}` has only {len(fields)} fields")
            return None
        if field not in fields:
            scope.unknown(field, argument.span, f"field of `{name}`", fields)
            return None
        if field in given:
            scope.problems.add("D202", argument.span, f"`{field}` has a value already")
            return None
        given[field] = value
    return given


def _method(scope: Scope, of: ast.Expr, ident: ast.Ident, e: ast.Call, env: Env) -> x.Expr:
    if functions.candidates(scope, ident.text, env):
        return functions.call(scope, ident.text, (of, *e.arguments), env, e.span)
    receiver = expressions.infer(scope, of, env)
    if isinstance(receiver.type, t.Unknown):
        return POISON
    if (Form.METHOD, ident.text) not in WRITTEN:
        known = {w for form, w in WRITTEN if form is Form.METHOD} | set(scope.functions_named)
        scope.unknown(ident.text, ident.span, f"method of `{t.show(receiver.type)}`", known)
        return POISON
    element = receiver.type.of if isinstance(receiver.type, t.Seq | t.Bag) else None
    rest = positional(scope, e.arguments)
    args = [expressions.infer(scope, a, env, element) for a in rest]
    arities = {2 if op is Op.INSERT else 1 for op in WRITTEN[Form.METHOD, ident.text]}
    if len(args) not in arities:
        scope.problems.add("D311", e.span, f"`{ident.text}` takes {max(arities)} arguments")
        return POISON
    return operators.apply(scope, (Form.METHOD, ident.text), [receiver, *args], e.span)


# ---------------------------------------------------------------- r with { a: 1 }


def record_update(scope: Scope, e: ast.RecordUpdate, env: Env) -> x.Expr:
    """The record with other values in some fields."""
    of = expressions.infer(scope, e.of, env)
    if isinstance(of.type, t.Unknown):
        return POISON
    if not isinstance(of.type, t.Record):
        scope.problems.add(
            "D307", e.of.span, f"`with {{…}}` changes a record; this is `{t.show(of.type)}`"
        )
        return POISON
    base = x.Local(scope.fresh("it"), of.type)
    fields = of.type.fields
    values: list[x.Expr] = [x.Field(base, 0, i, kind) for i, (_, kind) in enumerate(fields)]
    known = [name for name, _ in fields]
    for update in e.updates:
        if update.name.text not in known:
            scope.unknown(update.name.text, update.name.span, f"field of `{of.type.name}`", known)
            return POISON
        at = known.index(update.name.text)
        values[at] = expressions.check(scope, update.value, env, fields[at][1], f"`{known[at]}`")
    if any(isinstance(v.type, t.Unknown) for v in values):
        return POISON
    return x.Let(base.name, of, x.Make(of.type, tuple(values)), of.type)
