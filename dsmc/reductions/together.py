"""What several searches found, as one."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.engine.outcome import Explored, Run, Statistics
from dsmc.frozen import replace
from dsmc.reduce.plan import Reduced, told


def after(first: Explored, found: Explored) -> Explored:
    """What a search has found that tells of runs, after one that does not."""
    before, last = first.statistics, found.statistics
    counted = replace(
        last, states=before.states + last.states, transitions=before.transitions + last.transitions,
        seconds=before.seconds + last.seconds, preparation=before.preparation + last.preparation,
    )  # fmt: skip
    return replace(found, statistics=counted, proven=first.proven | found.proven)


def together(found: Sequence[Explored], parts: Sequence[Reduced]) -> Explored:
    """What the searches of the parts found, as far as they got: of each property the shortest run."""
    decided: dict[int, Run] = {}
    for explored in found:
        for number, run in explored.decided.items():
            if number not in decided or run.length < decided[number].length:
                decided[number] = run
    proven = frozenset[int]().union(*(explored.proven for explored in found))
    pump = next((explored.pump for explored in found if explored.pump), None)
    each = [explored.statistics for explored in found]
    return Explored(decided, _sum(each, parts), pump, proven)


def _sum(each: Sequence[Statistics], parts: Sequence[Reduced]) -> Statistics:
    complete = len(each) == len(parts) and all(s.complete for s in each)
    unreduced = each[0].unreduced if len(parts) == 1 else 0
    return Statistics(
        states=sum(s.states for s in each), transitions=sum(s.transitions for s in each),
        initial=sum(s.initial for s in each), depth=max(s.depth for s in each),
        complete_depth=min(s.complete_depth for s in each),
        seconds=sum(s.seconds for s in each), complete=complete,
        stopped=each[-1].stopped, engine=max(each, key=lambda s: s.states).engine,
        preparation=sum(s.preparation for s in each), unreduced=unreduced,
        reductions=told(parts, unreduced / max(each[0].states, 1)),
    )  # fmt: skip
