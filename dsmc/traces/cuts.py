"""Who cannot reach whom, in words: groups if the pairs that are cut can be told as groups."""

from __future__ import annotations

from dsmc.traces.model import Cut, Lane

Pairs = frozenset[tuple[int, int]]


def cut(lanes: tuple[Lane, ...], pairs: Pairs) -> Cut:
    """`{A, B} | {C}`; `{A} ↛ {B}` if only one direction is cut; else pair by pair."""
    groups = _alike(len(lanes), pairs)
    named = ["{" + ", ".join(lanes[n].name for n in group) + "}" for group in groups]
    ordered = tuple(sorted(pairs))
    if pairs and pairs == _between(groups):
        return Cut(ordered, groups, " | ".join(named))
    if len(groups) == 2:
        for one, other in ((0, 1), (1, 0)):
            if pairs == {(a, b) for a in groups[one] for b in groups[other]}:
                return Cut(ordered, (), f"{named[one]} ↛ {named[other]}")
    return Cut(ordered, (), ", ".join(f"{lanes[a].name} ↛ {lanes[b].name}" for a, b in ordered))


def _alike(count: int, pairs: Pairs) -> tuple[tuple[int, ...], ...]:
    """The nodes in groups: those of one reach, and are reached by, the same nodes.

    A node that reaches all, and is reached by all, is in none.
    """
    groups: dict[tuple[frozenset[int], frozenset[int]], list[int]] = {}
    for node in range(count):
        out = frozenset(b for a, b in pairs if a == node)
        into = frozenset(a for a, b in pairs if b == node)
        if out or into:
            groups.setdefault((out, into), []).append(node)
    return tuple(tuple(group) for group in groups.values())


def _between(groups: tuple[tuple[int, ...], ...]) -> Pairs:
    """All ordered pairs of nodes of different groups."""
    return frozenset(
        (a, b) for one in groups for other in groups if one != other for a in one for b in other
    )
