"""Why a run decides a property: the sentences of a trace that say so."""

from __future__ import annotations

from typing import Any

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir.evaluate import World, evaluate
from dsmc.ir.ops import RangeError
from dsmc.ir.system import Property, System
from dsmc.ir.types import Value
from dsmc.traces.model import Step
from dsmc.traces.waiting import stuck, waiting
from dsmc.traces.why import Why


def headline(prop: Property, steps: int) -> str:
    """What the run shows, in one line."""
    after = f"after {_steps(steps)}" if steps else "in an initial state"
    match prop:
        case y.Reachable():
            return f"{prop.name} is reached {after}"
        case y.Fires():
            return f"{prop.name}: the action is taken {after}"
        case y.Scenario():
            return f"{prop.name} is possible, in {_steps(steps)}"
        case y.Quiescent():
            return f"{prop.name} is violated {after}, when nothing is left to do"
        case y.NoDeadlock():
            return f"deadlock {after}"
        case y.Assertion():
            return f"an assertion fails in step {steps}"
        case y.NoError():
            return f"a value has no meaning in step {steps}"
        case y.Transition():
            return f"{prop.name} is violated by step {steps}"
        case _:
            return f"{prop.name} is violated {after}"


def _steps(count: int) -> str:
    return f"{count} step{'s' * (count != 1)}"


def reasons(
    system: System, prop: Property, states: list[dict[str, Value]], steps: list[Step]
) -> list[str]:
    """Why, one sentence each."""
    functions = {f.name: f for f in system.functions}
    world = World(functions, *(reversed(states[-2:]) if len(states) > 1 else states))
    match prop:
        case y.NoError():
            return [f"step {len(steps) - 1}: {steps[-1].error}"] if steps[-1].error else []
        case _ if not states:
            return []
        case y.Quiescent():
            return [*Why(world).false(_words(prop), {}), *waiting(system, world)]
        case y.Invariant() | y.Transition():
            return Why(world).false(_words(prop), {})
        case y.Reachable():
            return Why(world).true(_words(prop), {})
        case y.NoDeadlock():
            return stuck(system, world)
        case y.Assertion():
            return failed(system, prop, world)
        case _:
            return []


def failed(system: System, prop: y.Assertion, world: World) -> list[str]:
    """Why an assertion is false; nothing if it is not, any more, in the state that the step ends in."""
    blocks = (system.init, *(action.body for action in system.actions))
    for statement in (st for block in blocks for st in s.walk(block)):
        if isinstance(statement, s.Assert) and statement.number == prop.number:
            if any(isinstance(e, x.Local) for e in x.walk(statement.condition)):
                return []  # what local names stood for is not known any more
            return Why(world).false(statement.condition, {}) if _is_false(statement, world) else []
    return []


def _is_false(statement: s.Assert, world: World) -> bool:
    try:
        return evaluate(statement.condition, world) is False
    except RangeError:
        return False


def _words(prop: Any) -> Any:
    """What a property says, as near as possible to how it was written."""
    return prop.shown if prop.shown is not None else prop.expr
