"""Names of the tool's own beside those of a spec.

Whatever the tool makes up has a `~`, which no name of a spec can have: so neither captures the
other's. A word of the tool's ends with it (`up~`); a number after it tells a name from others that
were written alike (`x~2`, and `x~_2` where people are to see it). Traces show names without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARK = "~"
_OWN = re.compile(rf"{_MARK}(?!s?\d)")
_MADE = re.compile(rf"{_MARK}(_?s?\d+)?")


def own(word: str) -> str:
    """A word of the tool's own, as a name or a part of one."""
    return f"{word.removesuffix(_MARK)}{_MARK}"


def is_own(name: str) -> bool:
    """Is it a word of the tool's own?"""
    return name.endswith(_MARK)


def numbered(name: str, number: int | str) -> str:
    """One more name for what is written alike."""
    return f"{own(name)}{number}"


def shown(name: str) -> str:
    """The name for people; numbers still tell what is called alike."""
    return _OWN.sub("", name)


def written(name: str) -> str:
    """The name as it was written, or as people would write it."""
    return _MADE.sub("", name)


def legible(names: Iterable[str]) -> dict[str, str]:
    """A name to show for each, no two of them alike."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: _MARK in name):  # those of the spec are kept
        plain = shown(name)
        found[name] = name if plain in found.values() else plain
    return found


#: The node that role code runs on; a word of the language, which nothing can be called.
SELF = "self"
#: The ends of a message, and a message, as they are chosen and as conditions speak of them.
FROM, TO, MESSAGE = own("from"), own("to"), own("message")
#: The place of a message in its queue.
PLACE = own("place")
#: How the name of what holds messages in flight begins.
NETWORK = own("network")
#: The pairs of nodes between which nothing passes.
CUT = own("cut")
#: The short name of what says which nodes of a role are running.
UP = own("up")
#: Between a role and a label: which nodes are at it.
AT = own("at")
#: What says at which point a process is.
PC = own("pc")
#: How the name of what counts a fault begins.
BUDGET = f"{own('budget')}."
