"""Why a step that may begin cannot be taken to its end: which of the conditions in its code is false."""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.ir import stmt as s
from dsmc.ir.evaluate import World, evaluate, members
from dsmc.ir.ops import RangeError
from dsmc.ir.system import Action
from dsmc.ir.types import Value
from dsmc.traces.why import Why, said

Names = dict[str, Value]


def impossible(world: World, action: Action, names: Names) -> list[str]:
    """What the code waits for; that it would change nothing, if it waits for nothing."""
    waits = [st for st in s.walk(action.body) if isinstance(st, s.Require | s.Pick)]
    if not waits:
        return [f"`{action.origin.title}` would change nothing"]
    try:
        found = _first(world, action.body, dict(names))
    except (RangeError, KeyError):
        found = []
    return found or [_somewhere(waits)]


def _first(world: World, block: s.Block, names: Names) -> list[str]:
    """What is false before the code has changed anything; nothing if that is not known."""
    for statement in block:
        found: list[str] = []
        match statement:
            case s.Mark():
                continue
            case s.Let(name, value):
                names[name] = evaluate(value, world, names)
                continue
            case s.Require(condition) if not evaluate(condition, world, names):
                found = Why(world).false(condition, names)
            case s.Require():
                continue
            case s.Pick() if not any(_picked(world, statement, names)):
                found = [f"`{said(statement.span)}` finds nothing"] if said(statement.span) else []
            case s.Choose(branches):
                each = [_first(world, branch, dict(names)) for branch in branches]
                found = [reason for one in each for reason in one] if all(each) else []
            case s.Scoped(_, body):
                found = _first(world, body, names)
        return list(dict.fromkeys(line.strip() for line in found))
    return []


def _picked(world: World, pick: s.Pick, names: Names) -> Iterator[bool]:
    domain = evaluate(pick.domain, world, names)
    for value in members(pick.domain.type, domain):
        yield bool(evaluate(pick.where, world, {**names, pick.name: value}))


def _somewhere(waits: list[s.Require | s.Pick]) -> str:
    """What may be false further on, when the code has changed something."""
    spans = (st.condition.span if isinstance(st, s.Require) else st.span for st in waits)
    texts = list(dict.fromkeys(f"`{said(span)}`" for span in spans if said(span)))
    if not texts:
        return "it cannot be carried out"
    return f"{'one of ' * (len(texts) > 1)}{', '.join(texts)} does not come true in it"
