"""What to say of a token that cannot stand where it does.

The suggestion is found by trying: which change of a single token lets the parser go on?
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from lark import Lark, Token

from dsmc.diagnostics import Diagnostic, Note
from dsmc.source import Source, Span
from dsmc.syntax.recognize import END, Recognizer

_OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "_LSET": "_RSET", "_LBRACE": "_RBRACE"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_SHOWN = {
    "_SEP": "the end of the line", "_LBRACE": "`{`", "_RBRACE": "`}`", "_LSET": "`{`",
    "_RSET": "`}`", "NAME": "a name", "INT": "a number", "STRING": "a file name in quotes",
    END: "the end of the file", "BROKEN": "", "_ELSE_VALUE": "`else`",
}  # fmt: skip


def explain(lark: Lark, tokens: list[Token], at: int, source: Source) -> Diagnostic:
    """What is wrong with the token at which the parser stopped (or with the end of the file)."""
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
    reader = Recognizer(lark)
    reader.read_all(token.type for token in tokens[:at])
    shown = sorted({_terminal(lark, name) for name in reader.accepted()} - {""})
    return f"expected {' or '.join(shown)}" if 0 < len(shown) <= 4 else ""


def _terminal(lark: Lark, name: str) -> str:
    if name in _SHOWN:
        return _SHOWN[name]
    definition = lark.get_terminal(name)
    return f"`{definition.pattern.value}`" if definition.pattern.type == "str" else name.lower()


def _suggestion(lark: Lark, tokens: list[Token], at: int) -> tuple[str, int]:
    """The change of one token that lets the parser go furthest, in words; and which token."""
    if at < len(tokens) and str(tokens[at]) in _ELSEWHERE:
        return f"did you mean `{_ELSEWHERE[str(tokens[at])]}`?", at
    start = max(0, at - 1)
    before = Recognizer(lark)
    before.read_all(token.type for token in tokens[:start])
    best, which, reach = "", at, at + 1
    for change, words, changed in _changes(lark, tokens, at):
        kinds = [*(token.type for token in change[start:]), END]
        got = before.fork().read_all(kinds[: at + 6 - start])
        got += start + len(tokens) - len(change)
        if got > reach:
            best, which, reach = words, changed, got
    return best, which


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
        if at and tokens[at - 1].type in _MODIFIERS:
            yield [*tokens[: at - 1], *tokens[at:]], f"leave out `{tokens[at - 1]}`", at - 1


_ALTERNATIVES = {
    "EQUAL": ("EQUALS", "BECOMES"), "EQUALS": ("BECOMES", "EQUAL"), "BECOMES": ("EQUAL", "EQUALS"),
    "_ARROW": ("_GIVES",), "_GIVES": ("_ARROW",), "COLON": ("BECOMES", "IN"), "IN": ("COLON",),
}  # fmt: skip
#: As other languages of temporal logic write it.
_ELSEWHERE = {"U": "until"}
#: What stands before some declarations, and not before others.
_MODIFIERS = ("FAIR", "STRONG", "ATOMIC", "GHOST", "STABLE", "VOLATILE")
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
    yield Token.new_borrow_pos("_SEP", ";", before)  # statements in one line


def _made(lark: Lark, name: str, near: Token) -> Token:
    return Token.new_borrow_pos(name, lark.get_terminal(name).pattern.value, near)


# ---------------------------------------------------------------- words as names


def is_word_for_name(lark: Lark, tokens: list[Token], at: int) -> bool:
    """Could the parser go on if the word at which it stopped were a name?"""
    if at == len(tokens) or tokens[at].type == "NAME" or not tokens[at].isidentifier():
        return False
    reader = Recognizer(lark)
    reader.read_all(token.type for token in tokens[:at])
    following = tokens[at + 1 : at + 3]
    read = reader.read_all(["NAME", *(token.type for token in following)])
    return read == 1 + len(following) or (read == 2 and following[1].isidentifier())


def word_for_name(token: Token, source: Source) -> Diagnostic:
    """The problem of a word of the language that stands where a name should."""
    return Diagnostic(
        "D105",
        f"`{token}` is a word of the language and cannot be a name",
        _span(token, source),
        help=f"choose another name, such as `{token}_`",
    )
