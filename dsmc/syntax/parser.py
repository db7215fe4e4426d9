"""Text to syntax tree. Parsing never fails: it gives a tree and the problems it met."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.lexer import Lexer, LexerThread

from dsmc.diagnostics import Diagnostic, Problems
from dsmc.frozen import Frozen, Node
from dsmc.source import Source, Span
from dsmc.syntax import ast
from dsmc.syntax.braces import mended
from dsmc.syntax.build import build
from dsmc.syntax.generics import parted
from dsmc.syntax.layout import Layout
from dsmc.syntax.recognize import Recognizer
from dsmc.syntax.repair import parse_tokens, unknown_text
from dsmc.syntax.tables import load_lazily

#: Tokens that the parser never sees but the formatter and the layout need.
TRIVIA = ("DOC", "COMMENT", "NEWLINE", "SPACE", "FOREIGN", "OTHER", "LBRACE", "RBRACE")


class Parsed(Frozen):
    """A parsed file.

    `docs` maps the offset at which a declaration starts to its doc comment; `problems` are its
    syntax errors, and `broken_names` all names in the parts that could not be parsed.
    """

    file: ast.File
    source: Source
    docs: dict[int, str]
    problems: tuple[Diagnostic, ...]
    broken_names: frozenset[str]

    def doc(self, node: Node) -> str:
        """The doc comment of a declaration, or an empty string."""
        return self.docs.get(node.span.start, "")


def parse(source: Source) -> Parsed:
    """The syntax tree of a file, and every syntax error in it."""
    return _parse(source, "start")


def tokenize(source: Source) -> list[Token]:
    """All tokens of a text, with comments, newlines and spaces."""
    lexing = LexerThread.from_text(_lexer(), source.text)
    return parted(list(lexing.lex(None)))  # type: ignore[no-untyped-call]


def reserved_words() -> frozenset[str]:
    """The words of the language that cannot be names."""
    reader = Recognizer(_lark())
    reader.read("CONST")  # a name has to follow
    names = reader.accepted()
    words = {t.pattern.value: t.name for t in _lark().terminals if t.pattern.value.isidentifier()}
    return frozenset(word for word, kind in words.items() if kind not in names)


def _parse(source: Source, start: str) -> Parsed:
    problems = Problems()
    layout = Layout()
    known = list(_known(tokenize(source), source, problems))
    balanced, unclosed = mended(known, source)
    problems.extend(unclosed)
    tokens = list(layout.arrange(balanced))
    tree, broken = parse_tokens(_lark(), tokens, source, problems)
    names = frozenset(t.value for t in broken if t.type == "NAME")
    return Parsed(_built(tree, source, problems), source, layout.docs, problems.sorted(), names)


def _built(tree: Tree[Token], source: Source, problems: Problems) -> ast.File:
    try:
        return build(tree, source)
    except RecursionError:
        whole = Span(source, 0, min(1, len(source.text)))
        problems.add("D104", whole, "something in this file is nested too deeply to be read")
        return ast.File(())


def _known(tokens: Iterable[Token], source: Source, problems: Problems) -> Iterator[Token]:
    """The tokens; what means nothing in the language is reported, and what was meant put there."""
    for token in tokens:
        if token.type not in ("OTHER", "FOREIGN"):
            yield token
            continue
        problem, meant = unknown_text(token, source)
        problems.extend([problem])
        if meant is not None:
            yield meant


class _KeepTrivia:
    """Tells Lark to lex what the grammar's rules do not mention."""

    always_accept = TRIVIA

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@functools.cache
def _lark() -> Lark:
    grammar = resources.files("dsmc.syntax").joinpath("grammar.lark").read_text(encoding="utf-8")
    options: dict[str, Any] = {
        "parser": "lalr",
        "lexer": "basic",
        "propagate_positions": True,
        "maybe_placeholders": True,
        "postlex": _KeepTrivia(),
    }
    load_lazily()
    return Lark(grammar, cache=_cache_file(), **options)


@functools.cache
def _lexer() -> Lexer:
    """The lexer alone; `Lark.lex` would make a new one for each text."""
    return _lark()._build_lexer()


def _cache_file() -> str | bool:
    """Where the parse tables are kept: building them takes 1.5 s, loading them 20 ms."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "dsmc"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return str(folder / "grammar.tables")
