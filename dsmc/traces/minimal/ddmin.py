"""Leaving out ever smaller parts (Zeller and Hildebrandt 2002: `ddmin`, with complements alone)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsmc.traces.minimal.acts import Act
from dsmc.traces.minimal.attempts import Attempts, Candidate


def ddmin(attempts: Attempts, best: Candidate, may_go: Callable[[Act], bool]) -> Candidate:
    """A run from which none of the acts that may go can be left out alone."""
    parts = 2
    while (going := [n for n, act in enumerate(best.acts) if may_go(act)]) and parts:
        smaller = _without_a_part(attempts, best, going, min(parts, len(going)))
        if smaller is not None:
            best, parts = smaller, max(parts - 1, 2)
        else:
            parts = 2 * parts if parts < len(going) else 0
    return best


def _without_a_part(
    attempts: Attempts, best: Candidate, going: list[int], parts: int
) -> Candidate | None:
    for part in _split(going, parts):
        rest = [act for n, act in enumerate(best.acts) if n not in part]
        smaller = attempts.smaller(rest)
        if smaller is not None:
            return smaller
    return None


def _split(places: list[int], parts: int) -> Iterator[frozenset[int]]:
    """The last ones first: what comes late carries less."""
    for part in reversed(range(parts)):
        yield frozenset(places[len(places) * part // parts : len(places) * (part + 1) // parts])
