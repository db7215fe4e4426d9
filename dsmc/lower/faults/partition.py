"""`partition`: while it lasts nothing passes between the groups.

Needs: steps, no network yet. Leaves: the variable `cut`, the set of ordered pairs of nodes between
which nothing passes; the steps that start, change and heal a partition; a condition on delivery.
What was in flight stays in flight.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.faults import separated
from dsmc.ir.names import CUT, FROM, TO, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Fault, Program, Step
from dsmc.ir.system import Fairness, Kind, Origin, Param, Variable
from dsmc.lower.build import (
    Budget,
    apply,
    assign,
    conj,
    internal,
    lit,
    names_of,
    node_type,
    read,
    unique,
)

_NEW, _SIDE, _A, _B = own("new"), own("side"), own("a"), own("b")


def partition(program: Program) -> Program:
    """Let the network be split."""
    faults = [f for f in program.faults if f.name == "partition"]
    if not faults:
        return program
    nodes = node_type(program)
    pair = t.Tuple((nodes, nodes))
    cut = internal(CUT, t.Set(pair))
    ends = x.Make(pair, (x.Local(FROM, nodes), x.Local(TO, nodes)))
    passes = x.negation(apply(Op.IN, ends, read(cut)))
    lasting = _Lasting(faults)
    budgets: list[Variable] = [*lasting.variables]
    taken, counted = names_of(program.steps), names_of(program.variables)
    steps = list(program.steps)
    for fault in faults:
        name = unique(own("partition"), taken)
        budget = Budget(fault.name, fault.limit, counted)
        budgets += list(budget.variables)
        steps.append(_split(name, fault, budget, cut, nodes, lasting))
    if any("heals" in f.flags for f in faults):
        steps.append(_heal(cut, lasting))
    return replace(
        program, variables=(*program.variables, cut, *budgets), steps=tuple(steps),
        delivery=conj(program.delivery, passes),
    )  # fmt: skip


class _Lasting:
    """Which partitions heal: where some do and some do not, a variable says it of the present one."""

    def __init__(self, faults: list[Fault]) -> None:
        mixed = len({"heals" in f.flags for f in faults}) > 1
        self.variables = (internal(f"{CUT}.heals", t.BOOL),) if mixed else ()

    def made_by(self, fault: Fault) -> s.Block:
        """What a fault notes of itself."""
        return tuple(assign(v, lit("heals" in fault.flags, t.BOOL)) for v in self.variables)

    @property
    def healing(self) -> x.Expr:
        """May the present one heal?"""
        return conj(*(read(v) for v in self.variables))


def _split(
    name: str, fault: Fault, budget: Budget, cut: Variable, nodes: t.NodeId, lasting: _Lasting
) -> Step:
    assert isinstance(cut.type, t.Set)
    params, new = _choice(fault, nodes, cut.type)
    differs = apply(Op.NE, new, read(cut))
    pair = x.Local(_NEW, cut.type)
    guard = conj(budget.left, x.Let(_NEW, new, differs, t.BOOL) if params else differs)
    body = (
        s.Let(_NEW, new),
        assign(cut, pair),
        *lasting.made_by(fault),
        *budget.spend,
        s.Mark("partition", (pair,)),
    )
    origin = Origin(Kind.FAULT, "partition", "", "", "partition").at(fault.span)
    return Step(name, params, None, guard, body, Fairness.NONE, origin).at(fault.span)


def _choice(fault: Fault, nodes: t.NodeId, of: t.Set) -> tuple[tuple[Param, ...], x.Expr]:
    """What can be chosen of a partition, and the pairs of nodes that it separates."""
    if fault.groups:
        return (), lit(separated(fault.groups, one_way="asymmetric" in fault.flags), of)
    everyone = t.Set(nodes)
    side = x.Local(_SIDE, everyone)
    a, b = x.Local(_A, nodes), x.Local(_B, nodes)
    in_a, in_b = apply(Op.IN, a, side), apply(Op.IN, b, side)
    empty = apply(Op.NE, side, lit(frozenset(), everyone))
    if "asymmetric" in fault.flags:
        where = conj(empty, apply(Op.NE, side, x.whole(nodes)))
        apart = conj(in_a, x.negation(in_b))
    else:  # the side without the first node: each split once
        where = conj(empty, x.negation(apply(Op.IN, lit(0, nodes), side)))
        apart = apply(Op.NE, in_a, in_b)
    binders = (
        x.Binder(_A, nodes, x.whole(nodes), x.TRUE), x.Binder(_B, nodes, x.whole(nodes), apart)
    )  # fmt: skip
    pairs = x.Fold(x.Quantifier.SET, binders, x.Make(of.of, (a, b)), of)
    subsets = x.Apply(Op.SUBSETS, (x.whole(nodes),), t.Set(everyone))
    return (Param(_SIDE, everyone, subsets, where),), pairs


def _heal(cut: Variable, lasting: _Lasting) -> Step:
    empty = lit(frozenset(), cut.type)
    origin = Origin(Kind.RECOVERY, "heal", "", "")
    body = (assign(cut, empty), s.Mark("heal", ()))
    guard = conj(apply(Op.NE, read(cut), empty), lasting.healing)
    return Step(own("heal"), (), None, guard, body, Fairness.WEAK, origin)
