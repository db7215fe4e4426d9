"""Making an expression one of a wanted type: nothing to do, a `Convert`, or a problem."""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import convert as convert_value
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.signatures import join
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.typecheck.scope import Scope

#: Stands for an expression with a mistake that was reported.
POISON = x.Lit(None, t.UNKNOWN)


def convert(scope: Scope, e: x.Expr, to: Type, span: Span, what: str = "") -> x.Expr:
    """The expression as a value of type `to`; `what` names the place that wants it."""
    source = e.type
    if source == to or isinstance(source, t.Unknown):
        return e
    if isinstance(to, t.Unknown):
        return POISON
    if not _related(source, to):
        return _mismatch(scope, e, to, span, what)
    if isinstance(e, x.Lit):
        return _literal(scope, e, to, span)
    if isinstance(source, t.Int) and isinstance(to, t.Int):
        return _integer(e, source, to, span)
    return _deeper(scope, e, to, span) or x.Convert(e, to).at(span)


def _related(source: Type, to: Type) -> bool:
    """May a value of one type be one of the other?"""
    match source, to:
        case (t.Role(), t.NodeId()) | (t.NodeId(), t.Role()):
            return True
        case (t.Option(a), t.Option(b)) | (t.Set(a), t.Set(b)):
            return _related(a, b)
        case (t.Seq(a), t.Seq(b)) | (t.Bag(a), t.Bag(b)):
            return _related(a, b)
        case t.Map(key, a), t.Map(key2, b):
            return key == key2 and _related(a, b)
        case t.Tuple(items), t.Tuple(items2):
            return len(items) == len(items2) and all(map(_related, items, items2))
        case _:
            return join(source, to) is not None


def _mismatch(scope: Scope, e: x.Expr, to: Type, span: Span, what: str) -> x.Expr:
    found, wanted = t.show(e.type), t.show(to)
    scope.problems.add(
        "D301",
        span,
        f"{what or 'this'} must be of type `{wanted}`, not `{found}`",
        label=f"this is `{found}`",
        help=_hint(e.type, to),
    )
    return POISON


def _hint(source: Type, to: Type) -> str:
    match source, to:
        case t.Option(of), _ if _related(of, to):
            return "open the option with `?`, or use `match`"
        case _, t.Option(of) if _related(source, of):
            return "wrap it: `some(…)`"
        case _, t.Set(of) if _related(source, of):
            return "a set of one element is written in braces: `{…}`"
        case t.Set(of), _ if _related(of, to):
            return "to take an element out of a set use `the`, `choose` or `pick`"
        case t.Bool(), t.Int():
            return "write `if … then 1 else 0`"
        case _:
            return ""


def _literal(scope: Scope, e: x.Lit, to: Type, span: Span) -> x.Expr:
    try:
        return x.Lit(convert_value(e.value, e.type, to), to).at(span)
    except RangeError as error:
        if isinstance(e.type, t.Int) and not _is_number(span):
            # The value of a constant: it may be in code that this instance never reaches.
            return x.Convert(e, to).at(span)
        scope.problems.add(
            "D302",
            span,
            f"{error.reason}",
            label=f"a `{t.show(to)}` is wanted here",
            help="change the value, or widen the type",
        )
        return POISON


def _is_number(span: Span) -> bool:
    return span.text.lstrip("- (")[:1].isdigit()


def _integer(e: x.Expr, source: t.Int, to: t.Int, span: Span) -> x.Expr:
    if to.low <= source.low and source.high <= to.high:
        return e
    return x.Convert(e, to).at(span)


def _deeper(scope: Scope, e: x.Expr, to: Type, span: Span) -> x.Expr | None:
    """Conversion of the parts, where the expression is made of parts."""
    match e, to:
        case x.Make(_, args), t.Set(of) | t.Seq(of, None) | t.Bag(of, None):
            return x.Make(to, tuple(convert(scope, a, of, span) for a in args)).at(span)
        case x.Make(_, args, case), t.Option() | t.Tuple():
            kinds = t.field_types(to, case)
            parts = tuple(convert(scope, a, o, span) for a, o in zip(args, kinds, strict=True))
            return x.Make(to, parts, case).at(span)
        case x.Cond(condition, yes, no), _:
            both = convert(scope, yes, to, span), convert(scope, no, to, span)
            return x.Cond(condition, *both, to).at(span)
        case x.Let(), _:
            return replace(e, body=convert(scope, e.body, to, span), type=to)
        case x.Apply(Op.ALL), _:
            return None
        case _:
            return None


def poisoned(e: x.Expr) -> bool:
    """Is there a reported mistake somewhere in the expression?"""
    return any(isinstance(part.type, t.Unknown) for part in x.walk(e))
