"""Which names are interchangeable? A type is symmetric if renaming its values changes nothing.

Every permutation of the values of such a type turns initial states into initial states, steps into
steps, and leaves every property as it is: the values are only compared with each other, collected,
and used as keys. What tells them apart is a reason why a type is not symmetric.

Laws and scenarios are not searched for, so they may name what they like; so may marks, which change
nothing. A step that has no value ends what its action does in a state, and what it has done before
depends on the order; but then nothing is said to hold any more.
"""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.frozen import Frozen
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.show import show
from dsmc.reduce.commute import clash
from dsmc.reduce.first import never_given
from dsmc.reduce.permute import Named, is_fixed, names_in
from dsmc.reduce.total import NO_FACTS, Facts, facts_of, total
from dsmc.source import NOWHERE, Span


class Reason(Frozen):
    """Why a type is not symmetric: something, at a place, that tells its values apart."""

    type: Named
    text: str
    span: Span


class Symmetry(Frozen):
    """The symmetric types of more than one value, and why others are not."""

    types: tuple[Named, ...]
    reasons: tuple[Reason, ...]


def symmetry(system: y.System) -> Symmetry:
    """The symmetric types of a system, with all the properties that it has."""
    asked = _Asked(system)
    asked.everything()
    blamed = {reason.type for reason in asked.reasons}
    types = sorted(asked.candidates - blamed, key=lambda of: of.name)
    return Symmetry(tuple(types), tuple(dict.fromkeys(asked.reasons)))


class _Asked:
    """Goes through a system and notes what tells names apart."""

    def __init__(self, system: y.System) -> None:
        self._system = system
        self._functions = {f.name: f for f in system.functions}
        self._called: set[tuple[str, bool]] = set()
        kept = (names_in(v.type) for v in system.variables)
        self.candidates = {of for names in kept for of in names if of.size > 1}
        self.reasons: list[Reason] = []
        self._around = NOWHERE  # the nearest place for what the tool made

    def _blame(self, types: Iterable[Named], text: str, span: Span) -> None:
        span = span if span.source.name else self._around
        self.reasons += [Reason(of, text, span) for of in types if of in self.candidates]

    def everything(self) -> None:
        """Initial states, actions, bound and properties."""
        self._defaults()
        self._block(self._system.init)
        for action in self._system.actions:
            self._action(action)
        self._expr(self._system.within)
        for prop in self._system.properties:
            self._property(prop)

    def _defaults(self) -> None:
        for variable in self._system.variables:
            first = t.default(variable.type)
            apart = [of for of in self.candidates if not is_fixed(variable.type, first, of)]
            if apart and never_given(self._system.init, variable):
                text = f"`{variable.name}` begins with the first value of its type"
                self._blame(apart, text, variable.span)

    def _action(self, action: y.Action) -> None:
        self._around = action.origin.span
        for param in action.params:
            self._expr(param.domain)
            self._expr(param.where)
        for _, value in action.names:
            self._expr(value)
        self._expr(action.guard)
        self._block(action.body)

    def _property(self, prop: y.Property) -> None:
        """In a property it is the same whether it is false or has no value."""
        self._around = prop.span
        match prop:
            case y.Invariant(_, e) | y.Transition(_, e) | y.Quiescent(_, e) | y.Reachable(_, e):
                self._expr(e, tolerant=True)
            case y.NoDeadlock(_, final):
                self._expr(final, tolerant=True)

    # ------------------------------------------------------------ statements

    def _block(self, block: s.Block) -> None:
        for statement in block:
            if isinstance(statement, s.Mark):
                continue
            for e in s.exprs_of(statement):
                self._expr(e)
            if isinstance(statement, s.For):
                self._loop(statement)
            for inner in s.blocks_of(statement):
                self._block(inner)

    def _loop(self, loop: s.For) -> None:
        names = _unordered(loop.domain)
        found = clash(loop, self._functions) if names & self.candidates else None
        if found is not None:
            self._blame(names, "the order of a `for` over its values may matter", loop.span)

    # ------------------------------------------------------------ expressions

    def _expr(self, e: x.Expr, *, tolerant: bool = False, facts: Facts = NO_FACTS) -> None:
        """`tolerant`: it is the same whether the expression is false or has no value."""
        match e:
            case x.Lit(value, of):
                for names in names_in(of) & self.candidates:
                    if not is_fixed(of, value, names):
                        self._blame({names}, f"`{show(of, value)}` is named", e.span)
            case x.Apply(Op.INDEX | Op.NODE_AT):
                self._blame(names_in(e.args[0].type), "its values are numbered", e.span)
                self._children(e, facts)
            case x.Apply(Op.AND, (left, right)):
                self._expr(left, tolerant=tolerant, facts=facts)
                self._expr(right, tolerant=tolerant, facts=facts | facts_of(left, True))
            case x.Apply(Op.OR | Op.IMPLIES, (left, right)):
                known = facts_of(left, e.op is Op.IMPLIES)
                self._expr(left, facts=facts)
                self._expr(right, tolerant=tolerant, facts=facts | known)
            case x.Cond(condition, yes, no):
                self._expr(condition, facts=facts)
                self._expr(yes, tolerant=tolerant, facts=facts | facts_of(condition, True))
                self._expr(no, tolerant=tolerant, facts=facts | facts_of(condition, False))
            case x.Let(_, value, body):
                self._expr(value, facts=facts)
                self._expr(body, tolerant=tolerant, facts=facts)
            case x.Make(t.Map(key), args) if len(set(args)) > 1:
                self._blame(names_in(key), "a map gives each of its values its own", e.span)
                self._children(e, facts)
            case x.Fold():
                self._fold(e, tolerant, facts)
            case x.Call(function):
                self._children(e, facts)
                self._call(function, tolerant)
            case x.Observe(_, _, args):
                told = [of for arg in args for of in names_in(arg.type)]
                self._blame(told, "a history tells its values apart", e.span)
                self._children(e, facts)
            case _:
                self._children(e, facts)

    def _children(self, e: x.Expr, facts: Facts) -> None:
        for child in x.children(e):
            self._expr(child, facts=facts)

    def _call(self, function: str, tolerant: bool) -> None:
        if (function, tolerant) not in self._called:
            self._called.add((function, tolerant))
            self._expr(self._functions[function].body, tolerant=tolerant)

    def _fold(self, e: x.Fold, tolerant: bool, facts: Facts) -> None:
        every = e.quantifier is x.Quantifier.FORALL
        inner = facts
        for binder in e.binders:
            self._expr(binder.domain, facts=inner)
            self._expr(binder.where, facts=inner)
            inner |= facts_of(binder.where, True)
        self._expr(e.body, tolerant=tolerant and every, facts=inner)
        names = frozenset[Named]().union(*(_unordered(b.domain) for b in e.binders))
        text = self._order_matters(e, tolerant, facts) if names & self.candidates else ""
        if text:
            self._blame(names, text, e.span)

    def _order_matters(self, e: x.Fold, tolerant: bool, facts: Facts) -> str:
        """How the order in which names come shows; empty if it does not."""
        match e.quantifier:
            case x.Quantifier.CHOOSE | x.Quantifier.SEQ:
                return f"`{e.quantifier.value}` takes its values in order"
            case x.Quantifier.MAP if not _whole(e.binders[0]):
                return "a map is made in the order of its values"
            case x.Quantifier.FORALL if tolerant:
                return ""
            case x.Quantifier.FORALL | x.Quantifier.EXISTS if not self._always_ends(e, facts):
                return f"`{e.quantifier.value}` ends early, perhaps before what has no value"
            case _:
                return ""

    def _always_ends(self, e: x.Fold, facts: Facts) -> bool:
        """Has the body a value for all elements, so that none but the first domain can fail?"""
        first, *others = e.binders
        rest = e if not others else x.Fold(e.quantifier, tuple(others), e.body, e.type)
        inner = rest if others else e.body
        known = facts | facts_of(first.where, True)
        where = total(first.where, self._functions, facts)
        return where and total(inner, self._functions, known)


def _unordered(domain: x.Expr) -> frozenset[Named]:
    """The names whose order decides in which order the elements of a domain come."""
    match domain.type:
        case t.Set(of) | t.Bag(of):
            return names_in(of)
        case _:
            return frozenset()


def _whole(binder: x.Binder) -> bool:
    """Does the binder go through all values of its type?"""
    everything = binder.domain == x.whole(binder.type) or (
        isinstance(binder.domain, x.Lit) and binder.domain.value == frozenset(t.values(binder.type))
    )
    return everything and binder.where == x.TRUE
