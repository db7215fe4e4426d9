"""Simpler expressions and statements of the same meaning: constants are computed, dead code goes.

What could be a range error stays, unless it is never evaluated.
"""

from __future__ import annotations

from dsmc.frozen import replace
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.evaluate import evaluate
from dsmc.ir.expr import (
    FALSE,
    TRUE,
    Apply,
    Call,
    Cond,
    Convert,
    Expr,
    Field,
    Fold,
    Global,
    IsCase,
    Let,
    Lit,
    Local,
    Make,
    Observe,
    Quantifier,
    children,
    map_children,
    substitute,
    walk,
)
from dsmc.ir.ops import Op, RangeError

#: Constant collections with more parts than this are left to be made at run time.
_MAX_LITERAL = 4096
#: The set of all values of a type with so many is computed where it is counted or compared.
_SMALL_TYPE = 64


def simplify(e: Expr) -> Expr:
    """An expression of the same meaning, as simple as can be seen."""
    e = map_children(simplify, e)
    simpler = _simpler(e)
    if simpler is e:
        return e
    return (
        simpler
        if simpler.span.source.name or isinstance(simpler, Local)
        else replace(simpler).at(e.span)
    )


def _simpler(e: Expr) -> Expr:
    if (
        not isinstance(e, Lit)
        and isinstance(e.type, t.SCALARS)
        and t.size(e.type) == 1
        and certain(e)
    ):
        return Lit(next(t.values(e.type)), e.type)
    match e:
        case Apply(Op.AND | Op.OR | Op.IMPLIES):
            return _connective(e)
        case Apply(Op.NOT, (Apply(Op.NOT, (inner,)),)):
            return inner
        case Apply(Op.EQ | Op.NE, (left, right)) if left == right and certain(left):
            return Lit(e.op is Op.EQ, t.BOOL)
        case Apply(Op.EQ, (left, Lit(True))) | Apply(Op.EQ, (Lit(True), left)):
            return left if left.type == t.BOOL else e
        case Apply(Op.EQ | Op.NE, (Convert(node), Lit(other))) if isinstance(node.type, t.Role):
            return _node_is(e, node, node.type, other)
        case Cond(Lit(condition), yes, no):
            return yes if condition else no
        case Cond(condition, Lit(True), Lit(False)):
            return condition
        case Let(name, value, body):
            return _let(e, name, value, body)
        case Field(Make(_, args, made), case, index) if made == case and all(map(certain, args)):
            return args[index]
        case IsCase(Make(_, args, made), case) if all(map(certain, args)):
            return Lit(made == case, t.BOOL)
        case Fold():
            return _fold(e)
        case Convert(Convert(inner), to) if inner.type == to and isinstance(e.of.type, t.NodeId):
            return inner
        case Convert(Apply(Op.ALL, _, t.Set(t.Role() as role)), t.Set(t.NodeId())):
            return Lit(frozenset(range(role.first, role.first + role.size)), e.type)
        case Apply(Op.IN, (Convert(node), Lit(nodes))) if isinstance(node.type, t.Role):
            return _node_among(e, node.type, nodes)
        case Apply(Op.RANGE, (Lit(first), Lit(last))) if last - first >= _MAX_LITERAL:
            return e
        case Apply(op, args) if op is not Op.ALL and _all_known(args):
            return _computed(e)
        case Make(_, args) | Convert(args) if _all_known(
            args if isinstance(args, tuple) else (args,)
        ):
            return _computed(e)
        case Field(Lit()) | IsCase(Lit()):
            return _computed(e)
        case _:
            return e


def _node_among(e: Expr, role: t.Role, nodes: frozenset[int]) -> Expr:
    """Is a node of a role in a constant set? Decided where the set has all or none of them."""
    all_of_role = frozenset(range(role.first, role.first + role.size))
    if all_of_role <= nodes:
        return TRUE
    return FALSE if not all_of_role & nodes else e


def _node_is(e: Expr, node: Expr, role: t.Role, other: int) -> Expr:
    """Is a node of a role a certain node? Never, if that is one of another role."""
    assert isinstance(e, Apply)
    if not role.first <= other < role.first + role.size:
        return Lit(e.op is Op.NE, t.BOOL)
    return _simpler(Apply(e.op, (node, Lit(other - role.first, role)), t.BOOL))


def _all_known(args: tuple[Expr, ...]) -> bool:
    return all(map(_known, args)) and len(args) <= _MAX_LITERAL


def _known(e: Expr) -> bool:
    """Is the value plain to see? All values of a type are, if they are few."""
    match e:
        case Apply(Op.ALL, _, t.Set(of)):
            return (t.size(of) or _MAX_LITERAL) <= _SMALL_TYPE
        case _:
            return isinstance(e, Lit)


def _computed(e: Expr) -> Expr:
    """A constant expression's value; the expression itself where it has none."""
    try:
        return Lit(evaluate(e), e.type)
    except RangeError:
        return e


def _connective(e: Apply) -> Expr:
    left, right = e.args
    match e.op, left, right:
        case (
            (Op.AND, Lit(True), other) | (Op.OR, Lit(False), other) | (Op.IMPLIES, Lit(True), other)
        ):
            return other
        case (Op.AND, Lit(False), _):
            return FALSE
        case (Op.OR, Lit(True), _) | (Op.IMPLIES, Lit(False), _):
            return TRUE
        case (Op.AND, other, Lit(True)) | (Op.OR, other, Lit(False)):
            return other
        case (Op.AND, other, Lit(False)) if certain(other):
            return FALSE
        case (Op.OR | Op.IMPLIES, other, Lit(True)) if certain(other):
            return TRUE
        case (Op.IMPLIES, other, Lit(False)):
            return Apply(Op.NOT, (other,), t.BOOL)
        case _:
            return e


def _let(e: Let, name: str, value: Expr, body: Expr) -> Expr:
    uses = sum(isinstance(part, Local) and part.name == name for part in walk(body))
    if cheap(value) or (uses == 0 and certain(value)):
        return simplify(substitute(body, {name: value}))
    return e


def cheap(e: Expr) -> bool:
    """Is evaluating it again as good as keeping its value?"""
    match e:
        case Lit() | Local() | Global():
            return True
        case Apply(Op.GET, args):
            return all(map(cheap, args))
        case Field(of) | Convert(of):
            return cheap(of)
        case _:
            return False


def certain(e: Expr) -> bool:
    """Does it surely have a value, whatever the state?"""
    match e:
        case Field(of) if isinstance(of.type, t.Tuple | t.Record):
            return certain(of)
        case Field() | Convert():
            return False
        case Fold(Quantifier.THE | Quantifier.CHOOSE | Quantifier.MIN | Quantifier.MAX):
            return False
        case Apply(op) if op in PARTIAL:
            return False
        case _:
            return not isinstance(e, Call | Observe) and all(map(certain, children(e)))


#: Operators that have no value for some arguments.
PARTIAL = frozenset({
    Op.DIV, Op.MOD, Op.FIRST, Op.LAST, Op.AT, Op.SLICE, Op.INSERT, Op.REMOVE, Op.REPLACE,
    Op.BAG_REMOVE, Op.NODE_AT,
})  # fmt: skip


def _fold(e: Fold) -> Expr:
    """Folds over one value, and folds whose body is constant."""
    match e.quantifier, e.body:
        case Quantifier.FORALL, Lit(True):
            return TRUE if all(certain(b.domain) for b in e.binders) else e
        case Quantifier.EXISTS, Lit(False):
            return FALSE if all(certain(b.domain) for b in e.binders) else e
    binder = e.binders[0]
    if e.quantifier in _GATHERING and any(b.where == FALSE for b in e.binders):
        return Lit(t.default(e.type), e.type)
    if e.quantifier in _GATHERING and e.type == binder.domain.type and _is_itself(e):
        return binder.domain
    if e.quantifier not in (Quantifier.FORALL, Quantifier.EXISTS) or not _single(binder.domain):
        return e
    only = Lit(next(iter(t.values(binder.type))), binder.type)
    rest = tuple(
        replace(
            b,
            domain=substitute(b.domain, {binder.name: only}),
            where=substitute(b.where, {binder.name: only}),
        )
        for b in e.binders[1:]
    )
    body = substitute(e.body, {binder.name: only})
    inner = Fold(e.quantifier, rest, body, e.type) if rest else body
    where = substitute(binder.where, {binder.name: only})
    op = Op.IMPLIES if e.quantifier is Quantifier.FORALL else Op.AND
    return simplify(Apply(op, (where, inner), t.BOOL))


_GATHERING = (Quantifier.SET, Quantifier.BAG, Quantifier.SEQ)


def _is_itself(e: Fold) -> bool:
    """Does a fold gather every element of its domain as it is?"""
    binder = e.binders[0]
    same = isinstance(e.body, Local) and e.body.name == binder.name
    return len(e.binders) == 1 and same and binder.where == TRUE


def _single(domain: Expr) -> bool:
    return isinstance(domain, Apply) and domain.op is Op.ALL and t.size(domain.type.of) == 1  # type: ignore[union-attr]


# ---------------------------------------------------------------- statements


def simplify_block(block: s.Block) -> s.Block:
    """A block of the same effect; nothing stands behind what never goes on."""
    found: list[s.Statement] = []
    known: dict[str, Expr] = {}
    for statement in block:
        statement = s.substitute_in((statement,), known)[0]
        for made in _statement(s.map_parts(statement, simplify, simplify_block)):
            if isinstance(made, s.Let) and isinstance(made.value, Lit | Local):
                known[made.name] = made.value
                continue
            found.append(made)
            if isinstance(made, s.Leave) or (
                isinstance(made, s.Require) and made.condition == FALSE
            ):
                return tuple(found)
    return tuple(found)


def _statement(statement: s.Statement) -> s.Block:
    match statement:
        case s.If(Lit(condition), then, orelse):
            return then if condition else orelse
        case s.If(condition, (), ()) if certain(condition):
            return ()
        case s.Assign(place, value) if value == place.value:
            return ()
        case s.Require(Lit(True)) | s.Assert(Lit(True)):
            return ()
        case s.For(_, _, domain, ()) if certain(domain):
            return ()
        case s.For(name, of, domain, body) if _single(domain):
            only = Lit(next(iter(t.values(of))), of)
            return simplify_block(s.substitute_in(body, {name: only}))
        case s.Choose((branch,)):
            return branch
        case s.Scoped(name, body) if not _leaves(body, name):
            return body
        case _:
            return (statement,)


def _leaves(body: s.Block, name: str) -> bool:
    return any(isinstance(st, s.Leave) and st.name == name for st in s.walk(body))
