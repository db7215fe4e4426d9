"""What is no mistake, but seldom meant: messages that nobody takes, handlers of what nobody sends."""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.diagnostics import Diagnostic
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.syntax.parser import Parsed
from dsmc.typecheck.traffic import ANY, inside, kind_of

#: Where a kind of message is first mentioned so.
Places = dict[str, Span]


def warnings_of(files: tuple[Parsed, ...]) -> tuple[Diagnostic, ...]:
    """The warnings of a spec without mistakes, given as its files; in the order of the text."""
    code = [
        item for parsed in files for item in parsed.file.items
        if isinstance(item, ast.Role | ast.Procedure)
    ]  # fmt: skip
    sent: Places = {}
    handled: Places = {}
    for node in (node for part in code for node in inside(part)):
        match node:
            case ast.Send(message) | ast.Broadcast(message) | ast.Reply(message):
                sent.setdefault(kind_of(message), message.span)
            case ast.Pattern(kind):
                handled.setdefault(kind, node.span)
    return tuple(sorted((*_untaken(sent, handled), *_unsent(sent, handled)), key=lambda d: d.order))


def _untaken(sent: Places, handled: Places) -> Iterator[Diagnostic]:
    for kind in sent.keys() - handled.keys() - {ANY}:
        message = f"no handler and no `receive` takes `{kind}`"
        yield Diagnostic("D801", message, sent[kind], "what is sent is never received")


def _unsent(sent: Places, handled: Places) -> Iterator[Diagnostic]:
    """A message that is held in a variable may be of any kind: then it is not known who sends what."""
    if ANY not in sent:
        for kind in handled.keys() - sent.keys():
            yield Diagnostic("D802", f"nobody sends `{kind}`", handled[kind], "this never runs")
