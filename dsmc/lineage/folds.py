"""Why what a quantifier or a sum gives passes a test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import members
from dsmc.ir.expr import Expr, Quantifier
from dsmc.ir.types import Value
from dsmc.lineage.facts import Has, Least, Most, NoneOf, OneOf, Only, Test
from dsmc.lineage.things import Known, Scope
from dsmc.smt.monotone import Id

if TYPE_CHECKING:
    from dsmc.lineage.reasons import Reasons


class Folds:
    """Reasons of folds, from those of what they go through."""

    def __init__(self, reasons: Reasons) -> None:
        self._of = reasons

    def why(self, e: x.Fold, scope: Scope, test: Test) -> Id:
        """The reasons for what a fold gives passing a test."""
        wheres = [part for binder in e.binders for part in (binder.where, binder.domain)]
        simple = len(e.binders) == 1 and isinstance(e.binders[0].domain.type, t.Set)
        if not all(map(self._of.total, (*wheres, e.body))):
            return self._every(e, scope)
        match e.quantifier:
            case Quantifier.EXISTS | Quantifier.FORALL:
                witness = e.quantifier is Quantifier.EXISTS
                if bool(self._of.value(e, scope)) is witness:
                    return self._some(e.binders, e.body, scope, wanted=witness)
                return self._none(e.binders, e.body, scope, unwanted=witness)
            case Quantifier.SUM if simple and e.body == x.Lit(1, e.body.type):
                return self._number(e, scope, test)
            case Quantifier.SET if simple and not isinstance(test, OneOf | NoneOf):
                return self._collected(e, scope, test)
            case _:
                return self._every(e, scope)

    def _each(self, binder: x.Binder, scope: Scope) -> Iterator[tuple[Value, Scope, bool]]:
        """The members of a domain, each with its scope, and whether it is looked at."""
        domain = self._of.value(binder.domain, scope)
        for value in dict.fromkeys(members(binder.domain.type, domain)):
            inner = scope.named(binder.name, Known(value))
            yield value, inner, bool(self._of.value(binder.where, inner))

    def _some(self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, *, wanted: bool) -> Id:
        """Why the body is as wanted for some values."""
        if not binders:
            return self._of.truth(body, scope, wanted=wanted)
        first, rest = binders[0], binders[1:]
        return self._of.any([
            self._of.all([
                self._of.why(first.domain, scope, Has(value)),
                self._of.truth(first.where, inner, wanted=True),
                self._some(rest, body, inner, wanted=wanted),
            ])
            for value, inner, looked_at in self._each(first, scope)
            if looked_at and self._is_some_value(rest, body, inner, wanted=wanted)
        ])  # fmt: skip

    def _is_some_value(
        self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, *, wanted: bool
    ) -> bool:
        if not binders:
            return bool(self._of.value(body, scope)) is wanted
        first, rest = binders[0], binders[1:]
        return any(
            looked_at and self._is_some_value(rest, body, inner, wanted=wanted)
            for _, inner, looked_at in self._each(first, scope)
        )

    def _none(
        self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, *, unwanted: bool
    ) -> Id:
        """Why the body is as unwanted for no values."""
        if not binders:
            return self._of.truth(body, scope, wanted=not unwanted)
        first, rest = binders[0], binders[1:]
        whole = self._of.value(first.domain, scope)
        parts = [self._of.why(first.domain, scope, Only(frozenset(whole)))]
        for _, inner, looked_at in self._each(first, scope):
            if looked_at:
                parts.append(self._none(rest, body, inner, unwanted=unwanted))
            else:
                parts.append(self._of.truth(first.where, inner, wanted=False))
        return self._of.all(parts)

    def _every(self, e: x.Fold, scope: Scope) -> Id:
        """All that is looked at is what it is."""
        ends = {Quantifier.EXISTS: True, Quantifier.FORALL: False}.get(e.quantifier)
        return self._of.all(self._seen(e.binders, e.body, scope, ends))

    def _seen(
        self, binders: tuple[x.Binder, ...], body: Expr, scope: Scope, ends: bool | None
    ) -> list[Id]:
        """Why each part is what it is, up to the first body that `ends` it: that comes as the last."""
        if not binders:
            return [self._of.exact(body, scope)]
        first, rest = binders[0], binders[1:]
        parts = [self._of.exact(first.domain, scope)]
        for _, inner, looked_at in self._each(first, scope):
            parts.append(self._of.truth(first.where, inner, wanted=looked_at))
            if looked_at:
                parts += self._seen(rest, body, inner, ends)
                if ends is not None and self._is_some_value(rest, body, inner, wanted=ends):
                    break
        return parts

    def _number(self, e: x.Fold, scope: Scope, test: Test) -> Id:
        """How many members of a set there are that are looked at."""
        binder = e.binders[0]
        seen = list(self._each(binder, scope))
        there = [
            self._of.all([
                self._of.why(binder.domain, scope, Has(value)),
                self._of.truth(binder.where, inner, wanted=True),
            ])
            for value, inner, looked_at in seen if looked_at
        ]  # fmt: skip
        away = [
            self._of.truth(binder.where, inner, wanted=False) for _, inner, looked_at in seen
            if not looked_at
        ]  # fmt: skip
        only = self._of.why(binder.domain, scope, Only(frozenset(value for value, _, _ in seen)))
        match test:
            case Least(number):
                return self._of.at_least(number, there)
            case Most(number):
                return self._of.all([only, self._of.at_least(len(seen) - number, away)])
            case _:
                return self._of.all([only, *there, *away])

    def _collected(self, e: x.Fold, scope: Scope, test: Test) -> Id:
        """A set of the values of the body."""
        binder = e.binders[0]
        seen = list(self._each(binder, scope))
        if isinstance(test, Has):
            return self._of.any([
                self._of.all([
                    self._of.why(binder.domain, scope, Has(value)),
                    self._of.truth(binder.where, inner, wanted=True),
                    self._of.exact(e.body, inner),
                ])
                for value, inner, looked_at in seen
                if looked_at and self._of.value(e.body, inner) == test.element
            ])  # fmt: skip
        one = OneOf(test.elements) if isinstance(test, Only) else NoneOf(frozenset({test.element}))  # type: ignore[union-attr]
        parts = [self._of.why(binder.domain, scope, Only(frozenset(value for value, _, _ in seen)))]
        for _, inner, looked_at in seen:
            if looked_at:
                parts.append(self._of.why(e.body, inner, one))
            else:
                parts.append(self._of.truth(binder.where, inner, wanted=False))
        return self._of.all(parts)
