"""Between the lexer and the parser: where statements end, which braces are sets, comments apart.

The parser is LALR(1), so two things that people read without effort are decided here, by looking
at the token before: whether a newline ends a statement, and whether `{` opens a block or a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lark import Token

#: What the parser does not see.
_UNSEEN = ("DOC", "NEWLINE", "COMMENT", "SPACE")
_CLOSING = {"LPAR": "RPAR", "LSQB": "RSQB", "_LSET": "_RSET"}

#: After these a value is expected: a `{` opens a set, and a newline does not end anything.
_VALUE_AFTER = frozenset(
    "COMMA EQUAL BECOMES ADDS REMOVES COLON _ARROW PLUS MINUS STAR _DOTS EQUALS DIFFERS LESSTHAN"
    " AT_MOST AT_LEAST VBAR IN AND NOT IMPLIES IFF UNION INTERSECT WITHOUT SUBSET DIV MOD THEN WHEN"
    " _ELSE_VALUE WHERE WITH UNTIL LPAR LSQB _LSET".split()
)
#: After these too a `{` opens a set, though a newline is not swallowed.
_SET_AFTER = _VALUE_AFTER | frozenset(
    "IF WHILE ASSERT REQUIRE AWAIT EXPECT RETURN TO PARTITION MATCH _LBRACE _SEP".split()
)
_NO_END_AFTER = _VALUE_AFTER | {"DOT", "_GIVES", "OR", "ELSE", "CATCH"}
#: A line that begins with one of these goes on with the line before.
_NO_END_BEFORE = frozenset(
    "AND OR IMPLIES IFF UNION INTERSECT WITHOUT SUBSET DIV MOD IN THEN ELSE _ELSE_VALUE CATCH WHEN"
    " WHERE WITH UNTIL DOT COMMA RPAR RSQB EQUALS DIFFERS LESSTHAN AT_MOST MORETHAN AT_LEAST PLUS STAR MINUS"
    " _DOTS _ARROW _GIVES VBAR QMARK LEADS".split()
)
#: Words that begin a declaration or a statement and cannot stand in a value.
_STARTERS = frozenset(
    "ACTION ON VAR STABLE VOLATILE BUFFERED GHOST SEND BROADCAST REPLY PICK EITHER INVARIANT MESSAGE"
    " FAULTS REACHABLE QUIESCENT TRANSITION IMPORT".split()
)
#: Declarations whose braces hold a value, not statements.
_VALUE_HEADS = frozenset(
    "INVARIANT TRANSITION QUIESCENT LTL EVENTUALLY ALWAYS REACHABLE FINAL LAW".split()
)
#: The kinds of the braces of a `match`: as a statement and as a value.
_MATCHES = ("match code", "match value")


#: Words that are names where a value or a name is expected, and after which a `{` opens a set else.
_PERHAPS_NAMES = frozenset(("EXPECT", "PARTITION", "TO", "UNTIL"))
_NAME_AFTER = (_SET_AFTER - {"_LBRACE", "_SEP"}) | _VALUE_HEADS | {"LOCK", "FROM", "PROCESS", "OR"}


def ends_between(last: str, first: str, second: str) -> bool:
    """Does a newline between two types of tokens end a statement? `second` stands after the `first`."""
    is_name = (first == "LEADS" and second != "TO") or (
        first == "UNTIL" and second in _NAMES_BEFORE
    )
    return last not in _NO_END_AFTER and (is_name or first not in _NO_END_BEFORE)


#: What stands before one of these is a name.
_NAMES_BEFORE = frozenset(("BECOMES", "ADDS", "REMOVES", "COLON"))


class Layout:
    """The tokens of a file, ready for the parser, and what was set aside on the way.

    `docs` maps the offset of a declaration's first token to the text of its doc comment.
    """

    def __init__(self) -> None:
        self.docs: dict[int, str] = {}
        self._doc: list[str] = []
        self._open: list[str] = []  # the kinds of the brackets that are open
        self._thens: list[int] = [0]  # for each of them, `then`s that wait for their `else`
        self._head = ""  # type of the first token of the current statement
        self._previous = "_SEP"
        self._matches = 0  # `match`es whose braces are still to come
        self._pending: Token | None = None

    def arrange(self, tokens: Iterable[Token]) -> Iterator[Token]:
        """The tokens that the parser shall see."""
        told = list(tokens)
        words = [token for token in told if token.type not in _UNSEEN]
        following = iter([*(token.type for token in words[1:]), ""])
        for token in told:
            if token.type == "DOC":
                self._doc.append(token[2:].strip())
            elif token.type == "NEWLINE":
                self._pending = self._pending or token
            elif token.type not in _UNSEEN:
                yield from self._ended_before(token, next(following))
                yield self._placed(token)

    def _ended_before(self, token: Token, following: str) -> Iterator[Token]:
        newline, self._pending = self._pending, None
        if newline is not None and self._ends(token, following):
            self._previous = "_SEP"
            yield Token.new_borrow_pos("_SEP", "\n", newline)

    def _ends(self, token: Token, following: str) -> bool:
        if token.type in _STARTERS:
            self._close_values()
        inside_value = bool(self._open) and self._open[-1] in _CLOSING
        return (
            not inside_value
            and self._previous not in ("_SEP", "_LBRACE")
            and token.type != "RBRACE"
            and ends_between(
                self._previous, "NAME" if self._is_case(token) else token.type, following
            )
        )

    def _is_case(self, token: Token) -> bool:
        """Is it the `else` of a `match`?"""
        inside = self._open[-1] if self._open else ""
        return token.type == "ELSE" and inside in _MATCHES and not self._thens[-1]

    def _placed(self, token: Token) -> Token:
        if self._doc:
            self.docs[token.start_pos or 0] = "\n".join(self._doc)
            self._doc = []
        if self._previous in ("_SEP", "_LBRACE"):
            self._head = token.type
        kind = self._kind(token)
        is_name = kind in _PERHAPS_NAMES and self._previous in _NAME_AFTER
        self._previous = "NAME" if is_name else kind
        return token if kind == token.type else Token.new_borrow_pos(kind, token.value, token)

    def _kind(self, token: Token) -> str:
        """The type of token that the parser shall see."""
        match token.type:
            case "LBRACE":
                return self._opening_brace()
            case "MATCH":
                self._matches += 1
            case "LPAR" | "LSQB":
                return self._opened(token.type, token.type)
            case "RBRACE" | "RPAR" | "RSQB":
                return self._closed(token.type)
            case "THEN":
                self._thens[-1] += 1
            case "ELSE" if self._thens[-1]:
                self._thens[-1] -= 1
                return "_ELSE_VALUE"
        return token.type

    def _opening_brace(self) -> str:
        if self._previous in _SET_AFTER:
            return self._opened("_LSET", "_LSET")
        if not self._matches and self._open and self._open[-1] in _CLOSING:
            self._close_values()  # a block cannot stand in a value: a bracket is missing
        is_match = bool(self._matches)
        self._matches -= is_match
        inside = self._open[-1] if self._open else ""
        if self._head == "MATCH" and inside == "code":
            kind = "match code"
        elif is_match:
            kind = "match value"
        elif self._head in _VALUE_HEADS:
            kind = "value"
        elif self._head == "FAULTS":
            kind = "faults"
        else:
            kind = "code"
        if inside == "faults":
            return self._opened("_LSET", "_LSET")
        if self._previous == "_GIVES" and inside != "match code":
            return self._opened("_LSET", "_LSET")
        return self._opened(kind, "_LBRACE")

    def _opened(self, kind: str, token_type: str) -> str:
        self._open.append(kind)
        self._thens.append(0)
        return token_type

    def _close_values(self) -> None:
        """A bracket is missing: what begins a line now cannot stand in a value."""
        while self._open and self._open[-1] in _CLOSING:
            self._open.pop()
            self._thens.pop()

    def _closed(self, token_type: str) -> str:
        if token_type == "RBRACE" and self._open and self._open[-1] in ("LPAR", "LSQB"):
            self._close_values()
        kind = self._open.pop() if self._open else ""
        if len(self._thens) > 1:
            self._thens.pop()
        if token_type == "RBRACE":
            return "_RSET" if kind == "_LSET" else "_RBRACE"
        return token_type
