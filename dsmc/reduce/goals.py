"""What a search wants to get to, as conditions: a state that decides a property meets all conditions of
one of the alternatives.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import evaluate, members
from dsmc.ir.expr import Quantifier
from dsmc.ir.ops import Op
from dsmc.ir.simplify import certain, simplify

#: An alternative: conditions of which none has an error where those before it are true.
Conditions = tuple[x.Expr, ...]

#: A quantifier over more values is a condition of its own.
_MOST_VALUES = 16
#: More alternatives are not told apart.
_MOST = 128


def broken(good: x.Expr) -> tuple[Conditions, ...]:
    """When is it false that something is true, or has it no value?"""
    found = [one for part in _required(simplify(good)) for one in _broken(part)]
    return tuple(found) if len(found) <= _MOST else ((x.negation(good),),)


def _broken(good: x.Expr) -> tuple[Conditions, ...]:
    return reached(x.negation(good)) if certain(good) else ((x.negation(good),),)


def reached(wanted: x.Expr) -> tuple[Conditions, ...]:
    """When is it true?"""
    found = list(_alternatives(simplify(wanted)))
    alone = [tuple(_apart(_conjuncts(one))) for one in found]
    return tuple(alone) if len(alone) <= _MOST else ((wanted,),)


def apart(parts: list[x.Expr]) -> Conditions:
    """The parts of a conjunction, each with those before it where it may have no value alone."""
    return tuple(_apart(parts))


def _apart(parts: list[x.Expr]) -> Iterator[x.Expr]:
    for place, part in enumerate(parts):
        yield part if certain(part) else x.conjunction(parts[: place + 1])


# ---------------------------------------------------------------- the parts of a formula


def _required(e: x.Expr) -> Iterator[x.Expr]:
    """What it is the conjunction of."""
    match e:
        case x.Apply(Op.AND, args):
            for arg in args:
                yield from _required(arg)
        case x.Fold(Quantifier.FORALL) if (values := _instances(e, Op.IMPLIES)) is not None:
            for one in values:
                yield from _required(one)
        case _:
            yield e


def _alternatives(e: x.Expr) -> Iterator[x.Expr]:
    """What it is the disjunction of."""
    match _inward(e):
        case x.Apply(Op.OR, args):
            for arg in args:
                yield from _alternatives(arg)
        case x.Fold(Quantifier.EXISTS) as fold if (values := _instances(fold, Op.AND)) is not None:
            for one in values:
                yield from _alternatives(one)
        case x.FALSE:
            return
        case other:
            yield other


def _conjuncts(e: x.Expr) -> list[x.Expr]:
    parts = [_inward(part) for part in x.conjuncts(e)]
    deeper = [x.conjuncts(part) for part in parts]
    if all(len(d) <= 1 for d in deeper):
        return parts
    return [one for d in deeper for part in d for one in _conjuncts(part)]


def _inward(e: x.Expr) -> x.Expr:
    """A negation, brought one step inward."""
    if not (isinstance(e, x.Apply) and e.op is Op.NOT):
        return e
    match e.args[0]:
        case x.Apply(Op.NOT, (of,)):
            return _inward(of)
        case x.Apply(Op.AND, args):
            return x.Apply(Op.OR, tuple(map(x.negation, args)), t.BOOL)
        case x.Apply(Op.OR, args):
            return x.Apply(Op.AND, tuple(map(x.negation, args)), t.BOOL)
        case x.Apply(Op.IMPLIES, (first, second)):
            return x.Apply(Op.AND, (first, x.negation(second)), t.BOOL)
        case x.Fold(Quantifier.FORALL, binders, body, of):
            return x.Fold(Quantifier.EXISTS, binders, x.negation(body), of)
        case x.Fold(Quantifier.EXISTS, binders, body, of):
            return x.Fold(Quantifier.FORALL, binders, x.negation(body), of)
        case _:
            return e


def _instances(e: x.Fold, join: Op) -> list[x.Expr] | None:
    """The body for each value of the first binder, if these are few and known."""
    binder, rest = e.binders[0], e.binders[1:]
    values = values_of(binder.domain, _MOST_VALUES)
    if values is None:
        return None
    inner = x.Fold(e.quantifier, rest, e.body, t.BOOL) if rest else e.body
    joined = x.Apply(join, (binder.where, inner), t.BOOL)
    found = (x.substitute(joined, {binder.name: x.Lit(v, binder.type)}) for v in values)
    return [simplify(one) for one in found]


def values_of(domain: x.Expr, most: int) -> list[object] | None:
    """The values of a domain that is the same in every state, if there are not more than so many."""
    plain = all(isinstance(part, x.Lit | x.Apply | x.Make) for part in x.walk(domain))
    if not (plain and certain(domain) and isinstance(domain.type, t.Set)):
        return None
    if (t.size(domain.type.of) or 0) > most and isinstance(domain, x.Apply) and domain.op is Op.ALL:
        return None
    found = list(members(domain.type, evaluate(domain)))
    return found if len(found) <= most else None
