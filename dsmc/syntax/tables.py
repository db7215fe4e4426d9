"""The parser's table, made of what was kept of it state by state, as a text needs them.

A spec goes through a fifth of the parser's states. Lark makes objects of all of them each time that
a table is loaded, which takes a third of the time of a small check.
"""

from __future__ import annotations

from typing import Any

from lark.grammar import Rule
from lark.parsers.lalr_analysis import IntParseTable, Reduce, Shift


class _States(dict[int, Any]):
    """The actions of each state, by token; made when they are first asked for."""

    def __init__(self, kept: dict[int, Any], tokens: Any, memo: Any) -> None:
        super().__init__()
        self._kept, self._tokens, self._memo = kept, tokens, memo

    def __missing__(self, state: int) -> dict[str, Any]:
        actions = self[state] = {
            self._tokens[token]: (Reduce, Rule.deserialize(arg, self._memo))
            if is_reduce
            else (Shift, arg)
            for token, (is_reduce, arg) in self._kept[state].items()
        }
        return actions


def load_lazily() -> None:
    """Tell Lark to load tables so."""

    def deserialize(cls: Any, data: Any, memo: Any) -> Any:
        states = _States(data["states"], data["tokens"], memo)
        return cls(states, data["start_states"], data["end_states"])

    IntParseTable.deserialize = classmethod(deserialize)  # type: ignore[method-assign, assignment]
