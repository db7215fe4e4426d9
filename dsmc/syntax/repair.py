"""Parsing that goes on after a mistake, and says what to write instead.

A part that the parser refuses (the smallest statement or declaration around the token it stopped
at) is replaced by one BROKEN token, which the grammar accepts wherever such a part may stand; then
the file is parsed again. So every mistake of a file is reported in one run, each of them once.
A word of the language that stands where a name should is read as one, so that it is reported once.
"""

from __future__ import annotations

from lark import Lark, Token, Tree

from dsmc.diagnostics import Diagnostic, Problems
from dsmc.source import Source, Span
from dsmc.syntax.recognize import Recognizer
from dsmc.syntax.suggest import explain, is_word_for_name, word_for_name

_MAX_MISTAKES = 100
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
    words: set[str] = set()
    for _ in range(_MAX_MISTAKES):
        at = _stop(lark, tokens)
        if at is None:
            return _tree(lark, tokens), left_out
        word = _word_for_name(lark, tokens, at, words)
        if word is not None:
            problems.extend([] if tokens[word] in words else [word_for_name(tokens[word], source)])
            words.add(str(tokens[word]))
            name = Token.new_borrow_pos("NAME", str(tokens[word]), tokens[word])
            tokens = [*tokens[:word], name, *tokens[word + 1 :]]
            continue
        if at == len(tokens) or tokens[at].type != "BROKEN":
            problems.extend([explain(lark, tokens, at, source)])
        start, end = _part_around(tokens, at)
        left_out += tokens[start:end]
        tokens = [*tokens[:start], _broken(tokens, start, end, source), *tokens[end:]]
    return _tree(lark, []), [*left_out, *tokens]


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


def _stop(lark: Lark, tokens: list[Token]) -> int | None:
    """The index of the token that cannot stand where it does; None if there is none."""
    reader = Recognizer(lark)
    at = reader.read_all(token.type for token in tokens)
    return None if at == len(tokens) and reader.ends() else at


def _tree(lark: Lark, tokens: list[Token]) -> Tree[Token]:
    """The parse tree of tokens that can be parsed."""
    parser = lark.parse_interactive("")
    for token in tokens:
        parser.feed_token(token)
    last = tokens[-1] if tokens else Token("NAME", "", 0, 1, 1, 1, 1, 0)
    tree: Tree[Token] = parser.feed_eof(last)  # type: ignore[no-untyped-call]
    return tree


def _word_for_name(lark: Lark, tokens: list[Token], at: int, known: set[str]) -> int | None:
    """The index of a word that was meant as a name: the parser stopped there, or just after one that
    is known to be.
    """
    if at and tokens[at - 1] in known and is_word_for_name(lark, tokens, at - 1):
        return at - 1
    return at if is_word_for_name(lark, tokens, at) else None


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
