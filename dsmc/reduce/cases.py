"""Actions that may do one of two things, as two actions: a message that comes too late is another step
than one that comes in time.

The two have a guard each, and one of the guards is true where the one before was. So the states, and the
steps from each, are the same; but more can be said of each of the two.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir.simplify import certain, simplify
from dsmc.reduce.mentions import variables_in


def told_apart(system: y.System) -> y.System:
    """The system with two actions for each that changes less in one of two cases."""
    named = {name for p in system.properties if isinstance(p, y.Fires) for name in p.actions}
    found: list[y.Action] = []
    for action in system.actions:
        case = _case(action) if action.name not in named else None
        found += [action] if case is None else _both(action, case)
    return replace(system, actions=tuple(found))


def _both(action: y.Action, case: x.Expr) -> list[y.Action]:
    cases = ((f"{action.name}, done", case), (f"{action.name}, left", x.negation(case)))
    return [
        replace(action, name=name, guard=simplify(x.conjunction([action.guard, e])))
        for name, e in cases
    ]


def _case(action: y.Action) -> x.Expr | None:
    """What the first `if` asks of the state before the step, if one branch of it assigns nothing."""
    values: dict[str, x.Expr] = {}
    assigned: set[str] = set()
    for st in action.body:
        match st:
            case s.Let(name, value):
                values[name] = x.substitute(value, values)
            case s.Assign(place, _):
                assigned.add(place.base.name)
            case s.If(condition, then, orelse):
                case = x.substitute(condition, values)
                less = not (_assigns(then) and _assigns(orelse))
                return case if less and _is_before(case, action, assigned) else None
            case _:
                continue
    return None


def _is_before(e: x.Expr, action: y.Action, assigned: set[str]) -> bool:
    """Does it have a value, and the same one, before the step?"""
    names = {p.name for p in action.params} | {name for name, _ in action.names}
    known = x.free_names(e) <= names and assigned.isdisjoint(variables_in([e]))
    return known and certain(e)


def _assigns(block: s.Block) -> bool:
    return any(isinstance(st, s.Assign) for st in s.walk(block))
