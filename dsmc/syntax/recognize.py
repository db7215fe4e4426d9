"""Does the grammar accept these tokens? The parse table without the tree.

Looking for a mistake, and for the change that mends it, means trying many lists of tokens; no tree is
made of any of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from lark import Lark
from lark.parsers.lalr_analysis import Shift

#: The end of the text, as a type of token.
END = "$END"


class Recognizer:
    """A place in a text, as the parser knows it: what was read so far was accepted."""

    def __init__(self, lark: Lark) -> None:
        state = lark.parse_interactive("").parser_state
        self._table: dict[Any, dict[str, Any]] = state.parse_conf.states
        self._final = state.parse_conf.end_state
        self._stack: list[Any] = list(state.state_stack)

    def fork(self) -> Self:
        """The same place again: what is read in one is not read in the other."""
        other = object.__new__(type(self))
        other._table, other._final = self._table, self._final
        other._stack = list(self._stack)
        return other

    def read(self, kind: str) -> bool:
        """Read a token of this type. If it cannot stand here nothing can be read any more."""
        while True:
            action = self._table[self._stack[-1]].get(kind)
            if action is None:
                return False
            if action[0] is Shift:
                self._stack.append(action[1])
                return True
            self._reduce(action[1])
            if kind == END and self._stack[-1] == self._final:
                return True

    def read_all(self, kinds: Iterable[str]) -> int:
        """Read tokens as long as they can stand here; how many."""
        count = 0
        for kind in kinds:
            if not self.read(kind):
                break
            count += 1
        return count

    def ends(self) -> bool:
        """May the text end here?"""
        return self.fork().read(END)

    def accepted(self) -> set[str]:
        """The types of tokens that can stand here."""
        known = self._table[self._stack[-1]]
        return {kind for kind in known if kind.isupper() and self.fork().read(kind)}

    def _reduce(self, rule: Any) -> None:
        if rule.expansion:
            del self._stack[-len(rule.expansion) :]
        self._stack.append(self._table[self._stack[-1]][rule.origin.name][1])
