"""What a history says of many guarantees, of which some imply others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from dsmc.frozen import Frozen
from dsmc.histories.verdict import Holds, Undecided, Verdict, Violated

Weaker = Callable[[str], Collection[str]]
"""From a guarantee to all that it implies, without itself."""


class Finding(Frozen):
    """The verdict on a guarantee. `by` is the one that it follows from, if it was not asked itself."""

    guarantee: str
    verdict: Verdict
    by: str = ""


def all_of(
    names: Collection[str], decide: Callable[[str], Verdict], weaker: Weaker,
    open_: Mapping[str, Undecided],
) -> dict[str, Finding]:  # fmt: skip
    """A finding for each name, asked in this order; what follows from what was found is not asked.

    Nor is what is open anyway; but it may follow.
    """
    found = {name: Finding(name, verdict) for name, verdict in open_.items()}
    for name in names:
        if name not in found:
            found[name] = Finding(name, decide(name))
        for other in _following(found[name], names, weaker):
            known = found.get(other.guarantee)
            if known is None or isinstance(known.verdict, Undecided):
                found[other.guarantee] = other
    return found


def _following(finding: Finding, names: Iterable[str], weaker: Weaker) -> Iterator[Finding]:
    """What else holds if a guarantee does, and what is violated if it is."""
    name, verdict = finding.guarantee, finding.verdict
    match verdict:
        case Holds():
            for other in weaker(name):
                yield Finding(other, Holds(), name)
        case Violated():
            for other in names:
                if name in weaker(other):
                    yield Finding(other, verdict, name)


def strongest(findings: Iterable[Finding], weaker: Weaker) -> tuple[str, ...]:
    """Those that hold and are not implied by another one that holds."""
    holding = [f.guarantee for f in findings if isinstance(f.verdict, Holds)]
    return tuple(n for n in holding if not any(n in weaker(other) for other in holding))


def refuted_next(findings: Iterable[Finding], weaker: Weaker) -> Finding | None:
    """The weakest that is violated."""
    broken = [f for f in findings if isinstance(f.verdict, Violated) and not f.by]
    lowest = [f for f in broken if not any(o.guarantee in weaker(f.guarantee) for o in broken)]
    return lowest[0] if lowest else None
