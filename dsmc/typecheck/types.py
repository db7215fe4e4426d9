"""Written types to types, and the declarations that make new ones."""

from __future__ import annotations

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Node
from dsmc.ir import types as t
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import constants
from dsmc.typecheck.scope import BUILT_IN, Scope

_CONSTRUCTORS = {"set": 1, "option": 1, "map": 2, "seq": 2, "bag": 2}


def resolve(scope: Scope, written: ast.Type | ast.Expr) -> Type:
    """The type that is meant."""
    match written:
        case ast.TypeName(name) | ast.Name(name):
            return named(scope, ast.Ident(name.text).at(written.span))
        case ast.RangeType(low, high) | ast.Interval(low, high):
            return _range(scope, low, high, written.span)
        case ast.TupleType(items):
            return t.Tuple(tuple(resolve(scope, i) for i in items))
        case ast.GenericType(name, arguments):
            return _generic(scope, name, arguments, written.span)
        case _:
            scope.problems.add("D303", written.span, "a type is wanted here")
            return t.UNKNOWN


#: What others call the type of all numbers.
_UNBOUNDED = frozenset({"int", "integer", "nat", "natural", "number", "uint", "long"})
_RANGES = "numbers have a range: `0..9`"


def named(scope: Scope, name: ast.Ident) -> Type:
    """The type of a name; `UNKNOWN`, reported, if it is none."""
    found = lookup(scope, name.text, name.span)
    if found is None:
        types = {n for n, d in scope.declared.items() if isinstance(d.node, _TYPE_NODES)}
        known = types | {"bool", "message", *BUILT_IN}
        if name.text in scope.declared:
            help = did_you_mean(name.text, known)
            scope.problems.add("D303", name.span, f"`{name.text}` is not a type", help=help)
        else:
            help = _RANGES if name.text.lower() in _UNBOUNDED else ""
            scope.unknown(name.text, name.span, "type", known, help=help)
        return t.UNKNOWN
    return found


_TYPE_NODES = (ast.Enum, ast.Symbols, ast.Record, ast.TypeAlias_, ast.Role)


def lookup(scope: Scope, name: str, span: Span) -> Type | None:
    """The type of a name, or None if the name is not that of a type."""
    generic = scope.generics.get(name)
    if generic is not None:
        return None if isinstance(generic, int) else generic
    match name:
        case "bool":
            return t.BOOL
        case "Node":
            return _some(scope, scope.node_type(), ast.Role, name, span)
        case "message":
            return _some(scope, scope.message_type(), ast.Message, name, span)
        case "mutex":
            return t.Record("mutex", (("holder", t.Option(_thread(scope))),))
        case "rwlock":
            thread = _thread(scope)
            return t.Record("rwlock", (("writer", t.Option(thread)), ("readers", t.Set(thread))))
    if name in scope.types:
        return scope.types[name]
    declared = scope.declared.get(name)
    if declared is None or not isinstance(declared.node, _TYPE_NODES):
        return None
    if name in scope.busy:
        scope.problems.add("D204", span, f"`{name}` is declared by itself")
        return t.UNKNOWN
    with scope.checking(name):
        scope.types[name] = found = _declared(scope, declared.node, span)
    return found


def _some(scope: Scope, of: Type, declared: type[Node], name: str, span: Span) -> Type:
    """The type, if a declaration gives it values."""
    if any(isinstance(d.node, declared) for d in scope.declared.values()):
        return of
    what = declared.__name__.lower()
    message = f"`{name}` has no values: no {what} is declared"
    scope.problems.add("D305", span, message, help="declare one, or use another type")
    return t.UNKNOWN


def _thread(scope: Scope) -> Type:
    """Who can hold a mutex: a node, and which of its threads."""
    return t.Tuple((scope.node_type(), t.Int(0, scope.threads - 1)))


def _declared(scope: Scope, node: Node, span: Span) -> Type:
    match node:
        case ast.Enum(name, members):
            return t.Enum(name.text, tuple(dict.fromkeys(m.text for m in members)))
        case ast.Symbols(name, count):
            return t.Symbols(name.text, constants.count(scope, count, "symbols", 1))
        case ast.Record(name, (), fields):
            return _record(scope, name.text, fields)
        case ast.TypeAlias_(_, (), of):
            return resolve(scope, of)
        case ast.Record(name) | ast.TypeAlias_(name):
            scope.problems.add("D304", span, f"`{name.text}` needs its arguments: `{name.text}<…>`")
            return t.UNKNOWN
        case _:
            return t.UNKNOWN  # a role whose size has a mistake


def _record(scope: Scope, name: str, fields: tuple[ast.Param, ...]) -> Type:
    seen: dict[str, Type] = {}
    for field in fields:
        if field.name.text in seen:
            scope.problems.add("D202", field.name.span, f"`{field.name.text}` is declared twice")
        seen[field.name.text] = resolve(scope, field.type)
    return t.Record(name, tuple(seen.items()))


def _range(scope: Scope, low: ast.Expr, high: ast.Expr, span: Span) -> Type:
    first, last = constants.integer(scope, low), constants.integer(scope, high)
    if first is None or last is None:
        return t.UNKNOWN
    if first > last:
        scope.problems.add("D305", span, f"the range {first}..{last} has no values")
        return t.UNKNOWN
    return t.Int(first, last)


def _generic(
    scope: Scope, name: str, arguments: tuple[ast.Type | ast.Expr, ...], span: Span
) -> Type:
    if name in _CONSTRUCTORS:
        return _constructed(scope, name, arguments, span)
    declared = scope.declared.get(name)
    if declared is None or not isinstance(declared.node, ast.Record | ast.TypeAlias_):
        known = set(_CONSTRUCTORS) | {
            n
            for n, d in scope.declared.items()
            if isinstance(d.node, ast.Record | ast.TypeAlias_) and d.node.parameters
        }
        scope.unknown(name, span, "type", known)
        return t.UNKNOWN
    parameters = declared.node.parameters
    if len(parameters) != len(arguments):
        scope.problems.add(
            "D304", span, f"`{name}` takes {len(parameters)} arguments, not {len(arguments)}"
        )
        return t.UNKNOWN
    given = {p.text: argument(scope, a) for p, a in zip(parameters, arguments, strict=True)}
    with scope.with_generics(given):
        match declared.node:
            case ast.Record(_, _, fields):
                shown = ", ".join(
                    t.show(g) if not isinstance(g, int) else str(g) for g in given.values()
                )
                return _record(scope, f"{name}<{shown}>", fields)
            case ast.TypeAlias_(_, _, of):
                return resolve(scope, of)


def argument(scope: Scope, written: ast.Type | ast.Expr) -> Type | int:
    """A type argument: a type, or a number."""
    match written:
        case ast.TypeName(name) | ast.Name(name):
            found = lookup(scope, name.text, name.span)
            if found is not None:
                return found
            number = constants.integer(scope, ast.Name(name).at(name.span))
            return t.UNKNOWN if number is None else number
        case ast.RangeType() | ast.TupleType() | ast.GenericType():
            return resolve(scope, written)
        case _:
            number = constants.integer(scope, written)
            return t.UNKNOWN if number is None else number


def _constructed(
    scope: Scope, name: str, arguments: tuple[ast.Type | ast.Expr, ...], span: Span
) -> Type:
    most = _CONSTRUCTORS[name]
    least = 1 if name in ("seq", "bag") else most
    if not least <= len(arguments) <= most:
        wanted = str(most) if least == most else f"{least} or {most}"
        plural = "s" if wanted != "1" else ""
        scope.problems.add(
            "D304", span, f"`{name}` takes {wanted} argument{plural}, not {len(arguments)}"
        )
        return t.UNKNOWN
    of = resolve(scope, arguments[0])
    match name:
        case "option":
            return t.Option(of)
        case "set":
            return (
                t.Set(of) if dense(scope, of, arguments[0].span, "a set's elements") else t.UNKNOWN
            )
        case "map":
            value = resolve(scope, arguments[1])
            return (
                t.Map(of, value)
                if dense(scope, of, arguments[0].span, "a map's keys")
                else t.UNKNOWN
            )
        case _:
            bound = constants.count(scope, arguments[1], name, 0) if len(arguments) == 2 else None
            return (t.Seq if name == "seq" else t.Bag)(of, bound)


def dense(scope: Scope, of: Type, span: Span, what: str) -> bool:
    """May the type be that of a set's elements or a map's keys? If not, it is reported."""
    if isinstance(of, t.Unknown):
        return False
    values = t.size(of)
    if values is not None and values <= t.MAX_DENSE:
        return True
    many = "any number of" if values is None else f"{values}" if values < 1 << 64 else "very many"
    scope.problems.add(
        "D306",
        span,
        f"{what} must have at most {t.MAX_DENSE} values; `{t.show(of)}` has {many}",
        help="narrow the range, or keep the elements in a `seq`",
    )
    return False
