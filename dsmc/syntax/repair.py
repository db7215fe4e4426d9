"""Parsing that goes on after a mistake, and says what to write instead.

A part that the parser refuses (the smallest statement or declaration around the token it stopped
at) is replaced by one BROKEN token, which the grammar accepts wherever such a part may stand; then
the file is parsed again. So every mistake of a file is reported in one run, each of them once.
The suggestion is found by trying: which change of a single token lets the parser go on?
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from lark import Lark, Token, Tree, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from dsmc.diagnostics import Diagnostic, Note, Problems
from dsmc.source import Source, Span

_MAX_MISTAKES = 100
_OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "_LSET": "_RSET", "_LBRACE": "_RBRACE"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_SHOWN = {
    "_SEP": "the end of the line", "_LBRACE": "`{`", "_RBRACE": "`}`", "_LSET": "`{`",
    "_RSET": "`}`", "NAME": "a name", "INT": "a number", "STRING": "a file name in quotes",
    "$END": "the end of the file", "BROKEN": "", "_ELSE_VALUE": "`else`",
}  # fmt: skip
#: Other languages' signs: the token that is meant, or what to write.
_FOREIGN = {
    "&": "AND", "&&": "AND", "||": "OR", "!": "NOT", "~": "NOT", "/": "DIV", "%": "MOD",
    "===": "EQUALS", "!==": "DIFFERS", "<>": "DIFFERS", "\\": "WITHOUT",
    "'": "`old(…)` for the value before a step",
}  # fmt: skip


def parse_tokens(
    lark: Lark, tokens: list[Token], source: Source, problems: Problems
) -> tuple[Tree[Token], list[Token]]:
    """The parse tree, and the tokens that had to be left out of it."""
    left_out: list[Token] = []
    for _ in range(_MAX_MISTAKES):
        tree, at = _attempt(lark, tokens)
        if tree is not None:
            return tree, left_out
        if at == len(tokens) or tokens[at].type != "BROKEN":
            problems.extend([_explain(lark, tokens, at, source)])
        start, end = _part_around(tokens, at)
        left_out += tokens[start:end]
        tokens = [*tokens[:start], _broken(tokens, start, end, source), *tokens[end:]]
    left_out += tokens
    tree, _ = _attempt(lark, [])
    assert tree is not None, "an empty file parses"
    return tree, left_out


def unknown_text(token: Token, source: Source) -> tuple[Diagnostic, Token | None]:
    """The problem of a sign that means nothing in the language, and the token that was meant."""
    span = Span(source, token.start_pos or 0, token.end_pos or 0)
    meant = _FOREIGN.get(str(token), "")
    known = {"EQUALS": "==", "DIFFERS": "!=", "WITHOUT": "minus"}
    help = f"write {meant}" if meant.startswith("`") else ""
    replaced = None
    if meant and not help:
        help = f"write `{known.get(meant, meant.lower())}`"
        replaced = Token.new_borrow_pos(meant, known.get(meant, meant.lower()), token)
    return Diagnostic("D101", f"`{token}` has no meaning here", span, help=help), replaced


# ---------------------------------------------------------------- one attempt


def _attempt(lark: Lark, tokens: list[Token]) -> tuple[Tree[Token] | None, int]:
    """The tree, or None and the index of the token that was refused."""
    parser = lark.parse_interactive("")
    for i, token in enumerate(tokens):
        if not _accepts(parser, token):
            return None, i
    try:
        last = tokens[-1] if tokens else Token("NAME", "", 0, 1, 1, 1, 1, 0)
        return parser.feed_eof(last), len(tokens)  # type: ignore[no-untyped-call]
    except UnexpectedToken:
        return None, len(tokens)


def _accepts(parser: InteractiveParser, token: Token) -> bool:
    try:
        parser.feed_token(token)
    except UnexpectedToken:
        return False
    return True


# ---------------------------------------------------------------- what to leave out


def _part_around(tokens: list[Token], at: int) -> tuple[int, int]:
    """The first and last index of the smallest part around a token that is not broken yet."""
    start, end = _edge(tokens, at, -1), _edge(tokens, at, 1)
    while start > 0 or end < len(tokens):
        part = tokens[start:end]
        if part and [t.type for t in part] != ["BROKEN"]:
            break
        start, end = _edge(tokens, start - 1, -1), _edge(tokens, end + 1, 1)
    return start, end


def _edge(tokens: list[Token], at: int, step: int) -> int:
    """From `at` on, where the part ends: at a separator or at the brace of the block around it."""
    enter, leave = ("_RBRACE", "_LBRACE") if step < 0 else ("_LBRACE", "_RBRACE")
    depth = 0
    i = at - 1 if step < 0 else at
    while 0 <= i < len(tokens):
        kind = tokens[i].type
        if depth == 0 and kind in ("_SEP", leave):
            break
        depth += (kind == enter) - (kind == leave)
        i += step
    return max(0, i + 1 if step < 0 else min(i, len(tokens)))


def _broken(tokens: list[Token], start: int, end: int, source: Source) -> Token:
    part = tokens[start:end]
    if not part:
        return Token("BROKEN", "", len(source.text), 1, 1, 1, 1, len(source.text))
    first, last = part[0], part[-1]
    text = source.text[first.start_pos : last.end_pos]
    return Token(
        "BROKEN",
        text,
        first.start_pos,
        first.line,
        first.column,
        last.end_line,
        last.end_column,
        last.end_pos,
    )


# ---------------------------------------------------------------- what to say


def _explain(lark: Lark, tokens: list[Token], at: int, source: Source) -> Diagnostic:
    unclosed = _unclosed(tokens, at)
    if unclosed is not None and (at == len(tokens) or _starts_declaration(tokens[at], source)):
        return _never_closed(unclosed, tokens, at, source)
    token = tokens[at] if at < len(tokens) else None
    span = _span(token, source)
    found = "the end of the file" if token is None else _described(token)
    expected = _expected(lark, tokens, at)
    message = f"{found} cannot stand here" if token is not None else "the file ends too early"
    help, wrong = _suggestion(lark, tokens, at)
    if wrong < at:
        span = _span(tokens[wrong], source)
        message, expected = f"`{tokens[wrong]}` means nothing here", ""
    return Diagnostic("D102", message, span, expected, help)


def _span(token: Token | None, source: Source) -> Span:
    if token is None:
        end = len(source.text.rstrip())
        return Span(source, max(0, end - 1), end)
    if token.type == "_SEP":
        return Span(source, token.start_pos or 0, token.start_pos or 0)
    return Span(source, token.start_pos or 0, token.end_pos or 0)


def _unclosed(tokens: list[Token], at: int) -> Token | None:
    """The innermost bracket that is open before a token."""
    open_: list[Token] = []
    for token in tokens[:at]:
        if token.type in _OPENING:
            open_.append(token)
        elif token.type in _CLOSING and open_:
            open_.pop()
    return open_[-1] if open_ else None


_DECLARATIONS = frozenset(
    "SPEC ROLE INVARIANT FAULTS MODEL MESSAGE ENUM CONST ACTION VAR PROPERTY REACHABLE LAW".split()
)


def _starts_declaration(token: Token, source: Source) -> bool:
    """Does a token begin a line with what can only be a new declaration?"""
    before = source.text[: token.start_pos].rpartition("\n")[2]
    return token.type in _DECLARATIONS and not before.strip()


def _never_closed(bracket: Token, tokens: list[Token], at: int, source: Source) -> Diagnostic:
    span = _span(bracket, source)
    here = _span(tokens[at] if at < len(tokens) else None, source)
    closing = {"(": ")", "[": "]", "{": "}"}[str(bracket)]
    return Diagnostic(
        "D103",
        f"`{bracket}` is never closed",
        span,
        f"no `{closing}` belongs to it",
        f"add the missing `{closing}`",
        (Note(here, "noticed here"),),
    )


def _described(token: Token) -> str:
    shown = "" if token.type in ("NAME", "INT", "STRING") else _SHOWN.get(token.type)
    return shown or f"`{token}`"


def _expected(lark: Lark, tokens: list[Token], at: int) -> str:
    """What could stand there instead, in words, if it is little."""
    parser = lark.parse_interactive("")
    for token in tokens[:at]:
        _accepts(parser, token)
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
    shown = sorted({_terminal(lark, name) for name in accepted} - {""})
    return f"expected {' or '.join(shown)}" if 0 < len(shown) <= 4 else ""


def _terminal(lark: Lark, name: str) -> str:
    if name in _SHOWN:
        return _SHOWN[name]
    definition = lark.get_terminal(name)
    return f"`{definition.pattern.value}`" if definition.pattern.type == "str" else name.lower()


def _suggestion(lark: Lark, tokens: list[Token], at: int) -> tuple[str, int]:
    """The change of one token that lets the parser go furthest, in words; and which token."""
    start = max(0, at - 1)
    before = lark.parse_interactive("")
    for token in tokens[:start]:
        _accepts(before, token)
    best, which, reach = "", at, at + 1
    for change, words, changed in _changes(lark, tokens, at):
        got = _reached(before, change[start : at + 6]) + start + len(tokens) - len(change)
        if got > reach:
            best, which, reach = words, changed, got
    return best, which


def _reached(before: InteractiveParser, tokens: list[Token]) -> int:
    """How many of the tokens the parser accepts from where it is."""
    parser = before.copy()  # type: ignore[no-untyped-call]
    for i, token in enumerate(tokens):
        if not _accepts(parser, token):
            return i
    return len(tokens)


def _changes(lark: Lark, tokens: list[Token], at: int) -> Iterator[tuple[list[Token], str, int]]:
    """Token lists that differ in one place from what was written, the likeliest first."""
    for i in (at, at - 1):
        if 0 <= i < len(tokens):
            for other in _similar(lark, tokens[i]):
                yield [*tokens[:i], other, *tokens[i + 1 :]], f"did you mean `{other}`?", i
    if at < len(tokens):
        for other in _inserted(lark, tokens[at]):
            yield [*tokens[:at], other, *tokens[at:]], f"put `{other}` before it", at
        yield [*tokens[:at], *tokens[at + 1 :]], f"leave out {_described(tokens[at])}", at


_ALTERNATIVES = {
    "EQUAL": ("EQUALS", "BECOMES"), "EQUALS": ("BECOMES", "EQUAL"), "BECOMES": ("EQUAL", "EQUALS"),
    "_ARROW": ("_GIVES",), "_GIVES": ("_ARROW",), "COLON": ("BECOMES", "IN"), "IN": ("COLON",),
}  # fmt: skip
_INSERTABLE = (
    "RPAR", "RSQB", "WHEN", "COLON", "COMMA", "TO", "IN", "FROM", "OF", "EQUAL", "_GIVES", "THEN",
)  # fmt: skip


def _similar(lark: Lark, token: Token) -> Iterator[Token]:
    for name in _ALTERNATIVES.get(token.type, ()):
        yield _made(lark, name, token)
    if token.type == "NAME" or str(token).isalpha():
        words = {t.pattern.value: t.name for t in lark.terminals if t.pattern.value.isalpha()}
        for word in difflib.get_close_matches(str(token), sorted(words), n=3, cutoff=0.7):
            if word != str(token):
                yield _made(lark, words[word], token)


def _inserted(lark: Lark, before: Token) -> Iterator[Token]:
    for name in _INSERTABLE:
        yield _made(lark, name, before)


def _made(lark: Lark, name: str, near: Token) -> Token:
    return Token.new_borrow_pos(name, lark.get_terminal(name).pattern.value, near)
