"""What is left to go through in a `for` of a process."""

from __future__ import annotations

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import own
from dsmc.ir.ops import Op
from dsmc.ir.types import Type

_ELEMENT = own("element")


def held(of: Type) -> Type:
    """The type in which the rest of a domain is kept."""
    return t.Seq(of.of, None) if isinstance(of, t.Bag) else of


def as_held(domain: x.Expr) -> x.Expr:
    """The domain as what is left of it at the start."""
    if not isinstance(domain.type, t.Bag):
        return domain
    element = x.Local(_ELEMENT, domain.type.of)
    binder = x.Binder(_ELEMENT, domain.type.of, domain, x.TRUE)
    return x.Fold(x.Quantifier.SEQ, (binder,), element, held(domain.type))


def first_of(left: x.Expr, statement: s.For) -> x.Expr:
    """The element that comes next: the first in type order, or of a sequence."""
    if isinstance(left.type, t.Seq):
        return x.Apply(Op.FIRST, (left,), statement.type)
    name = f"{own('first')}_{statement.name}"
    binder = x.Binder(name, statement.type, left, x.TRUE)
    return x.Fold(x.Quantifier.CHOOSE, (binder,), x.TRUE, statement.type)


def without(left: x.Expr, taken: x.Local) -> x.Expr:
    """What is left after one more element."""
    if isinstance(left.type, t.Seq):
        return x.Apply(Op.REMOVE, (left, x.number(0)), left.type)
    return x.Apply(Op.MINUS, (left, x.Make(left.type, (taken,))), left.type)
