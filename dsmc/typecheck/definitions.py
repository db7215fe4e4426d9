"""Objects of a spec's own: what they hold, and what they can be asked.

An object is checked for each set of type arguments that histories give it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.history import Definition, History, Rule
from dsmc.ir.system import Function
from dsmc.ir.types import Type
from dsmc.syntax import ast
from dsmc.typecheck import constants, events, expressions, rules, types
from dsmc.typecheck.generics import Bindings
from dsmc.typecheck.objects import OBJECTS
from dsmc.typecheck.scope import CONSTANT, Scope

_FIRST = "what the object holds first"


class _Held(Frozen):
    """What an object holds: its name, its type, the first value."""

    ident: ast.Ident
    type: Type
    start: t.Value


def history(
    scope: Scope, node: ast.History, of: ast.Object, written: Sequence[ast.Type | ast.Expr]
) -> History | None:
    """A history of a declared object; None if there is a mistake."""
    wanted = len(of.type_parameters)
    if len(written) != wanted:
        count = f"{wanted} argument{'s' * (wanted != 1)}"
        message = f"`{of.name.text}` takes {count}, not {len(written)}"
        scope.problems.add("D304", node.type.span, message)
        return None
    pairs = zip(of.type_parameters, written, strict=True)
    made = defined(scope, of, {p.text: types.argument(scope, a) for p, a in pairs})
    if made is None or made.type is None:
        return None
    start = made.start
    if node.start is not None:
        with scope.unit():
            e = events.answer(scope, node.start.value, CONSTANT, made.type, _FIRST)
            start = _constant(scope, e, made.type)
    return replace(made, name=node.name.text, start=start).at(node.name.span)


def defined(scope: Scope, node: ast.Object, given: Bindings) -> History | None:
    """The history, without a name, that an object with these arguments has; it is checked once."""
    key = (node.name.text, tuple(given.values()))
    if key not in scope.objects:
        with scope.with_generics(given):
            scope.objects[key] = _defined(scope, node)
    return scope.objects[key]


def complete(of: History, functions: Iterable[Function]) -> History:
    """The history whose object knows the functions that it calls, all of which are checked now."""
    if of.definition is None:
        return of
    known = {function.name: function for function in functions}
    names = [name for rule in of.definition.rules for name in _called(rule)]
    found: dict[str, Function] = {}
    for name in names:
        if name in known and name not in found:
            found[name] = known[name]
            names += _calls(known[name].body)
    return replace(of, definition=replace(of.definition, functions=tuple(found.values())))


def _called(rule: Rule) -> Iterator[str]:
    for e in (rule.legal, rule.after):
        yield from _calls(e)


def _calls(e: x.Expr) -> Iterator[str]:
    return (part.function for part in x.walk(e) if isinstance(part, x.Call))


# ---------------------------------------------------------------- the object


def _defined(scope: Scope, node: ast.Object) -> History | None:
    if node.name.text in OBJECTS:
        message = f"`{node.name.text}` is an object of the language"
        scope.problems.add("D202", node.name.span, message, help="take another name")
        return None
    held = _held(scope, node)
    written = [one for one in node.members if isinstance(one, ast.Operation)]
    if held is None or not _are_different(scope, node, written):
        return None
    found = [rules.operation(scope, one, held.ident, held.type) for one in written]
    methods = tuple(method for method, _ in found)
    of_each = tuple(rule for _, rule in found)
    definition = Definition(held.ident.text, of_each)
    return History("", node.name.text, methods, held.start, held.type, None, definition)


def _held(scope: Scope, node: ast.Object) -> _Held | None:
    variables = [one for one in node.members if isinstance(one, ast.Variable)]
    if len(variables) != 1:
        _mistake(scope, node, "an object has one `var`: what it holds",
                 "of several things it can hold a record")  # fmt: skip
        return None
    one = variables[0]
    if one.storage != "var" or isinstance(one.start, ast.StartsIn):
        scope.problems.add(
            "D317", one.span, "what an object holds is a `var` with one first value",
            help=f"write `var {one.name.text}: … = …`",
        )  # fmt: skip
        return None
    of = types.resolve(scope, one.type)
    value = t.default(of) if one.start is None else _value(scope, one.start.value, of)
    return _Held(one.name, of, value)


def _value(scope: Scope, written: ast.Expr, of: Type) -> t.Value:
    with scope.unit():
        return _constant(scope, expressions.check(scope, written, CONSTANT, of, _FIRST), of)


def _constant(scope: Scope, e: x.Expr, of: Type) -> t.Value:
    if t.UNKNOWN in (e.type, *t.inside(of)):
        return None
    return constants.value_of(scope, rules.exactly(e, of)).value


def _are_different(scope: Scope, node: ast.Object, written: Sequence[ast.Operation]) -> bool:
    """Has the object operations, and each a name of its own? If not, that is reported."""
    names = [one.name.text for one in written]
    for place, one in enumerate(written):
        if one.name.text in names[:place]:
            scope.problems.add("D202", one.name.span, f"`{one.name.text}` is declared twice")
    if not written:
        _mistake(scope, node, "an object without operations can be asked nothing",
                 "write what it can be asked: `fun read -> v: T when v == value = value`")  # fmt: skip
    return bool(names) and len(set(names)) == len(names)


def _mistake(scope: Scope, node: ast.Object, message: str, help: str) -> None:
    """Something is missing, or there twice; where a part could not be read it may be that one."""
    if not any(isinstance(one, ast.Broken) for one in node.members):
        scope.problems.add("D317", node.name.span, message, help=help)
