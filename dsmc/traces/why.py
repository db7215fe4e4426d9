"""Why an expression is true or false in a state: in the words of the spec, with values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsmc.ir import expr as x
from dsmc.ir.evaluate import World, evaluate, members
from dsmc.ir.names import written
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.show import show
from dsmc.ir.types import Value
from dsmc.source import Span

Names = dict[str, Value]
#: Into how many functions an explanation goes.
_DEPTH = 2
#: Of so many values of what an `exists` goes through it is said why not.
_MOST = 3


def said(span: Span) -> str:
    """What was written there, on one line."""
    return " ".join(span.text.split())


class Why:
    """Explains the value of expressions in one state."""

    def __init__(self, world: World, depth: int = 0) -> None:
        self._world = world
        self._depth = depth

    def false(self, e: x.Expr, names: Names) -> list[str]:
        """Why is it false?"""
        return self._why(e, names, wanted=False)

    def true(self, e: x.Expr, names: Names) -> list[str]:
        """Why is it true?"""
        return self._why(e, names, wanted=True)

    def _why(self, e: x.Expr, names: Names, *, wanted: bool) -> list[str]:
        match e:
            case x.Apply(Op.AND | Op.OR | Op.IMPLIES, args) if not _is_one_thing(e, args):
                return self._connective(e, names, wanted)
            case x.Apply(Op.IFF, args) if not _is_one_thing(e, args):
                sides = (reason for side in args for reason in self._as_it_is(side, names))
                return [*self._leaf(e, names), *_indented(list(sides))]
            case x.Apply(Op.NOT, (inner,)) if inner.span != e.span:
                return self._why(inner, names, wanted=not wanted)
            case x.Fold(x.Quantifier.FORALL) if not wanted:
                return self._witness(e, names, wanted=False)
            case x.Fold(x.Quantifier.EXISTS) if wanted:
                return self._witness(e, names, wanted=True)
            case x.Fold(x.Quantifier.EXISTS):
                return [*self._leaf(e, names), *_indented(self._each(e, names))]
            case x.Let(_, value, body) if not _is_one_thing(e, (value, body)):
                return self._named(e, names, wanted)
            case x.Cond(condition, yes, no) if self._is(condition, names) is not None:
                holds = bool(self._is(condition, names))
                reason = self._why(condition, names, wanted=holds)
                return [*reason, *self._why(yes if holds else no, names, wanted=wanted)]
            case x.Call():
                return [*self._leaf(e, names), *_indented(self._inside(e, names, wanted))]
            case _:
                return self._leaf(e, names)

    # ------------------------------------------------------------ what has parts

    def _connective(self, e: x.Apply, names: Names, wanted: bool) -> list[str]:
        """All parts that make it so; where one is enough, the first such."""
        left, right = e.args
        parts = [(left, wanted if e.op is not Op.IMPLIES else not wanted), (right, wanted)]
        if (e.op is Op.AND) == wanted:
            return [
                reason for part, value in parts for reason in self._why(part, names, wanted=value)
            ]
        for part, value in parts:
            if self._is(part, names) is not (not value):
                return self._why(part, names, wanted=value)
        return self._leaf(e, names)

    def _as_it_is(self, e: x.Expr, names: Names) -> list[str]:
        """Why it is what it is, true or false."""
        holds = self._is(e, names)
        return self._leaf(e, names) if holds is None else self._why(e, names, wanted=holds)

    def _each(self, e: x.Fold, names: Names) -> list[str]:
        """Why the body is false for the first values of the binders, and for how many others it is."""
        every = list(self._values(e.binders, names))
        told = [line for found in every[:_MOST] for line in self._with(e, found, wanted=False)]
        left = len(every) - _MOST
        return [*told, f"and so it is for {left} other{'s' * (left != 1)}"] if left > 0 else told

    def _with(self, e: x.Fold, found: Names, *, wanted: bool) -> list[str]:
        bound = ", ".join(f"{_name(b)} = {show(b.type, found[b.name])}" for b in e.binders)
        return [f"with {bound}:", *_indented(self._why(e.body, found, wanted=wanted))]

    def _values(self, binders: tuple[x.Binder, ...], names: Names) -> Iterator[Names]:
        """What binders go through, as far as that has a value."""
        if not binders:
            yield names
            return
        first, rest = binders[0], binders[1:]
        try:
            domain = evaluate(first.domain, self._world, names)
        except RangeError:
            return
        for value in members(first.domain.type, domain):
            inner = {**names, first.name: value}
            if self._is(first.where, inner):
                yield from self._values(rest, inner)

    def _named(self, e: x.Let, names: Names, wanted: bool) -> list[str]:
        try:
            value = evaluate(e.value, self._world, names)
        except RangeError:
            return self._leaf(e.value, names)
        told = f"with {plain(e.name)} = {show(e.value.type, value)}:"
        return [told, *_indented(self._why(e.body, {**names, e.name: value}, wanted=wanted))]

    def _witness(self, e: x.Fold, names: Names, *, wanted: bool) -> list[str]:
        """The first values of the binders for which the body is as wanted."""
        values = self._values(e.binders, names)
        found = next((one for one in values if self._is(e.body, one) is wanted), None)
        if found is None:
            return self._leaf(e, names)
        return self._with(e, found, wanted=wanted)

    def _inside(self, e: x.Call, names: Names, wanted: bool) -> list[str]:
        """Why a function says so."""
        function = self._world.functions[e.function]
        if self._depth >= _DEPTH or self._is(e, names) is None:
            return []
        values = [evaluate(arg, self._world, names) for arg in e.args]
        inner = {name: v for (name, _), v in zip(function.parameters, values, strict=True)}
        return Why(self._world, self._depth + 1)._why(function.body, inner, wanted=wanted)

    # ------------------------------------------------------------ what has none

    def _is(self, e: x.Expr, names: Names) -> bool | None:
        try:
            return bool(evaluate(e, self._world, names))
        except RangeError:
            return None

    def _leaf(self, e: x.Expr, names: Names) -> list[str]:
        """The expression as it was written, with the values of its parts."""
        text, value = _written(e), self._is(e, names)
        if not text:
            return []
        if value is None:
            return [f"`{text}` has no value"]
        parts = list(dict.fromkeys(self._parts(e, names)))
        told = f"`{text}` is {'true' if value else 'false'}"
        return [f"{told}: {', '.join(parts)}" if parts else told]

    def _parts(self, e: x.Expr, names: Names) -> list[str]:
        """The values of what is compared, and of what functions are called with."""
        match e:
            case x.Apply(Op.AND | Op.OR, args):
                return [part for arg in args for part in self._parts(arg, names)]
            case x.Apply(Op.NOT, (inner,)):
                return self._parts(inner, names)
            case x.Apply(Op.GET | Op.IMPLIES | Op.IFF):
                return []
            case x.Apply(_, args) | x.Call(_, args):
                return [part for arg in args for part in self._part(arg, names)]
            case x.Let(_, value):
                return self._part(value, names)
            case x.IsCase(of):
                return self._part(of, names)
            case _:
                return []

    def _part(self, e: x.Expr, names: Names) -> list[str]:
        if isinstance(e, x.Convert):
            return self._part(e.of, names)
        text, value = _written(e), self._shown(e, names)
        known = isinstance(e, x.Lit) or (isinstance(e, x.Local) and self._depth == 0)
        found = [f"`{text}` is {value}"] if value and text not in ("", value) and not known else []
        return [*found, *self._parts(e, names)] if isinstance(e, x.Call) else found

    def _shown(self, e: x.Expr, names: Names) -> str:
        if isinstance(e, x.Apply) and e.op is Op.ALL:
            return ""
        try:
            return show(e.type, evaluate(e, self._world, names))
        except RangeError:
            return ""


def _indented(lines: list[str]) -> list[str]:
    """Lines that say more about the one before them."""
    return [f"  {line}" for line in lines]


def plain(name: str) -> str:
    """A local name as the user wrote it: the checker numbers those that are used again."""
    return written(name)


def _name(binder: x.Binder) -> str:
    return binder.span.text or plain(binder.name)


def _written(e: x.Expr) -> str:
    """The text of an expression; what is inside an `old( )` says so."""
    text = said(e.span)
    if text and "old" not in text and any(isinstance(g, x.Global) and g.old for g in x.walk(e)):
        return f"old({text})"
    return text


def _is_one_thing(e: x.Expr, parts: tuple[x.Expr, ...]) -> bool:
    """Is an expression of parts the tool's reading of one thing, as of `x in {a, b}`?

    Then its text holds the texts of the parts, but no word that joins them.
    """
    words = re.findall(r"\w+", e.span.text)
    joined = any(word in ("and", "or", "implies", "iff", "let") for word in words)
    return bool(words) and not joined and all(_inside(p.span, e.span) for p in parts)


def _inside(part: Span, whole: Span) -> bool:
    """Does a text stand in another? What the tool made has none, and is everywhere."""
    if not part.source.name:
        return True
    return part.source is whole.source and whole.start <= part.start and part.end <= whole.end
