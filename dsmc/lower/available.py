"""`available`: what a client asks at a live node is answered, whatever the partition.

Gilbert and Lynch (2002) ask it of every node that has not failed (*total*). `majority` asks it only
while more than half of the servers are up and not cut off from the client; `sticky` (Bailis and
others, Highly Available Transactions, 2013) only while all servers that it has sent to are. To be
refused, or to give up, while an answer is owed is not to be answered. The
servers are the nodes of the roles that ask nothing; where all roles ask, the nodes of the client's
role. While a partition lasts, fairness owes nobody a message across it.
"""

from __future__ import annotations

from functools import reduce

from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import temporal as f
from dsmc.ir import types as t
from dsmc.ir.history import Promise
from dsmc.ir.names import CUT, own
from dsmc.ir.ops import Op
from dsmc.ir.protocol import Program
from dsmc.ir.show import show
from dsmc.ir.system import Variable
from dsmc.ir.temporal import Formula
from dsmc.lower.build import apply, as_node, assign, conj, internal, lit, read, up_of
from dsmc.lower.clients import Clients, said

#: An operation that ends like this was not answered.
_DENIALS = ("refused", "unknown")
#: How operations end.
_ENDS = ("end", *_DENIALS)
_OTHER = own("other")


class Availability:
    """What is open of a history, and the property that it is answered."""

    def __init__(self, program: Program, promise: Promise) -> None:
        self.promise = promise
        self._program = program
        clients = Clients(program, promise.history)
        self._clients, self._node, self._threads = clients.roles, clients.node, clients.threads
        name = f"{promise.history}.{promise.property}"
        open_ = clients.each(t.BOOL)
        self._open = internal(f"{name}.open", open_)
        denies = any(e.kind in _DENIALS for e in clients.events)
        self._denied = internal(f"{name}.denied", open_) if denies else None
        self._renewing = clients.renewing(_ENDS)
        self._turn = internal(f"{name}.turn", open_) if self._renewing else None
        self._sticky = "sticky" in promise.words and bool(self._clients)
        met = t.Map(self._node, t.Set(self._node))
        self._met = internal(f"{name}.met", met) if self._sticky else None

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What is open, what was owed and denied, and whom the clients have sent to; where they may
        begin another operation in the step that ends one, whether its number is odd.
        """
        every = (self._open, self._denied, self._turn, self._met)
        return tuple(v for v in every if v is not None)

    # ------------------------------------------------------------ events

    def begins(self, block: s.Block) -> s.Block:
        """What stands at the beginning of a step: nothing."""
        return ()

    def event(self, event: s.Event, node: x.Expr, thread: x.Expr) -> s.Block:
        """What an event of a client changes."""
        if event.history not in ("", self.promise.history) or node.type != self._node:
            return ()
        if event.kind == "crash":
            none = x.Lit(t.default(t.Map(self._threads, t.BOOL)), t.Map(self._threads, t.BOOL))
            return (assign(self._open, none, node),)
        is_open = x.TRUE if event.kind == "begin" else x.FALSE
        place = (node, x.Convert(thread, self._threads))
        changed = (*self._denial(event, place), assign(self._open, is_open, *place))
        if self._turn is None or event not in self._renewing:
            return changed
        return (*changed, assign(self._turn, x.negation(read(self._turn, *place)), *place))

    def _denial(self, event: s.Event, place: tuple[x.Expr, x.Expr]) -> s.Block:
        """What was denied while it was owed stays so."""
        if self._denied is None or event.kind not in _DENIALS:
            return ()
        assert isinstance(event.client, x.Make)
        of = event.client.args[0].type
        owed = self._is_owed(place[0], of if isinstance(of, t.Role) else None)
        return (assign(self._denied, apply(Op.OR, read(self._denied, *place), owed), *place),)

    def noted(self, statement: s.Statement) -> s.Block:
        """What follows a statement: whom a client has sent to."""
        if self._met is None or not isinstance(statement, s.Send | s.Broadcast):
            return ()
        if statement.sender.type not in self._clients:
            return ()
        node = as_node(self._program, statement.sender)
        to = statement.to
        if isinstance(statement, s.Send):
            to = x.Make(t.Set(self._node), (as_node(self._program, to),))
        elif to.type != t.Set(self._node):
            to = x.Convert(to, t.Set(self._node))
        known = read(self._met, node)
        return (assign(self._met, apply(Op.UNION, known, to, type=known.type), node),)

    # ------------------------------------------------------------ the property

    @property
    def formula(self) -> Formula:
        """For each client: what is open is answered, or it is not owed any more."""
        whole: list[Formula] = [
            self._answered(lit(node, self._node), lit(thread, self._threads), role)
            for role in self._clients or (None,)
            for node in (range(role.first, role.first + role.size) if role else (0,))
            for thread in range(self._threads.high + 1)
        ]
        return reduce(f.Both, whole)

    def _answered(self, node: x.Lit, thread: x.Lit, role: t.Role | None) -> Formula:
        waits = conj(read(self._open, node, thread), self._is_owed(node, role))
        if self._turn is None:
            return self._owing(waits, node, thread)
        turn = read(self._turn, node, thread)
        each = (self._owing(conj(waits, one), node, thread) for one in (turn, x.negation(turn)))
        return f.Both(*each)

    def _owing(self, waits: x.Expr, node: x.Lit, thread: x.Lit) -> Formula:
        """What waits is answered; what was denied never is."""
        if self._denied is not None:
            waits = apply(Op.OR, waits, read(self._denied, node, thread))
        owes = f"{self.promise.history} owes {self._name(node, thread)}"
        return f.leads_to(
            f.Now(waits).at(said(f"{owes} an answer")),
            f.Now(x.negation(waits)).at(said(f"{owes} nothing")),
        )

    def _name(self, node: x.Lit, thread: x.Lit) -> str:
        name = show(self._node, node.value) if self._clients else "its client"
        return f"{name} (thread {thread.value})" if self._threads.high else name

    def _is_owed(self, node: x.Expr, role: t.Role | None) -> x.Expr:
        if role is None:
            return x.TRUE
        owed = [self._is_up(node)]
        if "majority" in self.promise.words:
            owed.append(self._has_majority(node, role))
        if self._met is not None:
            owed.append(self._meets_all(node, read(self._met, node)))
        return conj(*owed)

    def _has_majority(self, node: x.Expr, role: t.Role) -> x.Expr:
        servers = [r for r in self._program.roles if r not in self._clients] or [role]
        nodes = frozenset(n for r in servers for n in range(r.first, r.first + r.size))
        everyone = t.Set(self._node)
        other = x.Local(_OTHER, self._node)
        near = x.Binder(_OTHER, self._node, lit(nodes, everyone), self._is_near(node, other))
        reached = x.Fold(x.Quantifier.SET, (near,), other, everyone)
        count = x.Apply(Op.COUNT, (reached,), t.Int(0, len(nodes)))
        return apply(Op.GT, count, x.number(len(nodes) // 2))

    def _meets_all(self, node: x.Expr, met: x.Expr) -> x.Expr:
        other = x.Local(_OTHER, self._node)
        each = x.Binder(_OTHER, self._node, met, x.TRUE)
        return x.Fold(x.Quantifier.FORALL, (each,), self._is_near(node, other), t.BOOL)

    def _is_near(self, node: x.Expr, other: x.Expr) -> x.Expr:
        """Is the other up, and does what is sent pass, both ways?"""
        return conj(self._is_up(other), self._passes(node, other), self._passes(other, node))

    def _passes(self, one: x.Expr, other: x.Expr) -> x.Expr:
        cut = next((v for v in self._program.variables if v.name == CUT), None)
        if cut is None or not isinstance(cut.type, t.Set):
            return x.TRUE
        return x.negation(apply(Op.IN, x.Make(cut.type.of, (one, other)), read(cut)))

    def _is_up(self, node: x.Expr) -> x.Expr:
        """Of the roles whose nodes may stop it is known who is up."""
        up = {
            v.owner: v for v in self._program.variables if v.owner and v.name == up_of(v.owner).name
        }
        parts = [self._unless_down(node, role, v) for role, v in up.items() if role is not None]
        return conj(*parts)

    def _unless_down(self, node: x.Expr, role: t.Role, up: Variable) -> x.Expr:
        mine = lit(frozenset(range(role.first, role.first + role.size)), t.Set(self._node))
        there = read(up, x.Convert(node, role))
        return x.Cond(apply(Op.IN, node, mine), there, x.TRUE, t.BOOL)
