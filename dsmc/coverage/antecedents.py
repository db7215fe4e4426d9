"""What must come about before a property has anything to say.

A property is made of claims, each behind the conditions that it is made under: in `forall x in S:
p implies q` the claim `q` behind `x in S` and `p`. A claim whose conditions never come about together
says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import temporal as f
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.simplify import simplify
from dsmc.source import Span
from dsmc.traces.why import said


class Condition(Frozen):
    """Something that is true; `never` says that it never is."""

    holds: x.Expr
    never: str


class Bound(Frozen):
    """There are such values; `never` says that there are none."""

    binders: tuple[x.Binder, ...]
    never: str


class Named(Frozen):
    """A name for a value."""

    name: str
    value: x.Expr


Premise: TypeAlias = "Condition | Bound | Named"
Way: TypeAlias = tuple[Premise, ...]


class Antecedent(Frozen):
    """Some premises of a claim true together; `never` says that the last of them never is."""

    holds: x.Expr
    never: str


class Trigger(Frozen):
    """What runs must do for a claim to say something of them; `never` says that none does."""

    formula: f.Formula
    never: str


class Claim(Frozen):
    """The antecedents of one claim, the outermost first: each is implied by those after it."""

    antecedents: tuple[Antecedent | Trigger, ...]


def claims(e: x.Expr) -> tuple[Claim, ...]:
    """The claims of a condition. One that is true whatever the state is none."""
    return tuple(_claim(way) for way in _ways(e, ()))


def of_formula(formula: f.Formula) -> tuple[Claim, ...]:
    """The claims on whole runs: `p leads to q` claims something behind `p`."""
    match formula:
        case f.Both(left, right):
            return (*of_formula(left), *of_formula(right))
        case f.Always(f.Both(left, right)):
            return (*of_formula(f.Always(left)), *of_formula(f.Always(right)))
        case f.Always(f.Either(f.Not(f.Now(trigger) as now), _)):
            written = trigger if trigger.span.source.name else replace(trigger).at(now.span)
            return (_claim((_condition(written),)),)
        case f.Always(f.Either(f.Not(trigger), _)):
            return (_triggered(trigger, f.Eventually(trigger)),)
        case f.Either(f.Not(trigger), _):
            return (_triggered(trigger, trigger),)
        case _:
            return (Claim(()),)


def _triggered(written: f.Formula, asked: f.Formula) -> Claim:
    """What is asked of runs, and how the spec says it."""
    span = written.expr.span if isinstance(written, f.Now) else written.span
    when = " at the start" if isinstance(asked, f.Now) else ""
    return Claim((Trigger(asked, f"`{said(span)}` was never true{when}"),))


def _ways(e: x.Expr, way: Way) -> Iterator[Way]:
    match e:
        case x.Apply(Op.AND, args):
            for part in args:
                yield from _ways(part, way)
        case x.Apply(Op.IMPLIES, (left, right)):
            yield from _ways(right, (*way, _condition(left)))
        case x.Cond(condition, yes, no):
            for branch, wanted in _branches(condition, yes, no):
                yield from _ways(branch, (*way, _case(condition, branch, wanted=wanted)))
        case x.Let(name, value, body):
            if isinstance(known := simplify(value), x.Lit):
                yield from _ways(x.substitute(body, {name: known}), way)
            else:
                yield from _ways(body, (*way, Named(name, value)))
        case x.Fold(x.Quantifier.FORALL, binders, body):
            yield from _ways(body, (*way, Bound(binders, _none(e))))
        case x.Apply(Op.NOT, (x.Fold(x.Quantifier.EXISTS, binders) as some,)):
            yield (*way, Bound(binders, _none(some)))
        case _:
            if simplify(e) != x.TRUE:
                yield way


def _branches(condition: x.Expr, yes: x.Expr, no: x.Expr) -> Iterator[tuple[x.Expr, bool]]:
    """The branches, each with what the condition is; where it is constant, the one that is taken."""
    known = simplify(condition)
    if known != x.FALSE:
        yield yes, True
    if known != x.TRUE:
        yield no, False


def _case(condition: x.Expr, branch: x.Expr, *, wanted: bool) -> Condition:
    """The condition of a branch; that of a case of a `match` is written nowhere."""
    case = _condition(condition, wanted=wanted)
    while isinstance(branch, x.Let):
        branch = branch.body
    if said(condition.span):
        return case
    return replace(case, never=f"the case of `{said(branch.span)}` never came up")


def _condition(e: x.Expr, *, wanted: bool = True) -> Condition:
    holds = e if wanted else x.negation(e)
    return Condition(holds, f"`{said(e.span)}` was never {'true' if wanted else 'false'}")


def _none(fold: x.Fold) -> str:
    """There is nothing that a quantifier goes through."""
    whole, body = fold.span, fold.body.span
    if body.source is whole.source and whole.start < body.start <= whole.end:
        whole = Span(whole.source, whole.start, body.start)
    return f"`{said(whole).rstrip('(: ')}` never went through anything"


def _claim(way: Way) -> Claim:
    """What never comes about by the types alone is told as well; what always does is not."""
    found: list[Antecedent] = []
    for end, premise in enumerate(way, start=1):
        if not isinstance(premise, Named):
            holds = simplify(_together(way[:end]))
            if holds != x.TRUE and (not found or holds != found[-1].holds):
                found.append(Antecedent(holds, premise.never))
    return Claim(tuple(found))


def _together(way: Way) -> x.Expr:
    """All the premises are true for some values."""
    e: x.Expr = x.TRUE
    for premise in reversed(way):
        match premise:
            case Condition(holds):
                e = x.conjunction([holds, e])
            case Bound(binders):
                e = _some(binders, e)
            case Named(name, value):
                e = x.Let(name, value, e, t.BOOL)
    return e


def _some(binders: tuple[x.Binder, ...], e: x.Expr) -> x.Expr:
    if e == x.TRUE and all(map(_never_empty, binders)):
        return e
    return x.Fold(x.Quantifier.EXISTS, binders, e, t.BOOL)


def _never_empty(binder: x.Binder) -> bool:
    """Does a binder go through all values of a type, or through known values?"""
    if binder.where != x.TRUE:
        return False
    match simplify(binder.domain):
        case x.Apply(Op.ALL, _, t.Set(of)):
            return t.size(of) != 0
        case x.Apply(Op.RANGE, (x.Lit(first), x.Lit(last))):
            return bool(first <= last)
        case x.Lit(value):
            return bool(value)
        case _:
            return False
