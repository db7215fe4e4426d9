"""A cycle in words: T1 comes before T2, because T2 read what T1 wrote, and so on, round again."""

from __future__ import annotations

from collections.abc import Sequence

from dsmc.histories.isolation import graph as edges
from dsmc.histories.isolation.dependencies import Form
from dsmc.histories.isolation.facts import INITIAL, Facts
from dsmc.histories.isolation.graph import Graph, Step
from dsmc.histories.model import Value
from dsmc.histories.verdict import Reason, Violated


def violated(
    facts: Facts, form: Form, graph: Graph, cycle: Sequence[Step], anomaly: str = ""
) -> Violated:
    """The verdict that a cycle gives. Its name is told from its edges where none is given."""
    joined = _transactions(facts, form, cycle)
    reasons = tuple(_reason(facts, form, graph, step) for step in joined)
    return Violated(
        anomaly or name_of(joined),
        (*sentences(reasons),),
        reasons,
        tuple(dict.fromkeys(reason.before for reason in reasons)),
    )


def sentences(reasons: Sequence[Reason]) -> list[str]:
    """One sentence for each step; the last says that it closes the cycle."""
    said = [f"{r.before} comes before {r.after}, because {r.because}." for r in reasons]
    if said:
        said[-1] = f"But {said[-1][:-1]}: a contradiction."
    return said


def _transactions(facts: Facts, form: Form, cycle: Sequence[Step]) -> list[Step]:
    """The steps between transactions: starts, commits and moments in between are left out."""
    count = len(facts.names)
    steps = [
        (source // form.width, target // form.width, kind, key)
        for source, target, kind, key in cycle
        if kind != edges.SAME
    ]
    first = next(n for n, step in enumerate(steps) if step[0] < count)
    joined: list[Step] = []
    for step in steps[first:] + steps[:first]:
        if step[0] < count:
            joined.append(step)
        else:  # by way of moments
            joined[-1] = (joined[-1][0], step[1], *joined[-1][2:])
    return joined


def _reason(facts: Facts, form: Form, graph: Graph, step: Step) -> Reason:
    source, target, kind, key = step
    before, after = facts.names[source], facts.names[target]
    shown = graph.because.get((form.commit(source), form.install(target), key))
    return Reason(kind, before, after, _because(facts, step, shown))


def _because(facts: Facts, step: Step, shown: int | None) -> str:
    source, target, kind, key = step
    before, after = facts.names[source], facts.names[target]
    match kind:
        case edges.WR:
            if not any(s.key == key and s.writer == source for s in facts.reads[target]):
                return f"{before} changed, with {key}, what {after} then read by a predicate"
            return f"{after} read {_shown(facts, target, source, key)} from {key}, which {before} wrote"
        case edges.RW:
            what = _shown(facts, source, None, key)
            return f"{before} read {what} from {key}, and {after} overwrote that"
        case edges.PREDICATE:
            return (
                f"{before} read by a predicate, and {after} then changed what matches, with {key}"
            )
        case edges.SESSION:
            return f"it stands before it in its session {_session(facts, source)}"
        case edges.REAL_TIME:
            return f"{before} had returned when {after} was invoked"
        case edges.INITIAL:
            return "it comes before all"
        case _:
            return _overwrote(facts, step, shown)


def _overwrote(facts: Facts, step: Step, shown: int | None) -> str:
    source, target, _, key = step
    before, after = facts.names[source], facts.names[target]
    if shown is not None:
        reader = facts.names[shown]
        whose = "the initial value" if target == INITIAL else f"what {after} wrote"
        return f"{reader} read {whose} to {key}, though {before}, which also wrote it, came before"
    if any(seen.key == key and seen.writer == source for seen in facts.reads[target]):
        return f"{after} read what {before} wrote to {key}, and overwrote it"
    if source in facts.chain.get(key, ()):
        return f"{after} overwrote {key} after {before} had written it"
    return f"both wrote {key}, and {after} could not have committed first"


def _shown(facts: Facts, reader: int, writer: int | None, key: Value) -> str:
    """The value that was read."""
    for seen in facts.reads[reader]:
        if seen.key == key and writer in {None, seen.writer}:
            return facts.shown(key, seen.value)
    return "a value"


def _session(facts: Facts, node: int) -> Value:
    transaction = facts.nodes[node]
    return "" if transaction is None else transaction.session


def name_of(cycle: Sequence[Step]) -> str:
    """The published name of a cycle (Adya 1999; Elle for the suffixes)."""
    kinds = [kind for _, _, kind, _ in cycle]
    suffix = "-realtime" if edges.REAL_TIME in kinds else ""
    suffix = suffix or ("-session" if edges.SESSION in kinds else "")
    return _base_name(cycle, kinds) + suffix


def _base_name(cycle: Sequence[Step], kinds: list[str]) -> str:
    if edges.PREDICATE in kinds:
        return "G2"
    against = kinds.count(edges.RW)
    if not against:
        return "G1c" if edges.WR in kinds else "G0"
    if against == 1:
        return "lost update" if _lost_update(cycle, kinds) else "G-single"
    if against == len(kinds) == 2 and cycle[0][3] != cycle[1][3]:
        return "write skew"
    apart = all(not _against(kinds, n) for n in range(len(kinds)))
    return "G-nonadjacent" if apart else "G2-item"


def _lost_update(cycle: Sequence[Step], kinds: list[str]) -> bool:
    """Is it a read of a version, and an overwriting of it by another, on one key?"""
    return len(kinds) == 2 and edges.WW in kinds and cycle[0][3] == cycle[1][3]


def _against(kinds: list[str], at: int) -> bool:
    return kinds[at - 1] == kinds[at] == edges.RW
