"""Parameters that a guard determines are not tried out. What a guard asks is tested as soon as the
parameters that it mentions are chosen, and the range of a parameter ends where the guard says: of
`p in 0..1000` with `p == x + 1`, one value is looked at, not each of them.

Only what surely has a value is tested earlier than it is written, and nothing is tested earlier than
something that may have none: the range errors are those of the guard as it stands.
"""

from __future__ import annotations

from dsmc.backends.ranges import Range
from dsmc.frozen import Node, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir.system import Action, System
from dsmc.reduce.total import NO_FACTS, Facts, Functions, facts_of, total


class Staged(Node):
    """What is tested before any parameter is chosen, and the action that tests the rest."""

    first: x.Expr
    action: Action


def staged(action: Action, system: System) -> Staged:
    """The action with its guard tested as early as can be, and narrow ranges of parameters and picks."""
    functions = {f.name: f for f in system.functions}
    action = replace(action, body=_picks(action.body, functions))
    if not action.params or not _is_free(action, functions):
        return Staged(x.TRUE, action)
    stages, rest = _stages(action, functions)
    params, facts = [], _facts(stages[0])
    for number, param in enumerate(action.params, start=1):
        later = tuple(p.name for p in action.params[number:])
        tests = [test for stage in stages[number:] for test in stage]
        domain = Range(tests, later, functions, facts).narrowed(param)
        where = x.conjunction([param.where, *stages[number]])
        params.append(replace(param, domain=domain, where=where))
        facts |= facts_of(where, True)
    first = x.conjunction(stages[0])
    return Staged(first, replace(action, params=tuple(params), guard=x.conjunction(rest)))


def narrow(block: s.Block, system: System) -> s.Block:
    """The block with narrow ranges of picks."""
    return _picks(block, {f.name: f for f in system.functions})


def _picks(block: s.Block, functions: Functions) -> s.Block:
    return tuple(_pick(statement, functions) for statement in block)


def _pick(statement: s.Statement, functions: Functions) -> s.Statement:
    if not isinstance(statement, s.Pick):
        return s.map_parts(statement, lambda e: e, lambda block: _picks(block, functions))
    tests = _surely(x.conjuncts(statement.where), functions)
    return replace(statement, domain=Range(tests, (), functions, NO_FACTS).narrowed(statement))


def _surely(parts: list[x.Expr], functions: Functions) -> list[x.Expr]:
    """The first parts of a condition, up to one that may have no value."""
    for done, part in enumerate(parts):
        if not total(part, functions, _facts(parts[:done])):
            return parts[:done]
    return parts


def _is_free(action: Action, functions: Functions) -> bool:
    """Does all that is evaluated before the guard surely have a value?"""
    before = [e for p in action.params for e in (p.domain, p.where)]
    before += [value for _, value in action.names]
    return all(total(e, functions) for e in before)


def _stages(action: Action, functions: Functions) -> tuple[list[list[x.Expr]], list[x.Expr]]:
    """The parts of the guard that are tested after so many parameters, and those left for the end."""
    places = {p.name: n for n, p in enumerate(action.params, start=1)}
    late = {name for name, _ in action.names}
    stages: list[list[x.Expr]] = [[] for _ in range(len(places) + 1)]
    parts = x.conjuncts(action.guard)
    for done, part in enumerate(parts):
        names = x.free_names(part)
        stage = max((places[name] for name in names if name in places), default=0)
        known = frozenset().union(*(_facts(tests) for tests in stages[: stage + 1]))
        if names & late or not total(part, functions, known):
            return stages, parts[done:]
        stages[stage].append(part)
    return stages, []


def _facts(parts: list[x.Expr]) -> Facts:
    return NO_FACTS.union(*(facts_of(part, True) for part in parts))
