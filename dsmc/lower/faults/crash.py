"""Nodes that stop: `crash` (for ever), `restart` (they come back), `outage` (all at once).

Needs: steps, `Sync` and `Broadcast` statements, no network yet. Leaves: the variables `R.up` (and
`R.gone` where some come back and some do not), a guard on every step of such a role, the steps of
the faults and of recovery, and for each step that a crash may cut a second one in which it does.

A cut step (see `cuts.py`) did everything before some effect, or sent a broadcast to some of its
receivers, and then the node stopped.
"""

from __future__ import annotations

import functools

from dsmc.frozen import Frozen, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.faults import STOPPING
from dsmc.ir.names import SELF, TO, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Fault, Hook, Program, RoleCode, Step
from dsmc.ir.system import Fairness, Kind, Origin, Storage, Variable
from dsmc.lower.build import (
    Budget,
    all_nodes,
    apply,
    as_node,
    assign,
    conj,
    lit,
    me,
    names_of,
    node_type,
    of_role,
    read,
    unique,
    up_of,
)
from dsmc.lower.faults.cuts import Cutter, stops_in
from dsmc.lower.faults.disk import Disk
from dsmc.lower.faults.noticed import noticed
from dsmc.lower.faults.tried import Tried, refused_later, stopped, without_asserts
from dsmc.lower.fresh import Fresh, code_of
from dsmc.lower.roles import set_first

LOST = (Storage.VOLATILE, Storage.LOCAL, Storage.CONTROL)
#: Each node that an outage stops.
_NODE = own("node")
_LASTING = (Storage.STABLE, Storage.BUFFERED, Storage.SHARED, Storage.GHOST)


def crash(program: Program) -> Program:
    """Let nodes stop, and come back."""
    for code in program.codes:
        faults = [f for f in program.faults if f.role == code.role and f.name in STOPPING]
        if faults:
            program = _Crashing(program, code, faults).lowered()
        program = _without_sync(program, code.role)
    codes = tuple(replace(code, on_crash=(), on_restart=()) for code in program.codes)
    return replace(program, codes=codes)


def _without_sync(program: Program, role: t.Role) -> Program:
    """Where nothing is lost, nothing needs to be made lasting."""

    def rewrite(block: s.Block) -> s.Block:
        kept = tuple(st for st in block if not (isinstance(st, s.Sync) and st.node.type == role))
        return tuple(s.map_parts(st, lambda e: e, rewrite) for st in kept)

    steps = tuple(replace(step, body=rewrite(step.body)) for step in program.steps)
    return replace(program, steps=steps, init=rewrite(program.init))


class _Fault(Frozen):
    """A fault of a role with its budget."""

    fault: Fault
    budget: Budget

    @property
    def lasts(self) -> bool:
        """Does the node stay down for ever?"""
        return self.fault.name == "crash"

    @property
    def title(self) -> str:
        return "outage" if self.fault.name == "outage" else "crash"


class _Crashing:
    """The crashes of the nodes of one role."""

    def __init__(self, program: Program, code: RoleCode, faults: list[Fault]) -> None:
        self._program = program
        self._fresh = Fresh(code_of(program))
        self._role = code.role
        self._code = code
        taken = names_of(program.variables)
        self._faults = [
            _Fault(f, Budget(f"{f.name} {code.role.name}", f.limit, taken)) for f in faults
        ]
        self._taken = names_of(program.steps)
        self._lasting = any(f.lasts for f in self._faults)
        self._passing = not all(f.lasts for f in self._faults)
        role = code.role
        self._up = up_of(role)
        self._tried = Tried(role, program.variables)
        self._gone = of_role(f"{role.name}.{own('gone')}", role, t.BOOL, Storage.INTERNAL, x.FALSE)
        self._disk = Disk(role, program.variables, self._fresh)

    # ------------------------------------------------------------ the program

    def lowered(self) -> Program:
        program = self._program
        others = tuple(v for v in program.variables if v.name != self._up.name)
        steps: list[Step] = []
        for step in map(self._guarded, program.steps):
            steps += [step, *self._cut_steps(step)]
        steps += [self._fault_step(f) for f in self._faults]
        if self._passing:
            restart = self._restart_step()
            steps += [restart, *self._cut_steps(restart)]
        return replace(
            program,
            variables=(*others, self._up, *self._gone_variable(), *self._disk.variables,
                       *self._tried.variables,
                       *(v for f in self._faults for v in f.budget.variables)),
            steps=tuple(replace(step, body=self._disk.syncing(step.body)) for step in steps),
            init=self._disk.syncing(program.init),
            awake=conj(program.awake, self._of_this_role(read(self._up, self._there), True)),
            gone=self._or_gone(program.gone),
        )  # fmt: skip

    def _gone_variable(self) -> tuple[Variable, ...]:
        return (self._gone,) if self._lasting and self._passing else ()

    @property
    def _there(self) -> x.Expr:
        """The receiver of a message, if it is a node of this role."""
        return x.Convert(x.Local(TO, node_type(self._program)), self._role)

    def _of_this_role(self, condition: x.Expr, otherwise: bool) -> x.Expr:
        """A condition on the receiver of a message, where it is a node of this role."""
        to = x.Local(TO, node_type(self._program))
        nodes = x.Convert(x.whole(self._role), t.Set(to.type))
        mine = apply(Op.IN, to, nodes)
        return x.Cond(mine, condition, lit(otherwise, t.BOOL), t.BOOL)

    def _is_gone(self, node: x.Expr) -> x.Expr:
        return read(self._gone, node) if self._gone_variable() else x.negation(read(self._up, node))

    def _or_gone(self, gone: x.Expr) -> x.Expr:
        if not self._lasting:
            return gone
        mine = self._of_this_role(self._is_gone(self._there), False)
        return mine if gone == x.FALSE else apply(Op.OR, gone, mine)

    def _is_ours(self, step: Step) -> bool:
        return step.origin.role == self._role.name and step.origin.node == SELF

    def _guarded(self, step: Step) -> Step:
        if not self._is_ours(step):
            return step
        return replace(step, guard=conj(read(self._up, me(self._role)), step.guard))

    # ------------------------------------------------------------ what a crash does

    def _stops(self, node: x.Expr, lasting: bool) -> s.Block:
        """A node stops."""
        ours = [v for v in self._program.variables if v.owner == self._role]
        lost = [v for v in ours if v.storage in LOST]
        hooks = [h for hook in self._code.on_crash for h in _hooked(hook)]
        client = x.Make(t.Tuple((node.type, t.Int(0, 0))), (node, x.number(0)))
        told = (s.Event("", "crash", "", client),) if self._program.histories else ()
        body = (
            *s.substitute_in(tuple(hooks), {SELF: node}),
            *told,
            assign(self._up, x.FALSE, node),
            *((assign(self._gone, x.TRUE, node),) if lasting and self._gone_variable() else ()),
            *self._disk.back(node),
            *(st for v in lost for st in _reset(v, node)),
        )
        return (*body, s.Forget(as_node(self._program, node))) if lasting else body

    def _fails(self, fault: _Fault) -> s.Block:
        """What the fault does to the acting node (an outage: to all)."""
        if fault.fault.name != "outage":
            return (*fault.budget.spend, *self._stops(me(self._role), fault.lasts))
        node = x.Local(_NODE, self._role)
        each = s.If(read(self._up, node), self._stops(node, False))
        return (*fault.budget.spend, s.For(_NODE, self._role, x.whole(self._role), (each,)))

    # ------------------------------------------------------------ steps

    def _origin(self, fault: _Fault, title: str, node: str) -> Origin:
        name = fault.fault.name
        return Origin(Kind.FAULT, title, node, self._role.name, name).at(fault.fault.span)

    def _fault_step(self, fault: _Fault) -> Step:
        outage = fault.fault.name == "outage"
        node = x.Local(_NODE, self._role)
        binder = x.Binder(_NODE, self._role, x.whole(self._role), x.TRUE)
        someone = x.Fold(x.Quantifier.EXISTS, (binder,), read(self._up, node), t.BOOL)
        up = someone if outage else read(self._up, me(self._role))
        name = unique(f"{self._role.name}.{own(fault.fault.name)}", self._taken)
        return Step(
            name, () if outage else (all_nodes(self._role),),
            None, conj(fault.budget.left, up), self._fails(fault), Fairness.NONE,
            self._origin(fault, fault.title, "" if outage else SELF),
        ).at(fault.fault.span)  # fmt: skip

    def _restart_step(self) -> Step:
        """A node comes back: weakly fair, unless it is gone for ever."""
        node = me(self._role)
        down = x.negation(read(self._up, node))
        gone = (x.negation(self._is_gone(node)),) if self._gone_variable() else ()
        hooks = tuple(st for hook in self._code.on_restart for st in _hooked(hook))
        body = (assign(self._up, x.TRUE, node), *hooks)
        place = next((hook.span for hook in self._code.on_restart), self._code.span)
        origin = Origin(Kind.RECOVERY, "restart", SELF, self._role.name).at(place)
        return Step(
            f"{self._role.name}.{own('comes_back')}", (all_nodes(self._role),), None, conj(down, *gone),
            body, Fairness.WEAK, origin, key=(SELF,),
        ).at(self._code.span)  # fmt: skip

    def _cut_steps(self, step: Step) -> list[Step]:
        if not self._is_ours(step):
            return []
        found = []
        for fault in self._faults:
            if "between steps" not in fault.fault.flags:
                made = self._cut_step(step, fault)
                found += [made] if made is not None else []
        return found

    @functools.cached_property
    def _told(self) -> set[str]:
        """The variables of which something is left after a crash, that its hooks read, or whose values on
        the way somebody notices. That a node is up is none: a restart that a crash cuts is none.
        """
        lasting, lost = (
            {v.name for v in self._program.variables if v.storage in storages}
            for storages in (_LASTING, LOST)
        )
        hooks = tuple(st for hook in self._code.on_crash for st in _hooked(hook))
        parts = (part for e in s.all_exprs(hooks) for part in x.walk(e))
        seen = {part.name for part in parts if isinstance(part, x.Global)}
        return lasting | seen | (lost & noticed(self._program))

    def _cut_step(self, step: Step, fault: _Fault) -> Step | None:
        """The step with a crash in the middle; None if a crash there is one before or after it."""
        told = s.Mark(fault.fault.name, (me(self._role),), step.origin.title)
        failing = (s.Require(fault.budget.left), told.at(step.origin.span), *self._fails(fault))
        # A message that was taken and forgotten matters only to a node that comes back.
        taken = step.receive is not None and not fault.lasts
        cut, _ = Cutter(self._told, self._fresh).cut(without_asserts(step.body), taken)
        if not stops_in(cut):
            return None
        body = self._tried.stopped(cut, failing) if refused_later(cut) else stopped(cut, failing)
        origin = self._origin(fault, f"{step.origin.title}, cut by a crash", SELF)
        return replace(
            step, name=unique(f"{step.name}_{own('cut_by')}_{fault.fault.name}", self._taken),
            guard=conj(fault.budget.left, step.guard), body=body,
            fairness=Fairness.NONE, origin=origin.at(step.origin.span),
        )  # fmt: skip


def _hooked(hook: Hook) -> s.Block:
    return hook.body if hook.when == x.TRUE else (s.If(hook.when, hook.body),)


def _reset(variable: Variable, node: x.Expr) -> s.Block:
    """A volatile variable has its first value again."""
    place = s.Place(x.Global(variable.name, variable.type), (s.Key(node),))
    return s.substitute_in(set_first(variable, place, variable.start), {variable.start.node: node})
