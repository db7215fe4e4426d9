"""The one usual way to lay out a spec. Line breaks stay where they are written; indentation, spaces
and blank lines are set. No token and no comment is ever lost: that is checked.
"""

from __future__ import annotations

from lark import Token

from dsmc.diagnostics import Mistakes
from dsmc.frozen import Frozen
from dsmc.source import Source
from dsmc.syntax.generics import type_ends
from dsmc.syntax.layout import Layout, ends_between
from dsmc.syntax.parser import parse, tokenize

_INDENT = 2
_CONTINUED = 4
_COMMENTS = ("COMMENT", "DOC")
_OPENING = ("LPAR", "LSQB", "_LSET", "_LBRACE")
_CLOSING = ("RPAR", "RSQB", "_RSET", "_RBRACE")
#: Operators that may be written close (`N-1`): as the author did, the same on both sides.
_CLOSE = ("PLUS", "MINUS", "STAR")
_NEVER_BEFORE = ("RPAR", "RSQB", "_RSET", "COMMA", "DOT", "QMARK", "COLON", "_DOTS", "SEMICOLON")
_NEVER_AFTER = ("LPAR", "LSQB", "_LSET", "DOT", "_DOTS")
#: Statements and declarations that end in a block: what goes on with them is set off from it.
_HEADS = ("ACTION", "FAIR", "STRONG", "ON", "TIMEOUT", "IF", "WHILE", "FOR", "RECEIVE")
#: After these an opening parenthesis or bracket belongs to the word before it.
_CALLABLE = ("NAME", "RPAR", "RSQB", "_RSET", "SOME", "OLD", "INT", "QMARK", "SELF",
             "SEQ", "BAG")  # fmt: skip


class Piece(Frozen):
    """A token as the formatter sees it: `kind` is its type, `close` whether it was written with no
    space before and after it.
    """

    kind: str
    text: str
    close: bool


def format_source(name: str, text: str) -> str:
    """The text laid out. Raises `Mistakes` if it cannot be parsed."""
    source = Source(name, text)
    parsed = parse(source)
    if parsed.problems:
        raise Mistakes(parsed.problems)
    lines = _lines(source)
    result = _written(lines)
    assert _words(tokenize(Source(name, result))) == _words(tokenize(source)), "a token was lost"
    return result


def _words(tokens: list[Token]) -> list[str]:
    return [str(t).rstrip() for t in tokens if t.type not in ("SPACE", "NEWLINE")]


# ---------------------------------------------------------------- lines of pieces


def _lines(source: Source) -> list[list[Piece]]:
    """The tokens of each line of the text; a blank line is an empty list."""
    tokens = tokenize(source)
    kinds = _kinds(tokens)
    lines: list[list[Piece]] = [[]]
    for i, token in enumerate(tokens):
        if token.type == "NEWLINE" and token == "\n":
            lines.append([])
        elif token.type != "SPACE":
            kind = kinds.get(id(token), "SEMICOLON" if token == ";" else token.type)
            lines[-1].append(Piece(kind, str(token).rstrip(), _is_close(tokens, i)))
    return lines


def _kinds(tokens: list[Token]) -> dict[int, str]:
    """What the parser sees in tokens: which braces are sets, and which `<` and `>` are brackets."""
    words = [t for t in tokens if t.type not in ("SPACE", *_COMMENTS)]
    seen = {t.start_pos: t.type for t in Layout().arrange(words) if t.type != "_SEP"}
    found = {id(t): seen[t.start_pos] for t in words if t.start_pos in seen}
    plain = [t for t in words if t.type != "NEWLINE"]
    for i, token in enumerate(plain):
        if token.type == "LESSTHAN":
            end = type_ends(plain, i)
            if end is not None:
                found[id(token)] = "_LTYPE"
                found[id(plain[end])] = "_RTYPE"
    return found


def _is_close(tokens: list[Token], i: int) -> bool:
    """A list or a set is never close to an operator."""

    def spaced(j: int) -> bool:
        return not 0 <= j < len(tokens) or tokens[j].type in ("SPACE", "NEWLINE", "LSQB", "LBRACE")

    return not spaced(i - 1) and not spaced(i + 1)


# ---------------------------------------------------------------- writing


class _Writer:
    def __init__(self) -> None:
        self.out: list[str] = []
        self._levels: list[int] = [0]  # the indentation inside each open bracket
        self._outer: list[int] = [0]  # and of the line that opened it
        self._continued = False
        self._first = ""  # the kind of the statement's first token

    def line(self, pieces: list[Piece], following: list[Piece]) -> None:
        """Write one line; `following` is the next line with something on it."""
        if not pieces:
            if self.out and self.out[-1] and not self.out[-1].endswith("{"):
                self.out.append("")
            return
        closers = 0
        while closers < len(pieces) and pieces[closers].kind in _CLOSING:
            closers += 1
        if closers and self.out and not self.out[-1]:
            self.out.pop()
        depth = self._outer[-closers] if closers else self._levels[-1]
        extra = 0 if closers else self._extra(pieces)
        self.out.append(" " * (depth + extra) + _joined(pieces))
        self._account(pieces, depth)
        words = [p for p in pieces if p.kind not in _COMMENTS]
        if words:
            self._continued = self._goes_on(words[-1], following)

    def _extra(self, pieces: list[Piece]) -> int:
        """How much further a line is indented that goes on with the one before."""
        kinds = [p.kind for p in pieces[:2]]
        if not self._continued:
            self._first = kinds[0]
            return 0
        if kinds[0] in ("ELSE", "CATCH") or kinds == ["OR", "_LBRACE"]:
            return 0
        if kinds[0] == "_ELSE_VALUE":
            return 0 if self._first == "IF" else _INDENT
        return _CONTINUED if self._first in _HEADS else _INDENT

    def _account(self, pieces: list[Piece], depth: int) -> None:
        for piece in pieces:
            if piece.kind in _OPENING:
                self._levels.append(depth + _INDENT)
                self._outer.append(depth)
            elif piece.kind in _CLOSING and len(self._levels) > 1:
                self._levels.pop()
                self._outer.pop()

    def _goes_on(self, last: Piece, following: list[Piece]) -> bool:
        """Is the next line part of the same statement?"""
        words = [p for p in following if p.kind not in _COMMENTS]
        if last.kind in _OPENING or last.kind == "COMMA" or not words:
            return False
        return not ends_between(last.kind, words[0].kind, words[1].kind if words[1:] else "")


def _written(lines: list[list[Piece]]) -> str:
    writer = _Writer()
    for i, pieces in enumerate(lines):
        following = next((line for line in lines[i + 1 :] if line), [])
        writer.line(pieces, following)
    return "\n".join(writer.out).strip("\n") + "\n"


def _joined(pieces: list[Piece]) -> str:
    text = pieces[0].text
    unary = pieces[0].kind == "MINUS"
    for i in range(1, len(pieces)):
        before, piece = pieces[i - 1], pieces[i]
        space = _space(pieces, i, unary=unary)
        text += ("  " if piece.kind in _COMMENTS else " " if space else "") + piece.text
        unary = piece.kind == "MINUS" and _expects_value(before)
    return text


def _expects_value(before: Piece) -> bool:
    """Is a `-` after this the sign of a number?"""
    return before.kind not in (*_CALLABLE, "_RTYPE", "_RBRACE", "TRUE", "FALSE", "NONE", "OTHERS")


def _space(pieces: list[Piece], i: int, *, unary: bool) -> bool:
    """Is there a space between a piece and the one before it?"""
    before, piece = pieces[i - 1], pieces[i]
    if piece.kind in _NEVER_BEFORE or before.kind in _NEVER_AFTER or unary:
        return before.kind == "COLON" and piece.kind == "_RSET"
    if "_LTYPE" in (before.kind, piece.kind) or piece.kind == "_RTYPE":
        return False
    if before.kind in _CLOSE and i >= 2 and not _expects_value(pieces[i - 2]):
        return not before.close
    if piece.kind in ("LPAR", "LSQB"):
        member = i >= 2 and pieces[i - 2].kind == "DOT"
        return not member and before.kind not in (*_CALLABLE, "_RTYPE") and not _is_word(before)
    if before.kind == "_LBRACE" and piece.kind == "_RBRACE":
        return False
    if piece.kind in _CLOSE and not _expects_value(before):
        return not piece.close
    return True


#: Words of the language that can also be names: what follows in parentheses belongs to them.
_NAME_LIKE = frozenset(
    "ALL AS AT BEGIN BY CLOCK CRASH DEADLOCK DRIFT END EXPECT FINAL FROM HEAL HISTORY HOLD LEADS MOST"
    " NO OBJECT OF OVER PARTITION QUORUM REFUSED RESTART SHARED SPEC START STEP STEPS STRONG TO TYPE"
    " UNKNOWN UNTIL FAIR SYMBOLS EXPLORE INIT MODEL ROLE RECORD NETWORK LAW SCENARIO GUARANTEE ENUM"
    " CONST FUN PROC ASSUME PROCESS TIMEOUT".split()
)
#: Among them, those that an expression in parentheses may follow.
_OPERATOR_LIKE = frozenset("TO UNTIL FROM OF AS EXPECT AT ASSUME OVER BY".split())


def _is_word(piece: Piece) -> bool:
    return piece.kind in _NAME_LIKE and piece.kind not in _OPERATOR_LIKE
