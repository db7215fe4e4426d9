"""Sending, and which messages a handler or a `receive` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsmc.frozen import replace
from dsmc.ir import expr as x
from dsmc.ir import stmt as s
from dsmc.ir import types as t
from dsmc.ir.ops import Op
from dsmc.ir.types import Type
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import binding, expressions, names, statements, types
from dsmc.typecheck.conversion import convert
from dsmc.typecheck.scope import Env, Scope

if TYPE_CHECKING:
    from dsmc.typecheck.statements import Frame


# ---------------------------------------------------------------- sending


def sending(
    scope: Scope, written: ast.Send | ast.Broadcast | ast.Reply, frame: Frame
) -> tuple[s.Statement, ...]:
    """`send`, `broadcast` and `reply`."""
    env = frame.env
    if env.me is None:
        scope.problems.add(
            "D503", written.span, "only a node can send: this code belongs to no role"
        )
        return ()
    message = _message(scope, written.message, env)
    match written:
        case ast.Reply():
            if frame.sender is None:
                scope.problems.add(
                    "D510",
                    written.span,
                    "there is no message to reply to",
                    help="`reply` stands in a handler; elsewhere use `send … to …`",
                )
                return ()
            return (s.Send(message, env.me, frame.sender),)
        case ast.Send(_, to):
            node = expressions.infer(scope, to, env)
            _expect(
                scope, node, (t.Role, t.NodeId), to.span, "a node", "`broadcast` sends to a set"
            )
            return (s.Send(message, env.me, node),)
        case ast.Broadcast(_, to):
            nodes = binding.domain(scope, to, env)
            of = nodes.type.of if isinstance(nodes.type, t.Set) else t.UNKNOWN
            if not isinstance(of, t.Role | t.NodeId | t.Unknown):
                scope.problems.add(
                    "D301", to.span, f"a set of nodes is wanted, not `{t.show(nodes.type)}`"
                )
            return (s.Broadcast(message, env.me, nodes),)


def _message(scope: Scope, written: ast.Expr, env: Env) -> x.Expr:
    message = expressions.infer(scope, written, env, scope.message_type())
    _expect(scope, message, (t.Message,), written.span, "a message", "")
    return message


def _expect(
    scope: Scope, e: x.Expr, kinds: tuple[type, ...], span: Span, wanted: str, help: str
) -> None:
    if not isinstance(e.type, (*kinds, t.Unknown)):
        scope.problems.add(
            "D301", span, f"{wanted} is wanted here, not `{t.show(e.type)}`", help=help
        )


# ---------------------------------------------------------------- patterns


class Matched:
    """A checked pattern, what it binds, and the environment with that bound."""

    def __init__(self, pattern: s.Pattern, env: Env, bound: list[x.Expr]) -> None:
        self.pattern = pattern
        self.env = env
        self.bound = bound

    @property
    def sender(self) -> x.Expr:
        """Who sent it."""
        return x.Local(self.pattern.sender, self.pattern.sender_type)


def matched(
    scope: Scope, written: ast.Pattern, sender: ast.Sender | None, env: Env
) -> Matched | None:
    """The pattern; None, reported, if it is of no message."""
    kind = next((k for k in scope.messages if k.name == written.message), None)
    if kind is None:
        known = [k.name for k in scope.messages]
        scope.unknown(written.message, _head(written), "message", known)
        return None
    raw_type = scope.senders[kind.name]
    raw = x.Local(scope.fresh("sender"), raw_type)
    bound: list[x.Expr] = []
    env, senders = _sender(scope, sender, raw, env, bound)
    env, names_, equal = _fields(scope, written, kind, env, bound)
    pattern = s.Pattern(kind.name, names_, equal, raw.name, raw_type, senders).at(written.span)
    return Matched(pattern, env, bound)


def _head(written: ast.Pattern) -> Span:
    span = written.span
    return Span(span.source, span.start, span.start + len(written.message))


def _sender(
    scope: Scope, sender: ast.Sender | None, raw: x.Local, env: Env, bound: list[x.Expr]
) -> tuple[Env, x.Expr]:
    """The environment with the sender's name, and the condition on who the sender is."""
    if sender is None:
        return env, x.TRUE
    named = None
    if sender.name.text not in env.names:
        named = types.lookup(scope, sender.name.text, sender.name.span)
    if sender.domain is None and isinstance(named, t.Role | t.NodeId):
        return env, _among(scope, raw, x.whole(named), sender.name.span)
    names.check_unused(scope, sender.name, env)
    value: x.Expr = raw
    condition: x.Expr = x.TRUE
    if sender.domain is not None:
        domain = binding.domain(scope, sender.domain, env)
        of = domain.type.of if isinstance(domain.type, t.Set) else t.UNKNOWN
        if isinstance(of, t.Role | t.NodeId):
            condition = _among(scope, raw, domain, sender.domain.span)
            value = convert(scope, raw, of, sender.domain.span)
    bound.append(value)
    return env.bind(sender.name.text, value), condition


def _among(scope: Scope, raw: x.Local, domain: x.Expr, span: Span) -> x.Expr:
    """Is the sender in a set of nodes (perhaps of a type of fewer nodes)?"""
    if domain == x.whole(raw.type):
        return x.TRUE
    nodes = convert(scope, domain, t.Set(raw.type), span, "the senders")
    return x.Apply(Op.IN, (raw, nodes), t.BOOL).at(span)


def _fields(
    scope: Scope, written: ast.Pattern, kind: t.MessageKind, env: Env, bound: list[x.Expr]
) -> tuple[Env, tuple[tuple[str, Type] | None, ...], tuple[x.Expr | None, ...]]:
    """For each field a name to bind, or a value to be equal to, or neither."""
    outer, bindings, equal = env, [], []
    for (_, of), argument in zip(kind.fields, _arguments(scope, written, kind), strict=True):
        name: tuple[str, Type] | None = None
        value: x.Expr | None = None
        match argument:
            case None | ast.Name(ast.Ident("_")):
                pass
            case ast.Name(ident) if names.find(scope, ident, outer, of) is None:
                name = (scope.fresh(ident.text), of)
                env = env.bind(ident.text, x.Local(*name))
                bound.append(x.Local(*name))
            case _:
                value = expressions.check(scope, argument, outer, of, "the field")
        bindings.append(name)
        equal.append(value)
    return env, tuple(bindings), tuple(equal)


def _arguments(scope: Scope, written: ast.Pattern, kind: t.MessageKind) -> list[ast.Expr | None]:
    fields = [name for name, _ in kind.fields]
    if not written.arguments:
        return [None] * len(fields)
    given: list[ast.Expr | None] = [None] * len(fields)
    for place, argument in enumerate(written.arguments):
        if isinstance(argument, ast.NamedArgument):
            if argument.name.text not in fields:
                scope.unknown(argument.name.text, argument.span, f"field of `{kind.name}`", fields)
                continue
            given[fields.index(argument.name.text)] = argument.value
        elif place < len(fields):
            given[place] = argument
    if len(written.arguments) > len(fields) or (
        len(written.arguments) < len(fields)
        and not any(isinstance(a, ast.NamedArgument) for a in written.arguments)
    ):
        scope.problems.add(
            "D311",
            written.span,
            f"`{kind.name}` has {len(fields)} field{'s' * (len(fields) != 1)}",
            help="`_` stands for a field that does not matter",
        )
    return given


# ---------------------------------------------------------------- receiving


def receive(scope: Scope, written: ast.Receive, frame: Frame) -> tuple[s.Statement, ...]:
    """`receive { … }`"""
    arms: list[s.Arm] = []
    for arm in written.arms:
        match arm:
            case ast.TimeoutArm(body):
                arms.append(s.Arm(None, x.TRUE, statements.block(scope, body, frame)).at(arm.span))
            case ast.MessageArm():
                made = _arm(scope, arm, frame)
                arms += [made] if made is not None else []
    return (s.Receive(tuple(arms)),)


def _arm(scope: Scope, arm: ast.MessageArm, frame: Frame) -> s.Arm | None:
    found = matched(scope, arm.pattern, arm.sender, frame.env)
    if found is None:
        return None
    inner = replace(frame, env=found.env, sender=found.sender)
    when: x.Expr = x.TRUE
    if arm.when is not None:
        when = expressions.truth(scope, arm.when, found.env, "the guard")
    return s.Arm(found.pattern, when, statements.block(scope, arm.body, inner)).at(arm.span)


class Collected:
    """What a quorum is made of."""

    def __init__(self, count: x.Expr, found: Matched, element: x.Expr, name: str, of: Type) -> None:
        self.count = count
        self.pattern = found.pattern
        self.element = element
        self.name = name
        self.type = of


def quorum(
    scope: Scope, count: ast.Count, pattern: ast.Pattern, sender: ast.Sender | None,
    bound: ast.Ident | None, env: Env,
) -> tuple[Collected, Env] | None:  # fmt: skip
    """`2 of M(…) from R as acks`, and the environment with `acks` bound."""
    found = matched(scope, pattern, sender, env)
    if found is None:
        return None
    element = found.sender if not found.bound else found.bound[0]
    if len(found.bound) > 1:
        element = x.Make(t.Tuple(tuple(b.type for b in found.bound)), tuple(found.bound))
    voters = _voters(found)
    size = t.names_count(voters)
    wanted = x.number(size // 2 + 1)
    if count.number is not None:
        wanted = expressions.check(
            scope, count.number, env, t.Int(1, size), "the number of senders"
        )  # type: ignore[assignment]
    of = t.Bag(element.type, size)
    name = scope.fresh(bound.text if bound else "replies")
    if bound is not None:
        names.check_unused(scope, bound, env)
        env = env.bind(bound.text, x.Local(name, of))
    return Collected(wanted, found, element, name, of), env


def _voters(found: Matched) -> t.Role | t.NodeId:
    """The nodes whose majority a `quorum` is."""
    match found.pattern.senders:
        case x.Apply(Op.IN, (_, x.Convert(x.Apply(Op.ALL, _, t.Set(t.Role() as role))))):
            return role
    of = found.pattern.sender_type
    assert isinstance(of, t.Role | t.NodeId)
    return of


def collect(scope: Scope, written: ast.Collect, frame: Frame) -> tuple[s.Statement, ...]:
    """`receive 2 of M(…) as acks { … }`"""
    made = quorum(scope, written.count, written.pattern, written.sender, written.bound, frame.env)
    if made is None:
        return ()
    collected, env = made
    body = statements.block(scope, written.body, replace(frame, env=env))
    return (
        s.Collect(
            collected.count,
            collected.pattern,
            collected.element,
            collected.name,
            collected.type,
            body,
        ),
    )
