"""Which guarantees there are, who decides them, and what a history says of all of them."""

from __future__ import annotations

from collections.abc import Callable

from dsmc.diagnostics import did_you_mean
from dsmc.frozen import Frozen
from dsmc.histories import causal, convergence, session_guarantees, workloads
from dsmc.histories.budget import Budget
from dsmc.histories.findings import Finding, all_of
from dsmc.histories.fitting import specification
from dsmc.histories.formats.mistakes import UNKNOWN, refuse_all
from dsmc.histories.linearizable import linearizable
from dsmc.histories.model import Operations
from dsmc.histories.objects import Specification
from dsmc.histories.sequential import sequential
from dsmc.histories.verdict import Verdict


class Guarantee(Frozen):
    """A guarantee on objects, what it says, and the weaker ones that it implies directly."""

    name: str
    meaning: str
    decide: Callable[[Operations, Specification, Budget], Verdict]
    implies: tuple[str, ...] = ()


class Workload(Frozen):
    """What one of the well-known tests asks of a history, whatever the object promises."""

    name: str
    meaning: str
    decide: Callable[[Operations], Verdict]


_SESSION = ("read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads")

#: The stronger ones before the weaker ones.
GUARANTEES = (
    Guarantee(
        "linearizable",
        "each object has an order of its operations that is legal and keeps what ended before"
        " something began",
        linearizable,
        ("sequential",),
    ),
    Guarantee(
        "sequential",
        "there is one legal order of all operations that keeps that of each session",
        sequential,
        ("causal_memory", "causal_convergent"),
    ),
    Guarantee(
        "causal_memory",
        "for each session one order that keeps causality explains all that it read",
        causal.causal_memory,
        ("causal", "pram", "writes_follow_reads"),
    ),
    Guarantee(
        "causal_convergent",
        "each read is explained by its causal past, with one order of the writes for all",
        causal.causal_convergent,
        ("causal", *_SESSION),
    ),
    Guarantee(
        "causal",
        "each read is explained by some order of its causal past",
        causal.causal,
        ("read_your_writes",),
    ),
    Guarantee(
        "pram",
        "for each session one order that keeps those of the sessions explains all that it read",
        causal.pram,
        _SESSION[:3],
    ),
    Guarantee(
        "read_your_writes",
        "a session sees its own last write, or something that may be newer",
        session_guarantees.read_your_writes,
    ),
    Guarantee(
        "monotonic_reads",
        "a session does not go back to what it saw before something else",
        session_guarantees.monotonic_reads,
    ),
    Guarantee(
        "monotonic_writes",
        "nobody sees two writes of a session the other way round",
        session_guarantees.monotonic_writes,
    ),
    Guarantee(
        "writes_follow_reads",
        "nobody sees a write, and then what its session had read before it",
        session_guarantees.writes_follow_reads,
    ),
    Guarantee(
        "convergent",
        "after the last update, the sessions' last reads of an object agree",
        convergence.convergent,
    ),
)
WORKLOADS = (
    Workload(
        "counter_bounds",
        "each read lies between what surely was added before it and what may have been",
        workloads.counter_bounds,
    ),
    Workload(
        "no_lost_adds",
        "the last read of a set has all that was added before it, and nothing that nobody added",
        workloads.no_lost_adds,
    ),
    Workload(
        "constant_total",
        "all reads of a bank's accounts have the same total",
        workloads.constant_total,
    ),
    Workload("nonnegative", "no read shows an account below zero", workloads.nonnegative),
    Workload(
        "no_long_fork",
        "no two reads of the same keys each miss a write that the other one saw; each key is"
        " written once",
        workloads.no_long_fork,
    ),
)
_NAMED: dict[str, Guarantee | Workload] = {g.name: g for g in (*GUARANTEES, *WORKLOADS)}


def named(name: str) -> Guarantee | Workload:
    """The guarantee of a name. Raises `Mistakes`."""
    if name not in _NAMED:
        help = did_you_mean(name, _NAMED) or f"there are all, {', '.join(_NAMED)}"
        refuse_all(f"there is no guarantee `{name}`", help, UNKNOWN)
    return _NAMED[name]


def guarantee(name: str) -> Guarantee:
    """The guarantee on objects of a name."""
    return next(one for one in GUARANTEES if one.name == name)


# ---------------------------------------------------------------- all of them


def check(history: Operations, name: str, spec: Specification | None, budget: Budget) -> Verdict:
    """Does the history keep the guarantee? Raises `Mistakes`."""
    match named(name):
        case Workload(_, _, decide):
            return decide(history)
        case Guarantee(_, _, decide_with):
            return decide_with(history, spec or specification(history, None, None), budget)


def check_all(
    history: Operations, spec: Specification, seconds: float | None
) -> tuple[Finding, ...]:
    """Every guarantee on objects, the stronger ones first; each may take so long.

    Sequential consistency is hard, so it comes after the weaker guarantees, of which a broken one
    breaks it.
    """

    def decide(name: str) -> Verdict:
        return guarantee(name).decide(history, spec, Budget(seconds))

    names = [one.name for one in GUARANTEES]
    found = all_of(sorted(names, key=lambda name: name == "sequential"), decide, weaker, {})
    return tuple(found[name] for name in names)


def weaker(name: str) -> tuple[str, ...]:
    """The guarantees that one implies."""
    one = _NAMED[name]
    direct = one.implies if isinstance(one, Guarantee) else ()
    return tuple(dict.fromkeys(n for d in direct for n in (d, *weaker(d))))
