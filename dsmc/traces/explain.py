"""Why a run decides a property: in words, with the values that make it so."""

from __future__ import annotations

from typing import Any

from dsmc.ir import expr as x
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.evaluate import World, evaluate, members
from dsmc.ir.ops import Op, RangeError
from dsmc.ir.show import show
from dsmc.ir.system import Property, System
from dsmc.ir.types import Value
from dsmc.traces.model import Step

Names = dict[str, Value]


def headline(prop: Property, steps: int) -> str:
    """What the run shows, in one line."""
    when = after(steps)
    match prop:
        case y.Reachable():
            return f"{prop.name} is reached {when}"
        case y.Fires():
            return f"{prop.name}: the action is taken {when}"
        case y.Scenario():
            return f"{prop.name} is possible: it is over {when}"
        case y.Quiescent():
            return f"{prop.name} is violated {when}, when nothing is left to do"
        case y.NoDeadlock():
            return f"deadlock {when}"
        case y.Assertion():
            return f"an assertion fails in step {steps}"
        case y.NoError():
            return f"a value has no meaning in step {steps}"
        case y.Transition():
            return f"{prop.name} is violated by step {steps}"
        case _:
            return f"{prop.name} is violated {when}"


def after(steps: int) -> str:
    """When: behind so many steps."""
    return f"after {steps} step{'s' * (steps != 1)}" if steps else "in an initial state"


def reasons(
    system: System, prop: Property, states: list[dict[str, Value]], steps: list[Step]
) -> list[str]:
    """Why, one sentence each."""
    functions = {f.name: f for f in system.functions}
    match prop:
        case y.NoError():
            return [f"step {len(steps) - 1}: {steps[-1].error}"] if steps[-1].error else []
        case y.Invariant(_, expr) | y.Quiescent(_, expr) if states:
            return _Why(World(functions, states[-1])).false(expr, {})
        case y.Transition(_, expr) if len(states) > 1:
            return _Why(World(functions, states[-1], states[-2])).false(expr, {})
        case y.Reachable(_, expr) if states:
            return _Why(World(functions, states[-1])).true(expr, {})
        case _:
            return []


class _Why:
    """Explains the value of an expression in one state."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _is(self, e: x.Expr, names: Names) -> bool | None:
        try:
            return bool(evaluate(e, self._world, names))
        except RangeError:
            return None

    def false(self, e: x.Expr, names: Names) -> list[str]:
        """Why is it false?"""
        match e:
            case x.Apply(Op.AND, args):
                wrong = [a for a in args if self._is(a, names) is not True]
                return self.false(wrong[0], names) if wrong else []
            case x.Apply(Op.IMPLIES, (left, right)):
                return [*self.true(left, names), *self.false(right, names)]
            case x.Apply(Op.OR, args) if _is_written(e, "or"):
                return [reason for a in args for reason in self.false(a, names)]
            case x.Apply(Op.NOT, (inner,)):
                return self.true(inner, names)
            case x.Fold(x.Quantifier.FORALL):
                return self._witness(e, names, wanted=False)
            case x.Let(name, value, body):
                return self.false(body, self._named(names, name, value))
            case _:
                return self._said(e, names, "false")

    def true(self, e: x.Expr, names: Names) -> list[str]:
        """Why is it true?"""
        match e:
            case x.Apply(Op.AND, args):
                return [reason for a in args for reason in self.true(a, names)]
            case x.Apply(Op.OR, args) if _is_written(e, "or"):
                right = [a for a in args if self._is(a, names)]
                return self.true(right[0], names) if right else []
            case x.Apply(Op.NOT, (inner,)):
                return self.false(inner, names)
            case x.Fold(x.Quantifier.EXISTS):
                return self._witness(e, names, wanted=True)
            case x.Let(name, value, body):
                return self.true(body, self._named(names, name, value))
            case _:
                return self._said(e, names, "true")

    def _named(self, names: Names, name: str, value: x.Expr) -> Names:
        try:
            return {**names, name: evaluate(value, self._world, names)}
        except RangeError:
            return names

    def _witness(self, e: x.Fold, names: Names, *, wanted: bool) -> list[str]:
        """The first values of the binders for which the body is as wanted."""
        found = self._search(e.binders, e.body, names, wanted)
        if found is None:
            return self._said(e, names, "true" if wanted else "false")
        bound = ", ".join(f"{b.name} = {show(b.type, found[b.name])}" for b in e.binders)
        inner = self.true(e.body, found) if wanted else self.false(e.body, found)
        return [f"with {bound}", *inner]

    def _search(
        self, binders: tuple[x.Binder, ...], body: x.Expr, names: Names, wanted: bool
    ) -> Names | None:
        if not binders:
            return names if self._is(body, names) is wanted else None
        first, rest = binders[0], binders[1:]
        for value in members(first.domain.type, evaluate(first.domain, self._world, names)):
            inner = {**names, first.name: value}
            if self._is(first.where, inner):
                found = self._search(rest, body, inner, wanted)
                if found is not None:
                    return found
        return None

    def _said(self, e: x.Expr, names: Names, value: str) -> list[str]:
        """The expression as it was written, with the values of its parts."""
        text = " ".join(e.span.text.split())
        if not text:
            return []
        if self._is(e, names) is None:
            return [f"`{text}` has no value"]
        parts = self._parts(e, names)
        return [f"`{text}` is {value}" + (f": {', '.join(parts)}" if parts else "")]

    def _parts(self, e: x.Expr, names: Names) -> list[str]:
        """The values of what is compared."""
        if isinstance(e, x.Apply) and e.op is Op.OR:
            return self._parts(e.args[0], names)
        if not isinstance(e, x.Apply) or e.op in (Op.AND, Op.NOT, Op.IMPLIES, Op.IFF, Op.GET):
            return []
        found = []
        for arg in e.args:
            text = " ".join(arg.span.text.split())
            shown = self._shown(arg, names)
            known = isinstance(arg, x.Lit) or (isinstance(arg, x.Local) and arg.name in names)
            if shown and text and text != shown and not known:
                found.append(f"`{text}` is {shown}")
        return found

    def _shown(self, e: x.Expr, names: Names) -> str:
        if isinstance(e.type, t.Set) and isinstance(e, x.Apply) and e.op is Op.ALL:
            return ""
        try:
            value: Any = evaluate(e, self._world, names)
        except RangeError:
            return ""
        return show(e.type, value)


def _is_written(e: x.Expr, word: str) -> bool:
    """Is a connective the user's, and not the tool's reading of `x in {a, b}`?"""
    return word in e.span.text.split()
