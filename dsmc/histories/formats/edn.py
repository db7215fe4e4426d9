"""Extensible Data Notation, the notation of Jepsen's histories, read into Python values.

Vectors and lists become tuples, sets frozen sets, maps `Map`; keywords become `Keyword`, a text
without its colon, so that `:x` and `"x"` are equal. Tags and metadata are dropped: what is tagged
stands for itself. The readers that can be installed need minutes for a file of some megabytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import Any, Final

from dsmc.histories.formats.mistakes import refuse
from dsmc.source import Source


class Keyword(str):
    """A keyword: `:read` is the text `read`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f":{self}"


class Map(dict[Any, Any]):
    """A map that is never changed, and where in the text it begins."""

    __slots__ = ("at",)
    at: int

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


class _Dropped:
    """Stands before a value that says nothing: `#_`, or the metadata after `^`."""


_DROPPED: Final = _Dropped()
_TOKEN = re.compile(
    r"""[\s,]+ | ;[^\n]* | \#_ | \^
    | (?P<open>\#\{|[(\[{]) | (?P<close>[)\]}])
    | (?P<text>"(?:[^"\\]|\\.)*") | (?P<char>\\(?:[a-zA-Z0-9]+|.))
    | (?P<tag>\#[^\s,()\[\]{}";#]+) | (?P<atom>[^\s,()\[\]{}";\\^]+)""",
    re.VERBOSE | re.DOTALL,
)
_DEEPEST = 200
_CLOSER = {"(": ")", "[": "]", "{": "}", "#{": "}"}
_WORDS = {
    "nil": None, "true": True, "false": False,
    "##Inf": float("inf"), "##-Inf": float("-inf"), "##NaN": float("nan"),
}  # fmt: skip
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CHARS = {"newline": "\n", "space": " ", "tab": "\t", "return": "\r"}


def read(source: Source) -> tuple[Hashable, ...]:
    """The values of a text, one after the other. Raises `Mistakes`."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._items: list[Any] = []
        self._open: list[tuple[str, int, list[Any], bool]] = []
        self._has_dropped = False
        self._known: dict[str, Any] = dict(_WORDS)

    def read(self) -> tuple[Hashable, ...]:
        text, at, match = self._source.text, 0, _TOKEN.match
        while found := match(text, at):
            kind = found.lastgroup
            if kind == "atom":
                self._items.append(self._atom(found[0]))
            elif kind is not None:
                self._take(kind, found[0], at)
            elif found[0] in ("#_", "^"):
                self._items.append(_DROPPED)
                self._has_dropped = True
            at = found.end()
        self._complete(at)
        return tuple(self._finished())

    def _atom(self, word: str) -> Any:
        """A keyword, a number or a symbol; histories repeat few of them often."""
        if word not in self._known:
            self._known[word] = Keyword(word[1:]) if word[0] == ":" else _number(word)
        return self._known[word]

    def _take(self, kind: str, word: str, at: int) -> None:
        if kind == "open":
            if len(self._open) == _DEEPEST:
                refuse(
                    self._source, at, f"there are more than {_DEEPEST} brackets inside each other"
                )
            self._open.append((word, at, self._items, self._has_dropped))
            self._items, self._has_dropped = [], False
        elif kind == "close":
            self._close(word, at)
        elif kind == "text":
            self._items.append(_unescaped(word[1:-1]))
        elif kind == "char":
            self._items.append(_CHARS.get(word[1:], word[1:2]))

    def _close(self, word: str, at: int) -> None:
        if not self._open or _CLOSER[self._open[-1][0]] != word:
            refuse(self._source, at, f"`{word}` closes nothing", "is a bracket missing before it?")
        opener, start, outer, dropped = self._open.pop()
        value = self._collection(opener, start, self._finished())
        self._items, self._has_dropped = outer, dropped
        outer.append(value)

    def _collection(self, opener: str, start: int, items: list[Any]) -> Any:
        if opener == "#{":
            return frozenset(items)
        if opener != "{":
            return tuple(items)
        if len(items) % 2:
            refuse(self._source, start, "a map has a key without a value", "write `{key value …}`")
        made = Map(zip(items[::2], items[1::2], strict=True))
        made.at = start
        return made

    def _finished(self) -> list[Any]:
        """The values read, without what is dropped: it stands after its mark, so look from the end."""
        if not self._has_dropped:
            return self._items
        kept: list[Any] = []
        for item in reversed(self._items):
            if item is not _DROPPED:
                kept.append(item)
            elif kept:
                kept.pop()
        return kept[::-1]

    def _complete(self, at: int) -> None:
        if at < len(self._source.text):
            refuse(self._source, at, "this is not EDN", "is a quotation mark missing?")
        if self._open:
            opener, start, _, _ = self._open[-1]
            refuse(self._source, start, f"`{opener}` is never closed", "was the file cut off?")


def _number(word: str) -> Any:
    """A number, or else a symbol, which is a text."""
    kinds: tuple[Callable[[str], Any], ...] = (int, float, Fraction)
    for kind in kinds:
        try:
            return kind(word.removesuffix("N" if kind is int else "M"))
        except (ValueError, ZeroDivisionError):
            continue
    return word


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(escape: re.Match[str]) -> str:
    word = escape[1]
    return chr(int(word[1:], 16)) if len(word) == 5 else _ESCAPES.get(word, word)
