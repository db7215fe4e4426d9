"""The changes that are made: a row for each, with what it looks at and what it makes of it.

Each makes a spec weaker or wrong in a small way that people make: a condition forgotten, a bound off by
one, a quorum one short, a line left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from dsmc.frozen import Frozen, Node, replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.protocol import QuorumHandler
from dsmc.source import Span
from dsmc.traces.why import said

#: What something that is left out becomes.
NOTHING = "nothing"


class Change(Frozen):
    """A node in the place of another (None: it is left out), with the texts of both."""

    rule: str
    span: Span
    before: str
    after: str
    node: Node | None


Maker: TypeAlias = Callable[[Node], "Change | None"]


class Rule(Frozen):
    """A row: a name, what it means, and the change of a node, if it has one."""

    name: str
    doc: str
    change: Maker


# ---------------------------------------------------------------- comparisons

_SYMBOLS = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">=", Op.EQ: "==", Op.NE: "!="}
_OTHER = {
    Op.LT: Op.LE, Op.LE: Op.LT, Op.GT: Op.GE, Op.GE: Op.GT, Op.EQ: Op.NE, Op.NE: Op.EQ,
}  # fmt: skip


def _comparison(node: Node) -> Change | None:
    match node:
        case x.Apply(op, (left, right)) if op in _OTHER and _joined(node, left, right, op):
            other = replace(node, op=_OTHER[op])
            after = f"{said(left.span)} {_SYMBOLS[other.op]} {said(right.span)}"
            return Change("comparison", node.span, said(node.span), after, other)
    return None


def _joined(node: x.Apply, left: x.Expr, right: x.Expr, op: Op) -> bool:
    """Was it written so? Others are the tool's reading of something else, as of `x in {a, b}`."""
    sources = {node.span.source, left.span.source, right.span.source}
    if len(sources) > 1 or not node.span.source.name or left.span.end > right.span.start:
        return False
    between = Span(node.span.source, left.span.end, right.span.start)
    return between.text.strip(" ()\n") == _SYMBOLS[op]


# ---------------------------------------------------------------- quorums


def _majority(node: Node) -> Change | None:
    match node:
        case x.Apply(Op.MAJORITY, _, t.Int()):
            return _changed("quorum", node, _less(node), f"{said(node.span)} - 1")
    return None


def _senders(node: Node) -> Change | None:
    match node:
        case QuorumHandler(count) | s.Collect(count) if not _is_one(count):
            fewer = replace(node, count=_less(count))
            written = said(count.span) or "quorum"
            place = count.span if count.span.source.name else node.span
            return Change("quorum", place, f"{written} of", f"{written} - 1 of", fewer)
    return None


def _everybody(node: Node) -> Change | None:
    """`votes == Replica` becomes: all but one are there."""
    match node:
        case x.Apply(Op.EQ, (some, x.Apply(Op.ALL, _, t.Set(of)) as whole)):
            count = x.Apply(Op.COUNT, (some,), t.Int(0, t.size(of) or 0))
            enough = x.Apply(Op.GE, (count, x.number((t.size(of) or 0) - 1)), t.BOOL)
            after = f"{said(some.span)} is all of {said(whole.span)} but one"
            return _changed("quorum", node, enough, after)
    return None


def _every_node(node: Node) -> Change | None:
    """`forall p in Replica: e` becomes: for at most one not."""
    match node:
        case x.Fold(
            x.Quantifier.FORALL, (x.Binder(_, t.Role(), x.Apply(Op.ALL)),) as binders, body
        ):
            one = x.number(1)
            binder = replace(binders[0], where=_both(binders[0].where, x.negation(body)))
            size = t.size(binder.type) or 0
            wrong = x.Fold(x.Quantifier.SUM, (binder,), one, t.Int(0, size))
            enough = x.Apply(Op.LE, (wrong, one), t.BOOL)
            return _changed("quorum", node, enough, f"{said(node.span)}, but for one")
    return None


def _both(one: x.Expr, other: x.Expr) -> x.Expr:
    return x.conjunction([one, other])


def _less(count: x.Expr) -> x.Expr:
    assert isinstance(count.type, t.Int)
    of = t.Int(count.type.low - 1, count.type.high - 1)
    return x.Apply(Op.SUB, (count, x.number(1)), of).at(count.span)


def _is_one(count: x.Expr) -> bool:
    return isinstance(count, x.Lit) and count.value == 1


# ---------------------------------------------------------------- statements

_REMOVED: dict[type, str] = {
    s.Assign: "update", s.Send: "send", s.Broadcast: "send", s.Sync: "sync",
}  # fmt: skip


def _left_out(node: Node) -> Change | None:
    name = _REMOVED.get(type(node))
    if name is None or not said(node.span):
        return None
    return Change(name, node.span, said(node.span), NOTHING, None)


def _changed(rule: str, old: Node, new: Node, after: str) -> Change:
    return Change(rule, old.span, said(old.span), after, new.at(old.span))


# ---------------------------------------------------------------- the table

RULES = (
    Rule("comparison", "`<` for `<=`, `==` for `!=`, …", _comparison),
    Rule("quorum", "`majority(R)` is one less", _majority),
    Rule("quorum", "a handler or `receive` waits for one sender less", _senders),
    Rule("quorum", "a set that must be all nodes may lack one", _everybody),
    Rule("quorum", "`forall` nodes may be wrong for one", _every_node),
    Rule("update", "an assignment, `send`, `broadcast` or `sync` is left out", _left_out),
)
#: What the rule for guards is called.
GUARD = "guard"


def of_node(node: Node) -> Iterator[Change]:
    """The changes of a node as a whole."""
    for rule in RULES:
        change = rule.change(node)
        if change is not None:
            yield change


def of_guard(guard: x.Expr) -> Iterator[Change]:
    """A guard without one of the conditions that `and` joins."""
    parts = x.conjuncts(guard)
    for place, part in enumerate(parts):
        if part.span.source.name:
            rest = x.conjunction(parts[:place] + parts[place + 1 :])
            yield Change(GUARD, part.span, said(part.span), NOTHING, rest)
