"""Which `<` and `>` are the brackets of a type: `seq<T>`, `Pair<T>`, `broadcast<M>`."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

CONSTRUCTORS = ("SET", "MAP", "OPTION", "SEQ", "BAG")
#: After these `<` may begin what is inside a type.
_GENERIC = (*CONSTRUCTORS, "NAME", "BROADCAST")
#: What can stand inside the brackets of a type.
_IN_TYPES = (*CONSTRUCTORS, "NAME", "INT", "COMMA", "_DOTS", "LESSTHAN", "MORETHAN", "LPAR", "RPAR",
             "PLUS", "MINUS", "STAR", "MESSAGE")  # fmt: skip
#: These declare a name with its type and its first value.
_DECLARING = ("VAR", "STABLE", "VOLATILE", "BUFFERED", "GHOST", "HISTORY", "CONST")
_UNSEEN = ("SPACE", "NEWLINE", "COMMENT", "DOC")


def type_ends(tokens: Sequence[Token], start: int) -> int | None:
    """The index of the `>` that belongs to a `<`, if what is between is the inside of a type."""
    if not start or tokens[start - 1].type not in _GENERIC:
        return None
    depth = 0
    for i in range(start, len(tokens)):
        kind = tokens[i].type
        depth += (kind == "LESSTHAN") - (kind in ("MORETHAN", "AT_LEAST"))
        if depth == 0:
            return i
        if kind not in _IN_TYPES:
            return None
    return None


def parted(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with `>=` in two where it ends the type of a declaration: `var s: seq<T>=[]`."""
    words = [token for token in tokens if token.type not in _UNSEEN]
    twice = {id(words[end]) for end in _ends_of_declared(words) if words[end] == ">="}
    return [part for token in tokens for part in (_two(token) if id(token) in twice else (token,))]


def _ends_of_declared(words: Sequence[Token]) -> list[int]:
    found = []
    for i, token in enumerate(words):
        before = [word.type for word in words[max(0, i - 4) : i]]
        if token.type == "LESSTHAN" and len(before) == 4 and before[0] in _DECLARING:
            end = type_ends(words, i) if before[1:3] == ["NAME", "COLON"] else None
            found += [] if end is None else [end]
    return found


def _two(token: Token) -> tuple[Token, Token]:
    """`>` and `=`, each with its place."""
    start, line, column = token.start_pos or 0, token.line or 0, token.column or 0
    first = Token("MORETHAN", ">", start, line, column, line, column + 1, start + 1)
    return first, Token("EQUAL", "=", start + 1, line, column + 1, line, column + 2, start + 2)
