"""Small pieces that the passes put together."""

from __future__ import annotations

from collections.abc import Iterable

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import BUDGET, FROM, SELF, TO, UP, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Program, Step
from dsmc.ir.system import Action, Param, Start, Storage, Variable
from dsmc.ir.types import Type


def apply(op: Op, *args: x.Expr, type: Type = t.BOOL) -> x.Expr:
    """An operator applied."""
    return x.Apply(op, args, type)


def conj(*parts: x.Expr) -> x.Expr:
    """All of the conditions."""
    return x.conjunction([c for part in parts for c in x.conjuncts(part)])


def lit(value: object, type: Type) -> x.Lit:
    """A constant."""
    return x.Lit(value, type)


def me(role: t.Role) -> x.Local:
    """The node that acts."""
    return x.Local(SELF, role)


def all_nodes(role: t.Role, name: str = SELF) -> Param:
    """The acting node as a parameter."""
    return Param(name, role, x.whole(role))


def read(variable: Variable, *keys: x.Expr) -> x.Expr:
    """What a variable holds (at keys)."""
    e: x.Expr = x.Global(variable.name, variable.type)
    for key in keys:
        assert isinstance(e.type, t.Map)
        e = x.Apply(Op.GET, (e, key), e.type.value)
    return e


def assign(variable: Variable, value: x.Expr, *keys: x.Expr) -> s.Statement:
    """`variable[key]… := value`"""
    base = x.Global(variable.name, variable.type)
    return s.Assign(s.Place(base, tuple(map(s.Key, keys))), value)


def internal(name: str, type: Type, start: x.Expr | None = None) -> Variable:
    """A variable of the tool's own."""
    return Variable(name, type, Storage.INTERNAL, Start(start))


def of_role(
    name: str, role: t.Role, type: Type, storage: Storage, start: x.Expr | None = None
) -> Variable:
    """A variable that each node of a role has."""
    return Variable(name, t.Map(role, type), storage, Start(start, None, SELF), owner=role)


def up_of(role: t.Role) -> Variable:
    """`R.up`: which nodes are running?"""
    return of_role(f"{role.name}.{UP}", role, t.BOOL, Storage.INTERNAL, x.TRUE)


class Budget:
    """How often the fault of one line may still happen; without a limit there is nothing to count.

    Its name is one of the `taken` from then on.
    """

    def __init__(self, fault: str, limit: int | None, taken: set[str]) -> None:
        self.variables: tuple[Variable, ...] = ()
        if limit is not None:
            of = t.Int(0, limit)
            self.variables = (internal(unique(f"{BUDGET}{fault}", taken), of, lit(limit, of)),)

    @property
    def left(self) -> x.Expr:
        """May it happen once more?"""
        parts = [apply(Op.GT, read(v), x.number(0)) for v in self.variables]
        return x.conjunction(parts)

    @property
    def spend(self) -> s.Block:
        """It happens."""
        return tuple(
            assign(v, x.Apply(Op.SUB, (read(v), x.number(1)), v.type)) for v in self.variables
        )


def node_type(program: Program) -> t.NodeId:
    """`Node`"""
    return t.NodeId(program.roles)


def as_node(program: Program, node: x.Expr) -> x.Expr:
    """A node as a value of `Node`."""
    of = node_type(program)
    return node if node.type == of else x.Convert(node, of)


def between(condition: x.Expr, program: Program, sender: x.Expr, to: x.Expr) -> x.Expr:
    """A condition on the ends of a message, for these ends."""
    return x.substitute(condition, {FROM: as_node(program, sender), TO: as_node(program, to)})


def names_of(named: Iterable[Variable | Action | Step]) -> set[str]:
    """The names that some of a program's parts have."""
    return {one.name for one in named}


def unique(name: str, taken: set[str]) -> str:
    """The name, or the name with a number, if it is taken. Takes it."""
    result, n = name, 2
    while result in taken:
        result, n = f"{own(name)}_{n}", n + 1
    taken.add(result)
    return result


def default(type: Type) -> x.Lit:
    """The value that a variable of the type has if it was given no other."""
    return x.Lit(t.default(type), type)
