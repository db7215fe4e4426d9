"""Who sends and who handles which messages, seen from the syntax.

Known before the code is checked, it gives `from p` its type: where only participants send `Vote`,
the sender of a `Vote` is a participant, not just any node.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.frozen import Node
from dsmc.syntax import ast

#: Stands for every message: a message that is held in a variable was sent.
ANY = "*"


def sent_by(code: tuple[Node, ...], procedures: dict[str, ast.Procedure]) -> set[str]:
    """The kinds of messages that code may send, procedures included."""
    kinds: set[str] = set()
    seen: set[str] = set()
    waiting: list[Node] = list(code)
    while waiting:
        for node in inside(waiting.pop()):
            match node:
                case ast.Send(message) | ast.Broadcast(message) | ast.Reply(message):
                    kinds.add(kind_of(message))
                case ast.CallStatement(ast.Call(ast.Name(ident))):
                    called = procedures.get(ident.text)
                    if called is not None and ident.text not in seen:
                        seen.add(ident.text)
                        waiting.append(called)
    return kinds


def kind_of(message: ast.Expr) -> str:
    """The kind of a message that is sent, as far as it is seen; else `ANY`."""
    match message:
        case ast.Call(ast.Name(ident)) | ast.Name(ident):
            return ident.text if ident.text[:1].isupper() else ANY
        case _:
            return ANY


def handled_by(code: tuple[Node, ...]) -> set[str]:
    """The kinds of messages that code has handlers for."""
    return {node.message for part in code for node in inside(part) if isinstance(node, ast.Pattern)}


def labels(code: tuple[Node, ...]) -> set[str]:
    """The labels in code."""
    return {node.label for part in code for node in inside(part) if isinstance(node, ast.Labelled)}


def inside(node: Node) -> Iterator[Node]:
    """A node of the syntax tree and all nodes in it."""
    yield node
    for field in node._fields:
        value = getattr(node, field)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Node):
                yield from inside(child)
