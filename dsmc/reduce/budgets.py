"""Budgets of faults: which of them are only spent, and what may stand in the place of one."""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import system as y
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.reduce.mentions import head_of, of_property, variables_in

#: Where a block ends, beside the names of the scopes that it may leave.
_THROUGH = None


def most(budget: y.Variable) -> int:
    """How many faults it is enough for."""
    assert isinstance(budget.type, t.Int)
    return budget.type.high


def at(variable: y.Variable, *keys: x.Expr) -> s.Place:
    """A place in a variable."""
    return s.Place(x.Global(variable.name, variable.type), tuple(map(s.Key, keys)))


def one_less(number: s.Place) -> s.Statement:
    """A number is counted down."""
    return s.Assign(number, x.Apply(Op.SUB, (number.value, x.number(1)), number.type))


def is_only_spent(system: y.System, budget: y.Variable) -> bool:
    """Is it whole at first, and looked at by nothing but actions that it makes possible, each of which
    spends of it once?
    """
    elsewhere = [e for prop in system.properties for e in of_property(prop)]
    elsewhere += [system.within, *(f.body for f in system.functions), *s.all_exprs(system.init)]
    first = [st for st in s.walk(system.init) if changes(st, budget.name)]
    full = s.Assign(at(budget), x.Lit(most(budget), budget.type))
    if budget.name in variables_in(elsewhere) or first != [full]:
        return False
    return all(
        not has_to_do(a, budget.name) or _spends_once(a, budget.name) for a in system.actions
    )


def changes(statement: s.Statement, variable: str) -> bool:
    """Does it assign to a variable?"""
    return isinstance(statement, s.Assign) and statement.place.base.name == variable


def has_to_do(action: y.Action, budget: str) -> bool:
    """Does an action ask for a budget, or spend of it?"""
    looked_at = variables_in([*head_of(action), *s.all_exprs(action.body)])
    return budget in looked_at or budget in s.assigned(action.body)


def instead(action: y.Action, budget: str, asked: x.Expr, spent: s.Statement) -> y.Action:
    """The action with something else in the place of the question whether there is some left, and in that
    of spending it.
    """

    def in_expr(e: x.Expr) -> x.Expr:
        return asked if _asks(e, budget) else x.map_children(in_expr, e)

    def in_block(block: s.Block) -> s.Block:
        return tuple(
            spent if _spends(st, budget) else s.map_parts(st, in_expr, in_block) for st in block
        )

    return replace(action, guard=in_expr(action.guard), body=in_block(action.body))


def _spends_once(action: y.Action, budget: str) -> bool:
    """Does it spend once, however it ends, and ask of the budget only whether there is some left?"""
    asks = any(_asks(e, budget) for e in x.conjuncts(action.guard))
    times = set[int]().union(*_spent(action.body, budget).values())
    rest = instead(action, budget, x.TRUE, s.Require(x.TRUE))
    return asks and times == {1} and not has_to_do(rest, budget)


def _asks(e: x.Expr, budget: str) -> bool:
    match e:
        case x.Apply(Op.GT, (x.Global(name), x.Lit(0))):
            return name == budget
        case _:
            return False


def _spends(statement: s.Statement, budget: str) -> bool:
    match statement:
        case s.Assign(s.Place(x.Global(name), ()), x.Apply(Op.SUB, (x.Global(of), x.Lit(1)))):
            return name == of == budget
        case _:
            return False


# ---------------------------------------------------------------- how often


def _spent(block: s.Block, budget: str) -> dict[str | None, set[int]]:
    """How often it may have been spent where a block ends, by the end."""
    found: dict[str | None, set[int]] = {_THROUGH: {0}}
    for statement in block:
        before = found.pop(_THROUGH, set())
        for end, times in _spent_by(statement, budget).items():
            found.setdefault(end, set()).update(a + b for a in before for b in times)
    return found


def _spent_by(statement: s.Statement, budget: str) -> dict[str | None, set[int]]:
    match statement:
        case s.Assign() if _spends(statement, budget):
            return {_THROUGH: {1}}
        case s.Require(x.Lit(False)):
            return {}
        case s.Leave(name):
            return {name: {0}}
        case s.Scoped(name, body):
            inside = _spent(body, budget)
            through = inside.pop(name, set()) | inside.pop(_THROUGH, set())
            return {**inside, _THROUGH: through}
        case s.For(_, _, _, body) | s.While(_, body):
            inside = _spent(body, budget)
            again = inside.get(_THROUGH, set()) <= {0}
            return {**inside, _THROUGH: {0} if again else {0, 1, 2}}  # who knows?
        case s.If(_, yes, no):
            return _either([_spent(yes, budget), _spent(no, budget)])
        case s.Choose(branches):
            return _either([_spent(branch, budget) for branch in branches])
        case _:
            return {_THROUGH: {0}}


def _either(ways: list[dict[str | None, set[int]]]) -> dict[str | None, set[int]]:
    ends = {end for way in ways for end in way}
    return {end: set().union(*(way.get(end, set()) for way in ways)) for end in ends}
