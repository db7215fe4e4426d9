"""Where a run that goes on for ever breaks a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from dsmc.ir import temporal as f
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.expr import Expr, Let, Lit, Local, substitute, walk
from dsmc.ir.ops import RangeError
from dsmc.ir.show import show
from dsmc.ir.system import System
from dsmc.ir.temporal import Formula
from dsmc.ir.types import Value
from dsmc.traces.why import Why, plain, said

States = Sequence[dict[str, Value]]


def broken_by(system: System, formula: Formula, states: States, start: int) -> list[str]:
    """Why the formula is false of the run whose last state is that after `start` steps again."""
    return list(_Broken(system, states, start).why(formula, 0))


def is_broken(system: System, formula: Formula, states: States, start: int) -> bool:
    """Is the formula false of that run?"""
    return not _Broken(system, states, start).holds(formula)


class _Broken:
    """Looks at formulas at the places of a run."""

    def __init__(self, system: System, states: States, start: int) -> None:
        self._functions = {function.name: function for function in system.functions}
        self._start = start
        #: A run that goes round comes back to a state that is there already.
        self._states = states if start == len(states) - 1 else states[:-1]
        self._after = [*range(1, len(self._states)), start]
        self._known: dict[tuple[Formula, bool], list[bool]] = {}

    def holds(self, formula: Formula) -> bool:
        """Is it true of the whole run?"""
        return self._is(formula, 0)

    # ------------------------------------------------------------ why

    def why(self, formula: Formula, place: int) -> Iterator[str]:
        """Sentences that say why it is false at a place."""
        match formula:
            case f.Now():
                yield f"{_text(formula)} is false {_at(place)}"
                yield from self._reasons(formula, place)
            case f.Both(left, right):
                yield from self.why(left if not self._is(left, place) else right, place)
            case f.Either(f.Not() as given, then):
                yield from (*self.why(given, place), *self.why(then, place))
            case f.Either(left, right):
                yield from (*self.why(left, place), *self.why(right, place))
            case f.Always(of):
                yield from self.why(of, self._first(of, place, wanted=False))
            case f.Eventually(of):
                yield from self._never(of, place)
            case f.Next(of):
                yield from self.why(of, self._after[place])
            case f.Until(left, right):
                yield from self._not_until(left, right, place)
            case f.Not(f.Not(of)):
                yield from self.why(of, place)
            case f.Not(f.Eventually(f.Now() as now)):
                yield self._not_false(now, self._first(now, place, wanted=True, undefined=True))
            case f.Not(of):
                yield self._not_false(of, place)
            case _:
                assert_never(formula)

    def _not_false(self, of: Formula, place: int) -> str:
        """Behind a `not`, what has no value is as bad as what is true."""
        return f"{_text(of)} {'is true' if self._is(of, place) else 'has no value'} {_at(place)}"

    def _never(self, of: Formula, place: int) -> Iterator[str]:
        match of:
            case f.Now():
                yield f"{_text(of)} is not true {_at(place)}, and never after"
                stays = self._start == len(self._states) - 1
                yield from self._reasons(of, self._start if stays else place)
            case f.Always(inner):
                yield from self._again_and_again(inner)
            case _:
                yield f"{_text(of)} is not true {_at(place)}, and never after"

    def _again_and_again(self, inner: Formula) -> Iterator[str]:
        place = self._first(inner, self._start, wanted=False)
        why = list(self.why(inner, place))
        round_ = len(self._states) - self._start > 1
        yield why[0] + (", and so it is again each time round" if round_ else ", for ever")
        yield from why[1:]

    def _not_until(self, left: Formula, right: Formula, place: int) -> Iterator[str]:
        if any(self._is(right, here) for here in self._onwards(place)):
            yield from self.why(left, self._first(left, place, wanted=False))  # it is true too late
        else:
            yield from self._never(right, place)

    def _first(self, of: Formula, place: int, *, wanted: bool, undefined: bool = False) -> int:
        onwards = self._onwards(place)
        return next(here for here in onwards if self._is(of, here, undefined=undefined) == wanted)

    def _onwards(self, place: int) -> list[int]:
        """The place and those that come after it, each once."""
        later = range(place, len(self._states))
        return [*later, *range(self._start, place)]

    def _reasons(self, now: f.Now, place: int) -> Iterator[str]:
        """Why it is false at a place, if there is more to say than that."""
        e = now.expr
        while isinstance(e, Let) and isinstance(e.value, Lit):
            e = substitute(e.body, {e.name: e.value})
        for line in Why(World(self._functions, self._states[place])).false(e, {}):
            if line != f"`{said(now.span)}` is false":
                yield f"  {line}"

    # ------------------------------------------------------------ true where

    def _is(self, formula: Formula, place: int, *, undefined: bool = False) -> bool:
        return self._places(formula, undefined)[place]

    def _places(self, formula: Formula, undefined: bool) -> list[bool]:
        """Where it is true; a condition without a value is taken to be `undefined`."""
        key = (formula, undefined)
        if key not in self._known:
            self._known[key] = self._evaluated(formula, undefined)
        return self._known[key]

    def _evaluated(self, formula: Formula, undefined: bool) -> list[bool]:
        match formula:
            case f.Now(e):
                return [self._true(e, state, undefined) for state in self._states]
            case f.Not(of):
                return [not value for value in self._places(of, not undefined)]
            case f.Both(left, right) | f.Either(left, right):
                joined = all if isinstance(formula, f.Both) else any
                parts = (self._places(part, undefined) for part in (left, right))
                return [joined(pair) for pair in zip(*parts, strict=True)]
            case f.Next(of):
                inner = self._places(of, undefined)
                return [inner[after] for after in self._after]
            case f.Until(left, right):
                return self._until(*(self._places(part, undefined) for part in (left, right)))
            case f.Eventually(of):
                return self._until([True] * len(self._states), self._places(of, undefined))
            case f.Always(of):
                ends = [not value for value in self._places(of, undefined)]
                return [not value for value in self._until([True] * len(ends), ends)]
            case _:
                assert_never(formula)

    def _until(self, left: list[bool], right: list[bool]) -> list[bool]:
        found = list(right)
        for _ in found:  # each time round what is true is true one place earlier
            found = [
                now or (stays and found[after])
                for now, stays, after in zip(right, left, self._after, strict=True)
            ]
        return found

    def _true(self, e: Expr, state: dict[str, Value], undefined: bool) -> bool:
        try:
            return bool(evaluate(e, World(self._functions, state)))
        except RangeError:
            return undefined


def _text(formula: Formula) -> str:
    """The formula as it was written, with the values that it was written out for."""
    own = said(_stripped(formula.expr).span) if isinstance(formula, f.Now) else ""
    text = f"`{said(formula.span) or own or 'it'}`"
    given = list(dict.fromkeys(one for e in f.conditions(formula) for one in _given(e)))
    return f"{text} with {', '.join(given)}" if given else text


def _given(e: Expr) -> Iterator[str]:
    """The values for names that a condition speaks of."""
    while isinstance(e, Let):
        used = any(isinstance(part, Local) and part.name == e.name for part in walk(e.body))
        if used and isinstance(e.value, Lit):
            yield f"{plain(e.name)} = {show(e.value.type, e.value.value)}"
        e = e.body


def _stripped(e: Expr) -> Expr:
    return _stripped(e.body) if isinstance(e, Let) else e


def _at(place: int) -> str:
    return f"after step {place}" if place else "at the start"
