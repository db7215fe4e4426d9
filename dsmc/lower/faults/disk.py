"""Buffered variables: what of them is on the disk, and what a crash leaves of them."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.names import SELF, own
from dsmc.ir.ops import Op
from dsmc.ir.system import Start, Storage, Variable
from dsmc.lower.build import apply, assign, conj, read
from dsmc.lower.fresh import Fresh


class Disk:
    """The buffered variables of a role, and for each what would be left of it: `x.synced`."""

    def __init__(self, role: t.Role, variables: Sequence[Variable], fresh: Fresh) -> None:
        self._role = role
        self._fresh = fresh
        mine = [v for v in variables if v.owner == role and v.storage is Storage.BUFFERED]
        self._buffered = {v.name: (v, _synced(v)) for v in mine}

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What is on the disk."""
        return tuple(synced for _, synced in self._buffered.values())

    def back(self, node: x.Expr) -> s.Block:
        """A crash of a node."""
        return tuple(
            st for v, synced in self._buffered.values() for st in self._cut_back(v, synced, node)
        )

    def _cut_back(self, variable: Variable, synced: Variable, node: x.Expr) -> s.Block:
        """A buffered variable keeps what was synced; a sequence perhaps some of what was appended."""
        now, kept = read(variable, node), read(synced, node)
        if not isinstance(now.type, t.Seq):
            return (assign(variable, kept, node),)
        until = x.Local(f"until{self._fresh.suffix()}", t.Int(0, _longest(now.type)))
        length, least = (x.Apply(Op.LEN, (e,), until.type) for e in (now, kept))
        choice = s.Pick(
            until.name, until.type, x.Apply(Op.RANGE, (least, length), t.Set(until.type))
        )
        cut = _prefix(now, until)
        extended = conj(apply(Op.LE, least, length), x.equal(_prefix(now, least), kept))
        keep = (choice, assign(variable, cut, node), assign(synced, cut, node))
        return (s.If(extended, keep, (assign(variable, kept, node),)),)

    def syncing(self, block: s.Block) -> s.Block:
        """The block with `Sync` of this role's variables carried out."""
        found: list[s.Statement] = []
        for statement in block:
            if isinstance(statement, s.Sync) and statement.node.type == self._role:
                for name in statement.variables:
                    variable, synced = self._buffered[name]
                    now = read(variable, statement.node)
                    found.append(assign(synced, now, statement.node))
            else:
                found.append(s.map_parts(statement, lambda e: e, self.syncing))
        return tuple(found)


def _synced(variable: Variable) -> Variable:
    """What would be left of a buffered variable: at first its first value, the same one if there are many."""
    start = variable.start
    if start.domain is not None:
        node = start.node or SELF
        assert variable.owner is not None
        start = Start(read(variable, x.Local(node, variable.owner)), None, node)
    name = f"{variable.name}.{own('synced')}"
    return replace(variable, name=name, storage=Storage.INTERNAL, start=start)


def _longest(of: t.Seq) -> int:
    return (1 << 31) - 1 if of.bound is None else of.bound


def _prefix(sequence: x.Expr, length: x.Expr) -> x.Expr:
    last = x.Apply(Op.SUB, (length, x.number(1)), t.Int(-1, (1 << 31) - 1))
    return x.Apply(Op.SLICE, (sequence, x.number(0), last), sequence.type)
