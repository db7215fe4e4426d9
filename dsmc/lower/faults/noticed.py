"""What only a whole run, or a step, shows.

A crash in the middle of a step leads where a crash before the step or after it leads, but for the effects
that last. What did not last was there for a moment only if the step was whole: an invariant does not care,
as nothing is reached that was not reached anyhow; but a run in which it never was there may break a property.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir.protocol import Program, Step
from dsmc.ir.temporal import conditions, has_next


def noticed(program: Program) -> set[str]:
    """The variables whose values on the way properties of runs and of steps depend on; all, where steps are
    counted, too.
    """
    if any(isinstance(p, y.Temporal) and has_next(p.formula) for p in program.properties):
        return {variable.name for variable in program.variables}
    asked = [e for prop in program.properties for e in _asked(prop)]
    return _read([*asked, *_owed(program)], program.functions)


def _asked(prop: y.Property) -> Iterator[x.Expr]:
    """What is asked of more than single states."""
    match prop:
        case y.Transition():
            yield prop.expr
        case y.Temporal():
            yield from conditions(prop.formula)
        case y.Scenario():
            yield from (step.expr for step in prop.steps if isinstance(step, y.Expectation))
        case _:
            return


def _owed(program: Program) -> Iterator[x.Expr]:
    """When steps are possible that are owed if they are possible again and again."""
    steps: tuple[Step | y.Action, ...] = (*program.steps, *program.actions)
    for step in steps:
        if step.fairness is y.Fairness.STRONG:
            yield from (step.guard, *s.all_exprs(step.body))
            yield from (e for param in step.params for e in (param.domain, param.where))


def _read(exprs: Iterable[x.Expr], functions: Sequence[y.Function]) -> set[str]:
    """The variables that are read, in functions that are called, too."""
    bodies = {function.name: function.body for function in functions}
    found: set[str] = set()
    waiting = list(exprs)
    while waiting:
        for part in x.walk(waiting.pop()):
            if isinstance(part, x.Global):
                found.add(part.name)
            elif isinstance(part, x.Call) and part.function in bodies:
                waiting.append(bodies.pop(part.function))
    return found
