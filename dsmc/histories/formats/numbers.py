"""Words of text formats as values."""

from __future__ import annotations

from dsmc.histories.model import Value


def number(word: str) -> Value:
    """A number, or else the word itself."""
    try:
        return int(word)
    except ValueError:
        return word
