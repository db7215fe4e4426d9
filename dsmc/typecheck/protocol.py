"""Roles, the network and messages: what is known before any code is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from dsmc.frozen import Node
from dsmc.ir import types as t
from dsmc.ir.protocol import MessageDecl, NetworkKind
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck import constants, traffic, types
from dsmc.typecheck.instance import Instance
from dsmc.typecheck.scope import Scope

Items = list[tuple[ast.Declaration, Parsed]]


N = TypeVar("N", bound=Node)


def declared_as(items: Items, kind: type[N]) -> Iterator[tuple[N, Parsed]]:
    """The declarations of one kind."""
    for item, parsed in items:
        if isinstance(item, kind):
            yield item, parsed


def roles(scope: Scope, items: Items) -> None:
    """Makes the roles known, with their labels and how many threads a node has."""
    first = 0
    for node, _ in declared_as(items, ast.Role):
        size = constants.count(scope, node.count, "role", 1) if node.count else 1
        role = t.Role(node.name.text, size, first)
        first += size
        scope.roles = (*scope.roles, role)
        scope.types[role.name] = role
        scope.labels[role.name] = frozenset(traffic.labels(node.members))
        threads = [
            constants.count(scope, m.count, "process", 1) if m.count else 1
            for m in node.members
            if isinstance(m, ast.Process)
        ]
        scope.threads = max(scope.threads, sum(threads))
    scope.all_labels = sorted(traffic.labels(tuple(item for item, _ in items)))


def network(scope: Scope, items: Items, instance: Instance) -> NetworkKind:
    """The kind of network, unless a message has another."""
    written = [node for node, _ in declared_as(items, ast.Network)]
    chosen = instance.network or (written[-1] if written else None)
    if chosen is None:
        return NetworkKind.UNORDERED
    known = [kind.value for kind in NetworkKind]
    if chosen.kind.text not in known:
        scope.unknown(chosen.kind.text, chosen.kind.span, "network", known)
        return NetworkKind.UNORDERED
    return NetworkKind(chosen.kind.text)


def messages(scope: Scope, items: Items, network: NetworkKind) -> tuple[MessageDecl, ...]:
    """The messages, and who sends and takes them."""
    nodes = [node for node, _ in declared_as(items, ast.Message)]
    procedures = {node.name.text: node for node, _ in declared_as(items, ast.Procedure)}
    sent = {node.name.text: _sent(node, procedures) for node, _ in declared_as(items, ast.Role)}
    handled = {
        node.name.text: traffic.handled_by(node.members) for node, _ in declared_as(items, ast.Role)
    }
    for node in nodes:
        name = node.name.text
        scope.senders[name] = _ends(scope, sent, {name, traffic.ANY})
        scope.receivers[name] = _ends(scope, handled, {name})
    scope.messages = tuple(_kind(scope, node) for node in nodes)
    return tuple(
        _message(scope, node, kind, network)
        for node, kind in zip(nodes, scope.messages, strict=True)
    )


def _sent(node: ast.Role, procedures: dict[str, ast.Procedure]) -> set[str]:
    own = {m.name.text: m for m in node.members if isinstance(m, ast.Procedure)}
    code = tuple(m for m in node.members if not isinstance(m, ast.Procedure))
    return traffic.sent_by(code, {**procedures, **own})


def _ends(scope: Scope, traffic_of: dict[str, set[str]], kinds: set[str]) -> t.Role | t.NodeId:
    """The one role that sends (or handles) a message, or else any node."""
    found = [role for role in scope.roles if traffic_of[role.name] & kinds]
    return found[0] if len(found) == 1 else scope.node_type()


def _kind(scope: Scope, node: ast.Message) -> t.MessageKind:
    fields: dict[str, t.Type] = {}
    for field in node.fields:
        if field.name.text in fields:
            scope.problems.add("D202", field.name.span, f"`{field.name.text}` is declared twice")
        of = types.resolve(scope, field.type)
        if _holds_message(of):
            scope.problems.add("D304", field.type.span, "a message cannot carry a `message`")
            of = t.UNKNOWN
        fields[field.name.text] = of
    return t.MessageKind(node.name.text, tuple(fields.items()))


def _holds_message(of: t.Type) -> bool:
    return isinstance(of, t.Message) or any(map(_holds_message, t.parts(of)))


def _message(
    scope: Scope, node: ast.Message, kind: t.MessageKind, network: NetworkKind
) -> MessageDecl:
    lossy, known = False, [k.value for k in NetworkKind]
    for option in node.options:
        if option.text == "lossy":
            lossy = True
        elif option.text in known:
            network = NetworkKind(option.text)
        elif option.text != "signed":
            scope.unknown(
                option.text, option.span, "option of a message", [*known, "lossy", "signed"]
            )
    name = kind.name
    return MessageDecl(kind, network, lossy, scope.senders[name], scope.receivers[name]).at(
        node.name.span
    )
