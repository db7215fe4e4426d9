"""Which variables the parts of a system look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir.temporal import conditions


def variables_in(expressions: Iterable[x.Expr]) -> set[str]:
    """The variables that some expressions look at."""
    return {part.name for e in expressions for part in x.walk(e) if isinstance(part, x.Global)}


def of_property(prop: y.Property) -> Iterator[x.Expr]:
    """The expressions of a property."""
    match prop:
        case y.Invariant(_, e) | y.Transition(_, e) | y.Quiescent(_, e) | y.Reachable(_, e):
            yield e
        case y.NoDeadlock(_, final):
            yield final
        case y.Scenario(_, steps):
            yield from (step.expr for step in steps if isinstance(step, y.Expectation))
        case y.Temporal(_, _, formula):
            yield from conditions(formula)


def head_of(action: y.Action) -> Iterator[x.Expr]:
    """What an action looks at before its body: parameters, names, guard."""
    for param in action.params:
        yield from (param.domain, param.where)
    yield from (value for _, value in action.names)
    yield action.guard


def renamed(prop: y.Property, made: Mapping[str, tuple[str, ...]]) -> y.Property:
    """A property of the same steps, of which others were made."""
    if not isinstance(prop, y.Fires):
        return prop
    return replace(prop, actions=tuple(name for old in prop.actions for name in made.get(old, ())))


class Told(Frozen):
    """What an action does, told for those who ask about variables.

    Names that look at no variable are written out, so that there is one way to say which node.
    `head` is what is looked at before the `body`; `asked` must hold for the action to be possible.
    """

    head: tuple[x.Expr, ...]
    body: s.Block
    asked: tuple[x.Expr, ...]
    looks_at: frozenset[str]
    changes: frozenset[str]
    jumps: bool


def told(action: y.Action) -> Told:
    """What an action does."""
    action = _plain(action)
    conditions = (*(param.where for param in action.params), action.guard)
    return Told(
        tuple(head_of(action)),
        action.body,
        tuple(c for e in conditions for c in x.conjuncts(e)),
        frozenset(variables_in([*head_of(action), *s.all_exprs(action.body)])),
        s.assigned(action.body),
        any(isinstance(st, s.Leave) for st in s.walk(action.body)),
    )


def _plain(action: y.Action) -> y.Action:
    known: dict[str, x.Expr] = {}
    lets = [(st.name, st.value) for st in s.walk(action.body) if isinstance(st, s.Let)]
    for name, value in (*action.names, *lets):
        if not variables_in([value]):
            known[name] = x.substitute(value, known)
    guard = x.substitute(action.guard, known)
    return replace(action, guard=guard, body=s.substitute_in(action.body, known))
