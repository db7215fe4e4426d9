"""Missing braces, put where the indentation says.

Where blocks end is said by braces alone, so a text whose braces have partners is left as it is. In one
whose braces have not, the indentation is the best witness of where one was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable

from lark import Token

from dsmc.diagnostics import Diagnostic, Note
from dsmc.source import Source, Span

#: What begins with one of these is a declaration, or a member of a role: it stands in no statement.
_DECLARATIONS = frozenset(
    "ACTION ALWAYS ASSUME BUFFERED CLOCK CONST ENUM EVENTUALLY EXPLORE FAULTS FINAL FUN GHOST"
    " GUARANTEE HISTORY IMPORT INIT INVARIANT LAW LTL MESSAGE MODEL NETWORK OBJECT ON PROC PROCESS"
    " QUIESCENT REACHABLE RECORD ROLE SCENARIO SPEC STABLE START STRONG SYMBOLS TIMEOUT TRANSITION"
    " TYPE VAR VOLATILE".split()
)
_TRIVIA = ("SPACE", "NEWLINE", "COMMENT", "DOC")


def mended(tokens: list[Token], source: Source) -> tuple[list[Token], list[Diagnostic]]:
    """The tokens with the closing braces that are missing, and what is to be said of them."""
    depth = 0
    for token in tokens:
        depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        if depth < 0:
            return tokens, []
    return _Mended(source).all(tokens) if depth else (tokens, [])


class _Mended:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: list[tuple[Token, int]] = []  # braces, and how far their lines are indented
        self._out: list[Token] = []
        self._problems: list[Diagnostic] = []

    def all(self, tokens: Iterable[Token]) -> tuple[list[Token], list[Diagnostic]]:
        """The tokens with what is missing."""
        line, indented = 0, 0
        for token in tokens:
            if token.type not in _TRIVIA:
                if token.line != line:
                    line, indented = token.line or 0, (token.column or 1) - 1
                    self._close(self._missing_before(token, indented), token)
                self._count(token, indented)
            self._out.append(token)
        self._close(len(self._open), None)
        return self._out, self._problems

    def _missing_before(self, token: Token, indented: int) -> int:
        """How many of the open braces should be closed before a token that begins a line."""
        if token.type in _DECLARATIONS:
            return sum(level >= indented for _, level in self._open)
        if token.type != "RBRACE" or all(level != indented for _, level in self._open):
            return 0
        return sum(level > indented for _, level in self._open)

    def _count(self, token: Token, indented: int) -> None:
        if token.type == "LBRACE":
            self._open.append((token, indented))
        elif token.type == "RBRACE" and self._open:
            self._open.pop()

    def _close(self, count: int, noticed: Token | None) -> None:
        if not count:
            return
        self._problems.append(_never_closed(self._open[-1][0], noticed, self._source))
        del self._open[-count:]
        place = len(self._out)
        while place and self._out[place - 1].type in _TRIVIA:
            place -= 1
        braces = [Token.new_borrow_pos("RBRACE", "}", self._out[place - 1])] * count
        self._out[place:place] = braces


def _never_closed(brace: Token, noticed: Token | None, source: Source) -> Diagnostic:
    end = len(source.text.rstrip())
    here = Span(source, end - 1, end)
    if noticed is not None:
        here = Span(source, noticed.start_pos or 0, noticed.end_pos or 0)
    return Diagnostic(
        "D103",
        "`{` is never closed",
        Span(source, brace.start_pos or 0, brace.end_pos or 0),
        "no `}` belongs to it",
        "add the missing `}`",
        (Note(here, "noticed here"),),
    )
