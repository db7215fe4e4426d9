"""Fewer switches: steps of one node are moved together where those between do not mind."""

from __future__ import annotations

from collections.abc import Iterator

from dsmc.traces.minimal.acts import Act
from dsmc.traces.minimal.attempts import Attempts, Candidate
from dsmc.traces.minimal.order import switches


def fewer_switches(attempts: Attempts, best: Candidate) -> Candidate:
    """The run in an order in which nodes go on for as long as they can."""
    moved: Candidate | None = best
    while moved is not None:
        best = moved
        moved = _moved(attempts, best)
    return best


def _moved(attempts: Attempts, best: Candidate) -> Candidate | None:
    many = switches(best.acts)
    for acts in _moves(best.acts):
        if switches(acts) < many:
            smaller = attempts.smaller(acts)
            if smaller is not None:
                return smaller
    return None


def _moves(acts: tuple[Act, ...]) -> Iterator[tuple[Act, ...]]:
    """Each block of steps of one node, moved to the next one before or behind it."""
    blocks = _blocks(acts)
    for n, block in enumerate(blocks):
        before = next((k for k in reversed(range(n)) if _same(blocks[k], block)), None)
        behind = next((k for k in range(n + 1, len(blocks)) if _same(blocks[k], block)), None)
        rest = [*blocks[:n], *blocks[n + 1 :]]
        if before is not None:
            yield _joined([*rest[: before + 1], block, *rest[before + 1 :]])
        if behind is not None:
            yield _joined([*rest[: behind - 1], block, *rest[behind - 1 :]])


def _blocks(acts: tuple[Act, ...]) -> list[tuple[Act, ...]]:
    found: list[tuple[Act, ...]] = []
    for act in acts:
        if found and found[-1][-1].actor == act.actor:
            found[-1] = (*found[-1], act)
        else:
            found.append((act,))
    return found


def _same(one: tuple[Act, ...], other: tuple[Act, ...]) -> bool:
    return one[0].actor == other[0].actor


def _joined(blocks: list[tuple[Act, ...]]) -> tuple[Act, ...]:
    return tuple(act for block in blocks for act in block)
