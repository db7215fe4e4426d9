"""Declared objects as sequential specifications: their rules are evaluated as they are written."""

from __future__ import annotations

import functools
from typing import Any, NoReturn, Self

from dsmc.histories.model import Name, Value
from dsmc.histories.objects import ILLEGAL, Choice, Function, Specification
from dsmc.ir import expr as x
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.history import Definition, History, Method, Rule
from dsmc.ir.ops import RangeError
from dsmc.ir.show import show
from dsmc.ir.types import Type


class Typed(Name):
    """A value as the language writes it, and as it is."""

    __slots__ = ("plain",)
    plain: t.Value

    def __new__(cls, type: Type, value: t.Value) -> Self:
        """The value of a type."""
        made = super().__new__(cls, show(type, value))
        made.plain = value
        return made


def declared(history: History, definition: Definition) -> Specification:
    """The object of a history, with what it holds first."""
    assert history.type is not None
    rules = zip(history.methods, definition.rules, strict=True)
    functions = {
        method.name: _function(_Rule(history, definition, method, rule)) for method, rule in rules
    }
    initial = Typed(history.type, history.start)
    return Specification(history.object, initial, functions, f"`{definition.state}` is")


def _function(rule: _Rule) -> Function:
    """What it does is kept, by what it is asked in which state."""
    observes = rule.observes
    if rule.is_function:
        return Function(functools.cache(rule.apply), observes)
    return Function(_never, observes, choice=Choice(rule.answers, functools.cache(rule.after)))


def _never(state: Any, arg: Any) -> NoReturn:
    raise AssertionError("what can be answered in several ways is no function")


class _Rule:
    """A rule with the types that it is about."""

    def __init__(
        self, history: History, definition: Definition, method: Method, rule: Rule
    ) -> None:
        assert history.type is not None
        self._holds: Type = history.type
        self._of = method.answers
        self._state, self._rule = definition.state, rule
        self._world = World({function.name: function for function in definition.functions})
        self._what = f"`{method.name}` of a `{history.object}`"

    @property
    def is_function(self) -> bool:
        """Does the state say what is answered?"""
        return self._of is None or self._rule.answered is not None

    @property
    def answers(self) -> tuple[Typed, ...]:
        """Everything that can be answered."""
        assert self._of is not None
        return tuple(Typed(self._of, value) for value in t.values(self._of))

    def observes(self, arg: Any, result: Any) -> bool:
        """Does it leave what it found?"""
        return self._rule.after == x.Local(self._state, self._holds)

    def apply(self, state: Typed, arg: Any) -> tuple[Value, Value]:
        """The state afterwards, and the answer. Raises `RangeError`."""
        names = self._names(state, arg)
        if not self._value(self._rule.possible, names):
            return state, ILLEGAL
        if self._of is None or self._rule.answered is None:
            return self._left(names), None
        answer = Typed(self._of, self._value(self._rule.answered, names))
        after = self.after(state, arg, answer)
        return (state, ILLEGAL) if after is ILLEGAL else (after, answer)

    def after(self, state: Typed, arg: Any, answer: Typed) -> Value:
        """The state afterwards if it is answered so, or `ILLEGAL`. Raises `RangeError`."""
        names = {**self._names(state, arg), self._rule.answer: answer.plain}
        return self._left(names) if self._value(self._rule.legal, names) else ILLEGAL

    def _left(self, names: dict[str, t.Value]) -> Typed:
        return Typed(self._holds, self._value(self._rule.after, names))

    def _names(self, state: Typed, arg: Any) -> dict[str, t.Value]:
        several = len(self._rule.parameters) > 1
        given = arg if several else (arg,) if self._rule.parameters else ()
        named = zip(self._rule.parameters, given, strict=True)
        return {self._state: state.plain, **{name: value.plain for name, value in named}}

    def _value(self, e: x.Expr, names: dict[str, t.Value]) -> t.Value:
        try:
            return evaluate(e, self._world, names)
        except RangeError as error:
            here = Typed(self._holds, names[self._state])
            what = f"{self._what} has no value where `{self._state}` is {here}"
            raise RangeError(f"{what}: {error.reason}") from None
