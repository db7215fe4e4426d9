"""The `faults` block: each line is sorted by the fault's form."""

from __future__ import annotations

from dsmc.ir import types as t
from dsmc.ir.faults import FAULTS, FaultForm, Takes
from dsmc.ir.protocol import Fault, MessageDecl, NetworkKind
from dsmc.source import Span
from dsmc.syntax import ast
from dsmc.typecheck import binding, constants, expressions, properties
from dsmc.typecheck.scope import CONSTANT, Scope


def check_faults(scope: Scope, written: ast.Faults | None) -> tuple[Fault, ...]:
    """The faults that may happen."""
    found = []
    for clause in written.clauses if written else ():
        fault = _clause(scope, clause) if isinstance(clause, ast.FaultClause) else None
        if fault is not None:
            found.append(fault.at(clause.span))
    return tuple(found)


def _clause(scope: Scope, clause: ast.FaultClause) -> Fault | None:
    words = [p for p in clause.parts if isinstance(p, ast.Word)]
    name, rest = _named(words)
    if name is None:
        first = words[0] if words else clause
        scope.unknown(words[0].text if words else "", first.span, "fault", _names())
        return None
    form = FAULTS[name]
    limit = _limit(scope, clause)
    subject = _subject(scope, name, form, rest, _first(clause, name))
    flags = _flags(scope, name, form, rest[1:] if _has_subject(form, rest) else rest)
    groups = _groups(scope, form, clause)
    _extras(scope, name, clause)
    if not form.executed:
        scope.refuse("D902", clause.span, f"the fault `{name}` cannot be executed yet")
        return None
    if subject is None or flags is None:
        return None
    role, message, label = subject
    return Fault(name, role, message, label, limit, flags, groups)


def _names() -> list[str]:
    return sorted({word for name in FAULTS for word in (name.split()[0], name)})


def _first(written: ast.FaultClause, name: str) -> Span:
    """The place of the words that name the fault."""
    last = [p for p in written.parts if isinstance(p, ast.Word)][len(name.split()) - 1]
    return written.span.to(last.span)


def _named(words: list[ast.Word]) -> tuple[str | None, list[ast.Word]]:
    """The fault that the first words name (the longest that fits), and the words after."""
    for count in (3, 2, 1):
        name = " ".join(w.text for w in words[:count])
        if name in FAULTS and len(words) >= count:
            return name, words[count:]
    return None, words


def _limit(scope: Scope, clause: ast.FaultClause) -> int | None:
    limits = [p for p in clause.parts if isinstance(p, ast.AtMost)]
    if len(limits) > 1:
        scope.problems.add("D405", limits[1].span, "a fault has one limit")
    return constants.count(scope, limits[0].limit, "at most", 0) if limits else None


def _has_subject(form: FaultForm, rest: list[ast.Word]) -> bool:
    return bool(rest) and form.takes is not Takes.NOTHING and rest[0].text not in form.words


_Subject = tuple[t.Role | None, str, str]


def _subject(
    scope: Scope, name: str, form: FaultForm, targets: list[ast.Word], span: Span
) -> _Subject | None:
    """The role, the message, and the label that a fault strikes."""
    word = targets[0] if targets and targets[0].text not in form.words else None
    match form.takes:
        case Takes.NOTHING:
            return None, "", ""
        case Takes.MESSAGE if word is None:
            return None, "", ""
    if word is None:
        scope.problems.add("D405", span, f"`{name}` needs {form.takes.value}", help=form.doc)
        return None
    match form.takes:
        case Takes.ROLE:
            return _role(scope, word)
        case Takes.MESSAGE:
            known = [kind.name for kind in scope.messages]
            return (None, word.text, "") if _known(scope, word, "message", known) else None
        case Takes.LABEL:
            return (None, "", word.text) if _known(scope, word, "label", scope.all_labels) else None
        case Takes.CONSTANT:
            known = [n for n, d in scope.declared.items() if isinstance(d.node, ast.Const)]
            _known(scope, word, "constant", known)
        case Takes.CODE:
            known = [*properties.action_names(scope), *(kind.name for kind in scope.messages)]
            _known(
                scope, word, "handler or action", [*known, *(k.rpartition(".")[2] for k in known)]
            )
    return None, "", ""


def _role(scope: Scope, word: ast.Word) -> _Subject | None:
    for role in scope.roles:
        if role.name == word.text:
            return role, "", ""
    scope.unknown(word.text, word.span, "role", [role.name for role in scope.roles])
    return None


def _known(scope: Scope, word: ast.Word, what: str, known: list[str]) -> bool:
    if word.text not in known:
        scope.unknown(word.text, word.span, what, known)
    return word.text in known


def _flags(scope: Scope, name: str, form: FaultForm, rest: list[ast.Word]) -> frozenset[str] | None:
    """The words added to a fault."""
    found: set[str] = set()
    while rest:
        flag = _flag(form, rest)
        if flag is None:
            _strange(scope, name, form, rest[0])
            return None
        found.add(flag)
        rest = rest[len(flag.split()) :]
    return frozenset(found)


def _flag(form: FaultForm, words: list[ast.Word]) -> str | None:
    """What the first words add to a fault."""
    for flag in form.words:
        said = flag.split()
        if [w.text for w in words[: len(said)]] == said:
            return flag
    return None


def _strange(scope: Scope, name: str, form: FaultForm, word: ast.Word) -> None:
    allowed = " and ".join(f"`{w}`" for w in form.words)
    help = f"it may be followed by {allowed}" if allowed else form.doc
    message = f"`{word.text}` means nothing after `{name}`"
    scope.problems.add("D405", word.span, message, help=help)


def _groups(scope: Scope, form: FaultForm, clause: ast.FaultClause) -> tuple[frozenset[int], ...]:
    written = [p for p in clause.parts if isinstance(p, ast.Groups)]
    if not written:
        return ()
    if not form.groups:
        scope.problems.add("D405", written[0].span, "only a partition names groups of nodes")
        return ()
    groups = properties.split(scope, written[0])
    if len(groups) < 2:
        scope.problems.add(
            "D405", written[0].span, "a partition has at least two groups", help="`{1, 2} | {3}`"
        )
    return groups


def _extras(scope: Scope, name: str, clause: ast.FaultClause) -> None:
    """`over 3` and `in 1..3`: only where the fault takes them."""
    for part in clause.parts:
        match part:
            case ast.Over(value):
                expressions.check(scope, value, CONSTANT, t.Int(0, t.MAX_DENSE), "the number")
                wanted = "cascade"
            case ast.Within(domain):
                binding.domain(scope, domain, CONSTANT)
                wanted = "misconfigure"
            case _:
                continue
        if name != wanted:
            scope.problems.add("D405", part.span, f"this belongs to `{wanted}`, not to `{name}`")


def check_in_flight(
    scope: Scope, messages: tuple[MessageDecl, ...], found: tuple[Fault, ...]
) -> None:
    """Report what cannot happen: on a synchronous network no message is ever in flight, and only a
    queue has an order.
    """
    known = {m.kind.name: m for m in messages}
    struck = [(m.span, [m], "be lost") for m in messages if m.lossy]
    struck += [
        (
            Span(fault.span.source, fault.span.start, fault.span.start + len(fault.name)),
            [known[fault.message]] if fault.message else list(messages),
            _STRIKES[fault.name],
        )
        for fault in found
        if fault.name in _STRIKES
    ]
    for span, meant, what in struck:
        if meant and all(m.network is NetworkKind.SYNCHRONOUS for m in meant):
            scope.problems.add(
                "D405", span, f"nothing is in flight on a synchronous network, so nothing can {what}",
                help="take another network, or let the nodes be cut off by a `partition`",
            )  # fmt: skip
        elif meant and what == "be reordered" and all(m.network is not _QUEUE for m in meant):
            scope.problems.add(
                "D405", span, "on an unordered network any message may arrive first already",
                help="leave it out, or take `network fifo`",
            )  # fmt: skip


_QUEUE = NetworkKind.FIFO
_STRIKES = {"lose": "be lost", "duplicate": "be duplicated", "reorder": "be reordered"}
