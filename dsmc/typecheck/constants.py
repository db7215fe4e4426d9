"""Constants, and expressions whose value must be known before anything is explored."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import RangeError
from dsmc.syntax import ast
from dsmc.typecheck import conversion, expressions, types
from dsmc.typecheck.scope import CONSTANT, Scope


def constant(scope: Scope, name: str) -> x.Expr:
    """The value of a declared constant, as given by the model or the declaration."""
    if name in scope.constants:
        return scope.constants[name]
    node = scope.declared[name].node
    assert isinstance(node, ast.Const)
    if name in scope.busy:
        scope.problems.add("D204", node.name.span, f"`{name}` is declared by itself")
        return conversion.POISON
    with scope.checking(name):
        value = _constant(scope, node)
    scope.constants[name] = value
    return value


def _constant(scope: Scope, node: ast.Const) -> x.Lit:
    name = node.name.text
    written = scope.overrides.get(name, node.value)
    if written is None:
        scope.problems.add(
            "D401",
            node.name.span,
            f"the constant `{name}` has no value",
            help=f"give it one in the model (`const {name} = …`) or with `-D {name}=…`",
        )
        return conversion.POISON
    declared = types.resolve(scope, node.type) if node.type is not None else None
    e = expressions.infer(scope, written, CONSTANT, declared)
    if declared is not None:
        e = conversion.convert(scope, e, declared, written.span, f"the constant `{name}`")
    return _exact(value_of(scope, e))


def _exact(literal: x.Lit) -> x.Lit:
    """A number has no other values than its own: so what is computed from it is narrow."""
    if not isinstance(literal.type, t.Int):
        return literal
    return x.Lit(literal.value, t.Int(literal.value, literal.value)).at(literal.span)


def value_of(scope: Scope, e: x.Expr) -> x.Lit:
    """A constant expression as a literal; what has no value is reported."""
    if isinstance(e, x.Lit):
        return e
    if isinstance(e.type, t.Unknown) or conversion.poisoned(e):
        return conversion.POISON
    try:
        value = evaluate(e, World(scope.functions))
    except RangeError as error:
        scope.problems.add("D402", e.span, f"this constant has no value: {error.reason}")
        return conversion.POISON
    return _exact(x.Lit(value, e.type).at(e.span))


def integer(scope: Scope, written: ast.Expr) -> int | None:
    """The value of a constant integer expression; None, reported, if it is none."""
    e = expressions.infer(scope, written, CONSTANT)
    if isinstance(e.type, t.Unknown):
        return None
    if not isinstance(e.type, t.Int):
        scope.problems.add("D301", written.span, f"a number is wanted here, not `{t.show(e.type)}`")
        return None
    value = value_of(scope, e).value
    return None if value is None else int(value)


def count(scope: Scope, written: ast.Expr | ast.Type, what: str, least: int) -> int:
    """A constant number of at least `least`; `least`, reported, if it is not."""
    if isinstance(written, ast.TypeName):
        written = ast.Name(written.name).at(written.span)
    value = integer(scope, written)  # type: ignore[arg-type]
    if value is None:
        return least
    if value < least:
        scope.problems.add("D305", written.span, f"{value} is too few: `{what}` needs {least}")
        return least
    return value
